"""Lesson 10: your own images: copies across the parts, what time buys, rare classes, all rivals."""

import numpy as np

from helpers.lesson.exercises import Exercise


def copies_of_test_pictures(checksums, test):
    """Return the positions of training files that hold the same as some test file, a list.

    `checksums`, a list of text, names the content of each file: two files with the same checksum
    are copies. `test`, a list, is True for test files.
    """
    tested = {checksum for checksum, tests in zip(checksums, test, strict=True) if tests}
    return [
        place for place, checksum in enumerate(checksums) if checksum in tested and not test[place]
    ]


def _all_but_the_first(checksums, test):
    return [place for place, checksum in enumerate(checksums) if checksum in checksums[:place]]


def _all_with_a_copy(checksums, test):
    return [
        place
        for place, checksum in enumerate(checksums)
        if checksums.count(checksum) > 1 and not test[place]
    ]


def _from_the_test_part(checksums, test):
    return copies_of_test_pictures(checksums, [not tests for tests in test])


def _one_of_each(checksums, test):
    places = copies_of_test_pictures(checksums, test)
    return [place for place in places if checksums.index(checksums[place]) == place]


def steps_bought(minutes, draws, budgets, size):
    """Return how many steps, a whole number, a number of minutes buys for each draw.

    In a step, an encoder learns from 64 pictures in two views; and for each of the `budgets`
    (how many numbers of labels there are), our arm from 50 labelled pictures and the one from
    scratch from 100. A picture is `size` pixels wide and high, and the computer learns from a
    million pixels a second.
    """
    seconds = 60 * minutes / draws
    pictures = 2 * 64 + 150 * budgets
    return int(seconds * 1_000_000 / (pictures * size**2))


def _one_view(minutes, draws, budgets, size):
    return int(60e6 * minutes / draws / ((64 + 150 * budgets) * size**2))


def _one_draw(minutes, draws, budgets, size):
    return steps_bought(minutes, 1, budgets, size)


def _side_alone(minutes, draws, budgets, size):
    return int(60e6 * minutes / draws / ((128 + 150 * budgets) * size))


def _no_scratch(minutes, draws, budgets, size):
    return int(60e6 * minutes / draws / ((128 + 50 * budgets) * size**2))


def _pretraining_alone(minutes, draws, budgets, size):
    return steps_bought(minutes, draws, 0, size)


def mean_share_of_classes(predicted, truth):
    """Return the balanced accuracy, one number from 0 to 1.

    Both are NumPy arrays of class numbers, one for each picture.
    """
    return np.mean([np.mean(predicted[truth == label] == label) for label in np.unique(truth)])


def _accuracy(predicted, truth):
    return np.mean(predicted == truth)


def _precision(predicted, truth):
    return np.mean([np.mean(truth[predicted == label] == label) for label in np.unique(predicted)])


def _sum_of_classes(predicted, truth):
    return len(np.unique(truth)) * mean_share_of_classes(predicted, truth)


def _worst_class(predicted, truth):
    return min(np.mean(predicted[truth == label] == label) for label in np.unique(truth))


def against_all(lows, highs):
    """Return "better", "worse" or "not established" for one way of using an encoder.

    `lows` and `highs`, lists, hold the ends of the intervals of its differences from the baselines,
    one each.
    """
    if all(low > 0 for low in lows):
        return "better"
    return "worse" if any(high < 0 for high in highs) else "not established"


def _beats_one(lows, highs):
    return "better" if any(low > 0 for low in lows) else against_all(lows, highs)


def _by_the_middle(lows, highs):
    middles = [(low + high) / 2 for low, high in zip(lows, highs, strict=True)]
    return against_all(middles, middles)


def _worse_than_all(lows, highs):
    if all(low > 0 for low in lows):
        return "better"
    return "worse" if all(high < 0 for high in highs) else "not established"


def _only_yes_or_no(lows, highs):
    return "better" if all(low > 0 for low in lows) else "worse"


