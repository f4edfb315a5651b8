"""Lesson 05: views, cosines, the contrastive loss, and whom it pushes away."""

import numpy as np

from helpers.lesson.exercises import Exercise


def shift_each(images, shifts):
    """Return the images, `(n, size, size)`, each moved by its own row of shifts, `(n, 2)`.

    A row of shifts holds two whole numbers: how many pixels down, and how many to the right;
    negative ones move up or to the left. Both are smaller than the size. Pixels that become free
    are 0.
    """
    size = images.shape[1]
    shifted = np.zeros_like(images)
    for place, (down, right) in enumerate(shifts):
        framed = np.pad(images[place], size)
        top, left = size - down, size - right
        shifted[place] = framed[top : top + size, left : left + size]
    return shifted


def _wrapped(images, shifts):
    pairs = zip(images, shifts, strict=True)
    return np.stack([np.roll(image, shift, axis=(0, 1)) for image, shift in pairs])


def table_of_cosines(features):
    """Return the cosines of all pairs of rows of features, `(n, d)`, as an array `(n, n)`."""
    directions = features / np.linalg.norm(features, axis=1, keepdims=True)
    return directions @ directions.T


def _divided_once(features):
    return features @ features.T / np.linalg.norm(features, axis=1, keepdims=True)


def _unit_columns(features):
    directions = features / np.linalg.norm(features, axis=0)
    return directions @ directions.T


def find_partners_loss(first, second, temperature):
    """Return NT-Xent, one number, for the embeddings of the two views of N images.

    Row `i` of `first`, `(N, d)`, and row `i` of `second`, `(N, d)`, are of the same image.
    """
    count = len(first)
    views = np.concatenate([first, second])
    views = views / np.linalg.norm(views, axis=1, keepdims=True)
    scores = views @ views.T / temperature
    np.fill_diagonal(scores, -np.inf)
    partners = np.roll(np.arange(2 * count), count)
    partner_scores = scores[np.arange(2 * count), partners]
    return np.mean(np.log(np.exp(scores).sum(axis=1)) - partner_scores)


def _loss_of(scores, partner_scores, candidates):
    return np.mean(np.log((np.exp(scores) * candidates).sum(axis=1)) - partner_scores)


def _all_scores(first, second, temperature):
    """Return the scores of 2N views, those of their partners, and where a view meets itself."""
    scores = table_of_cosines(np.concatenate([first, second])) / temperature
    partners = np.roll(np.arange(len(scores)), len(first))
    return scores, scores[np.arange(len(scores)), partners], np.eye(len(scores))


def _with_itself(first, second, temperature):
    scores, partner_scores, itself = _all_scores(first, second, temperature)
    return _loss_of(scores, partner_scores, np.ones_like(itself))


def _zero_diagonal(first, second, temperature):
    scores, partner_scores, itself = _all_scores(first, second, temperature)
    return _loss_of(scores * (1 - itself), partner_scores, np.ones_like(itself))


def _without_partner(first, second, temperature):
    scores, partner_scores, itself = _all_scores(first, second, temperature)
    return _loss_of(scores, partner_scores, 1 - itself - np.roll(itself, len(first), axis=0))


def _other_view_only(first, second, temperature):
    scores, partner_scores, _ = _all_scores(first, second, temperature)
    of_second = np.arange(len(scores)) >= len(first)
    return _loss_of(scores, partner_scores, of_second[:, None] != of_second)


def _first_views_only(first, second, temperature):
    scores, partner_scores, itself = _all_scores(first, second, temperature)
    count = len(first)
    return _loss_of(scores[:count], partner_scores[:count], 1 - itself[:count])


def _not_normalised(first, second, temperature):
    views = np.concatenate([first, second])
    scores = views @ views.T / temperature
    partner_scores = scores[np.arange(len(views)), np.roll(np.arange(len(views)), len(first))]
    return _loss_of(scores, partner_scores, 1 - np.eye(len(views)))


def _summed(first, second, temperature):
    return find_partners_loss(first, second, temperature) * 2 * len(first)


def weights_of_candidates(cosines, temperature):
    """Return the softmax of the cosines over the temperature: as many shares, which sum to 1.

    `cosines` is an array `(k,)`: those of one view with its k candidates.
    """
    scores = cosines / temperature
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


