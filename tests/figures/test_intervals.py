"""Figures that compare methods draw the numbers they are given, and can be read in grey."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from helpers.evaluation.statistics import Interval
from helpers.figures.feature_spaces import feature_maps, retrieval_grid
from helpers.figures.intervals import (
    gains_over_baseline,
    histograms,
    label_efficiency,
    layer_by_layer,
)

ALT_TEXT = "Contrastive features are best with few labels, by five points."
BASELINES = ["pixels", "untrained"]


def interval(estimate, margin=0.02):
    return Interval(estimate, estimate - margin, estimate + margin, 5)


def curve(start):
    return {10: interval(start), 100: interval(start + 0.2), 1000: interval(start + 0.3)}


CURVES = {
    "digits, linear probe": {
        "pixels": curve(0.4),
        "untrained": curve(0.5),
        "rotation": curve(0.5),
        "vicreg": curve(0.6),
    },
    "clothes, linear probe": {"pixels": curve(0.3), "vicreg": curve(0.35)},
}
GAINS = {
    (source, method): {"convolutional": curve(0.0), "last": curve(-0.3)}
    for source in ("digits", "clothes")
    for method in ("rotation", "vicreg")
}
LAYERS = {
    "digits": {
        "untrained": {"convolutional": interval(0.84), "last": interval(0.75)},
        "vicreg": {"convolutional": interval(0.91), "last": interval(0.94)},
    },
    "clothes": {
        "untrained": {"convolutional": interval(0.68), "last": interval(0.63)},
        "vicreg": {"convolutional": interval(0.70), "last": interval(0.65)},
    },
}
POSITIONS = np.random.default_rng(0).normal(size=(6, 2))
MAPS = {
    space: {"PCA": POSITIONS, "t-SNE": 2 * POSITIONS} for space in ("pixels", "untrained", "vicreg")
}
MAP_LABELS = np.array([0, 0, 1, 1, 3, 3])
CLASSES = ("shirt", "bag", "coat", "boot")
QUERIES = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4)
FOUND = {space: np.zeros((2, 3, 4, 4), np.uint8) for space in ("pixels", "vicreg")}
RIGHT = {
    "pixels": np.array([[False, True, False], [True, True, True]]),
    "vicreg": np.ones((2, 3), bool),
}


def efficiency():
    return label_efficiency(CURVES, BASELINES, ALT_TEXT)


def gains():
    return gains_over_baseline(GAINS, "untrained", ALT_TEXT)


def layers():
    return layer_by_layer(LAYERS, {"digits": {"pixels": interval(0.7)}}, ALT_TEXT)


def spread():
    values = {"test set": np.arange(100.0), "seed": np.arange(-50.0, 50.0)}
    return histograms(values, ["accuracy, %", "points"], ALT_TEXT, "mean")


def maps():
    return feature_maps(MAPS, MAP_LABELS, CLASSES, "Three spaces", ALT_TEXT)


def retrieval():
    return retrieval_grid(QUERIES, ["shirt", "bag"], FOUND, RIGHT, ALT_TEXT)


ALL = [efficiency, gains, layers, spread, maps, retrieval]


def visible(figure):
    return [axis for axis in figure.axes if axis.get_visible()]


def legend_texts(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize("draw", ALL)
def test_every_figure_carries_its_alternative_text(draw):
    data, metadata = draw()._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == ALT_TEXT
    assert metadata == {"image/png": {"alt": ALT_TEXT}}


def test_accuracies_are_drawn_in_percent_with_their_intervals():
    container = visible(efficiency())[0].containers[0]
    line, _, (bars,) = container
    assert list(line.get_ydata()) == pytest.approx([40, 60, 70])
    assert [list(end) for end in bars.get_segments()[0]] == [
        pytest.approx([9.74, y], rel=0.01) for y in (38, 42)
    ]


def test_budgets_lie_on_a_logarithmic_axis_and_no_two_arms_on_one_spot():
    axis = visible(efficiency())[0]
    assert axis.get_xscale() == "log"
    assert [text.get_text() for text in axis.get_xticklabels()] == ["10", "100", "1000"]
    places = [container[0].get_xdata()[0] for container in axis.containers]
    assert len(set(places)) == len(places) == 4
    np.testing.assert_allclose(places, 10, rtol=0.05)


def test_an_arm_looks_the_same_in_every_panel_and_different_from_all_others():
    styles = {}
    for axis in visible(efficiency()):
        for container in axis.containers:
            line = container[0]
            styles.setdefault(container.get_label(), set()).add(
                (line.get_marker(), line.get_color())
            )
    assert {arm: len(found) for arm, found in styles.items()} == dict.fromkeys(styles, 1)
    markers = [marker for ((marker, _),) in styles.values()]
    assert len(set(markers)) == len(markers)  # told apart without colour


def test_baselines_are_dark_and_methods_are_not():
    for container in visible(efficiency())[0].containers:
        brightness = np.mean(to_rgb(container[0].get_color()))
        assert (brightness < 0.2) == (container.get_label() in BASELINES)


def test_the_legend_names_every_arm_once():
    assert legend_texts(efficiency()) == ["pixels", "untrained", "rotation", "vicreg"]


def test_panels_stand_two_to_a_row_and_spare_places_stay_empty():
    one = {"digits": CURVES["digits, linear probe"]}
    three = {str(number): CURVES["digits, linear probe"] for number in range(3)}
    assert len(visible(label_efficiency(one, BASELINES, ALT_TEXT))) == 1
    assert len(visible(label_efficiency(three, BASELINES, ALT_TEXT))) == 3


def test_gains_have_a_row_for_each_data_set_and_a_zero_line():
    figure = gains()
    axes = visible(figure)
    assert [axis.get_title() for axis in axes] == ["rotation", "vicreg"] * 2
    assert [axis.get_ylabel() for axis in axes] == ["digits\npoints", "", "clothes\npoints", ""]
    for axis in axes:
        assert any(np.all(np.asarray(line.get_ydata()) == 0) for line in axis.lines)
    assert legend_texts(figure) == ["convolutional", "last"]
    assert "untrained" in figure.get_suptitle()


def test_a_missing_panel_of_gains_stays_empty():
    some = {key: curves for key, curves in GAINS.items() if key != ("clothes", "rotation")}
    assert len(visible(gains_over_baseline(some, "untrained", ALT_TEXT))) == 3


def test_layers_stand_on_the_line_of_their_arm_and_differ_without_colour():
    axis = visible(layers())[0]
    assert [text.get_text() for text in axis.get_yticklabels()] == ["untrained", "vicreg"]
    lines = [container[0] for container in axis.containers]
    assert [line.get_xdata()[0] for line in lines] == pytest.approx([84, 75, 91, 94])
    assert [round(float(line.get_ydata()[0])) for line in lines] == [0, 0, 1, 1]
    assert len({container[0].get_marker() for container in axis.containers}) == 2
    assert sorted(legend_texts(layers())) == ["convolutional", "last", "pixels"]


def test_a_reference_is_a_vertical_line_in_its_own_panel_only():
    digits, clothes = visible(layers())
    vertical = [line for line in digits.lines if line.get_label() == "pixels"]
    assert [line.get_xdata()[0] for line in vertical] == [70]
    assert not [line for line in clothes.lines if line.get_label() == "pixels"]


def test_a_histogram_marks_the_mean_and_the_middle():
    axis = visible(spread())[0]
    assert axis.get_xlabel() == "accuracy, %"
    assert sum(patch.get_height() for patch in axis.patches[1:]) == 100
    assert [line.get_xdata()[0] for line in axis.lines] == [49.5]


def test_the_maps_of_a_space_stand_side_by_side_under_its_name():
    titles = [axis.get_title() for axis in maps().axes]
    assert titles[:4] == ["pixels\nPCA", "pixels\nt-SNE", "untrained\nPCA", "untrained\nt-SNE"]
    assert titles[4:] == ["vicreg\nPCA", "vicreg\nt-SNE", "", ""]


def test_each_class_has_its_number_at_its_median():
    axis = maps().axes[0]
    assert [text.get_text() for text in axis.texts] == ["0", "1", "3"]
    np.testing.assert_allclose(axis.texts[0].xy, POSITIONS[:2].mean(axis=0))


def test_class_names_are_listed_unless_they_are_numbers():
    assert maps().get_supxlabel() == "0 shirt   1 bag   2 coat   3 boot"
    digits = feature_maps(MAPS, MAP_LABELS, ("0", "1", "2", "3"), "Digits", ALT_TEXT)
    assert digits.get_supxlabel() == ""


def test_neighbours_of_the_wrong_class_stand_in_a_frame_and_the_others_do_not():
    figure = retrieval()
    rows = np.array(figure.axes).reshape(3, 7)
    framed = [[axis.spines["top"].get_visible() for axis in row] for row in rows]
    assert framed[1] == [True, False, True, False, False, False, False]
    assert not any(framed[0] + framed[2])


def test_each_query_stands_above_its_neighbours_with_its_class():
    rows = np.array(retrieval().axes).reshape(3, 7)
    assert [axis.get_title(loc="left") for axis in rows[0]] == ["shirt", "", "", "", "bag", "", ""]
    np.testing.assert_array_equal(rows[0, 4].images[0].get_array(), QUERIES[1])
    assert [row[0].get_ylabel() for row in rows] == ["query", "pixels", "vicreg"]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: label_efficiency({}, [], ALT_TEXT), "at least one arm, got none"),
        (lambda: label_efficiency({"digits": {}}, [], ALT_TEXT), "at least one arm, got none"),
        (lambda: gains_over_baseline({}, "untrained", ALT_TEXT), "at least one panel, got none"),
        (lambda: layer_by_layer({"digits": {}}, {}, ALT_TEXT), "at least one arm, got none"),
        (
            lambda: histograms({"seed": np.array([])}, ["points"], ALT_TEXT, "mean"),
            "'seed' has no values",
        ),
        (
            lambda: feature_maps({}, MAP_LABELS, CLASSES, "", ALT_TEXT),
            "at least one feature space, got none",
        ),
        (
            lambda: feature_maps(MAPS, MAP_LABELS[1:], CLASSES, "", ALT_TEXT),
            r"'pixels', 'PCA' has shape \(6, 2\), but 5 labels need \(5, 2\)",
        ),
        (
            lambda: retrieval_grid(QUERIES, ["shirt", "bag"], {}, {}, ALT_TEXT),
            "at least one feature space, got none",
        ),
        (
            lambda: retrieval_grid(QUERIES[:1], ["shirt"], FOUND, RIGHT, ALT_TEXT),
            r"'pixels' have shape \(2, 3, 4, 4\).*expected \(1, 3, 4, 4\) and \(1, 3\)",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
