"""Exercises: a prompt, hints, a solution, and an answer to what a learner wrote.

Those of a lesson stand in ``helpers/exercises/lesson_NN.py``.
"""

import ast
import importlib
import inspect
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any

from helpers.lesson.boxes import Box
from helpers.lesson.files import PROFILE_VARIABLE
from helpers.lesson.learner import read_learner, update_learner

TRIES_BEFORE_SOLUTION = 3


@dataclass(frozen=True)
class Exercise:
    """One exercise, and all that is needed to judge an answer to it.

    Parameters
    ----------
    number
        Lesson and place in it, ``"05.1"``.
    title, prompt
        A few words; what to do, in about two sentences.
    difficulty, minutes
        1 (easy) to 3; how long it takes most people.
    hints
        At least two, from a nudge to nearly all.
    reference
        The right function. Its signature and docstring are what the learner starts from.
    inputs
        Tuples of arguments small enough to print; the function is called with each.
    mistakes
        Wrong functions that people write, by the sentence that helps whoever wrote it.
    wrong
        Takes an answer and the arguments, and returns what is wrong with it, or an empty string;
        for answers of which more than one is right. Without it the reference's answer counts.
    start, line
        A program with a mistake, to start from instead of an empty function, and its faulty line.
    """

    number: str
    title: str
    prompt: str
    difficulty: int
    minutes: int
    hints: tuple[str, ...]
    reference: Callable[..., Any]
    inputs: tuple[tuple[Any, ...], ...]
    mistakes: dict[str, Callable[..., Any]] = field(default_factory=dict)
    wrong: Callable[..., str] | None = None
    start: Callable[..., Any] | None = None
    line: str = ""

    def check(self, function: Callable[..., Any], line: Any = ...) -> Box:
        """Judge a function that a learner wrote: right, not yet, it raised, or not attempted.

        ``line`` is the number of the faulty line, where one is to be named. The function runs in a
        process of its own and is ended after 20 seconds, so nothing that it does harms the
        notebook. Never raises.
        """
        from helpers.lesson.examiner import examine_apart

        if is_start(function, self):
            return self.not_attempted()
        verdict = examine_apart(self.number, function)
        if verdict.kind == "right" and self.line and line != self.line_number():
            return Box(
                f"✘ {self.number}: your program works, but which line was wrong?",
                "Name it: `check(..., line=3)` for the third of the program as it was, counting "
                "from `def`.",
                mood="bad",
            )
        if verdict.kind == "not attempted":
            return self.not_attempted()

        def count(known: dict[str, Any]) -> dict[str, Any]:
            tries = _count(known, "tries") + 1
            right = bool(known.get("right")) or verdict.kind == "right"
            return {**known, "tries": tries, "right": right}

        tries = update_learner("exercises", self.number, count)["tries"]
        if verdict.kind == "right":
            text = f"At try {tries}. `.solution()` shows how we would write it."
            return Box(f"✔ {self.number} is right", text, verdict.shown, mood="good")
        happened = "your code raised an error" if verdict.kind == "raised" else "not yet"
        title = f"✘ {self.number}: {happened}"
        return Box(title, verdict.sentence, verdict.shown, mood="bad")

    def hint(self) -> Box:
        """Show the next hint, and how many are left; the last one stays."""

        def take(known: dict[str, Any]) -> dict[str, Any]:
            return {**known, "hints": min(_count(known, "hints") + 1, len(self.hints))}

        taken = update_learner("exercises", self.number, take)["hints"]
        left = len(self.hints) - taken
        return Box(
            f"{self.number}, hint {taken} of {len(self.hints)}",
            self.hints[taken - 1] + (f"\n{left} left." if left else "\nThat is the last one."),
        )

    def solution(self, now: bool = False) -> Box:
        """Show how we would write it: after a right answer, three tries, or with ``now=True``."""
        known = read_learner("exercises", self.number)
        tries = _count(known, "tries")
        if now or known.get("right") or tries >= TRIES_BEFORE_SOLUTION:
            return Box(f"{self.number}, a solution", "", self.source())
        return Box(
            f"{self.number}: the solution waits",
            f"It unfolds after a right answer or {TRIES_BEFORE_SOLUTION} tries (so far {tries}), "
            "or with `.solution(now=True)`. `.hint()` helps before that.",
        )

    def source(self) -> str:
        """Return the reference's code and its imports, under the name that the learner gives it."""
        code = _code_of(self.reference)
        imports = [
            ast.unparse(node)
            for node in ast.parse(inspect.getsource(inspect.getmodule(self.reference))).body
            if isinstance(node, (ast.Import, ast.ImportFrom))
            and any(re.search(rf"\b{name.asname or name.name}\b", code) for name in node.names)
        ]
        name = (self.start or self.reference).__name__
        code = code.replace(f"def {self.reference.__name__}(", f"def {name}(", 1)
        return "\n".join([*imports, "", "", code]).strip()

    def stub(self) -> str:
        """Return what the learner starts from: the reference without its body.

        It is the program to mend, or else the reference's source up to the end of its docstring,
        and ``return ...``.
        """
        if self.start:
            return _code_of(self.start)
        head, quotes, rest = _code_of(self.reference).partition('"""')
        docstring = rest.partition('"""')[0]
        return f"{head}{quotes}{docstring}{quotes}\n    return ..."

    def line_number(self) -> int:
        """Return where the faulty line stands in the program to mend, counting from 1."""
        lines = [line.strip() for line in self.stub().splitlines()]
        return lines.index(self.line) + 1

    def markdown(self) -> str:
        """Return the prompt as a notebook's cell has it."""
        dots = "●" * self.difficulty + "○" * (3 - self.difficulty)
        return (
            f"**Exercise {self.number} · {self.title}** {dots} {self.minutes} min\n\n{self.prompt}"
        )

    def not_attempted(self) -> Box:
        """Say how to begin; on a page, where nobody can ask for them, hints and solution unfold.

        Pages are made where the runner has named a profile.
        """
        page = bool(os.environ.get(PROFILE_VARIABLE))
        folded = {f"Hint {i}": hint for i, hint in enumerate(self.hints, start=1)}
        return Box(
            f"◌ {self.number}: not attempted",
            ("Mend the program" if self.start else "Replace the dots by your code")
            + ", run the cell above, then this one. "
            f'`exercise("{self.number}").hint()` helps.',
            folded=folded | {"A solution": self.source()} if page else {},
        )


