"""Figures say what they show, label what they measure, and draw the numbers they were given."""

import io

import matplotlib.image
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from helpers.figures import basics as plots
from helpers.figures.basics import COLOURS, DescribedFigure, new_figure

ALT_TEXT = "Accuracy rises from 0.4 to 0.9."
IMAGES = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4)
HISTORY = {
    "loss": [1.2, 0.5],
    "val_loss": [1.3, 0.7],
    "accuracy": [0.4, 0.9],
    "val_accuracy": [0.3, 0.8],
}
ARMS = [("scratch", 0.2, 0.1, 0.4), ("rotation", -0.3, -0.5, -0.2)]


def grid(images=IMAGES, **options):
    return plots.image_grid({"digits": images}, None, ALT_TEXT, **options)


def curves():
    return plots.learning_curves(HISTORY, 0.25, ALT_TEXT)


def by_class(names=("0", "1")):
    intervals = [(0.7, 0.9), (0.4, 0.7)]
    return plots.accuracy_by_class(names, [0.8, 0.6], intervals, 0.7, "By class", ALT_TEXT)


def confusion():
    counts = np.array([[3, 1], [0, 5]])
    return plots.confusion_table(counts, ["0°", "90°"], "Shares", ("true", "predicted"), ALT_TEXT)


def arms():
    return plots.intervals_by_arm({"digits": ARMS, "clothes": ARMS}, "points", ALT_TEXT, 0, "Gain")


ALL = [grid, curves, by_class, confusion, arms]
WITH_AXES = {
    curves: [("epoch", "cross-entropy (nats)"), ("epoch", "accuracy")],
    by_class: [("", "accuracy, 95 % interval")],
    confusion: [("predicted", "true")],
    arms: [("points", ""), ("points", "")],
}


def decoded(figure):
    data, _ = figure._repr_mimebundle_()
    return matplotlib.image.imread(io.BytesIO(data["image/png"]))


def texts(axis):
    return [text.get_text() for text in axis.texts]


@pytest.mark.parametrize("draw", ALL)
def test_every_figure_carries_its_alternative_text_into_the_notebook(draw):
    figure = draw()
    assert isinstance(figure, DescribedFigure)
    data, metadata = figure._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == ALT_TEXT
    assert metadata == {"image/png": {"alt": ALT_TEXT}}


@pytest.mark.parametrize("draw", ALL)
def test_every_figure_draws_something(draw):
    assert len(np.unique(decoded(draw()))) > 2


@pytest.mark.parametrize("draw", ALL)
def test_the_same_input_gives_the_same_bytes(draw):
    assert draw()._repr_mimebundle_() == draw()._repr_mimebundle_()


def test_the_picture_does_not_name_the_version_that_drew_it():
    data, _ = grid()._repr_mimebundle_()
    assert b"matplotlib" not in data["image/png"].lower()


@pytest.mark.parametrize(("draw", "labels"), WITH_AXES.items())
def test_axes_are_labelled(draw, labels):
    axes = draw().axes
    assert [(axis.get_xlabel(), axis.get_ylabel()) for axis in axes] == labels
    assert all(axis.get_title() for axis in axes)


@pytest.mark.parametrize("alt_text", ["", None])
def test_a_figure_without_alternative_text_is_not_shown(alt_text):
    figure, _ = new_figure()
    figure.alt_text = alt_text
    with pytest.raises(ValueError, match="set figure.alt_text to a sentence"):
        figure._repr_mimebundle_()


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 3), (2, 1), (2, 3)])
def test_a_new_figure_has_a_table_of_axes_without_a_frame_above_and_right(rows, columns):
    figure, axes = new_figure(rows, columns, 6, 2, sharey=True)
    assert axes.shape == (rows, columns)
    axes[0, 0].set_ylim(0, 5)
    assert figure.get_size_inches().tolist() == [6, 2]
    for axis in axes.flat:
        assert not axis.spines["top"].get_visible()
        assert not axis.spines["right"].get_visible()
        assert axis.spines["left"].get_visible()
        assert axis.get_ylim() == axes[0, 0].get_ylim() == (0, 5)


