"""How sure are we? Intervals, paired differences, and tables of arms against a baseline."""

from dataclasses import dataclass
from math import nan
from numbers import Integral

import numpy as np
import pandas as pd
from scipy import stats


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval, as fractions.

    It prints in percent, ``89.8 [89.0, 90.6]``; the format ``+.1f`` shows the sign of a difference
    in percentage points, ``+2.0 [+1.4, +2.6]``, and ``.2f`` a second decimal.

    Attributes
    ----------
    estimate : float
        The accuracy or difference found, 0.898 for 89.8 %.
    low, high : float
        Ends of the interval.
    count : int
        How many observations it rests on: test images, or seeds.
    """

    estimate: float
    low: float
    high: float
    count: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of zero."""
        return self.low > 0 or self.high < 0

    def contains(self, value: float) -> bool:
        """Return whether a value lies in the interval, its ends included."""
        return self.low <= value <= self.high

    def __format__(self, specification: str) -> str:
        estimate, low, high = (
            format(100 * value, specification or ".1f")
            for value in (self.estimate, self.low, self.high)
        )
        return f"{estimate} [{low}, {high}]"

    def __str__(self) -> str:
        return format(self)


def wilson_interval(correct: int, total: int, confidence: float = 0.95) -> Interval:
    """Compute the interval of an accuracy measured once, on a test set of a given size.

    It covers the chance of which images are in the test set, not of training again.

    Parameters
    ----------
    correct : int
        Number of images classified correctly, from 0 to ``total``.
    total : int
        Size of the test set, at least 1.
    confidence : float, optional
        Between 0 and 1.

    Returns
    -------
    Interval
        Within 0 to 1; ``count`` is the size of the test set.

    Raises
    ------
    ValueError
        If the numbers are not whole or out of range.

    Notes
    -----
    Wilson (1927), "Probable inference, the law of succession, and statistical inference".
    """
    if not (isinstance(correct, Integral) and isinstance(total, Integral)):
        raise ValueError(f"correct and total must be whole numbers, got {correct} and {total}")
    if not 0 <= correct <= total or total < 1:
        raise ValueError(f"expected 0 <= correct <= total and total >= 1, got {correct} of {total}")
    _check_confidence(confidence)
    test = stats.binomtest(int(correct), int(total))
    ends = test.proportion_ci(confidence, method="wilson")
    return Interval(test.statistic, float(ends.low), float(ends.high), test.n)


