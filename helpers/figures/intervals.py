"""Figures that compare methods: over label budgets, layer by layer, and as histograms."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from helpers.evaluation.statistics import Interval
from helpers.figures.basics import COLOURS, GREY, LINES, MARKERS, DescribedFigure, new_figure

BASELINE_MARKERS = ("x", "+", "1", "2")
BASELINE_LINES = ((0, (1, 1)), (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (6, 3)))
DARK = "#222222"

Curve = Mapping[int, Interval]


def label_efficiency(
    panels: Mapping[str, Mapping[str, Curve]], baselines: Sequence[str], alt_text: str
) -> DescribedFigure:
    """Draw accuracy over the number of labels, one line per arm, in panels two to a row.

    An arm has the same colour, marker and line in every panel. Baselines are dark, with markers
    like crosses; the others are coloured, with filled markers. So the figure can be read in grey.

    Parameters
    ----------
    panels : mapping of str to mapping of str to mapping of int to Interval
        By panel title and arm: mean accuracy by number of labels. Arms may be left out of a panel.
    baselines : sequence of str
        Which arms are baselines; at most four.
    alt_text : str
        What the figure shows.

    Returns
    -------
    DescribedFigure

    Raises
    ------
    ValueError
        If there is nothing to draw.
    """
    arms = list(dict.fromkeys(arm for curves in panels.values() for arm in curves))
    if not arms:
        raise ValueError("label efficiency needs at least one arm, got none")
    rows = -(-len(panels) // 2)
    columns = min(2, len(panels))
    figure, axes = new_figure(rows, columns, 5.2 * columns, 3.7 * rows + 0.8, sharey=True)
    styles = _styles(arms, baselines)
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    for axis, (title, curves) in zip(axes.flat, panels.items(), strict=False):
        for arm, curve in curves.items():
            shift = 1.018 ** (arms.index(arm) - (len(arms) - 1) / 2)
            _draw_curve(axis, curve, shift, label=arm, **styles[arm])
        _label_axis(axis, max(curves.values(), key=len))
        axis.set_title(title)
        axis.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    low, high = axes[0, 0].get_ylim()
    axes[0, 0].set_ylim(max(low, 0), min(high, 100))
    for axis in axes[:, 0]:
        axis.set_ylabel("test accuracy, %")
    handles = {
        name: handle
        for axis in axes.flat
        for handle, name in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        [handles[arm] for arm in arms], arms, loc="outside lower center", ncols=min(4, len(arms))
    )
    figure.alt_text = alt_text
    return figure


def gains_over_baseline(
    panels: Mapping[tuple[str, str], Mapping[str, Curve]], baseline: str, alt_text: str
) -> DescribedFigure:
    """Draw paired differences from a baseline over the number of labels, in a grid of panels.

    Parameters
    ----------
    panels : mapping of (str, str) to mapping of str to mapping of int to Interval
        By row and column of the grid, such as data set and method, and by line, such as the layer:
        the difference by number of labels. Missing panels stay empty.
    baseline : str
        What is subtracted, for the label of the axis.
    alt_text : str
        What the figure shows.

    Returns
    -------
    DescribedFigure

    Raises
    ------
    ValueError
        If there is no panel.
    """
    if not panels:
        raise ValueError("gains need at least one panel, got none")
    rows, columns = (list(dict.fromkeys(key[part] for key in panels)) for part in (0, 1))
    figure, axes = new_figure(
        len(rows), len(columns), 1.4 + 1.75 * len(columns), 0.9 + 2.2 * len(rows), sharey=True
    )
    lines = list(dict.fromkeys(line for curves in panels.values() for line in curves))
    styles = _styles(lines, ())
    for row, row_axes in zip(rows, axes, strict=True):
        row_axes[0].set_ylabel(f"{row}\npoints")
        for column, axis in zip(columns, row_axes, strict=True):
            if (row, column) not in panels:
                axis.set_visible(False)
                continue
            axis.axhline(0, color=DARK, linewidth=1)
            curves = panels[row, column]
            for position, (line, curve) in enumerate(curves.items()):
                _draw_curve(axis, curve, 1.09 ** (position - 0.5), label=line, **styles[line])
            _label_axis(axis, max(curves.values(), key=len), sparse=True)
            axis.set_title(column)
    figure.suptitle(f"Difference from {baseline}, 95 % interval")
    handles, names = next(iter(axes.flat)).get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))
    figure.alt_text = alt_text
    return figure


def layer_by_layer(
    panels: Mapping[str, Mapping[str, Mapping[str, Interval]]],
    references: Mapping[str, Mapping[str, Interval]],
    alt_text: str,
) -> DescribedFigure:
    """Draw the accuracy of each layer of each arm on one line, in panels side by side.

    Parameters
    ----------
    panels : mapping of str to mapping of str to mapping of str to Interval
        By panel title and arm, from top to bottom: accuracy by layer.
    references : mapping of str to mapping of str to Interval
        By panel title: accuracies to mark with a labelled vertical line.
    alt_text : str
        What the figure shows.

    Returns
    -------
    DescribedFigure

    Raises
    ------
    ValueError
        If there is no arm to draw.
    """
    arms = list(dict.fromkeys(arm for results in panels.values() for arm in results))
    if not arms:
        raise ValueError("a comparison of layers needs at least one arm, got none")
    figure, axes = new_figure(1, len(panels), 2 + 4.2 * len(panels), 1.7 + 0.45 * len(arms))
    for axis, (title, results) in zip(axes.flat, panels.items(), strict=True):
        for arm, layers in results.items():
            position = arms.index(arm)
            middle = [100 * interval.estimate for interval in layers.values()]
            axis.plot(middle, [position] * len(middle), color=GREY, linewidth=1, zorder=1)
            for number, (layer, interval) in enumerate(layers.items()):
                axis.errorbar(
                    100 * interval.estimate,
                    position + 0.12 * (2 * number - 1),
                    xerr=_margins([interval], 100),
                    color=COLOURS[3 * number % len(COLOURS)],
                    marker=MARKERS[number],
                    markerfacecolor="white" if number else COLOURS[0],
                    capsize=3,
                    linestyle="none",
                    label=layer if arm == arms[0] else None,
                )
        for line, (name, interval) in zip(
            LINES[1:], references.get(title, {}).items(), strict=False
        ):
            axis.axvline(100 * interval.estimate, color=DARK, linestyle=line, label=name)
        axis.set(title=title, xlabel="test accuracy, %")
        axis.set_yticks(range(len(arms)), arms)
        axis.set_ylim(len(arms) - 0.5, -0.5)
        axis.set_xlim(right=min(axis.get_xlim()[1], 100))
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))
    figure.alt_text = alt_text
    return figure


def histograms(
    panels: Mapping[str, np.ndarray], xlabels: Sequence[str], alt_text: str, centre: str
) -> DescribedFigure:
    """Draw how values are spread, in panels side by side, with the middle 95 % shaded.

    Parameters
    ----------
    panels : mapping of str to numpy.ndarray
        Values by panel title, shape ``(n,)``.
    xlabels : sequence of str
        Quantity and unit of each panel.
    alt_text : str
        What the figure shows.
    centre : str
        How the legend calls the dashed line at the mean.

    Returns
    -------
    DescribedFigure

    Raises
    ------
    ValueError
        If a panel has no values.
    """
    for title, values in panels.items():
        if np.size(values) == 0:
            raise ValueError(f"the histogram {title!r} has no values")
    figure, axes = new_figure(1, len(panels), 3.5 * len(panels), 3.3)
    for axis, (title, values), xlabel in zip(axes.flat, panels.items(), xlabels, strict=True):
        low, high = np.percentile(values, [2.5, 97.5])
        axis.axvspan(low, high, color=COLOURS[5], alpha=0.25, label="middle 95 %")
        axis.hist(values, bins=20, color=GREY, edgecolor="white", linewidth=0.5)
        axis.axvline(np.mean(values), color=DARK, linestyle="--", label=centre)
        axis.set(title=title, xlabel=xlabel, yticks=[])
        axis.spines["left"].set_visible(False)
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=2)
    figure.alt_text = alt_text
    return figure


def _styles(arms: Sequence[str], baselines: Sequence[str]) -> dict[str, dict]:
    others = [arm for arm in arms if arm not in baselines]
    dark = {
        arm: {
            "color": DARK,
            "marker": marker,
            "markersize": 8,
            "linestyle": line,
            "linewidth": 1.4,
        }
        for arm, marker, line in zip(baselines, BASELINE_MARKERS, BASELINE_LINES, strict=False)
    }
    coloured = {
        arm: {
            "color": COLOURS[number % len(COLOURS)],
            "marker": MARKERS[number % len(MARKERS)],
            "markersize": 5,
            "linestyle": LINES[number % len(LINES)],
            "linewidth": 1.6,
        }
        for number, arm in enumerate(others)
    }
    return dark | coloured


def _draw_curve(axis: Axes, curve: Curve, shift: float, **style) -> None:
    counts = sorted(curve)
    intervals = [curve[count] for count in counts]
    axis.errorbar(
        np.array(counts) * shift,
        [100 * interval.estimate for interval in intervals],
        yerr=_margins(intervals, 100),
        elinewidth=0.9,
        **style,
    )


def _margins(intervals: Sequence[Interval], scale: float) -> np.ndarray:
    """Return the distances from the estimates to both ends, shape ``(2, n)``."""
    return scale * np.array(
        [
            [interval.estimate - interval.low for interval in intervals],
            [interval.high - interval.estimate for interval in intervals],
        ]
    )


def _label_axis(axis: Axes, curve: Curve, sparse: bool = False) -> None:
    counts = sorted(curve)
    axis.set_xscale("log")
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_xticks(counts, [f"{count}" for count in counts])
    if sparse:
        shown = {count for count in counts if str(count).strip("0") == "1"} or set(counts)
        axis.set_xticks(counts, [f"{count}" if count in shown else "" for count in counts])
    axis.set_xlabel("labels")
