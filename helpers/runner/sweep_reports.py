"""What a sweep found: one row a point, as CSV and Parquet, and a figure."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from helpers.evaluation.statistics import mean_interval
from helpers.figures.basics import (
    COLOURS,
    DOTS_PER_INCH,
    LINES,
    MARKERS,
    DescribedFigure,
    new_figure,
)
from helpers.lesson.files import written_whole
from helpers.runner.reports import Failed, Finished
from helpers.runner.sweeps import Sweep

# A horizontal axis is logarithmic when its values span more than this factor.
WIDE_SPAN = 20


def sweep_table(sweep: Sweep, outcomes: Mapping[int, Finished | Failed]) -> pd.DataFrame:
    """Lay out a sweep with one row for each point, in order, whatever became of it.

    Parameters
    ----------
    sweep : Sweep
        The sweep.
    outcomes : mapping of int to Finished or Failed
        By the points' positions in ``Sweep.points``; those not run are missing.

    Returns
    -------
    pandas.DataFrame
        The varied parameters (lists as text), every metric (NaN where there is none), ``seconds``,
        ``state`` (``"finished"``, ``"failed"`` or ``"not run"``), ``error`` and ``notebook`` (the
        file's name).
    """
    rows = []
    for position, point in enumerate(sweep.points()):
        outcome = outcomes.get(position)
        finished = isinstance(outcome, Finished)
        error = " ".join(outcome.error.split()) if isinstance(outcome, Failed) else ""
        rows.append(
            {
                **{k: str(v) if isinstance(v, list) else v for k, v in point.items()},
                **(outcome.metrics if finished else {}),
                "seconds": round(outcome.seconds, 1) if finished else np.nan,
                "state": "not run" if outcome is None else "finished" if finished else "failed",
                "error": error,
                "notebook": outcome.notebook.name if outcome else "",
            }
        )
    table = pd.DataFrame(rows)
    last = ["seconds", "state", "error", "notebook"]
    return table[[column for column in table.columns if column not in last] + last]


def write_sweep(sweep: Sweep, table: pd.DataFrame, folder: Path) -> list[Path]:
    """Write a sweep's table as CSV and Parquet, and its figure as PNG; return the files.

    Without a finished point there is no figure.
    """
    csv, parquet, png = (folder / f"results.{kind}" for kind in ("csv", "parquet", "png"))
    with written_whole(csv) as temporary:
        table.to_csv(temporary, index=False)
    with written_whole(parquet) as temporary:
        table.to_parquet(temporary, index=False)
    if not (table["state"] == "finished").any():
        return [csv, parquet]
    figure = sweep_figure(sweep, table)
    with written_whole(png) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH, metadata={"Description": figure.alt_text})
    return [csv, parquet, png]


def sweep_figure(sweep: Sweep, table: pd.DataFrame) -> DescribedFigure:
    """Draw the sweep's metrics along one parameter, with intervals over the others.

    Parameters
    ----------
    sweep : Sweep
        The sweep; ``sweep.figure`` says what to draw.
    table : pandas.DataFrame
        From ``sweep_table``; only finished points are drawn.

    Returns
    -------
    DescribedFigure
        One panel for each value of the panels' parameter. Where several points share a panel and
        a place on the axis, their mean is drawn with its 95 % t interval.
    """
    wanted = sweep.figure
    finished = table[table["state"] == "finished"]
    panels = [(None, finished)]
    if wanted.panels:
        panels = list(finished.groupby(wanted.panels, sort=False))
    figure, axes = new_figure(1, len(panels), 1 + 4.5 * len(panels), 3.6, sharey=True)
    sentences = []
    for axis, (value, rows) in zip(axes.flat, panels, strict=True):
        title = "" if value is None else f"{wanted.panels} = {value}"
        axis.set(title=title, xlabel=wanted.x.replace("_", " "), ylabel=wanted.label)
        axis.label_outer()
        for number, metric in enumerate(wanted.y):
            sentences.append(_draw_line(axis, rows, wanted.x, metric, number))
        _scale(axis, rows[wanted.x])
    axes[0, 0].legend()
    figure.suptitle(sweep.description)
    figure.alt_text = f"{sweep.description}: {'; '.join(sentences)}."
    return figure


def _draw_line(axis: Axes, rows: pd.DataFrame, x: str, metric: str, number: int) -> str:
    groups = rows.groupby(x, sort=False)[metric]
    places = list(groups.groups)
    means = groups.mean().loc[places]
    reach = [_half_width(groups.get_group(place)) for place in places]
    axis.errorbar(
        places,
        means,
        yerr=reach,
        color=COLOURS[number % len(COLOURS)],
        marker=MARKERS[number % len(MARKERS)],
        linestyle=LINES[number % len(LINES)],
        capsize=4,
        label=metric.replace("_", " "),
    )
    first, last = places[0], places[-1]
    return f"{metric} {means[first]:.3g} at {x} {first} and {means[last]:.3g} at {last}"


def _half_width(values: pd.Series) -> float:
    if len(values) < 2:
        return 0.0
    interval = mean_interval(values.to_numpy())
    return interval.high - interval.estimate


def _scale(axis: Axes, values: pd.Series) -> None:
    if not pd.api.types.is_numeric_dtype(values) or values.dtype == bool:
        return
    if values.min() > 0 and values.max() / values.min() >= WIDE_SPAN:
        axis.set_xscale("log")
    places = sorted(values.unique())
    axis.set_xticks(places, [f"{place:g}" for place in places])
    axis.minorticks_off()
