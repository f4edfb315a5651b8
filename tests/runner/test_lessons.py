import re

import pytest
from tiny_course import write_notebook

from helpers.runner.errors import InputError
from helpers.runner.lessons import (
    Bounds,
    Promise,
    broken_promises,
    read_lesson,
    read_lessons,
    read_promises,
)


def test_a_lesson_is_read_with_its_parameters_in_order(tmp_path):
    lesson = read_lesson(write_notebook(tmp_path / "01_dot.ipynb"))
    assert lesson.name == "01_dot"
    assert lesson.defaults() == {
        "epochs": 5,
        "learning_rate": 0.001,
        "dataset": "mnist-5k",
        "label_counts": [100, 1000],
        "verbose": False,
        "title": "digits",
    }
    assert lesson.parameter("epochs").meaning == "passes over the images"
    assert lesson.parameter("dataset").choices == ["mnist-5k", "fashion-mnist-20k", "mnist"]


def test_a_folder_with_braces_and_spaces_in_its_name_is_no_obstacle(tmp_path):
    path = write_notebook(tmp_path / "my {own} course" / "01_dot.ipynb")
    assert read_lesson(path).parameters


def test_only_numbered_notebooks_are_lessons(tmp_path):
    write_notebook(tmp_path / "02_b.ipynb")
    write_notebook(tmp_path / "01_a.ipynb")
    write_notebook(tmp_path / "Untitled.ipynb", parameters=None)
    lessons, unreadable = read_lessons(tmp_path)
    assert (list(lessons), unreadable) == (["01_a", "02_b"], {})


def test_a_folder_without_lessons_is_refused(tmp_path):
    with pytest.raises(InputError, match="no lessons in"):
        read_lessons(tmp_path / "nowhere")


def test_a_parameter_that_does_not_exist_is_answered_with_the_nearest(tmp_path):
    lesson = read_lesson(write_notebook(tmp_path / "01_dot.ipynb"))
    with pytest.raises(
        InputError, match="01_dot: unknown parameter 'epoch'; did you mean 'epochs'"
    ):
        lesson.parameter("epoch")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"cells": 3}', "text"])
def test_a_file_that_is_no_notebook_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "01_dot.ipynb"
    path.write_text(content)
    with pytest.raises(InputError, match=r"01_dot\.ipynb is not a notebook") as refusal:
        read_lesson(path)
    assert "\n" not in str(refusal.value)


def test_a_missing_notebook_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_lesson(tmp_path / "01_none.ipynb")


GOOD = """
01_a:
  summary: first
  needs: []
  figures: 2
  metrics:
    accuracy: {above: chance, below: 1.01}
    chance: {}
  headline: "accuracy {accuracy:.3f}, chance {chance:.2f}"
02_b: {summary: second}
"""


def read(tmp_path, text, lessons=("01_a", "02_b")):
    path = tmp_path / "lessons.yaml"
    path.write_text(text)
    return read_promises(path, list(lessons))


def test_promises_are_read_and_fill_in_their_headline(tmp_path):
    promises = read(tmp_path, GOOD)
    assert promises["01_a"].found({"accuracy": 0.95, "chance": 0.25}) == (
        "accuracy 0.950, chance 0.25"
    )
    assert promises["02_b"] == Promise("second")


def test_a_lesson_may_need_one_that_is_not_described_yet(tmp_path):
    assert list(read(tmp_path, "02_b: {summary: b, needs: [01_a]}")) == ["02_b"]


def test_lessons_follow_those_they_need_and_else_their_names(tmp_path):
    text = """
01_a: {summary: a, needs: [03_c]}
02_b: {summary: b}
03_c: {summary: c}
04_d: {summary: d, needs: [01_a, 02_b]}
"""
    assert list(read(tmp_path, text, ["01_a", "02_b", "03_c", "04_d"])) == [
        "02_b",
        "03_c",
        "01_a",
        "04_d",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("02_b", "02_bb", "unknown lesson '02_bb'; did you mean '02_b'?"),
        ("needs: []", "needs: [01_c]", "needs: unknown lesson '01_c'; did you mean '01_a'?"),
        ("needs: []", "needs: 02_b", "needs is a list of lessons, got '02_b'"),
        ("needs: []", "needs: [01_a]", "in a circle: 01_a -> 01_a"),
        ("figures: 2", "figures: many", "figures is a whole number, at least 0, got 'many'"),
        ("figures: 2", "figures: -1", "figures is a whole number, at least 0, got -1"),
        ("figures: 2", "figures: true", "figures is a whole number, at least 0, got True"),
        ("figures:", "figure:", "unknown key 'figure'; did you mean 'figures'?"),
        ("summary: first", "summary: [a]", "summary is text, got a list"),
        ("  summary: first\n", "", "the key 'summary' is missing"),
        ("above: chance", "above: luck", "accuracy: unknown metric 'luck'"),
        ("above: chance", "over: chance", "unknown key 'over'"),
        ("above: chance", "above: [1]", "accuracy: above is a number or a metric, got a list"),
        ("above: chance", "above: true", "accuracy: above is a number or a metric, got True"),
        ("{accuracy:.3f}", "{accurracy:.3f}", "headline: unknown metric 'accurracy'"),
        ("{accuracy:.3f}", "{accuracy.__class__}", "headline: unknown metric"),
        ("{accuracy:.3f}", "{accuracy:.3q}", "the headline is not a valid template"),
        ("{accuracy:.3f}", "{accuracy:.3f", "the headline is not a valid template"),
        ("{accuracy:.3f}", "{}", "headline: unknown metric ''"),
        ("chance: {}", "chance: 0.1", "expected 'name: value' lines, got 0.1"),
    ],
)
def test_promises_that_make_no_sense_are_refused(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(InputError, match=re.escape(message)) as refusal:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert "lessons.yaml" in str(refusal.value)


KEPT = {"accuracy": 0.9, "chance": 0.1}


@pytest.mark.parametrize(
    ("metrics", "figures", "strict", "broken"),
    [
        (KEPT, 2, True, []),
        (KEPT, 3, True, []),
        (KEPT, 1, True, ["it drew 1 figures, and promises 2"]),
        ({"chance": 0.1}, 2, False, ["it recorded no 'accuracy'"]),
        ({"chance": 0.1}, 2, True, ["it recorded no 'accuracy'"]),
        ({"accuracy": 0.1, "chance": 0.1}, 2, True, ["accuracy = 0.1 is not above chance = 0.1"]),
        ({"accuracy": 0.1, "chance": 0.1}, 2, False, []),
        ({"accuracy": 1.5, "chance": 0.1}, 2, True, ["accuracy = 1.5 is not below 1.01"]),
    ],
)
def test_a_run_is_held_to_its_promises(tmp_path, metrics, figures, strict, broken):
    promise = read(tmp_path, GOOD)["01_a"]
    assert broken_promises(promise, metrics, figures, strict) == broken


def test_a_run_that_had_nothing_to_measure_says_so_and_promises_nothing():
    promise = Promise(
        "", figures=3, metrics={"gain": Bounds()}, headline="{gain}", unless="no_labels"
    )
    assert broken_promises(promise, {"no_labels": 1}, 0, strict=False) == []
    assert promise.found({"no_labels": 1}) == "no labels"
    assert broken_promises(promise, {"no_labels": 1}, 0, strict=True)
    assert broken_promises(promise, {}, 3, strict=False) == ["it recorded no 'gain'"]
