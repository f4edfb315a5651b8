"""Pretext tasks as pure functions: uint8 images in, uint8 images out, labels beside them."""

import numpy as np

ANGLES = (0, 90, 180, 270)


def rotate_quarter_turns(images: np.ndarray, turns: int) -> np.ndarray:
    """Rotate square images counter-clockwise by quarter turns, into new arrays.

    >>> rotate_quarter_turns(np.array([[[1, 2], [3, 4]]]), turns=1)
    array([[[2, 4],
            [1, 3]]])

    Images are ``(n, size, size)`` or, in colour, ``(n, size, size, 3)``. Nothing is interpolated:
    each pixel keeps its value and only moves, so a network cannot tell the angle from blurred
    edges.
    """
    check_squares(images)
    return np.ascontiguousarray(np.rot90(images, turns, axes=(1, 2)))


def rotation_task(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Build the rotation pretext task: four copies of each image, labelled by their angle.

    >>> rotated, angle_labels = rotation_task(np.zeros((2, 28, 28), np.uint8))
    >>> rotated.shape, angle_labels.tolist()
    ((8, 28, 28), [0, 0, 1, 1, 2, 2, 3, 3])

    First come all ``n`` images at 0 degrees, then all at 90, 180 and 270: copy ``i`` shows image
    ``i % n``. Labels are int64 indices into ``ANGLES``. From Gidaris, Singh and Komodakis (2018),
    "Unsupervised Representation Learning by Predicting Image Rotations".
    """
    rotated = np.concatenate([rotate_quarter_turns(images, turns) for turns in range(len(ANGLES))])
    return rotated, np.repeat(np.arange(len(ANGLES)), len(images))


def check_squares(images: np.ndarray) -> None:
    """Raise a ``ValueError`` unless images are squares, grey or in colour, of any dtype."""
    grey_or_colour = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
    if not grey_or_colour or images.shape[1] != images.shape[2]:
        raise ValueError(
            "expected square images of shape (n, size, size) or (n, size, size, 3), "
            f"got shape {images.shape}"
        )
