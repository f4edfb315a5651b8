"""The PyTorch room: encoders, autoencoders, and files that hold them."""

import pickle
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slow_encoder import slow_features, some_weights

from helpers.lesson import load_encoder, save_encoder
from helpers.lesson.environment import prepare_torch

prepare_torch(0)

import torch  # noqa: E402
from torch import nn  # noqa: E402

from helpers.models.torch_models import (  # noqa: E402
    CODE_LAYER,
    CONVOLUTIONAL_LAYER,
    LAST_LAYER,
    convolutional_autoencoder,
    convolutional_encoder,
    encoder_of,
    linear_autoencoder,
)
from helpers.models.training import encode  # noqa: E402
from helpers.pretext.rotation import rotate_quarter_turns  # noqa: E402


def seeded(build, seed, *arguments):
    torch.manual_seed(seed)
    return build(*arguments)


def weights_equal(first, second):
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_tensorflow_and_pytorch_do_not_share_this_process():
    assert "torch" in sys.modules
    assert "tensorflow" not in sys.modules
    assert "keras" not in sys.modules


# Rotation: the helper against PyTorch


def test_pytorch_turns_an_asymmetric_array_as_the_helper_does():
    upright = np.array([[[1, 2], [3, 4]]], dtype=np.uint8)
    for turns in range(4):
        theirs = torch.rot90(torch.from_numpy(upright), turns, dims=(1, 2)).numpy()
        np.testing.assert_array_equal(rotate_quarter_turns(upright, turns), theirs)
    assert rotate_quarter_turns(upright, 1).tolist() == [[[2, 4], [1, 3]]]


@settings(max_examples=30)
@given(st.integers(1, 9), st.integers(-5, 5), st.integers(0, 2**32 - 1))
def test_pytorch_and_the_helper_agree_on_random_images(size, turns, seed):
    stack = np.random.default_rng(seed).integers(0, 256, (3, size, size), dtype=np.uint8)
    theirs = torch.rot90(torch.from_numpy(stack), turns, dims=(1, 2)).numpy()
    np.testing.assert_array_equal(rotate_quarter_turns(stack, turns), theirs)


# Shapes


@pytest.mark.parametrize(("size", "convolutional"), [(28, 1600), (32, 2304), (10, 64)])
def test_the_encoder_has_the_shapes_of_lesson_01(size, convolutional):
    encoder = convolutional_encoder(size)
    images = torch.zeros(3, 1, size, size)
    assert encoder(images).shape == (3, 128)
    assert encoder_of(encoder, CONVOLUTIONAL_LAYER)(images).shape == (3, convolutional)


@pytest.mark.parametrize(
    ("size", "convolutional"), [(28, 1600), (48, 6400), (64, 1600), (96, 1600)]
)
def test_the_encoder_takes_colours_and_averages_the_places_of_large_images(size, convolutional):
    encoder = convolutional_encoder(size, channels=3)
    images = torch.rand(2, 3, size, size)
    assert encoder(images).shape == (2, 128)
    assert encoder_of(encoder, CONVOLUTIONAL_LAYER)(images).shape == (2, convolutional)


def test_the_encoder_has_the_parameters_of_lesson_01_below_its_head():
    keras_parameters = (3 * 3 * 1 + 1) * 32 + (3 * 3 * 32 + 1) * 64 + (1600 + 1) * 128
    assert sum(weights.numel() for weights in convolutional_encoder().parameters()) == (
        keras_parameters
    )


@pytest.mark.parametrize("build", [linear_autoencoder, convolutional_autoencoder])
@pytest.mark.parametrize(("code_size", "image_size"), [(1, 12), (16, 28), (200, 32)])
def test_an_autoencoder_makes_codes_and_images_of_the_sizes_asked_for(build, code_size, image_size):
    autoencoder = build(code_size, image_size)
    images = torch.rand(2, 1, image_size, image_size)
    codes = autoencoder.encoder(images)
    assert codes.shape == (2, code_size)
    assert autoencoder(images).shape == images.shape
    assert torch.equal(autoencoder(images), autoencoder.decoder(codes))


