import re

import pytest
from tiny_course import write_notebook

from helpers.runner.lessons import read_lesson, read_lessons
from helpers.runner.strict_yaml import InputError


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


def test_a_line_that_a_formatter_wrapped_keeps_its_comment(tmp_path):
    wrapped = 'dataset: str = (\n    "mnist-5k"  # images [mnist-5k | mnist]\n)\n'
    lesson = read_lesson(write_notebook(tmp_path / "01_dot.ipynb", parameters=wrapped))
    assert lesson.defaults() == {"dataset": "mnist-5k"}
    assert lesson.parameter("dataset").choices == ["mnist-5k", "mnist"]
    assert lesson.parameter("dataset").meaning == "images"


def test_only_numbered_notebooks_are_lessons(tmp_path):
    write_notebook(tmp_path / "02_b.ipynb")
    write_notebook(tmp_path / "01_a.ipynb")
    write_notebook(tmp_path / "Untitled.ipynb", parameters=None)
    assert list(read_lessons(tmp_path)) == ["01_a", "02_b"]


def test_a_folder_without_lessons_is_refused(tmp_path):
    with pytest.raises(InputError, match="no lessons in"):
        read_lessons(tmp_path / "nowhere")


def test_a_parameter_that_does_not_exist_is_answered_with_the_nearest(tmp_path):
    lesson = read_lesson(write_notebook(tmp_path / "01_dot.ipynb"))
    with pytest.raises(
        InputError, match="01_dot: unknown parameter 'epoch'; did you mean 'epochs'"
    ):
        lesson.parameter("epoch")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (None, "0 code cells are tagged 'parameters': tag exactly one"),
        ("epochs = 5", "'epochs = 5' in the parameters cell is not of the form"),
        ("epochs: int", "'epochs: int' in the parameters cell is not of the form"),
        ("import os", "'import os' in the parameters cell is not of the form"),
        ("epochs: int = ", "parameters cell, line 1: invalid syntax"),
        ("epochs: int = 5  # passes, lr=0.1", "papermill cannot read the parameter 'epochs'"),
        ("epochs: int = 3 * 2  # [1 to 9]", "the default of epochs is not a constant"),
    ],
)
def test_a_parameters_cell_that_is_not_a_list_of_constants_is_refused(
    tmp_path, parameters, message
):
    path = write_notebook(tmp_path / "01_dot.ipynb", parameters=parameters)
    with pytest.raises(InputError, match=re.escape(message)):
        read_lesson(path)


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


def test_a_notebook_without_a_kernel_is_refused(tmp_path):
    path = write_notebook(tmp_path / "01_dot.ipynb")
    path.write_text(path.read_text().replace("kernelspec", "other"))
    with pytest.raises(InputError, match="Set its kernel to Python 3"):
        read_lesson(path)
