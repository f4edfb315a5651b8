import os
import re
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_course import write_data_names, write_notebook

from helpers.runner.errors import InputError
from helpers.runner.lessons import read_lesson
from helpers.runner.parameters import Parameter, read_parameter

EPOCHS = Parameter("epochs", "int", False, 5, "passes", "1 to 200")
RATE = Parameter("rate", "float", False, 0.1, "step", "0.001 to 1")
DATASET = Parameter("dataset", "str", False, "mnist-5k", "", "mnist-5k | fashion-mnist-20k")
COUNTS = Parameter("counts", "int", True, [100, 1000], "", "10 to 60000")
VERBOSE = Parameter("verbose", "bool", False, False, "", "")
TITLE = Parameter("title", "str", False, "digits", "", "")


@pytest.mark.parametrize(
    ("parameter", "text", "value"),
    [
        (EPOCHS, "8", 8),
        (EPOCHS, " 8 ", 8),
        (EPOCHS, "1", 1),
        (EPOCHS, "200", 200),
        (RATE, "1", 1.0),
        (RATE, "1e-3", 0.001),
        (DATASET, "fashion-mnist-20k", "fashion-mnist-20k"),
        (COUNTS, "[10, 100]", [10, 100]),
        (VERBOSE, "true", True),
        (TITLE, "no", "no"),
        (TITLE, "123", "123"),
        (TITLE, "true", "true"),
        (TITLE, "'[a]'", "[a]"),
    ],
)
def test_a_typed_value_is_read_as_its_type(parameter, text, value):
    parsed = parameter.parse(text, "lesson")
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("parameter", "text", "message"),
    [
        (EPOCHS, "abc", "lesson: epochs is a whole number (int), got 'abc'; the default is 5"),
        (EPOCHS, "2.5", "epochs is a whole number (int), got 2.5"),
        (EPOCHS, "true", "epochs is a whole number (int), got True"),
        (EPOCHS, "", "epochs is a whole number (int), got nothing"),
        (EPOCHS, "[5]", "epochs is a whole number (int), got a list"),
        (EPOCHS, "010", "epochs is a whole number (int), got '010'"),
        (EPOCHS, "-1", "lesson: epochs=-1 is outside its range, 1 to 200"),
        (EPOCHS, "201", "epochs=201 is outside its range"),
        (EPOCHS, "{a: 1}", "got a mapping"),
        (EPOCHS, "[1", "epochs='[1': not valid YAML"),
        (RATE, ".nan", "rate=nan is outside its range"),
        (RATE, ".inf", "rate=inf is outside its range"),
        (RATE, "1e400", "rate=inf is outside its range"),
        (DATASET, "mnist5k", "unknown dataset 'mnist5k'; did you mean 'mnist-5k'?"),
        (DATASET, "", "dataset is text (str), got nothing"),
        (DATASET, "[mnist-5k]", "unknown dataset '[mnist-5k]'"),
        (COUNTS, "100", "counts is a list of int, got 100; write it in brackets"),
        (COUNTS, "[100, a]", "each value of counts is a whole number (int), got 'a'"),
        (COUNTS, "[100, 5]", "counts=5 is outside its range, 10 to 60000"),
        (COUNTS, "[]", "counts needs at least one value"),
        (VERBOSE, "1", "verbose is true or false (bool), got 1; the default is false"),
        (VERBOSE, "yes", "verbose is true or false (bool), got 'yes'"),
    ],
)
def test_a_value_of_the_wrong_type_or_outside_its_range_is_refused(parameter, text, message):
    with pytest.raises(InputError, match=re.escape(message)):
        parameter.parse(text, "lesson")


@given(st.integers())
def test_every_whole_number_is_accepted_exactly_within_the_range(number):
    if 1 <= number <= 200:
        assert EPOCHS.parse(str(number), "lesson") == number
    else:
        with pytest.raises(InputError):
            EPOCHS.parse(str(number), "lesson")


