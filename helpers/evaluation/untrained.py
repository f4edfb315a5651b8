"""The baseline every encoder must beat: the same network, never trained, in NumPy alone."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.utils import gen_batches

from helpers.data import check_images
from helpers.lesson.artefacts import CONVOLUTIONAL_LAYER, LAST_LAYER

KERNEL_SIZE = 3
CHANNELS = (32, 64)
UNITS = 128
SMALLEST_SIDE = 10
IMAGES_PER_BATCH = 200


@dataclass(frozen=True, eq=False)
class RandomEncoder:
    """The weights of two convolutions and a dense layer; all biases are zero.

    Attributes
    ----------
    first_kernel : numpy.ndarray
        float32 of shape ``(3, 3, 1, 32)``: height, width, channels in, channels out.
    second_kernel : numpy.ndarray
        float32 of shape ``(3, 3, 32, 64)``.
    dense : numpy.ndarray
        float32 of shape ``(d, 128)``, with ``d`` = 1600 for images of 28 x 28 pixels.
    """

    first_kernel: np.ndarray
    second_kernel: np.ndarray
    dense: np.ndarray


def random_encoder(height: int, width: int, seed: int) -> RandomEncoder:
    """Draw the weights of an encoder of the shape that the lessons train, and leave it at that.

    Parameters
    ----------
    height, width : int
        Size of the images in pixels; at least 10.
    seed : int
        At least 0. Another seed is another encoder.

    Returns
    -------
    RandomEncoder

    Raises
    ------
    ValueError
        If the images are too small for two convolutions with pooling.

    Notes
    -----
    Glorot and Bengio (2010), "Understanding the difficulty of training deep feedforward neural
    networks": the uniform distribution from which both frameworks of the course draw.
    """
    if min(height, width) < SMALLEST_SIDE:
        raise ValueError(
            f"images must be at least {SMALLEST_SIDE} pixels high and wide, got {height} x {width}"
        )
    generator = np.random.default_rng(seed)
    pooled = [((side - 2) // 2 - 2) // 2 for side in (height, width)]
    return RandomEncoder(
        _glorot_uniform(generator, (KERNEL_SIZE, KERNEL_SIZE, 1, CHANNELS[0])),
        _glorot_uniform(generator, (KERNEL_SIZE, KERNEL_SIZE, *CHANNELS)),
        _glorot_uniform(generator, (CHANNELS[1] * pooled[0] * pooled[1], UNITS)),
    )


def random_features(encoder: RandomEncoder, images: np.ndarray) -> dict[str, np.ndarray]:
    """Apply an encoder to images: convolution, ReLU, pooling, twice; then the dense layer.

    Parameters
    ----------
    encoder : RandomEncoder
        From ``random_encoder``, for images of this size.
    images : numpy.ndarray
        uint8 of shape ``(n, height, width)``; they are divided by 255.

    Returns
    -------
    dict of str to numpy.ndarray
        By layer, float32 and never negative: ``"convolutional"`` of shape ``(n, d)`` and ``"last"``
        of shape ``(n, 128)``.

    Raises
    ------
    ValueError
        If the images are not uint8 of three dimensions, there is none, or the encoder was drawn
        for another size.
    """
    check_images(images)
    layers = [
        _layers(encoder, images[batch]) for batch in gen_batches(len(images), IMAGES_PER_BATCH)
    ]
    convolutional, last = (np.concatenate(parts) for parts in zip(*layers, strict=True))
    return {CONVOLUTIONAL_LAYER: convolutional, LAST_LAYER: last}


def _layers(encoder: RandomEncoder, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    maps = images[..., np.newaxis].astype(np.float32) / 255
    for kernel in (encoder.first_kernel, encoder.second_kernel):
        maps = np.maximum(_pool(_convolve(maps, kernel)), 0)  # pooling first: same, less work
    flat = maps.reshape(len(maps), -1)
    if flat.shape[1] != len(encoder.dense):
        raise ValueError(
            f"images of {images.shape[1]} x {images.shape[2]} pixels give {flat.shape[1]} "
            f"features, but this encoder was drawn for {len(encoder.dense)}"
        )
    return flat, np.maximum(flat @ encoder.dense, 0)


def _convolve(maps: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    # (n, rows, columns, channels, 3, 3): every patch, multiplied by all kernels at once
    patches = sliding_window_view(maps, (KERNEL_SIZE, KERNEL_SIZE), axis=(1, 2))
    *places, channels, _, _ = patches.shape
    flat_kernel = kernel.transpose(2, 0, 1, 3).reshape(channels * KERNEL_SIZE**2, -1)
    return (patches.reshape(-1, len(flat_kernel)) @ flat_kernel).reshape(*places, -1)


def _pool(maps: np.ndarray) -> np.ndarray:
    rows, columns = maps.shape[1] // 2 * 2, maps.shape[2] // 2 * 2
    even, odd = slice(0, None, 2), slice(1, None, 2)
    whole = maps[:, :rows, :columns]
    upper = np.maximum(whole[:, even, even], whole[:, even, odd])
    return np.maximum(upper, np.maximum(whole[:, odd, even], whole[:, odd, odd]))


def _glorot_uniform(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    area = int(np.prod(shape[:-2]))
    limit = np.sqrt(6 / (area * (shape[-2] + shape[-1])))
    return generator.uniform(-limit, limit, shape).astype(np.float32)