EXERCISES = [
    Exercise(
        number="10.1",
        title="copies across the parts",
        prompt=(
            "Some files stand in a folder twice. Return the positions of the *training* files that "
            "hold the same as some test file: these must leave the training part. A copy of "
            "another training file does no such harm, and stays."
        ),
        difficulty=1,
        minutes=5,
        hints=(
            "First collect the checksums of all test files in a set.",
            "Then go through all files with `enumerate(checksums)`.",
            "A position belongs into the list if its checksum is in the set and `test[place]` is "
            "not True.",
        ),
        reference=copies_of_test_pictures,
        inputs=(
            (["a", "b", "a", "c", "b", "b"], [False, False, True, False, False, False]),
            (["d", "e", "d", "e", "f", "d"], [True, False, False, True, False, False]),
            (["g", "h", "g"], [False, True, False]),
        ),
        mistakes={
            "You return every later copy, wherever it stands. What counts is that the other one is "
            "a test file.": _all_but_the_first,
            "You also return copies of other training files. They stay: only what repeats a test "
            "file leaks.": _all_with_a_copy,
            "You return the test files. They stay, or the test would become another one: remove "
            "the copy from training.": _from_the_test_part,
            "You return the first file with each checksum only: every training copy has to "
            "leave.": _one_of_each,
        },
    ),
    Exercise(
        number="10.2",
        title="what do the minutes buy?",
        prompt=(
            "Plan as the lesson does: divide the minutes among the draws, and return how many "
            "whole steps each can take. What a step costs stands in the docstring."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "A draw has `60 * minutes / draws` seconds, and a picture has `size**2` pixels.",
            "In two views, 64 pictures cost as much as 128. With the labels a step costs "
            "`128 + 150 * budgets` pictures.",
            "Divide the pixels that a draw can learn from by those of a step, and take `int(...)`.",
        ),
        reference=steps_bought,
        inputs=((1.5, 5, 2, 32), (8.0, 4, 1, 64), (2.0, 3, 3, 28)),
        mistakes={
            "A picture in two views costs twice.": _one_view,
            "The minutes are for all draws together: divide them.": _one_draw,
            "A picture has `size` times `size` pixels.": _side_alone,
            "The network from scratch takes twice our steps on the labels, so 100 pictures for one "
            "of our steps: count it too.": _no_scratch,
            "You count pre-training alone. Each number of labels costs another 150 pictures a "
            "step.": _pretraining_alone,
        },
    ),
    Exercise(
        number="10.3",
        title="when a class is rare",
        prompt=(
            "Return the balanced accuracy: of each class that occurs in `truth`, the share of its "
            "pictures that are predicted rightly, averaged over these classes."
        ),
        difficulty=1,
        minutes=5,
        hints=(
            "`np.unique(truth)` holds the classes.",
            "`predicted[truth == label]` are the answers to the pictures of one class.",
            "`np.mean(predicted[truth == label] == label)` is its share; take the mean over the "
            "classes.",
        ),
        reference=mean_share_of_classes,
        inputs=(
            (np.array([0, 0, 0, 0, 0, 0, 1, 0]), np.array([0, 0, 0, 0, 0, 0, 1, 1])),
            (np.array([2, 2, 1, 0, 2, 1]), np.array([2, 2, 2, 0, 1, 1])),
        ),
        mistakes={
            "That is the ordinary accuracy, in which a class counts by its pictures: take the "
            "share within each class first.": _accuracy,
            "You divide by how often a class is *named*. Divide by how often it is there.": (
                _precision
            ),
            "You add the shares up: divide by the number of classes.": _sum_of_classes,
            "You return the worst class. It is worth a look, but asked is the mean.": _worst_class,
        },
    ),
    Exercise(
        number="10.4",
        title="one against all",
        prompt=(
            'A way of using the encoder is compared with several baselines. Return `"better"` if '
            'it is established to be better than *all* of them, `"worse"` if it is established to '
            'be worse than *any* of them, and else `"not established"`.'
        ),
        difficulty=2,
        minutes=6,
        hints=(
            "Established better means that the whole interval lies above 0: look at its low end.",
            "`all(low > 0 for low in lows)` is the first condition.",
            "The second is `any(high < 0 for high in highs)`.",
        ),
        reference=against_all,
        inputs=(
            ([1.0, 0.5, 2.0], [3.0, 2.5, 4.0]),
            ([4.0, -1.0, 3.0], [6.0, 2.0, 5.0]),
            ([2.0, -4.0, 1.0], [5.0, -0.5, 3.0]),
            ([-1.0, -3.0], [4.0, 2.0]),
        ),
        mistakes={
            "One weak baseline is easily beaten. Somebody who can have the strongest one for "
            "nothing asks whether you beat *all*.": _beats_one,
            "You judge by the middle of the interval. With zero inside, nothing is "
            "established.": _by_the_middle,
            "To be worse than one baseline is enough: its user is better off with that "
            "one.": _worse_than_all,
            "Between better and worse there is a third answer: not established.": _only_yes_or_no,
        },
    ),
]
