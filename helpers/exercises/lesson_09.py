"""Lesson 09: guesses to believe, a loss that believes them, equal steps, and what two ideas add."""

import numpy as np
from scipy import stats

from helpers.lesson.exercises import Exercise


def rows_to_believe(probabilities, share):
    """Return the positions of the guesses to believe, lowest position first: integers, `(k,)`.

    `probabilities` is `(n, classes)`; row `i` is what the network says about image `i`.
    """
    guesses, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    chosen = []
    for label in np.unique(guesses):
        rows = np.flatnonzero(guesses == label)
        most = int(np.ceil(share * len(rows)))
        chosen.extend(rows[np.argsort(-sure[rows])[:most]])
    return np.sort(chosen)


def _over_all_classes(probabilities, share):
    sure = probabilities.max(axis=1)
    return np.sort(np.argsort(-sure)[: int(np.ceil(share * len(sure)))])


def _least_sure(probabilities, share):
    guesses, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    chosen = []
    for label in np.unique(guesses):
        rows = np.flatnonzero(guesses == label)
        chosen.extend(rows[np.argsort(sure[rows])[: int(np.ceil(share * len(rows)))]])
    return np.sort(chosen)


def _rounded_down(probabilities, share):
    guesses, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    chosen = []
    for label in np.unique(guesses):
        rows = np.flatnonzero(guesses == label)
        chosen.extend(rows[np.argsort(-sure[rows])[: int(share * len(rows))]])
    return np.sort(chosen)


def _everything_over_the_share(probabilities, share):
    return np.flatnonzero(probabilities.max(axis=1) > share)


def loss_of_guesses(plain, view, threshold):
    """Return the mean loss over the guesses that are believed: one number, 0 if there is none.

    Both arrays are probabilities `(n, classes)`, all over 0: of the plain image and of its view.
    """
    guesses, believed = plain.argmax(axis=1), plain.max(axis=1) > threshold
    losses = -np.log(view[np.arange(len(view)), guesses])
    return losses[believed].mean() if believed.any() else 0.0


def _over_all_images(plain, view, threshold):
    guesses, believed = plain.argmax(axis=1), plain.max(axis=1) > threshold
    losses = -np.log(view[np.arange(len(view)), guesses])
    return np.sum(losses[believed]) / len(losses)


def _all_believed(plain, view, threshold):
    return loss_of_guesses(plain, view, 0)


def _guessed_on_the_view(plain, view, threshold):
    return loss_of_guesses(view, view, threshold)


def _learns_on_the_plain_image(plain, view, threshold):
    return loss_of_guesses(plain, plain, threshold)


def fair_round(pretraining_steps, round_steps, rounds):
    """Return how many steps each training of the network from scratch gets: a whole number.

    The pre-trained network takes `pretraining_steps`, then a fine-tuning of `round_steps`, then
    `rounds` rounds of `round_steps` each.
    """
    return round_steps + pretraining_steps // (rounds + 1)


def more_together(both, only_pretrained, only_rounds, neither):
    """Return by how much more rounds add where there is pre-training: mean and margin.

    All four are NumPy arrays with the accuracy of each seed, in the same order of seeds.
    """
    more = (both - only_pretrained) - (only_rounds - neither)
    return more.mean(), stats.t.ppf(0.975, len(more) - 1) * stats.sem(more)


def _gain_of_rounds(both, only_pretrained, only_rounds, neither):
    return more_together(both, only_pretrained, neither, neither)


def _sum_of_gains(both, only_pretrained, only_rounds, neither):
    return more_together(both, only_pretrained, neither, only_rounds)


def _spread_instead_of_error(both, only_pretrained, only_rounds, neither):
    more = (both - only_pretrained) - (only_rounds - neither)
    return more.mean(), stats.t.ppf(0.975, len(more) - 1) * more.std(ddof=1)


def _normal_quantile(both, only_pretrained, only_rounds, neither):
    more = (both - only_pretrained) - (only_rounds - neither)
    return more.mean(), 1.96 * stats.sem(more)


