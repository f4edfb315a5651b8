"""The stored network computes the same in NumPy as in PyTorch."""

import numpy as np
import torch

from helpers.data import load_dataset
from helpers.models.torch_models import convolutional_encoder
from helpers.models.training import encode
from helpers.pretext import rotation_task
from helpers.site.networks import DATASET, SHAPES, last_layer, read_arrays

IMAGES = load_dataset(DATASET).test_images[:100]


def torch_encoder(weights):
    """The network of the lessons with Keras' weights, whose flattening puts channels last."""
    encoder = convolutional_encoder()
    full = {name: torch.tensor(weights[name].astype(np.float32)) for name in weights}
    dense = full["dense"].reshape(5, 5, 64, 128).permute(3, 2, 0, 1).reshape(128, 1600)
    with torch.no_grad():
        for name in ("convolution_1", "convolution_2"):
            getattr(encoder, name).weight.copy_(full[name].permute(3, 2, 0, 1))
            getattr(encoder, name).bias.copy_(full[f"{name}_bias"])
        encoder.dense.weight.copy_(dense)
        encoder.dense.bias.copy_(full["dense_bias"])
    return encoder


def test_numpy_and_pytorch_agree():
    stored = read_arrays("rotation")
    expected = encode(torch_encoder(stored), IMAGES)
    assert expected.std() > 0.1
    np.testing.assert_allclose(last_layer(stored, IMAGES), expected, atol=1e-4)


def test_rounded_weights_answer_as_the_lesson_did():
    stored = read_arrays("rotation")
    turned, _ = rotation_task(load_dataset(DATASET).test_images)
    some = np.arange(0, len(turned), 40)
    logits = last_layer(stored, turned[some]) @ stored["head"].astype(np.float32)
    logits += stored["head_bias"]
    answers = torch.softmax(torch.tensor(logits), dim=1).numpy()
    np.testing.assert_allclose(answers, stored["answers"][some], atol=0.005)
    assert set(SHAPES) <= set(stored)
