"""Is it worth it for *these* pictures? Differences over draws and test pictures, and one sentence.

Two things are left to chance: what a draw of labels, weights and batches brings, and which pictures
stand in the test part. Where that part is small, an interval over draws alone is far too narrow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from sklearn.utils.class_weight import compute_sample_weight

from helpers.evaluation.statistics import Interval, check_confidence

LEVEL = 0.05


@dataclass(frozen=True)
class Comparison:
    """A difference with its 95 % interval, and the two-sided p-value of there being none."""

    difference: Interval
    p_value: float


def balanced_accuracy(right: np.ndarray, labels: np.ndarray) -> float:
    """Average over the classes what share of each is right, however many pictures they have.

    >>> balanced_accuracy(np.array([1, 1, 1, 0]), np.array([0, 0, 0, 1]))
    0.5

    ``right``, of shape ``(..., n)``, says of each picture whether its answer was. Where all classes
    are of one size it is the accuracy.
    """
    return float(np.mean(right * compute_sample_weight("balanced", labels)))


def compare_crossed(
    right: np.ndarray,
    baseline_right: np.ndarray,
    labels: np.ndarray,
    groups: np.ndarray | None = None,
    confidence: float = 0.95,
) -> Comparison:
    """Compare two arms by balanced accuracy, over draws *and* test pictures.

    >>> generator, labels = np.random.default_rng(0), np.repeat([0, 1], 50)
    >>> ours, theirs = generator.random((5, 100)) < 0.9, generator.random((5, 100)) < 0.6
    >>> compare_crossed(ours, theirs, labels).difference.low > 0
    True

    ``right`` and ``baseline_right``, bool ``(draws, pictures)``, say which answers were right; both
    arms of a draw share its labels, and all draws the test pictures, whose labels are ``(n,)``.
    Pictures with the same number in ``groups``, ``(n,)``, vary together. The variance of the mean
    difference is that of two crossed random effects, never less than the draws' own: as for several
    readers of the same X-rays, Obuchowski and Rockette (1995), with the degrees of freedom of
    Hillis (2007), "A comparison of denominator degrees of freedom methods for multiple observer ROC
    analysis". The interval speaks of other draws and of other pictures of the
    same kind, and not of another folder.
    """
    right, baseline_right = np.asarray(right), np.asarray(baseline_right)
    if right.shape != baseline_right.shape or right.ndim != 2 or right.shape[1] != len(labels):
        raise ValueError(
            "both arms need answers of shape (draws, pictures), and each picture a label; got "
            f"{right.shape}, {baseline_right.shape} and {len(labels)} labels"
        )
    check_confidence(confidence)
    weights = compute_sample_weight("balanced", labels)  # of mean 1
    gaps = (right.astype(float) - baseline_right) * weights  # (draws, pictures)
    if groups is not None:
        _, of_group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
        sums = np.stack([np.bincount(of_group, row) for row in gaps])  # (draws, groups)
        gaps = sums * len(sizes) / sizes.sum()  # of the same mean
    draws, pictures = gaps.shape
    if min(draws, pictures) < 2:
        raise ValueError(f"2 draws and 2 groups are needed, got {draws} and {pictures}")
    mean, by_draw, by_picture = gaps.mean(), gaps.mean(axis=1), gaps.mean(axis=0)
    left = gaps - by_draw[:, None] - by_picture + mean
    of_draws = pictures * by_draw.var(ddof=1)
    of_pictures = draws * by_picture.var(ddof=1)
    of_both = np.square(left).sum() / ((draws - 1) * (pictures - 1))
    beyond = max(of_pictures - of_both, 0)
    error = np.sqrt((of_draws + beyond) / (draws * pictures))
    if error == 0:  # two arms with the same answers, or with a constant difference
        return Comparison(Interval(float(mean), float(mean), float(mean), draws), float(mean == 0))
    freedom = (draws - 1) * ((of_draws + beyond) / of_draws) ** 2 if of_draws else pictures - 1
    freedom = min(freedom, (draws - 1) * (pictures - 1))
    margin = stats.t.ppf((1 + confidence) / 2, freedom) * error
    p_value = 2 * stats.t.sf(abs(mean) / error, freedom)
    interval = Interval(float(mean), float(mean - margin), float(mean + margin), draws)
    return Comparison(interval, float(p_value))


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Adjust p-values that are read together: those below 0.05 then stand.

    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]

    Holm (1979), "A simple sequentially rejective multiple test procedure".
    """
    p_values = np.asarray(p_values, dtype=float)
    order = np.argsort(p_values)
    factors = np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1)
    return adjusted


def worth_it(
    comparisons: Mapping[int, Mapping[str, Mapping[str, Comparison]]],
) -> dict[int, tuple[str, str]]:
    """Say for each number of labels whether pre-training is worth it, and which way of using it.

    >>> gain = Comparison(Interval(0.1, 0.08, 0.12, 5), 0.001)
    >>> worth_it({100: {"fine-tuned": {"pixels": gain, "from scratch": gain}}})
    {100: ('worth it', 'fine-tuned')}

    ``comparisons`` hold, by number of labels, way (probe, fine-tuned) and baseline, how the way
    compares with the baseline. ``"worth it"``: one way beats *every* baseline. Its p-value is the
    largest of them, since all must be beaten (Berger, 1982), and Holm's correction is taken over
    the ways and the numbers of labels. ``"not worth it"``: every way is worse than some baseline;
    a way's p-value is the smallest of its baselines times their number, and of the ways the largest
    counts; Holm's correction is taken over the numbers of labels. Else ``"not established"``, with
    the way that comes nearest.
    """
    ways = [(labels, way) for labels, by_way in comparisons.items() for way in by_way]
    better = dict(zip(ways, holm([_p_better(comparisons[n][way]) for n, way in ways]), strict=True))
    worse = holm(
        [max(_p_worse(rivals) for rivals in by_way.values()) for by_way in comparisons.values()]
    )
    said = {}
    for (labels, by_way), p_worse in zip(comparisons.items(), worse, strict=True):
        best = max(by_way, key=lambda way: (-better[labels, way], _least(by_way[way])))
        if better[labels, best] < LEVEL:
            said[labels] = "worth it", best
        else:
            best = max(by_way, key=lambda way: _least(by_way[way]))
            said[labels] = "not worth it" if p_worse < LEVEL else "not established", best
    return said


def hardest_rival(rivals: Mapping[str, Comparison]) -> str:
    """Return the baseline that a way is least sure to beat."""
    return min(rivals, key=lambda name: rivals[name].difference.low)


def _least(rivals: Mapping[str, Comparison]) -> float:
    return rivals[hardest_rival(rivals)].difference.low


def _p_better(rivals: Mapping[str, Comparison]) -> float:
    return max(c.p_value if c.difference.estimate > 0 else 1.0 for c in rivals.values())


def _p_worse(rivals: Mapping[str, Comparison]) -> float:
    smallest = min(c.p_value if c.difference.estimate < 0 else 1.0 for c in rivals.values())
    return min(1.0, len(rivals) * smallest)
