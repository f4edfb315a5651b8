"""One function per recurring figure; each returns a figure that can say what it shows."""

from collections.abc import Mapping, Sequence
from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette: told apart by colour-blind readers, and in grey with the markers below.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":", "-", "--", "-.")
GREY = "#6E6E6E"
DOTS_PER_INCH = 90


class DescribedFigure(Figure):
    """A figure with a text for those who cannot see it.

    Attributes
    ----------
    alt_text : str
        One or two sentences saying what the figure shows, its finding rather than its form.
    """

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
    """Make an empty described figure and its axes.

    Parameters
    ----------
    rows, columns : int
        Layout of the axes.
    width, height : float
        Size of the whole figure in inches.
    **options
        Passed on to ``Figure.subplots``, for example ``sharey=True``.

    Returns
    -------
    figure : DescribedFigure
        Set its ``alt_text`` before showing it.
    axes : numpy.ndarray of matplotlib.axes.Axes
        Shape ``(rows, columns)``.
    """
    figure = DescribedFigure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **options)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
    return figure, axes


def image_grid(
    rows: Mapping[str, np.ndarray],
    titles: Sequence[str] | None,
    alt_text: str,
    title: str = "",
    wrong: Sequence[bool] | None = None,
) -> DescribedFigure:
    """Show named rows of images.

    Parameters
    ----------
    rows : mapping of str to numpy.ndarray
        Grey images of shape ``(n, height, width)`` by the name of their row; an empty name is not
        drawn. uint8 images are shown from 0 to 255, float images from 0 to 1.
    titles : sequence of str or None
        A title above each column.
    alt_text : str
        What the figure shows.
    title : str
        A title above the whole figure.
    wrong : sequence of bool, optional
        Columns whose title is set in bold red and framed: mistakes to look at.

    Returns
    -------
    DescribedFigure

    Raises
    ------
    ValueError
        If rows differ in length, or there is no image.
    """
    lengths = {len(images) for images in rows.values()}
    if len(lengths) != 1 or lengths == {0}:
        raise ValueError(f"every row needs the same number of images, got {sorted(lengths)}")
    columns = lengths.pop()
    figure, axes = new_figure(len(rows), columns, 1.05 * columns + 0.9, 1.1 * len(rows) + 0.6)
    for row, (name, images) in zip(axes, rows.items(), strict=True):
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
        for axis, image in zip(row, images, strict=True):
            brightest = 255 if image.dtype == np.uint8 else 1
            axis.imshow(image, cmap="gray", vmin=0, vmax=brightest, interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
    for column, text in enumerate(titles or []):
        axes[0, column].set_title(text, fontsize=9)
        if wrong is not None and wrong[column]:
            axes[0, column].set_title(text, fontsize=9, color=COLOURS[3], fontweight="bold")
            axes[0, column].spines[:].set(visible=True, color=COLOURS[3], linewidth=3)
    if title:
        figure.suptitle(title)
    figure.alt_text = alt_text
    return figure


def learning_curves(
    history: Mapping[str, Sequence[float]], chance: float, alt_text: str
) -> DescribedFigure:
    """Draw loss and accuracy over the epochs, training beside validation.

    Parameters
    ----------
    history : mapping of str to sequence of float
        ``loss`` and ``accuracy`` by epoch, and the same with the prefix ``val_``, as Keras'
        ``History.history`` holds them.
    chance : float
        Accuracy of guessing, from 0 to 1, drawn as a line; the loss of guessing is its
        ``-log(chance)``.
    alt_text : str
        What the figure shows.

    Returns
    -------
    DescribedFigure
    """
    figure, axes = new_figure(1, 2, 9, 3.2)
    epochs = np.arange(1, len(history["loss"]) + 1)
    panels = (("loss", "cross-entropy (nats)", -np.log(chance)), ("accuracy", "accuracy", chance))
    for axis, (name, label, guessing) in zip(axes.flat, panels, strict=True):
        axis.plot(epochs, history[name], color=COLOURS[0], marker=MARKERS[0], label="training")
        axis.plot(
            epochs,
            history[f"val_{name}"],
            color=COLOURS[1],
            marker=MARKERS[1],
            linestyle=LINES[1],
            label="validation",
        )
        axis.axhline(guessing, color=GREY, linestyle=":", label=f"guessing ({guessing:.2f})")
        axis.set(title=name.capitalize(), xlabel="epoch", ylabel=label, xticks=epochs)
        axis.set_ylim(bottom=0)
        axis.legend()
    figure.alt_text = alt_text
    return figure


def accuracy_by_class(
    names: Sequence[str],
    accuracies: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    overall: float,
    title: str,
    alt_text: str,
) -> DescribedFigure:
    """Draw one accuracy per class with its interval, and the overall accuracy as a line.

    Parameters
    ----------
    names : sequence of str
        Class names.
    accuracies : sequence of float
        From 0 to 1.
    intervals : sequence of (float, float)
        Lower and upper end for each class.
    overall : float
        Accuracy over all classes, from 0 to 1.
    title, alt_text : str
        Title, and what the figure shows.

    Returns
    -------
    DescribedFigure
    """
    figure, axes = new_figure(1, 1, 8, 3.4)
    axis = axes[0, 0]
    centres, ends = np.asarray(accuracies), np.asarray(intervals)
    axis.errorbar(
        np.arange(len(names)),
        centres,
        yerr=np.abs(ends.T - centres),
        color=COLOURS[0],
        fmt="o",
        capsize=4,
    )
    axis.axhline(overall, color=GREY, linestyle="--")
    axis.set_title(f"{title}\n(dashed: all classes, {overall:.3f})")
    axis.set_ylabel("accuracy, 95 % interval")
    axis.set_ylim(top=1.01)
    angle = 30 if len(max(names, key=len)) > 5 else 0
    axis.set_xticks(np.arange(len(names)), names, rotation=angle)
    figure.alt_text = alt_text
    return figure


def confusion_table(
    counts: np.ndarray,
    names: Sequence[str],
    title: str,
    axis_labels: tuple[str, str],
    alt_text: str,
) -> DescribedFigure:
    """Draw a confusion table with its row shares written into the cells.

    Parameters
    ----------
    counts : numpy.ndarray
        Shape ``(k, k)``: row is the truth, column the prediction.
    names : sequence of str
        The ``k`` names.
    title : str
        Title.
    axis_labels : (str, str)
        Labels of the truth and of the prediction axis.
    alt_text : str
        What the figure shows.

    Returns
    -------
    DescribedFigure
    """
    shares = counts / counts.sum(axis=1, keepdims=True)
    figure, axes = new_figure(1, 1, 1.6 + 0.8 * len(names), 1.2 + 0.7 * len(names))
    axis = axes[0, 0]
    axis.imshow(shares, cmap="cividis", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share < 0.5 else "black"
        axis.text(column, row, f"{100 * share:.1f}", ha="center", va="center", color=colour)
    axis.set_xticks(range(len(names)), names)
    axis.set_yticks(range(len(names)), names)
    axis.set(title=title, ylabel=axis_labels[0], xlabel=axis_labels[1])
    figure.alt_text = alt_text
    return figure


def intervals_by_arm(
    panels: Mapping[str, Sequence[tuple[str, float, float, float]]],
    xlabel: str,
    alt_text: str,
    reference: float | None = None,
    title: str = "",
) -> DescribedFigure:
    """Draw one dot with its interval per arm, in panels two to a row.

    Parameters
    ----------
    panels : mapping of str to sequence of (str, float, float, float)
        By panel title: name, estimate, lower and upper end of each arm, from top to bottom.
    xlabel : str
        Quantity and unit.
    alt_text : str
        What the figure shows.
    reference : float, optional
        A vertical line to compare with, such as 0 for differences.
    title : str
        A title above the whole figure.

    Returns
    -------
    DescribedFigure

    Raises
    ------
    ValueError
        If the panels do not list the same arms in the same order, or there is none.
    """
    orders = {tuple(name for name, *_ in results) for results in panels.values()}
    if len(orders) != 1:
        raise ValueError(f"all panels must list the same arms in the same order, got {orders}")
    arms = len(orders.pop())
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    width, height = 3.4 * columns + 2.4, rows * (0.34 * arms + 1.1)
    figure, axes = new_figure(rows, columns, width, height, sharex=True, sharey=True)
    for axis in axes.flat[len(panels) :]:
        axis.set_visible(False)
    for axis, (panel, results) in zip(axes.flat, panels.items(), strict=False):
        for position, (_, estimate, low, high) in enumerate(results):
            axis.errorbar(
                estimate,
                position,
                xerr=[[estimate - low], [high - estimate]],
                color=COLOURS[position % len(COLOURS)],
                marker=MARKERS[position % len(MARKERS)],
                capsize=4,
            )
        if reference is not None:
            axis.axvline(reference, color=GREY, linestyle=":")
        axis.set_title(panel)
        axis.set_yticks(range(arms), [name for name, *_ in results])
        axis.set_ylim(arms - 0.5, -0.5)
    for axis in axes.flat[max(0, len(panels) - columns) : len(panels)]:
        axis.set_xlabel(xlabel)
        axis.tick_params(labelbottom=True)
    if title:
        figure.suptitle(title)
    figure.alt_text = alt_text
    return figure


def mark_reference(axis: Axes, value: float, label: str, below: bool = False) -> None:
    """Draw a labelled horizontal line, such as a chance level or a floor, on an axis.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        Where to draw.
    value : float
        Height of the line, written behind its label.
    label : str
        What the line stands for.
    below : bool
        Write under the line instead of above it: for a floor that curves come down to.
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
