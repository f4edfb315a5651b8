"""What lessons hand to each other: encoders by a telling name, features as plain arrays."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from helpers.files import build_folder, written_whole


@dataclass(frozen=True)
class FeatureSet:
    """What one encoder makes of a data set, with what it cost to get there.

    Attributes
    ----------
    method : str
        Name of the method, for example ``"rotation"``.
    layer : str
        Which layer the features are read from: ``"convolutional"`` or ``"last"``.
    dataset : str
        Source of the images, as in ``ImageDataset.source``.
    seed : int
        Seed of the pre-training.
    unlabelled_images : int
        Number of images the pre-training saw.
    seconds : float
        Time the pre-training took.
    train : numpy.ndarray
        Features of the first training images, float32 of shape ``(n_train, d)``, in the data's
        order.
    test : numpy.ndarray
        Features of the test images, float32 of shape ``(n_test, d)``.
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

    A lesson that finds this very file may use it; any other setting is another file.

    Parameters
    ----------
    method, dataset : str
        For example ``"rotation"`` and ``"mnist-5k"``.
    suffix : str
        The framework's file type: ``".keras"`` or ``".pt"``.
    **settings : int, float or str
        What else decided the weights, for example ``images=1000, epochs=5, seed=0``.

    Returns
    -------
    pathlib.Path
        ``build/encoders/rotation_mnist-5k_images-1000_epochs-5_seed-0.keras``, for example.
    """
    parts = [method, dataset, *(f"{name}-{value}" for name, value in settings.items())]
    return build_folder() / "encoders" / ("_".join(parts) + suffix)


def features_path(dataset: str, method: str, layer: str) -> Path:
    """Return where the features of one method and layer lie: ``build/features/<dataset>/``."""
    return build_folder() / "features" / dataset / f"{method}_{layer}.npz"


def save_features(features: FeatureSet) -> Path:
    """Write a feature set as an ``.npz`` file without pickles, and return its path.

    Raises
    ------
    ValueError
        If the arrays are not two-dimensional with the same number of columns, or not finite.
    """
    if features.train.ndim != 2 or features.test.ndim != 2:
        raise ValueError("features must have two dimensions: (images, dimensions)")
    if features.train.shape[1] != features.test.shape[1]:
        raise ValueError(
            f"train features have {features.train.shape[1]} columns, "
            f"but test features have {features.test.shape[1]}"
        )
    if not (np.isfinite(features.train).all() and np.isfinite(features.test).all()):
        raise ValueError(f"features of {features.method!r} contain NaN or infinity")
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
