"""Pictures drawn by code: what self-supervised learning does, and how the lessons hang together."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from helpers.figures.basics import COLOURS, GREY, DescribedFigure, new_figure

FRAMEWORKS = {"keras": "Keras", "pytorch": "PyTorch"}
NO_FRAMEWORK = "NumPy and scikit-learn"
LANES = (NO_FRAMEWORK, *FRAMEWORKS.values())
WHITE = "#FFFFFF"
LANE_COLOURS = dict(zip(LANES, (WHITE, COLOURS[5], COLOURS[1]), strict=True))
ENCODER, PRETEXT_HEAD, NEW_HEAD, NO_ENCODER = COLOURS[5], COLOURS[1], COLOURS[4], WHITE
LESSON_SIZE = (0.88, 0.6)


def pipeline(image: np.ndarray, class_name: str) -> DescribedFigure:
    """Draw the three steps of self-supervised learning, and the question that follows them.

    Parameters
    ----------
    image : numpy.ndarray
        One grey image of shape ``(size, size)``, dtype uint8: the example the picture tells its
        story with. The pretext task in the picture is a quarter turn.
    class_name : str
        What the image shows, for example ``"7"``.

    Returns
    -------
    DescribedFigure

    Raises
    ------
    ValueError
        If the image is not a square, or not uint8.
    """
    if image.ndim != 2 or image.shape[0] != image.shape[1] or image.dtype != np.uint8:
        raise ValueError(
            "expected one square uint8 image of shape (size, size), "
            f"got {image.dtype} of shape {image.shape}"
        )
    figure, axis = _canvas(9, 4.9, (0, 11.4), (-0.5, 5.7))
    turned = np.rot90(image)
    _step(axis, 4.9, "1 Pretext task", "make a question whose\nanswer costs nothing")
    _picture(axis, 3.2, 4.9, image, "no label")
    _arrow(axis, (3.75, 4.9), (4.65, 4.9))
    _picture(axis, 5.2, 4.9, turned, "")
    question = "question: by how much was it turned?\nanswer: 90°, since we turned it"
    axis.text(5.95, 4.9, question, va="center")

    angle_head = ("head for angles", PRETEXT_HEAD)
    _step(axis, 3.4, "2 Feature learning", "train on many\nunlabelled images")
    _chain(axis, 3.4, (turned, ""), ("encoder", ENCODER), angle_head, "90°")

    labelled, class_head = (image, f"label: {class_name}"), ("head for classes", NEW_HEAD)
    _step(axis, 1.9, "3 Transfer", "keep the encoder,\nuse a few labels")
    _chain(axis, 1.9, labelled, ("encoder", ENCODER), class_head, class_name)
    _arrow(axis, (5.6, 3.05), (5.6, 2.25), COLOURS[0])
    axis.text(5.75, 2.65, "the same weights", va="center", color=COLOURS[0])

    axis.axhline(1.15, color=GREY, linestyle="--", linewidth=1)
    _step(axis, 0.4, "Did it help?", "the same labels,\nwithout steps 1 and 2")
    _chain(axis, 0.4, labelled, ("untrained or none", NO_ENCODER), class_head, "as often right?")
    figure.alt_text = (
        "Three steps and a question. 1, pretext task: an unlabelled image is turned by 90 degrees, "
        "so the answer is known. 2, feature learning: an encoder and a head for angles learn to "
        f"give that answer. 3, transfer: the same encoder with a new head learns {class_name!r} "
        "from a few labels. The question, did it help, compares with the same labels and head on "
        "an untrained encoder, or on none."
    )
    return figure


def course_map(needs: Mapping[str, Sequence[str]]) -> DescribedFigure:
    """Draw the lessons from top to bottom, one column a framework, with what each builds on.

    Parameters
    ----------
    needs : mapping of str to sequence of str
        By the lesson's name, in reading order, the lessons whose encoders or features it uses. A
        name begins with its number and ends in its framework, if it has one, for example
        ``"01_rotation_pretext_keras"``.

    Returns
    -------
    DescribedFigure

    Raises
    ------
    ValueError
        If there is no lesson, or one needs a lesson that is not on the map.
    """
    if not needs:
        raise ValueError("the map needs at least one lesson, got none")
    for name, needed in needs.items():
        for other in needed:
            if other not in needs:
                raise ValueError(f"{name} needs {other!r}, which is not among the lessons")
    bottom = 0.4 - len(needs)
    figure, axis = _canvas(
        8, 0.62 * len(needs) + 1, (-0.52, len(LANES) - 0.41), (bottom - 0.5, 0.9)
    )
    for column, lane in enumerate(LANES):
        axis.text(column, 0.7, lane, ha="center", va="center", fontweight="bold", color=GREY)
    places = {name: (LANES.index(framework_of(name)), -row) for row, name in enumerate(needs)}
    for name, place in places.items():
        text = f"{number_of(name)}  {title_of(name)}"
        _box(axis, place, LESSON_SIZE, text, LANE_COLOURS[framework_of(name)])
    for name, needed in needs.items():
        for other in needed:
            _path(axis, _way(places[other], places[name]))
    if any(needs.values()):
        axis.text(
            -0.46, bottom - 0.2, "arrow: uses what that lesson saved", va="center", color=COLOURS[0]
        )
    figure.alt_text = _map_in_words(needs)
    return figure


def number_of(lesson: str) -> str:
    """Return the number a lesson's name begins with: ``"01"`` of ``"01_rotation_keras"``."""
    return lesson.partition("_")[0]


