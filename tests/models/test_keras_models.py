"""The Keras room: batches against the pretext task, models, training and saving."""

import re
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_encoder import slow_features, some_weights

from helpers.lesson import load_encoder, save_encoder
from helpers.lesson.environment import prepare_keras

prepare_keras(0)

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from helpers.models.keras_models import (  # noqa: E402
    CONVOLUTIONAL_LAYER,
    LAST_LAYER,
    ProgressBar,
    answers_of,
    compile_classifier,
    encoder_of,
    fit_steps,
    labelled_batches,
    rotation_batches,
    rotation_classifier,
    scaled,
)
from helpers.pretext.rotation import rotate_quarter_turns, rotation_task  # noqa: E402


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (24, 28, 28), dtype=np.uint8)


def weights_equal(first, second):
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def seeded_classifier(seed, **options):
    keras.utils.set_random_seed(seed)
    return compile_classifier(rotation_classifier(**options))


def test_tensorflow_and_pytorch_do_not_share_this_process():
    assert "tensorflow" in sys.modules
    assert "torch" not in sys.modules


def test_tensorflow_turns_an_asymmetric_array_as_the_helper_does():
    upright = np.array([[[1, 2], [3, 4]]], dtype=np.uint8)
    for turns in range(4):
        theirs = tf.image.rot90(upright[..., np.newaxis], turns).numpy()[..., 0]
        np.testing.assert_array_equal(rotate_quarter_turns(upright, turns), theirs)


@settings(max_examples=20)
@given(st.integers(1, 9), st.integers(-5, 5), st.integers(0, 2**32 - 1))
def test_tensorflow_and_the_helper_agree_on_random_images(size, turns, seed):
    stack = np.random.default_rng(seed).integers(0, 256, (3, size, size), dtype=np.uint8)
    theirs = tf.image.rot90(stack[..., np.newaxis], turns % 4).numpy()[..., 0]
    np.testing.assert_array_equal(rotate_quarter_turns(stack, turns), theirs)


def test_scaling_gives_one_channel_from_zero_to_one():
    pixels = np.array([[[0, 51], [102, 255]]], dtype=np.uint8)
    result = scaled(pixels)
    assert result.shape == (1, 2, 2, 1)
    np.testing.assert_allclose(result[0, ..., 0], [[0, 0.2], [0.4, 1]], rtol=1e-6)


def test_colours_stay_at_the_end_and_the_classifier_takes_them():
    colours = np.random.default_rng(0).integers(0, 256, (8, 28, 28, 3), dtype=np.uint8)
    np.testing.assert_allclose(scaled(colours), colours / 255, rtol=1e-6)
    model = rotation_classifier(channels=3)
    assert answers_of(model, colours).shape == (8, 4)
    rotated, _ = next(iter(rotation_batches(colours, 8, seed=0)))
    assert rotated.shape == (8, 28, 28, 3)


def test_the_network_has_the_shapes_of_the_lesson():
    model = rotation_classifier()
    assert model.count_params() == 224_260
    assert model.outputs[0].shape == (None, 4)
    assert rotation_classifier(outputs=10).outputs[0].shape == (None, 10)
    assert encoder_of(model, CONVOLUTIONAL_LAYER).outputs[0].shape == (None, 1600)
    assert encoder_of(model, LAST_LAYER).outputs[0].shape == (None, 128)


def test_features_are_those_of_a_slow_independent_computation(images):
    weights = some_weights(seed=3)
    biases = (np.zeros(units) for units in (32, 64, 128))
    encoder = encoder_of(rotation_classifier())
    encoder.set_weights([part for pair in zip(weights, biases, strict=True) for part in pair])
    for layer, expected in slow_features(weights, images).items():
        ours = answers_of(encoder_of(encoder, layer), images)
        np.testing.assert_allclose(ours, expected, atol=1e-4, rtol=1e-4)
        assert expected.max() > 0.1


def test_a_batch_of_the_rotation_task_is_the_task_of_its_sources(images):
    batch, angle_labels = next(iter(rotation_batches(images, 16, seed=1)))
    upright = np.round(255 * batch.numpy()[:4, ..., 0]).astype(np.uint8)
    expected, expected_labels = rotation_task(upright)
    np.testing.assert_array_equal(np.round(255 * batch.numpy()[..., 0]), expected)
    np.testing.assert_array_equal(angle_labels, expected_labels)


