"""The lessons: their notebooks, and what ``lessons.yaml`` says that each needs and promises."""

import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated

import nbformat
from msgspec import UNSET, Meta, Struct, UnsetType

from helpers.runner.errors import InputError, expect_known
from helpers.runner.parameters import Parameter, read_parameters
from helpers.runner.strict_yaml import as_structure, read_mapping

PROMISES_FILE = "lessons.yaml"
Bound = Annotated[float | str | UnsetType, Meta(description="a number or a metric")]


@dataclass(frozen=True)
class Lesson:
    """One notebook of the course; its name is the file's without its ending.

    ``notebook`` is what was read from ``path``, without outputs: what is hashed and run, even if
    the file changes meanwhile, or another machine holds another one.
    """

    name: str
    path: Path
    parameters: dict[str, Parameter]
    notebook: nbformat.NotebookNode = field(repr=False)

    def defaults(self) -> dict[str, object]:
        """Return every parameter's default value by name."""
        return {name: parameter.default for name, parameter in self.parameters.items()}

    def parameter(self, name: str) -> Parameter:
        """Return one parameter, or refuse and name the nearest one."""
        expect_known("parameter", name, self.parameters, self.name)
        return self.parameters[name]


class Bounds(Struct, frozen=True):
    """What a metric must lie strictly above or below: a number, or another metric by its name."""

    above: Bound = UNSET
    below: Bound = UNSET

    def broken(self, name: str, metrics: dict[str, float]) -> list[str]:
        """Say which of the two a metric does not keep."""
        sentences = []
        for side, bound in (("above", self.above), ("below", self.below)):
            limit = metrics.get(bound) if isinstance(bound, str) else bound
            if limit is None or limit is UNSET:
                continue
            if not (metrics[name] > limit if side == "above" else metrics[name] < limit):
                label = f"{bound} = {limit:.4g}" if isinstance(bound, str) else f"{limit:g}"
                sentences.append(f"{name} = {metrics[name]:.4g} is not {side} {label}")
        return sentences


class Promise(Struct, frozen=True):
    """What ``lessons.yaml``, whose head explains each key, says of one lesson."""

    summary: str
    needs: Annotated[tuple[str, ...], Meta(description="a list of lessons")] = ()
    figures: Annotated[int, Meta(ge=0, description="a whole number, at least 0")] = 0
    metrics: dict[str, Bounds] = {}
    headline: str = ""
    unless: str = ""

    def found(self, metrics: dict[str, float]) -> str:
        """Return the headline with the numbers of a run, or why there is nothing to say."""
        if self.unless in metrics:
            return self.unless.replace("_", " ")
        return self.headline.format(**metrics)


def read_lessons(folder: Path) -> tuple[dict[str, Lesson], dict[str, str]]:
    """Read the notebooks whose names begin with a number, in the order of their names.

    Returned with them is, by name, what is wrong with each that cannot be read.
    """
    paths = sorted(path for path in folder.glob("[0-9]*_*.ipynb") if path.is_file())
    if not paths:
        raise InputError(f"no lessons in {str(folder)!r}: expected notebooks such as 01_name.ipynb")
    lessons: dict[str, Lesson] = {}
    unreadable: dict[str, str] = {}
    for path in paths:
        try:
            lessons[path.stem] = read_lesson(path)
        except InputError as error:
            unreadable[path.stem] = str(error)
    return lessons, unreadable


def read_lesson(path: Path) -> Lesson:
    """Read a notebook and the parameters that it declares."""
    notebook = read_notebook(path)
    parameters = read_parameters(notebook, path.name, path.parent)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return Lesson(path.stem, path, parameters, notebook)


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook, or say in one line why it cannot be read."""
    invalid: dict[str, Exception] = {}
    try:
        notebook = nbformat.read(path, as_version=4, capture_validation_error=invalid)
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror}; check the path") from error
    except (nbformat.ValidationError, ValueError, AttributeError, TypeError, KeyError) as error:
        invalid["error"] = error
    for error in invalid.values():
        reason = str(error).strip().splitlines()[0][:100]
        raise InputError(f"{path} is not a notebook: {reason}") from error
    return notebook


def read_promises(path: Path, lessons: Sequence[str]) -> dict[str, Promise]:
    """Read ``lessons.yaml``, which may have an entry for each lesson there is, and for no other.

    They come in an order in which every lesson follows those it needs, else by their names.
    """
    content = read_mapping(path)
    promises = {}
    for name, entry in content.items():
        expect_known("lesson", name, lessons, str(path))
        promises[name] = as_structure(entry, Promise, f"{path}, {name}")
        _check_names(promises[name], f"{path}, {name}", lessons)
    return {name: promises[name] for name in _in_order(promises, path) if name in promises}


def broken_promises(
    promise: Promise, metrics: dict[str, float], figures: int, strict: bool
) -> list[str]:
    """Compare a run with what its lesson promises; return a short sentence for each difference.

    Bounds count only if ``strict``: with other parameters than the lesson's own they need not
    hold. ``record`` has made sure that the numbers are finite. A run that recorded what the
    promise names with ``unless`` had nothing to measure, and promises nothing.
    """
    if promise.unless in metrics and not strict:
        return []
    broken = [f"it recorded no {name!r}" for name in promise.metrics if name not in metrics]
    if figures < promise.figures:
        broken.append(f"it drew {figures} figures, and promises {promise.figures}")
    for name, bounds in promise.metrics.items():
        if strict and name in metrics:
            broken += bounds.broken(name, metrics)
    return broken


def _check_names(promise: Promise, where: str, lessons: Sequence[str]) -> None:
    for name in promise.needs:
        expect_known("lesson", name, lessons, f"{where}, needs")
    for name, bounds in promise.metrics.items():
        for bound in (bounds.above, bounds.below):
            if isinstance(bound, str):
                expect_known("metric", bound, promise.metrics, f"{where}, {name}")
    try:
        for _, field, _, _ in string.Formatter().parse(promise.headline):
            if field is not None:
                expect_known("metric", field, promise.metrics, f"{where}, headline")
        promise.found(dict.fromkeys(promise.metrics, 1.0))
    except InputError:
        raise
    except (ValueError, KeyError, IndexError) as error:
        raise InputError(f"{where}: the headline is not a valid template: {error}") from error


def _in_order(promises: dict[str, Promise], path: Path) -> list[str]:
    sorter = TopologicalSorter({name: promise.needs for name, promise in promises.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise InputError(f"{path}: lessons need each other in a circle: {circle}") from error
    ordered: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()])
        ordered.append(ready.pop(0))
        sorter.done(ordered[-1])
    return ordered
