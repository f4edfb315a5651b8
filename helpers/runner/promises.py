"""What each lesson promises to show, and whether an executed notebook kept the promise."""

import string
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from helpers.runner.strict_yaml import (
    InputError,
    describe,
    expect_keys,
    expect_mapping,
    read_mapping,
    unknown,
)

PROMISES_FILE = "lessons.yaml"
BOUNDS = ("above", "below")


@dataclass(frozen=True)
class Promise:
    """What one lesson promises.

    Attributes
    ----------
    summary : str
        What the lesson shows, in a line.
    needs : tuple of str
        Lessons whose artefacts it uses, so they run first.
    figures : int
        The least number of figures it draws.
    metrics : dict of str to dict
        Metrics it records; each may have to lie ``above`` or ``below`` a number, or another
        metric given by name: ``{"rotation_accuracy": {"above": "chance"}}``.
    headline : str
        The finding in a line, as a template over the metrics.
    """

    summary: str
    needs: tuple[str, ...]
    figures: int
    metrics: dict[str, dict[str, float | str]]
    headline: str

    def found(self, metrics: dict[str, float]) -> str:
        """Return the headline with the numbers of a run."""
        return self.headline.format(**metrics)


def read_promises(path: Path, lessons: list[str]) -> dict[str, Promise]:
    """Read what the lessons promise.

    Parameters
    ----------
    path : pathlib.Path
        The YAML file.
    lessons : list of str
        The names of the lessons there are; each needs an entry, and no other may have one.

    Returns
    -------
    dict of str to Promise
        The promises, in an order in which every lesson follows those it needs.

    Raises
    ------
    InputError
        If the file is not right.
    """
    content = read_mapping(path)
    for name in content:
        if name not in lessons:
            raise unknown("lesson", name, lessons, str(path))
    for name in lessons:
        if name not in content:
            raise InputError(f"{path}: the lesson {name!r} is missing: add what it promises")
    promises = {name: _read_promise(content[name], f"{path}, {name}", lessons) for name in lessons}
    return {name: promises[name] for name in _in_order(promises, path)}


def broken_promises(
    promise: Promise, metrics: dict[str, float], figures: int, strict: bool
) -> list[str]:
    """Compare a run with what the lesson promises.

    Parameters
    ----------
    promise : Promise
        What the lesson promises.
    metrics : dict of str to float
        What the run recorded; ``record`` has made sure that the numbers are finite.
    figures : int
        How many figures it drew.
    strict : bool
        Whether bounds count too. With other parameters than the lesson's own they need not hold.

    Returns
    -------
    list of str
        One short sentence for each promise that was not kept.
    """
    broken = [f"it recorded no {name!r}" for name in promise.metrics if name not in metrics]
    if figures < promise.figures:
        broken.append(f"it drew {figures} figures, and promises {promise.figures}")
    if not strict:
        return broken
    for name, bounds in promise.metrics.items():
        for side, bound in bounds.items():
            limit = metrics.get(bound) if isinstance(bound, str) else bound
            if name in metrics and limit is not None:
                kept = metrics[name] > limit if side == "above" else metrics[name] < limit
                if not kept:
                    label = f"{bound} = {limit:.4g}" if isinstance(bound, str) else f"{limit:g}"
                    broken.append(f"{name} = {metrics[name]:.4g} is not {side} {label}")
    return broken


def _read_promise(content: object, where: str, lessons: list[str]) -> Promise:
    content = expect_mapping(content, where)
    expect_keys(content, where, ["summary"], ["needs", "figures", "metrics", "headline"])
    needs = content.get("needs", [])
    figures = content.get("figures", 0)
    headline = content.get("headline", "")
    if not isinstance(needs, list):
        raise InputError(f"{where}: needs is a list of lessons, got {describe(needs)}")
    for name in needs:
        if name not in lessons:
            raise unknown("lesson", str(name), lessons, f"{where}, needs")
    if not isinstance(figures, int) or isinstance(figures, bool) or figures < 0:
        raise InputError(f"{where}: figures is a whole number, got {describe(figures)}")
    for key, text in (("summary", content["summary"]), ("headline", headline)):
        if not isinstance(text, str):
            raise InputError(f"{where}: {key} is text, got {describe(text)}")
    metrics = expect_mapping(content.get("metrics", {}), f"{where}, metrics")
    for name, bounds in metrics.items():
        _check_bounds(bounds, f"{where}, {name}", metrics)
    _check_headline(headline, where, metrics)
    return Promise(content["summary"], tuple(needs), figures, metrics, headline)


def _check_bounds(bounds: object, where: str, metrics: dict) -> None:
    bounds = expect_mapping(bounds, where)
    expect_keys(bounds, where, [], BOUNDS)
    for bound in bounds.values():
        if isinstance(bound, str) and bound not in metrics:
            raise unknown("metric", bound, metrics, where)
        if isinstance(bound, bool) or not isinstance(bound, int | float | str):
            raise InputError(f"{where}: a bound is a number or a metric, got {describe(bound)}")


def _check_headline(headline: str, where: str, metrics: dict) -> None:
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(headline)]
        for field in fields:
            if field is not None and field not in metrics:
                raise unknown("metric", field, metrics, f"{where}, headline")
        headline.format(**dict.fromkeys(metrics, 1.0))
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
