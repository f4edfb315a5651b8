"""Data sets of small images: three bundled, two fetched when asked for, and your own files."""

import difflib
import hashlib
import os
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from helpers.data.downloads import PUBLISHED, downloaded
from helpers.data.folders import holds_pictures, picture_files, read_folder
from helpers.data.layouts import find_dataset, full_path
from helpers.data.readers import read_dataset
from helpers.lesson.files import DATA_FOLDER

BUNDLED = {
    "mnist-5k": "mnist_5k.npz",
    "fashion-mnist-20k": "fashion_mnist_20k.npz",
    "emoji-48": "emoji_48.npz",
}
LEAST_IMAGES = {"training": 1000, "test": 250}  # of a data set that lessons compare
LEAST_OF_CLASS = {"training": 10, "test": 2}  # of them in every class
LEAST_SIDE = 10  # pixels: below, two convolutions with pooling leave nothing
LEAST_WHITE = 64  # a part whose brightest pixel is darker was hardly stored from 0 to 255
PICTURE_SIDE = 28  # of pictures from a folder, so that they go with the bundled sets
MOST_CLASSES = 256  # where nothing names them, unless there are more images


@dataclass(frozen=True, eq=False, repr=False)
class ImageDataset:
    """Images with labels, in a training and a test part; what is unsound is refused.

    Images are uint8, from 0 (black) to 255 (white): ``(n, height, width)`` if they are grey,
    ``(n, height, width, 3)`` if they are red, green and blue. Labels ``(n,)`` are
    indices into ``class_names``; any integer dtype is taken and kept as int64, which both
    frameworks accept and in which differences do not wrap round. ``source`` says where the images
    come from, for example ``"mnist-5k"``, and names the folder for what is made from them.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    class_names: tuple[str, ...]
    source: str

    def __post_init__(self) -> None:
        if self.source in ("", ".", "..") or set(self.source) & set("/\\"):
            raise ValueError(f"source {self.source!r} cannot name a folder: use a plain name")
        for part in ("train", "test"):
            images, labels = getattr(self, f"{part}_images"), getattr(self, f"{part}_labels")
            if not isinstance(images, np.ndarray) or not isinstance(labels, np.ndarray):
                raise ValueError(
                    f"{part}_images and {part}_labels must be NumPy arrays, got "
                    f"{type(images).__name__} and {type(labels).__name__}: use np.asarray"
                )
            check_images(images, f"{part}_images")
        _check_names(self.class_names)
        for part in ("train", "test"):
            images, labels = getattr(self, f"{part}_images"), getattr(self, f"{part}_labels")
            _check_labels(labels, f"{part}_labels", len(images), len(self.class_names))
            object.__setattr__(self, f"{part}_labels", labels.astype(np.int64))
        if self.train_images.ndim != self.test_images.ndim:
            raise ValueError(
                "one of train_images and test_images is grey and the other in colour: bring both "
                "to grey"
            )
        if self.train_images.shape[1:] != self.test_images.shape[1:]:
            raise ValueError(
                f"train_images are {_size(self.train_images)} pixels and test_images "
                f"{_size(self.test_images)}: resize one of them, so that all are alike"
            )

    @cached_property
    def checksum(self) -> str:
        """The SHA-256, in hexadecimal, of all images, labels and class names."""
        digest = hashlib.sha256(repr(self.class_names).encode())
        for name in ("train_images", "train_labels", "test_images", "test_labels"):
            array = np.ascontiguousarray(getattr(self, name))
            digest.update(f"{array.shape}".encode() + array.tobytes())
        return digest.hexdigest()

    def __repr__(self) -> str:
        return (
            f"{self.source}: {len(self.train_images):,} training and {len(self.test_images):,} "
            f"test images of {_size(self.train_images)} pixels, {len(self.class_names)} classes "
            f"({', '.join(self.class_names)})"
        )


def dataset_files(path: str | os.PathLike[str]) -> list[Path]:
    """Return the files that ``load_dataset`` would read from a path, always in the same order.

    Only names are looked at. A ``FileNotFoundError`` or ``ValueError`` says in one line why there
    is no data set; whether the files are sound shows only when they are read.
    """
    place = full_path(path)
    if _is_of_pictures(place):
        return picture_files(place)
    return [file for files in find_dataset(place).files.values() for file in files]


def load_dataset(name_or_path: str | os.PathLike[str] = "mnist-5k") -> ImageDataset:
    """Load a data set by its name, or from your own files.

    >>> data = load_dataset("mnist-5k")
    >>> data.train_images.shape, data.train_images.dtype, data.class_names[:3]
    ((4000, 28, 28), dtype('uint8'), ('0', '1', '2'))

    ``"mnist-5k"`` and ``"fashion-mnist-20k"`` come with the course, and ``"emoji-48"``, drawings in
    colour of 48 × 48 pixels (``load_drawings`` says which show the same thing). ``"mnist"`` and
    ``"fashion-mnist"``, the full sets, are downloaded once and then found in ``cache_folder()``. A
    path leads to an ``.npz`` file, to a folder of files, as ``layouts`` lists them, or to a folder
    of pictures: these become grey images of 28 × 28 pixels, and a report is printed; use
    ``read_folder`` for other sizes and for colour. A name wins over a folder of the same name:
    write ``"./mnist"`` for the folder.

    ``source`` becomes the name, or the last part of the path without ``.npz``; of files in
    ``MNIST/raw`` it is ``"MNIST"``, of a file of yours called like a set of the course
    ``"own mnist-5k"``. Where nothing names the classes, they are called by their numbers, from the
    lowest label to the highest of the training labels: the labels 1 to 26 become the indices 0 to
    25 into ``("1", ..., "26")``. What is missing raises a ``FileNotFoundError``; what is unknown,
    ambiguous, damaged or unsound, a ``ValueError``.
    """
    name = str(name_or_path)
    source = name
    if name in PUBLISHED:
        found = downloaded(name)
    elif name in BUNDLED:
        found = find_dataset(bundled_file(name))
    else:
        path = full_path(name_or_path)
        if not name.strip() or not path.exists():
            raise _nothing_there(name_or_path, path)
        if _is_of_pictures(path):
            return _grey_pictures(path)
        found = find_dataset(path)
        source = _own(found.source)
    arrays, class_names = read_dataset(found)
    try:
        if name in PUBLISHED:
            class_names = PUBLISHED[name].class_names
        elif class_names is None:
            class_names = _numbered(arrays)
        return ImageDataset(**arrays, class_names=class_names, source=source)
    except ValueError as error:
        raise ValueError(f"{found.place}: {error}") from None


def bundled_file(name: str) -> Path:
    """Return the file of a data set that comes with the course."""
    path = DATA_FOLDER / BUNDLED[name]
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing, though it comes with the course: restore it with "
            f"'git checkout -- data/{path.name}', or clone the course again"
        )
    return path


def load_pair(first: str | Path, second: str | Path) -> tuple[ImageDataset, ImageDataset]:
    """Load the two data sets that a lesson compares, or say in a ``ValueError`` why it cannot.

    >>> digits, clothes = load_pair("mnist-5k", "fashion-mnist-20k")

    They are two, and their images squares of one size, as the networks and the rotations need.
    What is in colour becomes what a folder of pictures does, grey and of 28 × 28 pixels. They
    are large enough for what lessons hold back: 1,000 images to train on, 250 to test on. Lessons
    take the first images for a random sample, so files of yours that are sorted by class are
    shuffled, always in the same way, which a printed line says.
    """
    pair = tuple(_small_and_grey(load_dataset(name)) for name in (first, second))
    for data in pair:
        _check_for_lessons(data)
    sources = [data.source for data in pair]
    if sources[0] == sources[1]:
        raise ValueError(f"dataset and second_dataset are both {sources[0]!r}: choose two")
    if pair[0].checksum == pair[1].checksum:
        raise ValueError(f"{sources[0]} and {sources[1]} hold the same images: choose two sets")
    sizes = [_size(data.train_images) for data in pair]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"{sources[0]} has images of {sizes[0]} pixels and {sources[1]} of {sizes[1]}: choose "
            "two of one size, or resize one of them"
        )
    if not {*sources} <= {*BUNDLED, *PUBLISHED} - {"emoji-48"}:
        print(f"Where the text says digits, read {sources[0]}; for clothes, read {sources[1]}.")
    return _shuffled_if_sorted(pair[0]), _shuffled_if_sorted(pair[1])


def _own(source: str) -> str:
    """Tell files of one's own from the course's, to whose names stored results belong."""
    return f"own {source}" if source in (*BUNDLED, *PUBLISHED) else source


def _is_of_pictures(path: Path) -> bool:
    """Tell whether a folder holds pictures, and no data set in four files."""
    if not path.is_dir():
        return False
    try:
        find_dataset(path)
    except FileNotFoundError:
        return holds_pictures(path)
    except ValueError:  # several data sets, or no permission
        return False
    return False


def _grey_pictures(path: Path) -> ImageDataset:
    """Read a folder of pictures as the lessons take images: small, grey, each with a label."""
    pictures = read_folder(path, size=PICTURE_SIDE)
    print(pictures.report())
    images = pictures.images
    if images.ndim == 4:
        print("Their colours are brought to grey here: these lessons take grey images.")
        images = _as_small_and_grey(images)
    labelled = pictures.labels >= 0
    if not labelled.any():
        raise ValueError(
            f"{path} has pictures and no labels: put those of each class into a sub-folder, or "
            "name them in labels.csv (file,label)"
        )
    train, test = labelled & ~pictures.test, labelled & pictures.test
    return ImageDataset(
        images[train],
        pictures.labels[train],
        images[test],
        pictures.labels[test],
        pictures.class_names,
        _own(path.name),
    )


def _small_and_grey(data: ImageDataset) -> ImageDataset:
    """Bring a data set in colour to what the lessons take."""
    if data.train_images.ndim == 3:
        return data
    print(
        f"{data.source} is in colour, {_size(data.train_images)} pixels: brought here to grey and "
        f"{PICTURE_SIDE} × {PICTURE_SIDE}, which these lessons take."
    )
    return replace(
        data,
        train_images=_as_small_and_grey(data.train_images),
        test_images=_as_small_and_grey(data.test_images),
    )


def _as_small_and_grey(images: np.ndarray) -> np.ndarray:
    side = (PICTURE_SIDE, PICTURE_SIDE)
    grey = (Image.fromarray(image).convert("L") for image in images)
    return np.stack([np.asarray(ImageOps.fit(one, side, Image.Resampling.LANCZOS)) for one in grey])


def _check_for_lessons(data: ImageDataset) -> None:
    """Refuse what would stop a lesson half way, or give wrong numbers in silence."""
    parts = {
        "training": (data.train_images, data.train_labels),
        "test": (data.test_images, data.test_labels),
    }
    for part, (images, labels) in parts.items():
        if len(images) < LEAST_IMAGES[part]:
            raise ValueError(
                f"{data.source} has {len(images):,} {part} images, and the lessons need at "
                f"least {LEAST_IMAGES[part]:,}: choose a larger data set"
            )
        if images.max() < LEAST_WHITE:
            raise ValueError(
                f"the brightest pixel of {data.source}'s {part} images is {images.max()}, but "
                "white is 255: bring them into the range from 0 to 255"
            )
        counts = np.bincount(labels, minlength=len(data.class_names))
        rarest = int(counts.argmin())
        if counts[rarest] < LEAST_OF_CLASS[part]:
            raise ValueError(
                f"class {data.class_names[rarest]!r} of {data.source} has {counts[rarest]} {part} "
                f"images, and the lessons need at least {LEAST_OF_CLASS[part]} of every class: "
                "add some, or leave the class out and count the others from 0"
            )
    height, width = data.train_images.shape[1:]
    if height != width:
        raise ValueError(
            f"{data.source} has images of {_size(data.train_images)} pixels, and the lessons "
            "need squares: crop or pad them"
        )
    if height < LEAST_SIDE:
        raise ValueError(
            f"{data.source} has images of {_size(data.train_images)} pixels, and the networks "
            f"need at least {LEAST_SIDE} × {LEAST_SIDE}: enlarge or pad them"
        )
    seen = {image.tobytes() for image in data.train_images}
    copies = sum(image.tobytes() in seen for image in data.test_images)
    if 2 * copies > len(data.test_images):
        raise ValueError(
            f"{copies:,} of {data.source}'s {len(data.test_images):,} test images are training "
            "images too: test on others"
        )


def _shuffled_if_sorted(data: ImageDataset) -> ImageDataset:
    if not (_is_sorted(data.train_labels) or _is_sorted(data.test_labels)):
        return data
    print(f"{data.source} is sorted by class: its images are shuffled here.")
    generator = np.random.default_rng(0)
    train, test = (generator.permutation(len(x)) for x in (data.train_labels, data.test_labels))
    return replace(
        data,
        train_images=data.train_images[train],
        train_labels=data.train_labels[train],
        test_images=data.test_images[test],
        test_labels=data.test_labels[test],
    )


def _is_sorted(labels: np.ndarray) -> bool:
    """Tell whether neighbours share their class far more often than chance would have it."""
    by_chance = np.square(np.bincount(labels) / len(labels)).sum()
    return np.mean(labels[1:] == labels[:-1]) > (1 + by_chance) / 2


def check_images(images: np.ndarray, name: str = "images") -> None:
    """Raise a ``ValueError`` unless images are uint8, of a shape that ``ImageDataset`` takes."""
    if images.dtype != np.uint8:
        fractions = images.dtype.kind in "bf" and images.size and images.max() <= 1
        fractions = fractions and images.min() >= 0
        remedy = "multiply by 255, round and" if fractions else "bring them into that range and"
        raise ValueError(
            f"{name} are {images.dtype}, but images must be uint8 from 0 to 255: {remedy} "
            "convert them with .astype('uint8')"
        )
    if images.ndim != 3 and (images.ndim != 4 or images.shape[3] != 3):
        raise ValueError(
            f"{name} have shape {images.shape}, but images must be (n, height, width) if grey or "
            "(n, height, width, 3) if in colour: reshape rows of pixels, bring colours to the end"
        )
    if images.size == 0:
        raise ValueError(f"{name} are empty, of shape {images.shape}: a data set needs images")


def _check_names(names: tuple[str, ...]) -> None:
    for name, count in Counter(names).items():
        if count > 1 or not name.strip():
            wrong = f"the name {name!r} twice" if name.strip() else "an empty name"
            raise ValueError(f"class_names hold {wrong}: give every class a name of its own")


def _check_labels(labels: np.ndarray, name: str, images: int, classes: int) -> None:
    if labels.dtype.kind not in "iu" or labels.ndim != 1:
        several = ", not several columns" if labels.ndim > 1 else ""
        raise ValueError(
            f"{name} are {labels.dtype} of shape {labels.shape}, but labels must be integers of "
            f"shape (n,): one class number for each image{several}"
        )
    if len(labels) != images:
        raise ValueError(
            f"{name} hold {len(labels):,} labels for {images:,} images: every image needs exactly "
            "one; check that both come from the same data set and are complete"
        )
    if labels.min() < 0:
        raise ValueError(
            f"{name} hold the label {labels.min()}, but classes count from 0: number them so, and "
            "leave out images without a label"
        )
    wrong = labels[labels >= classes]
    if wrong.size:
        raise ValueError(
            f"{name} hold the label {wrong[0]}, but the {classes} class names only allow 0 to "
            f"{classes - 1}: correct the labels or name every class"
        )


def _numbered(arrays: dict[str, np.ndarray]) -> tuple[str, ...]:
    """Name the classes by their numbers, and count the labels from the lowest.

    What is no label at all is left for the data set to refuse.
    """
    train, test = arrays["train_labels"], arrays["test_labels"]
    if any(labels.dtype.kind not in "iu" or not labels.size for labels in (train, test)):
        return ()
    lowest = max(0, min(int(train.min()), int(test.min())))
    highest = int(train.max())
    if highest - lowest >= max(MOST_CLASSES, len(train)):
        raise ValueError(
            f"train_labels go from {lowest} to {highest}, too far for class numbers: count the "
            "classes from 0, or save class_names beside them"
        )
    for part in ("train_labels", "test_labels"):
        arrays[part] = arrays[part] - lowest
    return tuple(map(str, range(lowest, highest + 1)))


def _size(images: np.ndarray) -> str:
    return f"{images.shape[1]} × {images.shape[2]}"


def _nothing_there(name_or_path: str | os.PathLike[str], path: Path) -> Exception:
    name = str(name_or_path)
    names = [*BUNDLED, *PUBLISHED]
    choices = f"{', '.join(names)}, a folder of pictures or of IDX files, or an .npz file"
    if not isinstance(name_or_path, str) or path.suffix or set(name) & set("/\\~"):
        return FileNotFoundError(f"there is no file or folder at {path}: give one of {choices}")
    nearest = difflib.get_close_matches(name.lower().replace("_", "-"), names, n=1)
    question = f"did you mean {nearest[0]!r}? " if nearest else ""
    return ValueError(f"unknown data set {name!r}: {question}There are {choices}")
