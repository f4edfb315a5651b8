"""Intervals, paired differences and tables of arms."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from helpers.evaluation.statistics import (
    Interval,
    arm_difference,
    mean_interval,
    paired_difference,
    readable_summary,
    summarise_arms,
    verdict,
)

EXPERIMENTS = 200
accuracies = st.lists(st.floats(0, 1), min_size=2, max_size=12)
confidences = st.floats(0.5, 0.999)


def ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


def contains(interval: Interval, value: float) -> bool:
    return interval.low <= value <= interval.high


def scores_of(**arms: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"seed": seed, "arm": arm, "accuracy": accuracy}
            for arm, values in arms.items()
            for seed, accuracy in enumerate(values)
        ]
    )


# Intervals


def test_an_interval_prints_in_percent_and_a_difference_with_its_sign():
    assert str(Interval(0.8976, 0.8904, 0.9057, 10)) == "89.8 [89.0, 90.6]"
    assert f"{Interval(0.02, 0.014, 0.026, 10):+.1f}" == "+2.0 [+1.4, +2.6]"
    assert f"{Interval(-0.015, -0.022, -0.009, 10):+.2f}" == "-1.50 [-2.20, -0.90]"


@pytest.mark.parametrize(
    ("low", "high", "judgement"),
    [
        (0.001, 0.02, "better"),
        (-0.02, -0.001, "worse"),
        (-0.01, 0.02, "not established"),
        (0.0, 0.02, "not established"),
        (-0.02, 0.0, "not established"),
    ],
)
def test_a_difference_counts_only_if_its_interval_excludes_zero(low, high, judgement):
    assert verdict(Interval((low + high) / 2, low, high, 5)) == judgement


# Means and paired differences over seeds


def test_the_t_interval_of_three_seeds_is_worked_out_by_hand():
    # Mean 0.2, standard deviation 0.1, t quantile 4.302653 with 2 degrees of freedom.
    margin = 4.302653 * 0.1 / np.sqrt(3)
    interval = mean_interval([0.1, 0.2, 0.3])
    assert ends(interval) == pytest.approx((0.2 - margin, 0.2 + margin), abs=1e-6)
    assert (interval.estimate, interval.count) == (pytest.approx(0.2), 3)


@given(values=accuracies, confidence=confidences)
def test_mean_intervals_agree_with_scipy(values, confidence):
    assume(np.ptp(values) > 1e-6)
    expected = stats.ttest_1samp(values, 0).confidence_interval(confidence)
    interval = mean_interval(values, confidence)
    assert ends(interval) == pytest.approx((expected.low, expected.high))
    assert contains(interval, np.mean(values))


def test_seeds_that_all_agree_give_an_interval_without_width():
    assert ends(mean_interval([0.75, 0.75])) == (0.75, 0.75)


@given(values=accuracies, shift=st.floats(-0.5, 0.5))
def test_a_paired_difference_of_a_shifted_arm_is_the_shift(values, shift):
    shifted = np.array(values) + shift
    difference = paired_difference(shifted, values)
    assert (difference.estimate, *ends(difference)) == pytest.approx((shift,) * 3, abs=1e-9)


@given(
    pairs=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=12),
    confidence=confidences,
)
def test_paired_differences_agree_with_scipy_and_change_sign_with_the_arms(pairs, confidence):
    values, baseline = np.array(pairs).T
    assume(np.ptp(values - baseline) > 1e-6)
    difference = paired_difference(values, baseline, confidence)
    reverse = paired_difference(baseline, values, confidence)
    expected = stats.ttest_rel(values, baseline).confidence_interval(confidence)
    assert ends(difference) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert ends(difference) == pytest.approx((-reverse.high, -reverse.low), abs=1e-12)


def test_pairing_shows_a_difference_that_separate_intervals_hide():
    draws = np.array([0.70, 0.75, 0.80, 0.85, 0.90])
    baseline, values = draws, draws + np.array([0.020, 0.018, 0.021, 0.019, 0.022])
    assert mean_interval(values).low < mean_interval(baseline).high
    assert verdict(paired_difference(values, baseline)) == "better"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0.9], r"needs at least two values, shape \(n,\), got \(1,\)"),
        ([], r"needs at least two values, shape \(n,\), got \(0,\)"),
        ([[0.9, 0.8]], r"needs at least two values, shape \(n,\), got \(1, 2\)"),
        ([[0.9], [0.8]], r"needs at least two values, shape \(n,\), got \(2, 1\)"),
        ([0.9, np.nan], "values must be finite, got nan"),
    ],
)
def test_a_mean_over_seeds_refuses_what_has_no_interval(values, message):
    with pytest.raises(ValueError, match=message):
        mean_interval(values)


def test_a_paired_difference_refuses_arms_of_different_lengths():
    message = "paired arms need the same seeds: got 3 values and 2 of the baseline"
    with pytest.raises(ValueError, match=message):
        paired_difference([0.1, 0.2, 0.3], [0.1, 0.2])


@pytest.mark.parametrize("confidence", [0, 1, 95, np.nan])
def test_a_confidence_outside_0_to_1_is_refused(confidence):
    message = f"confidence must lie between 0 and 1, got {confidence}"
    with pytest.raises(ValueError, match=message):
        mean_interval([0.1, 0.2], confidence)


# Coverage: simulated experiments whose truth is known


def coverage(truth: float, intervals: list[Interval]) -> float:
    assert len(intervals) == EXPERIMENTS
    return np.mean([contains(interval, truth) for interval in intervals])


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_mean_intervals_contain_the_truth_as_often_as_they_say(seeds):
    # Each seed's encoder has its own accuracy, measured on 1,000 test images.
    generator = np.random.default_rng(0)
    encoders = generator.normal(0.85, 0.02, (EXPERIMENTS, seeds))
    measured = generator.binomial(1000, encoders) / 1000
    assert 0.90 <= coverage(0.85, [mean_interval(values) for values in measured]) <= 0.99


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_paired_differences_contain_the_truth_as_often_as_they_say(seeds):
    # The draw of labels moves both arms by 5 points; the second arm is truly 1 point better.
    generator = np.random.default_rng(0)
    draws = generator.normal(0.80, 0.05, (EXPERIMENTS, seeds))
    baselines = generator.binomial(1000, draws) / 1000
    arms = generator.binomial(1000, draws + 0.01) / 1000
    pairs = zip(arms, baselines, strict=True)
    intervals = [paired_difference(values, baseline) for values, baseline in pairs]
    assert 0.90 <= coverage(0.01, intervals) <= 0.99


def false_verdicts(anew: bool) -> float:
    """Ten draws of labels; encoders of equal merit, ours drawn once for all of them or anew."""
    generator = np.random.default_rng(0)
    shape = EXPERIMENTS, 10
    labels = generator.normal(0.80, 0.02, shape)
    ours = generator.normal(0, 0.01, shape if anew else (EXPERIMENTS, 1))
    theirs = generator.normal(0, 0.01, shape)
    arms, baselines = (generator.binomial(1000, labels + luck) / 1000 for luck in (ours, theirs))
    pairs = zip(arms, baselines, strict=True)
    return np.mean([verdict(paired_difference(*pair)) != "not established" for pair in pairs])


def test_encoders_without_merit_are_called_better_or_worse_as_seldom_as_promised():
    assert 0.02 <= false_verdicts(anew=True) <= 0.08


def test_one_encoder_for_all_draws_breaks_that_promise():
    assert false_verdicts(anew=False) > 0.2


def test_intervals_of_the_normal_approximation_would_fail_the_coverage_asked_here():
    generator = np.random.default_rng(0)
    samples = generator.normal(0.85, 0.02, (EXPERIMENTS, 3))
    margins = 1.96 * stats.sem(samples, axis=1)
    too_narrow = [
        Interval(mean, mean - margin, mean + margin, 3)
        for mean, margin in zip(samples.mean(axis=1), margins, strict=True)
    ]
    assert coverage(0.85, too_narrow) < 0.90


# Tables of arms


@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_a_table_of_arms_holds_means_and_paired_differences_in_the_order_of_the_arms(confidence):
    scratch, rotation, random = [0.80, 0.82, 0.84], [0.83, 0.85, 0.86], [0.00, 1.00, 0.80]
    scores = scores_of(scratch=scratch, rotation=rotation, random=random)
    summary = summarise_arms(scores, "scratch", confidence)
    assert summary.index.tolist() == ["scratch", "rotation", "random"]
    assert summary["verdict"].tolist() == ["baseline", "better", "not established"]
    assert summary["seeds"].tolist() == [3, 3, 3]
    accuracy = mean_interval(rotation, confidence)
    difference = paired_difference(rotation, scratch, confidence)
    columns = ["accuracy", "low", "high", "difference", "difference_low", "difference_high"]
    assert summary.loc["rotation", columns].tolist() == pytest.approx(
        [accuracy.estimate, *ends(accuracy), difference.estimate, *ends(difference)]
    )
    assert summary.loc["scratch", columns[3:]].isna().all()


def test_arms_are_paired_by_seed_and_not_by_row():
    scores = scores_of(scratch=[0.5, 0.6, 0.7], rotation=[0.51, 0.61, 0.71])
    shuffled = scores.sample(frac=1, random_state=1).sort_values("arm", kind="stable")
    summary = summarise_arms(shuffled, baseline="scratch")
    row = summary.loc["rotation"]
    assert (row.difference_low, row.difference_high) == pytest.approx((0.01, 0.01))


def test_a_summary_reads_in_percent_and_points():
    summary = summarise_arms(
        scores_of(scratch=[0.80, 0.82, 0.84], rotation=[0.77, 0.78, 0.80]), baseline="scratch"
    )
    text = readable_summary(summary)
    assert text.columns.tolist() == ["accuracy, %", "minus scratch, points", "verdict"]
    assert text.loc["scratch"].tolist() == ["82.0 [77.0, 87.0]", "", "baseline"]
    assert text.loc["rotation"].tolist() == ["78.3 [74.5, 82.1]", "-3.7 [-5.1, -2.2]", "worse"]


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (
            scores_of(scratch=[0.8, 0.9, 0.7], rotation=[0.8, 0.9]),
            "arm 'rotation' lacks seed 2, which another arm has: run it too",
        ),
        (
            pd.concat([scores_of(scratch=[0.8, 0.9]), scores_of(scratch=[0.7])]),
            "arm 'scratch' has seed 0 more than once",
        ),
        (
            scores_of(random=[0.8, 0.9]),
            r"no arm is called 'scratch': the arms are \['random'\]",
        ),
        (
            scores_of(scratch=[0.8, 89.8]),
            "arm 'scratch', seed 1: accuracy must be from 0 to 1, got 89.8",
        ),
        (
            scores_of(scratch=[0.8, -0.1]),
            "arm 'scratch', seed 1: accuracy must be from 0 to 1, got -0.1",
        ),
        (
            scores_of(scratch=[0.8, np.nan]),
            "arm 'scratch', seed 1: accuracy must be from 0 to 1, got nan",
        ),
        (
            scores_of(scratch=[0.8, 0.9]).rename(columns={"seed": "draw"}),
            "scores lack the column 'seed': seed, arm, accuracy are needed",
        ),
        (scores_of(scratch=[0.8]), "an interval over seeds needs at least two values"),
    ],
)
def test_a_table_that_cannot_be_paired_is_refused(scores, message):
    with pytest.raises(ValueError, match=message):
        summarise_arms(scores, baseline="scratch")
    with pytest.raises(ValueError, match=message):
        arm_difference(scores, "scratch", "scratch")


def test_two_arms_of_a_table_are_paired_by_seed_whatever_the_order_of_its_rows():
    scores = scores_of(
        scratch=[0.80, 0.82, 0.84], rotation=[0.83, 0.85, 0.86], random=[0.7, 0.9, 0.8]
    )
    expected = paired_difference([0.83, 0.85, 0.86], [0.80, 0.82, 0.84])
    assert arm_difference(scores, "rotation", "scratch") == expected
    shuffled = scores.sample(frac=1, random_state=1)
    assert arm_difference(shuffled, "rotation", "scratch") == expected


@pytest.mark.parametrize("arms", [("scratch", "masking"), ("masking", "scratch")])
def test_a_difference_from_an_arm_that_is_not_there_is_refused(arms):
    message = r"no arm is called 'masking': the arms are \['scratch', 'random'\]"
    with pytest.raises(ValueError, match=message):
        arm_difference(scores_of(scratch=[0.8, 0.9], random=[0.7, 0.6]), *arms)