def test_figures_are_freed_when_nobody_holds_them():
    import matplotlib.pyplot as plt

    for draw in ALL:
        draw()
    assert plt.get_fignums() == []


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 3), st.integers(1, 4))
def test_a_grid_shows_each_image_at_its_place(rows, columns):
    images = np.random.default_rng(0).integers(0, 256, (rows, columns, 3, 5), dtype=np.uint8)
    figure = plots.image_grid({f"row {row}": images[row] for row in range(rows)}, None, ALT_TEXT)
    assert len(figure.axes) == rows * columns
    for axis, image in zip(figure.axes, images.reshape(-1, 3, 5), strict=True):
        np.testing.assert_array_equal(axis.images[0].get_array(), image)
    first_of_each_row = figure.axes[::columns]
    assert [axis.get_ylabel() for axis in first_of_each_row] == [f"row {r}" for r in range(rows)]


@pytest.mark.parametrize(("images", "brightest"), [(IMAGES, 255), (IMAGES / 255, 1)])
def test_a_grid_shows_the_whole_range_of_grey_whatever_the_image_holds(images, brightest):
    for axis in grid(images).axes:
        assert axis.images[0].get_clim() == (0, brightest)


def test_a_grid_has_titles_above_its_columns_and_itself():
    figure = plots.image_grid({"a": IMAGES, "b": IMAGES}, ["x", "y", "z"], ALT_TEXT, title="All")
    assert [axis.get_title() for axis in figure.axes] == ["x", "y", "z", "", "", ""]
    assert figure.get_suptitle() == "All"


def test_mistakes_are_marked_and_nothing_else():
    names = ["right", "wrong", "right"]
    figure = plots.image_grid({"": IMAGES}, names, ALT_TEXT, wrong=[False, True, False])
    for axis, name in zip(figure.axes, names, strict=True):
        marked = name == "wrong"
        assert (to_rgb(axis.title.get_color()) == to_rgb(COLOURS[3])) == marked
        assert (axis.title.get_fontweight() == "bold") == marked
        assert all(spine.get_visible() == marked for spine in axis.spines.values())


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ({}, r"\[\]"),
        ({"a": IMAGES[:0]}, r"\[0\]"),
        ({"a": IMAGES, "b": IMAGES[:2]}, r"\[2, 3\]"),
    ],
)
def test_a_grid_of_nothing_or_of_unequal_rows_is_refused(rows, found):
    with pytest.raises(ValueError, match=f"same number of images, got {found}"):
        plots.image_grid(rows, None, ALT_TEXT)


def test_learning_curves_draw_both_histories_from_epoch_one_beside_chance():
    figure, names, guesses = curves(), ["loss", "accuracy"], [-np.log(0.25), 0.25]
    for axis, name, chance in zip(figure.axes, names, guesses, strict=True):
        training, validation, guessing = axis.lines
        assert training.get_xydata().tolist() == [[1, HISTORY[name][0]], [2, HISTORY[name][1]]]
        assert list(validation.get_ydata()) == HISTORY[f"val_{name}"]
        assert guessing.get_ydata() == pytest.approx([chance, chance])
        assert axis.get_ylim()[0] == 0
        legend = [text.get_text() for text in axis.get_legend().get_texts()]
        assert legend == ["training", "validation", f"guessing ({chance:.2f})"]


def test_the_two_curves_differ_in_more_than_colour():
    training, validation, _ = curves().axes[0].lines
    assert training.get_linestyle() != validation.get_linestyle()
    assert training.get_marker() != validation.get_marker()


def test_a_history_without_validation_is_refused():
    with pytest.raises(KeyError, match="val_loss"):
        plots.learning_curves({"loss": [1], "accuracy": [0.5]}, 0.25, ALT_TEXT)


def test_accuracy_by_class_draws_each_interval_from_end_to_end():
    axis = by_class().axes[0]
    (bars,) = axis.collections
    ends = [segment[:, 1].tolist() for segment in bars.get_segments()]
    np.testing.assert_allclose(ends, [(0.7, 0.9), (0.4, 0.7)])
    assert [label.get_text() for label in axis.get_xticklabels()] == ["0", "1"]
    assert axis.get_title() == "By class\n(dashed: all classes, 0.700)"
    assert [line.get_ydata() for line in axis.lines if line.get_linestyle() == "--"] == [[0.7, 0.7]]


