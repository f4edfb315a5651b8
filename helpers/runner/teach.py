"""For teachers: one page from the lessons, and notebooks for a class without solutions.

Nothing on the page is written twice: it is put together from the notebooks as they are stored, and
from ``helpers/exercises``.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell, new_notebook

from helpers.lesson.exercises import Exercise, exercises_of
from helpers.lesson.files import written_whole
from helpers.lesson.predictions import all_predictions
from helpers.lesson.questions import LETTERS, all_questions
from helpers.runner.jobs import Course
from helpers.runner.refresh import committed_results
from helpers.runner.reports import outputs_of, write_html

HELD = "✔ holds here: "
EXERCISES_FOLDER = "exercises"  # beside the lessons: sets of exercises that are no lesson


def write_page(course: Course, notebooks: Path, page: Path) -> Path:
    """Write the page for teachers as one HTML file, and return its path."""
    cells = [new_markdown_cell(text) for text in page_texts(course, notebooks)]
    write_html(new_notebook(cells=cells), page)
    return page


def page_texts(course: Course, notebooks: Path, figures: bool = True) -> list[str]:
    """Return what the page for teachers says, as pieces of Markdown."""
    lessons = committed_results(notebooks, course.lessons)["lessons"]
    seconds = {name: lessons.get(name, {}).get("seconds") for name in course.lessons}
    texts = [_beginning(course)]
    for name, lesson in course.lessons.items():
        notebook = nbformat.read(lesson.path, as_version=4)
        texts += _lesson(name, course.promises[name].summary, seconds[name], notebook)
        texts += [_figures(notebook)] if figures else []
    for path in _sets(notebooks):
        texts += [f"## {path.stem}", *_exercises(exercises_of(path.stem).values())]
    return texts


def write_class_notebooks(course: Course, notebooks: Path, folder: Path) -> Iterator[Path]:
    """Copy lessons and sets of exercises to a folder, without the stored hints and solutions."""
    for path in [*(lesson.path for lesson in course.lessons.values()), *_sets(notebooks)]:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.source.startswith("exercise("):
                cell.outputs, cell.execution_count = [], None
        with written_whole(folder / path.name) as temporary:
            nbformat.write(notebook, temporary)
        yield folder / path.name


def _sets(notebooks: Path) -> list[Path]:
    return sorted((notebooks / EXERCISES_FOLDER).glob("*.ipynb"))


def _beginning(course: Course) -> str:
    numbers = {name: exercises_of(name[:2]) for name in course.lessons}
    lines = [
        "# For teachers",
        "Made from the lessons by `python -m helpers teach`. The minutes are for the exercises "
        "alone.\n",
        "| lesson | exercises | minutes | predictions | questions |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, exercises in numbers.items():
        minutes = sum(exercise.minutes for exercise in exercises.values())
        others = [
            sum(number.startswith(name[:2]) for number in asked)
            for asked in (all_predictions(), all_questions())
        ]
        lines.append(f"| {name} | {len(exercises)} | {minutes} | {others[0]} | {others[1]} |")
    return "\n".join(lines)


def _lesson(
    name: str, summary: str, seconds: float | None, notebook: nbformat.NotebookNode
) -> Iterator[str]:
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    runs = f" It runs for {seconds:.0f} seconds on two cores." if seconds else ""
    yield f"## {name}\n\n{summary[:1].upper()}{summary[1:]}.{runs}"
    yield f"### Before it\n\n{_section(prose, 'Before you start')}"
    yield f"### What is learnt\n\n{_section(prose, 'What you will learn')}"
    found = [
        f"- {line.removeprefix(HELD)}"
        for output in outputs_of(notebook)
        for line in output.get("text", "").splitlines()
        if line.startswith(HELD)
    ]
    yield "### Key points, each checked by the numbers\n\n" + "\n".join(found)
    yield from _exercises(exercises_of(name[:2]).values())
    yield "### Predictions\n\n" + "\n".join(_predictions(name[:2], notebook))
    yield from _questions(name[:2])


def _exercises(exercises: Iterable[Exercise]) -> Iterator[str]:
    for exercise in exercises:
        hints = "\n".join(f"1. {hint}" for hint in exercise.hints)
        mistakes = "\n".join(f"- {sentence}" for sentence in exercise.mistakes)
        start = f"Program to mend:\n\n```python\n{exercise.stub()}\n```\n\n"
        yield (
            f"{exercise.markdown()}\n\n{start if exercise.start else ''}Hints:\n\n{hints}\n\n"
            f"Usual mistakes, and what we say to them:\n\n{mistakes}\n\n"
            f"A solution:\n\n```python\n{exercise.source()}\n```"
        )


def _predictions(lesson: str, notebook: nbformat.NotebookNode) -> Iterator[str]:
    texts = "\n".join(
        output.get("data", {}).get("text/plain", "") for output in outputs_of(notebook)
    )
    for number, asked in all_predictions().items():
        if number.startswith(lesson):
            came = re.search(rf"Prediction {re.escape(number)}\n.*\nIt came: (.*?)\. ", texts)
            choices = " / ".join(asked.get("choices", [asked.get("unit", "")]))
            yield f"- **{number}** {asked['question']} ({choices}). " + (
                f"It came: *{came[1]}*." if came else ""
            )


def _questions(lesson: str) -> Iterator[str]:
    for number, asked in all_questions().items():
        if number.startswith(lesson):
            choices = [
                f"- {'**' if choice.get('right') else ''}{letter}. {choice['text']}"
                f"{'** ✔' if choice.get('right') else ''} *{choice['feedback']}*"
                for letter, choice in zip(LETTERS, asked["choices"], strict=True)
            ]
            yield f"**Question {number}** {asked['question']}\n\n" + "\n".join(choices)


def _figures(notebook: nbformat.NotebookNode) -> str:
    pictures = [
        f'<p><img alt="{escape(output.metadata["image/png"].get("alt", ""))}" '
        f'src="data:image/png;base64,{output.data["image/png"].strip()}"></p>'
        for output in outputs_of(notebook)
        if "image/png" in output.get("data", {})
    ]
    inside = "".join(picture.replace("\n", "") for picture in pictures)
    return f"<details><summary>{len(pictures)} figures</summary>{inside}</details>"


def _section(prose: str, heading: str) -> str:
    return prose.partition(f"## {heading}\n")[2].partition("\n## ")[0].strip()
