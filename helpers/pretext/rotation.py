"""Pretext tasks as pure functions: uint8 images in, uint8 images out, labels beside them."""

import numpy as np

ANGLES = (0, 90, 180, 270)


def rotate_quarter_turns(images: np.ndarray, turns: int) -> np.ndarray:
    """Rotate every image counter-clockwise by a number of quarter turns.

    Nothing is interpolated: each pixel keeps its value and only moves, so a network cannot tell
    the angle from blurred edges.

    Parameters
    ----------
    images : numpy.ndarray
        Square images of shape ``(n, size, size)``, any dtype.
    turns : int
        Number of quarter turns; 1 is 90 degrees counter-clockwise, as in ``numpy.rot90``.

    Returns
    -------
    numpy.ndarray
        A new array of the same shape and dtype.

    Raises
    ------
    ValueError
        If the images are not a stack of squares.
    """
    check_squares(images)
    return np.ascontiguousarray(np.rot90(images, turns, axes=(1, 2)))


def rotation_task(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Build the rotation pretext task: four copies of each image, labelled by their angle.

    Parameters
    ----------
    images : numpy.ndarray
        Square images of shape ``(n, size, size)``.

    Returns
    -------
    rotated : numpy.ndarray
        Shape ``(4 n, size, size)``, same dtype: first all images at 0 degrees, then all at 90,
        180 and 270. Copy ``i`` shows source image ``i % n``.
    angle_labels : numpy.ndarray
        int64 of shape ``(4 n,)``: index into ``ANGLES``.

    Raises
    ------
    ValueError
        If the images are not a stack of squares.

    Notes
    -----
    Gidaris, Singh and Komodakis (2018), "Unsupervised Representation Learning by Predicting Image
    Rotations".
    """
    check_squares(images)
    rotated = np.concatenate([rotate_quarter_turns(images, turns) for turns in range(len(ANGLES))])
    return rotated, np.repeat(np.arange(len(ANGLES)), len(images))


def check_squares(images: np.ndarray) -> None:
    """Raise a ``ValueError`` unless images are of shape ``(n, size, size)``, of any dtype."""
    if images.ndim != 3 or images.shape[1] != images.shape[2]:
        raise ValueError(
            f"expected square images of shape (n, size, size), got shape {images.shape}"
        )
