"""How sure are we of a share, such as an accuracy? Intervals that stay between 0 and 1."""

from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from helpers.evaluation.statistics import Interval, check_confidence, mean_interval


def wilson_interval(correct: int, total: int, confidence: float = 0.95) -> Interval:
    """Compute the interval of an accuracy measured once, on a test set of a given size.

    >>> print(wilson_interval(180, 200))
    90.0 [85.1, 93.4]

    It covers the chance of which images are tested, not of training again. Wilson (1927),
    "Probable inference, the law of succession, and statistical inference".
    """
    if not (isinstance(correct, Integral) and isinstance(total, Integral)):
        raise ValueError(f"correct and total must be whole numbers, got {correct} and {total}")
    if not 0 <= correct <= total or total < 1:
        raise ValueError(f"expected 0 <= correct <= total and total >= 1, got {correct} of {total}")
    check_confidence(confidence)
    test = stats.binomtest(int(correct), int(total))
    ends = test.proportion_ci(confidence, method="wilson")
    return Interval(test.statistic, float(ends.low), float(ends.high), test.n)


def share_interval(shares: ArrayLike, confidence: float = 0.95) -> Interval:
    """Compute the interval of a mean of shares, one for each image: it stays between 0 and 1.

    >>> print(share_interval([1, 1, 0.75, 1, 1, 0.5, 1, 1]))
    90.6 [65.2, 98.0]

    A share may come from several answers that hang together, such as the copies of one image. It is
    Wilson's interval for as many independent answers as would scatter like the shares (or one for
    each image, where they do not scatter), with Student's quantile. Wilson (1927), see above; the
    effective number is Kish's (1965), "Survey Sampling".
    """
    shares = np.asarray(shares, dtype=float)
    mean = mean_interval(shares, confidence)
    if shares.min() < 0 or shares.max() > 1:
        raise ValueError(f"shares lie between 0 and 1, got {shares.min():g} to {shares.max():g}")
    estimate, error = mean.estimate, float(stats.sem(shares))
    answers = estimate * (1 - estimate) / error**2 if error else len(shares)
    squared = stats.t.ppf((1 + confidence) / 2, len(shares) - 1) ** 2 / answers
    middle = (estimate + squared / 2) / (1 + squared)
    margin = np.sqrt(squared * (estimate * (1 - estimate) + squared / 4)) / (1 + squared)
    low, high = max(0.0, middle - margin), min(1.0, middle + margin)
    return Interval(estimate, float(low), float(high), len(shares))
