"""Lesson 07: how much luck promises, how far it scatters, and where a program goes wrong."""

from itertools import combinations, product
from numbers import Integral

import numpy as np

from helpers.lesson.exercises import Exercise


def choose_then_report(correct, seen):
    """Return what the best choice promises and what it delivers, two accuracies from 0 to 1.

    `correct`, a NumPy array `(choices, images)`, holds 1 where a choice is right about an image and
    0 where it is wrong. `seen` is the number of images, from the first on, to choose with.
    """
    promised = correct[:, :seen].mean(axis=1)
    best = promised.argmax()
    return promised[best], correct[best, seen:].mean()


def _chosen_twice(correct, seen):
    return correct[:, :seen].mean(axis=1).max(), correct[:, seen:].mean(axis=1).max()


def _chosen_on_all(correct, seen):
    best = correct.mean(axis=1).argmax()
    return correct[best, :seen].mean(), correct[best, seen:].mean()


def _delivered_on_all(correct, seen):
    promised = correct[:, :seen].mean(axis=1)
    return promised.max(), correct[promised.argmax()].mean()


def _delivered_by_all(correct, seen):
    return correct[:, :seen].mean(axis=1).max(), correct[:, seen:].mean()


def excess_of_best(scores, truth):
    """Return, for k = 1, 2, ..., by how much the best of the first k tries promises too much.

    `scores`, a NumPy array `(repetitions, tries)`, holds measured accuracies; the true accuracy of
    every try is `truth`. The result holds one number for each k.
    """
    best_so_far = np.maximum.accumulate(scores, axis=1)
    return best_so_far.mean(axis=0) - truth


def images_needed(accuracy, margin):
    """Return how many test images make the margin of an accuracy at most `margin`, a whole number.

    Both arguments are fractions: a margin of 0.02 is two points.
    """
    return int(np.ceil(1.96**2 * accuracy * (1 - accuracy) / margin**2))


def share_misled(differences):
    """Return the share, from 0 to 1, of all triples of seeds whose mean has the wrong sign.

    `differences` is a list with one paired difference for each seed.
    """
    overall = np.sign(np.mean(differences))
    signs = [np.sign(np.mean(triple)) for triple in combinations(differences, 3)]
    return np.mean(np.array(signs) == -overall)


def _negative_triples(differences):
    return np.mean([np.mean(triple) < 0 for triple in combinations(differences, 3)])


def _with_repeats(differences):
    overall = np.sign(np.mean(differences))
    signs = [np.sign(np.mean(triple)) for triple in product(differences, repeat=3)]
    return np.mean(np.array(signs) == -overall)


def _by_majority(differences):
    overall = np.sign(np.mean(differences))
    votes = [np.sign(np.sign(triple).sum()) for triple in combinations(differences, 3)]
    return np.mean(np.array(votes) == -overall)


PROGRAMS = """
```text
A  1  train, validation, test = split(labelled_images)
   2  networks = [fit(train, epochs) for epochs in range(1, 31)]
   3  best = max(networks, key=lambda network: network.accuracy(test))
   4  print(best.accuracy(test))

B  1  encoder = pretrain(unlabelled_images, seed=0)
   2  for seed in range(10):
   3      few = draw_labels(train, 100, seed)
   4      ours = probe(encoder, few).accuracy(test)
   5      theirs = probe(untrained_encoder(seed), few).accuracy(test)
   6      gains.append(ours - theirs)
   7  print(interval_of_mean(gains))

C  1  for seed in range(10):
   2      few = draw_labels(train, 100, seed)
   3      encoder = pretrain(unlabelled_images, seed, steps=600, views=True)
   4      ours = fine_tune(encoder, few, steps=300, views=True).accuracy(test)
   5      theirs = from_scratch(few, seed, steps=900, views=False).accuracy(test)
   6      gains.append(ours - theirs)
   7  print(interval_of_mean(gains))
```
"""


def misleading_line(program):
    """Return the number of the line that misleads, for the program "A", "B" or "C"."""
    return {"A": 3, "B": 1, "C": 5}[program]


