"""The baseline every encoder must beat: the same network, never trained, in NumPy alone."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.utils import gen_batches

from helpers.data import check_images
from helpers.lesson.artefacts import CONVOLUTIONAL_LAYER, LAST_LAYER

IMAGES_PER_BATCH = 200


@dataclass(frozen=True, eq=False)
class RandomEncoder:
    """The float32 weights of two convolutions and a dense layer; all biases are zero."""

    first_kernel: np.ndarray  # (3, 3, 1, 32): height, width, channels in, channels out
    second_kernel: np.ndarray  # (3, 3, 32, 64)
    dense: np.ndarray  # (d, 128), with d = 1600 for images of 28 x 28 pixels


def random_encoder(height: int, width: int, seed: int) -> RandomEncoder:
    """Draw the weights of an encoder of the shape that the lessons train, and leave it at that.

    >>> random_encoder(28, 28, seed=0).dense.shape
    (1600, 128)

    Both frameworks of the course draw from the same distribution: Glorot and Bengio (2010),
    "Understanding the difficulty of training deep feedforward neural networks".
    """
    if min(height, width) < 10:
        raise ValueError(f"images must be at least 10 pixels high and wide, got {height} x {width}")
    rows, columns = (((side - 2) // 2 - 2) // 2 for side in (height, width))  # 28, 26, 13, 11, 5
    generator = np.random.default_rng(seed)
    weights = []
    for shape in (3, 3, 1, 32), (3, 3, 32, 64), (64 * rows * columns, 128):
        limit = np.sqrt(6 / (np.prod(shape[:-2]) * sum(shape[-2:])))  # inputs + outputs of a unit
        weights.append(generator.uniform(-limit, limit, shape).astype(np.float32))
    return RandomEncoder(*weights)


def random_features(encoder: RandomEncoder, images: np.ndarray) -> dict[str, np.ndarray]:
    """Apply an encoder to uint8 images ``(n, height, width)`` of the size it was drawn for.

    >>> images = np.zeros((5, 28, 28), np.uint8)
    >>> features = random_features(random_encoder(28, 28, seed=0), images)
    >>> features[CONVOLUTIONAL_LAYER].shape, features[LAST_LAYER].shape  # float32, never negative
    ((5, 1600), (5, 128))
    """
    check_images(images)
    batches = gen_batches(len(images), IMAGES_PER_BATCH)
    layers = zip(*(_layers(encoder, images[batch]) for batch in batches), strict=True)
    convolutional, last = map(np.concatenate, layers)
    return {CONVOLUTIONAL_LAYER: convolutional, LAST_LAYER: last}


def _layers(encoder: RandomEncoder, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    maps = images[..., np.newaxis].astype(np.float32) / 255  # (n, 28, 28, 1): channels come last
    for kernel in (encoder.first_kernel, encoder.second_kernel):  # (n, 13, 13, 32), (n, 5, 5, 64)
        maps = np.maximum(_pool(_convolve(maps, kernel)), 0)  # pooling first: same, less work
    flat = maps.reshape(len(maps), -1)  # (n, 1600), as in Keras; PyTorch has channels first
    if flat.shape[1] != len(encoder.dense):
        raise ValueError(
            f"images of {images.shape[1]} x {images.shape[2]} pixels give {flat.shape[1]} "
            f"features, but this encoder was drawn for {len(encoder.dense)}"
        )
    return flat, np.maximum(flat @ encoder.dense, 0)  # (n, 1600), (n, 128)


def _convolve(maps: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    patches = sliding_window_view(maps, (3, 3), axis=(1, 2))  # (n, rows, columns, channels, 3, 3)
    # As in both frameworks the kernel is not flipped; its channels come first, as in the patches.
    flat_kernel = kernel.transpose(2, 0, 1, 3).reshape(-1, kernel.shape[3])  # (channels * 9, out)
    products = patches.reshape(-1, len(flat_kernel)) @ flat_kernel  # (n * rows * columns, out)
    return products.reshape(*patches.shape[:3], -1)  # (n, rows, columns, out)


def _pool(maps: np.ndarray) -> np.ndarray:
    rows, columns = maps.shape[1] // 2 * 2, maps.shape[2] // 2 * 2
    whole = maps[:, :rows, :columns]  # an odd last row or column is left out
    halved = np.maximum(whole[:, ::2], whole[:, 1::2])  # (n, rows / 2, columns, channels)
    return np.maximum(halved[:, :, ::2], halved[:, :, 1::2])  # (n, rows / 2, columns / 2, channels)
