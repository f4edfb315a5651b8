"""Figures of a folder of pictures: what became of the files, and a map made of the pictures."""

from collections.abc import Callable
from pathlib import PurePosixPath
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from helpers.data.folders import PictureFolder, whole_picture
from helpers.figures.basics import COLOURS, GREY, DescribedFigure, new_figure
from helpers.figures.images import bare_figure, show_image

CUT, LEFT_OUT = "cut away by the crop", ", left out"  # how such findings end
NAME_LENGTH = 20
GAP = 8  # pixels between a picture and its copy


def folder_findings(pictures: PictureFolder, columns: int = 5) -> DescribedFigure | None:
    """Show files of a folder that a crop cut, that were left out, and that repeat others.

    At most so many ``columns`` of each are drawn, and how many there are is said; of a folder
    without any, there is no figure.
    """
    said = [(name, text) for text, names in pictures.findings.items() for name in names]
    cut = [name for name, text in said if text.endswith(CUT)]
    lost = [(name, text.removesuffix(LEFT_OUT)) for name, text in said if text.endswith(LEFT_OUT)]
    rows: dict[str, list[Callable[[Axes], None]]] = {
        f"cut away:\n{len(cut)}": [
            lambda axis, name=name: _draw_cut(axis, pictures, name) for name in cut
        ],
        f"copies:\n{len(pictures.copies)}": [
            lambda axis, pair=pair: _draw_pair(axis, pictures, *pair)
            for pair in pictures.copies.items()
        ],
        f"left out:\n{len(lost)}": [lambda axis, one=one: _draw_words(axis, *one) for one in lost],
    }
    rows = {name: drawn for name, drawn in rows.items() if drawn}
    if not rows:
        return None
    figure, axes = bare_figure(len(rows), columns, 1.9 * columns + 0.9, 1.5 * len(rows) + 0.6)
    for row, (name, drawn) in zip(axes, rows.items(), strict=True):
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
        for axis, draw in zip(row, drawn, strict=False):
            draw(axis)
    figure.suptitle(f"{pictures.folder.name}: what was cut, copied and left out")
    figure.alt_text = (
        f"Of the pictures in {pictures.folder.name}, a crop cuts away much of {len(cut)}, "
        f"{len(pictures.copies)} repeat another, exactly or nearly, and {len(lost)} files were "
        "left out; examples of each, with their names."
    )
    return figure


def picture_map(
    positions: np.ndarray, images: np.ndarray, title: str, alt_text: str, cells: int = 18
) -> DescribedFigure:
    """Lay pictures out at their places on a map ``(n, 2)``, one in each cell that has any.

    >>> figure = picture_map(np.eye(2), np.zeros((2, 8, 8), np.uint8), "Two", "Two pictures.")
    >>> len(figure.axes[0].images)
    2
    """
    if positions.shape != (len(images), 2):
        raise ValueError(
            f"{len(images)} images need places ({len(images)}, 2), got {positions.shape}"
        )
    low, high = positions.min(axis=0), positions.max(axis=0)
    places = (positions - low) / np.maximum(high - low, 1e-9) * (cells - 1)
    distances = np.abs(places - places.round()).max(axis=1)
    figure, ((axis,),) = new_figure(width=7.5, height=7.5)
    filled = set()
    for place in np.argsort(distances):  # the picture nearest to a cell's middle stands for it
        across, down = places[place].round()
        if (across, down) not in filled:
            filled.add((across, down))
            extent = (across - 0.5, across + 0.5, down - 0.5, down + 0.5)
            show_image(axis, images[place], extent=extent)
    axis.set(xlim=(-0.5, cells - 0.5), ylim=(-0.5, cells - 0.5), title=title)
    axis.set_axis_off()
    figure.alt_text = alt_text
    return figure


def _draw_cut(axis: Axes, pictures: PictureFolder, name: str) -> None:
    whole = whole_picture(pictures.folder / name)
    height, width = whole.shape[:2]
    side = min(height, width)
    show_image(axis, whole)
    corner = (width - side) / 2 - 0.5, (height - side) / 2 - 0.5
    frame = {"fill": False, "edgecolor": COLOURS[1], "linewidth": 2}
    axis.add_patch(Rectangle(corner, side, side, **frame))
    axis.set_title(_short(name), fontsize=8)


def _draw_pair(axis: Axes, pictures: PictureFolder, copy: str, original: str) -> None:
    pair = [whole_picture(pictures.folder / name, longer=96) for name in (copy, original)]
    height = max(len(one) for one in pair)
    sheet = np.full((height, sum(one.shape[1] for one in pair) + GAP, 3), 255, np.uint8)
    sheet[: len(pair[0]), : pair[0].shape[1]] = pair[0]
    sheet[: len(pair[1]), -pair[1].shape[1] :] = pair[1]
    show_image(axis, sheet)
    axis.set_title(f"{_short(copy)}\nrepeats {_short(original)}", fontsize=8)


def _draw_words(axis: Axes, name: str, reason: str) -> None:
    place = {"transform": axis.transAxes, "ha": "center"}
    axis.text(0.5, 0.55, _short(name), fontsize=8, fontweight="bold", va="bottom", **place)
    axis.text(0.5, 0.48, fill(reason, 24), fontsize=8, va="top", color=GREY, **place)


def _short(name: str) -> str:
    last = PurePosixPath(name).name
    return last if len(last) <= NAME_LENGTH else f"…{last[-NAME_LENGTH + 1 :]}"