@given(st.text(max_size=30))
def test_any_text_is_either_a_number_in_range_or_one_line(text):
    try:
        assert 1 <= EPOCHS.parse(text, "lesson") <= 200
    except InputError as refusal:
        assert "\n" not in str(refusal)


def test_a_data_set_may_be_a_folder_or_an_npz_file_and_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_data_names(tmp_path / "mine")
    (tmp_path / "mine.npz").touch()
    assert DATASET.parse("mine", "lesson") == str(tmp_path / "mine")
    assert DATASET.parse("./mine.npz", "lesson") == str(tmp_path / "mine.npz")


def test_a_path_is_taken_as_it_is_typed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("digits", "digits #2", "a: b", "[old] digits"):
        write_data_names(tmp_path / name)
        assert DATASET.parse(name, "lesson") == str(tmp_path / name)
    assert DATASET.parse("'digits #2'", "lesson") == str(tmp_path / "digits #2")


def test_a_folder_without_a_data_set_is_refused_before_anything_is_hashed(tmp_path):
    with pytest.raises(InputError, match="lesson: dataset: .* lacks train-images-idx3-ubyte"):
        DATASET.parse(str(tmp_path), "lesson")


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../etc/passwd", "none.npz", "~nobody/x", "\\0"]
)
def test_a_data_set_is_no_other_file(path):
    with pytest.raises(InputError, match=r"a path must be a folder or an \.npz file"):
        DATASET.parse(path, "lesson")


FOLDER = Parameter("folder", "str", False, "example", "pictures", "example")


def test_a_folder_of_pictures_becomes_absolute(tmp_path, monkeypatch):
    (tmp_path / "my photos" / "cats").mkdir(parents=True)
    (tmp_path / "my photos" / "cats" / "1.jpg").touch()
    monkeypatch.chdir(tmp_path)
    assert FOLDER.parse("my photos", "lesson") == str(tmp_path / "my photos")
    assert FOLDER.parse("example", "lesson") == "example"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("file.jpg", "is a file"),
        ("empty", "holds no pictures"),
        ("nothing", "is not there"),
        ("self", "self"),
        (str(Path("/").resolve()), "the whole disk"),
        ("~nobody/photos", "folder"),
        ("a\0b", "folder"),
    ],
)
def test_what_is_no_folder_of_pictures_is_refused_in_one_line(tmp_path, monkeypatch, name, said):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.jpg").touch()
    (tmp_path / "self").symlink_to(tmp_path / "self")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=said) as refusal:
        FOLDER.parse(name, "lesson 10")
    assert "\n" not in str(refusal.value)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read it all")
def test_a_folder_that_may_not_be_read_is_refused_in_one_line(tmp_path):
    (tmp_path / "closed").mkdir(mode=0)
    with pytest.raises(InputError, match="cannot be read"):
        FOLDER.parse(str(tmp_path / "closed"), "lesson")


@pytest.mark.parametrize("text", ["0", "-1", "inf", "nan", "1e400", "soon"])
def test_minutes_are_refused_unless_they_can_be_had(text):
    minutes = Parameter("minutes", "float", False, 1.5, "for all trainings", "0.05 to 600")
    with pytest.raises(InputError, match="minutes"):
        minutes.parse(text, "lesson")


def test_only_a_data_set_may_be_a_path(tmp_path):
    method = Parameter("method", "str", False, "rotation", "", "rotation | masks")
    with pytest.raises(InputError, match="choose from rotation, masks"):
        method.parse(str(tmp_path), "lesson")


def test_a_line_of_the_notebook_becomes_a_parameter():
    parameter = read_parameter("epochs", "int", "5", "passes (each one) [1 to 200]", "lesson")
    assert parameter == Parameter("epochs", "int", False, 5, "passes (each one)", "1 to 200")
    assert parameter.limits == (1, 200)
    assert parameter.choices == []


