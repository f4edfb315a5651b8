import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain

import numpy as np
import psutil
import pytest

from helpers.exercises.lesson_00 import EXERCISES, hidden_quarters, verdict_on
from helpers.lesson import examiner
from helpers.lesson.examiner import difference, examine, examine_apart
from helpers.lesson.exercises import exercise

QUARTERS, _, SENTENCES, _ = EXERCISES

HOSTILE = """
class Answer: pass
class Answer:\n    def __init__(self, mean, margin): raise RuntimeError("no")
class Answer:\n    def __new__(cls, mean, margin): return "better"
def answer(mean, margin): yield "better"
async def answer(mean, margin): return "better"
def answer(): return "better"
def answer(mean, margin, more): return "better"
def answer(*, mean, margin): return "better"
def answer(mean, margin): print("x" * 10**6)
def answer(mean, margin): return float("nan")
def answer(mean, margin): return None
def answer(mean, margin): return object()
def answer(mean, margin): return answer
def answer(mean, margin): return [[]]
def answer(mean, margin): return {1: 2}
def answer(mean, margin): return np.zeros((3, 3))
def answer(mean, margin): return "bétter 🙂"
def answer(mean, margin): return "better" * 10**6
def answer(mean, margin): raise SystemExit(0)
def answer(mean, margin): raise KeyboardInterrupt
def answer(mean, margin): raise GeneratorExit
def answer(mean, margin): raise MemoryError
def answer(mean, margin): raise Exception("x" * 10**6)
def answer(mean, margin): exit()
def answer(mean, margin): return answer(mean, margin)
def answer(mean, margin):\n    while True: pass
def answer(mean, margin):\n    import time\n    time.sleep(1000)
def answer(mean, margin):\n    import os\n    os._exit(0)
def answer(mean, margin):\n    import os\n    os.kill(os.getpid(), 9)
def answer(mean, margin):\n    import os\n    os.abort()
def answer(mean, margin):\n    import os\n    os.fork()\n    return "worse"
def answer(mean, margin):\n    import os\n    os.close(1)\n    os.close(2)\n    return "worse"
def answer(mean, margin):\n    import sys\n    sys.stdout = None\n    print(1)\n    return "worse"
def answer(mean, margin):\n    import os\n    os.chdir("/")\n    return "worse"
def answer(mean, margin):\n    import threading\n    threading.Event().wait()
def answer(mean, margin):\n    import signal\n    signal.pause()
def answer(mean, margin): return input()
def answer(mean, margin): return [0] * 10**12
def answer(mean, margin): return np.ones(10**12)
def answer(mean, margin):\n    taken = []\n    while True: taken.append(bytearray(10**8))
def answer(mean, margin):\n    import ctypes\n    return ctypes.string_at(0)
def answer(mean, margin):\n    class Odd:\n        def __eq__(self, other): raise RuntimeError
\tdef __array__(self, *a, **k): raise SystemExit\n    return Odd()
def answer(mean, margin):\n    class Odd(str):\n        def __eq__(self, other): return True
\tdef __repr__(self): raise RuntimeError\n    return [Odd()]
def answer(mean, margin): return undefined
answer = 3
answer = None
answer = "better"
answer = open(__import__("os").devnull).read
answer = len
answer = lambda mean, margin: 1 / 0
"""


def hostile_answers():
    pieces = []
    for line in HOSTILE.strip().split("\n"):
        line = line.replace("\\n", "\n").replace("\t", "        ")
        if line.startswith((" ", "\t")):
            pieces[-1] += "\n" + line
        else:
            pieces.append(line)
    return pieces


def problems_with(code):
    """Return what is wrong with the verdict on a hostile answer, nothing if all is well."""
    namespace = {"np": np, "__name__": "__main__"}
    exec(code, namespace)
    verdict = examine_apart("00.3", namespace.get("answer", namespace.get("Answer")))
    return [
        (code, verdict)
        for holds in (
            verdict.kind in ("not yet", "raised", "unclear"),
            "\n" not in verdict.sentence,
            verdict.sentence or verdict.shown,
            len(verdict.shown) < 6000,
        )
        if not holds
    ]


def test_hostile_answers_are_wrong_in_one_line_and_harm_nothing(monkeypatch):
    monkeypatch.setattr(examiner, "SECONDS", 15)
    with ThreadPoolExecutor(4) as several:
        assert not [*chain.from_iterable(several.map(problems_with, hostile_answers()))]


def test_an_endless_loop_and_an_ended_python_are_told_apart(monkeypatch):
    monkeypatch.setattr(examiner, "SECONDS", 5)

    def endless(mean, margin):
        while True:
            pass

    def ended(mean, margin):
        import os

        os._exit(3)

    assert "Stopped after 5 seconds" in examine_apart("00.3", endless).sentence
    assert "ended Python itself" in examine_apart("00.3", ended).sentence


def test_a_right_answer_is_right_in_a_process_of_its_own_too():
    assert examine_apart("00.3", verdict_on).kind == "right"


@pytest.mark.parametrize(
    "answer",
    [
        lambda images, quarters: hidden_quarters(images, quarters).astype(float),
        lambda images, quarters: hidden_quarters(images, quarters).tolist(),
        lambda images, quarters: list(hidden_quarters(images, quarters)),
        lambda images, quarters: hidden_quarters(images, quarters) + 1e-9,
    ],
)
def test_other_types_and_last_digits_are_right_as_well(answer):
    assert examine(QUARTERS, answer).kind == "right"


