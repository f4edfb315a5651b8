"""Lesson 08: a fair protocol: who gets which labels, which rival, and how verdicts are counted."""

import numpy as np
from scipy import stats

from helpers.exercises.lesson_00 import unpaired
from helpers.lesson.exercises import Exercise


def balanced_draw(labels, order, per_class):
    """Return the positions of the drawn images, a list or array of whole numbers.

    `labels`, a NumPy array, holds the class of each image; `order`, a NumPy array, the positions
    of all images, shuffled. Of each class `per_class` images are drawn.
    """
    chosen = []
    for position in order:
        alike = sum(labels[other] == labels[position] for other in chosen)
        if alike < per_class:
            chosen.append(int(position))
    return chosen


def _first_of_all(labels, order, per_class):
    return order[: per_class * len(np.unique(labels))]


def _unshuffled(labels, order, per_class):
    return balanced_draw(labels, np.arange(len(labels)), per_class)


def _class_by_class(labels, order, per_class):
    drawn = [order[labels[order] == label][:per_class] for label in np.unique(labels)]
    return np.concatenate(drawn)


def _places_in_order(labels, order, per_class):
    return balanced_draw(labels[order], np.arange(len(order)), per_class)


def fair_rival(pretraining_steps, fine_tuning_steps, views, rivals):
    """Return the name of the arm from scratch with which our arm is fairly compared.

    Our arm takes `pretraining_steps` and then `fine_tuning_steps`, and sees random views if `views`
    is True. `rivals` maps the name of each arm from scratch to its steps and whether it sees views:
    `{"plain": (300, False), ...}`.
    """
    fair = (pretraining_steps + fine_tuning_steps, views)
    return next(name for name, effort in rivals.items() if effort == fair)


def _only_fine_tuning(pretraining_steps, fine_tuning_steps, views, rivals):
    return fair_rival(0, fine_tuning_steps, views, rivals)


def _without_views(pretraining_steps, fine_tuning_steps, views, rivals):
    return fair_rival(pretraining_steps, fine_tuning_steps, not views, rivals)


def _most_steps(pretraining_steps, fine_tuning_steps, views, rivals):
    return max(rivals, key=lambda name: rivals[name][0])


def gain_over_seeds(ours, theirs):
    """Return the mean gain of ours over theirs and the margin of its 95 % t interval, two numbers.

    Both are NumPy arrays of accuracies, `(seeds, draws)`, with the same seeds and draws.
    """
    gains = (ours - theirs).mean(axis=1)
    return gains.mean(), stats.t.ppf(0.975, len(gains) - 1) * stats.sem(gains)


def _all_alike(ours, theirs):
    return gain_over_seeds(ours.reshape(-1, 1), theirs.reshape(-1, 1))


def _over_draws(ours, theirs):
    return gain_over_seeds(ours.T, theirs.T)


def _only_first_draw(ours, theirs):
    return gain_over_seeds(ours[:, :1], theirs[:, :1])


def _seeds_unpaired(ours, theirs):
    return unpaired(ours.mean(axis=1), theirs.mean(axis=1))


def still_standing(p_values):
    """Return which verdicts stand, True or False for each, in the order of `p_values`.

    `p_values` is a NumPy array.
    """
    stand = np.zeros(len(p_values), dtype=bool)
    for passed, place in enumerate(np.argsort(p_values)):
        if p_values[place] >= 0.05 / (len(p_values) - passed):
            break
        stand[place] = True
    return stand


def _same_limit_for_all(p_values):
    return p_values < 0.05 / len(p_values)


def _share_of_false(p_values):
    order = np.argsort(p_values)
    below = np.flatnonzero(p_values[order] <= 0.05 * np.arange(1, len(order) + 1) / len(order))
    stand = np.zeros(len(order), bool)
    stand[order[: below.max() + 1]] = True
    return stand


def _never_stops(p_values):
    ranks = np.argsort(np.argsort(p_values))
    return p_values < 0.05 / (len(p_values) - ranks)


def _limits_reversed(p_values):
    stand = np.zeros(len(p_values), dtype=bool)
    for passed, place in enumerate(np.argsort(p_values)):
        if p_values[place] >= 0.05 / (passed + 1):
            break
        stand[place] = True
    return stand


def step_beside_untrained(last, convolutions, untrained_last, untrained_convolutions):
    """Return by how much the step exceeds the untrained one, mean and margin, two numbers.

    All four are NumPy arrays with the accuracy of each seed, in the same order of seeds.
    """
    own = (last - convolutions) - (untrained_last - untrained_convolutions)
    return own.mean(), stats.t.ppf(0.975, len(own) - 1) * stats.sem(own)


