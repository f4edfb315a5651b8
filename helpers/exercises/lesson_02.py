"""Lesson 02: what is frozen, what is compared with what, and how many seeds it takes."""

from itertools import combinations

import numpy as np
from scipy import stats

from helpers.exercises.lesson_00 import mean_with_margin
from helpers.lesson.exercises import Exercise


def share_still_training(layers, stop):
    """Return which share of all parameters, from 0 to 1, trains once `layers[:stop]` are frozen.

    `layers` holds for each layer a list of the shapes of its weights: [(9, 4), (4,)] for a dense
    layer from 9 to 4 units with its biases, [] for a layer without weights.
    """
    sizes = [sum(np.prod(shape) for shape in weights) for weights in layers]
    return sum(sizes[stop:]) / sum(sizes)


def _only_the_head(layers, stop):
    return share_still_training(layers, -1)


def _share_of_frozen(layers, stop):
    return 1 - share_still_training(layers, stop)


def _share_of_layers(layers, stop):
    return len(layers[stop:]) / len(layers)


def _without_biases(layers, stop):
    return share_still_training([weights[:1] for weights in layers], stop)


def moves_in_each_fit(actions):
    """Return for each "fit" among the actions whether the layers move in it: a list of bools.

    The actions, in order, are "compile", "freeze", "unfreeze" and "fit". At first the layers are
    not frozen. The first action is "compile".
    """
    frozen, step_trains_them, moves = False, None, []
    for action in actions:
        if action in ("freeze", "unfreeze"):
            frozen = action == "freeze"
        elif action == "compile":
            step_trains_them = None  # the next fit builds a new step
        else:
            if step_trains_them is None:
                step_trains_them = not frozen
            moves.append(step_trains_them)
    return moves


def _asked_at_each_fit(actions):
    frozen, moves = False, []
    for action in actions:
        if action in ("freeze", "unfreeze"):
            frozen = action == "freeze"
        elif action == "fit":
            moves.append(not frozen)
    return moves


def _asked_at_compile(actions):
    frozen, step_trains_them, moves = False, True, []
    for action in actions:
        if action in ("freeze", "unfreeze"):
            frozen = action == "freeze"
        elif action == "compile":
            step_trains_them = not frozen
        else:
            moves.append(step_trains_them)
    return moves


def _built_once(actions):
    return [moves_in_each_fit(actions)[0]] * actions.count("fit")


def fair_partners(arms, name, changed):
    """Return the names of the arms that differ from arm `name` in `changed` and in nothing else.

    `arms` is a dictionary of dictionaries: each arm's name, and its properties with their values.
    All arms have the same properties, and `changed` is one of them. The answer is a list of names,
    in the order of `arms`.
    """
    ours = arms[name]
    return [
        other
        for other, theirs in arms.items()
        if [key for key in ours if ours[key] != theirs[key]] == [changed]
    ]


def _whatever_else(arms, name, changed):
    return [other for other in arms if arms[other][changed] != arms[name][changed]]


def _same_in_the_rest(arms, name, changed):
    rest = [key for key in arms[name] if key != changed]
    return [other for other in arms if all(arms[other][key] == arms[name][key] for key in rest)]


def _any_one_thing(arms, name, changed):
    ours = arms[name]
    return [other for other in arms if sum(ours[key] != arms[other][key] for key in ours) == 1]


def beyond_the_sum(both, rotations, freeze, neither):
    """Return how much more both bring than the sum of the single gains, and its margin.

    Each argument, `(n,)`, holds an arm's accuracy for each seed, in the same order of seeds. The
    answer is two numbers: the mean over the seeds and the margin of its 95 % t interval.
    """
    excess = (both - neither) - ((rotations - neither) + (freeze - neither))
    margin = stats.t.ppf(0.975, len(excess) - 1) * stats.sem(excess)
    return np.mean(excess), margin


def _unpaired(both, rotations, freeze, neither):
    arms = both, rotations, freeze, neither
    error = np.sqrt(sum(stats.sem(arm) ** 2 for arm in arms))
    mean = beyond_the_sum(*arms)[0]
    return mean, stats.t.ppf(0.975, 4 * len(both) - 4) * error


def share_of_small_experiments(differences, count):
    """Return which share of all choices of `count` seeds, from 0 to 1, establishes a difference.

    `differences`, `(n,)`, holds one paired difference for each seed. A choice establishes one if
    the 95 % t interval of its mean leaves zero out.
    """
    quantile = stats.t.ppf(0.975, count - 1)
    found = []
    for chosen in combinations(differences, count):
        found.append(abs(np.mean(chosen)) > quantile * stats.sem(chosen))
    return np.mean(found)


