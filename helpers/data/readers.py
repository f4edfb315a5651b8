"""Readers of data set files: IDX files and npz archives, checked to the last byte.

They say what a file is; whether its arrays make a sound data set is for ``datasets`` to say, and
which files belong together for ``layouts``.
"""

import gzip
import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from helpers.data.layouts import ARCHIVES, Found, listed, plain_name, refusals_in_one_line

IDX_TYPES = {8: "uint8", 9: "int8", 11: "int16", 12: "int32", 13: "float32", 14: "float64"}
IDX_UINT8 = 8
IDX_INT32 = 12
QMNIST_COLUMNS = 8  # the class, then where the digit comes from
GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")


def read_dataset(found: Found) -> tuple[dict[str, np.ndarray], tuple[str, ...] | None]:
    """Read images and labels as they are stored, and the class names if there are any.

    Images that a layout stores transposed are turned, which a printed line says.
    """
    if found.layout is None:
        return read_npz(found.place)
    arrays = {part: _read_copies(files) for part, files in found.files.items()}
    if found.layout.transposed:
        print("EMNIST stores its images transposed: they are turned upright here.")
        for part in ("train_images", "test_images"):
            arrays[part] = np.ascontiguousarray(arrays[part].transpose(0, 2, 1))
    return arrays, None


def read_idx(path: Path, dimensions: int, kind: int = IDX_UINT8) -> np.ndarray:
    """Read one IDX file of uint8 images (3 dimensions) or labels (1), plain or gzip.

    IDX is two zero bytes, one for the dtype, here ``kind``; one for the number of dimensions; each
    size as a big-endian 32-bit integer; then the values (LeCun, Cortes and Burges, "The MNIST
    database of handwritten digits"). The array can be written to, as PyTorch demands.
    """
    content = _uncompressed(path)
    if len(content) < 4 or content[:2] != b"\x00\x00" or content[2] not in IDX_TYPES:
        raise ValueError(
            f"{path} is not an IDX file: it begins with {content[:4].hex(' ') or 'nothing'} where "
            f"00 00 {kind:02x} {dimensions:02x} belongs; download it again, or check what it "
            "really is"
        )
    if content[2] != kind:
        values = "images and labels" if kind == IDX_UINT8 else "labels called idx2-int"
        raise ValueError(
            f"{path} holds {IDX_TYPES[content[2]]} values: {values} must be {IDX_TYPES[kind]}, "
            "so convert them and write the file again"
        )
    if content[3] != dimensions:
        of_labels = 2 if dimensions == 2 else 1
        raise ValueError(
            f"{path} has {content[3]} dimensions, not {dimensions}: image files have 3 and label "
            f"files {of_labels}; check that the two are not swapped"
        )
    start = 4 + 4 * dimensions
    shape = tuple(int.from_bytes(content[place : place + 4], "big") for place in range(4, start, 4))
    dtype = np.dtype(IDX_TYPES[kind]).newbyteorder(">")
    promised = start + math.prod(shape) * dtype.itemsize
    if len(content) != promised:
        raise ValueError(
            f"{path} is damaged: its header promises {promised:,} bytes and it has "
            f"{len(content):,}; copy or download it again"
        )
    return np.frombuffer(content, dtype, offset=start).reshape(shape)


def read_npz(path: Path) -> tuple[dict[str, np.ndarray], tuple[str, ...] | None]:
    """Read images and labels from one npz archive, and the class names, None without any.

    Nothing is ever unpickled. What else the archive holds is left unread; of a validation part a
    printed line says so. Labels in a single column, ``(n, 1)``, become ``(n,)``.
    """
    with _archive(path) as archive:
        there = archive.files
        layouts = [layout for layout in ARCHIVES if not layout.missing(there)]
        own, keras = ([names[0] for names in layout.names().values()] for layout in ARCHIVES)
        if len(layouts) > 1:
            raise ValueError(
                f"{path} holds two data sets, in {', '.join(own)} and in {', '.join(keras)}: save "
                "the one you mean in a file of its own"
            )
        if not layouts:
            missing = min((layout.missing(there) for layout in ARCHIVES), key=len)
            raise ValueError(
                f"{path} lacks {', '.join(missing)}; it holds: {listed(there)}. Save the arrays "
                f"as {', '.join(own)} or as {', '.join(keras)}; of KMNIST's four files give the "
                "folder"
            )
        names = {part: name for part, (name,) in layouts[0].names().items()}
        arrays = {part: _plain_array(archive, name, path) for part, name in names.items()}
        stored = _plain_array(archive, "class_names", path) if "class_names" in there else None
        validation = [name.replace("train", "val") for name in names.values() if "train" in name]
    if set(validation) <= set(there):
        left_out = ", ".join(validation)
        print(f"The validation part ({left_out}) is left out: the course uses two parts.")
    for part in ("train_labels", "test_labels"):
        if arrays[part].ndim == 2 and arrays[part].shape[1] == 1:
            arrays[part] = arrays[part][:, 0]
    return arrays, None if stored is None else _class_names(stored, path)


