"""Losses and errors as they fall, with the lines they cannot or should not cross."""

from collections.abc import Mapping, Sequence

from helpers.figures.basics import COLOURS, LINES, DescribedFigure, mark_reference, new_figure


def loss_curves(
    panels: Mapping[str, Mapping[str, tuple[Sequence[float], Sequence[float]]]],
    references: Mapping[str, Mapping[str, float]],
    xlabel: str,
    ylabel: str,
    alt_text: str,
    top: float | None = None,
) -> DescribedFigure:
    """Draw curves in panels side by side, with labelled reference lines such as floors.

    Parameters
    ----------
    panels : mapping of str to mapping of str to (sequence, sequence)
        By panel title: steps or epochs, and the values there, by the name of each curve.
    references : mapping of str to mapping of str to float
        By panel title: values to mark with a line, by their name. Panels may be left out. A floor,
        above which all curves end, has its name under its line.
    xlabel, ylabel : str
        Quantity and unit, the same in all panels.
    alt_text : str
        What the figure shows.
    top : float, optional
        Upper end of the vertical axis, which starts at 0; what lies above is cut off.

    Returns
    -------
    DescribedFigure
    """
    figure, axes = new_figure(1, len(panels), 1.5 + 4.2 * len(panels), 3.8, sharey=True)
    for axis, (title, curves) in zip(axes.flat, panels.items(), strict=True):
        for (name, (steps, values)), colour, line in zip(
            curves.items(), COLOURS, LINES, strict=False
        ):
            axis.plot(steps, values, color=colour, linestyle=line, linewidth=2, label=name)
        for name, value in references.get(title, {}).items():
            is_floor = all(values[-1] >= value for _, values in curves.values())
            mark_reference(axis, value, name, below=is_floor)
        axis.set(title=title, xlabel=xlabel)
        axis.set_ylim(0, top)
    axes[0, 0].set_ylabel(ylabel)
    handles, names = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names))
    figure.alt_text = alt_text
    return figure