def _overflowing(cosines, temperature):
    with np.errstate(all="ignore"):
        weights = np.exp(cosines / temperature)
        return weights / weights.sum()


def _relative_to_nearest(cosines, temperature):
    return np.exp((cosines - cosines.max()) / temperature)


def same_class_negatives(labels):
    """Return for each image of a batch how many negatives of one view of it show the same class.

    `labels`, `(N,)`, holds the class of each image; the result has the same shape.
    """
    images_alike = (labels[:, None] == labels).sum(axis=1)
    return 2 * (images_alike - 1)


EXERCISES = [
    Exercise(
        number="05.1",
        title="move each image",
        prompt=(
            "Write a small augmentation without its randomness: move each image by its own number "
            "of pixels, down and to the right. What comes in are two NumPy arrays; whatever leaves "
            "the image is lost, and what becomes free is 0."
        ),
        difficulty=2,
        minutes=10,
        hints=(
            "`np.roll` lets what leaves on one side come back on the other. That must not happen.",
            "Put a frame of zeros around an image with `np.pad(image, size)` and cut `size` rows "
            "and columns out of it.",
            "Cut at row and column `size` and you get the image as it is. To move it down by 1, "
            "cut one row higher: at row `size - 1`.",
        ),
        reference=shift_each,
        inputs=(
            (
                np.arange(1, 28, dtype=np.uint8).reshape(3, 3, 3),
                np.array([[1, 0], [0, -1], [2, 1]]),
            ),
            (np.arange(1, 33, dtype=np.uint8).reshape(2, 4, 4), np.array([[-1, 2], [0, 3]])),
        ),
        mistakes={
            "What leaves on one side comes back on the other, as `np.roll` does it: let zeros come "
            "in instead.": _wrapped,
            "You take the first number as the step to the right; it is the step down.": (
                lambda images, shifts: shift_each(images, shifts[:, ::-1])
            ),
            "Your images move the opposite way: a positive number moves down, or to the right.": (
                lambda images, shifts: shift_each(images, -shifts)
            ),
            "All images move alike: use for each one its own row of `shifts`.": (
                lambda images, shifts: shift_each(images, [shifts[0]] * len(images))
            ),
        },
    ),
    Exercise(
        number="05.2",
        title="all cosines at once",
        prompt=(
            "The cosine of two vectors is their dot product after each has been divided by its "
            "length. Return the cosines of all pairs of rows of `features` (a NumPy array, no row "
            "of which is zero), row `i` with row `j` at place `[i, j]`."
        ),
        difficulty=1,
        minutes=5,
        hints=(
            "First give all rows the length 1. Then one matrix product has all dot products.",
            "`np.linalg.norm(features, axis=1, keepdims=True)` are the lengths of the rows, in a "
            "shape that you can divide by.",
            "For rows of length 1, `directions @ directions.T` is the table.",
        ),
        reference=table_of_cosines,
        inputs=(
            (np.array([[3.0, 4.0], [1.0, 0.0], [-2.0, 1.0]]),),
            (np.array([[1.0, 2.0, 2.0], [0.5, 0.0, -1.0]]),),
        ),
        mistakes={
            "These are dot products: long vectors get large ones. Divide each row by its length "
            "first.": lambda features: features @ features.T,
            "You divide each column by its length; a vector is a row here, so take the lengths "
            "along `axis=1`.": _unit_columns,
            "You divide all by one number, the length of the whole table: each row has a length of "
            "its own (`axis=1`).": lambda features: (
                features @ features.T / np.linalg.norm(features) ** 2
            ),
            "You divide by the length of one vector of each pair only; a cosine needs both.": (
                _divided_once
            ),
        },
    ),
    Exercise(
        number="05.3",
        title="the loss of finding partners",
        prompt=(
            "Write NT-Xent in NumPy: each of the 2N views asks which of the 2N - 1 others is the "
            "other view of its image, and scores them by the cosine divided by the temperature. "
            "Return the mean over all 2N views of the cross-entropy (with the natural logarithm) "
            "of its partner."
        ),
        difficulty=3,
        minutes=15,
        hints=(
            "Stack both arrays to 2N rows. The previous exercise turns them into a table; divide "
            "it by the temperature.",
            "Nobody is a candidate for its own partner: `np.fill_diagonal(scores, -np.inf)`.",
            "Row `i` has its partner in column `i + N`, and row `i + N` in column `i`. That is "
            "`np.roll(np.arange(2 * N), N)`.",
            "Each view's loss is `np.log(np.exp(scores).sum(axis=1))` minus the score of its "
            "partner.",
        ),
        reference=find_partners_loss,
        inputs=(
            (np.array([[2.0, 0.5], [0.0, 1.0]]), np.array([[1.0, 0.0], [1.0, 3.0]]), 0.5),
            (
                np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0], [-1.0, 0.5, 2.0]]),
                np.array([[1.0, 1.0, 0.5], [0.0, 2.0, -1.0], [-1.0, 1.0, 1.0]]),
                0.4,
            ),
        ),
        mistakes={
            "Each view is a candidate for its own partner in your loss, and the best of all: leave "
            "the diagonal out of the sum.": _with_itself,
            "Your candidates come from the other array only. Views of other images in the *same* "
            "array are candidates too: each view has 2N - 1.": _other_view_only,
            "Only the views in `first` ask: let those in `second` look for their partners too, and "
            "average over 2N.": _first_views_only,
            "A score of 0 on the diagonal still counts, as exp(0) is 1: put `-np.inf` there.": (
                _zero_diagonal
            ),
            "The partner is missing in your sum over the candidates: it is one of them.": (
                _without_partner
            ),
            "You score by dot products: divide all embeddings by their lengths.": _not_normalised,
            "You multiply by the temperature; the cosines are divided by it.": (
                lambda first, second, temperature: find_partners_loss(
                    first, second, 1 / temperature
                )
            ),
            "That is the sum over all views: return their mean.": _summed,
        },
    ),
    Exercise(
        number="05.4",
        title="who counts?",
        prompt=(
            "Return how much each candidate of one view counts: the softmax of the cosines (a "
            "NumPy array) divided by the temperature. It must also work at a temperature of 0.001."
        ),
        difficulty=2,
        minutes=6,
        hints=(
            "The softmax of scores: `np.exp` of each, divided by the sum of all of these.",
            "`np.exp(800)` is infinite. Subtract the same number from all scores: numerator and "
            "denominator shrink alike, and the shares stay.",
            "Subtract the largest: then the largest exponential is 1.",
        ),
        reference=weights_of_candidates,
        inputs=(
            (np.array([0.9, 0.5, -0.2, 0.7]), 0.2),
            (np.array([0.2, 0.8, 0.799]), 0.001),
        ),
        mistakes={
            "At a low temperature your exponentials overflow: subtract the largest score from all "
            "before you take them.": _overflowing,
            "These are weights relative to the nearest: divide them by their sum, so that the "
            "shares add up to 1.": _relative_to_nearest,
            "You multiply by the temperature: divide by it, so that a low one looks only at the "
            "nearest.": lambda cosines, temperature: weights_of_candidates(
                cosines, 1 / temperature
            ),
            "The temperature has no influence in your shares: divide the cosines by it before the "
            "exponential.": lambda cosines, temperature: weights_of_candidates(cosines, 1.0),
        },
    ),
    Exercise(
        number="05.5",
        title="pushed apart, though of one class",
        prompt=(
            "A batch has N images in two views each. The negatives of a view are the 2N - 2 views "
            "of the other images: return for each image how many negatives of *one* of its views "
            "show the same class. `labels` is a NumPy array."
        ),
        difficulty=2,
        minutes=6,
        hints=(
            "How many images of the batch have the same label? One of them is the image itself.",
            "`labels[:, None] == labels` compares each image with each; count along `axis=1`.",
            "Every other image of the class brings two views.",
        ),
        reference=same_class_negatives,
        inputs=((np.array([3, 1, 3, 3]),), (np.array([0, 0, 1, 2, 2]),)),
        mistakes={
            "You count the image's own two views, of which neither is a negative: one asks, the "
            "other is its partner.": lambda labels: 2 * (labels[:, None] == labels).sum(axis=1),
            "You leave out the view that asks, but count its partner, which is no negative: take "
            "away both.": lambda labels: 2 * (labels[:, None] == labels).sum(axis=1) - 1,
            "You count images: each of them is in the batch with two views.": (
                lambda labels: (labels[:, None] == labels).sum(axis=1) - 1
            ),
            "These are the negatives of *other* classes: count those of the same one.": (
                lambda labels: 2 * (labels[:, None] != labels).sum(axis=1)
            ),
        },
    ),
]
