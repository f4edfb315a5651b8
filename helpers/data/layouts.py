"""Layouts: by which names four files in a folder, or four arrays in an archive, make a data set.

Only names are looked at here, and only in a few folders; ``readers`` says what is in the files.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """What the makers of a data set call its four parts, with ``{}`` for training or test."""

    images: str
    labels: tuple[str, ...]  # any of these
    test: str = "test"
    transposed: bool = False  # whether rows and columns of the images are exchanged

    def names(self) -> dict[str, tuple[str, ...]]:
        """Return, by part, the names that it may have."""
        return {
            f"{half}_{kind}": tuple(pattern.format(word) for pattern in patterns)
            for half, word in (("train", "train"), ("test", self.test))
            for kind, patterns in (("images", (self.images,)), ("labels", self.labels))
        }

    def missing(self, there: Collection[str]) -> list[str]:
        """Return a name for each part that none of the names ``there`` stands for."""
        return [names[0] for names in self.names().values() if not set(names) & set(there)]


def plain_name(name: str) -> str:
    """Write a file's name as all its spellings have in common.

    >>> plain_name("TRAIN-IMAGES.IDX3-UBYTE.gz")
    'train-images-idx3-ubyte'
    """
    return name.lower().removesuffix(".gz").replace(".", "-")


IDX = Layout("{}-images-idx3-ubyte", ("{}-labels-idx1-ubyte",), test="t10k")
EMNIST = tuple(
    Layout(
        f"emnist-{split}-{{}}-images-idx3-ubyte",
        (f"emnist-{split}-{{}}-labels-idx1-ubyte",),
        transposed=True,
    )
    for split in ("balanced", "byclass", "bymerge", "digits", "letters", "mnist")
)
QMNIST = Layout(
    "qmnist-{}-images-idx3-ubyte", ("qmnist-{}-labels-idx2-int", "qmnist-{}-labels-idx1-ubyte")
)
KMNIST = Layout("kmnist-{}-imgs.npz", ("kmnist-{}-labels.npz",))
K49 = Layout("k49-{}-imgs.npz", ("k49-{}-labels.npz",))
FOLDERS = (IDX, *EMNIST, QMNIST, KMNIST, K49)
ARCHIVES = (
    Layout("{}_images", ("{}_labels",)),  # the course's own and MedMNIST's
    Layout("x_{}", ("y_{}",)),  # Keras'
)
FILE_NAMES = {
    plain_name(name): name
    for layout in FOLDERS
    for names in layout.names().values()
    for name in names
}
# torchvision keeps its files in root/MNIST/raw, root/FashionMNIST/raw and so on.
BELOW = ("raw", *(f"{name}MNIST/raw" for name in ("", "Fashion", "K", "E", "Q")))
SHOWN = 6


@dataclass(frozen=True)
class Found:
    """Where a data set lies: in the files of a folder, by part, or in one archive.

    Several files of one part are copies, to be read and compared.
    """

    place: Path  # the folder that holds the files, or the archive
    files: dict[str, list[Path]]
    layout: Layout | None = None  # None for an archive

    @property
    def source(self) -> str:
        """The name of the place, without ``.npz``; of ``MNIST/raw`` it is ``MNIST``."""
        if self.layout is None:
            return self.place.stem
        return (self.place.name == "raw" and self.place.parent.name) or self.place.name


def find_dataset(path: Path) -> Found:
    """Look, at a path from ``full_path``, for the one data set that is there.

    A ``FileNotFoundError`` says what is missing, a ``ValueError`` that there are several or that
    the operating system refuses.
    """
    if path.is_file():
        return Found(path, {"archive": [path]})
    if not path.is_dir():
        raise FileNotFoundError(
            f"there is no ordinary file or folder at {path}: give one that is there"
        )
    with refusals_in_one_line(path):
        by_place = {path: _files_by_name(path)}
        for place in (path / below for below in BELOW):
            if place.is_dir():
                by_place[place] = _files_by_name(place)
        lacks, nearest = min(
            ((layout.missing(files), at) for at, files in by_place.items() for layout in FOLDERS),
            key=lambda candidate: len(candidate[0]),
        )
        there = sorted(file.name for file in nearest.iterdir()) if lacks else []
    if lacks:
        raise FileNotFoundError(
            f"{nearest} lacks {', '.join(lacks)} (plain or .gz); it holds: {listed(there)}. "
            "Give the folder that holds all four files of MNIST, Fashion-MNIST, EMNIST, QMNIST or "
            "KMNIST, under the names they come with, a folder of pictures, or an .npz file"
        )
    found = [
        Found(place, _by_part(layout, files), layout)
        for place, files in by_place.items()
        for layout in FOLDERS
        if not layout.missing(files)
    ]
    if len(found) > 1:
        raise _several(path, found)
    return found[0]


def full_path(path: str | os.PathLike[str]) -> Path:
    """Return a path without ``~``, links or relative parts.

    A ``ValueError`` says why there can be none: for example no home folder, or too long a name.
    """
    try:
        full = Path(path).expanduser().resolve()
        full.exists()
    except (OSError, RuntimeError, ValueError) as error:
        shown = repr(str(path))
        shown = shown if len(shown) < 100 else f"{shown[:100]}...'"
        reason = getattr(error, "strerror", None) or error
        raise ValueError(
            f"the path {shown} cannot be followed ({reason}): give the full path of a folder or an "
            ".npz file that you may read"
        ) from None
    return full


def listed(names: list[str]) -> str:
    """Join the first of some names, or say that there are none."""
    shown = (name if name.isprintable() else repr(name) for name in names[:SHOWN])
    return ", ".join(shown) + (", ..." if len(names) > SHOWN else "") or "nothing"


@contextmanager
def refusals_in_one_line(path: Path) -> Iterator[None]:
    """Say in a ``ValueError`` with a remedy what the operating system refuses to read."""
    try:
        yield
    except OSError as error:
        raise ValueError(
            f"{error.filename or path} cannot be read ({error.strerror or error}): ask its owner "
            "for the permission, or copy it to a folder of your own"
        ) from None


def _files_by_name(place: Path) -> dict[str, list[Path]]:
    """Return the files that layouts know, each in the folder or in a folder of its own name."""
    found = {}
    for path in sorted(path for path in place.iterdir() if plain_name(path.name) in FILE_NAMES):
        name = plain_name(path.name)
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        files = [file for file in inside if plain_name(file.name) == name and file.is_file()]
        found.setdefault(FILE_NAMES[name], []).extend(files)
    return {name: files for name, files in found.items() if files}


def _by_part(layout: Layout, files: dict[str, list[Path]]) -> dict[str, list[Path]]:
    return {
        part: [file for name in names for file in files.get(name, [])]
        for part, names in layout.names().items()
    }


def _several(path: Path, found: list[Found]) -> ValueError:
    firsts = (one.files["train_images"][0].relative_to(path).as_posix() for one in found)
    shared = len({one.place for one in found}) < len(found)
    remedy = (
        "move the four files of one into a folder of its own, and give that"
        if shared
        else "give the folder of one of them"
    )
    return ValueError(f"{path} holds {len(found)} data sets, with {', '.join(firsts)}: {remedy}")