def test_input_output_and_expectation_are_shown():
    verdict = examine(SENTENCES, lambda mean, margin: "equal")
    assert verdict.shown.split("\n") == [
        "mean: 1.2",
        "margin: 0.5",
        "your function gives: 'equal'",
        "expected: 'better'",
    ]


def test_what_the_function_prints_is_shown():
    assert "here" in examine(SENTENCES, lambda mean, margin: print("here")).shown


def test_a_changed_input_is_noticed():
    def blacken(images, quarters):
        right = hidden_quarters(images, quarters)
        images[:] = 0
        return right

    verdict = examine(QUARTERS, blacken)
    assert verdict.kind == "not yet"
    assert "changes its input images" in verdict.sentence


def test_an_error_is_shown_with_its_line():
    def broken(mean, margin):
        first = mean
        return first / 0

    verdict = examine_apart("00.3", broken)
    assert verdict.kind == "raised"
    assert verdict.shown == (
        "ZeroDivisionError: float division by zero\nin line 3 of your function: return first / 0"
    )


def test_an_error_in_a_helper_is_shown_with_the_line_that_called_it(tmp_path):
    code = "def helper(x):\n    y = x\n    return y / 0\n\n\n"
    code += "def f(mean, margin):\n    return helper(mean)\n"
    namespace = in_a_cell(tmp_path, code)
    shown = examine_apart("00.3", namespace["f"]).shown
    assert shown.endswith("in line 2 of your function: return helper(mean)")


def test_a_function_in_a_cache_is_judged_as_it_is(tmp_path):
    code = "import functools\n@functools.lru_cache\ndef f(mean, margin):\n    return 'better'\n"
    assert examine_apart("00.3", in_a_cell(tmp_path, code)["f"]).kind == "not yet"


def test_display_is_there_as_in_a_notebook(tmp_path):
    code = "def f(mean, margin):\n    display(mean)\n    return 'better'\n"
    assert (
        "your function printed:\n1.2" in examine_apart("00.3", in_a_cell(tmp_path, code)["f"]).shown
    )


def in_a_cell(folder, code):
    """Define functions as a cell does: with a text that can be read back, in no module."""
    file = folder / "cell.py"
    file.write_text(code)
    namespace = {"__name__": "__main__"}
    exec(compile(code, file, "exec"), namespace)
    return namespace


def test_an_error_that_is_a_known_mistake_gets_its_sentence():
    def too_far(mean, margin):
        return (mean, margin)[2]

    known = replace(SENTENCES, mistakes={"There are two.": too_far})
    assert examine(known, lambda mean, margin: [][1]).sentence == "There are two."


def test_what_cannot_be_sent_to_the_examiner_is_named():
    lock = __import__("threading").Lock()
    verdict = examine_apart("00.3", lambda mean, margin: lock)
    assert verdict.kind == "not yet"
    assert "use only what it gets as arguments" in verdict.sentence


def test_answers_of_which_several_are_right_are_judged_by_a_rule():
    def wrong(answer, mean, margin):
        return "" if answer > mean else "Too small."

    ruled = replace(exercise("00.3"), wrong=wrong, mistakes={})
    assert examine(ruled, lambda mean, margin: mean + 1).kind == "right"
    assert examine(ruled, lambda mean, margin: mean - 1).sentence == "Too small."


@pytest.mark.parametrize(
    ("answer", "expected", "said"),
    [
        (1, 1.0, ""),
        (True, True, ""),
        (np.True_, True, ""),
        (1, True, "something else"),
        ("a", "b", "something else"),
        (None, 1, "is there a return"),
        ("1", 1, "must return numbers, not str"),
        ([1, 2], (1, 2), ""),
        (np.array([1, 2]), (1, 2), ""),
        ([1, 2, 3], (1, 2), "must return 2 values, not 3"),
        (np.ones((2, 2)), np.ones(4), r"shape is (2, 2), expected (4,)"),
        (np.array([1, np.nan]), np.ones(2), "not finite"),
        (np.array([1, 2]), np.ones(2), "the numbers are not"),
        ((np.ones(2), 1), (np.ones(2), 1), ""),
        (np.ones(2), (np.ones(2), 1), "a list or tuple of 2"),
        ({"a": 1}, {"a": 1}, ""),
        ({"b": 1}, {"a": 1}, "keys ['a']"),
        ({"a": 2}, {"a": 1}, "Another number"),
        (np.array("better"), "better", ""),
        (np.array(["a", "b"]), ["a", "b"], ""),
    ],
)
def test_a_difference_is_said_in_a_sentence(answer, expected, said):
    found = difference(answer, expected)
    assert (said in found) if said else not found


def test_nothing_is_left_of_an_examination(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(examiner, "SECONDS", 5)
    before = psutil.Process().children(recursive=True)

    def forks_and_waits(mean, margin):
        import os
        import time

        os.fork()
        time.sleep(1000)

    assert "Stopped after 5 seconds" in examine_apart("00.3", forks_and_waits).sentence
    assert psutil.Process().children(recursive=True) == before
    assert not list(tmp_path.iterdir())
