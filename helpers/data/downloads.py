"""The full data sets on the web: fetched once, checked, and kept in a cache for use offline."""

import os
import sys
import textwrap
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tqdm import tqdm

from helpers.data.layouts import IDX, Found

CACHE_VARIABLE = "SSL_COURSE_CACHE"
DIGITS = tuple("0123456789")
CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)


@dataclass(frozen=True)
class PublishedDataset:
    """A full data set on the web, as four compressed IDX files with their published checksums."""

    base_url: str  # of the folder that holds the files, with a slash at its end
    checksums: dict[str, str]  # by file name
    class_names: tuple[str, ...]
    bundled: str  # the sample to turn to where there is no network


PUBLISHED = {
    "mnist": PublishedDataset(
        base_url="https://ossci-datasets.s3.amazonaws.com/mnist/",
        checksums={
            "train-images-idx3-ubyte.gz": "md5:f68b3c2dcbeaaa9fbdd348bbdeb94873",
            "train-labels-idx1-ubyte.gz": "md5:d53e105ee54ea40749a09fcbcd1e9432",
            "t10k-images-idx3-ubyte.gz": "md5:9fb629c4189551a2d022fa330f9573f3",
            "t10k-labels-idx1-ubyte.gz": "md5:ec29112dd5afa0611ce80d1b7f02629c",
        },
        class_names=DIGITS,
        bundled="mnist-5k",
    ),
    "fashion-mnist": PublishedDataset(
        base_url="http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        checksums={
            "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
        },
        class_names=CLOTHES,
        bundled="fashion-mnist-20k",
    ),
}


def cache_folder() -> Path:
    """Return the folder, which may not exist yet, where downloads are kept: one for each data set.

    It is the one that ``SSL_COURSE_CACHE`` names, else the operating system's for such files. A
    ``ValueError`` says that no home folder is known.
    """
    try:
        return Path(os.environ.get(CACHE_VARIABLE) or _pooch().os_cache("ssl-course")).expanduser()
    except RuntimeError:
        raise ValueError(
            "there is no place for downloads, because the home folder is not known: set "
            f"{CACHE_VARIABLE} to the full path of a folder"
        ) from None


def downloaded(name: str) -> Found:
    """Fetch what the cache does not hold yet of a full data set, and say where its files lie."""
    pooch = _pooch()
    published = PUBLISHED[name]
    folder = cache_folder() / name
    store = pooch.create(folder, base_url=published.base_url, registry=published.checksums)
    for file in published.checksums:
        url = store.get_url(file)
        remedy = (
            f"use the bundled {published.bundled!r}, which needs no network; or put the four files "
            f"into {folder} ({CACHE_VARIABLE} moves that cache); or give the path of a folder that "
            "holds them"
        )
        present = False
        try:
            present = (folder / file).exists()
            with _byte_bar(file, hidden=present) as progress:
                store.fetch(file, downloader=pooch.HTTPDownloader(progressbar=progress))
        except OSError as error:
            readable = os.access(folder / file, os.R_OK)
            state = "is not the published file" if readable else "cannot be read"
            wrong = f"{folder / file} {state}, and " if present else ""
            reason = textwrap.shorten(f"{type(error).__name__}: {error}", 120, placeholder=" …")
            raise FileNotFoundError(
                f"{wrong}{url} could not be downloaded: {remedy} ({reason})"
            ) from None
        except ValueError:
            raise ValueError(
                f"what came from {url} has the wrong checksum and was not kept (a proxy or log-in "
                f"page may have answered): try again elsewhere; {remedy}"
            ) from None
    files = {part: [folder / f"{names[0]}.gz"] for part, names in IDX.names().items()}
    return Found(folder, files, IDX)


def _byte_bar(file: str, hidden: bool) -> tqdm:
    """Open a progress bar for one download; pooch replaces its total, but must find one."""
    return tqdm(
        desc=file, total=1, unit="B", unit_scale=True, file=sys.stdout, disable=hidden, leave=False
    )


def _pooch() -> ModuleType:
    """Import pooch without its notices, which a notebook would show as red text."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")
        import pooch
    pooch.get_logger().setLevel("WARNING")
    return pooch
