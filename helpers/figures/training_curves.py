"""Losses and accuracies as they change, with the lines they cannot or should not cross."""

from collections.abc import Mapping, Sequence

from helpers.figures.basics import STYLES, DescribedFigure, legend_below, mark_reference, new_figure


def learning_curves(
    panels: Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]],
    xlabel: str,
    alt_text: str,
    references: Mapping[str, Mapping[str, float]] | None = None,
    ylabel: str = "",
) -> DescribedFigure:
    """Draw curves in panels side by side, from zero upwards, with lines to compare with.

    By panel title and name of the curve, give the steps or epochs and the values there; by panel
    title and name of the line, its value. A line above which all curves end, such as a floor, has
    its name below it, if there is room. Panels share a ``ylabel``, a quantity and its unit, and its
    scale; without one, each has a scale of its own, and its title says what it measures. Where
    every panel has one curve, there is no legend.

    >>> curves = {"training": ([1, 2], [1.2, 0.4]), "validation": ([1, 2], [1.3, 1.1])}
    >>> figure = learning_curves({"loss (nats)": curves}, "epoch", "Only training loss falls far.")
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['training', 'validation']
    """
    figure, axes = new_figure(1, len(panels), 1.5 + 4.2 * len(panels), 3.8, sharey=bool(ylabel))
    for axis, (title, curves) in zip(axes.flat, panels.items(), strict=True):
        for (name, (steps, values)), style in zip(curves.items(), STYLES, strict=False):
            every = max(1, len(steps) // 10)
            axis.plot(steps, values, linewidth=2, markevery=every, label=name, **style)
        axis.set(title=title, xlabel=xlabel)
        lines = (references or {}).get(title, {})
        highest = max([axis.dataLim.ymax, *lines.values()])
        for name, value in lines.items():
            is_floor = all(values[-1] >= value for _, values in curves.values())
            mark_reference(axis, value, name, below=is_floor and value > highest / 8)
        axis.xaxis.get_major_locator().set_params(integer=True)
    for axis in axes.flat:
        axis.set_ylim(bottom=0)
    axes[0, 0].set_ylabel(ylabel)
    if any(len(curves) > 1 for curves in panels.values()):
        legend_below(figure)
    figure.alt_text = alt_text
    return figure
