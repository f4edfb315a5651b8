"""A picture drawn by code: what self-supervised learning does, and what it must be asked."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from helpers.figures.basics import COLOURS, GREY, DescribedFigure, new_figure
from helpers.figures.images import show_image

BLUE, ORANGE, PINK, SKY, WHITE = *COLOURS[:2], *COLOURS[4:6], "#FFFFFF"

Point = tuple[float, float]


def pipeline(image: np.ndarray, class_name: str) -> DescribedFigure:
    """Draw the three steps of self-supervised learning, and the question that follows them.

    The picture tells its story with one square uint8 image, grey or in colour, of the class named;
    its pretext task is a quarter turn.

    >>> pipeline(np.eye(8, dtype=np.uint8), "7").alt_text[:27]
    'Three steps and a question.'
    """
    if image.ndim not in (2, 3) or image.shape[0] != image.shape[1] or image.dtype != np.uint8:
        raise ValueError(
            "expected one square uint8 image of shape (size, size) or (size, size, 3), "
            f"got {image.dtype} of shape {image.shape}"
        )
    figure, ((axis,),) = new_figure(width=9, height=4.9)
    axis.set(xlim=(0, 11.4), ylim=(-0.5, 5.7))
    axis.set_axis_off()
    steps = {
        4.9: ("1 Pretext task", "make a question whose\nanswer costs nothing"),
        3.4: ("2 Feature learning", "train on many\nunlabelled images"),
        1.9: ("3 Transfer", "keep the encoder,\nuse a few labels"),
        0.4: ("Did it help?", "the same labels,\nwithout steps 1 and 2"),
    }
    for height, (name, explanation) in steps.items():
        axis.text(0, height + 0.32, name, fontsize=12, fontweight="bold", va="center")
        axis.text(0, height - 0.17, explanation, color=GREY, va="center")
        _arrow(axis, (3.75, height), (4.65, height))
    turned, labelled = np.rot90(image), (image, f"label: {class_name}")
    _picture(axis, 3.2, 4.9, image, "no label")
    _picture(axis, 5.2, 4.9, turned, "")
    question = "question: by how much was it turned?\nanswer: 90°, since we turned it"
    axis.text(5.95, 4.9, question, va="center")
    chains = {
        3.4: (turned, "", "encoder", SKY, "head for angles", ORANGE, "90°"),
        1.9: (*labelled, "encoder", SKY, "head for classes", PINK, class_name),
        0.4: (*labelled, "untrained or none", WHITE, "head for classes", PINK, "as often right?"),
    }
    for height, (picture, caption, encoder, fill, head, head_fill, answer) in chains.items():
        _picture(axis, 3.2, height, picture, caption)
        _box(axis, (5.6, height), (1.8, 0.6), encoder, fill, "--" if fill == WHITE else "-")
        _arrow(axis, (6.55, height), (7.05, height))
        _box(axis, (8.05, height), (1.9, 0.6), head, head_fill)
        _arrow(axis, (9.05, height), (9.7, height))
        axis.text(9.85, height, answer, va="center", fontweight="bold")
    _arrow(axis, (5.6, 3.05), (5.6, 2.25), BLUE)
    axis.text(5.75, 2.65, "the same weights", va="center", color=BLUE)
    axis.axhline(1.15, color=GREY, linestyle="--", linewidth=1)
    figure.alt_text = (
        "Three steps and a question. 1, pretext task: an unlabelled image is turned by 90 degrees, "
        "so the answer is known. 2, feature learning: an encoder and a head for angles learn to "
        f"give that answer. 3, transfer: the same encoder with a new head learns {class_name!r} "
        "from a few labels. The question, did it help, compares with the same labels and head on "
        "an untrained encoder, or on none."
    )
    return figure


def pair_of_views(
    image: np.ndarray, views: tuple[np.ndarray, np.ndarray], asked: str, predictor: bool = False
) -> DescribedFigure:
    """Draw the way of two views to a loss, what is thrown away, and where probes read.

    Image and views are square and grey, uint8 or floats from 0 to 1. ``asked`` is what the loss
    asks of the two embeddings, in a few short lines. With a ``predictor`` the upper view is the
    pupil's, and no gradient flows back to the lower one.

    >>> image = np.eye(8)
    >>> pair_of_views(image, (image.T, image[::-1]), "near?").alt_text[:9]
    'One image'
    """
    end = 13.4 if predictor else 11.6
    figure, ((axis,),) = new_figure(width=9 * end / 11.6, height=3.2)
    axis.set(xlim=(0, end), ylim=(-0.2, 3.5))
    axis.set_axis_off()
    _picture(axis, 0.5, 1.75, image, "no label")
    upper, lower = 2.9, 0.6
    for height, beside, view in zip((upper, lower), (3.12, 0.38), views, strict=True):
        _arrow(axis, (1.05, 1.75), (1.75, height))
        _picture(axis, 2.3, height, view, "a view")
        _arrow(axis, (2.85, height), (3.35, height))
        _box(axis, (4.1, height), (1.5, 0.6), "encoder", SKY)
        _arrow(axis, (4.85, height), (6.65, height))
        axis.text(5.75, beside, "features", ha="center", va="center")
        _box(axis, (7.45, height), (1.6, 0.6), "projector", WHITE, "--")
        predicts = predictor and height == upper
        _arrow(axis, (8.25, height), (8.95 if predicts else end - 1.65, height))
        if not predicts:
            axis.text(9.1, beside, "embedding", ha="center", va="center")
    if predictor:
        _box(axis, (9.8, upper), (1.6, 0.6), "predictor", WHITE, "--")
        _arrow(axis, (10.6, upper), (end - 1.65, upper))
        stopped = "the teacher's side:\nno gradient flows\nback here"
        axis.text(10.3, 1.6, stopped, ha="center", va="center")
        axis.plot(2 * [10.9], [lower - 0.35, lower + 0.35], color=PINK, linewidth=3)
    thrown_away = "the same weights:\nthrown away\nafter training"
    for centre, told, colour in (
        (4.1, "the same\nweights", GREY),
        (5.75, "probes\nread here", BLUE),
        (7.45, thrown_away, GREY),
    ):
        axis.text(centre, 1.75, told, color=colour, ha="center", va="center")
    _arrow(axis, (5.75, 2.15), (5.75, 2.8), BLUE)
    _arrow(axis, (5.75, 1.35), (5.75, 0.7), BLUE)
    _box(axis, (end - 0.85, 1.75), (1.5, 2.9), f"loss:\n{asked}", ORANGE)
    pupil = (
        "On the first view's side a predictor follows, and no gradient flows back on the second's. "
        if predictor
        else ""
    )
    figure.alt_text = (
        "One image without a label becomes two views. Each goes through the same encoder, which "
        f"makes features, and the same projector, which makes an embedding. {pupil}The loss asks "
        f"of the two embeddings: {' '.join(asked.split())} After training the projector is thrown "
        "away; probes read the features."
    )
    return figure


def _picture(axis: Axes, centre: float, height: float, image: np.ndarray, caption: str) -> None:
    half = 0.45
    extent = (centre - half, centre + half, height - half, height + half)
    show_image(axis, image, extent=extent, aspect="auto")
    axis.text(centre, height - half - 0.16, caption, ha="center", va="center", fontsize=9)


def _box(axis: Axes, centre: Point, size: Point, text: str, fill: str, line: str = "-") -> None:
    corner = (centre[0] - size[0] / 2, centre[1] - size[1] / 2)
    style = {"boxstyle": "round,pad=0,rounding_size=0.08", "edgecolor": "black"}
    axis.add_patch(FancyBboxPatch(corner, *size, facecolor=fill, linestyle=line, **style))
    axis.text(*centre, text, ha="center", va="center")


def _arrow(axis: Axes, start: Point, end: Point, colour: str = "black") -> None:
    head = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.4}
    axis.annotate("", xy=end, xytext=start, arrowprops=head)
