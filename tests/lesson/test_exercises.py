import json

import pytest

from helpers.exercises.lesson_00 import verdict_on
from helpers.lesson.exercises import exercise, exercises_of
from helpers.lesson.files import BUILD_VARIABLE, PROFILE_VARIABLE
from helpers.lesson.learner import learner_file


@pytest.fixture(autouse=True)
def own_build_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(BUILD_VARIABLE, str(tmp_path))
    monkeypatch.delenv(PROFILE_VARIABLE, raising=False)


def in_a_notebook(code):
    """Define a function as a notebook does: in no module that another process could import."""
    namespace = {"__name__": "__main__"}
    exec(code, namespace)
    return next(value for name, value in namespace.items() if not name.startswith("__"))


stub = in_a_notebook("def stub(mean, margin): return ...")
never_equal = in_a_notebook("def f(mean, margin): return 'better' if mean > 0 else 'worse'")
broken = in_a_notebook("def broken(mean, margin): return mean / 0")


def test_an_exercise_answers_in_four_ways():
    task = exercise("00.3")
    assert task.check(stub).title == "◌ 00.3: not attempted"
    assert task.check(never_equal).title == "✘ 00.3: not yet"
    assert "neither better nor worse" in task.check(never_equal).text
    assert task.check(broken).title == "✘ 00.3: your code raised an error"
    assert "ZeroDivisionError" in task.check(broken).verbatim
    right = task.check(verdict_on)
    assert right.title == "✔ 00.3 is right"
    assert right.text.startswith("At try 5.")


def test_hints_come_one_by_one_and_the_last_stays():
    task = exercise("00.2")
    texts = [task.hint().text for _ in range(4)]
    assert [text.split("\n")[0] for text in texts] == [*task.hints, task.hints[-1]]
    assert texts[0].endswith("2 left.")
    assert texts[2].endswith(texts[3].split("\n")[1]) and "last" in texts[3]


def test_the_solution_unfolds_after_three_tries_a_right_answer_or_at_once():
    task = exercise("00.3")
    source = "def verdict_on(mean, margin):"
    assert task.solution().verbatim == ""
    assert task.solution(now=True).verbatim.startswith(source)
    for _ in range(2):
        task.check(never_equal)
    assert "so far 2" in task.solution().text
    task.check(never_equal)
    assert task.solution().verbatim.startswith(source)
    other = exercise("00.4")
    other.check(other.reference)
    assert other.solution().verbatim


def test_a_damaged_record_counts_from_the_beginning():
    learner_file().parent.mkdir(parents=True)
    entry = {"tries": "x", "hints": -7, "right": None}
    learner_file().write_text(json.dumps({"exercises": {"00.3": entry}}))
    task = exercise("00.3")
    assert "so far 0" in task.solution().text
    assert task.hint().title == "00.3, hint 1 of 2"
    assert task.check(verdict_on).text.startswith("At try 1.")


def test_an_attempt_that_is_not_attempted_is_no_try():
    for _ in range(4):
        exercise("00.3").check(stub)
    assert not exercise("00.3").solution().verbatim


def test_on_a_page_hints_and_solution_are_folded(monkeypatch):
    assert not exercise("00.3").check(stub).folded
    monkeypatch.setenv(PROFILE_VARIABLE, "laptop")
    folded = exercise("00.3").check(stub).folded
    assert list(folded) == ["Hint 1", "Hint 2", "A solution"]


def test_a_stub_is_the_reference_without_its_body():
    assert exercise("00.3").stub() == (
        "def verdict_on(mean, margin):\n"
        '    """Return "better", "worse" or "not established", for a mean difference and its '
        'margin."""\n    return ...'
    )


@pytest.mark.parametrize(
    "number", ["00.9", "99.1", "", "1", 4, None, "00", "../etc", "__init__.1", ["00.1"]]
)
def test_an_exercise_that_is_not_there_is_refused_in_one_line(number):
    with pytest.raises(ValueError, match=r"there is no exercise .*: (this lesson has|write it)"):
        exercise(number)


def test_a_solution_comes_with_its_imports():
    assert (
        exercise("00.2").source().startswith("import numpy as np\nfrom scipy import stats\n\n\ndef")
    )
    assert exercise("bug_hunt.5").source().startswith("def accuracy_to_report(")


def test_a_lesson_without_exercises_has_none():
    assert exercises_of("99") == {}


def test_of_a_program_to_mend_the_line_is_asked_too():
    task = exercise("bug_hunt.5")
    assert task.check(task.start).title == "◌ bug_hunt.5: not attempted"
    assert "Mend the program" in task.check(task.start).text
    mended = in_a_notebook("def report(validation, test): return test[validation.argmax()]")
    assert "which line was wrong?" in task.check(mended).title
    assert "which line was wrong?" in task.check(mended, line=2).title
    assert task.check(mended, line=6).title == "✔ bug_hunt.5 is right"
    unmended = in_a_notebook("def report(validation, test): return test[test.argmax()]")
    assert "still choose the epoch" in task.check(unmended, line=6).text