@pytest.mark.parametrize(
    ("names", "angle"), [(("0", "1"), 0), (("Bag", "Shirt"), 0), (("Bag", "Pullover"), 30)]
)
def test_long_class_names_are_slanted(names, angle):
    rotations = {label.get_rotation() for label in by_class(names).axes[0].get_xticklabels()}
    assert rotations == {angle}


def test_a_confusion_table_writes_row_shares_that_can_be_read_on_their_colour():
    axis = confusion().axes[0]
    assert texts(axis) == ["75.0", "25.0", "0.0", "100.0"]
    assert [text.get_color() for text in axis.texts] == ["black", "white", "white", "black"]
    np.testing.assert_allclose(axis.images[0].get_array(), [[0.75, 0.25], [0, 1]])
    assert [label.get_text() for label in axis.get_yticklabels()] == ["0°", "90°"]


def test_arms_are_drawn_from_top_to_bottom_with_their_intervals():
    figure = arms()
    left, right = figure.axes
    assert figure.get_suptitle() == "Gain"
    assert [left.get_title(), right.get_title()] == ["digits", "clothes"]
    assert [label.get_text() for label in left.get_yticklabels()] == ["scratch", "rotation"]
    assert left.get_ylim() == (1.5, -0.5)
    ends = [bar.get_segments()[0].tolist() for bar in left.collections]
    np.testing.assert_allclose(ends, [[(0.1, 0), (0.4, 0)], [(-0.5, 1), (-0.2, 1)]])


@pytest.mark.parametrize(("panels", "rows"), [(1, 1), (2, 1), (3, 2), (4, 2)])
def test_panels_of_arms_stand_two_to_a_row(panels, rows):
    figure = plots.intervals_by_arm({f"set {i}": ARMS for i in range(panels)}, "points", ALT_TEXT)
    shown = [axis for axis in figure.axes if axis.get_visible()]
    assert [axis.get_title() for axis in shown] == [f"set {i}" for i in range(panels)]
    assert {axis.get_subplotspec().get_gridspec().nrows for axis in shown} == {rows}
    assert len({axis.get_xlim() for axis in shown}) == 1


def test_the_lowest_panel_of_each_column_names_its_axis():
    panels = {f"set {i}": ARMS for i in range(3)}
    axes = plots.intervals_by_arm(panels, "points", ALT_TEXT).axes
    assert [axis.get_xlabel() for axis in axes[:3]] == ["", "points", "points"]


@pytest.mark.parametrize("others", [ARMS[::-1], ARMS[:1]])
def test_panels_with_other_arms_are_refused(others):
    with pytest.raises(ValueError, match="all panels must list the same arms in the same order"):
        plots.intervals_by_arm({"digits": ARMS, "clothes": others}, "points", ALT_TEXT)


@pytest.mark.parametrize(("reference", "lines"), [(0, 1), (None, 0)])
def test_a_reference_is_drawn_only_where_one_is_given(reference, lines):
    axis = plots.intervals_by_arm({"digits": ARMS}, "points", ALT_TEXT, reference).axes[0]
    assert sum(line.get_linestyle() == ":" for line in axis.lines) == lines


def test_more_arms_than_colours_can_be_drawn():
    many = [(f"arm {number}", 0.5, 0.4, 0.6) for number in range(len(COLOURS) + 2)]
    figure = plots.intervals_by_arm({"digits": many}, "points", ALT_TEXT)
    assert len(figure.axes[0].collections) == len(many)


@pytest.mark.parametrize(("below", "side"), [(False, "bottom"), (True, "top")])
def test_a_reference_line_says_its_name_and_value_on_the_side_asked_for(below, side):
    _, axes = new_figure()
    plots.mark_reference(axes[0, 0], 0.57531, "floor of a sigmoid", below)
    assert texts(axes[0, 0]) == ["floor of a sigmoid: 0.575"]
    assert axes[0, 0].lines[0].get_ydata() == [0.57531, 0.57531]
    (label,) = axes[0, 0].texts
    assert label.get_verticalalignment() == side
    assert (label.get_position()[1] < 0) == below
