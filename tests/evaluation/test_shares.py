"""Intervals of shares."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from helpers.evaluation.shares import share_interval, wilson_interval
from helpers.evaluation.statistics import Interval

EXPERIMENTS = 200
confidences = st.floats(0.5, 0.999)


def ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


@pytest.mark.parametrize(
    ("confidence", "z", "low", "high"),
    [(0.95, 1.959963984540054, 0.4902, 0.9433), (0.5, 0.6744897501960817, 0.7025, 0.8714)],
)
def test_the_wilson_interval_of_8_in_10_is_worked_out_by_hand(confidence, z, low, high):
    centre = (0.8 + z**2 / 20) / (1 + z**2 / 10)
    margin = z / (1 + z**2 / 10) * np.sqrt(0.8 * 0.2 / 10 + z**2 / 400)
    interval = wilson_interval(8, 10, confidence)
    assert ends(interval) == pytest.approx((centre - margin, centre + margin))
    assert ends(interval) == pytest.approx((low, high), abs=1e-4)
    assert (interval.estimate, interval.count) == (0.8, 10)


def test_200_test_images_leave_four_points_of_doubt_and_10000_leave_half_a_point():
    small, large = wilson_interval(180, 200), wilson_interval(9000, 10_000)
    assert (small.high - small.low) / 2 == pytest.approx(0.042, abs=0.001)
    assert (large.high - large.low) / 2 == pytest.approx(0.006, abs=0.001)


@given(total=st.integers(1, 10_000), share=st.floats(0, 1), confidence=confidences)
def test_wilson_intervals_surround_the_accuracy_and_mirror_the_errors(total, share, confidence):
    correct = round(share * total)
    interval = wilson_interval(correct, total, confidence)
    mirrored = wilson_interval(total - correct, total, confidence)
    assert 0 <= interval.low <= interval.estimate + 1e-12
    assert interval.estimate - 1e-12 <= interval.high <= 1
    assert ends(interval) == pytest.approx((1 - mirrored.high, 1 - mirrored.low), abs=1e-9)


def test_wilson_takes_counts_from_numpy():
    predictions = np.array([1, 0, 1])
    assert wilson_interval(np.sum(predictions == 1), predictions.size) == wilson_interval(2, 3)


@pytest.mark.parametrize(
    ("correct", "total", "message"),
    [
        (0.9, 200, "correct and total must be whole numbers, got 0.9 and 200"),
        (11, 10, "expected 0 <= correct <= total and total >= 1, got 11 of 10"),
        (-1, 10, "got -1 of 10"),
        (0, 0, "got 0 of 0"),
    ],
)
def test_wilson_refuses_what_is_no_count(correct, total, message):
    with pytest.raises(ValueError, match=message):
        wilson_interval(correct, total)


@given(st.lists(st.sampled_from([0, 0.25, 0.5, 0.75, 1]), min_size=2, max_size=60))
def test_an_interval_of_shares_surrounds_their_mean_and_stays_within_0_and_1(shares):
    interval = share_interval(shares)
    assert 0 <= interval.low <= interval.estimate <= interval.high <= 1
    assert interval.low < interval.high
    mirrored = share_interval([1 - share for share in shares])
    assert mirrored.low == pytest.approx(1 - interval.high, abs=1e-9)


def test_for_single_answers_it_is_wilsons():
    shares = np.repeat([1.0, 0.0], [900, 100])
    ours, wilson = share_interval(shares), wilson_interval(900, 1000)
    assert (ours.low, ours.high) == pytest.approx((wilson.low, wilson.high), abs=1e-4)


def test_copies_that_answer_alike_add_nothing_and_independent_ones_do():
    answers = np.random.default_rng(0).random((400, 4)) < 0.9
    alike = np.repeat(answers[:, :1], 4, axis=1).mean(axis=1)
    single, independent = share_interval(answers[:, 0]), share_interval(answers.mean(axis=1))
    assert share_interval(alike) == single
    assert independent.high - independent.low < 0.6 * (single.high - single.low)


def test_it_covers_the_truth_as_often_as_it_says():
    generator = np.random.default_rng(0)
    chances = generator.beta(9.5, 0.5, size=(2000, 60))
    shares = generator.binomial(4, chances) / 4
    intervals = [share_interval(row) for row in shares]
    assert 0.92 < np.mean([one.low <= 0.95 <= one.high for one in intervals]) < 0.98


@pytest.mark.parametrize("wrong", [[-0.1, 0.5], [0.5, 1.1], [95, 99]])
def test_what_is_no_share_is_refused(wrong):
    with pytest.raises(ValueError, match="shares lie between 0 and 1"):
        share_interval(wrong)


@cache
def wilson_intervals(total: int) -> list[Interval]:
    return [wilson_interval(correct, total) for correct in range(total + 1)]


@pytest.mark.parametrize("truth", [0.1, 0.5, 0.9, 0.98])
@pytest.mark.parametrize("total", [200, 1000])
def test_the_exact_coverage_of_wilson_intervals_is_near_95_percent(truth, total):
    covered = [interval.low <= truth <= interval.high for interval in wilson_intervals(total)]
    chances = stats.binom.pmf(np.arange(total + 1), total, truth)
    assert chances @ covered == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("truth", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("total", [200, 1000])
def test_wilson_intervals_contain_the_truth_as_often_as_they_say(truth, total):
    correct = np.random.default_rng(0).binomial(total, truth, EXPERIMENTS)
    intervals = [wilson_interval(hits, total) for hits in correct]
    covered = [interval.low <= truth <= interval.high for interval in intervals]
    assert 0.90 <= np.mean(covered) <= 0.99


@pytest.mark.parametrize("confidence", [0, 1, 95, np.nan])
def test_a_confidence_outside_0_to_1_is_refused(confidence):
    message = f"confidence must lie between 0 and 1, got {confidence}"
    with pytest.raises(ValueError, match=message):
        wilson_interval(8, 10, confidence)
    with pytest.raises(ValueError, match=message):
        share_interval([0.1, 0.2], confidence)
