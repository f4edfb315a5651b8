"""Images in rows, and maps of the spaces that encoders make of them."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from helpers.figures.basics import COLOURS, DescribedFigure, new_figure

MISTAKE = COLOURS[3]


def show_image(axis: Axes, image: np.ndarray, **options) -> None:
    """Draw an image, ``(h, w)`` or ``(h, w, 3)``: uint8 from 0 to 255, float from 0 to 1."""
    brightest = 255 if image.dtype == np.uint8 else 1
    axis.imshow(image, cmap="gray", vmin=0, vmax=brightest, interpolation="nearest", **options)


def image_grid(
    rows: Mapping[str, np.ndarray],
    titles: Sequence[str] | None,
    alt_text: str,
    title: str = "",
    wrong: np.ndarray | None = None,
    size: float = 1.05,
) -> DescribedFigure:
    """Show rows of images, grey or in colour, by the name of the row, which may be empty.

    An image takes ``size`` inches; each column has a title. ``wrong``, bool of shape ``(n,)`` for
    the first row or ``(rows, n)``, says which are mistakes: they stand in a frame.

    >>> figure = image_grid({"black": np.zeros((3, 8, 8))}, ["a", "b", "c"], "Three black images.")
    >>> [axis.get_title() for axis in figure.axes]
    ['a', 'b', 'c']
    """
    lengths = {len(images) for images in rows.values()}
    if len(lengths) != 1 or lengths == {0}:
        raise ValueError(f"every row needs the same number of images, got {sorted(lengths)}")
    shape = len(rows), lengths.pop()
    figure, axes = bare_figure(*shape, size * shape[1] + 0.9, (size + 0.05) * shape[0] + 0.6)
    for row, (name, images) in zip(axes, rows.items(), strict=True):
        row[0].set_ylabel(name, rotation=0, ha="right", va="center")
        for axis, image in zip(row, images, strict=True):
            show_image(axis, image)
    for axis, text in zip(axes[0], titles or [], strict=False):
        axis.set_title(text, fontsize=9)
    for row, column in np.argwhere(np.atleast_2d([] if wrong is None else wrong)):
        axes[row, column].title.set(color=MISTAKE, fontweight="bold")
        axes[row, column].spines[:].set(visible=True, color=MISTAKE, linewidth=3)
    if title:
        figure.suptitle(title)
    figure.alt_text = alt_text
    return figure


def scatter_by_class(
    maps: Mapping[str, np.ndarray],
    labels: np.ndarray,
    class_names: Sequence[str],
    title: str,
    alt_text: str,
) -> DescribedFigure:
    r"""Draw maps of the same images, four to a row, coloured by class.

    By the title of the map, give positions of shape ``(n, 2)``; labels, shape ``(n,)``, index the
    class names. The number of each class stands at the median of its images.

    >>> maps = {"pixels\nPCA": np.zeros((4, 2)), "pixels\nt-SNE": np.ones((4, 2))}
    >>> labels = np.array([0, 0, 1, 1])
    >>> figure = scatter_by_class(maps, labels, ["bag", "shirt"], "Two classes", "One point each.")
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['0', '1']
    """
    if not maps:
        raise ValueError("a figure of maps needs at least one map, got none")
    for name, positions in maps.items():
        if positions.shape != (len(labels), 2):
            raise ValueError(
                f"the map {name!r} has shape {positions.shape}, "
                f"but {len(labels)} labels need ({len(labels)}, 2)"
            )
    rows, columns = -(-len(maps) // 4), min(4, len(maps))
    figure, axes = bare_figure(rows, columns, 2.6 * columns, 2.65 * rows + 0.9)
    for axis, (name, positions) in zip(axes.flat, maps.items(), strict=False):
        axis.set_title(name, fontsize=9)
        for label in np.unique(labels):
            members = positions[labels == label]
            # A class at a time: markers that differ in nothing lie on whole pixels, in small files.
            axis.scatter(*members.T, s=7, color=f"C{label % 10}", linewidths=0)
            middle = np.median(members, axis=0)
            outline = [withStroke(linewidth=3, foreground="white")]
            style = {"ha": "center", "va": "center", "fontweight": "bold"}
            axis.annotate(f"{label}", middle, path_effects=outline, **style)
    numbers = [str(number) for number in range(len(class_names))]
    if list(class_names) != numbers:
        names = [f"{number} {name}" for number, name in zip(numbers, class_names, strict=True)]
        figure.supxlabel("   ".join(names), fontsize=9)
    figure.suptitle(title)
    figure.alt_text = alt_text
    return figure


def cosine_tables(
    tables: Mapping[str, np.ndarray], class_names: Sequence[str], alt_text: str
) -> DescribedFigure:
    """Colour tables of cosines, ``(n, n)``, between images in the order of their classes.

    Every class has as many of the n images. Yellow is alike, blue is opposite.

    >>> figure = cosine_tables({"pixels": np.eye(4)}, ["bag", "shirt"], "Two images of each class.")
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['bag', 'shirt']
    """
    if not tables:
        raise ValueError("a figure of cosines needs at least one table, got none")
    figure, axes = bare_figure(1, len(tables), 2.4 * len(tables) + 1.6, 2.9)
    for axis, (name, cosines) in zip(axes.flat, tables.items(), strict=True):
        picture = axis.imshow(cosines, cmap="cividis", vmin=-1, vmax=1)
        axis.set_title(name)
    of_each = len(cosines) / len(class_names)
    axes[0, 0].set_yticks(of_each * (np.arange(len(class_names)) + 0.5) - 0.5, class_names)
    axes[0, 0].tick_params(length=0)
    figure.colorbar(picture, ax=axes[0, -1], label="cosine")
    figure.alt_text = alt_text
    return figure


def bare_figure(*layout: float) -> tuple[DescribedFigure, np.ndarray]:
    """Make a new figure whose axes show nothing but what is drawn on them."""
    figure, axes = new_figure(*layout)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    return figure, axes
