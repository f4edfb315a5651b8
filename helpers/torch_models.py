"""Encoders and autoencoders in PyTorch, and the one loop that trains them.

Images stay one uint8 tensor; each batch is picked and scaled on its way to the model.
"""

import math
import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from helpers.files import written_whole

CONVOLUTIONAL_LAYER = "flatten"
LAST_LAYER = "representation"
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
    those of ``helpers.keras_models``, so encoders can be compared across the lessons.

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


def scaled(images: Tensor) -> Tensor:
    """Turn uint8 images ``(n, height, width)`` into float32 ``(n, 1, height, width)``, 0 to 1."""
    return images.unsqueeze(1).float() / 255


def train(
    model: nn.Module,
    loss_function: Callable[..., Tensor],
    images: np.ndarray,
    steps: int,
    batch_size: int = 128,
    learning_rate: float = 1e-3,
    seed: int = 0,
    title: str = "",
    labels: np.ndarray | None = None,
    after_step: Callable[[int], None] | None = None,
) -> list[float]:
    """Train a model with Adam for a number of steps.

    Parameters
    ----------
    model : torch.nn.Module
        Its weights change, except those with ``requires_grad=False``; it is left in evaluation
        mode.
    loss_function : callable
        Given one batch of images, float32 ``(batch_size, 1, height, width)`` from 0 to 1, and,
        where there are ``labels``, theirs as int64 ``(batch_size,)``: returns the loss to
        minimise, a scalar tensor that depends on the model's weights.
    images : numpy.ndarray
        uint8 of shape ``(n, height, width)``. Only one batch at a time is turned into floats.
    steps : int
        Batches to train on, at least 1. The images are shuffled anew for each pass over them.
    batch_size : int
        Images in a batch, from 1 to ``n``. What does not fill a batch waits for the next pass.
    learning_rate : float
        Of Adam, above 0.
    seed : int
        Order of the images; the same seed gives the same batches.
    title : str
        What is trained: the name of a progress bar. Without it there is none.
    labels : numpy.ndarray, optional
        Integers of shape ``(n,)``.
    after_step : callable, optional
        Given the number of steps done, after each of them: to watch the model as it trains.

    Returns
    -------
    list of float
        The loss at each step.

    Raises
    ------
    ValueError
        If an argument is out of range, before any training; or if the loss is no longer finite.
    """
    picture = _as_uint8_tensor(images)
    _check_training(len(picture), steps, batch_size, learning_rate)
    targets = None if labels is None else torch.as_tensor(labels, dtype=torch.int64)
    if targets is not None and targets.shape != (len(picture),):
        raise ValueError(f"{len(picture)} images need as many labels, got {tuple(targets.shape)}")
    optimizer = torch.optim.Adam(
        [weights for weights in model.parameters() if weights.requires_grad], learning_rate
    )
    batches = _batches(len(picture), batch_size, seed)
    bar = tqdm(
        range(1, steps + 1),
        desc=title,
        unit="batch",
        file=sys.stdout,
        mininterval=0.5,
        ncols=90,
        disable=not title,
    )
    losses: list[float] = []
    model.train()
    for step in bar:
        chosen = next(batches)
        arguments = [scaled(picture[chosen])] + ([] if targets is None else [targets[chosen]])
        loss = loss_function(*arguments)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            bar.close()
            raise ValueError(f"the loss is {losses[-1]} at step {step}: lower the learning rate")
        bar.set_postfix(loss=f"{losses[-1]:.4f}", refresh=False)
        if after_step is not None:
            after_step(step)
    model.eval()
    return losses


def encode(encoder: nn.Module, images: np.ndarray, batch_size: int = 500) -> np.ndarray:
    """Apply an encoder to uint8 images in evaluation mode, scaling one batch at a time.

    Parameters
    ----------
    encoder : torch.nn.Module
        From float32 ``(n, 1, height, width)`` to features. Its mode is put back afterwards.
    images : numpy.ndarray
        uint8 of shape ``(n, height, width)``.
    batch_size : int
        Images scaled and computed together; at least 1.

    Returns
    -------
    numpy.ndarray
        Features, float32 of shape ``(n, d)``.

    Raises
    ------
    ValueError
        If the images are not uint8 of three dimensions, or there is none.
    """
    return np.concatenate(
        [codes.flatten(1).numpy() for _, codes in _outputs(encoder, images, batch_size)]
    )


