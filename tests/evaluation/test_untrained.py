"""The untrained encoder computes what a convolutional network computes, from fair weights."""

import numpy as np
import pytest
from scipy.signal import correlate

from helpers.evaluation.untrained import random_encoder, random_features


def images_of(*shape):
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


def slow_layer(maps, kernel):
    """Correlate, take the largest of 2 x 2 and cut at zero, one image and filter at a time."""
    made = []
    for image in maps:
        of_image = [
            correlate(image, kernel[..., number], mode="valid")[..., 0]
            for number in range(kernel.shape[-1])
        ]
        made.append(np.stack(of_image, axis=-1))
    made = np.maximum(np.array(made), 0)
    rows, columns = made.shape[1] // 2, made.shape[2] // 2
    pooled = np.empty((len(made), rows, columns, made.shape[3]))
    for row in range(rows):
        for column in range(columns):
            block = made[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            pooled[:, row, column] = block.max(axis=(1, 2))
    return pooled


@pytest.mark.parametrize(("height", "width"), [(28, 28), (12, 17)])
def test_features_are_those_of_a_slow_independent_computation(height, width):
    images = images_of(3, height, width)
    encoder = random_encoder(height, width, seed=4)
    maps = slow_layer(images[..., np.newaxis] / 255.0, encoder.first_kernel.astype(float))
    flat = slow_layer(maps, encoder.second_kernel.astype(float)).reshape(len(images), -1)
    features = random_features(encoder, images)
    np.testing.assert_allclose(features["convolutional"], flat, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        features["last"], np.maximum(flat @ encoder.dense, 0), rtol=1e-4, atol=1e-5
    )


def test_features_have_the_sizes_of_the_encoders_that_the_lessons_train():
    features = random_features(random_encoder(28, 28, seed=0), images_of(2, 28, 28))
    assert {name: (array.shape, array.dtype) for name, array in features.items()} == {
        "convolutional": ((2, 1600), np.float32),
        "last": ((2, 128), np.float32),
    }


def test_the_features_of_an_image_do_not_depend_on_its_batch():
    images = images_of(201, 12, 12)
    encoder = random_encoder(12, 12, seed=0)
    alone = random_features(encoder, images[200:])
    together = random_features(encoder, images)
    for name, features in together.items():
        np.testing.assert_allclose(features[200:], alone[name], rtol=1e-5, atol=1e-6)


def test_a_seed_draws_the_same_encoder_again_and_another_seed_another():
    first, again, other = (random_encoder(28, 28, seed) for seed in (3, 3, 4))
    assert np.array_equal(first.dense, again.dense)
    assert np.array_equal(first.second_kernel, again.second_kernel)
    assert not np.array_equal(first.first_kernel, other.first_kernel)


@pytest.mark.parametrize(
    ("kernel", "fan_in", "fan_out"),
    [("first_kernel", 9, 288), ("second_kernel", 288, 576), ("dense", 1600, 128)],
)
def test_weights_are_uniform_within_the_limit_of_glorot_and_bengio(kernel, fan_in, fan_out):
    weights = getattr(random_encoder(28, 28, seed=0), kernel)
    limit = np.sqrt(6 / (fan_in + fan_out))
    assert 0.95 * limit < np.abs(weights).max() <= limit * (1 + 1e-6)
    assert weights.std() == pytest.approx(limit / np.sqrt(3), rel=0.06)
    assert abs(weights.mean()) < 0.1 * limit


@pytest.mark.parametrize(("height", "width"), [(9, 28), (28, 9), (0, 0)])
def test_images_that_are_too_small_are_refused(height, width):
    assert random_encoder(10, 10, seed=0).dense.shape == (64, 128)
    with pytest.raises(ValueError, match=f"at least 10 pixels high and wide, got {height} x"):
        random_encoder(height, width, seed=0)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            images_of(2, 28, 28) / 255,
            "images are float64, but images must be uint8 .*multiply by 255",
        ),
        (
            images_of(28, 28),
            r"images have shape \(28, 28\), but images must be grey, \(n, height, width\)",
        ),
        (images_of(0, 28, 28), r"images are empty, of shape \(0, 28, 28\)"),
        (images_of(2, 32, 32), "give 2304 features, but this encoder was drawn for 1600"),
    ],
)
def test_images_that_do_not_suit_the_encoder_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        random_features(random_encoder(28, 28, seed=0), images)
