"""Partners are found where they are nearest, ties find nothing, and pairs teach what to ignore."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.evaluation.retrieval import fit_pair_map, partner_ranks


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


def things_and_ways(seed, count, loud=6):
    """Make things of 6 numbers, seen twice: the last three change from one time to the next."""
    generator = np.random.default_rng(seed)
    seen = np.repeat(generator.normal(size=(count, 1, 6)), 2, axis=1)
    seen[..., 3:] = loud * generator.normal(size=(count, 2, 3))
    return seen + 0.1 * generator.normal(size=seen.shape)


def test_a_map_from_pairs_ignores_what_changes_between_the_pictures_of_a_thing():
    learned = fit_pair_map(things_and_ways(0, 300), components=6, ridge=0.001)
    others = things_and_ways(1, 100)
    before = np.mean(partner_ranks(others[:, 0], others[:, 1]) == 0)
    mapped = learned(others)
    assert mapped.shape == (100, 2, 6)
    assert before < 0.2 < 0.4 < np.mean(partner_ranks(mapped[:, 0], mapped[:, 1]) == 0)


def test_a_map_from_false_pairs_gains_nothing():
    known, others = things_and_ways(0, 300), things_and_ways(1, 100)
    known[:, 1] = np.random.default_rng(2).permutation(known[:, 1])
    mapped = fit_pair_map(known, components=6)(others)
    assert np.mean(partner_ranks(mapped[:, 0], mapped[:, 1]) == 0) < 0.2


def test_no_more_components_than_there_are():
    learned = fit_pair_map(things_and_ways(0, 300), components=64)
    assert learned(things_and_ways(1, 5)).shape == (5, 2, 6)
