"""What do the features look like, labels aside? Rows, collapse meters, alignment, uniformity."""

from math import prod

import numpy as np
from sklearn.metrics import pairwise_distances_chunked
from sklearn.preprocessing import normalize


def as_rows(
    features: np.ndarray, dtype: type[np.floating] = np.float64, name: str = "features"
) -> np.ndarray:
    """Flatten features or images to one row of floating-point numbers each.

    Parameters
    ----------
    features : numpy.ndarray
        Finite numbers of any dtype and of shape ``(n, ...)``, for example uint8 images
        ``(n, height, width)``.
    dtype : type, optional
        ``numpy.float64`` or ``numpy.float32``.
    name : str, optional
        What an error message calls the array.

    Returns
    -------
    numpy.ndarray
        Shape ``(n, d)``; not a copy if the features are of that form already.

    Raises
    ------
    ValueError
        If the array is empty, has one dimension only, or holds anything but finite numbers.
    """
    features = np.asarray(features)
    check_features(features, name)
    return features.reshape(len(features), -1).astype(dtype, copy=False)


def feature_spread(features: np.ndarray) -> float:
    """Measure how far the features spread over directions: the first meter of collapse.

    Parameters
    ----------
    features : numpy.ndarray
        Shape ``(n, d)`` or ``(n, ...)``.

    Returns
    -------
    float
        Standard deviation of each dimension of the l2-normalised features, averaged over the ``d``
        dimensions and divided by ``1 / sqrt(d)``. From 0, where all features point the same way
        (collapse), to 1, where no direction is preferred.

    Raises
    ------
    ValueError
        If the features are not finite or not of shape ``(n, ...)``.

    Notes
    -----
    Chen and He (2021), "Exploring Simple Siamese Representation Learning", figure 2. After a ReLU
    no feature is negative, so even a healthy encoder stays below 1: compare it with itself over
    time. A row of zeros stays at zero.
    """
    units = normalize(as_rows(features))
    return float(units.std(axis=0).mean() * np.sqrt(units.shape[1]))


def effective_rank(features: np.ndarray) -> float:
    """Measure over how many dimensions the features effectively spread.

    Parameters
    ----------
    features : numpy.ndarray
        Shape ``(n, d)`` or ``(n, ...)``.

    Returns
    -------
    float
        ``exp(-sum(p log p))`` with ``p`` the singular values of the centred features divided by
        their sum. From 1, a line, to ``min(n - 1, d)``, all directions alike; 0 if all features
        are the same.

    Raises
    ------
    ValueError
        If the features are not finite or not of shape ``(n, ...)``.

    Notes
    -----
    Roy and Vetterli (2007), "The effective rank: a measure of effective dimensionality", whose
    matrix we centre first, so that a shared offset does not count as a dimension. Singular values
    below the rounding error of the features' own dtype count as zero. The value says nothing
    across methods: it may fall while accuracy rises.
    """
    rows = as_rows(features)
    shifted = rows - rows[0]  # exact zeros if all rows are the same; their mean need not be
    singular_values = np.linalg.svd(shifted - shifted.mean(axis=0), compute_uv=False)
    dtype = np.asarray(features).dtype
    rounding = np.finfo(dtype if dtype.kind == "f" else np.float64).eps * np.linalg.norm(rows)
    kept = singular_values[singular_values > rounding]
    if len(kept) == 0:
        return 0.0
    shares = kept / kept.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))


def alignment(features: np.ndarray, partner_features: np.ndarray) -> float:
    """Measure how near to each other the features of two views of the same image lie.

    Parameters
    ----------
    features : numpy.ndarray
        Features of one view of each image, shape ``(n, d)`` or ``(n, ...)``.
    partner_features : numpy.ndarray
        Features of the other view, same shape, row by row of the same images.

    Returns
    -------
    float
        Mean squared distance of the l2-normalised pairs. From 0, both views at the same place, to
        4, at opposite ends.

    Raises
    ------
    ValueError
        If the features are not finite or the shapes differ.

    Notes
    -----
    Wang and Isola (2020), "Understanding Contrastive Representation Learning through Alignment and
    Uniformity on the Hypersphere", with exponent 2. A row of zeros stays at zero, at distance 1
    from every direction.
    """
    rows = as_rows(features)
    partners = as_rows(partner_features, name="partner_features")
    check_same_dimension(rows, "features", partners, "partner_features")
    if len(rows) != len(partners):
        raise ValueError(
            f"features have {len(rows)} rows and partner_features {len(partners)}: "
            "alignment compares them row by row"
        )
    return float(np.mean(np.sum((normalize(rows) - normalize(partners)) ** 2, axis=1)))


def uniformity(features: np.ndarray) -> float:
    """Measure how evenly the features cover the hypersphere.

    Parameters
    ----------
    features : numpy.ndarray
        Shape ``(n, d)`` or ``(n, ...)``, at least two rows.

    Returns
    -------
    float
        ``log`` of the mean of ``exp(-2 distance**2)`` over all pairs of different rows of the
        l2-normalised features. From 0, all at one place (collapse), down to no less than -8; many
        features spread evenly over many dimensions reach about -4.

    Raises
    ------
    ValueError
        If the features are not finite or there are fewer than two.

    Notes
    -----
    Wang and Isola (2020), "Understanding Contrastive Representation Learning through Alignment and
    Uniformity on the Hypersphere", with ``t = 2``. A row of zeros stays at zero. All pairs are
    compared, in blocks: 10,000 features take a few seconds.
    """
    units = normalize(as_rows(features))
    count = len(units)
    if count < 2:
        raise ValueError("uniformity compares pairs: give at least two features")
    blocks = pairwise_distances_chunked(units, metric="euclidean", squared=True, working_memory=64)
    total = sum(np.exp(-2 * block).sum() for block in blocks)
    return float(np.log((total - count) / (count * (count - 1))))


def check_features(features: np.ndarray, name: str) -> None:
    """Raise a ``ValueError`` unless an array is of shape ``(n, ...)`` with finite numbers.

    Parameters
    ----------
    features : numpy.ndarray
        The array to check.
    name : str
        What the error message calls it.
    """
    if features.ndim < 2 or features.size == 0:
        raise ValueError(f"{name} must have shape (n, d) or (n, ...), got {features.shape}")
    if features.dtype.kind not in "buif":
        raise ValueError(f"{name} must hold real numbers, got dtype {features.dtype}")
    broken = np.flatnonzero(~np.isfinite(features.reshape(len(features), -1)).all(axis=1))
    if len(broken):
        raise ValueError(
            f"{name} contain NaN or infinity in {len(broken)} of {len(features)} rows, "
            f"first in row {broken[0]}"
        )


def check_same_dimension(
    first: np.ndarray, first_name: str, second: np.ndarray, second_name: str
) -> None:
    """Raise a ``ValueError`` unless two arrays have as many numbers per row.

    Parameters
    ----------
    first, second : numpy.ndarray
        Arrays of shape ``(n, ...)``.
    first_name, second_name : str
        What the error message calls them.
    """
    lengths = prod(first.shape[1:]), prod(second.shape[1:])
    if lengths[0] != lengths[1]:
        raise ValueError(
            f"{first_name} have {lengths[0]} numbers per row and {second_name} {lengths[1]}: "
            "both must come from the same encoder"
        )
