"""Lesson 11: what was found, which drawings are a pair, what the hands change, a gain lost."""

import numpy as np

from helpers.lesson.exercises import Exercise


def share_found(cosines):
    """Return for what share of the queries the partner is nearer than all others, from 0 to 1.

    `cosines`, an array `(n, n)`, holds in row `i` those of query `i` with all answers. The partner
    of query `i` is answer `i`.
    """
    partners = np.diag(cosines)[:, None]
    return np.mean(np.sum(cosines >= partners, axis=1) == 1)


def _first_of_the_nearest(cosines):
    return np.mean(np.argmax(cosines, axis=1) == np.arange(len(cosines)))


def _by_column(cosines):
    return share_found(cosines.T)


def _how_many(cosines):
    return share_found(cosines) * len(cosines)


def _farthest(cosines):
    return share_found(-cosines)


def pairs_by_hand(things, hands):
    """Return all pairs of drawings that show the same thing by two hands, a list of tuples.

    `things` and `hands`, lists, say what each drawing shows and who drew it. A pair holds the
    positions of two drawings, the smaller first, and stands in the list once.
    """
    places = range(len(things))
    return [
        (first, second)
        for first in places
        for second in places
        if first < second and things[first] == things[second] and hands[first] != hands[second]
    ]


def _whoever_drew_it(things, hands):
    return pairs_by_hand(things, range(len(things)))


def _both_orders(things, hands):
    pairs = pairs_by_hand(things, hands)
    return sorted(pairs + [pair[::-1] for pair in pairs])


def _of_one_hand(things, hands):
    return pairs_by_hand(hands, things)


def variance_within(features):
    """Return how much each feature varies between the drawings of a thing: an array `(d,)`.

    `features` is an array `(things, hands, d)`. The variance within one thing is the mean squared
    distance of its drawings from their own mean; the result is its mean over the things.
    """
    return features.var(axis=1).mean(axis=0)


def _among_things(features):
    return features.var(axis=0).mean(axis=0)


def _of_all(features):
    return features.reshape(-1, features.shape[-1]).var(axis=0)


def _one_number(features):
    return features.var(axis=1).mean()


def _deviation(features):
    return features.std(axis=1).mean(axis=0)


def gain_lost(ours, baseline, ours_new, baseline_new):
    """Return by how much our gain is larger among known hands than for a new one, for each seed.

    All four are arrays of accuracies, `(seeds,)`, in the same order of seeds: of our arm and of the
    baseline, among known hands and for a new hand. So is the result.
    """
    return (ours - baseline) - (ours_new - baseline_new)


def _other_way_round(ours, baseline, ours_new, baseline_new):
    return gain_lost(ours_new, baseline_new, ours, baseline)


def _arm_alone(ours, baseline, ours_new, baseline_new):
    return ours - ours_new


def _mean_over_seeds(ours, baseline, ours_new, baseline_new):
    return gain_lost(ours, baseline, ours_new, baseline_new).mean()


def _signs_mixed(ours, baseline, ours_new, baseline_new):
    return ours - baseline - ours_new - baseline_new


