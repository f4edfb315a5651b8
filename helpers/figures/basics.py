"""What all figures stand on: a figure that can say what it shows, and a look told apart in grey."""

from io import BytesIO

import numpy as np
from matplotlib import cycler, rcdefaults
from matplotlib.axes import Axes
from matplotlib.figure import Figure

rcdefaults()  # a reader's own matplotlibrc would change the figures, or break them

# Okabe and Ito's palette: told apart by colour-blind readers, and in grey with the markers below.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":", "-", "--", "-.")
STYLES = cycler(color=COLOURS, marker=MARKERS, linestyle=LINES)
GREY = "#6E6E6E"
DOTS_PER_INCH = 90


class DescribedFigure(Figure):
    """A figure whose ``alt_text`` says in a sentence or two what it shows: its finding."""

    alt_text = ""

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        """Give a notebook the picture, with the alternative text as its metadata."""
        if not self.alt_text:
            raise ValueError("set figure.alt_text to a sentence saying what the figure shows")
        buffer = BytesIO()
        self.savefig(
            buffer, format="png", dpi=DOTS_PER_INCH, bbox_inches="tight", metadata={"Software": ""}
        )
        data = {"image/png": buffer.getvalue(), "text/plain": self.alt_text}
        return data, {"image/png": {"alt": self.alt_text}}


def new_figure(
    rows: int = 1, columns: int = 1, width: float = 7.0, height: float = 3.5, **options
) -> tuple[DescribedFigure, np.ndarray]:
    """Make an empty figure and its axes, an array of shape ``(rows, columns)``.

    The size is in inches; options such as ``sharey=True`` go to ``Figure.subplots``. Set the
    figure's ``alt_text`` before showing it.

    >>> figure, axes = new_figure(2, 3, sharey=True)
    >>> axes.shape
    (2, 3)
    """
    figure = DescribedFigure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def legend_below(figure: Figure, columns: int = 5) -> None:
    """Name below the figure, once each, what has a label in any of its axes."""
    handles = {
        name: handle
        for axis in figure.axes
        for handle, name in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    columns = min(columns, len(handles))
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=columns)


def mark_reference(axis: Axes, value: float, label: str, below: bool = False) -> None:
    """Draw a horizontal line, such as a chance level, with its label and value above it.

    With ``below``, they stand under the line: for a floor that curves come down to.
    """
    axis.axhline(value, color=GREY, linestyle=":")
    axis.annotate(
        f"{label}: {value:.3g}",
        xy=(1, value),
        xycoords=("axes fraction", "data"),
        xytext=(-4, -4 if below else 3),
        textcoords="offset points",
        ha="right",
        va="top" if below else "bottom",
        color=GREY,
    )