def mean_interval(values: np.ndarray, confidence: float = 0.95) -> Interval:
    """Compute the t interval of a mean over seeds.

    Parameters
    ----------
    values : array_like
        One value per seed, shape ``(n,)`` with ``n`` at least 2: accuracies or differences.
    confidence : float, optional
        Between 0 and 1.

    Returns
    -------
    Interval
        ``count`` is the number of seeds. The ends may lie beyond 0 or 1, and if all values are the
        same the interval has no width: a sign of too coarse a measure, not of certainty.

    Raises
    ------
    ValueError
        If there are fewer than two values, or one is not finite.

    Notes
    -----
    Student (1908), "The probable error of a mean". It covers the chance of whatever the seeds draw
    (labels, initial weights, batches), and assumes seeds that are independent of each other.
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(
            f"an interval over seeds needs at least two values, shape (n,), got {values.shape}"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"values must be finite, got {values[~np.isfinite(values)][0]}")
    _check_confidence(confidence)
    quantile = stats.t.ppf((1 + confidence) / 2, len(values) - 1)
    estimate, margin = float(values.mean()), float(quantile * stats.sem(values))
    return Interval(estimate, estimate - margin, estimate + margin, len(values))


def paired_difference(
    values: np.ndarray, baseline: np.ndarray, confidence: float = 0.95
) -> Interval:
    """Compute the t interval of the mean difference between two arms, seed by seed.

    What a seed does to both arms alike (an easy draw of labels) cancels out, so that far smaller
    differences show than two separate intervals would let one see.

    Parameters
    ----------
    values : array_like
        Accuracies of the one arm, one per seed, shape ``(n,)`` with ``n`` at least 2.
    baseline : array_like
        Accuracies of the other arm with the same seeds, in the same order.
    confidence : float, optional
        Between 0 and 1.

    Returns
    -------
    Interval
        Of ``values - baseline``: above zero where the arm is better than the baseline.

    Raises
    ------
    ValueError
        If the lengths differ, there are fewer than two seeds, or a value is not finite.

    Notes
    -----
    Student (1908), "The probable error of a mean".
    """
    values, baseline = np.asarray(values, dtype=float), np.asarray(baseline, dtype=float)
    if values.shape != baseline.shape:
        raise ValueError(
            f"paired arms need the same seeds: got {values.size} values "
            f"and {baseline.size} of the baseline"
        )
    return mean_interval(values - baseline, confidence)


def verdict(difference: Interval) -> str:
    """Say what a difference shows: ``"better"``, ``"worse"`` or ``"not established"``.

    Parameters
    ----------
    difference : Interval
        Of an arm minus its baseline.

    Returns
    -------
    str
        ``"not established"`` if the interval contains zero. That is not "equal": the interval says
        how large a difference remains possible.
    """
    if not difference.excludes_zero:
        return "not established"
    return "better" if difference.low > 0 else "worse"


def summarise_arms(scores: pd.DataFrame, baseline: str, confidence: float = 0.95) -> pd.DataFrame:
    """Compare every arm of an experiment with its baseline, paired by seed.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per run, with columns ``seed``, ``arm`` and ``accuracy`` (0 to 1).
    baseline : str
        The arm that the others are compared with.
    confidence : float, optional
        Of each interval by itself: at 0.95, chance makes one in twenty useless arms seem to differ.

    Returns
    -------
    pandas.DataFrame
        One row per arm, in the order they first appear, indexed by ``arm``. Columns: ``seeds``;
        ``accuracy``, ``low``, ``high`` (mean over seeds and its interval); ``difference``,
        ``difference_low``, ``difference_high`` (from the baseline); ``verdict``. The baseline's own
        row has no difference (NaN) and the verdict ``"baseline"``.

    Raises
    ------
    ValueError
        If a column is missing, an accuracy is not between 0 and 1, a run appears twice, an arm
        lacks a seed that another arm has, there are fewer than two seeds, or no arm is called
        ``baseline``.
    """
    by_seed = _accuracies_by_seed(scores)
    if baseline not in by_seed.columns:
        raise ValueError(f"no arm is called {baseline!r}: the arms are {list(by_seed.columns)}")
    rows = []
    for arm in by_seed.columns:
        accuracy = mean_interval(by_seed[arm], confidence)
        row = {
            "arm": arm,
            "seeds": accuracy.count,
            "accuracy": accuracy.estimate,
            "low": accuracy.low,
            "high": accuracy.high,
            "difference": nan,
            "difference_low": nan,
            "difference_high": nan,
            "verdict": "baseline",
        }
        if arm != baseline:
            difference = paired_difference(by_seed[arm], by_seed[baseline], confidence)
            row |= {
                "difference": difference.estimate,
                "difference_low": difference.low,
                "difference_high": difference.high,
                "verdict": verdict(difference),
            }
        rows.append(row)
    return pd.DataFrame(rows).set_index("arm")


def readable_summary(summary: pd.DataFrame) -> pd.DataFrame:
    """Write a summary of arms as text for the reader: percent, and points of difference.

    Parameters
    ----------
    summary : pandas.DataFrame
        From ``summarise_arms``.

    Returns
    -------
    pandas.DataFrame
        Columns of str: accuracy such as ``"89.8 [89.0, 90.6]"``, difference such as
        ``"+2.0 [+1.4, +2.6]"`` (empty for the baseline), and verdict.
    """
    baseline = summary.index[summary["verdict"] == "baseline"][0]
    accuracies, differences = [], []
    for row in summary.itertuples():
        accuracies.append(f"{Interval(row.accuracy, row.low, row.high, row.seeds)}")
        difference = Interval(row.difference, row.difference_low, row.difference_high, row.seeds)
        differences.append("" if row.Index == baseline else f"{difference:+.1f}")
    return pd.DataFrame(
        {
            "accuracy, %": accuracies,
            f"minus {baseline}, points": differences,
            "verdict": summary["verdict"].tolist(),
        },
        index=summary.index,
    )


def _accuracies_by_seed(scores: pd.DataFrame) -> pd.DataFrame:
    missing = [name for name in ("seed", "arm", "accuracy") if name not in scores.columns]
    if missing:
        raise ValueError(f"scores lack the column {missing[0]!r}: seed, arm, accuracy are needed")
    outside = scores[~scores["accuracy"].between(0, 1)]
    if len(outside):
        run = outside.iloc[0]
        raise ValueError(
            f"arm {run.arm!r}, seed {run.seed}: accuracy must be from 0 to 1, got {run.accuracy}"
        )
    repeated = scores[scores.duplicated(["arm", "seed"])]
    if len(repeated):
        run = repeated.iloc[0]
        raise ValueError(f"arm {run.arm!r} has seed {run.seed} more than once")
    table = scores.pivot(index="seed", columns="arm", values="accuracy")[scores["arm"].unique()]
    incomplete = table.columns[table.isna().any()]
    if len(incomplete):
        arm = incomplete[0]
        seed = table.index[table[arm].isna()][0]
        raise ValueError(f"arm {arm!r} lacks seed {seed}, which another arm has: run it too")
    return table


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}")