EXERCISES = [
    Exercise(
        number="11.1",
        title="was the partner found?",
        prompt=(
            "Return the share of queries whose partner, which has the same number, is nearer than "
            "*all* others. If another one is as near, the partner was not found."
        ),
        difficulty=2,
        minutes=6,
        hints=(
            "The cosines with the partners stand on the diagonal: `np.diag(cosines)`.",
            "`np.diag(cosines)[:, None]` is a column, to compare with each row.",
            "Count in each row how many cosines are at least the partner's. Found means: one, the "
            "partner itself.",
        ),
        reference=share_found,
        inputs=(
            (np.array([[0.9, 0.1, 0.0], [0.8, 0.7, 0.1], [0.2, 0.1, 0.3]]),),
            (np.array([[0.5, 0.5, 0.1], [0.9, 0.95, 0.2], [0.1, 0.3, 0.2]]),),
            (np.ones((4, 4)),),
        ),
        mistakes={
            "Where all are equally near, the first is no find. An encoder that gives one code to "
            "everything must not score.": _first_of_the_nearest,
            "A query is a row. You look for the nearest query of each answer.": _by_column,
            "That is how many were found: divide by the number of queries.": _how_many,
            "A larger cosine means nearer. You look for the farthest.": _farthest,
        },
    ),
    Exercise(
        number="11.2",
        title="which drawings are a pair?",
        prompt=(
            "Each drawing shows a thing and is by one hand. Return all pairs of drawings that show "
            "the same thing by two *different* hands, as positions, each pair once."
        ),
        difficulty=1,
        minutes=5,
        hints=(
            "Go through all `first` and all `second` positions, in two loops.",
            "`first < second` keeps each pair once, and no drawing is a pair with itself.",
            "A pair needs `things[first] == things[second]` and `hands[first] != hands[second]`.",
        ),
        reference=pairs_by_hand,
        inputs=(
            (["sun", "cat", "sun", "sun"], ["noto", "noto", "fluent", "noto"]),
            (["a", "b", "a", "b", "a"], [0, 0, 1, 1, 2]),
            (["a", "b"], [0, 1]),
        ),
        mistakes={
            "You also pair two drawings by one hand. Such a pair would not say that the hand does "
            "not matter.": _whoever_drew_it,
            "You return each pair in both orders: once is enough.": _both_orders,
            "You pair different things by the same hand, which is the opposite claim: that the "
            "thing does not matter.": _of_one_hand,
        },
    ),
    Exercise(
        number="11.3",
        title="what differs between the hands?",
        prompt=(
            "Return for each feature how much it varies *within* a thing, from hand to hand, on "
            "average over the things. Directions in which this is large say little about the thing."
        ),
        difficulty=2,
        minutes=6,
        hints=(
            "The hands are axis 1 of `features`.",
            "`features.var(axis=1)` is the variance within each thing, `(things, d)`.",
            "Its mean over axis 0 is the mean over the things.",
        ),
        reference=variance_within,
        inputs=(
            (np.array([[[0.0, 5.0], [2.0, 5.0]], [[10.0, 1.0], [14.0, 1.5]]]),),
            (
                np.array(
                    [[[1.0, 0.0], [2.0, 3.0], [6.0, 0.0]], [[0.0, 2.0], [0.0, 2.0], [3.0, 2.0]]]
                ),
            ),
        ),
        mistakes={
            "That is how things differ when one hand draws them. Asked is how hands differ when "
            "they draw one thing.": _among_things,
            "You mix both kinds of difference. Take each thing's drawings from their own "
            "mean.": _of_all,
            "Keep the features apart: the result has one number for each.": _one_number,
            "That is the mean deviation. Take the variance, its square, before the mean.": (
                _deviation
            ),
        },
    ),
    Exercise(
        number="11.4",
        title="how much of the gain is lost?",
        prompt=(
            "Our arm gains over a baseline among known hands, and perhaps less for a new hand. "
            "Return for each seed how much *larger* the gain among known hands is, so that an "
            "interval of this change can be computed."
        ),
        difficulty=1,
        minutes=4,
        hints=(
            "The gain among known hands is `ours - baseline`, one number for each seed.",
            "The gain for a new hand is `ours_new - baseline_new`.",
            "Subtract the second gain from the first.",
        ),
        reference=gain_lost,
        inputs=(
            (
                np.array([0.50, 0.48, 0.53]),
                np.array([0.40, 0.41, 0.42]),
                np.array([0.44, 0.40, 0.45]),
                np.array([0.41, 0.42, 0.40]),
            ),
            (
                np.array([0.3, 0.2]),
                np.array([0.3, 0.1]),
                np.array([0.4, 0.3]),
                np.array([0.1, 0.3]),
            ),
        ),
        mistakes={
            "The other way round: a gain that is larger among known hands should give a positive "
            "number.": _other_way_round,
            "You compare our arm with itself. The baseline may find a new hand harder too, so take "
            "both gains first.": _arm_alone,
            "Keep a number for each seed. After the mean, no interval can be computed any "
            "more.": _mean_over_seeds,
            "Mind the brackets: the second gain is subtracted as a whole.": _signs_mixed,
        },
    ),
]
