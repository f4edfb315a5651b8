"""The one loop that trains a PyTorch model on images, and how a trained model is applied.

Images stay one uint8 tensor; each batch is picked and scaled on its way to the model.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext

import numpy as np
import torch
from torch import Tensor, nn

from helpers.data import check_images
from helpers.lesson.progress import progress_bar


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
    pictures = _as_uint8_tensor(images)
    _check_training(len(pictures), steps, batch_size, learning_rate)
    parts = [pictures] if labels is None else [pictures, _as_targets(labels, len(pictures))]
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.Adam(weights, learning_rate)
    batches = _batches(len(pictures), batch_size, seed)
    losses: list[float] = []
    model.train()
    with progress_bar(steps, title) if title else nullcontext() as bar:
        for step in range(1, steps + 1):
            chosen = next(batches)
            batch, *targets = (part[chosen] for part in parts)
            loss = loss_function(scaled(batch), *targets)
            losses.append(loss.item())
            if not math.isfinite(losses[-1]):
                raise ValueError(
                    f"the loss is {losses[-1]} at step {step}: try a lower learning_rate"
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if bar is not None:
                bar.set_postfix(loss=f"{losses[-1]:.4f}", refresh=False)
                bar.update()
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


def _batches(count: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(count, generator=generator)
        yield from order[: count - count % batch_size].split(batch_size)


def _outputs(
    model: nn.Module, images: np.ndarray, batch_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield each scaled batch beside what the model makes of it."""
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    was_training = model.training
    model.eval()
    try:
        for part in _as_uint8_tensor(images).split(batch_size):
            batch = scaled(part)
            with torch.inference_mode():
                made = model(batch)
            yield batch, made
    finally:
        model.train(was_training)


def _as_uint8_tensor(images: np.ndarray) -> Tensor:
    check_images(images)
    return torch.from_numpy(np.require(images, requirements=["C", "W"]))


def _as_targets(labels: np.ndarray, images: int) -> Tensor:
    targets = torch.as_tensor(labels, dtype=torch.int64)
    if targets.shape != (images,):
        raise ValueError(f"{images} images need labels of shape ({images},), got {labels.shape}")
    return targets


def _check_training(images: int, steps: int, batch_size: int, learning_rate: float) -> None:
    if steps < 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    if not 1 <= batch_size <= images:
        raise ValueError(
            f"batch_size must be from 1 to the number of images, {images}; got {batch_size}"
        )
    if not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate must be above 0, got {learning_rate}")
