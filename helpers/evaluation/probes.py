"""Are these features any good? Label budgets, a linear probe and nearest neighbours, on arrays."""

import warnings
from collections.abc import Iterable
from itertools import chain, zip_longest
from math import isfinite
from numbers import Integral

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import gen_batches
from threadpoolctl import threadpool_limits

from helpers.evaluation.representation import as_rows, check_features, check_same_dimension

# At scikit-learn's default of 1e-4 up to 2 % of the predictions still differ from the optimum's.
PROBE_TOLERANCE = 1e-5
PROBE_ITERATIONS = 1000
IMAGES_PER_BATCH = 1000


def label_budgets(labels: np.ndarray, counts: Iterable[int], seed: int) -> dict[int, np.ndarray]:
    """Draw stratified, nested subsets: which images' labels a method may see at each budget.

    The images are dealt like cards: one of each class per round, in a random order that the seed
    fixes. The budget of ``count`` labels is the first ``count`` cards, so each budget contains all
    smaller ones, class sizes differ by at most one, and every method gets the same labels.

    Parameters
    ----------
    labels : numpy.ndarray
        Labels of all training images, shape ``(n,)``.
    counts : iterable of int
        Budgets, each from the number of classes to ``n``.
    seed : int
        At least 0. Another seed is another draw.

    Returns
    -------
    dict of int to numpy.ndarray
        Indices into ``labels``, int64 of shape ``(count,)``, by count in ascending order.

    Raises
    ------
    ValueError
        If there is a single class, or a count is not a whole number, is smaller than the number of
        classes, or asks for more of a class than there is.
    """
    labels = np.asarray(labels)
    _check_labels(labels, "labels")
    counts = list(counts)
    generator = np.random.default_rng(seed)
    classes = generator.permutation(np.unique(labels))
    queues = [generator.permutation(np.flatnonzero(labels == name)) for name in classes]
    for count in counts:
        _check_budget(count, classes, queues)
    rounds = zip_longest(*(queue.tolist() for queue in queues))
    dealt = np.array([index for index in chain.from_iterable(rounds) if index is not None])
    return {int(count): dealt[:count] for count in sorted(counts)}


def fit_probe(
    train_features: np.ndarray, train_labels: np.ndarray, regularisation: float = 1.0
) -> Pipeline:
    """Fit a linear probe: standardised features, then multinomial logistic regression.

    Parameters
    ----------
    train_features : numpy.ndarray
        Features or images of shape ``(n, ...)``; they are flattened.
    train_labels : numpy.ndarray
        Shape ``(n,)``, at least two classes.
    regularisation : float, optional
        Strength of the L2 penalty, over 0; larger is stronger. scikit-learn's ``C`` is its inverse.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Has ``predict`` and ``predict_proba``, which take features of the same shape.

    Raises
    ------
    ValueError
        If the features are not finite, the lengths differ, there is a single class, or the
        regularisation is not over 0.
    RuntimeError
        If the solver does not converge.

    Notes
    -----
    Alain and Bengio (2016), "Understanding intermediate layers using linear classifier probes".
    The solver is Newton-CG in double precision: stopped at a gradient of 1e-5, it predicts as the
    exact optimum does for all but about one image in a thousand. It runs on one thread: for
    matrices of this size more threads are slower, and so any number of cores gives one result.
    """
    train_features, train_labels = np.asarray(train_features), np.asarray(train_labels)
    _check_labelled(train_features, train_labels, "train")
    _check_labels(train_labels, "train_labels")
    if not (isfinite(regularisation) and regularisation > 0):
        raise ValueError(f"regularisation must be a finite number over 0, got {regularisation}")
    probe = make_pipeline(
        FunctionTransformer(as_rows),
        StandardScaler(),
        LogisticRegression(
            C=1 / regularisation,
            solver="newton-cg",
            tol=PROBE_TOLERANCE,
            max_iter=PROBE_ITERATIONS,
        ),
    )
    with threadpool_limits(limits=1, user_api="blas"), warnings.catch_warnings():
        for category in (UserWarning, RuntimeWarning):  # no convergence, failed line search
            warnings.simplefilter("error", category)
        try:
            return probe.fit(train_features, train_labels)
        except (UserWarning, RuntimeWarning) as warning:
            shape = " x ".join(map(str, train_features.shape))
            raise RuntimeError(
                f"the linear probe on {shape} features did not converge: try a stronger "
                f"regularisation than {regularisation} ({warning})"
            ) from warning


def linear_probe(
    train_features: np.ndarray,
    train_labels: np.ndarray,
    test_features: np.ndarray,
    test_labels: np.ndarray,
    regularisation: float = 1.0,
) -> float:
    """Measure how well a linear classifier reads the labels off the features.

    Parameters
    ----------
    train_features : numpy.ndarray
        Features or images of shape ``(n_train, ...)``; they are flattened.
    train_labels : numpy.ndarray
        Shape ``(n_train,)``, at least two classes.
    test_features : numpy.ndarray
        Shape ``(n_test, ...)``, as many numbers per row as in training.
    test_labels : numpy.ndarray
        Shape ``(n_test,)``.
    regularisation : float, optional
        Strength of the L2 penalty, as in ``fit_probe``.

    Returns
    -------
    float
        Accuracy on the test features, from 0 to 1.

    Raises
    ------
    ValueError
        If an array is not finite or not of a fitting shape, or there is a single class to learn.
    RuntimeError
        If the solver does not converge.

    Notes
    -----
    Alain and Bengio (2016), "Understanding intermediate layers using linear classifier probes".
    """
    _check_task(train_features, train_labels, test_features, test_labels)
    probe = fit_probe(train_features, train_labels, regularisation)
    return _accuracy(probe, test_features, test_labels)