def test_one_pass_of_rotation_batches_shows_every_image_once(images):
    batches = rotation_batches(images, 16, seed=1).take(6)
    seen = np.concatenate([np.round(255 * batch.numpy()[:4, ..., 0]) for batch, _ in batches])
    assert sorted(map(bytes, seen.astype(np.uint8))) == sorted(map(bytes, images))


@pytest.mark.parametrize("batch_size", [0, 2, 6, -4])
def test_a_batch_that_cannot_hold_four_angles_alike_is_refused(images, batch_size):
    with pytest.raises(ValueError, match=f"positive multiple of 4, got {batch_size}"):
        rotation_batches(images, batch_size, seed=0)


def test_labelled_batches_keep_each_label_with_its_image(images):
    images[:, 0, 0] = np.arange(len(images))
    for batch, labels in labelled_batches(images, np.arange(len(images)), 10, seed=2).take(5):
        np.testing.assert_array_equal(np.round(255 * batch.numpy()[:, 0, 0, 0]), labels)


def test_batches_depend_on_the_seed_alone(images):
    def first_labels(seed):
        keras.utils.set_random_seed(7)
        return next(iter(labelled_batches(images, np.arange(24), 24, seed)))[1].numpy().tolist()

    assert first_labels(1) == first_labels(1)
    assert first_labels(1) != first_labels(2)
    assert sorted(first_labels(1)) == list(range(24))


@pytest.mark.parametrize(
    "batches",
    [
        lambda images: labelled_batches(images, np.arange(24), 24, seed=0),
        lambda images: rotation_batches(images, 24, seed=0),
    ],
)
def test_no_tuner_looks_at_the_batches_while_a_fit_waits_for_it(images, batches):
    assert batches(images).options().autotune.enabled is False


def test_equal_seeds_train_equal_weights(images):
    def trained(seed):
        model = seeded_classifier(seed)
        fit_steps(model, rotation_batches(images, 16, seed), steps=3)
        return model

    assert weights_equal(trained(0), trained(0))
    assert not weights_equal(trained(0), trained(1))


def test_training_traces_its_step_once(images, monkeypatch):
    model = seeded_classifier(0)
    traced = []
    step = model.train_step
    monkeypatch.setattr(model, "train_step", lambda batch: traced.append(batch) or step(batch))
    for _ in range(2):
        fit_steps(model, rotation_batches(images, 16, seed=0), steps=3)
    assert len(traced) == 1  # half a second each, in lessons that train dozens of small models


def test_training_learns_a_task_that_can_be_learnt():
    images = np.zeros((40, 28, 28), np.uint8)
    images[::2, :14] = 255
    images[1::2, :, :14] = 255
    labels = np.arange(40) % 2
    model = seeded_classifier(0, outputs=2)
    fit_steps(model, labelled_batches(images, labels, 20, seed=0), steps=20)
    assert (answers_of(model, images).argmax(axis=1) == labels).all()


def test_prediction_in_batches_is_prediction_at_once(images):
    model = rotation_classifier()
    in_batches = answers_of(model, images, batch_size=7)
    at_once = model(scaled(images)).numpy()
    assert in_batches.dtype == np.float32
    np.testing.assert_allclose(in_batches, at_once, atol=1e-6)


def test_no_steps_are_refused_instead_of_waiting_for_the_end_of_endless_batches(images):
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        fit_steps(seeded_classifier(0), rotation_batches(images, 16, seed=0), steps=0)


def test_the_progress_bar_writes_to_standard_output_only(images, capsys):
    model = seeded_classifier(0)
    fit_steps(model, rotation_batches(images, 16, seed=0), steps=3, title="turning")
    output, errors = capsys.readouterr()
    assert "turning: 100 %" in output
    assert "3 of 3" in output
    assert errors == ""


def test_the_progress_bar_shows_validation_accuracy(images, capsys):
    model = seeded_classifier(0)
    x, y = scaled(images), np.arange(24) % 4
    bar = ProgressBar("turning")
    model.fit(x, y, validation_data=(x, y), epochs=2, batch_size=8, verbose=0, callbacks=[bar])
    output = capsys.readouterr().out
    assert "6 of 6" in output
    assert "val_accuracy=" in output


def test_without_a_title_training_is_silent(images, capsys):
    fit_steps(seeded_classifier(0), rotation_batches(images, 16, seed=0), steps=2)
    assert capsys.readouterr() == ("", "")