def test_a_linear_autoencoder_is_linear_up_to_its_offset():
    autoencoder = linear_autoencoder(5, 6)
    first, second = torch.rand(2, 1, 1, 6, 6)
    mixed = autoencoder(0.3 * first + 0.7 * second)
    torch.testing.assert_close(mixed, 0.3 * autoencoder(first) + 0.7 * autoencoder(second))


def test_pooling_before_the_activation_changes_neither_features_nor_gradients():
    encoder = convolutional_encoder()
    parts = dict(encoder.named_children())
    order = ["convolution_1", "activation_1", "pooling_1"]  # as lesson 01 has them
    order += ["convolution_2", "activation_2", "pooling_2", CONVOLUTIONAL_LAYER, "dense"]
    as_in_lesson_01 = nn.Sequential(*(parts[name] for name in [*order, LAST_LAYER]))
    images = torch.rand(8, 1, 28, 28)
    found = []
    for network in (encoder, as_in_lesson_01):
        features = network(images)
        gradients = torch.autograd.grad(features.square().sum(), list(encoder.parameters()))
        found.append([features, *gradients])
    assert all(map(torch.equal, *found))


def test_a_convolutional_reconstruction_stays_between_black_and_white():
    pixels = convolutional_autoencoder(4)(100 * torch.randn(5, 1, 28, 28))
    assert pixels.min() >= 0 and pixels.max() <= 1


def test_fresh_weights_follow_glorot_and_biases_are_zero():
    dense = convolutional_encoder().dense
    limit = (6 / (1600 + 128)) ** 0.5
    assert dense.weight.abs().max() <= limit
    assert dense.weight.abs().max() > 0.99 * limit
    assert not dense.bias.any()


def test_the_seed_decides_the_weights():
    first, again, other = (seeded(convolutional_autoencoder, seed, 8) for seed in (1, 1, 2))
    assert weights_equal(first, again)
    assert not weights_equal(first, other)


def test_a_part_of_an_encoder_shares_its_weights():
    encoder = convolutional_autoencoder(8).encoder
    part = encoder_of(encoder, LAST_LAYER)
    images = torch.rand(2, 1, 28, 28)
    assert torch.equal(encoder.code(part(images)), encoder(images))
    with torch.no_grad():
        encoder.dense.weight.zero_()
    assert not part(images).any()


@pytest.mark.parametrize(
    ("build", "arguments", "message"),
    [
        (convolutional_encoder, (9,), "image_size must be at least 10 pixels, got 9"),
        (convolutional_autoencoder, (8, 30), "multiple of 4 and at least 12, got 30"),
        (convolutional_autoencoder, (8, 8), "multiple of 4 and at least 12, got 8"),
        (convolutional_autoencoder, (0,), "code_size must be at least 1, got 0"),
        (linear_autoencoder, (0,), "code_size must be at least 1, got 0"),
        (linear_autoencoder, (3, 0), "image_size must be at least 1, got 0"),
    ],
)
def test_sizes_that_cannot_be_built_are_refused(build, arguments, message):
    with pytest.raises(ValueError, match=message):
        build(*arguments)


def test_a_layer_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(ValueError, match="no layer 'code': this encoder has .*last"):
        encoder_of(convolutional_encoder(), CODE_LAYER)


