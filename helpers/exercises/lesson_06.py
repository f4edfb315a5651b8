"""Lesson 06: the terms of VICReg, effective rank, and a network that is its own teacher."""

import numpy as np

from helpers.lesson.exercises import Exercise


def spread_penalty(embeddings):
    """Return VICReg's variance term of embeddings, `(n, d)`: one number."""
    deviations = np.sqrt(embeddings.var(axis=0, ddof=1) + 0.0001)
    return np.maximum(0, 1 - deviations).mean()


def _without_stabiliser(embeddings):
    return np.maximum(0, 1 - embeddings.std(axis=0, ddof=1)).mean()


def _no_hinge(embeddings):
    return np.mean(1 - np.sqrt(embeddings.var(axis=0, ddof=1) + 0.0001))


def _hinge_last(embeddings):
    return np.maximum(0, _no_hinge(embeddings))


def _hinge_of_variance(embeddings):
    return np.maximum(0, 1 - embeddings.var(axis=0, ddof=1) - 0.0001).mean()


def _divided_by_n(embeddings):
    return np.maximum(0, 1 - np.sqrt(embeddings.var(axis=0) + 0.0001)).mean()


def repetition_penalty(embeddings):
    """Return VICReg's covariance term of embeddings, `(n, d)`: one number."""
    covariances = np.cov(embeddings, rowvar=False)
    np.fill_diagonal(covariances, 0)
    return np.sum(covariances**2) / embeddings.shape[1]


def _with_diagonal(embeddings):
    return np.sum(np.cov(embeddings, rowvar=False) ** 2) / embeddings.shape[1]


def _not_centred(embeddings):
    products = embeddings.T @ embeddings / (len(embeddings) - 1)
    return (np.sum(products**2) - np.sum(np.diag(products) ** 2)) / embeddings.shape[1]


def _not_squared(embeddings):
    covariances = np.cov(embeddings, rowvar=False)
    return (np.sum(covariances) - np.trace(covariances)) / embeddings.shape[1]


def _correlations(embeddings):
    correlations = np.corrcoef(embeddings, rowvar=False)
    np.fill_diagonal(correlations, 0)
    return np.sum(correlations**2) / embeddings.shape[1]


def _of_rows(embeddings):
    covariances = np.cov(embeddings)
    np.fill_diagonal(covariances, 0)
    return np.sum(covariances**2) / len(embeddings)


def dimensions_in_use(features):
    """Return the effective rank of features, `(n, d)`: one number.

    All singular values of the centred features are over 0.
    """
    centred = features - features.mean(axis=0)
    singular_values = np.linalg.svd(centred, compute_uv=False)
    shares = singular_values / singular_values.sum()
    return np.exp(-np.sum(shares * np.log(shares)))


def _rank_of(values):
    shares = values / values.sum()
    return np.exp(-np.sum(shares * np.log(shares)))


def _singular_values(features):
    return np.linalg.svd(features - features.mean(axis=0), compute_uv=False)


def crossed_loss(first_prediction, second_prediction, first_target, second_target):
    """Return the loss of a self-distillation pair: one number, -1 at best.

    All four are arrays `(n, d)`; row `i` belongs to image `i`.
    """

    def mean_cosine(one, other):
        lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
        return np.mean(np.sum(one * other, axis=1) / lengths)

    there = mean_cosine(first_prediction, second_target)
    back = mean_cosine(second_prediction, first_target)
    return -(there + back) / 2


def _own_targets(first_prediction, second_prediction, first_target, second_target):
    return crossed_loss(first_prediction, second_prediction, second_target, first_target)


def _dot_products(first_prediction, second_prediction, first_target, second_target):
    there = np.sum(first_prediction * second_target, axis=1).mean()
    back = np.sum(second_prediction * first_target, axis=1).mean()
    return -(there + back) / 2


def _one_way(first_prediction, second_prediction, first_target, second_target):
    return crossed_loss(first_prediction, first_prediction, second_target, second_target)


def teacher_after(teacher, students, momentum):
    """Return the weights of a teacher that has followed a student, an array `(d,)`.

    `teacher`, `(d,)`, are its weights at the start; row `t` of `students`, `(steps, d)`, are the
    student's weights at step `t`.
    """
    for student in students:
        teacher = momentum * teacher + (1 - momentum) * student
    return teacher


def _last_student_only(teacher, students, momentum):
    return momentum * teacher + (1 - momentum) * students[-1]


