"""Hiding parts of images: patches cut and joined, and which of them stay visible, in NumPy."""

import numpy as np

from helpers.data import check_images
from helpers.pretext.rotation import check_squares


def cut_patches(images: np.ndarray, patch_size: int) -> np.ndarray:
    """Cut every image into square patches that do not overlap.

    Parameters
    ----------
    images : numpy.ndarray
        uint8 of shape ``(n, size, size)``.
    patch_size : int
        Height and width of a patch in pixels: a divisor of ``size``.

    Returns
    -------
    numpy.ndarray
        uint8 of shape ``(n, (size / patch_size)**2, patch_size**2)``: patches from left to right,
        then from top to bottom, and the pixels of a patch in the same order.

    Raises
    ------
    ValueError
        If the images are not a stack of uint8 squares, or ``patch_size`` does not divide them.
    """
    check_images(images)
    check_squares(images)
    count, size, _ = images.shape
    side = _patches_across(size, patch_size)
    tiles = images.reshape(count, side, patch_size, side, patch_size).swapaxes(2, 3)
    return tiles.reshape(count, side**2, patch_size**2)


def join_patches(patches: np.ndarray) -> np.ndarray:
    """Put patches together again: the inverse of ``cut_patches``.

    Parameters
    ----------
    patches : numpy.ndarray
        Shape ``(n, patches, pixels)``, where both last numbers are squares; any dtype.

    Returns
    -------
    numpy.ndarray
        Images of shape ``(n, size, size)``, same dtype.

    Raises
    ------
    ValueError
        If the patches do not make square images.
    """
    sides = np.sqrt(patches.shape[1:]).round().astype(int)
    if patches.ndim != 3 or tuple(sides**2) != patches.shape[1:]:
        raise ValueError(
            "expected square patches of square images, shape (n, side**2, patch_size**2), "
            f"got {patches.shape}"
        )
    side, patch_size = sides
    tiles = patches.reshape(-1, side, side, patch_size, patch_size).swapaxes(2, 3)
    return tiles.reshape(-1, side * patch_size, side * patch_size)


def patch_count(image_size: int, patch_size: int) -> int:
    """Return how many patches an image has.

    Raises
    ------
    ValueError
        If ``patch_size`` is not a divisor of ``image_size``, smaller than it.
    """
    return _patches_across(image_size, patch_size) ** 2


def hidden_count(patches: int, mask_ratio: float) -> int:
    """Return how many patches of each image a mask ratio hides: the nearest whole number.

    Parameters
    ----------
    patches : int
        Patches of an image.
    mask_ratio : float
        Share of them to hide, over 0 and under 1.

    Returns
    -------
    int
        From 1 to ``patches - 1``.

    Raises
    ------
    ValueError
        If the ratio is out of range, or so near to an end of it that nothing would be hidden, or
        nothing visible.
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
    """Draw which patches of each image are hidden, for each image anew.

    Parameters
    ----------
    images : int
        How many masks.
    patches : int
        Patches of an image.
    mask_ratio : float
        Share of hidden patches, as in ``hidden_count``: the same number in every image.
    seed : int or numpy.random.Generator
        The same seed gives the same masks; a generator moves on from call to call.

    Returns
    -------
    numpy.ndarray
        bool of shape ``(images, patches)``: true where a patch is hidden.

    Raises
    ------
    ValueError
        If the ratio hides nothing or everything.

    Notes
    -----
    He et al. (2022), "Masked Autoencoders Are Scalable Vision Learners": sort random numbers, so
    that every choice of patches is as likely as every other.
    """
    hidden = hidden_count(patches, mask_ratio)
    ranks = np.random.default_rng(seed).random((images, patches)).argsort(axis=1)
    masks = np.zeros((images, patches), dtype=bool)
    np.put_along_axis(masks, ranks[:, :hidden], True, axis=1)
    return masks


def visible_places(masks: np.ndarray) -> np.ndarray:
    """Return the places of the visible patches.

    Parameters
    ----------
    masks : numpy.ndarray
        bool of shape ``(n, patches)``, with as many visible patches in every row.

    Returns
    -------
    numpy.ndarray
        int64 of shape ``(n, visible)``, ascending.

    Raises
    ------
    ValueError
        If the rows differ in how many patches are visible, or there is none.
    """
    visible = np.unique((~masks).sum(axis=1))
    if len(visible) != 1:
        raise ValueError(
            f"every mask must leave the same number of patches visible, got {visible.tolist()}"
        )
    return np.nonzero(~masks)[1].reshape(len(masks), -1)


def pixel_masks(masks: np.ndarray, patch_size: int) -> np.ndarray:
    """Widen masks from patches to pixels.

    Parameters
    ----------
    masks : numpy.ndarray
        bool of shape ``(n, side**2)``.
    patch_size : int
        Height and width of a patch in pixels.

    Returns
    -------
    numpy.ndarray
        bool of shape ``(n, size, size)``: true where a pixel is hidden.
    """
    return join_patches(np.repeat(masks[:, :, np.newaxis], patch_size**2, axis=2))


def _patches_across(image_size: int, patch_size: int) -> int:
    if not 1 <= patch_size < image_size or image_size % patch_size:
        divisors = [str(size) for size in range(1, image_size) if image_size % size == 0]
        raise ValueError(
            f"patch_size {patch_size} does not cut {image_size} pixels into equal patches: "
            f"take {', '.join(divisors)}"
        )
    return image_size // patch_size