NO_NUMBER = "Return the number of a line, a whole number, for each of the three programs."
WRONG_LINE = {
    ("A", 2): "A 2: many epochs may be tried, on training images. What decides which one is kept?",
    ("A", 4): "A 4: the test set may be opened for the report, once. Who opened it before?",
    "A": "Program A: look for the line that uses the test set too early.",
    ("B", 4): "B 4: this line only reads the encoder. Where was it made, and how often?",
    ("B", 5): "B 5: the baseline gets a new encoder for each seed, as it should. And ours?",
    "B": "Program B: each of the ten seeds should draw everything anew. What is made only once?",
    (
        "C",
        3,
    ): "C 3: pre-training is the method that is judged. Which arm has no such line, and is it "
    "given the same in another way?",
    (
        "C",
        4,
    ): "C 4: the steps are right, 600 + 300 against 900. What does this line give to ours that "
    "the other arm lacks?",
    "C": "Program C: compare the two arms' steps and views. Which line gives its arm less than the "
    "other gets?",
}


def _wrong_line(answer, program):
    if not isinstance(answer, Integral) or isinstance(answer, bool):
        return NO_NUMBER
    if answer == misleading_line(program):
        return ""
    return WRONG_LINE.get((program, int(answer)), WRONG_LINE[program])


