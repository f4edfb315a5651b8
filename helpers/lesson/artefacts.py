"""What lessons hand to each other: encoders and features, each with all that decided it."""

import io
import json
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from helpers.lesson.files import build_folder, written_whole

if TYPE_CHECKING:
    from helpers.data import ImageDataset

CONVOLUTIONAL_LAYER = "convolutional"
LAST_LAYER = "last"
# The layers whose features lessons compare (both convolutions, flattened; the dense layer), and
# what their tables call them.
LAYERS = {CONVOLUTIONAL_LAYER: "convolutions", LAST_LAYER: "last layer"}
UNREADABLE = (OSError, EOFError, zipfile.BadZipFile, zlib.error)  # what np.load raises
CHECKSUM_DIGITS = 8  # in the name of an encoder
TRAINING_IMAGES = 4000  # of the first of these, features are saved and labels are drawn


@dataclass(frozen=True)
class FeatureSet:
    """What one encoder makes of a data set, with what its pre-training cost.

    Features are float32 of shape ``(n, d)``, in the data's order: of the first ``TRAINING_IMAGES``
    training images (all, if there are fewer), and of every test image.
    """

    method: str  # for example "rotation"
    layer: str  # one of LAYERS
    dataset: str  # ImageDataset.source
    checksum: str  # ImageDataset.checksum, since two data sets may have one name
    encoder: str  # the name that encoder_path gives it, which tells the settings
    seed: int
    unlabelled_images: int
    seconds: float
    train: np.ndarray
    test: np.ndarray

    def __str__(self) -> str:
        return f"{self.method} ({self.layer} layer)"


def encoder_path(
    method: str, data: "ImageDataset", suffix: str, **settings: int | float | str
) -> Path:
    """Return where an encoder lies, under a name that holds all that decided its weights.

    Of the data these are the name and the first digits of the checksum. PyTorch's files end in
    ``.pt``. All lie in ``encoders/`` of ``build_folder()``.

    >>> from helpers.data import load_dataset
    >>> digits = load_dataset("mnist-5k")
    >>> encoder_path("rotation", digits, ".keras", images=1000, seed=0).name
    'rotation_mnist-5k-5dd1df7d_images-1000_seed-0.keras'
    """
    content = f"{data.source:.40}-{data.checksum[:CHECKSUM_DIGITS]}"
    parts = [method, content, *(f"{name}-{value}" for name, value in settings.items())]
    return build_folder() / "encoders" / ("_".join(parts) + suffix)


def save_encoder(encoder: Any, path: Path) -> None:
    """Write a Keras model (``.keras``) or a PyTorch module's weights (``.pt``), whole or not.

    The file knows its name, so that it is not taken for another's once it is renamed.
    """
    with written_whole(path) as temporary:
        if path.suffix == ".keras":
            encoder.save(temporary)
        else:
            import torch

            torch.save(encoder.state_dict(), temporary)
        with zipfile.ZipFile(temporary, "a") as archive:
            archive.comment = path.name.encode()


