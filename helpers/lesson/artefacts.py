"""What lessons hand to each other: encoders by a telling name, features as plain arrays."""

import json
import pickle
import zipfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from helpers.lesson.files import build_folder, written_whole

if TYPE_CHECKING:
    from helpers.data import ImageDataset

# The layers whose features lessons compare: both convolutions, flattened; and the dense layer.
CONVOLUTIONAL_LAYER = "convolutional"
LAST_LAYER = "last"
LAYERS = (CONVOLUTIONAL_LAYER, LAST_LAYER)
TRAINING_IMAGES = 4000


@dataclass(frozen=True)
class FeatureSet:
    """What one encoder makes of a data set, with what it cost to get there.

    Attributes
    ----------
    method, layer, dataset : str
        For example ``"rotation"``, one of ``LAYERS``, and ``ImageDataset.source``.
    seed, unlabelled_images, seconds
        Of the pre-training.
    train, test : numpy.ndarray
        float32 of shape ``(n, d)``, in the data's order: the first ``TRAINING_IMAGES`` training
        images (all, if there are fewer), and every test image.
    """

    method: str
    layer: str
    dataset: str
    seed: int
    unlabelled_images: int
    seconds: float
    train: np.ndarray
    test: np.ndarray


def encoder_path(method: str, dataset: str, suffix: str, **settings: int | float | str) -> Path:
    """Return where an encoder lies, under a name that holds all that decided its weights.

    ``encoder_path("rotation", "mnist-5k", ".keras", images=1000, seed=0)`` is
    ``build/encoders/rotation_mnist-5k_images-1000_seed-0.keras``. PyTorch's files end in ``.pt``.
    """
    parts = [method, dataset, *(f"{name}-{value}" for name, value in settings.items())]
    return build_folder() / "encoders" / ("_".join(parts) + suffix)


def save_encoder(encoder: Any, path: Path) -> None:
    """Write a Keras model (``.keras``) or a PyTorch module's weights (``.pt``), whole or not."""
    with written_whole(path) as temporary:
        if path.suffix == ".keras":
            encoder.save(temporary)
        else:
            import torch

            torch.save(encoder.state_dict(), temporary)


def load_encoder(encoder: Any, path: Path) -> Any:
    """Give an encoder, built as it was saved, the weights of a file; no code of the file is run.

    Returns the same encoder, a PyTorch module in evaluation mode.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds no weights, or those of another architecture.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no encoder at {path}: run the lesson that saves it first")
    load = _load_keras if path.suffix == ".keras" else _load_torch
    return load(encoder, path)


def features_path(dataset: str, method: str, layer: str) -> Path:
    """Return where the features of one method and layer lie: ``build/features/<dataset>/``."""
    return build_folder() / "features" / dataset / f"{method}_{layer}.npz"


def save_features(features: FeatureSet) -> Path:
    """Write a feature set as an ``.npz`` file without pickles, and return its path.

    Raises
    ------
    ValueError
        If the arrays are not of shapes ``(n, d)`` with one ``d``, or not finite.
    """
    _check_arrays(features)
    arrays = {"train", "test"}
    description = {key: value for key, value in asdict(features).items() if key not in arrays}
    path = features_path(features.dataset, features.method, features.layer)
    with written_whole(path) as temporary:
        np.savez(
            temporary,
            train=features.train.astype(np.float32),
            test=features.test.astype(np.float32),
            description=np.array(json.dumps(description)),
        )
    return path


def load_features(path: Path) -> FeatureSet:
    """Read a feature set that ``save_features`` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a feature set.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no features at {path}: run the lesson that saves them first")
    try:
        with np.load(path, allow_pickle=False) as archive:
            description = json.loads(str(archive["description"]))
            return FeatureSet(**description, train=archive["train"], test=archive["test"])
    except (KeyError, TypeError, ValueError, OSError) as error:
        expected = ", ".join(field.name for field in fields(FeatureSet))
        raise ValueError(f"{path} is not a feature set (expected {expected}): {error}") from error


def find_features(data: "ImageDataset", method: str, layer: str) -> FeatureSet | None:
    """Load what a lesson saved of one method and layer; None if there is no such file.

    Raises
    ------
    ValueError
        If the file is not a feature set, or ``check_feature_set`` refuses it.
    """
    path = features_path(data.source, method, layer)
    if not path.is_file():
        return None
    features = load_features(path)
    if (features.method, features.layer) != (method, layer):
        raise ValueError(
            f"{path.name} says that it holds {features.method}, {features.layer} layer: "
            "delete it and run its lesson again"
        )
    check_feature_set(features, data)
    return features


def check_feature_set(features: FeatureSet, data: "ImageDataset") -> None:
    """Raise a ``ValueError`` unless features can be read with the labels of a data set."""
    name = _name(features)
    if features.dataset != data.source:
        raise ValueError(f"features of {name} belong to {features.dataset!r}, not {data.source!r}")
    _check_arrays(features)
    expected = {
        "train": min(TRAINING_IMAGES, len(data.train_images)),
        "test": len(data.test_images),
    }
    for part, rows in expected.items():
        found = len(getattr(features, part))
        if found != rows:
            raise ValueError(
                f"{part} features of {name} have {found} rows, but {data.source} has {rows} "
                f"{part} images to match: run the lesson that saves them again"
            )


def _check_arrays(features: FeatureSet) -> None:
    name = _name(features)
    for part in ("train", "test"):
        array: np.ndarray = getattr(features, part)
        if array.ndim != 2:
            raise ValueError(
                f"{part} features of {name} must have two dimensions, (images, dimensions), "
                f"got shape {array.shape}"
            )
        broken = np.flatnonzero(~np.isfinite(array).all(axis=1))
        if len(broken):
            raise ValueError(
                f"{part} features of {name} on {features.dataset} contain NaN or infinity in "
                f"{len(broken)} of {len(array)} rows, first in row {broken[0]}"
            )
    columns = features.train.shape[1], features.test.shape[1]
    if columns[0] != columns[1]:
        raise ValueError(
            f"train features of {name} have {columns[0]} numbers per row and test features "
            f"{columns[1]}: both must come from the same encoder"
        )


def _name(features: FeatureSet) -> str:
    return f"{features.method} ({features.layer} layer)"


def _load_keras(encoder: Any, path: Path) -> Any:
    try:
        encoder.load_weights(path)
    except (ValueError, OSError, KeyError, zipfile.BadZipFile) as error:
        raise _not_an_encoder("Keras", path) from error
    return encoder


def _load_torch(encoder: Any, path: Path) -> Any:
    import torch

    try:
        weights = torch.load(path, weights_only=True)
    except (RuntimeError, ValueError, KeyError, EOFError, pickle.UnpicklingError) as error:
        raise _not_an_encoder("PyTorch", path) from error
    try:
        encoder.load_state_dict(weights)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} holds the weights of another architecture: build the encoder as it was saved"
        ) from error
    return encoder.eval()


def _not_an_encoder(framework: str, path: Path) -> ValueError:
    return ValueError(f"{path} is not a saved {framework} encoder: delete it and train again")