EXERCISES = [
    Exercise(
        number="07.1",
        title="choose here, report there",
        prompt=(
            "Choose the row of `correct` that is right most often on the first `seen` images "
            "(among equals the first row). Return two numbers: its accuracy on these images, which "
            "is what it promises, and its accuracy on all the others, which is what it delivers."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "The accuracy of every choice on the first images is a mean along the rows of "
            "`correct[:, :seen]`.",
            "`argmax()` of these accuracies is the choice. From here on it is fixed.",
            "It delivers the mean of `correct[best, seen:]`.",
        ),
        reference=choose_then_report,
        inputs=(
            (
                np.array(
                    [
                        [1, 0, 1, 0, 1, 1, 1, 1, 1, 1],
                        [1, 1, 1, 0, 0, 1, 0, 1, 0, 1],
                        [0, 1, 0, 1, 1, 1, 0, 1, 1, 0],
                        [1, 0, 0, 0, 1, 0, 1, 1, 0, 1],
                    ]
                ),
                4,
            ),
            (
                np.array(
                    [
                        [0, 1, 0, 1, 1, 1, 1, 1],
                        [1, 1, 1, 0, 0, 1, 0, 0],
                        [1, 0, 1, 0, 1, 0, 1, 1],
                    ]
                ),
                3,
            ),
            (np.array([[1, 1, 0, 1], [0, 1, 1, 1], [1, 1, 1, 1]]), 2),  # two are equally good
        ),
        mistakes={
            "You choose a second time, on the other images: then they flatter as well. Ask them "
            "about the row that you have already chosen.": _chosen_twice,
            "You choose with all images. The others must have no say: choose with the first `seen` "
            "alone.": _chosen_on_all,
            "Your second accuracy includes the images that chose, and their luck with them: leave "
            "them out with `seen:`.": _delivered_on_all,
            "Your second number is the mean over all rows: only the chosen row is to "
            "deliver.": _delivered_by_all,
        },
    ),
    Exercise(
        number="07.2",
        title="the price of many tries",
        prompt=(
            "In each repetition, a row, somebody tries several classifiers, one after the other, "
            "and all are truly equally good (`truth`). Return for k = 1, 2, ... by how much the "
            "best score among the first k tries exceeds `truth`, averaged over the repetitions."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "Somebody who stops after k tries reports the highest of the first k scores in the "
            "row.",
            "`np.maximum.accumulate` gives the highest so far. Which axis holds the tries?",
            "First the highest so far along `axis=1`, then the mean along `axis=0`, then minus "
            "`truth`.",
        ),
        reference=excess_of_best,
        inputs=(
            (
                np.array(
                    [
                        [0.84, 0.80, 0.79, 0.86],
                        [0.83, 0.78, 0.85, 0.81],
                        [0.77, 0.81, 0.82, 0.80],
                    ]
                ),
                0.81,
            ),
            (np.array([[0.6, 0.5, 0.7], [0.4, 0.65, 0.6]]), 0.55),
        ),
        mistakes={
            "You average over the repetitions first, which removes the luck, and then take the "
            "best. Take the best within each repetition, and average last.": lambda scores, truth: (
                np.maximum.accumulate(scores.mean(axis=0)) - truth
            ),
            "You take the best over the repetitions, down the columns; the tries lie along the "
            "rows, `axis=1`.": lambda scores, truth: (
                np.maximum.accumulate(scores, axis=0).mean(axis=0) - truth
            ),
            "That is the best of all tries only: give one number for each k, with the best of the "
            "first k.": lambda scores, truth: scores.max(axis=1).mean() - truth,
            "That is each try by itself: its luck cancels out on average. Take the best of the "
            "first k.": lambda scores, truth: scores.mean(axis=0) - truth,
            "These are the promises. Subtract `truth` to see by how much they are too high.": (
                lambda scores, truth: np.maximum.accumulate(scores, axis=1).mean(axis=0)
            ),
        },
    ),
    Exercise(
        number="07.3",
        title="how many test images?",
        prompt=(
            "An accuracy $p$ measured on $n$ images has a margin of about "
            "$1.96 \\sqrt{p (1 - p) / n}$. Return the smallest whole $n$ for which this margin is "
            "at most `margin`, the one wanted."
        ),
        difficulty=1,
        minutes=5,
        hints=(
            "Set the margin equal to the formula and solve for $n$: square both sides.",
            "$n$ must be at least $1.96^2\\, p (1 - p)$ divided by the square of the margin.",
            "A whole number that is at least this large: `np.ceil`.",
        ),
        reference=images_needed,
        inputs=((0.9, 0.04), (0.78, 0.03), (0.5, 0.05)),
        mistakes={
            "You round down or to the nearest number: then the margin is a little too wide. Round "
            "up.": lambda accuracy, margin: int(1.96**2 * accuracy * (1 - accuracy) / margin**2),
            "You forget the root: half the margin takes four times the images. Square both sides "
            "before you solve for n.": lambda accuracy, margin: int(
                np.ceil(1.96 * accuracy * (1 - accuracy) / margin)
            ),
            "You leave out the 1.96: that n gives a margin of one standard error, which covers "
            "about 68 %.": lambda accuracy, margin: int(
                np.ceil(accuracy * (1 - accuracy) / margin**2)
            ),
            "You square everything but the 1.96: it stands before the root and is squared too.": (
                lambda accuracy, margin: int(np.ceil(1.96 * accuracy * (1 - accuracy) / margin**2))
            ),
            "You plan for an accuracy of one half, the worst case, whatever the accuracy: use the "
            "given one.": lambda accuracy, margin: images_needed(0.5, margin),
        },
    ),
    Exercise(
        number="07.4",
        title="three seeds",
        prompt=(
            "Somebody ran only three of these seeds. Return the share of all possible triples of "
            "different seeds whose mean has the opposite sign of the mean over all seeds (no mean "
            "is exactly zero)."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "`itertools.combinations(differences, 3)` gives every triple once.",
            "`np.sign` of the mean over all seeds is the truth; compare each triple's with it.",
            "The share is the mean of the comparisons, as `True` counts as 1.",
        ),
        reference=share_misled,
        inputs=(
            ([0.021, -0.012, 0.007, 0.016, -0.018, 0.003],),
            ([-0.031, 0.012, 0.009, -0.005, -0.008],),
        ),
        mistakes={
            "You count every triple with a negative mean. Where the truth is negative, the "
            "positive ones mislead: compare with the sign of the mean over all.": _negative_triples,
            "Your triples repeat a seed. Three different ones are run: take "
            "`itertools.combinations`.": _with_repeats,
            "You let the three signs vote. A mean counts how large they are, too: take the sign of "
            "the mean.": _by_majority,
            "That is the share of single seeds. Take the mean of three at a time.": (
                lambda differences: np.mean(np.sign(differences) == -np.sign(np.mean(differences)))
            ),
        },
    ),
    Exercise(
        number="07.5",
        title="find the line",
        prompt=(
            "Each of these programs reports an accuracy or a gain, and one line of it makes the "
            "report too good, too sure or unfair. Return the number of that line, for `program` "
            '`"A"`, `"B"` or `"C"`.\n' + PROGRAMS
        ),
        difficulty=2,
        minutes=6,
        hints=(
            "Each program takes another of this lesson's ways. Go through the list of remedies.",
            "A: which images choose? B: what does a seed draw? C: who gets what?",
            "A: the choice belongs on `validation`. B: what stands outside the loop is the same "
            "for all seeds. C: both arms should see views.",
        ),
        reference=misleading_line,
        inputs=(("A",), ("B",), ("C",)),
        mistakes={
            WRONG_LINE["A", 4]: lambda program: {"A": 4, "B": 1, "C": 5}[program],
            WRONG_LINE["B", 5]: lambda program: {"A": 3, "B": 5, "C": 5}[program],
            WRONG_LINE["B", 4]: lambda program: {"A": 3, "B": 4, "C": 5}[program],
            WRONG_LINE["C", 4]: lambda program: {"A": 3, "B": 1, "C": 4}[program],
        },
        wrong=_wrong_line,
    ),
]
