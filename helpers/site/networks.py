"""Networks that pages use: made once by a command, kept small, and applied with NumPy.

    python -m helpers.site.networks rotation     # lesson 01's network, from its own cells (Keras)
    python -m helpers.site.networks features     # where lesson 05's encoder puts digits (PyTorch)

Each writes one file to ``data/demonstrations/``, and the card of the data says what it holds.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np

from helpers.data import load_dataset
from helpers.lesson import (
    DATA_FOLDER,
    NOTEBOOKS_FOLDER,
    encoder_path,
    load_encoder,
    prepare_torch,
    written_whole,
)
from helpers.pretext import ANGLES, rotation_task

FOLDER = DATA_FOLDER / "demonstrations"
DATASET = "mnist-5k"
ROTATION_LESSON = "01_rotation_pretext_keras"
CONTRASTIVE = {"images": 3500, "steps": 594, "batch": 128, "temperature": 0.2, "seed": 0}
POINTS = 500  # on a map
# Names and shapes as Keras has them: height, width, channels in, channels out.
SHAPES = {
    "convolution_1": (3, 3, 1, 32),
    "convolution_2": (3, 3, 32, 64),
    "dense": (1600, 128),
    "head": (128, len(ANGLES)),
}
Weights = dict[str, np.ndarray]


def read_arrays(name: str) -> dict[str, np.ndarray]:
    """Read the arrays of ``data/demonstrations/NAME.npz``."""
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as file:
        return dict(file)


def fresh_weights(seed: int = 0) -> Weights:
    """Draw weights as Keras does: Glorot and Bengio's uniform distribution, biases of zero.

    >>> fresh_weights()["head"].shape, fresh_weights()["head_bias"].shape
    ((128, 4), (4,))
    """
    generator = np.random.default_rng(seed)
    weights = {}
    for name, shape in SHAPES.items():
        units = np.prod(shape[:-2]) * (shape[-2] + shape[-1])
        limit = np.sqrt(6 / units)
        weights[name] = generator.uniform(-limit, limit, shape).astype(np.float16)
        weights[f"{name}_bias"] = np.zeros(shape[-1], np.float16)
    return weights


def last_layer(weights: Weights, images: np.ndarray) -> np.ndarray:
    """Return the 128 features of uint8 images ``(n, 28, 28)``, float32.

    >>> last_layer(fresh_weights(), np.zeros((3, 28, 28), np.uint8)).shape
    (3, 128)
    """
    full = {name: array.astype(np.float32) for name, array in weights.items()}
    values = images[..., np.newaxis].astype(np.float32) / 255
    for layer in ("convolution_1", "convolution_2"):
        windows = np.lib.stride_tricks.sliding_window_view(values, (3, 3), axis=(1, 2))
        values = np.einsum("nyxchw,hwco->nyxo", windows, full[layer], optimize=True)
        values = np.maximum(values + full[f"{layer}_bias"], 0)
        side = values.shape[1] // 2
        values = values[:, : 2 * side, : 2 * side].reshape(len(values), side, 2, side, 2, -1)
        values = values.max(axis=(2, 4))
    values = values.reshape(len(values), -1) @ full["dense"] + full["dense_bias"]
    return np.maximum(values, 0)


def write_rotation() -> Path:
    """Train lesson 01's network by running the lesson's cells, and keep weights and answers.

    ``answers`` are its probabilities, ``(4 n, 4)``, for the test images at all four angles.
    """
    lesson = nbformat.read(NOTEBOOKS_FOLDER / f"{ROTATION_LESSON}.ipynb", as_version=4)
    names: dict = {}
    for cell in lesson.cells:
        if cell.cell_type == "code" and "history" not in names:
            exec(cell.source, names)
    classifier = names["classifier"]
    arrays = {}
    layers = [layer for layer in classifier.layers if layer.weights]
    for name, layer in zip(SHAPES, layers, strict=True):
        kernel, bias = layer.get_weights()
        arrays |= {name: kernel.astype(np.float16), f"{name}_bias": bias.astype(np.float16)}
    turned, _ = rotation_task(load_dataset(DATASET).test_images)
    answers = classifier.predict(turned[..., np.newaxis] / np.float32(255), verbose=0)
    return _write("rotation", **arrays, answers=answers.astype(np.float16))


def write_features() -> Path:
    """Lay out test images by an untrained and by lesson 05's encoder, in two ways.

    ``pca`` and ``tsne`` are ``(2, n, 2)``, from 0 to 1: untrained, trained. The encoder is the one
    that the lesson saved.
    """
    prepare_torch(0)
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    from helpers.models.torch_models import convolutional_encoder
    from helpers.models.training import encode

    digits = load_dataset(DATASET)
    images = digits.test_images[:POINTS]
    untrained = convolutional_encoder().eval()
    path = encoder_path("contrastive", digits, ".pt", **CONTRASTIVE)
    trained = load_encoder(convolutional_encoder(), path)
    features = [encode(encoder, images) for encoder in (untrained, trained)]
    ways = {"pca": PCA(2, random_state=0), "tsne": TSNE(2, init="pca", random_state=0)}
    maps = {
        name: np.stack([_unit_square(way.fit_transform(rows)) for rows in features])
        for name, way in ways.items()
    }
    return _write("features", **maps)


def _unit_square(points: np.ndarray) -> np.ndarray:
    """Scale both axes alike, so that distances keep their proportions."""
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    return ((points - middle) / np.ptp(points, axis=0).max() + 0.5).astype(np.float16)


def _write(name: str, **arrays: np.ndarray) -> Path:
    with written_whole(FOLDER / f"{name}.npz") as temporary:
        np.savez_compressed(temporary, **arrays)
    return FOLDER / f"{name}.npz"


COMMANDS: dict[str, Callable[[], Path]] = {"rotation": write_rotation, "features": write_features}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"name one of: {', '.join(COMMANDS)}")
    print(COMMANDS[sys.argv[1]]())
