"""Sweeps: one lesson run with every combination of some parameters' values."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from helpers.lesson.files import written_whole
from helpers.runner.execution import find_finished
from helpers.runner.identity import environment_fingerprint, run_identity
from helpers.runner.jobs import Course, Job
from helpers.runner.lessons import Lesson
from helpers.runner.reports import Failed, Finished
from helpers.runner.strict_yaml import (
    InputError,
    describe,
    expect_keys,
    expect_mapping,
    read_mapping,
    unknown,
)

BASE_PROFILE = "laptop"


@dataclass(frozen=True)
class SweepFigure:
    """What a sweep's figure shows.

    Attributes
    ----------
    x : str
        The parameter along the horizontal axis.
    y : tuple of str
        The metrics to draw, a line each: put the baseline beside the method.
    label : str
        What the vertical axis measures.
    panels : str or None
        A parameter with one panel for each of its values. Over the parameters not named here, a
        seed for example, mean and 95 % interval are drawn.
    """

    x: str
    y: tuple[str, ...]
    label: str
    panels: str | None


@dataclass(frozen=True)
class Sweep:
    """One lesson and the values to try.

    Attributes
    ----------
    name : str
        The file's name without its ending; results go to ``build/sweeps/<name>/``.
    description : str
        The question it answers, in a line.
    lesson : Lesson
        The lesson.
    profile : str
        The profile that gives the time limit and the parameters that are not varied.
    parameters : dict of str to list
        The values of each varied parameter.
    figure : SweepFigure
        What to draw.
    """

    name: str
    description: str
    lesson: Lesson
    profile: str
    parameters: dict[str, list]
    figure: SweepFigure

    def points(self) -> list[dict[str, object]]:
        """Return every combination of the values, the last parameter varying fastest."""
        combinations = itertools.product(*self.parameters.values())
        return [dict(zip(self.parameters, values, strict=True)) for values in combinations]


def read_sweep(path: Path, course: Course) -> Sweep:
    """Read a sweep and check all of it against the course.

    Parameters
    ----------
    path : pathlib.Path
        The YAML file.
    course : Course
        The course.

    Returns
    -------
    Sweep
        The sweep.

    Raises
    ------
    InputError
        If the file, a name or a value is not right.
    """
    content = read_mapping(path)
    expect_keys(content, str(path), ["description", "lesson", "parameters", "figure"], ["profile"])
    for key in ("description", "lesson", "profile"):
        value = content.get(key, "")
        if not isinstance(value, str):
            raise InputError(f"{path}: {key} is text, got {describe(value)}")
    name, profile = content["lesson"], content.get("profile", BASE_PROFILE)
    if name not in course.lessons:
        raise unknown("lesson", name, course.lessons, str(path))
    if profile not in course.profiles:
        raise unknown("profile", profile, course.profiles, str(path))
    lesson = course.lessons[name]
    parameters = _read_values(content["parameters"], f"{path}, parameters", lesson)
    metrics = course.promises[name].metrics
    figure = _read_figure(content["figure"], f"{path}, figure", parameters, metrics)
    return Sweep(path.stem, content["description"], lesson, profile, parameters, figure)


def sweep_jobs(sweep: Sweep, course: Course, folder: Path) -> list[Job]:
    """Return one job for each point of a sweep.

    Parameters
    ----------
    sweep : Sweep
        The sweep.
    course : Course
        The course.
    folder : pathlib.Path
        The sweep's own folder.

    Returns
    -------
    list of Job
        In the order of ``Sweep.points``. None is strict: what a lesson concludes from its own
        parameters need not hold for others.
    """
    profile = course.profiles[sweep.profile]
    base = profile.lessons.get(sweep.lesson.name, {})
    return [
        Job(
            lesson=sweep.lesson,
            promise=course.promises[sweep.lesson.name],
            overrides={**base, **point},
            strict=False,
            cell_timeout=profile.cell_timeout,
            folder=folder,
        )
        for point in sweep.points()
    ]


def run_sweep(
    jobs: Sequence[Job], scheduler: str | None, workers: int, force: bool = False
) -> Iterator[tuple[int, Finished | Failed]]:
    """Run the points of a sweep that are not finished yet, on a Dask cluster.

    Every finished point is kept as an executed notebook under ``finished/``, so that a sweep which
    was stopped continues where it was.

    Parameters
    ----------
    jobs : sequence of Job
        From ``sweep_jobs``.
    scheduler : str or None
        Address of a Dask scheduler; None for a local cluster.
    workers : int
        Number of workers of the local cluster.
    force : bool
        Whether to repeat points that are finished already.

    Yields
    ------
    index : int
        Which point.
    outcome : Finished or Failed
        What became of it.

    Raises
    ------
    InputError
        If the cluster cannot be used.
    OSError
        If the cluster is lost, or a result cannot be written.
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
    from helpers.runner.cluster import connected, run_on_cluster

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


def _read_values(content: object, where: str, lesson: Lesson) -> dict[str, list]:
    content = expect_mapping(content, where)
    if not content:
        raise InputError(f"{where}: name at least one parameter and its values")
    values = {}
    for name, given in content.items():
        if name not in lesson.parameters:
            raise unknown("parameter", name, lesson.parameters, where)
        if not isinstance(given, list):
            raise InputError(
                f"{where}: {name} needs a list of values to try, got {describe(given)}; "
                "write it in brackets"
            )
        if not given:
            raise InputError(f"{where}: {name} needs at least one value in its brackets")
        values[name] = [lesson.parameter(name).check(value, where) for value in given]
        for position, value in enumerate(values[name]):
            if value in values[name][:position]:
                raise InputError(f"{where}: {name} has the value {value!r} twice: keep one")
    return values


def _read_figure(
    content: object, where: str, parameters: dict[str, list], metrics: dict
) -> SweepFigure:
    content = expect_mapping(content, where)
    expect_keys(content, where, ["x", "y", "label"], ["panels"])
    lines, label, panels = content["y"], content["label"], content.get("panels")
    for key in ("x", "panels"):
        name = content.get(key)
        if key in content and (not isinstance(name, str) or name not in parameters):
            raise unknown("parameter", str(name), parameters, f"{where}, {key}")
    if content["x"] == panels:
        raise InputError(f"{where}: x and panels are both {panels!r}: choose two parameters")
    if not isinstance(lines, list) or not lines:
        raise InputError(f"{where}: y is a list of metrics, got {describe(lines)}")
    for name in lines:
        if not isinstance(name, str) or name not in metrics:
            raise unknown("metric", str(name), metrics, f"{where}, y")
    if not isinstance(label, str):
        raise InputError(f"{where}: label is text, got {describe(label)}")
    return SweepFigure(content["x"], tuple(lines), label, panels)
