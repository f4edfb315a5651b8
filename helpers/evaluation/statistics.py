"""How sure are we? Intervals, paired differences, and tables of arms against a baseline."""

from dataclasses import astuple, dataclass
from math import nan

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

ACCURACY = ["accuracy", "low", "high"]
DIFFERENCE = ["difference", "difference_low", "difference_high"]


@dataclass(frozen=True)
class Interval:
    """An estimate and the ends of its confidence interval: fractions, printed in percent.

    >>> print(Interval(0.898, 0.890, 0.906, count=10))
    89.8 [89.0, 90.6]
    >>> print(f"{Interval(0.020, 0.014, 0.026, count=10):+.1f}")  # a difference, in points
    +2.0 [+1.4, +2.6]
    """

    estimate: float
    low: float
    high: float
    count: int  # of the observations it rests on: test images, or seeds

    def __format__(self, specification: str = "") -> str:
        numbers = (format(100 * value, specification or ".1f") for value in astuple(self)[:3])
        return "{} [{}, {}]".format(*numbers)

    __str__ = __format__

    def in_points(self, name: str) -> dict[str, float]:
        """Return the estimate and both ends in percentage points, named, as ``record`` takes them.

        >>> Interval(0.5, 0.25, 0.75, count=10).in_points("gain")
        {'gain': 50.0, 'gain_low': 25.0, 'gain_high': 75.0}
        """
        ends = {name: self.estimate, f"{name}_low": self.low, f"{name}_high": self.high}
        return {key: 100 * value for key, value in ends.items()}


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Compute the t interval of a mean over seeds, from one value per seed.

    >>> print(mean_interval([0.80, 0.82, 0.84]))
    82.0 [77.0, 87.0]

    It covers the chance of what independent seeds draw: labels, initial weights, batches. Its ends
    may lie beyond 0 or 1; no width, where all values agree, is a sign of too coarse a measure, not
    of certainty. Student (1908), "The probable error of a mean".
    """
    values = np.asarray(values, dtype=float)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(
            f"an interval over seeds needs at least two values, shape (n,), got {values.shape}"
        )
    if not np.isfinite(values).all():
        raise ValueError(f"values must be finite, got {values[~np.isfinite(values)][0]}")
    check_confidence(confidence)
    quantile = stats.t.ppf((1 + confidence) / 2, len(values) - 1)
    estimate, margin = float(values.mean()), float(quantile * stats.sem(values))
    return Interval(estimate, estimate - margin, estimate + margin, len(values))


def paired_difference(values: ArrayLike, baseline: ArrayLike, confidence: float = 0.95) -> Interval:
    """Compute the t interval of the mean of ``values - baseline``, both in the same order of seeds.

    >>> print(f"{paired_difference([0.83, 0.85, 0.86], [0.80, 0.82, 0.84]):+.1f}")
    +2.7 [+1.2, +4.1]

    What a seed does to both arms alike (an easy draw of labels) cancels out, so that far smaller
    differences show than two separate intervals would let one see.
    """
    values, baseline = np.asarray(values, dtype=float), np.asarray(baseline, dtype=float)
    if values.shape != baseline.shape:
        raise ValueError(
            f"paired arms need the same seeds: got {values.size} values "
            f"and {baseline.size} of the baseline"
        )
    return mean_interval(values - baseline, confidence)


def verdict(difference: Interval) -> str:
    """Say whether an arm is ``"better"`` or ``"worse"`` than its baseline.

    >>> verdict(Interval(0.02, 0.014, 0.026, 10)), verdict(Interval(0.02, -0.01, 0.05, 10))
    ('better', 'not established')

    The latter, of an interval around zero, is not "equal": its ends say what remains possible.
    """
    if difference.low > 0:
        return "better"
    return "worse" if difference.high < 0 else "not established"


def arm_difference(scores: pd.DataFrame, arm: str, baseline: str) -> Interval:
    """Compute the paired difference of two arms of a table of runs, as ``summarise_arms`` takes it.

    >>> scores = pd.DataFrame({"arm": ["ours"] * 3 + ["scratch"] * 3, "seed": [0, 1, 2] * 2})
    >>> scores["accuracy"] = [0.83, 0.85, 0.86, 0.80, 0.82, 0.84]
    >>> print(f"{arm_difference(scores, 'ours', 'scratch'):+.1f}")
    +2.7 [+1.2, +4.1]
    """
    by_seed = _accuracies_by_seed(scores, arm, baseline)
    return paired_difference(by_seed[arm], by_seed[baseline])


def summarise_arms(scores: pd.DataFrame, baseline: str, confidence: float = 0.95) -> pd.DataFrame:
    """Compare every arm of an experiment with its baseline, paired by seed.

    >>> scores = pd.DataFrame({"arm": ["ours"] * 3 + ["scratch"] * 3, "seed": [0, 1, 2] * 2})
    >>> scores["accuracy"] = [0.83, 0.85, 0.86, 0.80, 0.82, 0.84]
    >>> summarise_arms(scores, baseline="scratch")["verdict"].to_dict()
    {'ours': 'better', 'scratch': 'baseline'}

    ``scores`` has one row per run, accuracies from 0 to 1. The summary has one per arm, as they
    first appear: ``seeds``; ``accuracy``, ``low``, ``high`` (mean and interval); ``difference``,
    ``difference_low``, ``difference_high`` (from the baseline, whose own are NaN); ``verdict``.
    At a confidence of 0.95, chance makes one in twenty useless arms seem to differ.
    """
    by_seed = _accuracies_by_seed(scores, baseline)
    rows = {}
    for arm in by_seed.columns:
        *accuracy, seeds = astuple(mean_interval(by_seed[arm], confidence))
        if arm == baseline:
            rows[arm] = seeds, *accuracy, nan, nan, nan, "baseline"
        else:
            difference = paired_difference(by_seed[arm], by_seed[baseline], confidence)
            rows[arm] = seeds, *accuracy, *astuple(difference)[:3], verdict(difference)
    columns = ["seeds", *ACCURACY, *DIFFERENCE, "verdict"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("arm")


def readable_summary(summary: pd.DataFrame) -> pd.DataFrame:
    """Write a summary from ``summarise_arms`` as text: percent, points of difference, verdict."""
    baseline = summary.index[summary["verdict"] == "baseline"][0]
    accuracies = [f"{Interval(*row)}" for row in summary[[*ACCURACY, "seeds"]].to_numpy()]
    differences = [f"{Interval(*row):+.1f}" for row in summary[[*DIFFERENCE, "seeds"]].to_numpy()]
    columns = {"accuracy, %": accuracies, f"minus {baseline}, points": differences}
    text = pd.DataFrame(columns | {"verdict": summary["verdict"]}, index=summary.index)
    return text.replace(f"{Interval(nan, nan, nan, 0):+.1f}", "")  # the baseline's own difference


def _accuracies_by_seed(scores: pd.DataFrame, *needed_arms: str) -> pd.DataFrame:
    missing = [name for name in ("seed", "arm", "accuracy") if name not in scores.columns]
    if missing:
        raise ValueError(f"scores lack the column {missing[0]!r}: seed, arm, accuracy are needed")
    for run in scores[~scores["accuracy"].between(0, 1)].itertuples():
        raise ValueError(
            f"arm {run.arm!r}, seed {run.seed}: accuracy must be from 0 to 1, got {run.accuracy}"
        )
    for run in scores[scores.duplicated(["arm", "seed"])].itertuples():
        raise ValueError(f"arm {run.arm!r} has seed {run.seed} more than once")
    table = scores.pivot(index="seed", columns="arm", values="accuracy")[scores["arm"].unique()]
    for arm in table.columns[table.isna().any()]:
        seed = table.index[table[arm].isna()][0]
        raise ValueError(f"arm {arm!r} lacks seed {seed}, which another arm has: run it too")
    for arm in needed_arms:
        if arm not in table.columns:
            raise ValueError(f"no arm is called {arm!r}: the arms are {list(table.columns)}")
    return table


def check_confidence(confidence: float) -> None:
    """Raise a ``ValueError`` unless a confidence lies between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}")