def test_features_are_those_of_a_slow_independent_computation():
    images = np.random.default_rng(0).integers(0, 256, (6, 28, 28), dtype=np.uint8)
    first_kernel, second_kernel, dense = drawn = some_weights(seed=3)
    dense = dense.reshape(5, 5, 64, 128)  # NumPy flattens channels last, PyTorch first
    weights = {
        "convolution_1.weight": first_kernel.transpose(3, 2, 0, 1),
        "convolution_2.weight": second_kernel.transpose(3, 2, 0, 1),
        "dense.weight": dense.transpose(3, 2, 0, 1).reshape(128, -1),
    }
    encoder = convolutional_encoder()
    tensors = {name: torch.from_numpy(part.copy()) for name, part in weights.items()}
    encoder.load_state_dict(encoder.state_dict() | tensors)
    expected = slow_features(drawn, images)
    maps = encode(encoder_of(encoder, CONVOLUTIONAL_LAYER), images).reshape(6, 64, 5, 5)
    ours = {
        CONVOLUTIONAL_LAYER: maps.transpose(0, 2, 3, 1).reshape(6, -1),
        LAST_LAYER: encode(encoder, images),
    }
    for layer, features in ours.items():
        np.testing.assert_allclose(features, expected[layer], atol=1e-4, rtol=1e-4)
        assert features.max() > 0.1


# Files


def test_a_saved_encoder_comes_back_with_the_same_outputs(tmp_path):
    path = tmp_path / "new folder" / "encoder.pt"
    saved = seeded(convolutional_encoder, 1)
    save_encoder(saved, path)
    loaded = load_encoder(seeded(convolutional_encoder, 2), path)
    images = torch.rand(3, 1, 28, 28)
    assert torch.equal(loaded(images), saved(images))
    assert not loaded.training
    assert [file.name for file in path.parent.iterdir()] == ["encoder.pt"]


def test_a_failed_save_leaves_the_older_file_alone(tmp_path, monkeypatch):
    path = tmp_path / "encoder.pt"
    saved = seeded(convolutional_encoder, 1)
    save_encoder(saved, path)

    def run_out_of_disk(weights, target):
        target.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(torch, "save", run_out_of_disk)
    with pytest.raises(OSError, match="no space left"):
        save_encoder(seeded(convolutional_encoder, 2), path)
    assert weights_equal(load_encoder(convolutional_encoder(), path), saved)
    assert [file.name for file in tmp_path.iterdir()] == ["encoder.pt"]


def test_a_missing_encoder_names_the_path_and_the_remedy(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no encoder at .*gone\.pt: run the lesson"):
        load_encoder(convolutional_encoder(), tmp_path / "gone.pt")


def truncated(path):
    save_encoder(convolutional_encoder(), path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def saved_by_torch(content, path):
    """Save what save_encoder would not, under a name that is right."""
    torch.save(content, path)
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = path.name.encode()


class Order:
    def __reduce__(self):
        return print, ("code from a file has run",)


@pytest.mark.parametrize(
    "spoil",
    [
        truncated,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_text("not an encoder"),
        lambda path: path.write_bytes(pickle.dumps(Order(), protocol=2)),
        lambda path: saved_by_torch(Order(), path),
    ],
    ids=["truncated", "empty", "text", "a plain pickle", "a pickle with orders"],
)
def test_a_file_that_holds_no_weights_is_refused_and_not_run(spoil, tmp_path, capsys):
    path = tmp_path / "encoder.pt"
    spoil(path)
    with pytest.raises(ValueError, match=r"encoder\.pt is not a saved PyTorch encoder: delete it"):
        load_encoder(convolutional_encoder(), path)
    assert "has run" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    [
        nn.Linear(3, 2).state_dict(),
        convolutional_encoder(32).state_dict(),
        convolutional_autoencoder(8).encoder.state_dict(),
        torch.zeros(3),
        {"dense.weight": "text"},
        [1, 2, 3],
    ],
    ids=["other layers", "other image size", "one layer more", "a tensor", "text", "a list"],
)
def test_the_weights_of_another_architecture_are_refused(content, tmp_path):
    path = tmp_path / "encoder.pt"
    saved_by_torch(content, path)
    encoder = convolutional_encoder()
    with pytest.raises(ValueError, match=r"encoder\.pt holds the weights of another architecture"):
        load_encoder(encoder, path)
