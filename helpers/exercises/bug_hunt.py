"""Six short programs with one mistake each, as they are met in tutorials and in own code.

They are written in NumPy, so that nothing else can be wrong. Whoever mends one names its line, too.
"""

import numpy as np

from helpers.lesson.exercises import Exercise


def random_crops(images, seed):
    """Return a crop of each image, `(n, crop, crop)`, at a place that is drawn for each."""
    generator = np.random.default_rng(seed)
    size = images.shape[1]
    crop = size
    starts = generator.integers(size - crop + 1, size=(len(images), 2))
    pairs = zip(images, starts, strict=True)
    return np.stack([image[r : r + crop, c : c + crop] for image, (r, c) in pairs])


def _smaller_crops(images, seed):
    generator = np.random.default_rng(seed)
    size = images.shape[1]
    crop = 3 * size // 4
    starts = generator.integers(size - crop + 1, size=(len(images), 2))
    pairs = zip(images, starts, strict=True)
    return np.stack([image[r : r + crop, c : c + crop] for image, (r, c) in pairs])


STILL_ALIKE = (
    "Equal images still give equal crops, whatever is drawn: how many places has a window that is "
    "as large as the image?"
)
NO_IMAGES = "Return one crop for each image, all of one size, in an array."
NO_PARTS = "Your crops hold values that the images do not have: cut, and compute nothing."


def _wrong_crops(crops, images, seed):
    if not isinstance(crops, (np.ndarray, list, tuple)):
        return NO_IMAGES
    sizes = {np.shape(crop) for crop in crops}
    if len(crops) != len(images) or len(sizes) != 1 or len(sizes.pop()) != 2:
        return NO_IMAGES
    if not all(map(_is_cut_from, crops, images)):
        return NO_PARTS
    return STILL_ALIKE if (np.asarray(crops) == crops[0]).all() else ""


def _is_cut_from(crop, image):
    """Tell whether a crop is a window of the image, with a border of zeros or enlarged or not."""
    rows, columns = (np.diff(np.asarray(crop, float), axis=axis) for axis in (0, 1))
    inside = np.asarray(crop) > 0
    down, right = rows[inside[:-1] & inside[1:]], columns[inside[:, :-1] & inside[:, 1:]]
    known = np.isin(crop, [0, *image.flat]).all() and inside.any()
    return known and np.isin(down, [0, image.shape[1]]).all() and np.isin(right, [0, 1]).all()


def solarised(images):
    """Return images, whose values lie between 0 and 1, with the brighter half of that inverted.

    A value of 0.5 or more becomes 1 minus the value; the others stay.
    """
    threshold = 128
    inverted = 1 - images
    return np.where(images >= threshold, inverted, images)


def _solarised_mended(images):
    return np.where(images >= 0.5, 1 - images, images)


def features_for_probe(images, encoder, projector):
    """Return what a linear probe should read from a pre-trained network, one row for each image.

    `images` is `(n, size, size)`; encoder and projector are matrices, `(size * size, width)` and
    `(width, k)`. The encoder ends with a ReLU.
    """
    pixels = images.reshape(len(images), -1)
    hidden = np.maximum(0, pixels @ encoder)
    return hidden @ projector


def _hidden_layer(images, encoder, projector):
    return np.maximum(0, images.reshape(len(images), -1) @ encoder)


def validation_accuracy(features, labels, count):
    """Return how often the nearest neighbour among the training images has the right label.

    The first `count` images are for training, the others for validation.
    """
    known, answers = features[:count], labels[:count]
    asked, truth = features[:count], labels[:count]
    distances = ((asked[:, None] - known) ** 2).sum(axis=2)
    return np.mean(answers[distances.argmin(axis=1)] == truth)


def _asked_the_others(features, labels, count):
    distances = ((features[count:, None] - features[:count]) ** 2).sum(axis=2)
    return np.mean(labels[:count][distances.argmin(axis=1)] == labels[count:])


def _labels_of_the_known(features, labels, count):
    distances = ((features[count:, None] - features[:count]) ** 2).sum(axis=2)
    return np.mean(labels[:count][distances.argmin(axis=1)] == labels[:count])


def accuracy_to_report(validation, test):
    """Return the test accuracy of the epoch at which this training is stopped.

    Both arrays, `(epochs,)`, hold the accuracies after each epoch.
    """
    best = test.argmax()
    return test[best]


