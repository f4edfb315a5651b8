"""Lesson 03: what a loss must be compared with, and what lies near what."""

import numpy as np

from helpers.lesson.exercises import Exercise


def cost_of_constants(rows):
    """Return the least mean squared error of an answer that is the same for every row.

    `rows` has the shape `(rows, columns)`. The constant answer may be another number for each
    column. The mean is taken over all numbers; return one number.
    """
    answer = rows.mean(axis=0)
    return np.mean((rows - answer) ** 2)


def cost_of_range(values, lowest, highest):
    """Return the least mean squared error if no answer is below `lowest` or above `highest`.

    `values` is an array of any shape. Within the range every answer is allowed, a different one for
    each value. The mean is taken over all values; return one number.
    """
    answers = np.clip(values, lowest, highest)
    return np.mean((values - answers) ** 2)


def _squashed(values, lowest, highest):
    return np.mean((values - (lowest + (highest - lowest) / (1 + np.exp(-values)))) ** 2)


def _outside_only(values, lowest, highest):
    outside = (values < lowest) | (values > highest)
    return np.mean((values - np.clip(values, lowest, highest))[outside] ** 2)


def cost_on_new_rows(rows, new_rows, size):
    """Return the mean squared error that the first `size` principal components leave of new rows.

    Mean and components are computed from `rows`, `(rows, columns)`. `new_rows`, with as many
    columns, are what is rebuilt. The error is a mean over all their numbers; return one number.
    """
    mean = rows.mean(axis=0)
    components = np.linalg.svd(rows - mean, full_matrices=False)[2][:size]
    gaps = new_rows - mean
    rebuilt = gaps @ components.T @ components
    return np.mean((gaps - rebuilt) ** 2)


def _uncentred(rows, new_rows, size):
    components = np.linalg.svd(rows, full_matrices=False)[2][:size]
    return np.mean((new_rows - new_rows @ components.T @ components) ** 2)


def _centred_by_new_rows(rows, new_rows, size):
    return cost_on_new_rows(rows, new_rows - new_rows.mean(axis=0) + rows.mean(axis=0), size)


def _columns_of_the_third_matrix(rows, new_rows, size):
    mean = rows.mean(axis=0)
    components = np.linalg.svd(rows - mean, full_matrices=False)[2][:, :size].T
    gaps = new_rows - mean
    return np.mean((gaps - gaps @ components.T @ components) ** 2)


def variance_share_left(training, test, rebuilt):
    """Return the error of `rebuilt` divided by the error of the mean training image, one number.

    All three hold images, `(n, size, size)`. `rebuilt` are reconstructions of `test`, in the same
    order. Both errors are mean squared errors over all pixels of all test images.
    """
    mean_image = training.mean(axis=0)
    return np.mean((rebuilt - test) ** 2) / np.mean((mean_image - test) ** 2)


def _ratio_for_each_image(training, test, rebuilt):
    errors = ((rebuilt - test) ** 2).mean(axis=(1, 2))
    return np.mean(errors / ((training.mean(axis=0) - test) ** 2).mean(axis=(1, 2)))


def most_alike(asked, known):
    """Return for each row of `asked` the index of the row of `known` with the largest cosine.

    `asked` has the shape `(n, columns)`, `known` `(m, columns)`; no row is all zeros. Return `n`
    whole numbers from 0 to `m - 1`.
    """
    lengths = np.linalg.norm(known, axis=1)
    return (asked @ known.T / lengths).argmax(axis=1)


def _nearest_by_distance(asked, known):
    return ((asked[:, None] - known) ** 2).sum(axis=2).argmin(axis=1)


def _cosines(asked, known):
    lengths = np.linalg.norm(asked, axis=1)[:, None] * np.linalg.norm(known, axis=1)
    return asked @ known.T / lengths