def _small_experiments(differences, count, quantile, positive_only=False):
    means = np.array([np.mean(chosen) for chosen in combinations(differences, count)])
    errors = np.array([stats.sem(chosen) for chosen in combinations(differences, count)])
    return np.mean((means if positive_only else abs(means)) > quantile * errors)


ARMS = {
    "recipe": {"start": "rotations", "frozen": True, "labelled steps": 80},
    "pre-trained, all trains": {"start": "rotations", "frozen": False, "labelled steps": 80},
    "random, frozen": {"start": "random", "frozen": True, "labelled steps": 80},
    "scratch": {"start": "random", "frozen": False, "labelled steps": 80},
    "everything else": {"start": "rotations", "frozen": False, "labelled steps": 390},
    "scratch, longer": {"start": "random", "frozen": False, "labelled steps": 390},
}

EXERCISES = [
    Exercise(
        number="02.1",
        title="what still trains?",
        prompt=(
            "A program freezes `layers[:stop]`, a Python slice: the layers from the first up to, "
            "but not including, `stop`. Return the share of all parameters, from 0 to 1, that "
            "still train."
        ),
        difficulty=1,
        minutes=6,
        hints=(
            "`layers[:stop]` and `layers[stop:]` are all layers together. What is frozen, and what "
            "trains?",
            "An array of weights of shape (9, 4) holds 9 * 4 parameters: `np.prod(shape)`.",
            "Sum over the shapes of each layer first; a layer without weights counts 0.",
        ),
        reference=share_still_training,
        inputs=(
            (
                [
                    [(3, 3, 1, 8), (8,)],
                    [],
                    [(3, 3, 8, 16), (16,)],
                    [(400, 32), (32,)],
                    [(32, 10), (10,)],
                ],
                -2,
            ),
            ([[(6, 5), (5,)], [(5, 4), (4,)], [], [(4, 2), (2,)]], -2),
            ([[(6, 5), (5,)], [(5, 4), (4,)], [(4, 2), (2,)]], -1),
            ([[(6, 5), (5,)], [(5, 4), (4,)], [(4, 2), (2,)]], 0),
        ),
        mistakes={
            "You count the last layer alone, whatever is frozen: `layers[:-2]` leaves two layers "
            "that train.": _only_the_head,
            "That is the share that is frozen. What trains is the rest, `layers[stop:]`.": (
                _share_of_frozen
            ),
            "You count layers. They differ greatly in size: count parameters.": _share_of_layers,
            "You leave the biases out; they are parameters too: add up all shapes of a layer.": (
                _without_biases
            ),
        },
    ),
    Exercise(
        number="02.2",
        title="when does Keras look?",
        prompt=(
            "The first `fit` after a `compile` builds the training step, from what is frozen at "
            "that moment; every further `fit` uses that step until the next `compile`. Return for "
            "each `fit`, in order, whether the layers move in it."
        ),
        difficulty=2,
        minutes=10,
        hints=(
            "Go through the actions and remember two things: are the layers frozen now, and does "
            "the present training step move them?",
            "`compile` throws the step away: remember `None` for it.",
            "`fit` makes a step only where there is none: it moves the layers if they are not "
            "frozen now. Then note what the step does.",
        ),
        reference=moves_in_each_fit,
        inputs=(
            (["compile", "freeze", "fit"],),
            (["compile", "fit", "freeze", "fit"],),
            (["compile", "fit", "freeze", "compile", "fit"],),
            (["compile", "freeze", "fit", "unfreeze", "fit", "compile", "fit"],),
        ),
        mistakes={
            "You ask at each `fit` what is frozen. Keras looks only at the first one after a "
            "`compile`, and keeps the step that it built then.": _asked_at_each_fit,
            "You look at `compile`, as one often reads. It only throws the old step away; the next "
            "`fit` looks at what is frozen.": _asked_at_compile,
            "You build the step once and for all: a `compile` makes the next `fit` build a new "
            "one.": _built_once,
        },
    ),
    Exercise(
        number="02.3",
        title="a fair comparison",
        prompt=(
            "What is one property of a recipe worth? To find out, compare two arms that differ in "
            "that property and in no other. Return the names of all arms with which arm `name` can "
            "be compared for `changed`, a list in the order of the dictionary."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "For each other arm, find the properties whose values differ from ours.",
            "A fair partner is one for which exactly one property differs, and it is `changed`.",
            "`[key for key in ours if ours[key] != theirs[key]] == [changed]` says that.",
        ),
        reference=fair_partners,
        inputs=(
            (ARMS, "recipe", "start"),
            (ARMS, "recipe", "frozen"),
            (ARMS, "recipe", "labelled steps"),
            (ARMS, "scratch", "labelled steps"),
            (ARMS | {"another recipe": ARMS["recipe"]}, "random, frozen", "start"),
        ),
        mistakes={
            "Your partners differ in `changed`, but some differ in something else as well: then "
            "nobody can say which of the two made the difference.": _whatever_else,
            "Your list holds the arm itself: a partner must be the same in all else and different "
            "in `changed`.": _same_in_the_rest,
            "Your partners differ in one thing, but it need not be `changed`: check which one.": (
                _any_one_thing
            ),
        },
    ),
    Exercise(
        number="02.4",
        title="may two gains be added?",
        prompt=(
            "Four arms have the rotations, the freeze, both or neither, and a gain is counted from "
            "`neither`. Return how much the gain of both exceeds the sum of the two single gains "
            "(negative if they overlap), and the margin of its 95 % t interval, paired by seed. "
            "All four are NumPy arrays."
        ),
        difficulty=3,
        minutes=12,
        hints=(
            "Write down the three gains for one seed. Each is an arm minus `neither`.",
            "Compute the excess for each seed; only then take the mean and the margin over seeds.",
            "For each seed the excess is `both - rotations - freeze + neither`.",
            "The margin is `stats.t.ppf(0.975, n - 1) * stats.sem(excess)`, with "
            "`from scipy import stats`.",
        ),
        reference=beyond_the_sum,
        inputs=(
            (
                np.array([0.85, 0.83, 0.88, 0.84]),
                np.array([0.84, 0.84, 0.87, 0.83]),
                np.array([0.84, 0.81, 0.87, 0.83]),
                np.array([0.82, 0.81, 0.86, 0.81]),
            ),
            (
                np.array([0.72, 0.75, 0.70]),
                np.array([0.70, 0.72, 0.69]),
                np.array([0.69, 0.73, 0.68]),
                np.array([0.69, 0.71, 0.67]),
            ),
        ),
        mistakes={
            "Your margin treats the arms as if they had nothing in common: compute the excess "
            "within each seed, then its margin.": _unpaired,
            "That is the gain of both. Take the two single gains away from it.": (
                lambda both, rotations, freeze, neither: mean_with_margin(both - neither)
            ),
            "You take away the accuracies of the single arms, not their gains: subtract `neither` "
            "from each of them first.": lambda both, rotations, freeze, neither: mean_with_margin(
                (both - neither) - (rotations + freeze)
            ),
            "You took only one single gain away: the sum has two, that of the rotations and that "
            "of the freeze.": lambda both, rotations, freeze, neither: mean_with_margin(
                both - rotations
            ),
            "The sign is reversed: positive means that both bring more than the sum.": (
                lambda both, rotations, freeze, neither: mean_with_margin(
                    rotations + freeze - both - neither
                )
            ),
        },
    ),
    Exercise(
        number="02.5",
        title="if you had only a few seeds",
        prompt=(
            "Take every choice of `count` seeds out of those given, each choice once and without "
            "regard to order. Return the share of the choices, from 0 to 1, whose 95 % t interval "
            "of the mean leaves zero out, on whichever side."
        ),
        difficulty=2,
        minutes=10,
        hints=(
            "`itertools.combinations(differences, count)` goes through the choices.",
            "An interval leaves zero out if the mean, without its sign, is larger than the margin.",
            "The margin is `stats.t.ppf(0.975, count - 1) * stats.sem(chosen)`, with "
            "`from scipy import stats`.",
        ),
        reference=share_of_small_experiments,
        inputs=(
            (np.array([-0.006, -0.02, -0.034, -0.012, -0.013, -0.029, -0.022]), 3),
            (np.array([0.03, 0.008, 0.001, 0.011, 0.007, 0.019]), 4),
        ),
        mistakes={
            "1.96 standard errors are for very many seeds: with few, take the t distribution's "
            "factor for `count - 1`.": lambda differences, count: _small_experiments(
                differences, count, 1.96
            ),
            "Your factor is for all the seeds. A small experiment knows only its own: `count - 1` "
            "degrees of freedom.": lambda differences, count: _small_experiments(
                differences, count, stats.t.ppf(0.975, len(differences) - 1)
            ),
            "A clear loss is a finding as well: count an interval that lies below zero too.": (
                lambda differences, count: _small_experiments(
                    differences, count, stats.t.ppf(0.975, count - 1), positive_only=True
                )
            ),
            "0.95 leaves 5 % on one side: half of them belong above and half below, so ask for "
            "0.975.": lambda differences, count: _small_experiments(
                differences, count, stats.t.ppf(0.95, count - 1)
            ),
        },
    ),
]
