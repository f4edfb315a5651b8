"""What an executed notebook found, read back from it and written down: JSON and HTML page."""

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

from helpers.lesson.environment import available_cores, threads
from helpers.lesson.files import written_whole
from helpers.lesson.results import METRICS_MIME

RUN_METADATA = "ssl_course"
# The lab template with one change: images keep their alternative text.
PAGE_TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{%- block data_png scoped -%}
{%- set alt = output | get_metadata('alt', 'image/png') -%}
{{ super() | replace('<img', '<img alt="' ~ alt | escape_html ~ '"') if alt else super() }}
{%- endblock data_png -%}
"""


@dataclass(frozen=True)
class Finished:
    """A lesson that ran to its end and kept its promises.

    ``identity`` says what decided the run. ``parameters`` holds every parameter with the value it
    ran with, ``seconds`` the time from the start of the kernel to the last cell, and ``handed_on``
    the SHA-256 of each file it made for other lessons, by its place in the profile's folder.
    ``html`` is None where no page was asked for; ``kept`` says that the lesson was finished before,
    and not repeated.
    """

    lesson: str
    identity: str
    parameters: dict[str, object]
    strict: bool
    metrics: dict[str, float]
    figures: int
    cells: int
    seconds: float
    handed_on: dict[str, str]
    notebook: Path
    html: Path | None
    kept: bool = False


@dataclass(frozen=True)
class Failed:
    """A lesson that stopped, or that ran to its end and broke a promise.

    ``cell`` is the failing cell as its number stands beside it, ``"In [3]"``, or empty if none
    failed; ``source`` its first lines; ``error`` what went wrong, in at most three lines.
    ``notebook`` is as far as it got. If it ``died``, the kernel ended without an error of its
    own, and another try may help.
    """

    lesson: str
    cell: str
    source: str
    error: str
    notebook: Path
    died: bool = False

    def message(self) -> str:
        """Return what a person needs to find the fault."""
        lines = [f"{self.lesson} failed" + (f" at {self.cell}:" if self.cell else ":")]
        lines += [f"    {line}" for line in self.source.splitlines()]
        lines += [f"  {line}" for line in self.error.splitlines()]
        return "\n".join([*lines, f"  as far as it got: {relative(self.notebook)}"])


def recorded_metrics(notebook: nbformat.NotebookNode) -> dict[str, float]:
    """Return the metrics a notebook recorded; of a name recorded twice, the last value."""
    return {
        name: value
        for output in outputs_of(notebook)
        for name, value in output.get("data", {}).get(METRICS_MIME, {}).items()
    }


def count_figures(notebook: nbformat.NotebookNode) -> int:
    """Return how many outputs of a notebook are images."""
    return sum(
        any(mime.startswith("image/") for mime in output.get("data", {}))
        for output in outputs_of(notebook)
    )


def read_finished(notebook_path: Path, html_path: Path | None = None) -> Finished | None:
    """Read a finished run back from its executed notebook, as ``write_finished`` left it.

    None if there is no such notebook, or its cells or outputs are not those that were written.
    """
    try:
        notebook = nbformat.read(notebook_path, as_version=4)
        run = notebook.metadata[RUN_METADATA]
        if run["content"] != content_checksum(notebook):
            return None
        return Finished(
            lesson=notebook_path.stem,
            identity=run["identity"],
            parameters=dict(run["parameters"]),
            strict=run["strict"],
            metrics=recorded_metrics(notebook),
            figures=count_figures(notebook),
            cells=sum(cell.cell_type == "code" for cell in notebook.cells),
            seconds=run["seconds"],
            handed_on=dict(run["handed_on"]),
            notebook=notebook_path,
            html=html_path,
        )
    except (OSError, ValueError, AttributeError, TypeError, KeyError, nbformat.ValidationError):
        return None


def write_finished(notebook: nbformat.NotebookNode, run: dict, path: Path) -> None:
    """Write an executed notebook, whole, with what is known of its run and its own checksum."""
    as_read_back = nbformat.reads(nbformat.writes(notebook), as_version=4)
    notebook.metadata[RUN_METADATA] = {**run, "content": content_checksum(as_read_back)}
    with written_whole(path) as temporary:
        nbformat.write(notebook, temporary)


def content_checksum(notebook: nbformat.NotebookNode) -> str:
    """Return the SHA-256, in hexadecimal, of a notebook's cells and outputs, without metadata."""
    cells = [(cell.cell_type, cell.source, cell.get("outputs")) for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()


def write_html(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Render a notebook as one HTML file with its images, and their alternative text, inside.

    The file's name becomes the page's title.
    """
    settings = Config()
    settings.TagRemovePreprocessor.enabled = True
    settings.TagRemovePreprocessor.remove_input_tags = {"remove-input"}
    exporter = HTMLExporter(config=settings, raw_template=PAGE_TEMPLATE, embed_images=True)
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": path.stem}})
    with written_whole(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def write_results(path: Path, profile: str, finished: Iterable[Finished]) -> None:
    """Write what the lessons of a profile found as JSON, usually ``build/<profile>/results.json``.

    Two runs on one machine agree in everything but ``seconds``.
    """
    document = {
        "profile": profile,
        "machine": describe_machine(),
        "lessons": {
            run.lesson: {
                "metrics": run.metrics,
                "parameters": run.parameters,
                "strict": run.strict,
                "figures": run.figures,
                "cells": run.cells,
                "seconds": round(run.seconds, 1),
                "notebook": run.notebook.relative_to(path.parent).as_posix(),
                "html": run.html.relative_to(path.parent).as_posix(),
            }
            for run in finished
        },
    }
    write_json(path, document)


def write_json(path: Path, document: dict) -> None:
    """Write a document as readable JSON, whole or not at all."""
    with written_whole(path) as temporary:
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
        temporary.write_text(f"{text}\n", encoding="utf-8")


def describe_machine() -> str:
    """Return what a measured time should be read beside: cores, threads, Python, system."""
    return (
        f"{available_cores()} cores, {threads()} threads, "
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    )


def relative(path: Path) -> str:
    """Return a path as seen from the current folder, if it lies below it."""
    here = Path.cwd()
    return os.fspath(path.relative_to(here) if path.is_relative_to(here) else path)


def outputs_of(notebook: nbformat.NotebookNode) -> Iterator[nbformat.NotebookNode]:
    """Yield the outputs of a notebook, cell after cell."""
    for cell in notebook.cells:
        yield from cell.get("outputs", [])
