"""Retrieval: which of many things are the nearest, and whether the same thing is among them."""

from numbers import Integral

import numpy as np
from sklearn import config_context
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import normalize

from helpers.evaluation.representation import as_rows, check_features, check_same_dimension

MEGABYTES = 64  # of distances at a time, where scikit-learn would take a thousand


def nearest_neighbours(query_features: np.ndarray, features: np.ndarray, count: int) -> np.ndarray:
    """Find each query's nearest features by cosine: their indices, ``(n_queries, count)``.

    >>> features = np.array([[10.0, 0.0], [0.0, 1.0], [2.0, 1.0]])
    >>> nearest_neighbours(features[:2], features, count=2)  # nearest first: itself, if it is there
    array([[0, 2],
           [1, 2]])
    """
    queries = as_rows(query_features, np.float32, "query_features")
    rows = as_rows(features, np.float32, "features")
    check_same_dimension(query_features=queries, features=rows)
    check_neighbours(count, len(rows), "count")
    search = NearestNeighbors(n_neighbors=count, metric="cosine").fit(rows)
    with config_context(working_memory=MEGABYTES):
        return search.kneighbors(queries, return_distance=False)


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
    cosines = normalize(queries) @ normalize(answers).T  # (n, n): from each query to each answer
    return (cosines >= np.diag(cosines)[:, None]).sum(axis=1) - 1


def check_neighbours(count: int, available: int, name: str) -> None:
    """Raise a ``ValueError`` unless that many neighbours can be looked for."""
    if not isinstance(count, Integral) or not 1 <= count <= available:
        raise ValueError(f"{name} must be a whole number from 1 to {available}, got {count}")
