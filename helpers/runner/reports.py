"""What an executed notebook found, read back from it and written down: JSON and HTML page."""

import json
import os
import platform
from collections.abc import Iterable
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
{%- set alternative = output | get_metadata('alt', 'image/png') -%}
<div class="jp-RenderedImage jp-OutputArea-output {{ extra_class }}">
<img src="data:image/png;base64,{{ output.data['image/png'] | escape_html }}"
{%- if alternative %} alt="{{ alternative | escape_html }}"{% endif -%}
>
</div>
{%- endblock data_png -%}
"""


@dataclass(frozen=True)
class Finished:
    """A lesson that ran to its end and kept its promises.

    Attributes
    ----------
    lesson : str
        The lesson's name.
    parameters : dict of str to object
        Every parameter with the value it ran with.
    strict : bool
        Whether floors and conclusions had to hold.
    metrics : dict of str to float
        What it recorded.
    figures, cells : int
        Number of figures drawn and of code cells run.
    seconds : float
        Time from the start of the kernel to the last cell.
    notebook, html : pathlib.Path
        The executed notebook and its page, if it has one.
    kept : bool
        Whether it was finished before, and not repeated.
    """

    lesson: str
    parameters: dict[str, object]
    strict: bool
    metrics: dict[str, float]
    figures: int
    cells: int
    seconds: float
    notebook: Path
    html: Path | None
    kept: bool = False


@dataclass(frozen=True)
class Failed:
    """A lesson that stopped, or that ran to its end and broke a promise.

    Attributes
    ----------
    lesson : str
        The lesson's name.
    cell : str
        The failing cell as its number stands beside it, ``"In [3]"``; empty if none failed.
    source : str
        The first lines of that cell.
    error : str
        What went wrong, in at most three lines.
    notebook : pathlib.Path
        The notebook as far as it got.
    died : bool
        Whether the kernel died without an error of its own, so that another try may help.
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
        for output in _outputs(notebook)
        for name, value in output.get("data", {}).get(METRICS_MIME, {}).items()
    }


def count_figures(notebook: nbformat.NotebookNode) -> int:
    """Return how many outputs of a notebook are images."""
    return sum(
        any(mime.startswith("image/") for mime in output.get("data", {}))
        for output in _outputs(notebook)
    )


def read_finished(notebook_path: Path, html_path: Path | None = None) -> Finished:
    """Read a finished run back from its executed notebook.

    Raises
    ------
    KeyError
        If the notebook was not written by the runner.
    """
    notebook = nbformat.read(notebook_path, as_version=4)
    run = notebook.metadata[RUN_METADATA]
    return Finished(
        lesson=notebook_path.stem,
        parameters=dict(run["parameters"]),
        strict=run["strict"],
        metrics=recorded_metrics(notebook),
        figures=count_figures(notebook),
        cells=sum(cell.cell_type == "code" for cell in notebook.cells),
        seconds=notebook.metadata.papermill.duration,
        notebook=notebook_path,
        html=html_path,
    )


def write_html(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Render a notebook as one HTML file with its images inside.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The executed notebook. Alternative text in the outputs' metadata is kept.
    path : pathlib.Path
        The file to write; its name becomes the page's title.
    """
    settings = Config()
    settings.TagRemovePreprocessor.enabled = True
    settings.TagRemovePreprocessor.remove_input_tags = {"remove-input"}
    exporter = HTMLExporter(config=settings, raw_template=PAGE_TEMPLATE, embed_images=True)
    page, _ = exporter.from_notebook_node(notebook, resources={"metadata": {"name": path.stem}})
    with written_whole(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def write_results(path: Path, profile: str, finished: Iterable[Finished]) -> None:
    """Write what the lessons of a profile found, as JSON.

    Parameters
    ----------
    path : pathlib.Path
        The file, usually ``build/<profile>/results.json``.
    profile : str
        The profile's name.
    finished : iterable of Finished
        The runs. Two runs on one machine agree in everything but ``seconds``.
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


def _outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [
        output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
    ]
