"""Lesson 01: build the rotation task, keep copies together, and count its mistakes."""

import numpy as np
from scipy import stats

from helpers.exercises.lesson_00 import mean_with_margin
from helpers.lesson.exercises import Exercise


def four_turns(images):
    """Return all four turns of some images, `(4 n, size, size)`, and their labels, `(4 n,)`.

    `images` has the shape `(n, size, size)`. First come all images at 0 degrees, then all at 90,
    at 180 and at 270, counter-clockwise. A label is the number of quarter turns, from 0 to 3.
    """
    turned = [np.rot90(images, turns, axes=(1, 2)) for turns in range(4)]
    return np.concatenate(turned), np.repeat(np.arange(4), len(images))


def _clockwise(images):
    turned = [np.rot90(images, -turns, axes=(1, 2)) for turns in range(4)]
    return np.concatenate(turned), np.repeat(np.arange(4), len(images))


def _wrong_axes(images):
    turned = [np.rot90(images, turns) for turns in range(4)]
    return np.concatenate(turned), np.repeat(np.arange(4), len(images))


def _labels_tiled(images):
    return four_turns(images)[0], np.tile(np.arange(4), len(images))


def _image_by_image(images):
    turned = [np.rot90(image, turns) for image in images for turns in range(4)]
    return np.stack(turned), np.tile(np.arange(4), len(images))


def _in_degrees(images):
    turned, labels = four_turns(images)
    return turned, 90 * labels


def split_copies(sources, held_out):
    """Return where the copies to train on stand, and where those to validate on: two arrays.

    `sources`, `(m,)`, holds for each copy the number of the image that it shows. `held_out`,
    `(k,)`, holds the numbers of the images to validate on. Positions count from 0 and ascend.
    """
    validates = np.isin(sources, held_out)
    return np.flatnonzero(~validates), np.flatnonzero(validates)


def _held_out_as_positions(sources, held_out):
    everywhere = np.arange(len(sources))
    return np.setdiff1d(everywhere, held_out), np.sort(held_out)


def _one_copy_of_each(sources, held_out):
    first = np.sort([np.flatnonzero(sources == source)[0] for source in held_out])
    return np.setdiff1d(np.arange(len(sources)), first), first


def accuracy_over_images(correct, copies):
    """Return the mean accuracy and the margin of its 95 % t interval over images, two numbers.

    `correct`, a NumPy array `(copies * n,)`, is 1 where a copy was answered right, else 0. First
    comes the first copy of all n images, then the second copy of all, and so on.
    """
    of_image = correct.reshape(copies, -1).mean(axis=0)
    margin = stats.t.ppf(0.975, len(of_image) - 1) * stats.sem(of_image)
    return np.mean(of_image), margin


def upside_down_share(true_turns, predicted_turns):
    """Return which share of the mistakes, from 0 to 1, is off by exactly 180 degrees.

    Both, NumPy arrays `(m,)`, hold the quarter turns of the same copies, numbers from 0 to 3. At
    least one prediction is wrong.
    """
    difference = (predicted_turns - true_turns) % 4
    return np.mean(difference[difference != 0] == 2)


def _without_modulo(true_turns, predicted_turns):
    difference = predicted_turns - true_turns
    return np.mean(difference[difference != 0] == 2)


def _of_all_copies(true_turns, predicted_turns):
    return np.mean((predicted_turns - true_turns) % 4 == 2)


def seen_before(trained_on, validated_on):
    """Return for each image to validate on whether it was trained on at any angle, `(m,)`.

    `trained_on` has the shape `(n, size, size)`, `validated_on` `(m, size, size)`. An image counts
    if a training image, turned by 0, 90, 180 or 270 degrees, equals it in every pixel.
    """
    turned = np.concatenate([np.rot90(trained_on, turns, axes=(1, 2)) for turns in range(4)])
    return np.array([(turned == image).all(axis=(1, 2)).any() for image in validated_on])


def _upright_only(trained_on, validated_on):
    return np.array([(trained_on == image).all(axis=(1, 2)).any() for image in validated_on])


def _one_pixel_is_enough(trained_on, validated_on):
    turned = np.concatenate([np.rot90(trained_on, turns, axes=(1, 2)) for turns in range(4)])
    return np.array([(turned == image).any() for image in validated_on])


def _same_values_anywhere(trained_on, validated_on):
    known = [sorted(image.ravel().tolist()) for image in trained_on]
    return np.array([sorted(image.ravel().tolist()) in known for image in validated_on])