def framework_of(lesson: str) -> str:
    """Return the framework that a lesson's name ends in, as people write it."""
    return FRAMEWORKS.get(lesson.rpartition("_")[2], NO_FRAMEWORK)


def title_of(lesson: str) -> str:
    """Return what a name says between number and framework: ``"Rotation"`` in that example."""
    _, *words = lesson.split("_")
    return " ".join(words[:-1] if words[-1] in FRAMEWORKS else words).capitalize()


def _map_in_words(needs: Mapping[str, Sequence[str]]) -> str:
    lessons = []
    for name, needed in needs.items():
        numbers = " and ".join(number_of(other) for other in needed)
        uses = f", uses what {numbers} saved" if numbers else ""
        lessons.append(f"{number_of(name)} {title_of(name)} ({framework_of(name)}{uses})")
    return f"The lessons in reading order: {'; '.join(lessons)}."


def _canvas(
    width: float, height: float, across: tuple[float, float], upwards: tuple[float, float]
) -> tuple[DescribedFigure, Axes]:
    figure, axes = new_figure(1, 1, width, height)
    axis = axes[0, 0]
    axis.set(xlim=across, ylim=upwards)
    axis.set_axis_off()
    return figure, axis


def _step(axis: Axes, height: float, name: str, explanation: str) -> None:
    axis.text(0, height + 0.32, name, fontsize=12, fontweight="bold", va="center")
    axis.text(0, height - 0.17, explanation, color=GREY, va="center")


def _chain(
    axis: Axes,
    height: float,
    source: tuple[np.ndarray, str],
    first: tuple[str, str],
    second: tuple[str, str],
    answer: str,
) -> None:
    """Draw one row: an image, a first and a second box with their colours, and the answer."""
    _picture(axis, 3.2, height, *source)
    _arrow(axis, (3.75, height), (4.65, height))
    _box(axis, (5.6, height), (1.8, 0.6), *first, "--" if first[1] == NO_ENCODER else "-")
    _arrow(axis, (6.55, height), (7.05, height))
    _box(axis, (8.05, height), (1.9, 0.6), *second)
    _arrow(axis, (9.05, height), (9.7, height))
    axis.text(9.85, height, answer, va="center", fontweight="bold")


def _picture(axis: Axes, centre: float, height: float, image: np.ndarray, caption: str) -> None:
    half = 0.45
    extent = (centre - half, centre + half, height - half, height + half)
    limits = axis.get_xlim(), axis.get_ylim()
    axis.imshow(image, cmap="gray", vmin=0, vmax=255, extent=extent, interpolation="nearest")
    axis.set(xlim=limits[0], ylim=limits[1], aspect="auto")
    axis.text(centre, height - half - 0.16, caption, ha="center", va="center", fontsize=9)


def _box(
    axis: Axes,
    centre: tuple[float, float],
    size: tuple[float, float],
    text: str,
    fill: str,
    outline: str = "-",
) -> None:
    corner = (centre[0] - size[0] / 2, centre[1] - size[1] / 2)
    rounded = "round,pad=0,rounding_size=0.08"
    axis.add_patch(
        FancyBboxPatch(
            corner, *size, boxstyle=rounded, facecolor=fill, edgecolor="black", linestyle=outline
        )
    )
    axis.text(*centre, text, ha="center", va="center")


def _arrow(
    axis: Axes, start: tuple[float, float], end: tuple[float, float], colour: str = "black"
) -> None:
    axis.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.4},
    )


def _path(axis: Axes, points: Sequence[tuple[float, float]]) -> None:
    """Draw a blue line through points, behind all boxes, with a head at its end."""
    across, upwards = zip(*points, strict=True)
    axis.plot(across, upwards, color=COLOURS[0], linewidth=1.4, zorder=0)
    _arrow(axis, points[-2], points[-1], COLOURS[0])


def _way(source: tuple[float, float], target: tuple[float, float]) -> list[tuple[float, float]]:
    """Find a way from one lesson to a later one; each has its row to itself."""
    (from_column, from_row), (to_column, to_row) = source, target
    half_width, half_height = LESSON_SIZE[0] / 2, LESSON_SIZE[1] / 2
    if from_column != to_column:
        side = half_width if to_column > from_column else -half_width
        corner = (to_column, from_row)
        return [(from_column + side, from_row), corner, (to_column, to_row + half_height)]
    if from_row - to_row == 1:
        return [(from_column, from_row - half_height), (to_column, to_row + half_height)]
    edge, beside = from_column + half_width, from_column + half_width + 0.07
    return [(edge, from_row), (beside, from_row), (beside, to_row), (edge, to_row)]