def test_an_encoder_comes_back_as_it_was_saved(images, tmp_path):
    encoder = encoder_of(rotation_classifier())
    path = tmp_path / "encoders" / "rotation.keras"
    save_encoder(encoder, path)
    np.testing.assert_array_equal(
        answers_of(load_encoder(encoder_of(rotation_classifier()), path), images),
        answers_of(encoder, images),
    )
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_encoder_names_the_remedy(tmp_path):
    with pytest.raises(FileNotFoundError, match="run the lesson that saves it first"):
        load_encoder(encoder_of(rotation_classifier()), tmp_path / "none.keras")


def test_a_damaged_encoder_names_the_remedy(tmp_path):
    path = tmp_path / "damaged.keras"
    path.write_bytes(b"PK not really")
    with pytest.raises(ValueError, match="is not a saved Keras encoder: delete it"):
        load_encoder(encoder_of(rotation_classifier()), path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other.txt", "nothing")
        archive.comment = path.name.encode()
    with pytest.raises(ValueError, match="is not a saved Keras encoder: delete it"):
        load_encoder(encoder_of(rotation_classifier()), path)


def test_an_encoder_that_brings_code_is_refused(tmp_path):
    path = tmp_path / "code.keras"
    sized = keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)])
    save_encoder(sized, path)
    with pytest.raises(ValueError, match="is not a saved Keras encoder"):
        load_encoder(encoder_of(rotation_classifier()), path)


@pytest.mark.parametrize(
    "build",
    [
        lambda: encoder_of(rotation_classifier(), CONVOLUTIONAL_LAYER),
        rotation_classifier,
        lambda: encoder_of(rotation_classifier(32)),
        lambda: keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]),
    ],
    ids=["cut earlier", "with its head", "other image size", "other layers"],
)
def test_the_weights_of_another_architecture_are_refused_and_change_nothing(build, tmp_path):
    path = tmp_path / "encoder.keras"
    save_encoder(build(), path)
    encoder = encoder_of(rotation_classifier())
    before = [weights.copy() for weights in encoder.get_weights()]
    with pytest.raises(
        ValueError, match=r"encoder\.keras holds the weights of another architecture"
    ):
        load_encoder(encoder, path)
    assert all(np.array_equal(a, b) for a, b in zip(encoder.get_weights(), before, strict=True))


def test_an_encoder_cut_later_is_not_loaded_into_one_that_ends_earlier(tmp_path):
    path = tmp_path / "encoder.keras"
    save_encoder(encoder_of(rotation_classifier()), path)
    with pytest.raises(ValueError, match="the weights of another architecture: build the encoder"):
        load_encoder(encoder_of(rotation_classifier(), CONVOLUTIONAL_LAYER), path)


def test_an_encoder_with_a_flipped_bit_is_refused_or_unharmed(tmp_path):
    small, other = (keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]) for _ in range(2))
    path = tmp_path / "small.keras"
    save_encoder(small, path)
    content = np.frombuffer(path.read_bytes(), np.uint8)
    fresh = other.get_weights()
    refused = 0
    for place in np.random.default_rng(0).choice(len(content), 300, replace=False):
        spoiled = content.copy()
        spoiled[place] ^= 1 << place % 8
        path.write_bytes(spoiled)
        other.set_weights(fresh)
        try:
            load_encoder(other, path)
        except ValueError as error:
            refused += 1
            assert re.search("is not a saved Keras encoder: delete it|was saved as", str(error))
        else:
            assert weights_equal(other, small)
    assert refused > 200


def test_loading_draws_no_random_numbers(tmp_path):
    path = tmp_path / "encoder.keras"
    save_encoder(encoder_of(rotation_classifier()), path)
    encoder = encoder_of(rotation_classifier())

    def drawn_after(step):
        keras.utils.set_random_seed(3)
        step()
        return rotation_classifier().get_weights()[0]

    np.testing.assert_array_equal(
        drawn_after(lambda: load_encoder(encoder, path)), drawn_after(lambda: None)
    )


def test_preparing_again_restores_the_seed():
    prepare_keras(5)
    first = keras.random.normal((3,))
    prepare_keras(5)
    np.testing.assert_array_equal(first, keras.random.normal((3,)))


def test_settings_in_the_home_folder_do_not_decide_what_is_computed():
    keras.config.set_floatx("float16")
    keras.config.set_image_data_format("channels_first")
    prepare_keras(0)
    assert keras.config.floatx() == "float32"
    assert keras.config.image_data_format() == "channels_last"
