"""Notebooks that a class has handed in: which exercises are solved, found without running them.

Of a notebook only the functions that are checked are run, with the imports, functions, classes and
constants that they use, each in a process of its own with limits of time and, on Linux, of memory.
Python's own network functions are refused there. That keeps accidents away and is no sandbox: files
can be read and written.
"""

import ast
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from tqdm import tqdm

from helpers.lesson.environment import available_cores
from helpers.lesson.examiner import Verdict, examine_program
from helpers.lesson.exercises import Exercise, exercise
from helpers.runner.errors import InputError
from helpers.runner.execution import BAR

MARKS = {"right": "✔", "not yet": "✘", "raised": "✘", "not attempted": "◌"}


def check_folder(folder: Path) -> Iterator[str]:
    """Judge all notebooks below a folder; yield a line for each, by its place in the folder."""
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder: name the one with the notebooks")
    paths = sorted(
        path for path in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
    )
    if not paths:
        raise InputError(f"{folder} holds no notebooks (*.ipynb)")
    answers = {path: _answers(path) for path in paths}
    tasks = [
        (path, number)
        for path, found in answers.items()
        if isinstance(found, dict)
        for number in found
    ]
    verdicts: dict[tuple[Path, str], Verdict] = {}
    with (
        ThreadPoolExecutor(available_cores()) as several,
        tqdm(total=len(tasks), desc="exercises", bar_format=BAR, disable=None) as bar,
    ):
        judged = several.map(lambda task: _judge(task[1], *answers[task[0]][task[1]]), tasks)
        for task, verdict in zip(tasks, judged, strict=True):
            verdicts[task] = verdict
            bar.update()
    for path, found in answers.items():
        name = path.relative_to(folder).as_posix()
        if not isinstance(found, dict):
            yield f"{name}: {found}"
            continue
        marks = {number: MARKS[verdicts[path, number].kind] for number in found}
        solved = list(marks.values()).count(MARKS["right"])
        listed = "  ".join(f"{number} {mark}" for number, mark in marks.items())
        yield f"{name}: {solved} of {len(marks)} solved   {listed}".rstrip()


def _answers(path: Path) -> dict[str, tuple[str, str, object]] | str:
    """Return program, function and named line by exercise, or why there are none."""
    try:
        notebook = nbformat.read(path, as_version=4)
        sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    except Exception as error:  # nbformat raises what the JSON inside makes it stumble over
        return f"cannot be read ({type(error).__name__})"
    found = {}
    known: dict[str, tuple[str, set[str]]] = {}
    for source in sources:
        lines = [
            line if not line.startswith(("%", "!", "?")) else "" for line in source.split("\n")
        ]
        try:
            nodes = ast.parse("\n".join(lines)).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in nodes:
            known |= _defined(node, lines)
            for number, function, line in _checks(node):
                found[number] = (_program(function, known), function, line)
    return found or "no exercise is checked in it"


def _defined(node: ast.stmt, lines: list[str]) -> dict[str, tuple[str, set[str]]]:
    """Return by name what a statement defines: its text, and the names that it uses."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        names = [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        names = [node.name]
    elif isinstance(node, (ast.Assign, ast.AnnAssign)) and _is_constant(node.value):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        parts = [part for target in targets for part in ast.walk(target)]
        names = [part.id for part in parts if isinstance(part, ast.Name)]
    else:
        return {}
    first = min([node.lineno, *(part.lineno for part in getattr(node, "decorator_list", []))])
    text = "\n".join(lines[first - 1 : node.end_lineno])
    used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return dict.fromkeys(names, (text, used))


def _is_constant(value: ast.expr | None) -> bool:
    """Tell whether a value is written out, or is a function without a name."""
    if value is None or isinstance(value, ast.Lambda):
        return value is not None
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _checks(node: ast.stmt) -> Iterator[tuple[str, str, object]]:
    """Find ``exercise("05.1").check(function, line=3)`` in a statement."""
    for call in ast.walk(node):
        match call:
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Call(
                        func=ast.Name(id="exercise"), args=[ast.Constant(value=str(number))]
                    ),
                    attr="check",
                ),
                args=[ast.Name(id=function)],
                keywords=keywords,
            ):
                named = {word.arg: getattr(word.value, "value", ...) for word in keywords}
                yield number, function, named.get("line", ...)


def _program(function: str, known: dict[str, tuple[str, set[str]]]) -> str:
    """Put a function's text together with all that it uses, in the order of the notebook."""
    needed, waiting = set(), {function} & known.keys()
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting |= (known[name][1] & known.keys()) - needed
    texts = dict.fromkeys(known[name][0] for name in known if name in needed)
    return "\n\n".join(texts)


def _judge(number: str, program: str, function: str, line: object) -> Verdict:
    try:
        task = exercise(number)
    except ValueError:
        return Verdict("not yet", f"There is no exercise {number}.")
    if _is_start(program, task):
        return Verdict("not attempted")
    verdict = examine_program(number, program, function)
    if verdict.kind == "right" and task.line and line != task.line_number():
        return Verdict("not yet", "The line is not named.")
    return verdict


def _is_start(program: str, task: Exercise) -> bool:
    def functions(text: str) -> list[str]:
        return [
            ast.dump(node) for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)
        ]

    return functions(program) == functions(task.stub())
