"""Every figure says what it shows, and is told apart in grey."""

import io
import os
import subprocess
import sys

import matplotlib.image
import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers.evaluation.statistics import Interval
from helpers.figures.basics import STYLES, DescribedFigure, legend_below, mark_reference, new_figure
from helpers.figures.diagrams import pipeline
from helpers.figures.images import image_grid, scatter_by_class
from helpers.figures.intervals import interval_panels, intervals_by_arm
from helpers.figures.training_curves import learning_curves

ALT_TEXT = "Accuracy rises from 0.4 to 0.9."
IMAGES = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4)
ARMS = {"scratch": Interval(0.2, 0.1, 0.4, 5), "rotation": Interval(-0.3, -0.5, -0.2, 5)}
CURVES = {"loss": {"training": ([1, 2], [1, 0.5])}}
MAPS = {"pixels": np.array([[0, 1], [1, 0]])}


def grid():
    return image_grid({"digits": IMAGES}, None, ALT_TEXT)


DRAWN = {
    "image_grid": grid,
    "scatter_by_class": lambda: scatter_by_class(
        MAPS, np.array([0, 1]), ["a", "b"], "Maps", ALT_TEXT
    ),
    "learning_curves": lambda: learning_curves(CURVES, "epoch", ALT_TEXT),
    "interval_panels": lambda: interval_panels({"digits": {"arm": ARMS}}, "place", ALT_TEXT),
    "intervals_by_arm": lambda: intervals_by_arm({"digits": ARMS}, "points", ALT_TEXT),
}
OWN_WORDS = {
    "pipeline": lambda: pipeline(IMAGES[0], "7"),
}
ALL = pytest.mark.parametrize("draw", (DRAWN | OWN_WORDS).values(), ids=DRAWN | OWN_WORDS)


@ALL
def test_every_figure_carries_its_alternative_text_into_the_notebook(draw):
    figure = draw()
    assert isinstance(figure, DescribedFigure)
    data, metadata = figure._repr_mimebundle_()
    assert data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == figure.alt_text
    assert metadata == {"image/png": {"alt": figure.alt_text}}


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_the_alternative_text_is_the_one_that_was_given(draw):
    assert draw().alt_text == ALT_TEXT


@ALL
def test_every_figure_draws_something_and_the_same_input_gives_the_same_bytes(draw):
    data = draw()._repr_mimebundle_()
    assert data == draw()._repr_mimebundle_()
    assert len(np.unique(matplotlib.image.imread(io.BytesIO(data[0]["image/png"])))) > 2


def test_the_picture_does_not_name_the_version_that_drew_it():
    data, _ = grid()._repr_mimebundle_()
    assert b"matplotlib" not in data["image/png"].lower()


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
    for draw in (DRAWN | OWN_WORDS).values():
        draw()
    assert plt.get_fignums() == []


def test_no_two_styles_share_a_colour_or_a_marker():
    for key in ("color", "marker"):
        values = [style[key] for style in STYLES]
        assert len(set(values)) == len(values)


def test_a_legend_names_what_any_panel_shows_and_nothing_twice():
    figure, axes = new_figure(1, 2)
    axes[0, 0].plot([0, 1], label="training")
    for label in ("training", "validation"):
        axes[0, 1].plot([0, 1], label=label)
    legend_below(figure)
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["training", "validation"]


@pytest.mark.parametrize(("below", "side"), [(False, "bottom"), (True, "top")])
def test_a_reference_line_says_its_name_and_value_on_the_side_asked_for(below, side):
    _, axes = new_figure()
    mark_reference(axes[0, 0], 0.57531, "floor of a sigmoid", below)
    (label,) = axes[0, 0].texts
    assert label.get_text() == "floor of a sigmoid: 0.575"
    assert axes[0, 0].lines[0].get_ydata() == [0.57531, 0.57531]
    assert label.get_verticalalignment() == side
    assert (label.get_position()[1] < 0) == below


def test_a_readers_own_matplotlibrc_changes_no_figure(tmp_path):
    code = """
import sys
from helpers.evaluation.statistics import Interval
from helpers.figures import intervals_by_arm
arms = {"scratch": Interval(0.2, 0.1, 0.4, 5)}
figure = intervals_by_arm({"digits": arms}, "gain", "One interval.", reference=0)
sys.stdout.buffer.write(figure._repr_mimebundle_()[0]["image/png"])
"""

    def drawn():
        command = [sys.executable, "-c", code]
        settings = os.environ | {"MATPLOTLIBRC": str(tmp_path)}
        return subprocess.run(command, env=settings, capture_output=True, check=True).stdout

    (tmp_path / "matplotlibrc").write_text("")
    before = drawn()
    hostile = (
        "text.usetex: True\nfont.size: 30\naxes.facecolor: black\nsavefig.bbox: standard\n"
        "figure.dpi: 300\naxes.prop_cycle: cycler('color', ['red'])\n"
    )
    (tmp_path / "matplotlibrc").write_text(hostile)
    assert drawn() == before
