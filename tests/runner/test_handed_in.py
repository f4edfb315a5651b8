import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from helpers.__main__ import main
from helpers.lesson.exercises import exercise
from helpers.runner.errors import InputError
from helpers.runner.handed_in import check_folder

RIGHT = """def verdict_on(mean, margin):
    if abs(mean) <= LIMIT * margin:
        return named("open")
    return named("up" if mean > 0 else "down")"""
NAMED = """def named(kind):
    return {"open": "not established", "up": "better", "down": "worse"}[kind]"""
CHECK = 'exercise("00.3").check(verdict_on)'


def hand_in(folder, name, *sources):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), path)


def lines(folder):
    return dict(line.split(": ", 1) for line in check_folder(folder))


def test_who_solved_what_is_said_without_running_the_notebook(tmp_path):
    touched = tmp_path / "touched"
    hand_in(
        tmp_path,
        "ann/00.ipynb",
        f"open({str(touched)!r}, 'w')\nLIMIT = 1\nimport numpy as np",
        "%matplotlib inline\n" + NAMED,
        RIGHT,
        CHECK,
    )
    hand_in(tmp_path, "bob/00.ipynb", "def verdict_on(mean, margin): return 'better'", CHECK)
    hand_in(tmp_path, "eve/00.ipynb", exercise("00.3").stub(), CHECK)
    hand_in(tmp_path, "joe/00.ipynb", CHECK, "not python (")
    assert lines(tmp_path) == {
        "ann/00.ipynb": "1 of 1 solved   00.3 ✔",
        "bob/00.ipynb": "0 of 1 solved   00.3 ✘",
        "eve/00.ipynb": "0 of 1 solved   00.3 ◌",
        "joe/00.ipynb": "0 of 1 solved   00.3 ✘",
    }
    assert not touched.exists()


def test_the_last_definition_before_the_check_counts(tmp_path):
    wrong = "def verdict_on(mean, margin): return 'better'"
    hand_in(tmp_path, "first.ipynb", NAMED, "LIMIT = 1", wrong, RIGHT, CHECK, wrong)
    assert lines(tmp_path) == {"first.ipynb": "1 of 1 solved   00.3 ✔"}


def test_constants_in_every_form_and_functions_without_a_name_are_found(tmp_path):
    constants = "ONE: float = 1.0  # as lessons write parameters\nUP, DOWN = 'better', 'worse'"
    answer = """verdict_on = lambda mean, margin: (
    "not established" if abs(mean) <= ONE * margin else UP if mean > 0 else DOWN
)"""
    hand_in(tmp_path, "a.ipynb", constants, answer, CHECK)
    assert lines(tmp_path) == {"a.ipynb": "1 of 1 solved   00.3 ✔"}


def test_a_mended_program_needs_its_line(tmp_path):
    mended = "def accuracy_to_report(validation, test):\n    return test[validation.argmax()]"
    check = 'exercise("bug_hunt.5").check(accuracy_to_report, line={})'
    hand_in(tmp_path, "a.ipynb", mended, check.format(6))
    hand_in(tmp_path, "b.ipynb", mended, check.format(2))
    hand_in(tmp_path, "c.ipynb", mended, check.format("..."))
    assert [line[-1] for line in lines(tmp_path).values()] == ["✔", "✘", "✘"]


def test_what_runs_has_no_network_and_does_not_end_the_examination(tmp_path):
    network = """def verdict_on(mean, margin):
    import socket
    try:
        socket.create_connection(("127.0.0.1", 9), timeout=1)
    except PermissionError:
        return {1.2: "better", -1.2: "worse"}.get(mean, "not established")"""
    hand_in(tmp_path, "ends.ipynb", "def verdict_on(mean, margin):\n    quit()", CHECK)
    hand_in(tmp_path, "network.ipynb", network, CHECK)
    assert [line[-1] for line in lines(tmp_path).values()] == ["✘", "✔"]


def test_notebooks_that_cannot_be_read_or_hold_nothing_are_named(tmp_path):
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "list.ipynb").write_text("[]")
    hand_in(tmp_path, "empty.ipynb")
    hand_in(tmp_path, "unknown.ipynb", "def f(): return 1", 'exercise("99.9").check(f)')
    said = lines(tmp_path)
    assert said["broken.ipynb"].startswith("cannot be read (")
    assert said["list.ipynb"].startswith("cannot be read (")
    assert said["empty.ipynb"] == "no exercise is checked in it"
    assert said["unknown.ipynb"] == "0 of 1 solved   99.9 ✘"


def test_a_folder_without_notebooks_is_refused_in_one_line(tmp_path, capsys):
    with pytest.raises(InputError, match="holds no notebooks"):
        list(check_folder(tmp_path))
    assert main(["check-folder", str(tmp_path / "nothing")]) == 2
    assert "is no folder" in capsys.readouterr().err