def nearest_neighbour_accuracy(
    train_features: np.ndarray,
    train_labels: np.ndarray,
    test_features: np.ndarray,
    test_labels: np.ndarray,
    neighbours: int = 1,
) -> float:
    """Measure how often the labels of the nearest training features, by cosine, are right.

    Nothing is trained: the accuracy depends on the geometry of the features alone.

    Parameters
    ----------
    train_features : numpy.ndarray
        Features or images of shape ``(n_train, ...)``; they are flattened.
    train_labels : numpy.ndarray
        Shape ``(n_train,)``, at least two classes.
    test_features : numpy.ndarray
        Shape ``(n_test, ...)``, as many numbers per row as in training.
    test_labels : numpy.ndarray
        Shape ``(n_test,)``.
    neighbours : int, optional
        How many neighbours vote, from 1 to ``n_train``; each has one vote, and a tie goes to the
        smaller label.

    Returns
    -------
    float
        Accuracy on the test features, from 0 to 1.

    Raises
    ------
    ValueError
        If an array is not finite or not of a fitting shape, there is a single class, or there are
        fewer training features than neighbours.

    Notes
    -----
    Cover and Hart (1967), "Nearest neighbor pattern classification"; by cosine on learned features
    as in Wu et al. (2018), "Unsupervised feature learning via non-parametric instance
    discrimination". A row of zeros has no direction and lies at distance 1 from every other row.
    """
    _check_task(train_features, train_labels, test_features, test_labels)
    _check_neighbours(neighbours, len(train_features), "neighbours")
    classifier = KNeighborsClassifier(neighbours, metric="cosine")
    rows = FunctionTransformer(as_rows, kw_args={"dtype": np.float32})
    model = make_pipeline(rows, classifier).fit(train_features, train_labels)
    return _accuracy(model, test_features, test_labels)


def nearest_neighbours(query_features: np.ndarray, features: np.ndarray, count: int) -> np.ndarray:
    """Find the nearest features by cosine.

    Parameters
    ----------
    query_features : numpy.ndarray
        Shape ``(n_queries, ...)``; flattened.
    features : numpy.ndarray
        Where to search, shape ``(n, ...)``, as many numbers per row. A query that is among them
        finds itself first.
    count : int
        How many neighbours, from 1 to ``n``.

    Returns
    -------
    numpy.ndarray
        Indices into ``features``, int64 of shape ``(n_queries, count)``, nearest first.

    Raises
    ------
    ValueError
        If an array is not finite, the dimensions differ, or there are fewer than ``count``.
    """
    queries = as_rows(query_features, np.float32, "query_features")
    rows = as_rows(features, np.float32, "features")
    check_same_dimension(queries, "query_features", rows, "features")
    _check_neighbours(count, len(rows), "count")
    search = NearestNeighbors(n_neighbors=count, metric="cosine").fit(rows)
    return search.kneighbors(queries, return_distance=False)


def _accuracy(model: Pipeline, features: np.ndarray, labels: np.ndarray) -> float:
    features, labels = np.asarray(features), np.asarray(labels)
    batches = gen_batches(len(features), IMAGES_PER_BATCH)
    correct = sum(np.sum(model.predict(features[batch]) == labels[batch]) for batch in batches)
    return float(correct / len(features))


def _check_task(
    train_features: np.ndarray,
    train_labels: np.ndarray,
    test_features: np.ndarray,
    test_labels: np.ndarray,
) -> None:
    train_features, train_labels = np.asarray(train_features), np.asarray(train_labels)
    test_features, test_labels = np.asarray(test_features), np.asarray(test_labels)
    _check_labelled(train_features, train_labels, "train")
    _check_labelled(test_features, test_labels, "test")
    _check_labels(train_labels, "train_labels")
    check_same_dimension(train_features, "train_features", test_features, "test_features")


def _check_labelled(features: np.ndarray, labels: np.ndarray, part: str) -> None:
    check_features(features, f"{part}_features")
    if labels.shape != (len(features),):
        raise ValueError(
            f"{part}_labels must have shape ({len(features)},), one for each row of "
            f"{part}_features, got {labels.shape}"
        )


def _check_labels(labels: np.ndarray, name: str) -> None:
    if labels.ndim != 1 or labels.size == 0:
        raise ValueError(f"{name} must have shape (n,), got {labels.shape}")
    classes = np.unique(labels)
    if len(classes) < 2:
        raise ValueError(f"{name} hold a single class, {classes[0]}: at least two are needed")


def _check_budget(count: int, classes: np.ndarray, queues: list[np.ndarray]) -> None:
    if not isinstance(count, Integral) or count < len(classes):
        raise ValueError(
            f"a budget must be a whole number of labels, at least one for each of the "
            f"{len(classes)} classes, got {count}"
        )
    for place, (name, queue) in enumerate(zip(classes, queues, strict=True)):
        asked = len(range(place, count, len(classes)))
        if asked > len(queue):
            raise ValueError(
                f"a budget of {count} labels asks for {asked} of class {name}, "
                f"which has only {len(queue)}"
            )


def _check_neighbours(count: int, available: int, name: str) -> None:
    if not isinstance(count, Integral) or not 1 <= count <= available:
        raise ValueError(f"{name} must be a whole number from 1 to {available}, got {count}")
