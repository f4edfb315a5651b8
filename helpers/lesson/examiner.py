"""The examiner: calls what a learner wrote, in a process of its own, and says what is wrong.

What runs is the learner's own code: it is kept from hanging, from eating memory and from the
notebook's variables, not from files or the network.
"""

import builtins
import contextlib
import inspect
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np

from helpers.lesson.exercises import Exercise, exercise
from helpers.lesson.files import ROOT, written_whole

SECONDS = 20
MEMORY = 2**30  # bytes, beyond what Python and its packages take
SHOWN_CHARACTERS = 1500
ANSWER, VERDICT = "answer.pickle", "verdict.json"


@dataclass(frozen=True)
class Verdict:
    """What became of an answer: its kind, a sentence, and numbers or code set as they are.

    ``kind`` is "right", "not yet", "raised", "not attempted" or, if it cannot be judged, "unclear".
    """

    kind: str
    sentence: str = ""
    shown: str = ""


def examine(exercise: Exercise, function: Callable[..., Any], source: str = "") -> Verdict:
    """Call a function with all inputs of an exercise and judge what it returns, in this process.

    ``source`` is the function's code, to say on which line an error arose.
    """
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        verdict = _judge(exercise, function, source)
    if output := printed.getvalue().strip():
        shown = f"{verdict.shown}\n\nyour function printed:\n{_cut(output)}".strip()
        return Verdict(verdict.kind, verdict.sentence, shown)
    return verdict


def _judge(exercise: Exercise, function: Callable[..., Any], source: str) -> Verdict:
    names = list(inspect.signature(exercise.reference).parameters)
    answers: list[Any] = []
    for arguments in exercise.inputs:
        given = deepcopy(list(arguments))
        try:
            answer = function(*given)
        except BaseException as error:
            sentence = _recognised(exercise, [*answers, type(error)])
            return Verdict("raised", sentence, _where(error, function, source))
        if answer is ...:
            return Verdict("not attempted")
        answers.append(answer)
        for name, before, after in zip(names, arguments, given, strict=True):
            if difference(after, before):
                return Verdict("not yet", f"Your function changes its input {name}: copy it first.")
    for arguments, answer in zip(exercise.inputs, answers, strict=True):
        expected = exercise.reference(*deepcopy(arguments))
        judge = exercise.wrong
        sentence = judge(answer, *arguments) if judge else difference(answer, expected)
        if sentence:
            shown = dict(zip(names, arguments, strict=True)) | {"your function gives": answer}
            shown |= {} if judge else {"expected": expected}
            lines = "\n".join(f"{name}: {_short(value)}" for name, value in shown.items())
            return Verdict("not yet", _recognised(exercise, answers) or sentence, lines)
    return Verdict("right")


def _recognised(exercise: Exercise, answers: list[Any]) -> str:
    """Return the sentence of the mistake with the same answers, or the same error at their end."""
    if exercise.wrong:
        return ""
    for sentence, mistake in exercise.mistakes.items():
        theirs: list[Any] = []
        for arguments in exercise.inputs[: len(answers)]:
            try:
                theirs.append(mistake(*deepcopy(arguments)))
            except Exception as error:
                theirs.append(type(error))
                break
        if len(theirs) == len(answers) and not _first_difference(answers, theirs):
            return sentence
    return ""


def difference(answer: Any, expected: Any) -> str:
    """Say in a sentence how an answer differs from the expected one, or return an empty string.

    Numbers may be of any type and may differ in the last digits; lists, tuples, arrays and tensors
    of the same numbers are alike.

    >>> difference([1, 2, 3], (1, 2))
    'Your function must return 2 values, not 3.'
    """
    if isinstance(answer, np.ndarray) and answer.dtype.kind == "U":
        answer = answer.tolist()
    if expected is None or isinstance(expected, (str, bool, type, set)):
        kinds = (type(expected), np.bool) if isinstance(expected, bool) else type(expected)
        same = isinstance(answer, kinds) and answer == expected
        return "" if same else "Your function returns something else."
    if isinstance(expected, dict):
        if not isinstance(answer, dict) or answer.keys() != expected.keys():
            return f"Your function must return a dictionary with the keys {list(expected)}."
        return _first_difference([answer[key] for key in expected], expected.values())
    if isinstance(expected, (tuple, list)):
        several = isinstance(answer, (tuple, list))
        if several and len(answer) != len(expected):
            return f"Your function must return {len(expected)} values, not {len(answer)}."
        if not all(isinstance(value, (int, float, np.number)) for value in expected):
            missing = f"Your function must return a list or tuple of {len(expected)}."
            return _first_difference(answer, expected) if several else missing
    return _numbers_differ(answer, expected)


def _first_difference(answers: Iterable[Any], expected: Iterable[Any]) -> str:
    return next(filter(None, map(difference, answers, expected)), "")


