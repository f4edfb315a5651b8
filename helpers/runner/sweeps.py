"""Sweeps: one lesson run with every combination of some parameters' values."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from helpers.lesson.files import written_whole
from helpers.runner.errors import InputError, expect_known
from helpers.runner.execution import find_finished
from helpers.runner.identity import environment_fingerprint, run_identity
from helpers.runner.jobs import Course, Job
from helpers.runner.lessons import Lesson
from helpers.runner.reports import Failed, Finished
from helpers.runner.strict_yaml import as_structure, read_mapping

MANY_POINTS = 1_000  # more are asked about before they start
MOST_POINTS = 1_000_000
OWN_COLUMNS = ("seconds", "state", "error", "notebook")  # of a sweep's table
UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60))

ParameterName = Annotated[str | UnsetType, Meta(description="the name of a varied parameter")]
Metrics = Annotated[tuple[str, ...], Meta(min_length=1, description="a list of metrics")]
Values = Annotated[list, Meta(min_length=1, description="a list of values to try, in brackets")]


class SweepFigure(Struct, frozen=True):
    """What a sweep's figure shows: the metrics ``y``, a line each, along the parameter ``x``.

    ``panels`` may name a parameter with one panel for each of its values. Over the parameters
    not named here, a seed for example, mean and 95 % interval are drawn.
    """

    x: ParameterName
    y: Metrics
    label: str
    panels: ParameterName = UNSET


class Sweep(Struct, frozen=True, kw_only=True):
    """One lesson and the values to try for some of its parameters.

    ``profile`` gives the time limit and the parameters that are not varied. Results go to
    ``build/sweeps/<name>/``.
    """

    name: str
    description: str
    lesson: str
    profile: str = "laptop"
    parameters: dict[str, Values]
    figure: SweepFigure

    def size(self) -> int:
        """Return the number of points."""
        return math.prod(map(len, self.parameters.values()))

    def points(self) -> list[dict[str, object]]:
        """Return every combination of the values, the last parameter varying fastest."""
        combinations = itertools.product(*self.parameters.values())
        return [dict(zip(self.parameters, values, strict=True)) for values in combinations]


def read_sweep(path: Path, course: Course) -> Sweep:
    """Read a sweep from its YAML file and check all of it against the course."""
    if not path.stem.strip("."):
        raise InputError(f"{path}: a sweep's results lie in a folder of its name: give it one")
    sweep = as_structure(read_mapping(path), Sweep, str(path), name=path.stem)
    course.expect_lesson(sweep.lesson, str(path))
    expect_known("profile", sweep.profile, course.profiles, str(path))
    if sweep.size() > MOST_POINTS:
        raise InputError(
            f"{path}, parameters: {sweep.size():,} points are more than the {MOST_POINTS:,} that a "
            "sweep may have: leave out values"
        )
    _check_values(sweep.parameters, course.lessons[sweep.lesson], f"{path}, parameters")
    figure, where = sweep.figure, f"{path}, figure"
    expect_known("parameter", figure.x, sweep.parameters, f"{where}, x")
    if figure.panels is not UNSET:
        expect_known("parameter", figure.panels, sweep.parameters, f"{where}, panels")
    if figure.x == figure.panels:
        raise InputError(f"{where}: x and panels are both {figure.x!r}: choose two parameters")
    metrics = course.promises[sweep.lesson].metrics
    for name in figure.y:
        expect_known("metric", name, metrics, f"{where}, y")
    for name in metrics:
        if name in (*sweep.parameters, *OWN_COLUMNS):
            raise InputError(
                f"{path}: {sweep.lesson} records a metric called {name!r}, and the table has "
                "another column of that name: rename the metric"
            )
    return sweep


def sweep_jobs(sweep: Sweep, course: Course, folder: Path) -> list[Job]:
    """Return one job for each point of a sweep, in order; ``folder`` is the sweep's own.

    None is strict: what a lesson concludes from its own parameters need not hold for others.
    """
    profile = course.profiles[sweep.profile]
    return [course.job(sweep.lesson, profile, point, False, folder) for point in sweep.points()]


def describe_size(sweep: Sweep, seconds: float | None, workers: int) -> str:
    """Return how many points a sweep has and, if known, roughly how long they take together.

    ``seconds`` is what one run takes with the lesson's own parameters.

    >>> plan = Sweep(name="all", description="", lesson="", parameters={"seed": [*range(5000)]},
    ...              figure=SweepFigure("seed", ("accuracy",), ""))
    >>> describe_size(plan, 40.9, 2)
    'all has 5,000 points, some 28 hours if 2 run at a time'
    """
    points = f"{sweep.name} has {sweep.size():,} points"
    if not seconds:
        return points
    total = sweep.size() * seconds / workers
    unit, length = next((row for row in UNITS if total >= 2 * row[1]), ("seconds", 1))
    return f"{points}, some {total / length:,.0f} {unit} if {workers} run at a time"


def run_sweep(
    jobs: Sequence[Job], scheduler: str | None, workers: int, force: bool = False
) -> Iterator[tuple[int, Finished | Failed]]:
    """Run the points of a sweep on a Dask cluster; yield each one's number and what became of it.

    The cluster is at the address ``scheduler``, or a local one of so many workers. Each finished
    point is kept as an executed notebook under ``finished/``, so that a sweep which was stopped
    continues where it was, unless ``force`` repeats them all. An ``InputError`` says that the
    cluster cannot be used, an ``OSError`` that it is lost or a result cannot be written.
    """
    environment = environment_fingerprint()
    identities = [run_identity(job, environment) for job in jobs]
    waiting = []
    for index, (job, identity) in enumerate(zip(jobs, identities, strict=True)):
        path = _point_path(job, "finished", identity)
        kept = None if force else find_finished(path, job.promise, identity)
        if kept:
            yield index, replace(kept, kept=True)
        else:
            waiting.append(index)
    if not waiting:
        return
    # Dask takes a second to import, which nothing else should wait for.
    try:
        from helpers.runner.cluster import connected, run_on_cluster
    except ValueError as error:  # Dask reads its settings while it is imported
        raise InputError(str(error)) from error

    with connected(scheduler, workers) as client:
        outcomes = run_on_cluster(
            [jobs[index] for index in waiting],
            [identities[index] for index in waiting],
            environment,
            client,
        )
        for position, outcome, notebook in outcomes:
            index = waiting[position]
            yield index, _kept_safe(outcome, notebook, jobs[index], identities[index])


def _kept_safe(
    outcome: Finished | Failed, notebook: str, job: Job, identity: str
) -> Finished | Failed:
    state = "failed" if isinstance(outcome, Failed) else "finished"
    path = _point_path(job, state, identity)
    with written_whole(path) as temporary:
        temporary.write_text(notebook, encoding="utf-8")
    return replace(outcome, notebook=path)


def _point_path(job: Job, state: str, identity: str) -> Path:
    return job.folder / state / f"{identity[:16]}.ipynb"


def _check_values(values: dict[str, list], lesson: Lesson, where: str) -> None:
    """Check every value, and put it as the notebook will receive it in its place."""
    if not values:
        raise InputError(f"{where}: name at least one parameter and its values")
    for name, given in values.items():
        expect_known("parameter", name, lesson.parameters, where)
        given[:] = [lesson.parameter(name).check(value, where) for value in given]
        seen: set[object] = set()
        for value in given:
            same = tuple(value) if isinstance(value, list) else value
            if same in seen:
                raise InputError(f"{where}: {name} has the value {value!r} twice: keep one")
            seen.add(same)