def _read_copies(files: list[Path]) -> np.ndarray:
    """Read one part; copies under several names must agree."""
    first = _read_file(files[0])
    for copy in files[1:]:
        if not np.array_equal(first, _read_file(copy)):
            raise ValueError(
                f"{files[0]} and {copy} differ, so it is not clear which to read: move one of them "
                "to another folder"
            )
    return first


def _read_file(path: Path) -> np.ndarray:
    name = plain_name(path.name)
    return next(read(path) for ending, read in READERS.items() if name.endswith(ending))


def _read_qmnist_labels(path: Path) -> np.ndarray:
    labels = read_idx(path, 2, IDX_INT32)
    if labels.shape[1] != QMNIST_COLUMNS:
        raise ValueError(
            f"{path} has {labels.shape[1]} columns, but QMNIST's labels have {QMNIST_COLUMNS}: "
            "download it again, or check what it really is"
        )
    return labels[:, 0]


def _read_only_array(path: Path) -> np.ndarray:
    with _archive(path) as archive:
        if archive.files != ["arr_0"]:
            raise ValueError(
                f"{path} must hold one array, arr_0, as KMNIST's files do; it holds: "
                f"{listed(archive.files)}. Download it again, or give a single .npz file"
            )
        return _plain_array(archive, "arr_0", path)


READERS = {
    "idx3-ubyte": partial(read_idx, dimensions=3),
    "idx1-ubyte": partial(read_idx, dimensions=1),
    "idx2-int": _read_qmnist_labels,
    "npz": _read_only_array,
}


def _uncompressed(path: Path) -> bytearray:
    """Return a file's content, unpacked if its first bytes, not its name, say gzip.

    Some browsers unpack a ``.gz`` file and keep the name.
    """
    with refusals_in_one_line(path):
        content = path.read_bytes()
    if not content.startswith(GZIP_MAGIC):
        return bytearray(content)
    try:
        return bytearray(gzip.decompress(content))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"{path} is cut short or damaged ({error}): copy or download it again"
        ) from None
    except MemoryError:
        raise ValueError(
            f"{path} unpacks to more than the memory holds: check what it is"
        ) from None


@contextmanager
def _archive(path: Path) -> Iterator[np.lib.npyio.NpzFile]:
    """Open an npz archive; damage that shows while it is read is told in one line."""
    with refusals_in_one_line(path):
        file = path.open("rb")
    with file:
        if file.read(4) not in ZIP_MAGICS or not zipfile.is_zipfile(file):
            own = ", ".join(name for names in ARCHIVES[0].names().values() for name in names)
            raise ValueError(
                f"{path} is not an npz archive, or is cut short: give a folder of IDX files or an "
                f".npz written by np.savez_compressed with {own}, class_names"
            )
        file.seek(0)
        try:
            with np.load(file, allow_pickle=False) as archive:
                if len(set(archive.files)) < len(archive.files):
                    raise zipfile.BadZipFile("one name stands for two arrays")
                for member in archive.zip.namelist():
                    archive.zip.open(member).close()  # it must have the name that is listed
                yield archive
        except MemoryError as error:
            raise ValueError(
                f"{path} is damaged, or too large for the memory ({error}): copy or download it "
                "again, or save fewer images"
            ) from None
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
            raise ValueError(f"{path} is damaged ({error}): copy or download it again") from None


def _plain_array(archive: np.lib.npyio.NpzFile, name: str, path: Path) -> np.ndarray:
    try:
        array = archive[name]
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise ValueError(
                f"{path}: {name} holds pickled Python objects, which could run any code when read; "
                "save it as a plain array of numbers or text"
            ) from None
        raise ValueError(f"{path}: {name} is damaged ({error}); save it again") from None
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{path}: {name} is not an array; write the file with np.savez_compressed")
    return array


def _class_names(names: np.ndarray, path: Path) -> tuple[str, ...]:
    if names.ndim != 1 or names.dtype.kind not in "US":
        raise ValueError(
            f"{path}: class_names must be a list of text, one name for each label, got "
            f"{names.dtype} of shape {names.shape}"
        )
    try:
        texts = np.char.decode(names, "utf-8") if names.dtype.kind == "S" else names
    except UnicodeDecodeError:
        raise ValueError(
            f"{path}: class_names are bytes that are no text in UTF-8: save them as text"
        ) from None
    return tuple(texts.tolist())