def _the_other_way_round(trained_on, validated_on):
    return seen_before(validated_on, trained_on)


EXERCISES = [
    Exercise(
        number="01.1",
        title="four turns, four labels",
        prompt=(
            "Build the task of the next section yourself, and return two NumPy arrays: the images "
            "at all four angles, counter-clockwise, and their labels. First come all images at "
            "0 degrees, then all at 90, at 180 and at 270; a label counts the quarter turns."
        ),
        difficulty=2,
        minutes=10,
        hints=(
            "`np.rot90` turns counter-clockwise, and it can turn a whole stack at once.",
            "Say in which plane to turn: `axes=(1, 2)`. Axis 0 counts the images.",
            "Make a list of the four stacks, `for turns in range(4)`, and join it with "
            "`np.concatenate`.",
            "All n images of one angle stand together, so each label comes n times in a row: "
            "`np.repeat(np.arange(4), len(images))`.",
        ),
        reference=four_turns,
        inputs=(
            (np.arange(1, 28, dtype=np.uint8).reshape(3, 3, 3),),
            (np.array([[[5, 6], [7, 8]]], dtype=np.uint8),),
        ),
        mistakes={
            "`np.rot90` turned axes 0 and 1, which mixes the images with each other: say "
            "`axes=(1, 2)`.": _wrong_axes,
            "You turn clockwise; `np.rot90` with a positive number goes the other way.": _clockwise,
            "The images are right, but the labels go 0, 1, 2, 3, 0, 1, ...: all images of one "
            "angle stand together, so take `np.repeat` instead of `np.tile`.": _labels_tiled,
            "Images and labels fit each other, but you go image by image: here all images come at "
            "0 degrees first, then all at 90.": _image_by_image,
            "Your labels are degrees. A classifier with four outputs wants the numbers 0 to 3.": (
                _in_degrees
            ),
        },
    ),
    Exercise(
        number="01.2",
        title="keep copies together",
        prompt=(
            "Often the copies exist already, and you know only which image each of them shows. "
            "Return the positions of the copies to train on and of those to validate on, two NumPy "
            "arrays, so that no image stands on both sides."
        ),
        difficulty=1,
        minutes=6,
        hints=(
            "For each copy ask: does it show one of the images that are held out?",
            "`np.isin(sources, held_out)` answers that for all copies at once.",
            "`np.flatnonzero(mask)` gives the positions where a mask is true; `~mask` is the rest.",
        ),
        reference=split_copies,
        inputs=(
            (np.array([0, 1, 2, 3, 0, 1, 2, 3]), np.array([1, 3])),
            (np.array([4, 4, 7, 7, 9, 9, 4]), np.array([4])),
        ),
        mistakes={
            "You take `held_out` for positions. They are numbers of images, to be looked up in "
            "`sources`.": _held_out_as_positions,
            "You hold out one copy of each image; its other copies stay in training. Hold out all "
            "of them.": _one_copy_of_each,
            "You return which images the copies show. Wanted is where the copies stand: "
            "`np.flatnonzero` of the mask.": lambda sources, held_out: (
                sources[~np.isin(sources, held_out)],
                sources[np.isin(sources, held_out)],
            ),
            "The two are exchanged: first those to train on, then those to validate on.": (
                lambda sources, held_out: split_copies(sources, held_out)[::-1]
            ),
            "These are masks of true and false; `np.flatnonzero` makes positions of them.": (
                lambda sources, held_out: (
                    ~np.isin(sources, held_out),
                    np.isin(sources, held_out),
                )
            ),
        },
    ),
    Exercise(
        number="01.3",
        title="how many independent tests?",
        prompt=(
            "The copies of one image are not independent tests, but the images are. Average over "
            "the copies of each image first; then return the mean over the images and the margin "
            "of its 95 % t interval (mean plus and minus the margin)."
        ),
        difficulty=2,
        minutes=8,
        hints=(
            "Make a table of `correct` with one row for each copy and one column for each image.",
            "`correct.reshape(copies, -1)` is that table: the first n numbers are its first row.",
            "Average down the columns (`axis=0`): one accuracy for each image.",
            "With n images, the margin is `stats.t.ppf(0.975, n - 1)` times `stats.sem` of their "
            "accuracies, with `from scipy import stats`.",
        ),
        reference=accuracy_over_images,
        inputs=(
            (np.array([1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0]), 4),
            (np.array([1, 0, 1, 1, 1, 0, 1, 0]), 2),
        ),
        mistakes={
            "Your margin takes every copy for a test of its own, which makes it look surer than "
            "it is: average over the copies of each image first.": lambda correct, copies: (
                mean_with_margin(correct)
            ),
            "`reshape(-1, copies)` puts neighbours together, which are different images here: "
            "the copies of one stand n apart; use `reshape(copies, -1)`.": lambda correct, copies: (
                mean_with_margin(correct.reshape(-1, copies).mean(axis=1))
            ),
            "You average over the images, one number for each angle. Average over the copies: "
            "`axis=0` of the table with a row for each copy.": lambda correct, copies: (
                mean_with_margin(correct.reshape(copies, -1).mean(axis=1))
            ),
        },
    ),
    Exercise(
        number="01.4",
        title="upside down",
        prompt=(
            "Return the share of the mistakes, from 0 to 1, in which an image was taken for its "
            "upside-down copy: the predicted angle and the true one lie exactly 180 degrees apart. "
            "If the three wrong angles were alike, it would be about a third."
        ),
        difficulty=1,
        minutes=5,
        hints=(
            "180 degrees are two quarter turns. From 3 to 1 it is as far as from 1 to 3.",
            "`(predicted_turns - true_turns) % 4` is 0 where right and 2 where upside down.",
            "Divide by the number of mistakes, not by the number of all copies.",
        ),
        reference=upside_down_share,
        inputs=(
            (np.array([0, 1, 2, 3, 0, 1, 2, 3, 0, 3]), np.array([0, 3, 0, 1, 2, 2, 2, 3, 0, 2])),
            (np.array([3, 3, 2, 0, 0, 1]), np.array([1, 0, 0, 3, 0, 1])),
        ),
        mistakes={
            "You miss half of them: predicted 0 and true 2 gives -2. Take the difference "
            "modulo 4 (`% 4`), or its absolute value.": _without_modulo,
            "That is the share of all copies. Divide by the number of mistakes.": _of_all_copies,
            "You count the mistakes that were called 180 degrees. Compare with the true angle: "
            "what counts is how far the two are apart.": lambda true, predicted: np.mean(
                predicted[predicted != true] == 2
            ),
        },
    ),
    Exercise(
        number="01.5",
        title="find the leak",
        prompt=(
            "You are handed two sets of images and nobody knows who split them, or when. Return a "
            "NumPy array that says (`True` or `False`) of each image to validate on whether the "
            "training images hold it too, at whatever angle."
        ),
        difficulty=3,
        minutes=12,
        hints=(
            "Turn all training images to all four angles first; then it is a search for equals.",
            "`turned == image` compares one image with a whole stack, pixel by pixel.",
            "Two images are equal if all pixels are: `.all(axis=(1, 2))` gives one answer for each "
            "image of the stack.",
            "Seen before means equal to at least one of them: `.any()` of these answers.",
        ),
        reference=seen_before,
        inputs=(
            (
                np.array([[[1, 2], [3, 4]], [[0, 0], [5, 6]], [[7, 7], [0, 8]]]),
                np.array([[[1, 2], [3, 4]], [[2, 4], [1, 3]], [[2, 1], [4, 3]], [[9, 9], [5, 9]]]),
            ),
            (
                np.array([[[0, 1, 0], [0, 1, 1], [0, 0, 0]], [[2, 2, 2], [0, 2, 0], [0, 2, 0]]]),
                np.array([[[0, 0, 0], [1, 1, 0], [0, 1, 0]], [[2, 2, 2], [2, 0, 0], [2, 0, 0]]]),
            ),
            (  # by 270 and by 180 degrees, of the second and of the first
                np.array([[[1, 2], [3, 4]], [[5, 6], [7, 8]]]),
                np.array([[[7, 5], [8, 6]], [[4, 3], [2, 1]], [[5, 7], [6, 8]]]),
            ),
        ),
        mistakes={
            "You find only copies at the same angle. Turn the training images by 0, 90, 180 and "
            "270 degrees and search in all of them.": _upright_only,
            "A single equal pixel is enough for you. All pixels of an image must be equal: `.all` "
            "over both image axes before `.any`.": _one_pixel_is_enough,
            "You compare which values occur, not where they are: a mirrored image, say, has the "
            "same values and is no turned copy.": _same_values_anywhere,
            "You answer for each training image. The question is asked of each image to validate "
            "on.": _the_other_way_round,
        },
    ),
]
