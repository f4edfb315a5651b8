"""For maintainers: store the outputs of a run in the notebooks, and bring the README up to date."""

import base64
import json
import re
from collections.abc import Sequence
from pathlib import Path

import nbformat

from helpers.lesson.files import ROOT, written_whole
from helpers.runner.errors import InputError
from helpers.runner.execution import finished_lessons
from helpers.runner.jobs import Course
from helpers.runner.lessons import read_notebook
from helpers.runner.parameters import INJECTED, tagged
from helpers.runner.reports import Finished, describe_machine, write_json
from helpers.runner.tables import readme_table, with_table

PROFILE = "laptop"
RESULTS_FILE = "results.json"
KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}
PICTURE_CELL = "picture-"


def refresh_lessons(
    course: Course, names: Sequence[str], notebooks: Path, build: Path
) -> list[str]:
    """Store the outputs of the last laptop run, its numbers, pictures and the README's table.

    All lessons that have been run are refreshed, unless some are named. Everything is checked
    before anything is written. Returns what was done, a line each.
    """
    runs = {run.lesson: run for run in finished_lessons(course, build / PROFILE)}
    for name in names:
        course.expect_lesson(name)
        if name not in runs:
            raise InputError(f"{name} has not been run: first 'python -m helpers run {name}'")
    chosen = [run for name, run in runs.items() if not names or name in names]
    if not chosen:
        raise InputError("no lesson has been run: first 'python -m helpers run'")
    folders = (ROOT, Path.home(), build.resolve())
    private = [str(folder) for folder in folders if folder != folder.parent]  # '/' is nobody's
    stored = {run.lesson: _stored(course, run, private) for run in chosen}
    results = committed_results(notebooks, sorted(course.lessons))
    results["machine"] = describe_machine()
    for run in chosen:
        results["lessons"][run.lesson] = {"metrics": run.metrics, "seconds": round(run.seconds, 1)}
    results["lessons"] = dict(sorted(results["lessons"].items()))
    readme_path = notebooks.parent / "README.md"
    readme = with_table(
        readme_path.read_text(encoding="utf-8"), readme_table(course.promises, results)
    )
    for name, notebook in stored.items():
        with written_whole(course.lessons[name].path) as temporary:
            nbformat.write(notebook, temporary)
        for picture, content in pictures(notebook).items():
            with written_whole(notebooks / "pictures" / f"{picture}.png") as temporary:
                temporary.write_bytes(content)
    write_json(notebooks / RESULTS_FILE, results)
    with written_whole(readme_path) as temporary:
        temporary.write_text(readme, encoding="utf-8")
    return [
        *(f"{name}: outputs stored" for name in stored),
        f"{RESULTS_FILE} and the table of {readme_path.name} are up to date",
    ]


def committed_results(notebooks: Path, lessons: Sequence[str]) -> dict:
    """Read ``notebooks/results.json``, without lessons that no longer exist.

    It holds the ``machine`` (text) and, by lesson, ``lessons`` with their ``metrics`` and
    ``seconds``; both are empty if the file does not exist yet.
    """
    path = notebooks / RESULTS_FILE
    if not path.is_file():
        return {"machine": "", "lessons": {}}
    try:
        results = json.loads(path.read_text(encoding="utf-8"))
        results["lessons"] = {k: v for k, v in results["lessons"].items() if k in lessons}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} is damaged: restore it with git, or delete it and refresh all lessons"
        ) from error
    return results


def with_outputs(
    source: nbformat.NotebookNode, executed: nbformat.NotebookNode, name: str
) -> nbformat.NotebookNode:
    """Return the source notebook of a lesson with the outputs of its executed copy.

    It is refused if the run had other parameters, or the cells differ. Cells keep their own
    identity and metadata, so neither timings nor anything else papermill notes is stored; the
    notebook's metadata names the kernel and nothing more.
    """
    if tagged(executed, INJECTED):
        raise InputError(f"{name} ran with other parameters than its own: run it without -p")
    ours, theirs = ([(c.cell_type, c.source) for c in n.cells] for n in (source, executed))
    if ours != theirs:
        raise InputError(f"{name} has changed since it ran: first 'python -m helpers run {name}'")
    stored = nbformat.from_dict(source)
    for cell, ran in zip(stored.cells, executed.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = ran.outputs, ran.execution_count
    stored.metadata = nbformat.from_dict({"kernelspec": KERNELSPEC, "language_info": LANGUAGE})
    return stored


def pictures(notebook: nbformat.NotebookNode) -> dict[str, bytes]:
    """Return, as PNG by name, the pictures that a page outside the notebook shows.

    The output of the cell ``picture-result`` is called ``result``.
    """
    return {
        cell.id.removeprefix(PICTURE_CELL): base64.b64decode(output.data["image/png"])
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.id.startswith(PICTURE_CELL)
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    }


def _stored(course: Course, run: Finished, private: Sequence[str]) -> nbformat.NotebookNode:
    source = read_notebook(course.lessons[run.lesson].path)
    executed = nbformat.read(run.notebook, as_version=4)
    notebook = with_outputs(source, executed, run.lesson)
    for cell in notebook.cells:
        shown = _forward(json.dumps(cell.get("outputs", []), ensure_ascii=False))
        for path in private:
            if f"{_forward(path)}/" in shown:
                raise InputError(
                    f"{run.lesson}, In [{cell.execution_count}] prints a path of this machine "
                    f"({path}): print it relative to the course"
                )
    return notebook


def _forward(text: str) -> str:
    """Write the separators of Windows, which JSON and Python double, as everybody else's."""
    return re.sub(r"\\+", "/", text)
