"""What a sweep found: one row a point, as CSV and Parquet, and a figure."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.evaluation.statistics import Interval, mean_interval
from helpers.figures.basics import DOTS_PER_INCH, DescribedFigure
from helpers.figures.intervals import interval_panels
from helpers.lesson.files import written_whole
from helpers.runner.reports import Failed, Finished
from helpers.runner.sweeps import OWN_COLUMNS, Sweep


def sweep_table(sweep: Sweep, outcomes: Mapping[int, Finished | Failed]) -> pd.DataFrame:
    """Lay out a sweep with one row for each point, in order, whatever became of it.

    ``outcomes`` go by the points' positions in ``Sweep.points``; those not run are missing. The
    columns are the varied parameters (lists as text), every metric (NaN where there is none),
    ``seconds``, ``state`` (``"finished"``, ``"failed"`` or ``"not run"``), ``error`` and
    ``notebook`` (the file's name).
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
    first = [column for column in table.columns if column not in OWN_COLUMNS]
    return table[[*first, *OWN_COLUMNS]]


def write_sweep(sweep: Sweep, table: pd.DataFrame, folder: Path) -> list[Path]:
    """Write a sweep's table as CSV and Parquet, and its figure as PNG; return the files.

    Without a finished point there is no figure, nor is an older one left.
    """
    csv, parquet, png = (folder / f"results.{kind}" for kind in ("csv", "parquet", "png"))
    with written_whole(csv) as temporary:
        table.to_csv(temporary, index=False)
    with written_whole(parquet) as temporary:
        table.to_parquet(temporary, index=False)
    if not (table["state"] == "finished").any():
        png.unlink(missing_ok=True)
        return [csv, parquet]
    figure = sweep_figure(sweep, table)
    with written_whole(png) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH, metadata={"Description": figure.alt_text})
    return [csv, parquet, png]


def sweep_figure(sweep: Sweep, table: pd.DataFrame) -> DescribedFigure:
    """Draw the metrics of the finished points along one parameter, as ``sweep.figure`` says.

    Each value of the panels' parameter has a panel. Where several points share a panel and a place
    on the axis, their mean is drawn with its 95 % t interval.
    """
    wanted, finished = sweep.figure, table[table["state"] == "finished"]
    panels = {"": finished}
    if wanted.panels:
        by_value = finished.groupby(wanted.panels, sort=False)
        panels = {_literal(f"{wanted.panels} = {value}"): rows for value, rows in by_value}
    curves = {
        title: {
            metric.replace("_", " "): {
                place: _interval(values)
                for place, values in rows.groupby(wanted.x, sort=False)[metric]
            }
            for metric in wanted.y
        }
        for title, rows in panels.items()
    }
    x = wanted.x.replace("_", " ")
    sentences = [
        f"{metric} {curve[places[0]].estimate:.3g} at {x} {places[0]} "
        f"and {curve[places[-1]].estimate:.3g} at {places[-1]}"
        for metrics in curves.values()
        for metric, curve in metrics.items()
        for places in [list(curve)]
    ]
    return interval_panels(
        curves,
        xlabel=x,
        ylabel=_literal(wanted.label),
        title=_literal(sweep.description),
        alt_text=f"{sweep.description}: {'; '.join(sentences)}.",
        columns=len(curves),
        percent=False,
    )


def _literal(text: str) -> str:
    """Keep Matplotlib from reading dollar signs as formulas."""
    return text.replace("$", r"\$")


def _interval(values: pd.Series) -> Interval:
    if len(values) > 1:
        return mean_interval(values.to_numpy())
    return Interval(*[values.item()] * 3, count=1)
