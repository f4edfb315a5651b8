"""Are these features any good? A linear probe and nearest neighbours, on arrays."""

import warnings
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import gen_batches
from threadpoolctl import threadpool_limits

from helpers.evaluation.labels import check_labels, label_budgets
from helpers.evaluation.representation import as_rows, check_features, check_same_dimension
from helpers.evaluation.retrieval import check_neighbours

PROBE_TOLERANCE = 1e-5  # 0.1 % of the predictions differ from the optimum's; at 1e-4, up to 0.8 %
PROBE_ITERATIONS = 1000
STRENGTHS = (1.0, 10.0, 100.0, 1000.0)  # of the fit to the labels: scikit-learn's C
STRENGTH_UNCHOSEN = 100.0  # a class with a single label leaves nothing to choose with
FOLDS = 5
IMAGES_PER_BATCH = 1000


def fit_probe(
    train_features: np.ndarray, train_labels: np.ndarray, groups: np.ndarray | None = None
) -> Pipeline:
    """Fit the model behind ``linear_probe``, in double precision."""
    train_features, train_labels = _checked(train_features, train_labels, "train")
    groups = np.arange(len(train_labels)) if groups is None else np.asarray(groups)
    if groups.shape != train_labels.shape:
        raise ValueError(
            f"groups must have shape {train_labels.shape}, one for each row of train_features, "
            f"got {groups.shape}"
        )
    rows_of_a_group = len(groups) / len(np.unique(groups))
    classes = np.unique(train_labels)
    folds = min(FOLDS, *(len(np.unique(groups[train_labels == name])) for name in classes))
    settings = {"solver": "newton-cg", "tol": PROBE_TOLERANCE, "max_iter": PROBE_ITERATIONS}
    splits = _splits(train_labels, groups, folds) if folds > 1 else []
    if not splits:
        classifier = LogisticRegression(C=STRENGTH_UNCHOSEN / rows_of_a_group, **settings)
    else:
        classifier = LogisticRegressionCV(
            Cs=[strength / rows_of_a_group for strength in STRENGTHS],
            cv=splits,
            scoring="neg_log_loss",
            l1_ratios=(0,),
            use_legacy_attributes=False,
            **settings,
        )
    # One thread: for matrices of this size more are slower, and any number of cores agrees.
    with threadpool_limits(limits=1, user_api="blas"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes")  # many, on purpose
        for category in (ConvergenceWarning, RuntimeWarning):  # the latter: a failed line search
            warnings.simplefilter("error", category)
        try:
            # The labelled images' own components lose nothing and leave fewer weights to fit.
            with np.errstate(invalid="ignore"):  # features that are all the same
                components = PCA(svd_solver="full").fit(as_rows(train_features))
            scale = 1 / (np.sqrt(components.explained_variance_.sum()) or 1)
            probe = make_pipeline(
                FunctionTransformer(as_rows),
                components,
                FunctionTransformer(partial(np.multiply, scale)),
                classifier,
            )
            classifier.fit(probe[:-1].transform(train_features), train_labels)
        except (ConvergenceWarning, RuntimeWarning) as warning:
            shape = " x ".join(map(str, train_features.shape))
            raise RuntimeError(
                f"the linear probe on {shape} features did not converge ({warning}): look for "
                "features that are far larger than all others"
            ) from warning
    return probe


def linear_probe(
    train_features: np.ndarray,
    train_labels: np.ndarray,
    test_features: np.ndarray,
    test_labels: np.ndarray,
    groups: np.ndarray | None = None,
) -> float:
    """Measure how well a linear classifier reads the labels off features, as accuracy on the test.

    >>> train, test = np.array([[0.0], [1.0], [4.0], [5.0]]), np.array([[2.0], [3.0]])
    >>> linear_probe(train, np.array([0, 0, 1, 1]), test, np.array([0, 1]))
    1.0

    Multinomial logistic regression with an L2 penalty, on features or images ``(n, ...)``, centred
    and divided by *one* number: dividing each column by its own spread over a few images would blow
    up pixels that are seldom lit. How strong the penalty is, cross-validation on the training
    features chooses by log loss: in five folds, or in as many as the rarest class has labels; if it
    has one, a fixed strength is taken. A ``RuntimeError`` says that it did not converge. Alain and
    Bengio (2016), "Understanding intermediate layers using linear classifier probes".

    Rows of one group, ``groups`` of shape ``(n,)``, such as copies of an image, stay in one fold
    and count together as much as one row.
    """
    task = _checked_task(train_features, train_labels, test_features, test_labels)
    return _accuracy(fit_probe(*task[:2], groups), *task[2:])


def probe_few_labels(
    features_of: Callable[[np.ndarray], np.ndarray],
    images: np.ndarray,
    labels: np.ndarray,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    count: int,
    seeds: Iterable[int],
) -> list[float]:
    """Probe an encoder with several draws of few labels: one accuracy for each seed.

    >>> images, labels = np.array([[0.0], [4.0]] * 5), np.array([0, 1] * 5)
    >>> probe_few_labels(np.copy, images, labels, images, labels, count=4, seeds=range(3))
    [1.0, 1.0, 1.0]

    Of the images, ``count`` have a label in each draw, as ``label_budgets`` deals them. Features
    are those that ``features_of`` makes of images; only what is needed is encoded.
    """
    test = features_of(test_images)
    return [
        linear_probe(features_of(images[chosen]), labels[chosen], test, test_labels)
        for seed in seeds
        for chosen in label_budgets(labels, [count], seed).values()
    ]


def nearest_neighbour_accuracy(
    train_features: np.ndarray,
    train_labels: np.ndarray,
    test_features: np.ndarray,
    test_labels: np.ndarray,
    neighbours: int = 1,
) -> float:
    """Measure how often the labels of the nearest training features, by cosine, are right.

    >>> train, test = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[3.0, 1.0], [1.0, 3.0]])
    >>> nearest_neighbour_accuracy(train, np.array([0, 1]), test, np.array([0, 0]))
    0.5

    Nothing is trained: the geometry of the features ``(n, ...)`` decides alone. Each neighbour has
    one vote, and a tie goes to the smaller label. A row of zeros lies at distance 1 from all
    others. Cover and Hart (1967), "Nearest neighbor pattern classification"; by cosine as in Wu et
    al. (2018), "Unsupervised feature learning via non-parametric instance discrimination".
    """
    task = _checked_task(train_features, train_labels, test_features, test_labels)
    check_neighbours(neighbours, len(task[0]), "neighbours")
    classifier = KNeighborsClassifier(neighbours, metric="cosine")
    rows = FunctionTransformer(as_rows, kw_args={"dtype": np.float32})
    return _accuracy(make_pipeline(rows, classifier).fit(*task[:2]), *task[2:])


def _splits(labels: np.ndarray, groups: np.ndarray, folds: int) -> list[tuple[np.ndarray, ...]]:
    """Return folds that divide no group, without those that leave out a class."""
    alone = len(np.unique(groups)) == len(groups)
    folding = StratifiedKFold(folds) if alone else StratifiedGroupKFold(folds)
    splits = folding.split(labels, labels, None if alone else groups)
    classes = len(np.unique(labels))
    return [parts for parts in splits if all(len(np.unique(labels[p])) == classes for p in parts)]


def _accuracy(model: Pipeline, features: np.ndarray, labels: np.ndarray) -> float:
    batches = gen_batches(len(features), IMAGES_PER_BATCH)
    correct = sum(np.sum(model.predict(features[batch]) == labels[batch]) for batch in batches)
    return float(correct / len(features))


def _checked_task(*task: np.ndarray) -> tuple[np.ndarray, ...]:
    train, test = _checked(*task[:2], "train"), _checked(*task[2:], "test")
    check_same_dimension(train_features=train[0], test_features=test[0])
    return *train, *test


def _checked(features: np.ndarray, labels: np.ndarray, part: str) -> tuple[np.ndarray, np.ndarray]:
    features, labels = np.asarray(features), np.asarray(labels)
    check_features(features, f"{part}_features")
    if labels.shape != (len(features),):
        raise ValueError(
            f"{part}_labels must have shape ({len(features)},), one for each row of "
            f"{part}_features, got {labels.shape}"
        )
    if part == "train":
        check_labels(labels, "train_labels")
    return features, labels
