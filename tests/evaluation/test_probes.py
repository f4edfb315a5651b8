"""Label budgets, linear probes and nearest neighbours."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from threadpoolctl import threadpool_info, threadpool_limits

from helpers.evaluation import label_budgets, nearest_neighbours
from helpers.evaluation import probes as evaluation
from helpers.evaluation.probes import (
    fit_probe,
    linear_probe,
    nearest_neighbour_accuracy,
    probe_few_labels,
)
from helpers.evaluation.representation import as_rows
from helpers.evaluation.statistics import mean_interval, summarise_arms

MEASURES = [linear_probe, nearest_neighbour_accuracy]


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    images, labels = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8).astype(np.uint8)
    return images[:500], labels[:500], images[500:], labels[500:]


def blobs(seed: int, count: int = 40, classes: int = 4) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(count) % classes
    noise = np.random.default_rng(seed).normal(scale=0.1, size=(count, classes))
    return np.eye(classes)[labels] + noise, labels


# The linear probe


def searched_to_the_end(train: np.ndarray, labels: np.ndarray) -> GridSearchCV:
    """The probe written in the plainest way: all columns, another solver, a search of its own."""
    rows = train.reshape(len(train), -1).astype(float)
    scale = 1 / np.sqrt(rows.var(axis=0, ddof=1).sum())
    model = make_pipeline(
        FunctionTransformer(lambda images: (images - rows.mean(axis=0)) * scale),
        LogisticRegression(tol=1e-10, max_iter=100_000),
    )
    strengths = {"logisticregression__C": evaluation.STRENGTHS}
    return GridSearchCV(model, strengths, scoring="neg_log_loss").fit(rows, labels)


@pytest.mark.parametrize("count", [50, 400])
def test_the_probe_agrees_with_scikit_learn_searched_to_the_end(digits, count):
    train, train_labels, test, test_labels = digits
    chosen = label_budgets(train_labels, [count], seed=0)[count]
    task = train[chosen], train_labels[chosen]
    reference, probe = searched_to_the_end(*task), fit_probe(*task)
    flat_test = test.reshape(len(test), -1)
    assert probe.predict_proba(test) == pytest.approx(reference.predict_proba(flat_test), abs=0.01)
    expected = accuracy_score(test_labels, reference.predict(flat_test))
    assert linear_probe(*task, test, test_labels) == pytest.approx(expected, abs=0.002)


def test_the_probe_reports_the_accuracy_of_the_fitted_pipeline(digits):
    train, train_labels, test, test_labels = digits
    predictions = fit_probe(train, train_labels).predict(test)
    assert linear_probe(*digits) == accuracy_score(test_labels, predictions)
    assert len(test) > evaluation.IMAGES_PER_BATCH  # more than one batch


def test_the_probe_centres_and_scales_with_the_training_features_only():
    # Centred by the test features' own mean, the far point would be the middle.
    train, labels = np.array([[0.0], [1.0]]), np.array([0, 1])
    assert linear_probe(train, labels, np.array([[10.0], [11.0]]), np.array([1, 1])) == 1.0


@pytest.mark.parametrize("measure", MEASURES)
def test_images_and_their_flattened_floats_are_the_same_features(digits, measure):
    train, train_labels, test, test_labels = digits
    floats = [images.reshape(len(images), -1).astype(np.float32) for images in (train, test)]
    assert measure(*digits) == measure(floats[0], train_labels, floats[1], test_labels)


@pytest.mark.parametrize("measure", MEASURES)
def test_labels_may_be_names(digits, measure):
    train, train_labels, test, test_labels = digits
    named = measure(train, train_labels.astype(str), test, test_labels.astype(str))
    assert named == measure(*digits)


@settings(max_examples=25)
@given(
    scale=st.floats(1e-3, 1e3),
    shift=st.floats(-100, 100),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_probe_does_not_depend_on_units_or_on_the_order_of_the_dimensions(scale, shift, seed):
    train, labels = blobs(seed)
    test, test_labels = np.random.default_rng(seed).normal(size=(60, 4)), np.arange(60) % 4
    expected = linear_probe(train, labels, test, test_labels)
    rescaled = linear_probe(train * scale + shift, labels, test * scale + shift, test_labels)
    reordered = linear_probe(train[:, ::-1], labels, test[:, ::-1], test_labels)
    assert rescaled == pytest.approx(expected, abs=1 / 60)
    assert reordered == pytest.approx(expected, abs=1 / 60)


def test_the_penalty_follows_the_labels_strong_where_they_contradict_the_features():
    train, labels = blobs(0, count=80)
    shuffled = np.random.default_rng(0).permutation(labels)
    strengths = [fit_probe(train, answers)[-1].C_ for answers in (shuffled, labels)]
    assert strengths[0] == min(evaluation.STRENGTHS) < strengths[1]


def test_copies_of_an_image_stay_in_one_fold_and_count_as_one_image():
    features, labels = blobs(0)
    noise = np.random.default_rng(0).normal(size=features.shape)
    for rows in (features, noise):
        once = fit_probe(rows, labels)
        thrice = np.tile(rows, (3, 1)), np.tile(labels, 3)
        together = fit_probe(*thrice, groups=np.tile(np.arange(len(labels)), 3))
        probabilities = [probe.predict_proba(rows) for probe in (once, together)]
        np.testing.assert_allclose(*probabilities, atol=0.02)
    apart = fit_probe(*thrice)  # each copy of the noise is asked about after others were learnt
    assert np.abs(apart.predict_proba(noise) - probabilities[0]).max() > 0.1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=12, max_size=12))
def test_any_groups_will_do_even_those_that_leave_nothing_to_choose_with(groups):
    features, labels = blobs(0, count=12, classes=3)
    probe = fit_probe(features, labels, groups=np.array(groups))
    assert np.mean(probe.predict(features) == labels) > 0.9


def test_groups_must_fit_the_rows():
    with pytest.raises(ValueError, match="groups must have shape"):
        fit_probe(*blobs(0), groups=np.arange(3))


def test_a_pixel_lit_in_one_image_of_many_is_not_blown_up():
    train, labels = blobs(0)
    rarely_lit = np.zeros((40, 1))
    rarely_lit[0] = 1e-3
    test, test_labels = blobs(1)
    lit = np.full((40, 1), 1e-3)  # divided by its spread over the training images: over 6
    accuracies = [
        linear_probe(np.hstack([train, rarely_lit]), labels, np.hstack([test, last]), test_labels)
        for last in (lit, 0 * lit)
    ]
    assert accuracies[0] == accuracies[1] > 0.9


def test_one_label_of_each_class_is_enough_though_nothing_can_be_chosen():
    train, labels = blobs(0, count=4)
    probe = fit_probe(train, labels)
    assert probe[-1].C == evaluation.STRENGTH_UNCHOSEN
    assert linear_probe(train, labels, *blobs(1)) > 0.9


def test_the_probe_shows_no_warning_even_on_constant_and_separable_features(digits):
    train, train_labels, _, _ = digits
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fit_probe(train, train_labels)  # the corner pixels are constant
        fit_probe(*blobs(0))


def test_two_labels_of_each_of_many_classes_are_enough():
    train, labels = blobs(0, count=52, classes=26)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert linear_probe(train, labels, *blobs(1, count=52, classes=26)) > 0.9


def test_a_probe_that_does_not_converge_stops_with_a_remedy(digits, monkeypatch):
    monkeypatch.setattr(evaluation, "PROBE_ITERATIONS", 1)
    message = "linear probe on 500 x 8 x 8 features did not converge .* far larger than all others"
    with pytest.raises(RuntimeError, match=message):
        linear_probe(*digits)


def test_the_probe_is_fitted_on_one_thread_however_many_there_are(monkeypatch):
    threads = []

    def watched(features):
        threads.extend(
            library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
        )
        return as_rows(features)

    monkeypatch.setattr(evaluation, "as_rows", watched)
    with threadpool_limits(2, "blas"):
        fit_probe(*blobs(0))
    assert set(threads) <= {1}  # Apple's library tells nothing


def test_a_probe_fitted_by_itself_refuses_what_cannot_be_learnt():
    features, labels = blobs(0)
    with pytest.raises(ValueError, match="train_features contain NaN or infinity in 2 of 40 rows"):
        fit_probe(with_nan(features), labels)
    with pytest.raises(ValueError, match="train_labels hold a single class, 2"):
        fit_probe(features, np.full(40, 2))


# Nearest neighbours


@pytest.mark.parametrize("neighbours", [1, 5, 20])
def test_the_neighbours_vote_as_in_scikit_learn(digits, neighbours):
    train, train_labels, test, test_labels = digits
    reference = KNeighborsClassifier(neighbours, metric="cosine")
    reference.fit(train.reshape(len(train), -1), train_labels)
    expected = reference.score(test.reshape(len(test), -1), test_labels)
    accuracy = nearest_neighbour_accuracy(*digits, neighbours=neighbours)
    assert accuracy == pytest.approx(expected, abs=0.001)


def test_the_nearest_neighbour_by_hand_is_right_once_in_two():
    train, labels = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 1])
    test = np.array([[3.0, 1.0], [1.0, 3.0]])
    assert nearest_neighbour_accuracy(train, labels, test, np.array([0, 0])) == 0.5


def test_three_neighbours_outvote_the_nearest():
    train = np.array([[1.0, 0.0], [1.0, 0.2], [1.0, 0.3]])
    task = train, np.array([0, 1, 1]), np.array([[1.0, 0.01]]), np.array([1])
    assert nearest_neighbour_accuracy(*task, neighbours=1) == 0
    assert nearest_neighbour_accuracy(*task, neighbours=3) == 1


def test_features_of_zeros_are_measured_and_not_refused():
    zeros, labels = np.zeros((20, 3)), np.arange(20) % 2
    assert 0 <= nearest_neighbour_accuracy(zeros, labels, zeros, labels) <= 1
    assert linear_probe(zeros, labels, zeros, labels) == 0.5


@pytest.mark.parametrize("count", [0, 41, 2.0])
def test_a_number_of_neighbours_that_is_not_there_is_refused(count):
    features, labels = blobs(0)
    message = f"neighbours must be a whole number from 1 to 40, got {count}"
    with pytest.raises(ValueError, match=message):
        nearest_neighbour_accuracy(features, labels, features, labels, neighbours=count)
    message = f"count must be a whole number from 1 to 40, got {count}"
    with pytest.raises(ValueError, match=message):
        nearest_neighbours(features, features, count)


# Bad input to either measure


def with_nan(features: np.ndarray) -> np.ndarray:
    broken = features.copy()
    broken[[5, 7], 1] = np.nan
    return broken


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"train_features": with_nan(blobs(0)[0])},
            "train_features contain NaN or infinity in 2 of 40 rows, first in row 5",
        ),
        (
            {"test_features": with_nan(blobs(0)[0])},
            "test_features contain NaN or infinity in 2 of 40 rows, first in row 5",
        ),
        (
            {"train_labels": np.zeros(39)},
            r"train_labels must have shape \(40,\), one for each row of train_features, "
            r"got \(39,\)",
        ),
        (
            {"test_labels": np.zeros((40, 1))},
            r"test_labels must have shape \(40,\), one for each row of test_features, "
            r"got \(40, 1\)",
        ),
        (
            {"train_labels": np.full(40, 2)},
            "train_labels hold a single class, 2: at least two are needed",
        ),
        (
            {"test_features": np.zeros((40, 3))},
            "train_features have 4 numbers per row and test_features 3: "
            "both must come from the same encoder",
        ),
        (
            {"test_features": np.zeros((0, 4)), "test_labels": np.zeros(0)},
            r"test_features must have shape \(n, d\) or \(n, \.\.\.\), got \(0, 4\)",
        ),
    ],
)
def test_a_measure_says_which_array_is_wrong(measure, change, message):
    features, labels = blobs(0)
    task = {
        "train_features": features,
        "train_labels": labels,
        "test_features": features,
        "test_labels": labels,
    }
    assert measure(**task) > 0.9
    with pytest.raises(ValueError, match=message):
        measure(**task | change)


# Planted encoders: what must win wins, and what is useless is called useless


@pytest.mark.parametrize("measure", MEASURES)
def test_a_planted_good_encoder_wins_and_a_planted_useless_one_is_called_useless(measure):
    generator = np.random.default_rng(0)
    labels, test_labels = np.arange(1000) % 10, np.arange(500) % 10

    def noise(count: int) -> np.ndarray:
        return generator.normal(size=(count, 10))

    encoders = {
        "untrained": (noise(1000), noise(500)),
        "good": (
            np.eye(10)[labels] + 0.3 * noise(1000),
            np.eye(10)[test_labels] + 0.3 * noise(500),
        ),
        "useless": (noise(1000), noise(500)),
    }
    runs = []
    for seed in range(5):
        chosen = label_budgets(labels, [100], seed)[100]
        for arm, (train, test) in encoders.items():
            accuracy = measure(train[chosen], labels[chosen], test, test_labels)
            runs.append({"seed": seed, "arm": arm, "accuracy": accuracy})
    scores = pd.DataFrame(runs)
    summary = summarise_arms(scores, baseline="untrained")
    assert summary.loc["good", "verdict"] == "better"
    assert summary.loc["useless", "verdict"] == "not established"
    good, useless = (
        mean_interval(scores.loc[scores["arm"] == arm, "accuracy"]) for arm in ("good", "useless")
    )
    assert good.low > useless.high
    assert useless.low <= 0.1 <= useless.high
    assert good.low > 0.8


def test_probes_with_few_labels_are_single_probes_of_the_labels_that_each_seed_deals():
    generator = np.random.default_rng(0)
    images, labels = generator.normal(size=(40, 6)), np.arange(40) % 2
    images[:, 0] += 2 * labels
    seen = []

    def features_of(some):
        seen.append(len(some))
        return some[:, :2]

    found = probe_few_labels(
        features_of, images[:30], labels[:30], images[30:], labels[30:], 10, [3, 4]
    )
    for seed, accuracy in zip([3, 4], found, strict=True):
        chosen = label_budgets(labels[:30], [10], seed)[10]
        alone = images[chosen, :2], labels[chosen], images[30:, :2], labels[30:]
        assert accuracy == linear_probe(*alone)
    assert seen == [10, 10, 10]  # the ten test images once, then the labelled ones of each draw
