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
CHECK_OF = 'exercise("00.3").check({})'
CHECK = CHECK_OF.format("verdict_on")


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
        "joe/00.ipynb": "0 of 1 solved   00.3 ?",
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


FUNCTION = """def verdict_on(mean, margin):
    if abs(mean) <= margin:
        return "not established"
    return "better" if mean > 0 else "worse"
""".strip()
INDENTED = FUNCTION.replace("\n", "\n    ")


@pytest.mark.parametrize(
    "sources",
    [
        [FUNCTION + "\nverdict_on?", CHECK],
        [FUNCTION + "\nverdict_on.tries = 3\nfiles = !ls\n%time", CHECK],
        ["if True:\n    " + INDENTED, CHECK],
        ["try:\n    import numpy as np\nexcept ImportError:\n    pass", FUNCTION, CHECK],
        ["from numpy import *", FUNCTION.replace("abs(", "absolute("), CHECK],
        [FUNCTION.replace("verdict_on", "mine"), "verdict_on = mine", CHECK],
        ["import functools", FUNCTION, "v = functools.partial(verdict_on)", CHECK_OF.format("v")],
        ["ONE = 2 - 1\nONE *= 1", FUNCTION.replace("<= margin", "<= ONE * margin"), CHECK],
        ["N = {}\nN['a'] = 'better'", FUNCTION.replace('"better"', "N['a']"), CHECK],
        [FUNCTION, "%time " + CHECK],
        [FUNCTION, "e = exercise('00.3')", "e.check(verdict_on)"],
        ["from helpers.lesson import exercise as ex", FUNCTION, CHECK.replace("exercise", "ex")],
        [FUNCTION, "exercise('00.3').check(function=verdict_on)"],
        [FUNCTION, "exercise('00.3').check(lambda mean, margin: verdict_on(mean, margin))"],
        ["import numpy as np\nnp.random.x = 5", FUNCTION.replace("abs(", "np.abs("), CHECK],
        ["class S:\n    @staticmethod\n    " + INDENTED, CHECK_OF.format("S.verdict_on")],
    ],
)
def test_right_answers_are_found_as_people_write_them(tmp_path, sources):
    hand_in(tmp_path, "a.ipynb", *sources)
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
        return verdict(mean, margin)"""
    hand_in(tmp_path, "ends.ipynb", "def verdict_on(mean, margin):\n    quit()", CHECK)
    hand_in(tmp_path, "network.ipynb", FUNCTION.replace("verdict_on", "verdict"), network, CHECK)
    assert [line[-1] for line in lines(tmp_path).values()] == ["✘", "✔"]


def test_notebooks_that_cannot_be_read_or_hold_nothing_are_named(tmp_path):
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "list.ipynb").write_text("[]")
    hand_in(tmp_path, "empty.ipynb")
    hand_in(tmp_path, "unknown.ipynb", "def f(): return 1", 'exercise("99.9").check(f)')
    (tmp_path / "null.ipynb").write_text(
        '{"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [{"cell_type": "code", '
        '"metadata": {}, "outputs": [], "execution_count": null, "source": null}]}'
    )
    hand_in(tmp_path, "__MACOSX/._a.ipynb", CHECK)
    said = lines(tmp_path)
    assert said.pop("unknown.ipynb") == "0 of 1 solved   99.9 ?"
    assert set(said) == {"broken.ipynb", "list.ipynb", "empty.ipynb", "null.ipynb"}
    assert set(said.values()) == {"no exercise is checked in it, or it cannot be read"}


def test_a_folder_without_notebooks_is_refused_in_one_line(tmp_path, capsys):
    with pytest.raises(InputError, match="holds no notebooks"):
        list(check_folder(tmp_path))
    assert main(["check-folder", str(tmp_path / "nothing")]) == 2
    assert "is no folder" in capsys.readouterr().err
