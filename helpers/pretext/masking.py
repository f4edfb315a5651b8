"""Hiding parts of images: which patches, and which of them stay visible, in NumPy."""

import math

import numpy as np


def patch_count(image_size: int, patch_size: int) -> int:
    """Return how many patches a square image has: 16 for 28 pixels and patches of 7."""
    if not 1 <= patch_size < image_size or image_size % patch_size:
        divisors = [str(size) for size in range(1, image_size) if image_size % size == 0]
        raise ValueError(
            f"patch_size {patch_size} does not cut {image_size} pixels into equal patches: "
            f"take {', '.join(divisors)}"
        )
    return (image_size // patch_size) ** 2


def hidden_count(patches: int, mask_ratio: float) -> int:
    """Return how many patches of each image a mask ratio hides: the nearest whole number.

    >>> hidden_count(patches=16, mask_ratio=0.72)
    12
    """
    if not 0 < mask_ratio < 1:
        raise ValueError(f"mask_ratio must lie between 0 and 1, both excluded, got {mask_ratio}")
    hidden = round(mask_ratio * patches)
    if not 0 < hidden < patches:
        raise ValueError(
            f"a mask_ratio of {mask_ratio} hides {hidden} of {patches} patches: "
            "choose one that leaves at least one hidden and one visible"
        )
    return hidden


def random_masks(
    images: int, patches: int, mask_ratio: float, seed: int | np.random.Generator
) -> np.ndarray:
    """Draw which patches of each image are hidden, for each image anew: true where one is.

    >>> masks = random_masks(images=2, patches=16, mask_ratio=0.75, seed=0)
    >>> masks.shape, masks.sum(axis=1).tolist()
    ((2, 16), [12, 12])

    The same seed gives the same masks; a generator moves on from call to call. Sorted random
    numbers make every choice of patches as likely as every other (He et al., 2022, "Masked
    Autoencoders Are Scalable Vision Learners").
    """
    hidden = hidden_count(patches, mask_ratio)
    order = np.random.default_rng(seed).random((images, patches)).argsort(axis=1)
    masks = np.zeros((images, patches), dtype=bool)
    np.put_along_axis(masks, order[:, :hidden], True, axis=1)  # the first ``hidden`` of each row
    return masks


def visible_places(masks: np.ndarray) -> np.ndarray:
    """Return the places of the visible patches, ascending: int64 of shape ``(n, visible)``.

    >>> visible_places(np.array([[True, False, False], [False, False, True]]))
    array([[1, 2],
           [0, 1]])
    """
    visible = np.unique((~masks).sum(axis=1))
    if len(visible) != 1:
        raise ValueError(
            f"every mask must leave the same number of patches visible, got {visible.tolist()}"
        )
    return np.nonzero(~masks)[1].reshape(len(masks), -1)  # columns, row after row: n, visible


def pixel_masks(masks: np.ndarray, patch_size: int) -> np.ndarray:
    """Widen masks from patches ``(n, side**2)`` to pixels ``(n, size, size)``.

    >>> pixel_masks(np.array([[False, True, False, False]]), patch_size=1)
    array([[[False,  True],
            [False, False]]])
    """
    side = math.isqrt(masks.shape[1])
    tiles = masks.reshape(-1, side, side)
    return tiles.repeat(patch_size, axis=1).repeat(patch_size, axis=2)  # n, size, size