@pytest.mark.parametrize(
    ("default", "comment", "kind"),
    [
        ("[1, 2]", "[1 to 5]", "int"),
        ("[1, 2.5]", "[1 to 5]", "float"),
        ("['a']", "", "str"),
    ],
)
def test_the_elements_of_a_list_give_its_type(default, comment, kind):
    parameter = read_parameter("values", "list", default, comment, "lesson")
    assert (parameter.kind, parameter.is_list) == (kind, True)
    assert parameter.type_name == f"list of {kind}"


@pytest.mark.parametrize(
    ("annotation", "default", "comment", "message"),
    [
        ("None", "5", "", "values needs a type"),
        ("dict", "{}", "", "values needs a type"),
        ("list", "[]", "", "values needs a type"),
        ("list", "[1, 'a']", "", "values needs a type"),
        ("list", "5", "", "values needs a type"),
        ("int", "2 * 3", "", "the default of values is not a constant"),
        ("int", "5", "passes", "the comment of values must end with what it allows"),
        ("list", "[5]", "passes", "the comment of values must end with what it allows"),
        ("int", "'five'", "[1 to 9]", "got 'five'"),
        ("int", "5", "passes [10 to 20]", "values=5 is outside its range"),
        ("int", "5", "passes [one | two]", "does not suit values"),
        ("int", "5", "passes [20 to 10]", "does not suit values"),
        ("int", "5", "passes [low to high]", "does not suit values"),
        ("bool", "True", "talk [0 to 1]", "does not suit values"),
        ("str", "'a'", "which [b | c]", "unknown values 'a'"),
    ],
)
def test_a_line_that_contradicts_itself_is_refused(annotation, default, comment, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read_parameter("values", annotation, default, comment, "lesson")


def test_a_data_set_must_say_which_names_it_allows():
    with pytest.raises(InputError, match="the comment of dataset must end with what it allows"):
        read_parameter("dataset", "str", "'mnist-5k'", "", "lesson")


def test_a_line_that_a_formatter_wrapped_keeps_its_comment(tmp_path):
    wrapped = 'dataset: str = (\n    "mnist-5k"  # images [mnist-5k | mnist]\n)\n'
    lesson = read_lesson(write_notebook(tmp_path / "01_dot.ipynb", parameters=wrapped))
    assert lesson.defaults() == {"dataset": "mnist-5k"}
    assert lesson.parameter("dataset").choices == ["mnist-5k", "mnist"]
    assert lesson.parameter("dataset").meaning == "images"


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
        ('dataset: str = "none"  # images [mnist]', "a path must be a folder or an .npz file"),
    ],
)
def test_a_parameters_cell_that_is_not_a_list_of_constants_is_refused(
    tmp_path, parameters, message
):
    path = write_notebook(tmp_path / "01_dot.ipynb", parameters=parameters)
    with pytest.raises(InputError, match=re.escape(message)):
        read_lesson(path)


def test_a_data_set_beside_the_notebook_is_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for default, place in ("mine", "lessons/mine"), ("~/mine", "home/mine"):
        write_data_names(tmp_path / place)
        line = f'dataset: str = "{default}"  # images [mnist]'
        lesson = read_lesson(write_notebook(tmp_path / "lessons" / "01_a.ipynb", parameters=line))
        assert lesson.defaults() == {"dataset": str(tmp_path / place)}


def test_a_cell_that_papermill_injected_is_refused_with_the_remedy(tmp_path):
    path = write_notebook(tmp_path / "01_dot.ipynb", "epochs = 400")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].metadata["tags"] = ["injected-parameters"]
    nbformat.write(notebook, path)
    with pytest.raises(InputError, match="would win over the declared .*: delete that cell"):
        read_lesson(path)


def test_a_notebook_without_a_kernel_is_refused(tmp_path):
    path = write_notebook(tmp_path / "01_dot.ipynb")
    path.write_text(path.read_text().replace("kernelspec", "other"))
    with pytest.raises(InputError, match="Set its kernel to Python 3"):
        read_lesson(path)
