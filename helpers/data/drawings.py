"""The bundled drawings, put in order: which ones show the same thing, and by whose hand."""

from dataclasses import dataclass

import numpy as np

from helpers.data.datasets import bundled_file

NAMES = ("class", "thing", "hand")


@dataclass(frozen=True, eq=False)
class Drawings:
    """Things that each of several hands has drawn once, in colour, on white.

    ``images`` are uint8 ``(things, hands, height, width, 3)``: along the second axis the same
    thing, along the first the same hand. ``labels``, ``(things,)``, are indices into
    ``class_names``; ``test``, ``(things,)``, is true for the things to test on.
    """

    images: np.ndarray
    labels: np.ndarray
    test: np.ndarray
    class_names: tuple[str, ...]
    thing_names: tuple[str, ...]
    hand_names: tuple[str, ...]


def load_drawings() -> Drawings:
    """Load the drawings of ``emoji-48``, whose rows ``load_dataset`` gives one by one.

    >>> drawings = load_drawings()
    >>> drawings.images.shape, drawings.hand_names
    ((1395, 3, 48, 48, 3), ('noto', 'twemoji', 'fluent'))
    """
    with np.load(bundled_file("emoji-48"), allow_pickle=False) as archive:
        names = {kind: tuple(archive[f"{kind}_names"].tolist()) for kind in NAMES}
        shape = len(names["thing"]), len(names["hand"])
        images = np.empty((*shape, *archive["train_images"].shape[1:]), np.uint8)
        labels, test = np.empty(shape[0], np.int64), np.empty(shape[0], bool)
        for part in ("train", "test"):
            thing, hand = archive[f"{part}_things"], archive[f"{part}_hands"]
            images[thing, hand] = archive[f"{part}_images"]
            labels[thing], test[thing] = archive[f"{part}_labels"], part == "test"
    return Drawings(images, labels, test, names["class"], names["thing"], names["hand"])
