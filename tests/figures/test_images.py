"""Pictures of images and of feature spaces show what they are given, each at its place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb, to_rgba

from helpers.figures.basics import COLOURS
from helpers.figures.images import cosine_tables, image_grid, scatter_by_class

ALT_TEXT = "Three images."
IMAGES = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4)
POSITIONS = np.random.default_rng(0).normal(size=(6, 2))
MAPS = {name: number * POSITIONS for number, name in enumerate("abcdef", start=1)}
LABELS = np.array([0, 0, 1, 1, 3, 3])
CLASSES = ("shirt", "bag", "coat", "boot")


def grid(images=IMAGES, **options):
    return image_grid({"digits": images}, None, ALT_TEXT, **options)


def maps(class_names=CLASSES):
    return scatter_by_class(MAPS, LABELS, class_names, "Six maps", ALT_TEXT)


def shown(axis):
    return axis.images[0].get_array()


@settings(max_examples=15)
@given(st.integers(1, 3), st.integers(1, 4))
def test_a_grid_shows_each_image_at_its_place(rows, columns):
    images = np.random.default_rng(0).integers(0, 256, (rows, columns, 3, 5), dtype=np.uint8)
    figure = image_grid({f"row {row}": images[row] for row in range(rows)}, None, ALT_TEXT)
    assert len(figure.axes) == rows * columns
    for axis, image in zip(figure.axes, images.reshape(-1, 3, 5), strict=True):
        np.testing.assert_array_equal(shown(axis), image)
    first_of_each_row = figure.axes[::columns]
    assert [axis.get_ylabel() for axis in first_of_each_row] == [f"row {r}" for r in range(rows)]


@pytest.mark.parametrize(("images", "brightest"), [(IMAGES, 255), (IMAGES / 255, 1)])
def test_a_grid_shows_the_whole_range_of_grey_whatever_the_image_holds(images, brightest):
    for axis in grid(images).axes:
        assert axis.images[0].get_clim() == (0, brightest)
        assert axis.images[0].get_cmap().name == "gray"


def test_a_grid_has_titles_above_its_columns_and_itself():
    figure = image_grid({"a": IMAGES, "b": IMAGES}, ["x", "y", "z"], ALT_TEXT, title="All")
    assert [axis.get_title() for axis in figure.axes] == ["x", "y", "z", "", "", ""]
    assert figure.get_suptitle() == "All"


def test_mistakes_are_marked_and_nothing_else():
    names = ["right", "wrong", "right"]
    figure = image_grid({"": IMAGES}, names, ALT_TEXT, wrong=[False, True, False])
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
        image_grid(rows, None, ALT_TEXT)


def test_maps_stand_four_to_a_row_under_their_names():
    axes = maps().axes
    assert [axis.get_title() for axis in axes] == [*MAPS, "", ""]
    for axis, positions in zip(axes, MAPS.values(), strict=False):
        drawn = [points.get_offsets() for points in axis.collections]
        classes = [positions[label == LABELS] for label in np.unique(LABELS)]
        np.testing.assert_allclose(np.concatenate(drawn), np.concatenate(classes))


def test_each_class_has_its_number_at_its_median_and_its_colour():
    axis = maps().axes[0]
    assert [text.get_text() for text in axis.texts] == ["0", "1", "3"]
    np.testing.assert_allclose(axis.texts[0].xy, POSITIONS[:2].mean(axis=0))
    assert [len(points.get_offsets()) for points in axis.collections] == [2, 2, 2]
    colours = [tuple(points.get_facecolor()[0]) for points in axis.collections]
    assert colours == [to_rgba(f"C{label}") for label in (0, 1, 3)]


def test_class_names_are_listed_unless_they_are_numbers():
    assert maps().get_supxlabel() == "0 shirt   1 bag   2 coat   3 boot"
    assert maps(("0", "1", "2", "3")).get_supxlabel() == ""


def test_tables_of_cosines_share_a_scale_and_name_each_class_once_beside_its_images():
    tables = {"pixels": np.eye(8), "trained": -np.eye(8)}
    figure = cosine_tables(tables, CLASSES, ALT_TEXT)
    for axis, (name, cosines) in zip(figure.axes, tables.items(), strict=False):
        assert axis.get_title() == name
        np.testing.assert_array_equal(shown(axis), cosines)
        assert axis.images[0].get_clim() == (-1, 1)
    assert figure.axes[0].get_yticks().tolist() == [0.5, 2.5, 4.5, 6.5]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == list(CLASSES)
    assert len(figure.axes[1].get_yticks()) == 0 and figure.alt_text == ALT_TEXT


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: cosine_tables({}, CLASSES, ALT_TEXT), "at least one table"),
        (
            lambda: scatter_by_class({}, LABELS, CLASSES, "", ALT_TEXT),
            "at least one map, got none",
        ),
        (
            lambda: scatter_by_class(MAPS, LABELS[1:], CLASSES, "", ALT_TEXT),
            r"'a' has shape \(6, 2\), but 5 labels need \(5, 2\)",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
