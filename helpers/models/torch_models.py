"""Encoders and autoencoders in PyTorch, equal in shape to the Keras ones."""

import math
from collections import OrderedDict

import torch
from torch import nn

from helpers.lesson import CONVOLUTIONAL_LAYER, LAST_LAYER, check_at_least

CODE_LAYER = "code"
LARGE = 48  # pixels a side: of larger images the convolutions' places are averaged
PLACES = 5  # along a side, as many as the convolutions leave of 28 pixels


def convolutional_encoder(image_size: int = 28, channels: int = 1) -> nn.Sequential:
    """Build the network of lesson 01 below its head, with fresh random weights.

    >>> convolutional_encoder()(torch.zeros(3, 1, 28, 28)).shape
    torch.Size([3, 128])

    Its layers and its way of drawing weights are those of ``helpers.models.keras_models``, so
    encoders can be compared across the lessons; but it flattens channels first. Of images over
    48 pixels the convolutions' places are averaged to 5 × 5, as many as 28 pixels leave. Colours
    are three ``channels``.
    """
    if image_size < 10:
        raise ValueError(f"image_size must be at least 10 pixels, got {image_size}")
    pooled = ((image_size - 2) // 2 - 2) // 2
    encoder = nn.Sequential()
    encoder.add_module("convolution_1", nn.Conv2d(channels, 32, 3))
    encoder.add_module("pooling_1", nn.MaxPool2d(2))  # before the activation: same, less work
    encoder.add_module("activation_1", nn.ReLU())
    encoder.add_module("convolution_2", nn.Conv2d(32, 64, 3))
    encoder.add_module("pooling_2", nn.MaxPool2d(2))
    encoder.add_module("activation_2", nn.ReLU())
    if image_size > LARGE:
        pooled = PLACES
        encoder.add_module("places", nn.AdaptiveAvgPool2d(pooled))
    encoder.add_module(CONVOLUTIONAL_LAYER, nn.Flatten())
    encoder.add_module("dense", nn.Linear(64 * pooled**2, 128))
    encoder.add_module(LAST_LAYER, nn.ReLU())
    return _with_fresh_weights(encoder)


def linear_autoencoder(code_size: int, image_size: int = 28, channels: int = 1) -> nn.Sequential:
    """Build an ``encoder`` of one linear layer, and a ``decoder`` like it.

    >>> linear_autoencoder(16).encoder(torch.zeros(3, 1, 28, 28)).shape
    torch.Size([3, 16])

    No code of this size can rebuild its training images better than their first ``code_size``
    principal components do (Baldi and Hornik, 1989).
    """
    check_at_least(1, code_size=code_size, image_size=image_size)
    encoder = nn.Sequential(nn.Flatten())
    shape = channels, image_size, image_size
    encoder.add_module(CODE_LAYER, nn.Linear(math.prod(shape), code_size))
    decoder = nn.Sequential(nn.Linear(code_size, math.prod(shape)), nn.Unflatten(1, shape))
    return _with_fresh_weights(nn.Sequential(OrderedDict(encoder=encoder, decoder=decoder)))


def convolutional_autoencoder(
    code_size: int, image_size: int = 28, channels: int = 1
) -> nn.Sequential:
    """Build an ``encoder`` on top of ``convolutional_encoder``, and a ``decoder``.

    >>> convolutional_autoencoder(16)(torch.zeros(3, 1, 28, 28)).shape
    torch.Size([3, 1, 28, 28])

    A linear layer squeezes the 128 units into the code. The decoder widens it again in two steps
    of transposed convolution, and a sigmoid keeps every pixel between 0 and 1.
    """
    check_at_least(1, code_size=code_size)
    if image_size < 12 or image_size % 4:
        raise ValueError(
            f"image_size must be a multiple of 4 and at least 12, got {image_size}: "
            "crop or pad the images"
        )
    encoder = convolutional_encoder(image_size, channels)
    encoder.add_module(CODE_LAYER, nn.Linear(128, code_size))
    quarter = image_size // 4
    decoder = nn.Sequential(
        *(nn.Linear(code_size, 128), nn.ReLU()),
        *(nn.Linear(128, 64 * quarter**2), nn.ReLU()),
        nn.Unflatten(1, (64, quarter, quarter)),
        *(nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1), nn.ReLU()),
        *(nn.ConvTranspose2d(32, channels, 4, stride=2, padding=1), nn.Sigmoid()),
    )
    return _with_fresh_weights(nn.Sequential(OrderedDict(encoder=encoder, decoder=decoder)))


def encoder_of(encoder: nn.Sequential, layer: str = LAST_LAYER) -> nn.Sequential:
    """Return the part of an encoder that ends at a layer, as a model of its own.

    >>> encoder_of(convolutional_encoder(), CONVOLUTIONAL_LAYER)(torch.zeros(3, 1, 28, 28)).shape
    torch.Size([3, 1600])

    The layers are shared: training one trains the other.
    """
    names = [name for name, _ in encoder.named_children()]
    if layer not in names:
        raise ValueError(f"no layer {layer!r}: this encoder has {', '.join(names)}")
    return encoder[: names.index(layer) + 1]


def _with_fresh_weights(model: nn.Module) -> nn.Module:
    """Draw weights as Keras does: Glorot and Bengio's uniform distribution, biases of zero."""
    for part in model.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(part.weight)
            nn.init.zeros_(part.bias)
    return model.to(memory_format=torch.channels_last)  # computes the same a little faster