def _numbers_differ(answer: Any, expected: Any) -> str:
    if answer is None:
        return "Your function returns nothing: is there a return?"
    try:
        numbers, right = np.asarray(answer), np.asarray(expected)
    except Exception:  # whatever a stranger's object does when it is asked for its numbers
        numbers = np.asarray(None)
    if numbers.dtype.kind not in "biufc":
        return f"Your function must return numbers, not {type(answer).__name__}."
    if numbers.shape != right.shape:
        return f"The shape is {numbers.shape}, expected {right.shape}."
    if not np.isfinite(numbers).all() and np.isfinite(right).all():
        return "Some of the numbers are not finite."
    if not np.allclose(numbers, right, rtol=1e-4, atol=1e-6, equal_nan=True):
        return "The shape is right, the numbers are not." if right.shape else "Another number."
    return ""


def _where(error: BaseException, function: Callable[..., Any], source: str) -> str:
    """Give an error's last line, and the line of the function where it arose."""
    said = traceback.format_exception_only(error)[-1].strip()
    code = getattr(inspect.unwrap(function), "__code__", None)
    frames = traceback.walk_tb(error.__traceback__)
    numbers = [number for frame, number in frames if code and frame.f_code is code]
    lines = source.splitlines()
    number = numbers[-1] - code.co_firstlineno + 1 if numbers else 0
    if not 0 < number <= len(lines):
        return _cut(said)
    return _cut(f"{said}\nin line {number} of your function: {lines[number - 1].strip()}")


def _short(value: Any) -> str:
    try:
        if isinstance(value, np.ndarray):
            with np.printoptions(precision=4, suppress=True, threshold=64, linewidth=90):
                return _cut(f"\n{value}")
        if type(value) in (tuple, list):
            return _cut(", ".join(map(_short, value)).join("()" if type(value) is tuple else "[]"))
        return f"{value:.6g}" if isinstance(value, (float, np.floating)) else _cut(repr(value))
    except Exception:  # a stranger's object may not even have a name to show
        return f"a {type(value).__name__}"


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + " …"


def examine_apart(number: str, function: Any) -> Verdict:
    """Judge a function in a process of its own, which is ended after ``SECONDS``."""
    import cloudpickle

    if not callable(function):
        return Verdict(
            "not yet",
            f"check() got a {type(function).__name__}: hand over the function itself, without "
            "parentheses, as in check(my_function).",
        )
    if hasattr(function, "cache_info"):  # functools' cache cannot be handed over
        function = function.__wrapped__
    try:
        source = dedent(inspect.getsource(inspect.unwrap(function)))
    except (OSError, TypeError, ValueError):
        source = ""
    try:
        answer = cloudpickle.dumps((number, function, source))
    except Exception as error:
        return Verdict(
            "not yet",
            "Your function uses something of the notebook that cannot be handed to the examiner "
            f"({type(error).__name__}: {error}): use only what it gets as arguments, and imports.",
        )
    return _answer_of_examiner(answer)


def examine_program(number: str, program: str, function: str) -> Verdict:
    """Judge a function of a stranger's program, as ``examine_apart`` does, without the network."""
    import cloudpickle

    return _answer_of_examiner(cloudpickle.dumps((number, function, program)))


def _answer_of_examiner(answer: bytes) -> Verdict:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        (Path(folder) / ANSWER).write_bytes(answer)
        ended = _run_examiner(folder)
        try:
            return Verdict(**json.loads((Path(folder) / VERDICT).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            pass
    if ended:
        return Verdict("not yet", "Your function ended Python itself, or ran out of memory.")
    return Verdict("not yet", f"Stopped after {SECONDS} seconds: does a loop never end?")


def _run_examiner(folder: str) -> bool:
    """Run the examiner and return whether it ended by itself; nothing of it is left behind."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-m", "helpers.lesson.examiner", folder],
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        return False
    finally:
        _end_with_children(process)
    return True


def _end_with_children(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    if hasattr(os, "killpg"):  # not on Windows
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def _limit_memory() -> None:
    """Limit what this process may take from here on, on Linux."""
    if sys.platform == "linux":
        import resource

        import psutil

        most = psutil.Process().memory_info().vms + MEMORY
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _refuse_network(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith("socket."):
        raise PermissionError("a program that is checked has no network")


def main(folder: str) -> None:
    """Judge the answer in a folder and leave the verdict there."""
    import cloudpickle

    own = os.getpid()
    builtins.display = print  # a notebook has it
    try:
        number, function, source = cloudpickle.loads((Path(folder) / ANSWER).read_bytes())
        _limit_memory()
        if isinstance(function, str):  # the name of one in a program
            sys.addaudithook(_refuse_network)
            namespace: dict[str, Any] = {"__name__": "__main__"}
            exec(compile(source, "<program>", "exec"), namespace)
            function = namespace[function]
            source = ""
        verdict = examine(exercise(number), function, source)
    except BaseException as error:  # whatever a stranger's object does when it is looked at
        kind = type(error).__name__
        sentence = f"The examiner cannot read your function or answer ({kind}: {error})."
        verdict = Verdict("unclear", _cut(" ".join(sentence.split())))
    if os.getpid() == own:  # and not a copy that the function made of this process
        with written_whole(Path(folder) / VERDICT) as partial:
            partial.write_text(json.dumps(asdict(verdict)), encoding="utf-8")
    os._exit(0)  # whatever threads the function started


if __name__ == "__main__":
    main(sys.argv[1])
