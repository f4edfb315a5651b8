"""Retrieval: whether the nearest of many things is the same thing, seen another way."""

from dataclasses import dataclass

import numpy as np

from helpers.evaluation.representation import check_features, check_same_dimension


def partner_ranks(queries: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Return, for each query, how many answers are as near as its own or nearer, by the cosine.

    >>> queries = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> partner_ranks(queries, np.array([[2.0, 0.1], [1.0, 0.1], [3.0, 3.0]]))
    array([0, 1, 0])

    Row ``i`` of both, ``(n, d)``, belongs to the thing ``i``; a rank of 0, of the ``n`` integers,
    says that the partner was found at once, and chance finds ``k / n`` of them among the first
    ``k``. A tie counts as not found, so features that are all alike find nothing.
    """
    check_features(queries, "queries")
    check_features(answers, "answers")
    check_same_dimension(queries=queries, answers=answers)
    if len(queries) != len(answers):
        raise ValueError(f"{len(queries)} queries need as many answers, got {len(answers)}")
    cosines = _unit(queries) @ _unit(answers).T  # (n, n): from each query to each answer
    return (cosines >= np.diag(cosines)[:, None]).sum(axis=1) - 1


@dataclass(frozen=True)
class LinearMap:
    """A map of features, learned from some and applied to others."""

    mean: np.ndarray
    matrix: np.ndarray

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Map features, ``(..., d)``, to ``(..., components)``."""
        return (features - self.mean) @ self.matrix


def fit_whitening(features: np.ndarray, components: int = 64, power: float = 0.5) -> LinearMap:
    """Learn the first principal components, and divide each by its deviation to a power.

    >>> features = np.random.default_rng(0).normal(size=(500, 2, 3)) * [9, 4, 1]
    >>> fit_whitening(features, components=2)(features).std(axis=(0, 1)).round()
    array([3., 2.])

    ``features`` are ``(things, pictures of each, d)``; which belong to one thing is not looked at.
    A power of 0 leaves the components as they are, of 1 makes them alike.
    """
    mean, axes, deviations = _components(features, components)
    return LinearMap(mean, axes / deviations**power)


def fit_pair_map(features: np.ndarray, components: int = 64, ridge: float = 0.3) -> LinearMap:
    """Learn from pictures of the same things which directions differ only by the way of seeing.

    >>> generator = np.random.default_rng(0)
    >>> things, ways = generator.normal(size=(500, 1, 2)), generator.normal(size=(500, 2, 2))
    >>> seen = things + ways * [9, 0.1]  # the first of the two numbers says nothing of the thing
    >>> mapped = fit_pair_map(seen, components=2, ridge=0)(seen)
    >>> [int(np.median(partner_ranks(both[:, 0], both[:, 1]))) for both in (seen, mapped)]
    [242, 108]

    ``features`` are ``(things, pictures of each, d)``. The first principal components are divided
    by how much they vary within a thing: by a root of their covariance there, with ``ridge`` times
    its mean variance added (within-class covariance normalisation: Hatch, Kajarekar and Stolcke,
    2006, "Within-Class Covariance Normalization for SVM-based Speaker Recognition").
    """
    mean, axes, _ = _components(features, components)
    inside = (features - features.mean(axis=1, keepdims=True)) @ axes
    inside = inside.reshape(-1, axes.shape[1])
    freedom = len(inside) - len(features)  # each thing's mean is taken from its own pictures
    within = inside.T @ inside / freedom  # components, components
    within += ridge * np.trace(within) / len(within) * np.eye(len(within))
    return LinearMap(mean, axes @ np.linalg.cholesky(np.linalg.inv(within)))


def _components(features: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean, ``(d,)``, the first axes, ``(d, count)``, and the deviations along them."""
    rows = features.reshape(-1, features.shape[-1]).astype(np.float64)
    check_features(rows, "features")
    mean = rows.mean(axis=0)
    _, lengths, axes = np.linalg.svd(rows - mean, full_matrices=False)
    count = min(count, int(np.sum(lengths > 1e-6 * lengths[0])))  # what never varies is no axis
    return mean, axes[:count].T, lengths[:count] / np.sqrt(len(rows))


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
