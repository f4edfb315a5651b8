"""Learning curves draw what they are given, from zero upwards, and can be read in grey."""

import numpy as np
import pytest

from helpers.figures.training_curves import learning_curves

LOSS, ACCURACY = [1.2, 0.5], [0.4, 0.9]
PANELS = {
    "loss": {"training": ([1, 2], LOSS), "validation": ([1, 2], [1.3, 0.7])},
    "accuracy": {"training": ([1, 2], ACCURACY), "validation": ([1, 2], [0.3, 0.8])},
}
REFERENCES = {"accuracy": {"guessing": 0.25, "somebody": 0.95}}


def curves(**options):
    return learning_curves(PANELS, "epoch", "Both fall.", references=REFERENCES, **options)


def test_each_curve_stands_in_its_panel_with_its_name():
    for axis, (title, expected) in zip(curves().axes, PANELS.items(), strict=True):
        assert (axis.get_title(), axis.get_xlabel()) == (title, "epoch")
        assert axis.get_ylim()[0] == 0
        for line, (name, (steps, values)) in zip(axis.lines, expected.items(), strict=False):
            assert line.get_label() == name
            np.testing.assert_array_equal(line.get_xydata(), np.transpose([steps, values]))


def test_panels_share_a_scale_only_if_they_measure_the_same():
    loss, accuracy = curves().axes
    assert loss.get_ylim() != accuracy.get_ylim()
    loss, accuracy = curves(ylabel="share").axes
    assert loss.get_ylim() == accuracy.get_ylim()
    assert [loss.get_ylabel(), accuracy.get_ylabel()] == ["share", ""]


def test_a_reference_stands_in_its_own_panel_and_a_floor_has_its_name_below_it():
    loss, accuracy = curves().axes
    assert not loss.texts
    guessing, somebody = accuracy.texts
    assert [guessing.get_text(), somebody.get_text()] == ["guessing: 0.25", "somebody: 0.95"]
    assert [guessing.get_va(), somebody.get_va()] == ["top", "bottom"]
    assert [line.get_ydata()[0] for line in accuracy.lines[2:]] == [0.25, 0.95]


def test_a_reference_that_all_curves_have_left_behind_still_lies_within_its_panel():
    lines = {"loss": {"guessing": 2.3}, "accuracy": {"guessing": 0.1}}
    figure = learning_curves(PANELS, "epoch", "Both leave guessing behind.", references=lines)
    for axis, value in zip(figure.axes, (2.3, 0.1), strict=True):
        assert axis.get_ylim()[0] == 0 < value < axis.get_ylim()[1]


def test_the_name_of_a_floor_near_zero_does_not_lie_on_the_axis():
    panels = {"found": {"partners": ([0, 50], [0.1, 0.4])}}
    figure = learning_curves(panels, "step", "It rises.", {"found": {"guessing": 0.01}})
    assert figure.axes[0].texts[0].get_va() == "bottom"


def test_the_two_curves_differ_in_more_than_colour():
    training, validation = curves().axes[0].lines
    assert training.get_linestyle() != validation.get_linestyle()
    assert training.get_marker() != validation.get_marker()


@pytest.mark.parametrize(("length", "marked"), [(5, 1), (1000, 100)])
def test_a_long_curve_is_not_buried_under_markers(length, marked):
    panels = {"loss": {"training": (range(length), np.ones(length))}}
    (line,) = learning_curves(panels, "step", "It stays.").axes[0].lines
    assert line.get_markevery() == marked


def test_the_legend_names_each_curve_once():
    (legend,) = curves().legends
    assert [text.get_text() for text in legend.get_texts()] == ["training", "validation"]


def test_curves_that_are_alone_in_their_panels_need_no_legend():
    alone = {title: {"network": curves["training"]} for title, curves in PANELS.items()}
    assert not learning_curves(alone, "epoch", "Each alone.").legends
