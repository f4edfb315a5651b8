"""What lessons hand to each other: encoders, each under a name that holds all that decided it."""

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.lesson.files import build_folder, written_whole

if TYPE_CHECKING:
    from helpers.data import ImageDataset

CONVOLUTIONAL_LAYER = "convolutional"
LAST_LAYER = "last"
# The layers whose features lessons compare (both convolutions, flattened; the dense layer), and
# what their tables call them.
LAYERS = {CONVOLUTIONAL_LAYER: "convolutions", LAST_LAYER: "last layer"}
CHECKSUM_DIGITS = 8  # in the name of an encoder
TRAINING_IMAGES = 4000  # of the first of these, labels are drawn


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