EXERCISES = [
    Exercise(
        number="09.1",
        title="a fair round",
        prompt=(
            "A network from scratch also learns in rounds. It may take as many steps in all as the "
            "pre-trained one, so the steps of pre-training are spread evenly over its own "
            "trainings: the first on the labels alone, and one for each round. Return the steps of "
            "one of them, rounded down."
        ),
        difficulty=1,
        minutes=4,
        hints=(
            "With 5 rounds there are 6 trainings: one on the labels alone comes before the rounds.",
            "Each gets its own `round_steps` and its part of `pretraining_steps`; `//` divides and "
            "rounds down.",
        ),
        reference=fair_round,
        inputs=((150, 60, 5), (600, 200, 5), (100, 30, 2)),
        mistakes={
            "The training on the labels alone, before the rounds, gets a part too: divide by one "
            "more than the number of rounds.": (
                lambda pretraining_steps, round_steps, rounds: (
                    round_steps + pretraining_steps // rounds
                )
            ),
            "These are the steps of pre-training alone: each training has its own `round_steps` "
            "besides.": lambda pretraining_steps, round_steps, rounds: (
                pretraining_steps // (rounds + 1)
            ),
            "All steps of pre-training are added to each training, so this network takes far more "
            "in all: spread them.": lambda pretraining_steps, round_steps, rounds: (
                round_steps + pretraining_steps
            ),
        },
    ),
    Exercise(
        number="09.2",
        title="the surest of each class",
        prompt=(
            "An image's guess is its class of the highest probability, and that probability says "
            "how sure it is. Of the images guessed to be of one class, take the surest `share` of "
            "them, rounded up; do so for each class that is guessed at all."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "`probabilities.argmax(axis=1)` are the guesses, and `.max(axis=1)` says how sure.",
            "Go through `np.unique(guesses)`, and find the rows of each with `np.flatnonzero`.",
            "`rows[np.argsort(-sure[rows])]` are a class's rows, the surest first; "
            "`int(np.ceil(share * len(rows)))` of them are wanted.",
        ),
        reference=rows_to_believe,
        inputs=(
            (np.array([[0.9, 0.1], [0.6, 0.4], [0.95, 0.05], [0.3, 0.7], [0.45, 0.55]]), 0.5),
            (
                np.array(
                    [
                        [0.5, 0.3, 0.2],
                        [0.1, 0.8, 0.1],
                        [0.2, 0.7, 0.1],
                        [0.05, 0.9, 0.05],
                        [0.6, 0.2, 0.2],
                        [0.04, 0.94, 0.02],
                    ]
                ),
                0.4,
            ),
        ),
        mistakes={
            "You take the surest of all images together. A class that the network finds hard then "
            "gets few or none: take the share from each guessed class.": _over_all_classes,
            "These are the least sure ones: sort by certainty, the highest first.": _least_sure,
            "You round down, so that a class with few guesses may get none: round up, with "
            "`np.ceil`.": _rounded_down,
            "You compare the certainty with the share. The share is a part of the images of a "
            "class, not a threshold.": _everything_over_the_share,
        },
    ),
    Exercise(
        number="09.3",
        title="a loss that believes",
        prompt=(
            "The network guesses on the plain image. Where it is surer than `threshold`, its guess "
            "is the label of the view: the loss there is minus the natural logarithm of the "
            "*view's* probability of the guessed class. Return the mean over the images whose "
            "guess is believed."
        ),
        difficulty=2,
        minutes=7,
        hints=(
            "`plain.argmax(axis=1)` are the guesses; `plain.max(axis=1) > threshold` says which "
            "are believed.",
            "`view[np.arange(len(view)), guesses]` picks one probability from each row.",
            "If no guess is believed, return 0, since the mean of nothing is no number.",
        ),
        reference=loss_of_guesses,
        inputs=(
            (
                np.array([[0.97, 0.03], [0.6, 0.4], [0.02, 0.98]]),
                np.array([[0.7, 0.3], [0.9, 0.1], [0.97, 0.03]]),
                0.95,
            ),
            (
                np.array([[0.5, 0.3, 0.2], [0.1, 0.85, 0.05]]),
                np.array([[0.2, 0.5, 0.3], [0.82, 0.1, 0.08]]),
                0.8,
            ),
            (np.array([[0.5, 0.5]]), np.array([[0.9, 0.1]]), 0.9),
        ),
        mistakes={
            "You divide by all images. Divide by the number of those whose guess is believed, or "
            "the loss shrinks where few are.": _over_all_images,
            "You believe every guess: keep those that are surer than the threshold.": _all_believed,
            "You guess on the view and so ask it to agree with itself: guess on the plain "
            "image.": _guessed_on_the_view,
            "You learn on the plain image, which already agrees with its own guess: take the "
            "view's probabilities for the loss.": _learns_on_the_plain_image,
        },
    ),
    Exercise(
        number="09.4",
        title="more than the sum?",
        prompt=(
            "Rounds add something to a pre-trained network, and something to one from scratch. "
            "Return by how much more they add where there is pre-training: the mean of the paired "
            "differences over the seeds, and the margin of its 95 % t interval."
        ),
        difficulty=3,
        minutes=8,
        hints=(
            "Begin with two gains, seed by seed: `both - only_pretrained` and "
            "`only_rounds - neither`.",
            "The difference of the two gains is one number a seed, and its interval is an ordinary "
            "one.",
            "The margin is `stats.t.ppf(0.975, n - 1) * stats.sem(...)` with n seeds. Put "
            "`from scipy import stats` into the cell.",
        ),
        reference=more_together,
        inputs=(
            (
                np.array([0.96, 0.97, 0.95]),
                np.array([0.92, 0.94, 0.93]),
                np.array([0.93, 0.95, 0.92]),
                np.array([0.91, 0.92, 0.92]),
            ),
            (
                np.array([0.80, 0.78, 0.79, 0.81]),
                np.array([0.75, 0.74, 0.76, 0.74]),
                np.array([0.72, 0.75, 0.73, 0.70]),
                np.array([0.70, 0.71, 0.72, 0.71]),
            ),
        ),
        mistakes={
            "That is what rounds add to the pre-trained network: subtract what they add to the one "
            "from scratch.": _gain_of_rounds,
            "You add the two gains up: the question is by how much one exceeds the "
            "other.": _sum_of_gains,
            "Your margin is that of one seed. The mean of n seeds is surer: take the standard "
            "error, `stats.sem`.": _spread_instead_of_error,
            "1.96 is for very many seeds. With this few take the t quantile, "
            "`stats.t.ppf(0.975, n - 1)`.": _normal_quantile,
        },
    ),
]