def _step_alone(last, convolutions, untrained_last, untrained_convolutions):
    return step_beside_untrained(last, convolutions, np.zeros(len(last)), 0)


def _last_layers_alone(last, convolutions, untrained_last, untrained_convolutions):
    return step_beside_untrained(last, 0, untrained_last, 0)


def _other_direction(last, convolutions, untrained_last, untrained_convolutions):
    return step_beside_untrained(convolutions, last, untrained_convolutions, untrained_last)


def _steps_unpaired(last, convolutions, untrained_last, untrained_convolutions):
    return unpaired(last - convolutions, untrained_last - untrained_convolutions)


EXERCISES = [
    Exercise(
        number="08.1",
        title="draw labels fairly",
        prompt=(
            "Walk through the images in the shuffled `order` and take each one until its class has "
            "`per_class` images. Return the positions taken, in the sequence in which you meet "
            "them: then a smaller draw always lies inside a larger one."
        ),
        difficulty=1,
        minutes=6,
        hints=(
            "The class of the image at `position` is `labels[position]`.",
            "Loop over `order` and keep a list of what you have taken, or a count for each class.",
            "Append `position` if fewer than `per_class` of those taken have the class "
            "`labels[position]`.",
        ),
        reference=balanced_draw,
        inputs=(
            (
                np.array([2, 0, 1, 1, 0, 2, 2, 1, 0, 2]),
                np.array([9, 5, 3, 0, 8, 7, 1, 6, 2, 4]),
                1,
            ),
            (
                np.array([2, 0, 1, 1, 0, 2, 2, 1, 0, 2]),
                np.array([9, 5, 3, 0, 8, 7, 1, 6, 2, 4]),
                2,
            ),
            (np.array([4, 4, 4, 7, 4, 7]), np.array([2, 5, 1, 0, 3, 4]), 2),
        ),
        mistakes={
            "You take the first images of the order, whatever they are: count how many of each "
            "class you have.": _first_of_all,
            "You walk through the images as they lie, so every draw would be the same: walk "
            "through `order`.": _unshuffled,
            "These are the right images, but class by class: keep the sequence of "
            "`order`.": _class_by_class,
            "You return places in `order`. What stands at these places is the position of an "
            "image.": _places_in_order,
        },
    ),
    Exercise(
        number="08.2",
        title="find the fair rival",
        prompt=(
            "Our arm is pre-trained and then fine-tuned; the rivals are trained from scratch. "
            "Return the name of the one rival that takes as many steps as ours does in all, and "
            "that sees random views exactly if ours does."
        ),
        difficulty=1,
        minutes=4,
        hints=(
            "Which steps would the rival lack if it only had those of fine-tuning?",
            "Look for the name whose value is `(pretraining_steps + fine_tuning_steps, views)`.",
        ),
        reference=fair_rival,
        inputs=(
            (
                *(600, 300, True),
                {
                    "short": (300, False),
                    "short, views": (300, True),
                    "long": (900, False),
                    "long, views": (900, True),
                    "longest, views": (1200, True),
                },
            ),
            (
                *(400, 100, False),
                {
                    "V": (500, True),
                    "W": (100, False),
                    "X": (800, False),
                    "Y": (500, False),
                    "Z": (100, True),
                },
            ),
        ),
        mistakes={
            "Your rival gets the steps of fine-tuning only. Then pre-training may win just because "
            "it trains longer: add its steps.": _only_fine_tuning,
            "The steps are right, the views are not: they are knowledge about images, which both "
            "arms or neither must have.": _without_views,
            "The longest training is not the fair one: the rival takes exactly as many steps as "
            "ours.": _most_steps,
        },
    ),
    Exercise(
        number="08.3",
        title="what is drawn anew?",
        prompt=(
            "Each seed (row) pre-trains one encoder, and its features are read with several draws "
            "of labels (columns). Average each seed's paired gains over its draws first; then "
            "return the mean of these and the margin of its 95 % t interval, over the seeds."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "The gains of one row share an encoder, and so its luck. How many independent numbers "
            "are there?",
            "`(ours - theirs).mean(axis=1)` is one gain for each seed.",
            "The margin is `stats.t.ppf(0.975, n - 1) * stats.sem(gains)` with n seeds. Put "
            "`from scipy import stats` into your function.",
        ),
        reference=gain_over_seeds,
        inputs=(
            (
                np.array([[0.84, 0.82, 0.85], [0.80, 0.83, 0.81], [0.86, 0.85, 0.89]]),
                np.array([[0.81, 0.80, 0.80], [0.80, 0.82, 0.82], [0.82, 0.83, 0.84]]),
            ),
            (
                np.array([[0.70, 0.74], [0.66, 0.69], [0.73, 0.71], [0.68, 0.70]]),
                np.array([[0.71, 0.73], [0.68, 0.72], [0.72, 0.68], [0.69, 0.72]]),
            ),
        ),
        mistakes={
            "You count every draw as an independent run. The draws of a seed share its encoder: "
            "average within each seed first.": _all_alike,
            "You average over the seeds, so that the interval is over draws of labels. Average "
            "along `axis=1`: the encoder is what must vary.": _over_draws,
            "You use the first draw only: the others are measured as well, so average over "
            "them.": _only_first_draw,
            "Your margin is that of two unrelated groups. Subtract seed by seed first.": (
                _seeds_unpaired
            ),
        },
    ),
    Exercise(
        number="08.4",
        title="which verdicts still stand?",
        prompt=(
            "Of $m$ p-values the smallest must be at most $0.05 / m$, the next at most "
            "$0.05 / (m - 1)$, and so on up to $0.05 / 1$; with the first that is above its limit, "
            "stop: it and all larger ones fall. Return for each verdict whether it stands, in the "
            "order given."
        ),
        difficulty=3,
        minutes=12,
        hints=(
            "`np.argsort(p_values)` holds the places of the smallest, the next, and so on.",
            "Walk through these places with a counter from 0; the limit is `0.05 / (m - counter)`.",
            "Begin with all False, set `stand[place] = True` where a p-value is at most its "
            "limit, and `break` with the first that is not.",
        ),
        reference=still_standing,
        inputs=(
            (np.array([0.045, 0.002, 0.015, 0.200, 0.008]),),
            (np.array([0.020, 0.030, 0.001, 0.035, 0.012]),),
            (np.array([0.300, 0.001, 0.014, 0.020]),),
        ),
        mistakes={
            "You compare each with 0.05, as if it were alone: of twenty true nothings, one passes "
            "that on average.": lambda p_values: p_values < 0.05,
            "You hold all of them against the strictest limit (Bonferroni). After each that passes "
            "the limit grows: one fewer is left.": _same_limit_for_all,
            "Those are Benjamini and Hochberg's limits, 0.05 k / m for the k-th smallest, which "
            "allow a share of false verdicts: Holm's are 0.05 / (m - k + 1).": _share_of_false,
            "You compare each with its own limit, but you do not stop: after the first that fails, "
            "all larger ones fall.": _never_stops,
            "Your answers are in sorted order: put each back to the place of its "
            "p-value.": lambda p_values: still_standing(np.sort(p_values)),
            "Your limits begin with 0.05 and become stricter. It is the smallest p-value that must "
            "be at most 0.05 / m.": _limits_reversed,
        },
    ),
    Exercise(
        number="08.5",
        title="a step of its own",
        prompt=(
            "A step is the accuracy of the last layer minus that of the convolutions, seed by "
            "seed. Return by how much a method's step exceeds the untrained network's: the mean of "
            "the paired differences over the seeds, and the margin of its 95 % t interval."
        ),
        difficulty=2,
        minutes=6,
        hints=(
            "Two subtractions within each seed: first the step of each network, then one step "
            "minus the other.",
            "`(last - convolutions) - (untrained_last - untrained_convolutions)` is one number for "
            "each seed.",
            "The margin is `stats.t.ppf(0.975, n - 1) * stats.sem(...)` with n seeds. Put "
            "`from scipy import stats` into your function.",
        ),
        reference=step_beside_untrained,
        inputs=(
            (
                np.array([0.75, 0.78, 0.73, 0.76]),
                np.array([0.83, 0.82, 0.84, 0.81]),
                np.array([0.70, 0.72, 0.71, 0.69]),
                np.array([0.80, 0.79, 0.83, 0.78]),
            ),
            (
                np.array([0.91, 0.93, 0.90]),
                np.array([0.90, 0.89, 0.91]),
                np.array([0.78, 0.80, 0.75]),
                np.array([0.85, 0.83, 0.84]),
            ),
        ),
        mistakes={
            "That is the method's step alone. An untrained network takes one too: subtract its "
            "step, seed by seed.": _step_alone,
            "You compare the last layers only. How good each network was before, in the "
            "convolutions, belongs to its step.": _last_layers_alone,
            "You step backwards: it is last layer minus convolutions, so that a gain comes out "
            "positive.": _other_direction,
            "You treat the two steps as unrelated. Both come from the same seeds: subtract them "
            "before you measure the scatter.": _steps_unpaired,
        },
    ),
]
