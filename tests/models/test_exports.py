"""An encoder to take away: other programs compute the same from it."""

import numpy as np
import pytest

from helpers.lesson.environment import prepare_torch

prepare_torch(0)

import torch  # noqa: E402
from torch import nn  # noqa: E402

from helpers.lesson import CONVOLUTIONAL_LAYER  # noqa: E402
from helpers.models.exports import onnx_error, save_onnx, save_safetensors  # noqa: E402
from helpers.models.torch_models import convolutional_encoder, encoder_of  # noqa: E402


def some_images(size, channels):
    shape = (3, size, size, 3) if channels == 3 else (3, size, size)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(("size", "channels"), [(16, 1), (28, 3), (49, 3)])
@pytest.mark.parametrize("layer", [CONVOLUTIONAL_LAYER, "last"])
def test_onnx_gives_the_same_features(tmp_path, size, channels, layer):
    torch.manual_seed(0)
    encoder = encoder_of(convolutional_encoder(size, channels), layer)
    path = tmp_path / "encoder.onnx"
    save_onnx(encoder, path, channels, size)
    assert onnx_error(path, encoder, some_images(size, channels)) < 1e-5


def test_another_encoder_is_told_by_its_features(tmp_path):
    torch.manual_seed(0)
    save_onnx(convolutional_encoder(16), tmp_path / "encoder.onnx", 1, 16)
    other = convolutional_encoder(16)
    assert onnx_error(tmp_path / "encoder.onnx", other, some_images(16, 1)) > 1e-3


def test_a_layer_that_cannot_be_written_is_refused_and_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match="Tanh"):
        save_onnx(nn.Sequential(nn.Flatten(), nn.Tanh()), tmp_path / "encoder.onnx", 1, 16)
    assert not list(tmp_path.iterdir())


def test_the_file_knows_no_path_of_the_machine(tmp_path):
    save_onnx(convolutional_encoder(16), tmp_path / "encoder.onnx", 1, 16)
    content = (tmp_path / "encoder.onnx").read_bytes()
    assert b"site-packages" not in content
    assert str(tmp_path).encode() not in content


def test_safetensors_give_the_weights_back(tmp_path):
    from safetensors import safe_open
    from safetensors.torch import load_file

    encoder = convolutional_encoder(16, 3)
    save_safetensors(encoder, tmp_path / "encoder.safetensors", size="16")
    again = convolutional_encoder(16, 3)
    again.load_state_dict(load_file(tmp_path / "encoder.safetensors"))
    for ours, theirs in zip(encoder.parameters(), again.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    with safe_open(tmp_path / "encoder.safetensors", "pt") as file:
        assert file.metadata() == {"size": "16"}