def exercise(number: str) -> Exercise:
    """Find an exercise by its number, such as ``"05.1"``.

    A ``ValueError`` says which there are.

    >>> exercise("00.1").check(3).title
    '✘ 00.1: not yet'
    """
    number = str(number)
    known = exercises_of(number.partition(".")[0])
    if number not in known:
        there = f"this lesson has {', '.join(known)}" if known else 'write it as "05.1"'
        raise ValueError(f"there is no exercise {number!r}: {there}")
    return known[number]


def exercises_of(lesson: str) -> dict[str, Exercise]:
    """Return the exercises of a lesson, such as ``"05"``, by number and in order."""
    name = f"lesson_{lesson}" if lesson.isdecimal() else lesson
    try:
        module = importlib.import_module(f"helpers.exercises.{name}")
    except (ModuleNotFoundError, ValueError):
        return {}
    return {exercise.number: exercise for exercise in getattr(module, "EXERCISES", ())}


def is_start(function: Any, exercise: Exercise) -> bool:
    """Tell whether a function is, to the letter, what the learner started from."""
    try:
        return _code_of(function) == exercise.stub()
    except (OSError, TypeError):
        return False


def _count(known: dict[str, Any], what: str) -> int:
    """Return a number of the learner's record; what a hand has damaged counts as none."""
    value = known.get(what)
    return value if type(value) is int and value >= 0 else 0


def _code_of(function: Callable[..., Any]) -> str:
    return dedent(inspect.getsource(function)).strip()
