"""Lesson 00: intervals, pairs, and which sentence a table allows."""

import numpy as np
from scipy import stats

from helpers.lesson.exercises import Exercise


def mean_with_margin(accuracies):
    """Return the mean of some accuracies and the margin of its 95 % t interval, two numbers."""
    margin = stats.t.ppf(0.975, len(accuracies) - 1) * stats.sem(accuracies)
    return np.mean(accuracies), margin


def _divided_by_n(accuracies):
    margin = stats.t.ppf(0.975, len(accuracies) - 1) * np.std(accuracies)
    return np.mean(accuracies), margin / np.sqrt(len(accuracies))


def paired_margin(ours, theirs):
    """Return the mean of ours minus theirs and the margin of its 95 % t interval, two numbers.

    Both hold one accuracy for each seed, in the same order.
    """
    differences = np.subtract(ours, theirs)
    margin = stats.t.ppf(0.975, len(differences) - 1) * stats.sem(differences)
    return np.mean(differences), margin


def unpaired(ours, theirs):
    """Compare two arms as if they had nothing in common: mean difference and margin."""
    variance = stats.sem(ours) ** 2 + stats.sem(theirs) ** 2
    margin = stats.t.ppf(0.975, 2 * len(ours) - 2) * np.sqrt(variance)
    return np.mean(ours) - np.mean(theirs), margin


def verdict_on(mean, margin):
    """Return "better", "worse" or "not established", for a mean difference and its margin."""
    if abs(mean) <= margin:
        return "not established"
    return "better" if mean > 0 else "worse"


def hidden_quarters(images, quarters):
    """Return a copy of images, `(n, size, size)`, each with one quarter set to 0.

    `quarters` holds a number from 0 to 3 for each image: top left, top right, bottom left, bottom
    right. The size is even.
    """
    half = images.shape[1] // 2
    hidden = images.copy()
    for image, quarter in zip(hidden, quarters, strict=True):
        row, column = divmod(int(quarter), 2)
        image[row * half : (row + 1) * half, column * half : (column + 1) * half] = 0
    return hidden


def _columns_first(images, quarters):
    quarters = np.asarray(quarters)
    return hidden_quarters(images, quarters % 2 * 2 + quarters // 2)


def _same_for_all(images, quarters):
    return hidden_quarters(images, np.full(len(images), quarters[0]))


def _all_but(images, quarters):
    return images - hidden_quarters(images, quarters)


EXERCISES = [
    Exercise(
        number="00.1",
        title="hide a quarter",
        prompt=(
            "Masking hides single pixels. Hide a whole quarter of each image instead: `quarters` "
            "says which one, a number from 0 to 3 for each image. Leave the images that you get as "
            "they are, and return a changed copy (NumPy arrays)."
        ),
        difficulty=2,
        minutes=10,
        hints=(
            "Work on `images.copy()`. The quarters 0 and 1 are the upper half, 2 and 3 the lower.",
            "`divmod(quarter, 2)` gives row and column of a quarter, each 0 or 1.",
            "With `half = images.shape[1] // 2`, the rows are `row * half` to `(row + 1) * half`.",
        ),
        reference=hidden_quarters,
        inputs=(
            (np.arange(1, 65, dtype=np.uint8).reshape(4, 4, 4), np.array([0, 1, 2, 3])),
            (np.full((2, 2, 2), 7, dtype=np.uint8), np.array([2, 1])),
            (np.arange(1, 49).reshape(3, 4, 4), np.array([3, 0, 1])),
        ),
        mistakes={
            "You count the quarters down the columns; 1 is top right and 2 is bottom left.": (
                _columns_first
            ),
            "Every image loses the same quarter: use the number of its own.": _same_for_all,
            "You keep the quarter and blacken the rest: hide the quarter.": _all_but,
        },
    ),
    Exercise(
        number="00.2",
        title="a mean and its margin",
        prompt=(
            "Return the mean of the accuracies and the margin of its 95 % t interval: the interval "
            "reaches from mean minus margin to mean plus margin."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "The margin is a factor times the standard error of the mean.",
            "The standard error is the sample's standard deviation (`ddof=1`) over `sqrt(n)`.",
            "The factor is `stats.t.ppf(0.975, n - 1)`, with `from scipy import stats`.",
        ),
        reference=mean_with_margin,
        inputs=((np.array([0.91, 0.93, 0.92, 0.96]),), (np.array([0.5, 0.75, 0.7]),)),
        mistakes={
            "Your margin is 1.96 standard errors, which is right for very many seeds: with few, "
            "take the t distribution's factor.": lambda a: (np.mean(a), 1.96 * stats.sem(a)),
            "0.95 leaves 5 % on one side: half of them belong above and half below, so ask "
            "for 0.975.": lambda a: (np.mean(a), stats.t.ppf(0.95, len(a) - 1) * stats.sem(a)),
            "That is the margin for one more seed, not for the mean: divide by the root of their "
            "number.": lambda a: (np.mean(a), stats.t.ppf(0.975, len(a) - 1) * np.std(a, ddof=1)),
            "Your standard deviation divides by n; a sample's divides by n - 1 (`ddof=1`).": (
                _divided_by_n
            ),
        },
    ),
    Exercise(
        number="00.3",
        title="which sentence is allowed?",
        prompt=(
            "Return what may be said about a difference: `better` or `worse` if its interval "
            "leaves zero out, else `not established`."
        ),
        difficulty=1,
        minutes=4,
        hints=(
            "The interval reaches from `mean - margin` to `mean + margin`. When does it hold zero?",
            "It holds zero if `abs(mean) <= margin`.",
        ),
        reference=verdict_on,
        inputs=((1.2, 0.5), (-1.2, 0.5), (0.4, 0.5), (-0.4, 0.5), (0.8, 0.7), (1.2, 1.5)),
        mistakes={
            "A difference whose interval holds zero is neither better nor worse.": (
                lambda mean, margin: "better" if mean > 0 else "worse"
            ),
            "A clear loss is a finding as well: say `worse` where the whole interval is below "
            "zero.": lambda mean, margin: "better" if mean > margin else "not established",
        },
    ),
    Exercise(
        number="00.4",
        title="pair first",
        prompt=(
            "Both arrays hold one accuracy for each seed; a seed draws the same images for both. "
            "Return the mean of ours minus theirs and the margin of its 95 % t interval."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "What varies from seed to seed hits both arms alike. Take it away before you measure "
            "how much varies.",
            "Subtract first, seed by seed; then it is exercise 00.2.",
        ),
        reference=paired_margin,
        inputs=(
            (np.array([0.91, 0.93, 0.92, 0.96]), np.array([0.90, 0.92, 0.90, 0.95])),
            (np.array([0.5, 0.75, 0.7]), np.array([0.55, 0.7, 0.8])),
        ),
        mistakes={
            "Your margin treats the arms as if they had nothing in common: take the difference "
            "within each seed first.": unpaired,
            "You subtract ours from theirs: a gain must come out positive.": lambda ours, theirs: (
                paired_margin(theirs, ours)
            ),
        },
    ),
]
