"""Notebooks that a class has handed in: which exercises are solved, found without running them.

Of a notebook only the functions that are checked are run, with the statements that define what they
use, each in a process of its own with limits of time and, on Linux, of memory. Python's own network
functions are refused there. That keeps accidents away and is no sandbox: files can be read and
written.
"""

import ast
import re
import warnings
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from tqdm import tqdm

from helpers.lesson.environment import available_cores
from helpers.lesson.examiner import Verdict, examine_program
from helpers.lesson.exercises import exercise
from helpers.runner.errors import InputError
from helpers.runner.execution import BAR

MARKS = {"right": "✔", "not yet": "✘", "raised": "✘", "not attempted": "◌", "unclear": "?"}
NUMBER = re.compile(r"\w+\.\d+")
TIMED = re.compile(r"^%%?time(it)?\b *", flags=re.MULTILINE)  # what follows is code
STARRED = "*"  # what ``from numpy import *`` defines: it is always needed
ANSWER = "handed_in"
NOTHING = "no exercise is checked in it, or it cannot be read"


@dataclass(frozen=True)
class _Answer:
    """What a notebook hands to an examiner: a program that defines ``ANSWER``, and the line named.

    ``defined`` is the text of the function that was checked, where it has one.
    """

    program: str
    defined: str
    line: object


def check_folder(folder: Path) -> Iterator[str]:
    """Judge all notebooks below a folder; yield a line for each, by its place in the folder."""
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: name the one with the notebooks")
    paths = sorted(path for path in folder.rglob("*.ipynb") if _is_handed_in(path, folder))
    if not paths:
        raise InputError(f"{folder} holds no notebooks (*.ipynb)")
    found = {path: _answers(path) for path in paths}
    tasks = [(path, number) for path, answers in found.items() for number in answers]
    with ThreadPoolExecutor(available_cores()) as several:
        judged = several.map(lambda task: _judge(task[1], found[task[0]][task[1]]), tasks)
        bar = tqdm(judged, desc="exercises", total=len(tasks), bar_format=BAR, disable=None)
        verdicts = dict(zip(tasks, bar, strict=True))
    for path, answers in found.items():
        marks = {number: MARKS[verdicts[path, number].kind] for number in answers}
        solved = list(marks.values()).count(MARKS["right"])
        listed = "  ".join(f"{number} {mark}" for number, mark in marks.items())
        said = f"{solved} of {len(marks)} solved   {listed}" if marks else NOTHING
        yield f"{path.relative_to(folder).as_posix()}: {said}"


def _is_handed_in(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    return path.is_file() and not hidden


def _answers(path: Path) -> dict[str, _Answer]:
    """Return what a notebook answers, by exercise: the last answer, if there are several."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of cells without ids
            notebook = nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)
        return dict(_found([c.source for c in notebook.cells if c.cell_type == "code"]))
    except Exception:  # nbformat raises what the JSON inside makes it stumble over
        return {}


def _found(sources: list[str]) -> Iterator[tuple[str, _Answer]]:
    known: dict[str, list[tuple[int, str, set[str]]]] = defaultdict(list)
    named: dict[str, str] = {}  # variables that hold an exercise, by name
    count = 0
    for source in sources:
        try:
            text = TransformerManager().transform_cell(TIMED.sub("", source))
            nodes = ast.parse(text).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in nodes:
            count += 1
            used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
            first = min(part.lineno for part in [node, *getattr(node, "decorator_list", [])])
            lines = text.split("\n")[first - 1 : node.end_lineno]
            for call in (part for part in ast.walk(node) if isinstance(part, ast.Call)):
                if answer := _checked(call, named):
                    number, function, line = answer
                    yield number, _Answer(_program(function, known), _text(function, known), line)
            if isinstance(node, ast.Assign) and (number := _exercise(node.value, named)):
                named |= {part.id: number for part in node.targets if isinstance(part, ast.Name)}
            for name in _bound(node):
                known[name].append((count, "\n".join(lines), used))


def _exercise(value: ast.expr, named: dict[str, str]) -> str:
    """Return the number in ``exercise("05.1")``, however that function is called here."""
    match value:
        case ast.Call(args=[ast.Constant(value=str(number))]) if NUMBER.fullmatch(number):
            return number
        case ast.Name(id=name):
            return named.get(name, "")
    return ""


def _checked(call: ast.Call, named: dict[str, str]) -> tuple[str, ast.expr, object] | None:
    """Read ``exercise("05.1").check(function, line=3)``."""
    match call:
        case ast.Call(func=ast.Attribute(value=value, attr="check")) if number := _exercise(
            value, named
        ):
            words = {word.arg: word.value for word in call.keywords}
            function = call.args[0] if call.args else words.get("function")
            line = getattr(words.get("line"), "value", ...)
            return (number, function, line) if function else None
    return None


def _bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement defines or changes, also within if, try and with."""
    names = set()
    waiting: list[ast.AST] = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(part.name)
            continue
        if isinstance(part, (ast.Import, ast.ImportFrom)):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in part.names}
        elif isinstance(part, (ast.Attribute, ast.Subscript)) and isinstance(part.ctx, ast.Store):
            names |= {inner.id for inner in ast.walk(part.value) if isinstance(inner, ast.Name)}
        elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
            names.add(part.id)
        waiting += ast.iter_child_nodes(part)
    return names


def _program(function: ast.expr, known: dict[str, list[tuple[int, str, set[str]]]]) -> str:
    """Put together, in the notebook's order, all that a function needs, and give it its name."""
    waiting = {part.id for part in ast.walk(function) if isinstance(part, ast.Name)} | {STARRED}
    needed, texts = set(), {}
    while waiting:
        name = waiting.pop()
        needed.add(name)
        for place, text, used in known.get(name, []):
            texts[place] = text
            waiting |= used - needed
    ordered = [texts[place] for place in sorted(texts)]
    return "\n\n".join([*ordered, f"{ANSWER} = {ast.unparse(function)}"])


def _text(function: ast.expr, known: dict[str, list[tuple[int, str, set[str]]]]) -> str:
    definitions = known.get(function.id) if isinstance(function, ast.Name) else None
    return definitions[-1][1] if definitions else ""


def _judge(number: str, answer: _Answer) -> Verdict:
    try:
        task = exercise(number)
    except ValueError:
        return Verdict("unclear", f"There is no exercise {number}.")
    if answer.defined.strip() == task.stub():
        return Verdict("not attempted")
    verdict = examine_program(number, answer.program, ANSWER)
    if verdict.kind == "right" and task.line and answer.line != task.line_number():
        return Verdict("not yet", "The line is not named.")
    return verdict
