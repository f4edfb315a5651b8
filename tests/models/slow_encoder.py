"""The encoder of the lessons, computed in NumPy one image and one filter at a time."""

import numpy as np
from scipy.signal import correlate


def some_weights(seed):
    """Draw two kernels and a dense matrix, as Keras lays them out."""
    generator = np.random.default_rng(seed)
    shapes = (3, 3, 1, 32), (3, 3, 32, 64), (1600, 128)
    return [generator.normal(0, 0.1, shape).astype(np.float32) for shape in shapes]


def slow_features(weights, images):
    """Return the features of both layers; the convolutions are flattened channels last."""
    maps = images[..., np.newaxis] / 255.0
    for kernel in weights[:2]:
        maps = _slow_layer(maps, kernel.astype(float))
    flat = maps.reshape(len(images), -1)
    return {"convolutional": flat, "last": np.maximum(flat @ weights[2], 0)}


def _slow_layer(maps, kernel):
    """Correlate, cut at zero and take the largest of each 2 x 2."""
    made = []
    for image in maps:
        of_image = [
            correlate(image, kernel[..., number], mode="valid")[..., 0]
            for number in range(kernel.shape[-1])
        ]
        made.append(np.stack(of_image, axis=-1))
    made = np.maximum(np.array(made), 0)
    rows, columns = made.shape[1] // 2, made.shape[2] // 2
    pooled = np.empty((len(made), rows, columns, made.shape[3]))
    for row in range(rows):
        for column in range(columns):
            block = made[:, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            pooled[:, row, column] = block.max(axis=(1, 2))
    return pooled
