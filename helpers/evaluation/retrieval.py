"""Retrieval: whether the nearest of many things is the same thing, seen another way."""

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


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