EXERCISES = [
    Exercise(
        number="03.1",
        title="the best constant",
        prompt=(
            "Always answering zero is the cheapest constant only where every mean is zero. Return "
            "the mean squared error of the cheapest answer that is the same for all rows of a "
            "NumPy array, if each column may have its own constant."
        ),
        difficulty=1,
        minutes=5,
        hints=(
            "Look at one column alone. Which number has the least mean squared distance from all "
            "its values?",
            "It is the column's mean. The error that it leaves is the column's variance, divided "
            "by n and not by n - 1.",
            "`rows - rows.mean(axis=0)` are the gaps: square them and take the mean of all.",
        ),
        reference=cost_of_constants,
        inputs=(
            (np.array([[1.0, 5.0], [2.0, 9.0], [6.0, 10.0]]),),
            (np.array([[0.0, -1.0, 4.0], [2.0, 1.0, 4.0], [1.0, 1.5, 7.0], [1.0, 0.5, 1.0]]),),
        ),
        mistakes={
            "That is the cost of always answering zero, which is best only if every column has "
            "mean zero: subtract each column's own mean.": lambda rows: np.mean(rows**2),
            "You use one constant for all columns: take the mean down each column, "
            "`rows.mean(axis=0)`.": lambda rows: np.var(rows),
            "You average along the rows, so the answer is another one for each row: take "
            "`axis=0`.": lambda rows: np.mean(rows.var(axis=1)),
            "Your variance divides by n - 1; a mean squared error divides by n "
            "(`ddof=0`).": lambda rows: np.mean(rows.var(axis=0, ddof=1)),
            "You add up the columns' errors: the mean squared error is their mean.": lambda rows: (
                np.sum(rows.var(axis=0))
            ),
            "The median is best for absolute errors: for squared ones it is the "
            "mean.": lambda rows: np.mean((rows - np.median(rows, axis=0)) ** 2),
        },
    ),
    Exercise(
        number="03.2",
        title="the floor of any output range",
        prompt=(
            "A sigmoid answers between 0 and 1, a tanh between -1 and 1. Return the least mean "
            "squared error that any model can reach on the values of a NumPy array, if all its "
            "answers lie between `lowest` and `highest` (both ends are allowed)."
        ),
        difficulty=1,
        minutes=6,
        hints=(
            "What is the best answer to a value inside the range? And to one above it?",
            "Inside, it is the value itself, which costs nothing; outside, it is the nearer end.",
            "`np.clip(values, lowest, highest)` gives all best answers at once.",
        ),
        reference=cost_of_range,
        inputs=(
            (np.array([-2.0, -0.5, 0.25, 0.75, 1.5]), 0.0, 1.0),
            (np.array([[-1.5, 0.5, 3.0], [0.0, -0.25, -3.5]]), -1.0, 1.0),
        ),
        mistakes={
            "Your answer to x is the sigmoid of x. A network can do better, because any number may "
            "go into its sigmoid: take the nearest answer in the range.": _squashed,
            "You average over the values outside only: those inside cost nothing, but they "
            "count.": _outside_only,
            "That is the share of values outside the range: ask how far outside "
            "they are, and square "
            "it.": lambda values, lowest, highest: np.mean((values < lowest) | (values > highest)),
            "You average distances: square them first.": lambda values, lowest, highest: np.mean(
                np.abs(values - np.clip(values, lowest, highest))
            ),
            "You cut off at the upper end only: values below the range cost as well.": (
                lambda values, lowest, highest: np.mean((values - np.minimum(values, highest)) ** 2)
            ),
        },
    ),
    Exercise(
        number="03.3",
        title="components meet new rows",
        prompt=(
            "Compute mean and principal components from `rows`, rebuild `new_rows` from the first "
            "`size` of these components, and return the mean squared error of that. Use NumPy "
            "alone; the next cells do it with scikit-learn."
        ),
        difficulty=3,
        minutes=12,
        hints=(
            "Everything that is fitted, mean and components, comes from `rows`. Only the error is "
            "that of `new_rows`.",
            "`np.linalg.svd(rows - mean, full_matrices=False)[2]` holds one component in each row, "
            "the most important first.",
            "With `gaps = new_rows - mean`, the codes are `gaps @ components.T`.",
            "`codes @ components` rebuilds the gaps; what is left of them is the error.",
        ),
        reference=cost_on_new_rows,
        inputs=(
            (
                np.array([[3.0, 1.0, 0.0], [1.0, 2.0, 1.0], [5.0, 0.0, 2.0], [2.0, 4.0, 1.0]]),
                np.array([[4.0, 4.0, 0.0], [0.0, 1.0, 3.0]]),
                1,
            ),
            (
                np.array(
                    [
                        [1.0, 0.0, 2.0, 5.0],
                        [0.0, 3.0, 1.0, 4.0],
                        [2.0, 1.0, 0.0, 6.0],
                        [4.0, 2.0, 2.0, 9.0],
                        [1.0, 5.0, 3.0, 7.0],
                    ]
                ),
                np.array([[2.0, 2.0, 0.0, 5.0], [0.0, 1.0, 4.0, 9.0], [3.0, 0.0, 1.0, 4.0]]),
                2,
            ),
        ),
        mistakes={
            "You fit to the new rows, which the model has never seen: mean and components come "
            "from `rows`.": lambda rows, new_rows, size: cost_on_new_rows(new_rows, new_rows, size),
            "That is what is left of the rows that you fitted to: rebuild `new_rows`.": (
                lambda rows, new_rows, size: cost_on_new_rows(rows, rows, size)
            ),
            "You forgot to centre: subtract the mean of `rows` before the decomposition, and from "
            "the new rows as well.": _uncentred,
            "You centre the new rows by their own mean: the mean belongs to what was fitted, so "
            "take that of `rows`.": _centred_by_new_rows,
            "The components are the first rows of the third matrix of the decomposition, and not "
            "its first columns: `[2][:size]`.": _columns_of_the_third_matrix,
        },
    ),
    Exercise(
        number="03.4",
        title="the share that is lost",
        prompt=(
            "Give an error a meaning: divide the mean squared error of the reconstructions of test "
            "images by that of the crudest one, which answers each test image with the mean "
            "*training* image. All arguments are NumPy arrays."
        ),
        difficulty=1,
        minutes=6,
        hints=(
            "The mean image is one image: each of its pixels is a mean over the training images.",
            "`training.mean(axis=0)` is the mean image. Compare it with each *test* image.",
            "Take the mean over all pixels of all test images twice, then divide once.",
        ),
        reference=variance_share_left,
        inputs=(
            (
                np.array([[[0.0, 0.5], [1.0, 0.0]], [[0.5, 1.0], [0.5, 0.0]]]),
                np.array([[[0.0, 1.0], [0.5, 0.5]], [[1.0, 1.0], [0.5, 0.0]]]),
                np.array([[[0.0, 0.5], [0.5, 0.5]], [[0.75, 1.0], [0.75, 0.25]]]),
            ),
            (
                np.array([[[0.5, 0.25], [0.0, 1.0]]]),
                np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.25, 0.5], [0.0, 1.0]]]),
                np.array([[[0.5, 0.0], [0.25, 0.0]], [[0.25, 0.75], [0.0, 0.5]]]),
            ),
        ),
        mistakes={
            "Your mean image is made from the test images, which nobody has beforehand: take the "
            "mean of the training images.": lambda training, test, rebuilt: variance_share_left(
                test, test, rebuilt
            ),
            "Your mean is one grey for all pixels: take the mean over the images only, "
            "`axis=0`.": lambda training, test, rebuilt: (
                np.mean((rebuilt - test) ** 2) / np.mean((training.mean() - test) ** 2)
            ),
            "You divide image by image and average the quotients, so an image near the mean counts "
            "too much: average both errors first, then divide.": _ratio_for_each_image,
            "That is the share which is kept: return what is lost, without the "
            "`1 -`.": lambda training, test, rebuilt: (
                1 - variance_share_left(training, test, rebuilt)
            ),
            "That is the error itself: divide it by the error of the mean training image.": (
                lambda training, test, rebuilt: np.mean((rebuilt - test) ** 2)
            ),
        },
    ),
    Exercise(
        number="03.5",
        title="nearest by angle",
        prompt=(
            "For each row of `asked`, find the row of `known` that points most nearly the same "
            "way: the one with the largest cosine. The cosine of two rows is their dot product "
            "divided by both their lengths; both arguments are NumPy arrays."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "`asked @ known.T` holds all dot products: one row for each row of `asked`.",
            "Lengths are `np.linalg.norm(known, axis=1)`. Does the length of the row that asks "
            "change which one is the winner?",
            "Divide column by column by the lengths of `known`, then `argmax(axis=1)`.",
        ),
        reference=most_alike,
        inputs=(
            (
                np.array([[1.0, 1.0], [3.0, 0.5]]),
                np.array([[9.0, 5.0], [1.0, 0.0], [4.0, 4.5], [0.0, 2.0]]),
            ),
            (
                np.array([[0.0, 1.0, 1.0], [2.0, 0.0, 1.0], [1.0, 4.0, 0.0]]),
                np.array([[0.0, 5.0, 6.0], [1.0, 1.0, 1.0], [8.0, 9.0, 4.0], [0.5, 2.5, 0.0]]),
            ),
        ),
        mistakes={
            "You take the smallest straight-line distance, by which a long row is far from a short "
            "one of the same direction. Divide dot products by lengths.": _nearest_by_distance,
            "Your dot products still hold the lengths of the rows of `known`, so long rows win: "
            "divide by those lengths.": lambda asked, known: (asked @ known.T).argmax(axis=1),
            "You take the smallest cosine: 1 is the same direction and -1 the opposite one, so "
            "take the largest.": lambda asked, known: _cosines(asked, known).argmin(axis=1),
            "You search along the wrong axis, so each row of `known` picks a row of `asked`: take "
            "`argmax(axis=1)`.": lambda asked, known: _cosines(asked, known).argmax(axis=0),
            "Those are the cosines: return the index of the largest one, `argmax(axis=1)`, and not "
            "its value.": lambda asked, known: _cosines(asked, known).max(axis=1),
        },
    ),
]
