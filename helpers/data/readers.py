"""Readers of data set files: a folder of IDX files, or one npz archive, checked to the last byte.

They say what a file is; whether its arrays make a sound data set is for ``datasets`` to say.
"""

import gzip
import math
import zipfile
import zlib
from pathlib import Path

import numpy as np

IDX_NAMES = {
    "train_images": "train-images-idx3-ubyte",
    "train_labels": "train-labels-idx1-ubyte",
    "test_images": "t10k-images-idx3-ubyte",
    "test_labels": "t10k-labels-idx1-ubyte",
}
IDX_TYPES = {8: "uint8", 9: "int8", 11: "int16", 12: "int32", 13: "float32", 14: "float64"}
IDX_UINT8 = 8
GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """Read one IDX file of uint8 images (3 dimensions) or labels (1), plain or gzip.

    IDX is two zero bytes, one for the dtype, one for the number of dimensions; each size as a
    big-endian 32-bit integer; then the values (LeCun, Cortes and Burges, "The MNIST database of
    handwritten digits"). The array can be written to, as PyTorch demands.
    """
    content = _uncompressed(path)
    if len(content) < 4 or content[:2] != b"\x00\x00" or content[2] not in IDX_TYPES:
        raise ValueError(
            f"{path} is not an IDX file: it begins with {content[:4].hex(' ') or 'nothing'} where "
            f"00 00 08 {dimensions:02x} belongs; download it again, or check what it really is"
        )
    if content[2] != IDX_UINT8:
        raise ValueError(
            f"{path} holds {IDX_TYPES[content[2]]} values: images and labels must be uint8, "
            "so convert them and write the file again"
        )
    if content[3] != dimensions:
        raise ValueError(
            f"{path} has {content[3]} dimensions, not {dimensions}: image files have 3 and label "
            "files 1; check that the two are not swapped"
        )
    start = 4 + 4 * dimensions
    shape = tuple(int.from_bytes(content[place : place + 4], "big") for place in range(4, start, 4))
    promised = start + math.prod(shape)
    if len(content) != promised:
        raise ValueError(
            f"{path} is damaged: its header promises {promised:,} bytes and it has "
            f"{len(content):,}; copy or download it again"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def read_idx_folder(folder: Path) -> dict[str, np.ndarray]:
    """Read a data set's four IDX files: uint8 images ``(n, height, width)`` and labels ``(n,)``.

    Each may be plain or have ``.gz`` at the end of its name; of two copies the plain one is read.
    """
    found = {
        name: path
        for name, file in IDX_NAMES.items()
        for path in (folder / f"{file}.gz", folder / file)
        if path.is_file()
    }
    missing = [file for name, file in IDX_NAMES.items() if name not in found]
    if missing:
        there = sorted(path.name for path in folder.iterdir())
        shown = ", ".join(there[:6]) + (", ..." if len(there) > 6 else "")
        raise FileNotFoundError(
            f"{folder} lacks {', '.join(missing)} (plain or .gz); it holds: {shown or 'nothing'}. "
            "Give the folder that holds all four IDX files, under these names"
        )
    return {name: read_idx(path, 3 if "images" in name else 1) for name, path in found.items()}


def read_npz(path: Path) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Read images and labels, as stored, and the class names from one npz archive.

    Nothing is ever unpickled; what else the archive holds is left unread.
    """
    expected = (*IDX_NAMES, "class_names")
    with path.open("rb") as file:
        is_archive = file.read(4) in ZIP_MAGICS and zipfile.is_zipfile(file)
    if not is_archive:
        raise ValueError(
            f"{path} is not an npz archive, or is cut short: give a folder of IDX files or an .npz "
            f"written by np.savez_compressed with {', '.join(expected)}"
        )
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [name for name in expected if name not in archive.files]
            if missing:
                raise ValueError(
                    f"{path} lacks {', '.join(missing)}; it holds: "
                    f"{', '.join(archive.files) or 'nothing'}. Save the arrays under these names"
                )
            arrays = {name: _plain_array(archive, name, path) for name in expected}
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise ValueError(f"{path} is damaged ({error}): copy or download it again") from None
    names = arrays.pop("class_names")
    if names.ndim != 1 or names.dtype.kind != "U":
        raise ValueError(
            f"{path}: class_names must be a list of text, one name for each label, got "
            f"{names.dtype} of shape {names.shape}"
        )
    return arrays, tuple(names.tolist())


def _uncompressed(path: Path) -> bytearray:
    """Return a file's content, unpacked if its first bytes, not its name, say gzip.

    Some browsers unpack a ``.gz`` file and keep the name.
    """
    content = path.read_bytes()
    if not content.startswith(GZIP_MAGIC):
        return bytearray(content)
    try:
        return bytearray(gzip.decompress(content))
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(
            f"{path} is cut short or damaged ({error}): copy or download it again"
        ) from None


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