def reconstruct(autoencoder: nn.Module, images: np.ndarray, batch_size: int = 500) -> np.ndarray:
    """Return what an autoencoder makes of uint8 images, as float32 ``(n, height, width)``.

    Four times as large in memory as the images themselves: meant for those one looks at.
    ``reconstruction_errors`` measures a whole data set.
    """
    return encode(autoencoder, images, batch_size).reshape(images.shape)


def reconstruction_errors(
    autoencoder: nn.Module, images: np.ndarray, batch_size: int = 500
) -> np.ndarray:
    """Return the mean squared error of each image's reconstruction.

    Parameters
    ----------
    autoencoder : torch.nn.Module
        From images to images.
    images : numpy.ndarray
        uint8 of shape ``(n, height, width)``.
    batch_size : int
        Images computed together; at least 1.

    Returns
    -------
    numpy.ndarray
        float32 of shape ``(n,)``: mean over the pixels, whose values go from 0 to 1.

    Raises
    ------
    ValueError
        If the images are not uint8 of three dimensions, or there is none.
    """
    return np.concatenate(
        [
            (rebuilt - batch).square().flatten(1).mean(dim=1).numpy()
            for batch, rebuilt in _outputs(autoencoder, images, batch_size)
        ]
    )


def save_encoder(encoder: nn.Module, path: Path) -> None:
    """Write the weights of an encoder as a ``.pt`` file, whole or not at all."""
    with written_whole(path) as temporary:
        torch.save(encoder.state_dict(), temporary)


def load_encoder(encoder: nn.Module, path: Path) -> nn.Module:
    """Read weights that ``save_encoder`` wrote, without running code from the file.

    Parameters
    ----------
    encoder : torch.nn.Module
        Built as it was when it was saved; its weights are replaced.
    path : pathlib.Path
        A ``.pt`` file.

    Returns
    -------
    torch.nn.Module
        The same encoder, in evaluation mode.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds no weights, or those of another architecture.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no encoder at {path}: run the lesson that saves it first")
    try:
        weights = torch.load(path, weights_only=True)
    except (RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError) as error:
        raise ValueError(
            f"{path} is not a saved PyTorch encoder: delete it and train again"
        ) from error
    try:
        encoder.load_state_dict(weights)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} holds the weights of another architecture: build the encoder as it was saved"
        ) from error
    return encoder.eval()


def _batches(count: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(count, generator=generator)
        yield from order[: count - count % batch_size].split(batch_size)


def _outputs(
    model: nn.Module, images: np.ndarray, batch_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield each scaled batch beside what the model makes of it."""
    _check_at_least_one(batch_size=batch_size)
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for part in _as_uint8_tensor(images).split(batch_size):
                batch = scaled(part)
                yield batch, model(batch)
    finally:
        model.train(was_training)


def _with_fresh_weights(model: nn.Module) -> nn.Module:
    """Draw weights as Keras does: Glorot and Bengio's uniform distribution, biases of zero."""
    for part in model.modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            nn.init.xavier_uniform_(part.weight)
            nn.init.zeros_(part.bias)
    return model


def _as_uint8_tensor(images: np.ndarray) -> Tensor:
    if images.ndim != 3 or images.dtype != np.uint8 or not len(images):
        raise ValueError(
            f"expected uint8 images of shape (n, height, width), got {images.dtype} {images.shape}"
        )
    return torch.from_numpy(np.require(images, requirements=["C", "W"]))


def _check_training(images: int, steps: int, batch_size: int, learning_rate: float) -> None:
    _check_at_least_one(steps=steps)
    if not 1 <= batch_size <= images:
        raise ValueError(
            f"batch_size must be from 1 to the number of images, {images}; got {batch_size}"
        )
    if not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate must be above 0, got {learning_rate}")


def _check_at_least_one(**sizes: int) -> None:
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}")