def load_encoder(encoder: Any, path: Path) -> Any:
    """Give an encoder, built as it was saved, the weights of a file; no code of the file is run.

    Returns the same encoder, a PyTorch module in evaluation mode. A file that is damaged, was saved
    under another name, or holds the weights of another architecture, raises a ``ValueError`` and
    leaves the encoder as it was.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no encoder at {path}: run the lesson that saves it first")
    framework, load_if_it_fits = (
        ("Keras", _load_keras) if path.suffix == ".keras" else ("PyTorch", _load_torch)
    )
    with _undamaged(path, framework) as archive:
        saved_as = archive.comment.decode()
    if saved_as != path.name:
        raise ValueError(
            f"{path} was saved as {saved_as!r}, so from other data or with other settings: "
            "run the lesson that saves it"
        )
    if not load_if_it_fits(encoder, path):
        raise ValueError(
            f"{path} holds the weights of another architecture: build the encoder as it was saved"
        )
    return encoder


def saved_methods(lessons_file: Path) -> dict[str, str]:
    """Return, by method, the lesson that saves its features, as ``lessons.yaml`` lists them."""
    described = yaml.safe_load(lessons_file.read_text(encoding="utf-8"))
    return {
        method: lesson
        for lesson, entry in sorted(described.items())
        for method in entry.get("features", [])
    }


def features_path(dataset: str, method: str, layer: str) -> Path:
    """Return where the features of one method and layer lie: in ``features/<dataset>/``."""
    return build_folder() / "features" / dataset / f"{method}_{layer}.npz"


def save_features(features: FeatureSet) -> Path:
    """Write a feature set as an ``.npz`` file without pickles, and return its path.

    It is compressed, in half precision: a third of the room, and a probe does not notice.
    """
    _check_arrays(features)
    with np.errstate(over="ignore"):
        train, test = features.train.astype(np.float16), features.test.astype(np.float16)
    _check_arrays(replace(features, train=train, test=test))
    description = asdict(replace(features, train=None, test=None))
    path = features_path(features.dataset, features.method, features.layer)
    with written_whole(path) as temporary:
        np.savez_compressed(
            temporary, train=train, test=test, description=np.array(json.dumps(description))
        )
    return path


def load_features(path: Path) -> FeatureSet:
    """Read a feature set that ``save_features`` wrote."""
    if not path.is_file():
        raise FileNotFoundError(f"no features at {path}: run the lesson that saves them first")
    try:
        with np.load(path, allow_pickle=False) as archive:
            description = json.loads(str(archive["description"]))
            arrays = {part: archive[part].astype(np.float32) for part in ("train", "test")}
            return FeatureSet(**description | arrays)
    except (*UNREADABLE, KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is damaged, or not of this version of the course: run the lesson that saves "
            f"it again ({error})"
        ) from error


def find_features(data: "ImageDataset", method: str, layer: str) -> FeatureSet | None:
    """Load and check what a lesson saved of one method and layer; None if there is no such file."""
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
    if features.dataset != data.source:
        raise ValueError(
            f"features of {features} belong to {features.dataset!r}, not {data.source!r}"
        )
    if features.checksum != data.checksum:
        raise ValueError(
            f"features of {features} were made from other images or labels than {data.source!r} "
            "has now: run the lesson that saves them again"
        )
    _check_arrays(features)
    train_rows = min(TRAINING_IMAGES, len(data.train_images))
    for part, rows in {"train": train_rows, "test": len(data.test_images)}.items():
        found = len(getattr(features, part))
        if found != rows:
            raise ValueError(
                f"{part} features of {features} have {found} rows, but {data.source} has {rows} "
                f"{part} images to match: run the lesson that saves them again"
            )


def _check_arrays(features: FeatureSet) -> None:
    for part in ("train", "test"):
        array: np.ndarray = getattr(features, part)
        if array.ndim != 2:
            raise ValueError(
                f"{part} features of {features} must have two dimensions, (images, dimensions), "
                f"got shape {array.shape}"
            )
        broken = np.flatnonzero(~np.isfinite(array).all(axis=1))
        if len(broken):
            raise ValueError(
                f"{part} features of {features} on {features.dataset} contain NaN or infinity in "
                f"{len(broken)} of {len(array)} rows, first in row {broken[0]}"
                + (" (numbers over 65,504 cannot be kept)" if array.dtype == np.float16 else "")
            )
    train_columns, test_columns = features.train.shape[1], features.test.shape[1]
    if train_columns != test_columns:
        raise ValueError(
            f"train features of {features} have {train_columns} numbers per row and test features "
            f"{test_columns}: both must come from the same encoder"
        )


def _load_keras(encoder: Any, path: Path) -> bool:
    """Load the weights if the encoder would save its own under the same names and shapes."""
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / path.name
        save_encoder(encoder, own)
        fits = _keras_shapes(own) == _keras_shapes(path)
    if fits:
        encoder.load_weights(path)
    return fits


def _keras_shapes(path: Path) -> dict[str, tuple[int, ...] | None]:
    import h5py  # comes with Keras

    shapes = {}
    with _undamaged(path, "Keras") as archive:
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            file.visititems(lambda name, item: shapes.update({name: getattr(item, "shape", None)}))
        if not any(shapes.values()):
            raise ValueError("it holds no weights")
    return shapes


def _load_torch(encoder: Any, path: Path) -> bool:
    """Load the weights if they have the names and shapes of the encoder's own."""
    import torch

    with _undamaged(path, "PyTorch"):
        weights = torch.load(path, weights_only=True)
    own = encoder.state_dict()
    fits = isinstance(weights, dict) and weights.keys() == own.keys()
    fits = fits and all(getattr(weights[name], "shape", None) == own[name].shape for name in own)
    if fits:
        encoder.load_state_dict(weights)
        encoder.eval()
    return fits


@contextmanager
def _undamaged(path: Path, framework: str) -> Iterator[zipfile.ZipFile]:
    """Open an encoder's file, whose checksums PyTorch itself does not look at."""
    try:
        with zipfile.ZipFile(path) as archive:
            if damaged := archive.testzip():
                raise zipfile.BadZipFile(f"wrong checksum of {damaged}")
            yield archive
    except Exception as error:  # what is damaged may fail anywhere in zipfile, h5py and PyTorch
        raise ValueError(
            f"{path} is not a saved {framework} encoder: delete it and train again"
        ) from error
