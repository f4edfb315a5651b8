"""Intervals are drawn in the right panel, for the right arm, from end to end, in the right unit."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from helpers.evaluation.statistics import Interval
from helpers.figures.basics import COLOURS
from helpers.figures.intervals import interval_panels, intervals_by_arm

ALT_TEXT = "Contrastive features are best with few labels, by five points."
BASELINES = ["pixels", "untrained"]
GAINS = {"scratch": Interval(0.2, 0.1, 0.5, 5), "rotation": Interval(-0.3, -0.5, -0.2, 5)}


def curve(start):
    """Return intervals that are longer upwards than downwards, all different."""
    return {
        count: Interval(start + rise, start + rise - 0.01, start + rise + 0.03, 5)
        for count, rise in ((10, 0), (100, 0.2), (1000, 0.3))
    }


CURVES = {
    "digits": {"pixels": curve(0.4), "untrained": curve(0.5), "rotation": curve(0.52)},
    "empty": {},
    "clothes": {"pixels": curve(0.3), "vicreg": curve(0.35)},
}
LAYERS = {
    "digits": {
        "convolutional": {"untrained": Interval(0.84, 0.8, 0.9, 5), "vicreg": GAINS["scratch"]},
        "last": {"untrained": Interval(0.75, 0.7, 0.77, 5), "vicreg": Interval(0.9, 0.8, 0.92, 5)},
    },
    "clothes": {
        "convolutional": {"untrained": Interval(0.6, 0.5, 0.62, 5), "vicreg": GAINS["scratch"]},
        "last": {"untrained": Interval(0.5, 0.4, 0.52, 5), "vicreg": Interval(0.4, 0.1, 0.5, 5)},
    },
}


def over_labels(panels=CURVES, **options):
    return interval_panels(panels, "labels", ALT_TEXT, baselines=BASELINES, **options)


def in_rows(**options):
    return interval_panels(LAYERS, "accuracy, %", ALT_TEXT, in_rows=True, **options)


def by_arm(panels=("digits", "clothes"), arms=GAINS, **options):
    return intervals_by_arm(dict.fromkeys(panels, arms), "points", ALT_TEXT, **options)


def visible(figure):
    return [axis for axis in figure.axes if axis.get_visible()]


def drawn(axis, in_rows=False):
    """Return by arm the estimate, low and high end of every interval that an axis shows."""
    value = 0 if in_rows else 1
    return {
        container.get_label(): [
            pytest.approx((estimate, *segment[:, value]))
            for estimate, segment in zip(
                container[0].get_xydata()[:, value], container[2][0].get_segments(), strict=True
            )
        ]
        for container in axis.containers
    }


def expected(curves, scale):
    return {
        arm: [(scale * one.estimate, scale * one.low, scale * one.high) for one in found.values()]
        for arm, found in curves.items()
    }


def places(axis, coordinate):
    """Return by arm where on the axis its intervals stand."""
    return {c.get_label(): c[0].get_xydata()[:, coordinate].tolist() for c in axis.containers}


def legend_texts(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


@pytest.mark.parametrize(("percent", "scale"), [(True, 100), (False, 1)])
def test_every_arm_stands_in_its_panel_with_its_intervals_in_the_unit_asked_for(percent, scale):
    figure = over_labels(percent=percent)
    for axis, (title, curves) in zip(figure.axes, CURVES.items(), strict=False):
        assert axis.get_title() == title
        assert drawn(axis) == expected(curves, scale)


def test_rows_show_every_arm_in_its_panel_with_its_intervals_in_percent():
    for axis, (title, curves) in zip(in_rows().axes, LAYERS.items(), strict=True):
        assert axis.get_title() == title
        assert drawn(axis, in_rows=True) == expected(curves, 100)


def test_panels_stand_row_by_row_and_one_without_arms_stays_empty():
    figure = over_labels()
    assert [axis.get_visible() for axis in figure.axes] == [True, False, True, False]
    assert not figure.axes[1].containers
    one_row = over_labels(columns=7).axes
    assert [axis.get_visible() for axis in one_row] == [True, False, True]
    assert {axis.get_subplotspec().get_gridspec().ncols for axis in one_row} == {3}


def test_numbers_of_labels_lie_on_a_logarithmic_axis_and_no_two_arms_on_one_spot():
    axis = over_labels().axes[0]
    assert axis.get_xscale() == "log"
    assert [text.get_text() for text in axis.get_xticklabels()] == ["10", "100", "1000"]
    spots = places(axis, 0)
    for position, count in enumerate((10, 100, 1000)):
        found = [spots[arm][position] for arm in CURVES["digits"]]
        assert found == sorted(set(found))
        np.testing.assert_allclose(found, count, rtol=0.05)


def test_a_narrow_span_or_zero_makes_a_linear_axis_and_arms_that_share_nothing_stand_on_it():
    for counts in ((1, 2, 5), (0, 10, 100)):
        found = dict(zip(counts, curve(0.4).values(), strict=True))
        (axis,) = over_labels({"digits": {"pixels": found}}).axes
        assert axis.get_xscale() == "linear"
        assert places(axis, 0) == {"pixels": list(counts)}


def test_words_stand_along_the_axis_in_the_order_given_with_their_arms_side_by_side():
    panels = {"": {"masking": GAINS, "vicreg": dict(reversed(GAINS.items()))}}
    (axis,) = over_labels(panels).axes
    assert [text.get_text() for text in axis.get_xticklabels()] == ["scratch", "rotation"]
    assert places(axis, 0) == {"masking": [-0.125, 0.875], "vicreg": [1.125, 0.125]}
    assert drawn(axis)["vicreg"] == expected(panels[""], 100)["vicreg"]


@pytest.mark.parametrize(("count", "rotation"), [(11, 0), (12, 90)])
def test_labels_of_a_crowded_axis_are_turned(count, rotation):
    curve = dict.fromkeys(range(1, count + 1), Interval(0.5, 0.4, 0.6, 5))
    axis = over_labels({"": {"pixels": curve}}).axes[0]
    assert {label.get_rotation() for label in axis.get_xticklabels()} == {rotation}


def test_an_arm_looks_the_same_in_every_panel_and_different_from_all_others():
    styles = {}
    for axis in visible(over_labels()):
        for container in axis.containers:
            line = container[0]
            styles.setdefault(container.get_label(), set()).add(
                (line.get_marker(), line.get_color(), line.get_linestyle())
            )
    assert {arm: len(found) for arm, found in styles.items()} == dict.fromkeys(styles, 1)
    markers = [marker for ((marker, *_),) in styles.values()]
    assert len(set(markers)) == len(markers) == 4  # told apart without colour


def test_baselines_are_dark_and_methods_are_not():
    for axis in visible(over_labels()):
        for container in axis.containers:
            brightness = np.mean(to_rgb(container[0].get_color()))
            assert (brightness < 0.2) == (container.get_label() in BASELINES)


def test_the_legend_names_every_arm_once():
    assert legend_texts(over_labels()) == ["pixels", "untrained", "rotation", "vicreg"]


def test_layers_share_the_row_of_their_arm_and_rows_are_not_connected():
    figure = in_rows()
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == ["untrained", "vicreg"]
    for axis in figure.axes:
        assert axis.get_ylim() == (1.5, -0.5)
        assert places(axis, 1) == {"convolutional": [-0.125, 0.875], "last": [0.125, 1.125]}
        assert {container[0].get_linestyle() for container in axis.containers} == {"None"}
        assert len({container[0].get_marker() for container in axis.containers}) == 2
    assert legend_texts(figure) == ["convolutional", "last"]


@pytest.mark.parametrize("draw", [over_labels, in_rows, by_arm])
@pytest.mark.parametrize(("reference", "found"), [(0, [0, 0]), (0.925, [92.5, 92.5]), (None, None)])
def test_a_reference_for_all_panels_is_drawn_in_each_in_percent(draw, reference, found):
    for axis in visible(draw(reference=reference)):
        dotted = [line for line in axis.lines if line.get_label()[0] == "_"]
        dotted = [
            line for line in dotted if line.get_linestyle() == ":" and len(line.get_xydata()) == 2
        ]
        values = [line.get_ydata() if draw is over_labels else line.get_xdata() for line in dotted]
        assert values == ([] if found is None else [found])


def test_no_axis_goes_beyond_a_hundred_percent_but_other_values_may():
    wide = {"digits": {"pixels": {"few": Interval(0.9, -2.5, 2.5, 2)}}}
    assert over_labels(wide).axes[0].get_ylim() == (-101, 101)
    assert by_arm(arms={"pixels": Interval(0.9, 0.5, 1.5, 2)}).axes[0].get_xlim()[1] == 101
    low, high = over_labels(wide, percent=False).axes[0].get_ylim()
    assert low < -2.5 and high > 2.5


def test_arms_are_drawn_from_top_to_bottom_each_in_its_own_row():
    figure = by_arm(title="Gain")
    assert figure.get_suptitle() == "Gain"
    assert [axis.get_title() for axis in figure.axes] == ["digits", "clothes"]
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == ["scratch", "rotation"]
    for axis in figure.axes:
        assert axis.get_ylim() == (1.5, -0.5)
        assert places(axis, 1) == {"scratch": [0], "rotation": [1]}
        assert drawn(axis, in_rows=True) == expected({arm: {0: GAINS[arm]} for arm in GAINS}, 100)
    assert legend_texts(figure) == []


@pytest.mark.parametrize(("panels", "rows"), [(1, 1), (2, 1), (3, 2), (4, 2)])
def test_panels_of_arms_stand_two_to_a_row_and_share_their_axes(panels, rows):
    shown = visible(by_arm([f"set {i}" for i in range(panels)]))
    assert [axis.get_title() for axis in shown] == [f"set {i}" for i in range(panels)]
    assert {axis.get_subplotspec().get_gridspec().nrows for axis in shown} == {rows}
    assert len({axis.get_xlim() for axis in shown}) == 1


def test_shared_axes_hold_the_intervals_of_all_panels():
    later = {"digits": {"scratch": GAINS["scratch"]}, "clothes": {"scratch": GAINS["rotation"]}}
    for axis in intervals_by_arm(later, "points", ALT_TEXT).axes:
        low, high = axis.get_xlim()
        assert low < -50 and high > 50


def test_the_lowest_panel_of_each_column_names_its_axis():
    axes = by_arm(["a", "b", "c"]).axes
    assert [axis.get_xlabel() for axis in axes[:3]] == ["", "points", "points"]
    assert all(axis.xaxis.get_tick_params()["labelbottom"] for axis in axes[1:3])
    axes = over_labels(ylabel="accuracy, %").axes
    assert [axis.get_ylabel() for axis in axes] == ["accuracy, %", "", "accuracy, %", ""]


@pytest.mark.parametrize("others", [dict(reversed(GAINS.items())), {"scratch": GAINS["scratch"]}])
def test_panels_with_other_arms_are_refused(others):
    with pytest.raises(ValueError, match="all panels must list the same arms in the same order"):
        intervals_by_arm({"digits": GAINS, "clothes": others}, "points", ALT_TEXT)


@pytest.mark.parametrize("panels", [{}, {"digits": {}}])
def test_a_figure_of_nothing_is_refused(panels):
    with pytest.raises(ValueError, match="at least one arm, got none"):
        over_labels(panels)


def test_arms_without_panels_are_refused():
    with pytest.raises(ValueError, match="all panels must list the same arms in the same order"):
        intervals_by_arm({}, "points", ALT_TEXT)


def test_more_arms_than_colours_can_be_drawn():
    many = {f"arm {number}": GAINS["scratch"] for number in range(len(COLOURS) + 2)}
    assert len(by_arm(arms=many).axes[0].containers) == len(many)
