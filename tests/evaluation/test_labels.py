"""Which labels a method may see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.evaluation.labels import label_budgets


@given(
    held=st.lists(st.integers(8, 30), min_size=2, max_size=6),
    counts=st.lists(st.integers(6, 16), max_size=5),
    seed=st.integers(0, 2**32 - 1),
)
def test_budgets_are_nested_stratified_subsets_of_distinct_images(held, counts, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(held)), held))
    budgets = label_budgets(labels, counts, seed)
    assert list(budgets) == sorted(set(counts))
    smaller = set()
    for count, indices in budgets.items():
        assert indices.shape == (count,)
        assert indices.dtype == np.int64
        assert len(set(indices)) == count
        assert smaller <= set(indices)
        per_class = np.bincount(labels[indices], minlength=len(held))
        assert per_class.max() - per_class.min() <= (count % len(held) > 0)
        smaller = set(indices)


def test_a_budget_does_not_depend_on_the_other_budgets_asked_for():
    labels = np.arange(200) % 10
    alone = label_budgets(labels, [50], seed=3)[50]
    among_others = label_budgets(labels, [200, 10, 50], seed=3)[50]
    assert np.array_equal(alone, among_others)


def test_the_seed_alone_decides_the_draw():
    labels = np.arange(200) % 10
    first, again, other = (label_budgets(labels, [20], seed)[20] for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(np.sort(first), np.sort(other))


def test_the_extra_labels_of_an_uneven_budget_go_to_other_classes_with_other_seeds():
    labels = np.arange(200) % 10
    extras = {int(labels[label_budgets(labels, [11], seed)[11][-1]]) for seed in range(30)}
    assert len(extras) > 5


def test_every_image_of_a_class_may_come_first():
    labels = np.repeat([0, 1], 5)
    drawn = {int(index) for seed in range(100) for index in label_budgets(labels, [2], seed)[2]}
    assert drawn == set(range(10))


def test_budgets_take_labels_that_are_names():
    budgets = label_budgets(np.array(["cat", "dog", "cat", "dog"]), [2, 4], seed=0)
    assert sorted(budgets[4]) == [0, 1, 2, 3]


def test_a_budget_may_use_up_every_label():
    labels = np.repeat([0, 1, 2], 4)
    assert sorted(label_budgets(labels, [12], seed=0)[12]) == list(range(12))


def test_an_uneven_budget_may_use_up_a_class_that_gets_no_extra_label():
    labels, outcomes = np.repeat([0, 1], [3, 2]), set()
    for seed in range(20):
        try:
            outcomes.add(len(label_budgets(labels, [5], seed)[5]))
        except ValueError as error:
            outcomes.add(str(error))
    assert outcomes == {5, "a budget of 5 labels asks for 3 of class 1, which has only 2"}


@pytest.mark.parametrize(
    ("labels", "counts", "message"),
    [
        (
            np.repeat([0, 7], [20, 4]),
            [4, 10],
            "a budget of 10 labels asks for 5 of class 7, which has only 4",
        ),
        (
            np.arange(100) % 10,
            [9],
            "at least one for each of the 10 classes, got 9",
        ),
        (np.arange(100) % 10, [0], "at least one for each of the 10 classes, got 0"),
        (np.arange(100) % 10, [-10], "at least one for each of the 10 classes, got -10"),
        (np.arange(100) % 10, [10.5], "must be a whole number of labels, .* got 10.5"),
        (np.full(9, 3), [9], "labels hold a single class, 3: at least two are needed"),
        (np.zeros((4, 2)), [4], r"labels must have shape \(n,\), got \(4, 2\)"),
        (np.array([]), [4], r"labels must have shape \(n,\), got \(0,\)"),
    ],
)
def test_a_budget_that_cannot_be_drawn_is_refused(labels, counts, message):
    with pytest.raises(ValueError, match=message):
        label_budgets(labels, counts, seed=0)
