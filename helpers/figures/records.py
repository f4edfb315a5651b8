"""The figure of a learner's record: which predictions came true."""

import numpy as np
import pandas as pd

from helpers.figures.basics import COLOURS, GREY, DescribedFigure, legend_below, new_figure


def prediction_bars(record: pd.DataFrame) -> DescribedFigure:
    """Draw by lesson how many predictions came true, beside what guessing would get.

    ``record`` is what ``prediction_record`` returns; predictions of a number are left out, as there
    is no guessing among choices. Raises a ``ValueError`` if nothing else is there.
    """
    chosen = record.dropna(subset="by_chance")
    if chosen.empty:
        raise ValueError("no prediction among choices has met its result yet")
    lessons = chosen.groupby(chosen.index.str[:2])
    count, right = lessons.size(), lessons["right"].sum()
    guessing = lessons["by_chance"].sum()
    figure, axes = new_figure(1, 1, 6.5, 1.6 + 0.4 * len(count))
    (axis,) = axes.flat
    rows = np.arange(len(count))
    axis.barh(rows, count, color="white", edgecolor=GREY, label="asked")
    axis.barh(rows, right.astype(int), color=COLOURS[0], label="came true")
    axis.plot(guessing, rows, "D", color=COLOURS[1], markeredgecolor="black", label="by guessing")
    axis.set(yticks=rows, yticklabels=count.index, ylabel="lesson", xlabel="predictions")
    axis.invert_yaxis()
    axis.xaxis.get_major_locator().set_params(integer=True)
    legend_below(figure)
    total = f"{right.sum()} of {count.sum()} predictions came true"
    axis.set_title(f"{total}, {guessing.sum():.1f} by guessing")
    figure.alt_text = f"{total}; guessing among the choices would get {guessing.sum():.1f} right."
    return figure
