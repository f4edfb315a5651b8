"""The nearest are found by direction alone; of partners, ties find nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.evaluation import nearest_neighbours, partner_ranks


def test_neighbours_are_near_by_direction_and_not_by_distance():
    features = np.array([[10.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    queries = np.array([[0.2, 0.0], [0.0, 50.0]])
    found = nearest_neighbours(queries, features, 3)
    assert found.tolist() == [[0, 2, 1], [1, 2, 0]]
    assert found.dtype == np.int64


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 10))
def test_the_neighbours_found_are_the_largest_cosines(seed, count):
    generator = np.random.default_rng(seed)
    queries, features = generator.normal(size=(5, 3)), generator.normal(size=(10, 3))
    cosines = (queries / np.linalg.norm(queries, axis=1, keepdims=True)) @ (
        features / np.linalg.norm(features, axis=1, keepdims=True)
    ).T
    found = nearest_neighbours(queries, features, count)
    in_order = -np.sort(-cosines, axis=1)[:, :count]
    assert np.take_along_axis(cosines, found, axis=1) == pytest.approx(in_order, abs=1e-5)


def test_a_query_among_the_features_finds_itself_first():
    features = np.random.default_rng(0).normal(size=(50, 8))
    assert nearest_neighbours(features, features, 2)[:, 0].tolist() == list(range(50))


def test_queries_of_another_dimension_or_with_nan_are_refused():
    features = np.random.default_rng(0).normal(size=(40, 4))
    message = "query_features have 3 numbers per row and features 4"
    with pytest.raises(ValueError, match=message):
        nearest_neighbours(features[:, :3], features, 1)
    with pytest.raises(ValueError, match="query_features contain NaN or infinity in 1 of 1 rows"):
        nearest_neighbours(np.full((1, 4), np.nan), features, 1)


def test_ranks_by_hand():
    queries = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    answers = np.array([[1.0, 0.9], [0.0, 5.0], [1.0, 0.1]])
    assert partner_ranks(queries, answers).tolist() == [1, 0, 1]


@given(st.integers(0, 2**31))
def test_of_chance_a_share_is_found_and_of_themselves_all(seed):
    generator = np.random.default_rng(seed)
    queries, answers = generator.normal(size=(2, 200, 8))
    assert (partner_ranks(queries, queries) == 0).all()
    assert np.mean(partner_ranks(queries, answers) < 50) == pytest.approx(0.25, abs=0.15)


def test_what_is_all_alike_finds_nothing():
    alike = np.ones((20, 4))
    assert (partner_ranks(alike, alike) == 19).all()
    assert (partner_ranks(np.zeros((20, 4)), alike) == 19).all()


@given(st.integers(0, 2**31), st.floats(0.1, 10))
def test_lengths_do_not_matter(seed, factor):
    queries, answers = np.random.default_rng(seed).normal(size=(2, 30, 5))
    lengths = np.linspace(0.5, 2, 30)[:, None]
    ranks = partner_ranks(queries, answers)
    assert partner_ranks(factor * queries, answers * lengths).tolist() == ranks.tolist()


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(ValueError, match="3 queries need as many answers, got 2"):
        partner_ranks(np.eye(3), np.eye(3)[:2])
    with pytest.raises(ValueError):
        partner_ranks(np.eye(3), np.full((3, 3), np.nan))
