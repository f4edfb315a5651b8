"""What do the features look like, labels aside? Rows, collapse meters, alignment, uniformity.

The last two are from Wang and Isola (2020), "Understanding Contrastive Representation Learning
through Alignment and Uniformity on the Hypersphere". Normalised, a row of zeros stays at zero.
"""

import numpy as np
from sklearn.metrics import pairwise_distances_chunked
from sklearn.preprocessing import normalize


def as_rows(
    features: np.ndarray, dtype: type[np.floating] = np.float64, name: str = "features"
) -> np.ndarray:
    """Flatten features or images ``(n, ...)`` to one row of floating-point numbers each.

    >>> as_rows(np.zeros((5, 28, 28), np.uint8)).shape
    (5, 784)
    """
    features = np.asarray(features)
    check_features(features, name)
    return features.reshape(len(features), -1).astype(dtype, copy=False)


def feature_spread(features: np.ndarray) -> float:
    """Measure how far features spread over directions, from 0 (collapse) to 1 (none preferred).

    >>> one_way, two_ways = np.array([[1.0], [9.0]]), np.array([[1.0], [-9.0]])
    >>> feature_spread(one_way), feature_spread(two_ways)
    (0.0, 1.0)

    Standard deviation of each dimension of the l2-normalised features, averaged and divided by
    ``1 / sqrt(d)``: Chen and He (2021), "Exploring Simple Siamese Representation Learning", figure
    2. After a ReLU even a healthy encoder stays below 1: compare it with itself over time.
    """
    units = normalize(as_rows(features))  # (n, d), each row of length 1
    return float(units.std(axis=0).mean() * np.sqrt(units.shape[1]))  # the mean is over d


def effective_rank(features: np.ndarray) -> float:
    """Measure over how many dimensions features ``(n, d)`` effectively spread.

    >>> line = np.outer(np.arange(5), [3.0, 4.0])
    >>> effective_rank(line), round(effective_rank(np.eye(5)), 6)
    (1.0, 4.0)

    ``exp(-sum(p log p))`` with ``p`` the centred features' singular values, as shares of their
    sum: from 1, a line, to ``min(n - 1, d)``, all directions alike; 0 if all are the same but for
    rounding. It says nothing across methods: it may fall while accuracy rises. Roy and Vetterli
    (2007), "The effective rank: a measure of effective dimensionality"; the centring is ours.
    """
    rows = as_rows(features)  # (n, d)
    shifted = rows - rows[0]  # exact zeros if all rows are the same; their mean need not be
    singular_values = np.linalg.svd(shifted - shifted.mean(axis=0), compute_uv=False)  # min(n, d)
    dtype = np.asarray(features).dtype
    rounding = np.finfo(dtype if dtype.kind == "f" else np.float64).eps * np.linalg.norm(rows)
    kept = singular_values[singular_values > rounding]
    if len(kept) == 0:
        return 0.0
    shares = kept / kept.sum()
    return float(np.exp(-np.sum(shares * np.log(shares))))


def alignment(features: np.ndarray, partner_features: np.ndarray) -> float:
    """Measure how near to each other the features of two views of the same image lie.

    >>> alignment(np.array([[2.0, 0.0], [1.0, 0.0]]), np.array([[9.0, 0.0], [0.0, 3.0]]))
    1.0

    Mean squared distance of the l2-normalised pairs, row by row: from 0, both views at the same
    place, to 4, at opposite ends.
    """
    rows = as_rows(features)
    partners = as_rows(partner_features, name="partner_features")
    check_same_dimension(features=rows, partner_features=partners)
    if len(rows) != len(partners):
        raise ValueError(
            f"features have {len(rows)} rows and partner_features {len(partners)}: "
            "alignment compares them row by row"
        )
    steps = normalize(rows) - normalize(partners)  # (n, d)
    return float(np.mean(np.sum(steps**2, axis=1)))


def uniformity(features: np.ndarray) -> float:
    """Measure how evenly features cover the hypersphere: 0 is collapse, lower is more even.

    >>> round(uniformity(np.array([[1, 0], [0, 2]])), 6)  # once normalised, sqrt(2) apart
    -4.0

    ``log`` of the mean of ``exp(-2 distance**2)`` over all pairs of different rows of the
    l2-normalised features: never below -8, and about -4 for many features spread evenly over many
    dimensions. 10,000 features take a few seconds.
    """
    units = normalize(as_rows(features))  # (n, d), each row of length 1
    count = len(units)
    if count < 2:
        raise ValueError("uniformity compares pairs: give at least two features")
    blocks = pairwise_distances_chunked(units, metric="euclidean", squared=True, working_memory=64)
    total = sum(np.exp(-2 * block).sum() for block in blocks)  # a block: (some of the rows, n)
    return float(np.log((total - count) / (count * (count - 1))))  # not each row with itself


def check_features(features: np.ndarray, name: str) -> None:
    """Raise a ``ValueError`` unless an array is of shape ``(n, ...)`` with finite numbers."""
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


def check_same_dimension(**arrays: np.ndarray) -> None:
    """Raise a ``ValueError`` unless two arrays, given by name, have as many numbers per row."""
    (first, here), (second, there) = ((name, rows[0].size) for name, rows in arrays.items())
    if here != there:
        raise ValueError(
            f"{first} have {here} numbers per row and {second} {there}: "
            "both must come from the same encoder"
        )
