"""The one loop that trains a PyTorch model on images, and how a trained model is applied.

Images stay one uint8 tensor; each batch is picked and scaled on its way to the model.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
import torch
from torch import Tensor, nn

from helpers.data import check_images
from helpers.lesson import check_at_least, progress_bar


def scaled(images: Tensor) -> Tensor:
    """Turn uint8 images into float32 ``(n, channels, height, width)``, 0 to 1.

    >>> scaled(torch.tensor([[[0, 51, 255]]], dtype=torch.uint8))
    tensor([[[[0.0000, 0.2000, 1.0000]]]])

    Grey images, ``(n, height, width)``, get one channel; those in colour have three at their end.
    """
    channels_first = images.unsqueeze(1) if images.ndim == 3 else images.movedim(-1, 1)
    return channels_first.float() / 255


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
    """Train a model with Adam for a number of steps, and return the loss at each of them.

    >>> model, images = nn.Linear(4, 4), np.zeros((20, 4, 4), np.uint8)
    >>> len(train(model, lambda batch: model(batch).square().mean(), images, 3, batch_size=10))
    3

    ``loss_function`` turns a batch, as ``scaled`` makes it, and, where there are ``labels``, theirs
    as int64 ``(batch_size,)``, into the scalar to minimise. The images, uint8, grey or in colour,
    are shuffled anew for each pass, in an order that only the seed decides; what does not fill a
    batch waits for the next pass. ``after_step`` is told how many steps are done; a title opens a
    progress bar.

    Weights with ``requires_grad=False`` stay. However it ends, the model is left in evaluation
    mode. Wrong settings raise a ``ValueError`` before any training; a loss that is no longer finite
    raises one at once.
    """
    pictures, count = _as_uint8_tensor(images), len(images)
    check_at_least(1, steps=steps)
    if not 1 <= batch_size <= count:
        raise ValueError(
            f"batch_size must be from 1 to the number of images, {count}; got {batch_size}"
        )
    if not 0 < learning_rate < math.inf:
        raise ValueError(f"learning_rate must be above 0, got {learning_rate}")
    parts = [pictures]
    if labels is not None:
        if labels.shape != (count,):
            raise ValueError(f"{count} images need labels of shape ({count},), got {labels.shape}")
        parts.append(torch.as_tensor(labels, dtype=torch.int64))
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.Adam(weights, learning_rate)
    batches = _batches(count, batch_size, seed)
    losses: list[float] = []
    opened_bar = progress_bar(steps, title) if title else nullcontext()
    with opened_bar as bar, _in_mode(model, training=True, afterwards=False):
        for step, chosen in zip(range(1, steps + 1), batches, strict=False):
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
    return losses


def encode(encoder: nn.Module, images: np.ndarray, batch_size: int = 500) -> np.ndarray:
    """Apply an encoder to uint8 images, grey or in colour, scaling one batch at a time.

    >>> encode(nn.Flatten(), np.zeros((5, 28, 28), np.uint8)).shape
    (5, 784)

    The encoder is in evaluation mode meanwhile; its own mode is put back afterwards.
    """
    codes = [made.flatten(1).numpy() for _, made in _outputs(encoder, images, batch_size)]
    return np.concatenate(codes)  # (n, d)


def reconstruct(autoencoder: nn.Module, images: np.ndarray, batch_size: int = 500) -> np.ndarray:
    """Return what an autoencoder makes of uint8 images: float32 of their own shape.

    >>> reconstruct(nn.Identity(), np.array([[[0, 255]]], np.uint8))
    array([[[0., 1.]]], dtype=float32)

    Four times as large as the images: ``reconstruction_errors`` measures a whole data set.
    """
    outputs = _outputs(autoencoder, images, batch_size, same_shape=True)
    # from (n, channels, height, width) to channels last; grey images have no axis for them
    rebuilt = np.concatenate([made.movedim(1, -1).numpy() for _, made in outputs])
    return rebuilt.reshape(images.shape)


def reconstruction_errors(
    autoencoder: nn.Module, images: np.ndarray, batch_size: int = 500
) -> np.ndarray:
    """Return the mean squared error of each image's reconstruction, pixels from 0 to 1.

    >>> reconstruction_errors(nn.Identity(), np.zeros((3, 4, 4), np.uint8))
    array([0., 0., 0.], dtype=float32)
    """
    outputs = _outputs(autoencoder, images, batch_size, same_shape=True)
    errors = [(made - batch).square().flatten(1).mean(dim=1).numpy() for batch, made in outputs]
    return np.concatenate(errors)  # (n,)


def _batches(count: int, batch_size: int, seed: int) -> Iterator[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(count, generator=generator)
        yield from order[: count - count % batch_size].split(batch_size)


def _outputs(
    model: nn.Module, images: np.ndarray, batch_size: int, same_shape: bool = False
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield each scaled batch beside what the model makes of it."""
    check_at_least(1, batch_size=batch_size)
    with _in_mode(model, training=False, afterwards=model.training):
        for part in _as_uint8_tensor(images).split(batch_size):
            batch = scaled(part)
            with torch.inference_mode():
                made = model(batch)
            if same_shape and made.shape != batch.shape:
                raise ValueError(
                    "an autoencoder must give images of the shape that it takes, "
                    f"{tuple(batch.shape)}, got {tuple(made.shape)}"
                )
            yield batch, made


@contextmanager
def _in_mode(model: nn.Module, training: bool, afterwards: bool) -> Iterator[None]:
    model.train(training)
    try:
        yield
    finally:
        model.train(afterwards)


def _as_uint8_tensor(images: np.ndarray) -> Tensor:
    check_images(images)
    return torch.from_numpy(np.require(images, requirements=["C", "W"]))
