"""Pictures of feature spaces: flat maps side by side, and what lies nearest to an image."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.patheffects import withStroke

from helpers.figures.basics import COLOURS, DescribedFigure, new_figure

SPACES_PER_ROW = 2


def feature_maps(
    maps: Mapping[str, Mapping[str, np.ndarray]],
    labels: np.ndarray,
    class_names: Sequence[str],
    title: str,
    alt_text: str,
) -> DescribedFigure:
    """Draw flat maps of the same images, the maps of one feature space side by side.

    Each class has a colour, and its number stands at the median of its images.

    Parameters
    ----------
    maps : mapping of str to mapping of str to numpy.ndarray
        By name of the feature space and of the map: positions of shape ``(n, 2)``. Both names make
        the title above a map. Every space needs the same number of maps.
    labels : numpy.ndarray
        Shape ``(n,)``, index into ``class_names``.
    class_names : sequence of str
        The names of the classes.
    title : str
        Title of the whole figure.
    alt_text : str
        What the figure shows.

    Returns
    -------
    DescribedFigure

    Raises
    ------
    ValueError
        If there is no map, or one has another number of positions than there are labels.
    """
    if not maps:
        raise ValueError("a figure of maps needs at least one feature space, got none")
    for space, of_space in maps.items():
        for name, positions in of_space.items():
            if positions.shape != (len(labels), 2):
                raise ValueError(
                    f"the map {space!r}, {name!r} has shape {positions.shape}, "
                    f"but {len(labels)} labels need ({len(labels)}, 2)"
                )
    maps_per_space = len(next(iter(maps.values())))
    rows = -(-len(maps) // SPACES_PER_ROW)
    columns = maps_per_space * min(SPACES_PER_ROW, len(maps))
    figure, axes = new_figure(rows, columns, 2.6 * columns, 2.65 * rows + 0.9)
    panels = [
        (f"{space}\n{name}", positions)
        for space, of_space in maps.items()
        for name, positions in of_space.items()
    ]
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    palette = colormaps["tab10"].colors
    for axis, (name, positions) in zip(axes.flat, panels, strict=False):
        axis.set_title(name, fontsize=9)
        for label in np.unique(labels):
            members = positions[labels == label]
            colour = palette[label % len(palette)]
            axis.scatter(*members.T, s=7, color=colour, linewidths=0)
            axis.annotate(
                str(label),
                np.median(members, axis=0),
                ha="center",
                va="center",
                fontweight="bold",
                path_effects=[withStroke(linewidth=3, foreground="white")],
            )
    names = [name if name == str(i) else f"{i} {name}" for i, name in enumerate(class_names)]
    if names != [str(i) for i in range(len(names))]:
        figure.supxlabel("   ".join(names), fontsize=9)
    figure.suptitle(title)
    figure.alt_text = alt_text
    return figure


def retrieval_grid(
    queries: np.ndarray,
    query_names: Sequence[str],
    found: Mapping[str, np.ndarray],
    right: Mapping[str, np.ndarray],
    alt_text: str,
) -> DescribedFigure:
    """Show images and, row by row, what each feature space finds nearest to them.

    What is of another class than the query stands in a thick frame.

    Parameters
    ----------
    queries : numpy.ndarray
        uint8 images of shape ``(q, height, width)``, shown in the first row.
    query_names : sequence of str
        The classes of the queries.
    found : mapping of str to numpy.ndarray
        By feature space: uint8 images of shape ``(q, k, height, width)``, nearest first.
    right : mapping of str to numpy.ndarray
        By feature space: whether each is of the query's class, bool of shape ``(q, k)``.
    alt_text : str
        What the figure shows.

    Returns
    -------
    DescribedFigure

    Raises
    ------
    ValueError
        If there is no feature space, or the shapes do not agree.
    """
    if not found:
        raise ValueError("a figure of neighbours needs at least one feature space, got none")
    count = next(iter(found.values())).shape[1]
    for space, images in found.items():
        expected = (len(queries), count, *queries.shape[1:])
        if images.shape != expected or right[space].shape != expected[:2]:
            raise ValueError(
                f"neighbours in {space!r} have shape {images.shape}, with {right[space].shape} of "
                f"right and wrong; expected {expected} and {expected[:2]}"
            )
    widths = ([1.0] * count + [0.5]) * len(queries)
    figure, axes = new_figure(
        len(found) + 1,
        len(widths) - 1,
        1.6 + 0.72 * (len(widths) - 1),
        0.75 * (len(found) + 1) + 0.3,
        width_ratios=widths[:-1],
    )
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    options = {"cmap": "gray", "vmin": 0, "vmax": 255, "interpolation": "nearest"}
    axes[0, 0].set_ylabel("query", rotation=0, ha="right", va="center", fontweight="bold")
    for number, (image, name) in enumerate(zip(queries, query_names, strict=True)):
        axis = axes[0, number * (count + 1)]
        axis.imshow(image, **options)
        axis.set_title(name, fontsize=9, loc="left")
    for row, (space, images) in zip(axes[1:], found.items(), strict=True):
        row[0].set_ylabel(space, rotation=0, ha="right", va="center")
        for (query, rank), is_right in np.ndenumerate(right[space]):
            axis = row[query * (count + 1) + rank]
            axis.imshow(images[query, rank], **options)
            if not is_right:
                axis.spines[:].set(visible=True, color=COLOURS[3], linewidth=4)
    figure.alt_text = alt_text
    return figure
