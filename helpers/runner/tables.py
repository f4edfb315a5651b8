"""Tables as text: the lessons and their parameters, what a run found, the README's table."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from helpers.runner.errors import InputError
from helpers.runner.lessons import Promise

if TYPE_CHECKING:
    from helpers.runner.jobs import Course
    from helpers.runner.reports import Finished

TABLE_START = "<!-- lessons:start -->"
TABLE_END = "<!-- lessons:end -->"


def lessons_listing(course: "Course", names: Sequence[str] = ()) -> str:
    """Lay out lessons (all, unless some are named) with their parameters, and the profiles."""
    for name in names:
        course.expect_lesson(name)
    lines = []
    for name in names or course.lessons:
        lines += [name, f"  {course.promises[name].summary}"]
        for parameter in course.lessons[name].parameters.values():
            allowed = f"  [{parameter.allowed}]" if parameter.allowed else ""
            lines.append(
                f"    {parameter.name}: {parameter.type_name} = {parameter.default!r}{allowed}"
            )
            lines += textwrap.wrap(
                parameter.meaning, 92, initial_indent=" " * 8, subsequent_indent=" " * 8
            )
        lines.append("")
    lines.append("profiles")
    width = max(len(name) for name in course.profiles)
    lines += [
        f"  {name:<{width}}  {profile.description}" for name, profile in course.profiles.items()
    ]
    return "\n".join(lines)


def results_table(finished: Sequence["Finished"], promises: dict[str, Promise]) -> str:
    """Lay out a run for the terminal: lesson, seconds, finding, and where the files lie."""
    from helpers.runner.reports import relative

    width = max(len(name) for name in ["lesson", *(run.lesson for run in finished)])
    margin = " " * (width + 11)
    lines = [f"{'lesson':<{width}}  seconds  found"]
    for run in finished:
        found = promises[run.lesson].found(run.metrics)
        if not run.strict:  # the headline speaks of the lesson's own data and settings
            found = ", ".join(f"{name} {value:.4g}" for name, value in run.metrics.items())
        lines += [
            f"{run.lesson:<{width}}  {run.seconds:7.1f}  {found}",
            f"{margin}{relative(run.html)}",
            f"{margin}{relative(run.notebook)}",
        ]
    return "\n".join(line.rstrip() for line in lines)


def readme_table(promises: dict[str, Promise], results: dict) -> str:
    """Lay out the README's table in Markdown: a row a lesson, and where it was measured.

    ``results`` is the content of ``notebooks/results.json``; a lesson may be missing in it.
    """
    lines = ["| lesson | what it shows | seconds | found |", "|---|---|---:|---|"]
    for name in sorted(promises):
        promise, measured = promises[name], results["lessons"].get(name)
        seconds = f"{measured['seconds']:.0f}" if measured else "not measured yet"
        metrics = measured["metrics"] if measured else {}
        found = promise.found(metrics) if metrics.keys() >= promise.metrics.keys() else ""
        cells = [f"[{name}](notebooks/{name}.ipynb)", promise.summary, seconds, found]
        in_one_line = (" ".join(cell.split()).replace("|", "&#124;") for cell in cells)
        lines.append(f"| {' | '.join(in_one_line)} |")
    lines += ["", f"Measured on {results['machine']}."]
    return "\n".join(lines)


def with_table(readme: str, table: str) -> str:
    """Return a README with the text between its two markers replaced by a table."""
    before, start, rest = readme.partition(TABLE_START)
    _, end, after = rest.partition(TABLE_END)
    if not start or not end or TABLE_START in rest or TABLE_END in before + after:
        raise InputError(f"README.md must hold {TABLE_START} and, below it, {TABLE_END}, once each")
    return f"{before}{TABLE_START}\n{table}\n{TABLE_END}{after}"