def _chosen_by_validation(validation, test):
    best = validation.argmax()
    return test[best]


def normalised_features(training, images, weights):
    """Return the features of images, `(n, d)`, normalised by what training images set.

    `training` is `(m, d)`, `weights` `(d, width)`. A feature is normalised by its mean and its
    variance over the training images (NumPy's `var`), and a ReLU follows.
    """
    width = weights.shape[1]
    mean, variance = np.zeros(width), np.ones(width)
    normalised = (images @ weights - mean) / np.sqrt(variance + 1e-5)
    return np.maximum(0, normalised)


def _by_training(training, images, weights):
    hidden = training @ weights
    mean, variance = hidden.mean(axis=0), hidden.var(axis=0)
    return np.maximum(0, (images @ weights - mean) / np.sqrt(variance + 1e-5))


EXERCISES = [
    Exercise(
        number="bug_hunt.1",
        title="crops that crop nothing",
        prompt=(
            "Two views of an image shall differ because each is another crop of it. The loss falls "
            "at once and the features are no better than untrained ones: mend the program (any "
            "sensible crop will do) and name the line."
        ),
        difficulty=1,
        minutes=5,
        hints=(
            "Call it with the same image twice. Do the two crops differ?",
            "How many numbers can `generator.integers(size - crop + 1)` give?",
        ),
        start=random_crops,
        line="crop = size",
        reference=_smaller_crops,
        inputs=(
            (np.tile(np.arange(1, 785).reshape(28, 28), (6, 1, 1)), 0),
            (np.tile(np.arange(1, 785).reshape(28, 28), (6, 1, 1)), 1),
        ),
        mistakes={
            STILL_ALIKE: random_crops,
            NO_IMAGES: lambda images, seed: _smaller_crops(images, seed)[0],
            NO_PARTS: lambda images, seed: np.random.default_rng(seed).permuted(images, axis=1),
        },
        wrong=_wrong_crops,
    ),
    Exercise(
        number="bug_hunt.2",
        title="an augmentation that never happens",
        prompt=(
            "Solarising inverts the bright pixels, and it is one of the changes between two views. "
            "In this training it changed nothing at all: mend the program and name the line."
        ),
        difficulty=1,
        minutes=3,
        hints=(
            "What is the largest value of these images?",
            "The number comes from a library whose images go from 0 to 255.",
        ),
        start=solarised,
        line="threshold = 128",
        reference=_solarised_mended,
        inputs=(
            (np.array([[[0.0, 0.25], [0.5, 1.0]]]),),
            (np.array([[[0.75, 0.4], [0.1, 0.9]]]),),
            (np.array([[[0.45, 0.55], [0.65, 0.55]]]),),
        ),
        mistakes={
            "No pixel reaches 128 where white is 1: nothing is inverted.": solarised,
            "Everything is inverted now: only values of 0.5 or more shall be.": (
                lambda images: 1 - images
            ),
            "You invert the dark half: the values of 0.5 or more are meant.": (
                lambda images: np.where(images < 0.5, 1 - images, images)
            ),
        },
    ),
    Exercise(
        number="bug_hunt.3",
        title="a probe at the wrong place",
        prompt=(
            "A contrastive network is trained with a projector on top of its encoder, and then a "
            "linear probe reads its features. The probe does worse than in all papers: mend the "
            "program and name the line."
        ),
        difficulty=1,
        minutes=4,
        hints=(
            "What is thrown away once the pre-training is over?",
            "The projector serves the loss alone. Return what goes into it.",
        ),
        start=features_for_probe,
        line="return hidden @ projector",
        reference=_hidden_layer,
        inputs=(
            (
                np.array([[[1.0, 0.0], [2.0, 1.0]], [[0.0, 1.0], [1.0, 3.0]]]),
                np.array([[1.0, -1.0, 0.5], [0.0, 2.0, 1.0], [1.0, 0.0, -1.0], [0.5, 1.0, 0.0]]),
                np.array([[1.0, 2.0, 0.0], [0.0, 1.0, 1.0], [3.0, 0.0, 1.0]]),
            ),
        ),
        mistakes={
            "That is what comes out of the projector, which only the loss should see.": (
                features_for_probe
            ),
            "The encoder ends with its ReLU: the values before it may be negative.": (
                lambda images, encoder, projector: images.reshape(len(images), -1) @ encoder
            ),
            "Those are the pixels: the encoder must be applied.": (
                lambda images, encoder, projector: images.reshape(len(images), -1)
            ),
        },
    ),
    Exercise(
        number="bug_hunt.4",
        title="a perfect validation",
        prompt=(
            "A nearest neighbour classifier reads the features and is right in every case, even on "
            "an untrained network: mend the program and name the line."
        ),
        difficulty=1,
        minutes=4,
        hints=(
            "Who is the nearest neighbour of an image that is among the known ones?",
            "The images to ask are `features[count:]`, and their labels go with them.",
        ),
        start=validation_accuracy,
        line="asked, truth = features[:count], labels[:count]",
        reference=_asked_the_others,
        inputs=(
            (
                np.array([[0.0, 0.0], [4.0, 4.0], [9.0, 0.0], [1.0, 0.0], [8.0, 1.0], [4.0, 3.0]]),
                np.array([0, 1, 0, 1, 0, 1]),
                3,
            ),
            (np.array([[0.0], [9.0], [8.0], [2.0]]), np.array([3, 4, 4, 4]), 2),
        ),
        mistakes={
            "Each image that is asked finds itself among the known ones: ask `features[count:]` "
            "only.": validation_accuracy,
            "You ask the right images and compare with the labels of others: both go from `count` "
            "on.": _labels_of_the_known,
        },
    ),
    Exercise(
        number="bug_hunt.5",
        title="the best epoch",
        prompt=(
            "The reported accuracy is not reached on new images. The choice of the epoch is the "
            "reason: mend the program and name the line."
        ),
        difficulty=1,
        minutes=3,
        hints=(
            "Which images decide at which epoch to stop?",
            "Choose by `validation`, report `test`.",
        ),
        start=accuracy_to_report,
        line="best = test.argmax()",
        reference=_chosen_by_validation,
        inputs=(
            (np.array([0.5, 0.8, 0.7]), np.array([0.6, 0.7, 0.9])),
            (np.array([0.9, 0.3, 0.6, 0.2]), np.array([0.5, 0.75, 0.6, 0.4])),
        ),
        mistakes={
            "The test images still choose the epoch, and then they are asked how good it is.": (
                accuracy_to_report
            ),
            "You report the accuracy on the images that chose: it is as flattering.": (
                lambda validation, test: validation.max()
            ),
            "The last epoch is not the one that was chosen.": lambda validation, test: test[-1],
        },
    ),
    Exercise(
        number="bug_hunt.6",
        title="frozen too early",
        prompt=(
            "A normalisation layer was frozen before it had seen a single batch, so its statistics "
            "are those it began with, mean 0 and variance 1: mend the program and name the line."
        ),
        difficulty=2,
        minutes=6,
        hints=(
            "Which images should decide what is an average feature?",
            "Compute `training @ weights` first, then mean and variance along `axis=0`.",
        ),
        start=normalised_features,
        line="mean, variance = np.zeros(width), np.ones(width)",
        reference=_by_training,
        inputs=(
            (
                np.array([[1.0, 0.0], [3.0, 2.0], [2.0, 7.0]]),
                np.array([[2.0, 2.0], [5.0, 1.0]]),
                np.array([[1.0, 0.5], [1.0, -1.0]]),
            ),
            (
                np.array([[0.0, 1.0], [2.0, 5.0]]),
                np.array([[1.0, 1.0], [4.0, 0.0], [2.0, 9.0]]),
                np.array([[2.0, 1.0], [0.0, 1.0]]),
            ),
        ),
        mistakes={
            "A mean of 0 and a variance of 1 normalise nothing: take those of the training "
            "images.": normalised_features,
            "Your statistics are those of the images that are asked, so an image's features depend "
            "on its neighbours: take the training images.": lambda training, images, weights: (
                _by_training(images, images, weights)
            ),
            "Your mean and variance are those of the inputs: the layer normalises what comes after "
            "`weights`.": lambda training, images, weights: np.maximum(
                0, (images @ weights - training.mean(axis=0)) / np.sqrt(training.var(axis=0) + 1e-5)
            ),
        },
    ),
]
