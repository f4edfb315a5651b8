"""The figure of intervals: arms in panels, along an axis or in rows."""

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest

import numpy as np
from matplotlib import cycler
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from helpers.evaluation.statistics import Interval
from helpers.figures.basics import GREY, STYLES, DescribedFigure, legend_below, new_figure

DASHES = ((0, (1, 1)), (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (6, 3)))
CROSSES = ("x", "+", "*", "2")
BASELINES = cycler(marker=CROSSES, linestyle=DASHES, color=4 * ["#222222"], markersize=4 * [8])
WIDE_SPAN = 10  # an axis whose places span this factor is logarithmic
MOST = 101  # percent that an axis shows: room for a marker at 100

Curve = Mapping[float | str, Interval]  # by the place on the axis, such as the number of labels


def interval_panels(
    panels: Mapping[str, Mapping[str, Curve]],
    xlabel: str,
    alt_text: str,
    ylabel: str = "",
    title: str = "",
    columns: int = 2,
    in_rows: bool = False,
    percent: bool = True,
    reference: float | None = None,
    baselines: Sequence[str] = (),
    **options,
) -> DescribedFigure:
    """Draw the intervals of arms by place, such as a number of labels, in panels.

    Intervals are fractions, drawn in percent or points. An arm looks the same in every panel:
    baselines are dark, with markers like crosses, the others coloured, with filled markers, so
    that all can be read in grey. Arms that share a place stand side by side.

    >>> curve = {10: Interval(0.4, 0.3, 0.5, 5), 100: Interval(0.6, 0.5, 0.7, 5)}
    >>> figure = interval_panels({"digits": {"pixels": curve}}, "labels", "More labels help.")
    >>> figure.axes[0].lines[0].get_ydata()
    array([40., 60.])

    ``panels`` hold the curves by title and arm; one without arms stays empty. With ``in_rows``,
    places are rows from top to bottom and intervals lie across them. ``percent=False`` draws values
    as they are. ``reference``, in the unit of the intervals, is a line to compare with, such as 0
    for differences. Other options, such as ``sharey=False``, go to ``Figure.subplots``.
    """
    arms = list(dict.fromkeys(arm for curves in panels.values() for arm in curves))
    if not arms:
        raise ValueError("a figure of intervals needs at least one arm, got none")
    drawn = [curve for curves in panels.values() for curve in curves.values()]
    places = list(dict.fromkeys(place for curve in drawn for place in curve))
    named = set(arms) == set(places)  # rows that are named like the arms need no legend
    alike = named and len(arms) > len(STYLES)  # rather one colour for all than one for some
    coloured, dark = (STYLES[:1] if alike else STYLES)(), BASELINES()
    styles = {arm: next(dark if arm in baselines else coloured) for arm in arms}
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    width, height = (3.85, 0.8 + 0.38 * len(places)) if in_rows else (4.5, 3.7)
    whole = 1.5 + width * columns, 0.8 + height * rows
    figure, axes = new_figure(rows, columns, *whole, **{"sharey": True} | options)
    scale = 100 if percent else 1
    for axis, (name, curves) in zip_longest(axes.flat, panels.items(), fillvalue=("", {})):
        axis.set(title=name, visible=bool(curves))
        axis.grid(axis="y", color="#DDDDDD", linewidth=0.6)
        spot = _mark_places(axis, places, in_rows, crowded=width < 0.4 * len(places))
        for arm, curve in curves.items():
            spots = [spot(place, _beside(arm, place, curves)) for place in curve]
            ends = [(interval.estimate, interval.low, interval.high) for interval in curve.values()]
            middle, low, high = scale * np.array(ends).T
            reach = (middle - low, high - middle)
            style = {"label": arm, "capsize": 2, **styles[arm]}
            if in_rows:  # with small markers, so that short intervals are seen
                row_style = {"markersize": 4.5, **style, "linestyle": "none"}
                axis.errorbar(middle, spots, xerr=reach, **row_style)
            else:
                axis.errorbar(spots, middle, yerr=reach, **style)
        if reference is not None:
            draw_line = axis.axvline if in_rows else axis.axhline
            draw_line(scale * reference, color=GREY, linestyle=":", zorder=1)
    for axis in axes.flat if percent else ():
        if in_rows:
            axis.set_xlim(np.clip(axis.get_xlim(), -MOST, MOST))
        else:
            axis.set_ylim(np.clip(axis.get_ylim(), -MOST, MOST))
    for axis in axes.flat[max(0, len(panels) - columns) : len(panels)]:
        axis.set_xlabel(xlabel)
        axis.tick_params(labelbottom=True)
    for axis in axes[:, 0]:
        axis.set_ylabel(ylabel)
    if not named:
        legend_below(figure)
    if title:
        figure.suptitle(title)
    figure.alt_text = alt_text
    return figure


def intervals_by_arm(
    panels: Mapping[str, Mapping[str, Interval]], xlabel: str, alt_text: str, **options
) -> DescribedFigure:
    """Draw a row with its interval for each arm, in panels that share their axes.

    All panels list the same arms in the same order. Options are those of ``interval_panels``.

    >>> gains = {"rotation": Interval(0.02, 0.01, 0.03, 5), "masking": Interval(0, -0.01, 0.01, 5)}
    >>> figure = intervals_by_arm({"digits": gains}, "points", "Rotation gains.", reference=0)
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['rotation', 'masking']
    """
    orders = {tuple(results) for results in panels.values()}
    if len(orders) != 1:
        raise ValueError(f"all panels must list the same arms in the same order, got {orders}")
    rows = {
        name: {arm: {arm: interval} for arm, interval in results.items()}
        for name, results in panels.items()
    }
    return interval_panels(rows, xlabel, alt_text, in_rows=True, sharex=True, **options)


def _mark_places(
    axis: Axes, places: Sequence[float | str], in_rows: bool, crowded: bool
) -> Callable[[float | str, float], float]:
    """Mark places on an axis, and return where to draw an arm, -0.5 to 0.5 beside a place."""
    if in_rows:
        axis.set_yticks(range(len(places)), places)
        axis.set_ylim(len(places) - 0.5, -0.5)
        # few and round, so that labels of neighbouring panels do not touch
        axis.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 4, 5, 10], min_n_ticks=3))
        return lambda place, beside: places.index(place) + beside / 2
    numeric = np.array(places).dtype.kind in "iuf"
    wide = numeric and min(places) > 0 and max(places) >= WIDE_SPAN * min(places)
    if wide:
        axis.set_xscale("log")
    names = [f"{place:g}" if numeric else str(place) for place in places]
    axis.set_xticks(places if numeric else range(len(places)), names)
    axis.minorticks_off()
    axis.tick_params(axis="x", labelrotation=90 if crowded else 0)
    if wide:
        return lambda place, beside: place * 1.13**beside
    return lambda place, beside: place if numeric else places.index(place) + beside / 2


def _beside(arm: str, place: float | str, curves: Mapping[str, Curve]) -> float:
    """Return how far an arm stands from the middle of those that share its place."""
    sharing = [other for other, curve in curves.items() if place in curve]
    return (sharing.index(arm) + 0.5) / len(sharing) - 0.5
