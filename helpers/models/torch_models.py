"""Encoders and autoencoders in PyTorch, equal in shape to the Keras ones; saving and loading."""

import torch
from torch import Tensor, nn

from helpers.lesson.artefacts import CONVOLUTIONAL_LAYER, LAST_LAYER

CODE_LAYER = "code"


class Autoencoder(nn.Module):
    """An encoder that makes a code, and a decoder that makes the image again.

    Takes float32 of shape ``(n, 1, size, size)`` and gives the same shape.

    Attributes
    ----------
    encoder : torch.nn.Sequential
        From images to codes of shape ``(n, code_size)``.
    decoder : torch.nn.Sequential
        From codes back to images.
    """

    def __init__(self, encoder: nn.Sequential, decoder: nn.Sequential):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, images: Tensor) -> Tensor:
        """Return the reconstructions of a batch of images."""
        return self.decoder(self.encoder(images))


def convolutional_encoder(image_size: int = 28) -> nn.Sequential:
    """Build the network of lesson 01 below its head, with fresh random weights.

    Two convolutions with pooling, then 128 units. Its layers and its way of drawing weights are
    those of ``helpers.models.keras_models``, so encoders can be compared across the lessons.

    Parameters
    ----------
    image_size : int
        Height and width of the grey images, in pixels; at least 10.

    Returns
    -------
    torch.nn.Sequential
        From float32 ``(n, 1, image_size, image_size)`` to ``(n, 128)``. The layer named
        ``CONVOLUTIONAL_LAYER`` gives 1600 features of a 28 x 28 image, ``LAST_LAYER`` gives 128.

    Raises
    ------
    ValueError
        If the images are too small for two convolutions with pooling.
    """
    if image_size < 10:
        raise ValueError(f"image_size must be at least 10 pixels, got {image_size}")
    pooled = ((image_size - 2) // 2 - 2) // 2
    encoder = nn.Sequential()
    encoder.add_module("convolution_1", nn.Conv2d(1, 32, 3))
    encoder.add_module("activation_1", nn.ReLU())
    encoder.add_module("pooling_1", nn.MaxPool2d(2))
    encoder.add_module("convolution_2", nn.Conv2d(32, 64, 3))
    encoder.add_module("activation_2", nn.ReLU())
    encoder.add_module("pooling_2", nn.MaxPool2d(2))
    encoder.add_module(CONVOLUTIONAL_LAYER, nn.Flatten())
    encoder.add_module("dense", nn.Linear(64 * pooled**2, 128))
    encoder.add_module(LAST_LAYER, nn.ReLU())
    return _with_fresh_weights(encoder)


def linear_autoencoder(code_size: int, image_size: int = 28) -> Autoencoder:
    """Build an autoencoder of one linear layer each way.

    No code of this size can rebuild its training images better than their first ``code_size``
    principal components do (Baldi and Hornik, 1989).

    Parameters
    ----------
    code_size : int
        Numbers in a code; at least 1.
    image_size : int
        Height and width of the images, in pixels.

    Returns
    -------
    Autoencoder

    Raises
    ------
    ValueError
        If a size is less than 1.
    """
    _check_at_least_one(code_size=code_size, image_size=image_size)
    encoder = nn.Sequential(nn.Flatten())
    encoder.add_module(CODE_LAYER, nn.Linear(image_size**2, code_size))
    decoder = nn.Sequential(
        nn.Linear(code_size, image_size**2), nn.Unflatten(1, (1, image_size, image_size))
    )
    return _with_fresh_weights(Autoencoder(encoder, decoder))


def convolutional_autoencoder(code_size: int, image_size: int = 28) -> Autoencoder:
    """Build an autoencoder on top of ``convolutional_encoder``.

    A linear layer squeezes the 128 units into the code. The decoder widens it again in two steps
    of transposed convolution, and a sigmoid keeps every pixel between 0 and 1.

    Parameters
    ----------
    code_size : int
        Numbers in a code; at least 1.
    image_size : int
        Height and width of the images, in pixels: a multiple of 4, at least 12.

    Returns
    -------
    Autoencoder

    Raises
    ------
    ValueError
        If ``code_size`` is less than 1 or the decoder cannot reach ``image_size``.
    """
    _check_at_least_one(code_size=code_size)
    if image_size < 12 or image_size % 4:
        raise ValueError(
            f"image_size must be a multiple of 4 and at least 12, got {image_size}: "
            "crop or pad the images"
        )
    encoder = convolutional_encoder(image_size)
    encoder.add_module(CODE_LAYER, nn.Linear(128, code_size))
    quarter = image_size // 4
    decoder = nn.Sequential(
        nn.Linear(code_size, 128),
        nn.ReLU(),
        nn.Linear(128, 64 * quarter**2),
        nn.ReLU(),
        nn.Unflatten(1, (64, quarter, quarter)),
        nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1),
        nn.Sigmoid(),
    )
    return _with_fresh_weights(Autoencoder(encoder, decoder))


def encoder_of(encoder: nn.Sequential, layer: str = LAST_LAYER) -> nn.Sequential:
    """Return the part of an encoder that ends at a layer, as a model of its own.

    The layers are shared: training one trains the other.

    Parameters
    ----------
    encoder : torch.nn.Sequential
        For example ``autoencoder.encoder``.
    layer : str
        ``CONVOLUTIONAL_LAYER``, ``LAST_LAYER`` or ``CODE_LAYER``.

    Returns
    -------
    torch.nn.Sequential

    Raises
    ------
    ValueError
        If the encoder has no layer of that name.
    """
    names = [name for name, _ in encoder.named_children()]
    if layer not in names:
        raise ValueError(f"no layer {layer!r}: this encoder has {', '.join(names)}")
    return encoder[: names.index(layer) + 1]


def _with_fresh_weights(model: nn.Module) -> nn.Module:
    """Draw weights as Keras does: Glorot and Bengio's uniform distribution, biases of zero.

    Weights lie in memory with the channels last, which computes the same a little faster.
    """
    for part in model.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(part.weight)
            nn.init.zeros_(part.bias)
    return model.to(memory_format=torch.channels_last)


def _check_at_least_one(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}")
