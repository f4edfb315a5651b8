"""Partners are found where they are nearest, by direction alone, and ties find nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.evaluation import partner_ranks


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