def _never_shrinking(teacher, students, momentum):
    for student in students:
        teacher = teacher + (1 - momentum) * student
    return teacher


def _mean_student(teacher, students, momentum):
    return momentum * teacher + (1 - momentum) * students.mean(axis=0)


EXERCISES = [
    Exercise(
        number="06.1",
        title="a price for not varying",
        prompt=(
            "Write VICReg's variance term in NumPy. Add 0.0001 to the variance of each column "
            "(divided by n - 1) and take the root of that: its deviation. If this is below 1, the "
            "column costs 1 minus it, else nothing; return the mean cost over the columns."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "One deviation for each dimension: along `axis=0`, over the images.",
            "`embeddings.var(axis=0, ddof=1)` are the variances. Add 0.0001 before the root.",
            "`np.maximum(0, 1 - deviations)` is each dimension's cost. The mean comes last.",
        ),
        reference=spread_penalty,
        inputs=(
            (np.array([[1.0, 0.1, 6.0], [1.0, 0.5, -6.0], [1.0, -0.3, 1.0], [1.0, 0.2, -2.0]]),),
            (np.array([[0.5, 0.0], [0.0, 0.9], [-0.6, 1.1]]),),
        ),
        mistakes={
            "A column that spreads more than 1 earns something back in your term, so it can pay "
            "for a collapsed one: cut its cost off at 0.": _no_hinge,
            "You take the mean first and cut off at 0 afterwards, so one wide column pays for the "
            "others: cut off in each column.": _hinge_last,
            "You compare the variance with 1: take its root, the deviation.": _hinge_of_variance,
            "You measure along the dimensions of one image; the term asks how each dimension "
            "varies over the images (`axis=0`).": lambda embeddings: spread_penalty(embeddings.T),
            "Your variance divides by n; here it divides by n - 1 (`ddof=1`).": _divided_by_n,
            "The 0.0001 is missing: add it to the variance, before the root.": _without_stabiliser,
        },
    ),
    Exercise(
        number="06.2",
        title="a price for repetition",
        prompt=(
            "Write VICReg's covariance term in NumPy: take the covariances (divided by n - 1) of "
            "all pairs of different columns, square them, add them up, and divide by the number of "
            "columns. Both `(i, j)` and `(j, i)` count, for every `i` other than `j`."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "Take the mean of each column away. Then one matrix product gives the table of all "
            "covariances, `(d, d)`.",
            "`np.cov(embeddings, rowvar=False)` is that table too. What stands on its diagonal?",
            "The diagonal has the variances: set it to 0 with `np.fill_diagonal(table, 0)`.",
        ),
        reference=repetition_penalty,
        inputs=(
            (np.array([[1.0, 2.0, 0.0], [2.0, 1.0, 1.0], [4.0, 5.0, -1.0], [1.0, 0.0, 2.0]]),),
            (np.array([[1.0, -1.0], [2.0, 0.5], [4.0, 0.0]]),),
        ),
        mistakes={
            "Your sum holds the diagonal, the variances, which nobody wants to be zero: leave it "
            "out.": _with_diagonal,
            "You do not take the columns' means away, so these are no covariances: centre first.": (
                _not_centred
            ),
            "Covariances of different sign cancel in your sum: square them first.": _not_squared,
            "These are correlations, which no longer depend on the columns' deviations; VICReg "
            "takes covariances.": _correlations,
            "You compare images with each other: the columns are what must not repeat each other "
            "(`rowvar=False`).": _of_rows,
            "Your covariances divide by n; here they divide by n - 1.": lambda embeddings: (
                repetition_penalty(embeddings) * (1 - 1 / len(embeddings)) ** 2
            ),
        },
    ),
    Exercise(
        number="06.3",
        title="how many dimensions?",
        prompt=(
            "Write the lesson's effective rank: take each column's mean away, take the singular "
            "values as shares of their sum, and return the exponential of the entropy of these "
            "shares, `-sum(share * log(share))` with the natural logarithm. `features` is a NumPy "
            "array."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "Three steps: centre the columns, take the singular values, then their entropy.",
            "`np.linalg.svd(centred, compute_uv=False)` returns the singular values alone.",
            "`shares = values / values.sum()`. Then `-np.sum(shares * np.log(shares))` is the "
            "entropy.",
        ),
        reference=dimensions_in_use,
        inputs=(
            (np.array([[5.0, 1.0], [6.0, 3.0], [9.0, 2.0], [4.0, 2.5]]),),
            (
                np.array(
                    [
                        [1.0, 0.0, 2.0],
                        [0.0, 1.0, 2.5],
                        [3.0, 1.0, 2.0],
                        [1.0, 4.0, 1.0],
                        [2.0, 2.0, 5.0],
                    ]
                ),
            ),
        ),
        mistakes={
            "You do not take the mean away. That is Roy and Vetterli's own definition; the lesson "
            "centres the columns first.": lambda features: _rank_of(
                np.linalg.svd(features, compute_uv=False)
            ),
            "Your shares are of the squared singular values, the variances; take the singular "
            "values themselves.": lambda features: _rank_of(_singular_values(features) ** 2),
            "That is the entropy: its exponential turns it into a number of dimensions.": (
                lambda features: np.log(dimensions_in_use(features))
            ),
            "The exponential must fit the logarithm: with `np.log2` it would be a power of 2. Use "
            "`np.log`.": lambda features: np.exp(np.log2(dimensions_in_use(features))),
        },
    ),
    Exercise(
        number="06.4",
        title="each view is taught by the other",
        prompt=(
            "Write the loss of the pair in NumPy: what is predicted from one view is compared with "
            "the target of the *other* view, image by image, by the cosine. Average the cosines "
            "over the images, then over both directions, and turn the sign."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "`first_prediction` goes with `second_target`, and `second_prediction` with "
            "`first_target`.",
            "The cosine of two rows is their dot product over both their lengths. There are n of "
            "them, one for each image, and no table is needed.",
            "`np.sum(one * other, axis=1)` are the dot products of the rows, and "
            "`np.linalg.norm(one, axis=1)` their lengths.",
        ),
        reference=crossed_loss,
        inputs=(
            (
                np.array([[1.0, 0.0], [3.0, 4.0]]),
                np.array([[1.0, 1.0], [0.0, 2.0]]),
                np.array([[2.0, 0.5], [1.0, 3.0]]),
                np.array([[1.0, -0.5], [2.0, 2.0]]),
            ),
            (
                np.array([[1.0, 2.0, 0.0]]),
                np.array([[0.0, 1.0, 1.0]]),
                np.array([[1.0, 1.0, 3.0]]),
                np.array([[-1.0, 2.0, 0.5]]),
            ),
        ),
        mistakes={
            "Each prediction is compared with the target of its own view: it has to say what the "
            "*other* view's side says.": _own_targets,
            "A loss gets smaller as things get better: turn the sign, so that -1 is the best.": (
                lambda *arrays: -crossed_loss(*arrays)
            ),
            "These are dot products, which grow when embeddings just get longer: divide by both "
            "lengths.": _dot_products,
            "You add the two directions: return their mean, so that -1 is the best.": (
                lambda *arrays: 2 * crossed_loss(*arrays)
            ),
            "Only the first view predicts: the second one has to predict `first_target` as well.": (
                _one_way
            ),
        },
    ),
    Exercise(
        number="06.5",
        title="a teacher that follows slowly",
        prompt=(
            "Other pairs (Grill and others' BYOL) have a teacher with weights of its own. After "
            "each step of the student it keeps the share `momentum` of what it is by then and "
            "takes the rest from the student's weights at that step. Return its weights after the "
            "last step; what comes in are NumPy arrays, which must stay as they are."
        ),
        difficulty=1,
        minutes=5,
        hints=(
            "Go through the rows of `students` one after the other. The teacher of one step is "
            "where the next begins.",
            "With a momentum of 0.9 a step is nine tenths teacher and one tenth student.",
            "Write `teacher = ...` for the new weights. `teacher *= momentum` would change the "
            "array that came in.",
        ),
        reference=teacher_after,
        inputs=(
            (np.array([1.0, 0.0]), np.array([[2.0, 1.0], [3.0, -1.0], [0.0, 4.0]]), 0.9),
            (np.array([0.0, 2.0, -1.0]), np.array([[4.0, 0.0, 1.0], [8.0, 2.0, 0.0]]), 0.75),
        ),
        mistakes={
            "The shares are the wrong way round: the momentum is what the teacher keeps.": (
                lambda teacher, students, momentum: teacher_after(teacher, students, 1 - momentum)
            ),
            "Only the last step has an effect in your code: begin each step with the teacher of "
            "the one before.": _last_student_only,
            "Your teacher keeps all of itself and adds to it, so its weights grow without end: "
            "multiply it by the momentum.": _never_shrinking,
            "You mix the teacher once with the mean of all students: mix at each step, so that the "
            "latest ones count more.": _mean_student,
        },
    ),
]
