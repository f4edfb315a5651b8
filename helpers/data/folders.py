"""Folders of pictures as people keep them: read, brought to one size, and reported on.

What cannot be read is left out and named, never replaced. ``read_folder`` is the way in.
"""

import contextlib
import csv
import hashlib
import io
import json
import os
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, islice
from numbers import Integral, Real
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from threadpoolctl import threadpool_limits

from helpers.data.downloads import cache_folder
from helpers.data.layouts import full_path, listed, refusals_in_one_line
from helpers.lesson.environment import available_cores
from helpers.lesson.files import written_whole
from helpers.lesson.progress import progress_bar

VERSION = 4  # of how pictures are read: another one reads cached folders again
LABELS_FILE = "labels.csv"
PARTS = {"train": False, "training": False, "test": True, "testing": True}  # whether to test on
REMOVED = "removed from training"
VALIDATION = ("val", "valid", "validation")
NO_PICTURES = {"thumbs.db", "desktop.ini", "__macosx", LABELS_FILE}
NEEDS = {  # what Pillow does not read by itself, by ending
    **dict.fromkeys((".heic", ".heif"), "HEIC: install pillow-heif and convert it to JPEG"),
    ".dcm": "DICOM: install pydicom and convert it to PNG",
    **dict.fromkeys((".cr2", ".nef", ".arw", ".dng"), "a camera's raw file: convert it to JPEG"),
    ".svg": "a drawing in SVG: render it to PNG",
    ".pdf": "a PDF: export its pages as PNG",
    **dict.fromkeys(
        (".mp4", ".mov", ".avi", ".mpg", ".mpeg"),
        "a video: extract frames, one group for each video",
    ),
}
NO_ENDINGS = {".h5", ".hdf", ".eps", ".ps"}  # of files that are seldom pictures
ORIENTATION = 0x0112  # the EXIF tag, from 1 (upright) to 8
MANY_CUT = 0.25  # share of a picture that the crop may take before it is reported
THUMBNAIL, DETAIL = 8, 32  # sides of what pictures are compared by
NEAR_COSINE, NEAR_DETAIL = 0.98, 0.97  # correlations of thumbnails and of their details
NEAR_BRIGHTNESS = 16  # difference of the means, of 255
NEIGHBOURS = 5  # of each picture in each part that are compared with it
FLAT = 2.0  # standard deviation of a thumbnail, of 255, below which only exact copies count
LEAST_OF_CLASS = 4
FILES_AT_ONCE = 100  # that one thread reads before another is given some
COMPARED_AT_ONCE = 500  # pictures, with all others
LOOKED_AT = 20_000  # files and folders, to tell whether there are pictures
SPLIT_SEED = 0
ARRAYS = ("images", "labels", "test", "groups")  # of a folder's, as they are cached


@dataclass(frozen=True)
class PictureFolder:
    """The pictures of a folder, in the order of their file names.

    ``images`` are uint8 ``(n, size, size)`` if all pictures are grey, else
    ``(n, size, size, 3)``. ``labels``, ``(n,)``, are indices into ``class_names``, or -1 where
    there is none; ``test``, ``(n,)``, is true for test pictures; ``groups``, ``(n,)``, has one
    number for pictures that belong together; ``files`` are paths below the folder. ``findings`` say
    what a person must know, each with the files that it concerns; ``copies`` name for each copy,
    exact or near, the file that it repeats.
    """

    folder: Path
    images: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    files: tuple[str, ...]
    test: np.ndarray
    groups: np.ndarray
    findings: dict[str, list[str]]
    copies: dict[str, str]

    def report(self) -> str:
        """Return what was found as lines of text: how many, what, and the first files."""
        height = "×".join(map(str, self.images.shape[1:3]))
        colour = "in colour" if self.images.ndim == 4 else "grey"
        lines = [
            f"{self.folder.name}: {len(self.images):,} pictures of {height} pixels, {colour}, "
            f"{np.sum(~self.test):,} for training and {np.sum(self.test):,} for testing"
        ]
        counts = np.bincount(self.labels[self.labels >= 0], minlength=len(self.class_names))
        lines += [
            f"{n:7,}  class {listed([name])}"
            for name, n in zip(self.class_names, counts, strict=True)
        ]
        for finding, files in self.findings.items():
            lines.append(f"{len(files):7,}  {finding}: {listed(files)}")
        return "\n".join(lines)


@dataclass
class _Listing:
    """Files to read, by path below the folder, with what their places or a table say of them."""

    classes: dict[str, str | None] = field(default_factory=dict)
    test: dict[str, bool] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    findings: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def put_into(self, part: str, file: str) -> None:
        """Note to which part of the data somebody has given a file."""
        self.test[file] = PARTS.get(part, False)
        if part in VALIDATION:
            self.findings["of a validation part, used for training"].append(file)


def holds_pictures(folder: Path) -> bool:
    """Tell whether a folder has a table of labels, or pictures at most two levels below it."""
    if (folder / LABELS_FILE).is_file():
        return True
    if folder == Path(folder.anchor):
        return False
    levels = chain.from_iterable(folder.glob(level) for level in ("*", "*/*", "*/*/*"))
    return any(_may_be_picture(path.name) for path in islice(levels, LOOKED_AT))


def read_folder(
    folder: str | os.PathLike[str],
    size: int = 64,
    test_share: float = 0.2,
    group_pattern: str = "",
    most_unreadable: float = 0.1,
    most_files: int = 100_000,
    most_pixels: int = 100_000_000,
) -> PictureFolder:
    """Read a folder of pictures and say what is in it.

    A class is a sub-folder; or ``labels.csv`` names the files (columns ``file``, ``label`` and, if
    there are any, ``split`` and ``group``); or nothing says what is what, and all labels are -1.
    Folders called train and test, with the classes below them, are kept apart.

    Each picture is turned as its camera says, laid on white where it is transparent, brought to 8
    bits without clipping, scaled so that its shorter side has ``size`` pixels, and cropped at the
    centre; of animations and stacks the first picture is taken. Pictures of one group, the first
    bracket of ``group_pattern`` in their file names, stay on one side of the split. A picture that
    also stands in the test part, exactly or nearly, is removed from training.

    The limits protect the machine: ``most_files`` in the folder, ``most_pixels`` of one picture. A
    ``ValueError`` says in one line what is wrong; also if more than the share ``most_unreadable``
    of the files cannot be read.
    """
    pattern = _checked(size, test_share, group_pattern, most_unreadable)
    root = _root(folder)
    files, listing = _files(root, most_files)
    checksums = [_checksum(f"{root}/{name}") for name in files]  # threads would wait for each other
    settings = (size, test_share, group_pattern, most_unreadable, most_pixels)
    key = hashlib.sha256(repr((VERSION, settings, listing, checksums)).encode()).hexdigest()
    cache = cache_folder() / "pictures" / f"{key[:32]}.npz"
    if (kept := _read_cache(cache, root)) is not None:
        return kept
    pictures = np.empty((len(files), size, size, 3), np.uint8)
    readable = np.zeros(len(files), bool)

    def read(place: int) -> list[str]:
        path = root / files[place]
        try:
            pictures[place], notes = _picture(path, size, most_pixels)
        except Exception as error:  # decoders raise whatever a broken file makes them stumble over
            return [_why(path, error)]
        readable[place] = True
        return notes

    def read_several(start: int) -> list[list[str]]:
        return [read(place) for place in range(start, min(start + FILES_AT_ONCE, len(files)))]

    starts = range(0, len(files), FILES_AT_ONCE)
    with (
        ThreadPoolExecutor(available_cores()) as several,
        progress_bar(len(files), f"reading {root.name}") as bar,
    ):
        said = chain.from_iterable(several.map(read_several, starts))
        for file, notes in zip(files, said, strict=True):
            bar.update()
            for note in notes:
                listing.findings[note].append(file)
    lost = len(files) - readable.sum()
    if lost > most_unreadable * len(files):
        first = next(file for file, fine in zip(files, readable, strict=True) if not fine)
        reason = next(note for note, named in listing.findings.items() if first in named)
        raise ValueError(
            f"{lost:,} of {len(files):,} files of {root} cannot be read, such as {first} "
            f"({reason}): remove them, or raise most_unreadable from {most_unreadable:g}"
        )
    result = _put_together(root, files, pictures, readable, checksums, listing, test_share, pattern)
    _write_cache(cache, result)
    return result


def picture_files(folder: Path, most_files: int = 100_000) -> list[Path]:
    """Return the files that ``read_folder`` would read, and the table of labels if there is one."""
    folder = _root(folder)
    files = _files(folder, most_files)[0]
    table = folder / LABELS_FILE
    return [folder / file for file in files] + ([table] if table.is_file() else [])


def whole_picture(path: Path, longer: int = 160) -> np.ndarray:
    """Return a picture as it is, only smaller: uint8 ``(height, width, 3)``, nothing cut away.

    Its longer side has ``longer`` pixels; it is turned, and laid on white, as ``read_folder`` does.
    """
    with Image.open(path) as image:
        image.draft("RGB", (2 * longer, 2 * longer))
        colours = _in_eight_bits(ImageOps.exif_transpose(image), [])
    return np.asarray(ImageOps.contain(colours, (longer, longer)))


def _files(root: Path, most_files: int) -> tuple[list[str], _Listing]:
    """Return the files to read, in their order; refuse a folder without any."""
    with refusals_in_one_line(root):
        listing = _listed(root, most_files)
    if not listing.classes:
        said = "; ".join(f"{text}: {listed(names)}" for text, names in listing.findings.items())
        raise ValueError(
            f"{root} holds no pictures to read{f' ({said})' if said else ''}: give a folder with a "
            "sub-folder of pictures for each class"
        )
    return sorted(listing.classes), listing


def _put_together(
    root: Path,
    files: list[str],
    pictures: np.ndarray,
    readable: np.ndarray,
    checksums: list[str],
    listing: _Listing,
    test_share: float,
    pattern: re.Pattern[str] | None,
) -> PictureFolder:
    """Split what could be read, and remove from training what also stands in the test part."""
    kept = np.flatnonzero(readable)
    names = np.array(files)[kept]
    classes = [listing.classes[name] for name in names]
    class_names = tuple(sorted({name for name in classes if name is not None}))
    labels = np.array([class_names.index(name) if name is not None else -1 for name in classes])
    _check_classes(root, labels, class_names)
    groups = [_group(name, listing, pattern) for name in names]
    alone = [n for n, group in zip(names, groups, strict=True) if group.startswith("file ")]
    if pattern and len(alone) == len(names):
        raise ValueError(
            f"no file of {root} has {pattern.pattern!r} in its name: mend group_pattern"
        )
    if pattern and alone:
        listing.findings["without a group, a group of its own"] += alone
    if listing.test:
        test = np.array([listing.test[name] for name in names])
    else:
        test = _split(labels, groups, test_share)
    pictures = _moved_up(pictures, kept)
    found, originals = _copies(pictures, [checksums[place] for place in kept], test, labels)
    crossing = np.flatnonzero(~test & np.isin(groups, np.array(groups)[test])).tolist()
    found |= {f"of a group that is also tested on, {REMOVED}": crossing} if crossing else {}
    for finding, places in found.items():
        listing.findings[finding] += [str(names[place]) for place in places]
    leaked = sorted({p for finding, ps in found.items() if finding.endswith(REMOVED) for p in ps})
    stay = np.setdiff1d(np.arange(len(kept)), leaked)
    _check_parts(root, labels[stay], test[stay], class_names)
    pictures = _moved_up(pictures, stay)
    if all((picture == picture[..., :1]).all() for picture in pictures):
        pictures = np.ascontiguousarray(pictures[..., 0])
    findings = {finding: sorted(named) for finding, named in sorted(listing.findings.items())}
    return PictureFolder(
        root,
        pictures,
        labels[stay].astype(np.int64),
        class_names,
        tuple(map(str, names[stay])),
        test[stay],
        np.unique(np.array(groups)[stay], return_inverse=True)[1],
        findings,
        {str(names[copy]): str(names[original]) for copy, original in sorted(originals.items())},
    )


def _moved_up(pictures: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Keep the pictures at these places, in order, without a second array of their size."""
    for new, old in enumerate(places):
        if new != old:
            pictures[new] = pictures[old]
    return pictures[: len(places)]


def _checksum(path: str) -> str:
    """Return the SHA-256 of a file's content, empty where it cannot be read."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 (faster, for many files)
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _read_cache(path: Path, root: Path) -> PictureFolder | None:
    try:
        with np.load(path, allow_pickle=False) as archive:
            texts = json.loads(str(archive["texts"]))
            arrays = [archive[name] for name in ARRAYS]
    except Exception:  # none yet, or a damaged one, which NumPy and zipfile meet in many ways
        return None
    texts |= {name: tuple(texts[name]) for name in ("class_names", "files")}
    return PictureFolder(root, **dict(zip(ARRAYS, arrays, strict=True)), **texts)


def _write_cache(path: Path, pictures: PictureFolder) -> None:
    """Keep the result for the next time, where there is room for it."""
    names = ("class_names", "files", "findings", "copies")
    texts = {name: getattr(pictures, name) for name in names}
    arrays = {name: getattr(pictures, name) for name in ARRAYS}
    with contextlib.suppress(OSError), written_whole(path) as temporary:
        np.savez(temporary, **arrays, texts=json.dumps(texts))


def _checked(
    size: int, test_share: float, group_pattern: str, most_unreadable: float
) -> re.Pattern[str] | None:
    if not isinstance(size, Integral) or not 8 <= size <= 96:
        raise ValueError(f"size must be a whole number from 8 to 96 pixels, got {size}")
    if not isinstance(test_share, Real) or not 0 < test_share < 1:
        raise ValueError(f"test_share must lie between 0 and 1, got {test_share}")
    if not 0 <= most_unreadable <= 1:
        raise ValueError(f"most_unreadable must be from 0 to 1, got {most_unreadable}")
    if not group_pattern:
        return None
    try:
        pattern = re.compile(group_pattern)
    except (re.error, TypeError) as error:
        raise ValueError(f"group_pattern {group_pattern!r} is no pattern: {error}") from None
    if pattern.groups < 1:
        raise ValueError(
            f"group_pattern {group_pattern!r} needs a bracket around what names the group, as in "
            r"'(patient\d+)_'"
        )
    return pattern


def _root(folder: str | os.PathLike[str]) -> Path:
    if not str(folder).strip():
        raise ValueError("the path is empty: give a folder with pictures")
    root = full_path(folder)
    if not root.is_dir():
        there = "is a file" if root.exists() else "is not there"
        raise FileNotFoundError(f"{root} {there}: give a folder with pictures")
    if root == Path(root.anchor):
        raise ValueError(f"{root} is the whole disk: give the folder with your pictures")
    return root


def _listed(root: Path, most_files: int) -> _Listing:
    listing = _Listing()
    if (root / LABELS_FILE).is_file():
        _list_table(root, listing, most_files)
        return listing
    folders = [path for path in sorted(root.iterdir()) if path.is_dir() and not _ignored(path)]
    names = {path.name.lower() for path in folders}
    if len(names & {*PARTS, *VALIDATION}) > 1 or (names and names <= {*PARTS, *VALIDATION}):
        parts = True
        if others := names - {*PARTS, *VALIDATION}:
            raise ValueError(
                f"{root} holds folders for training and testing, and {listed(sorted(others))} "
                "beside them: move these out"
            )
    else:
        parts = False
    for file in _walk(root, listing, most_files):
        steps = file.split("/")
        if parts:
            part, *steps = steps
            if not steps:
                listing.findings["beside the folders of the classes, left out"].append(file)
                continue
            listing.put_into(part.lower(), file)
        if len(steps) == 1 and (parts or folders):
            listing.findings["beside the folders of the classes, left out"].append(file)
            listing.test.pop(file, None)
            continue
        name = unicodedata.normalize("NFC", steps[0])
        listing.classes[file] = name if len(steps) > 1 else None
    below = [path for part in folders for path in part.iterdir()] if parts else folders
    used = {file.rpartition("/")[0] for file in listing.classes}
    for path in below:
        name = path.relative_to(root).as_posix()
        if path.is_dir() and not any(f"{one}/".startswith(f"{name}/") for one in used):
            listing.findings["a class without pictures"].append(name)
    _note_spellings(listing)
    return listing


def _walk(root: Path, listing: _Listing, most_files: int) -> Iterator[str]:
    """Yield the files below a folder that may be pictures; links to folders are not followed."""
    waiting, count = [("", root)], 0
    while waiting:
        below, folder = waiting.pop()
        with os.scandir(folder) as entries:  # faster than Path.iterdir, for many files
            entries = sorted(entries, key=lambda entry: entry.name)
        for entry in entries:
            count += 1
            if count > most_files:
                raise ValueError(
                    f"{root} holds more than {most_files:,} files and folders: give a folder with "
                    "pictures alone, or raise most_files"
                )
            name = below + entry.name
            if _ignored(entry):
                continue
            linked = entry.is_symlink()
            place = Path(entry.path) if linked else entry  # a path knows links that go in circles
            if place.is_dir():
                if linked:
                    listing.findings["a link to a folder, not followed"].append(name)
                else:
                    waiting.append((f"{name}/", Path(entry.path)))
            elif not place.is_file():
                broken = "a link that leads nowhere" if linked else "no ordinary file"
                listing.findings[f"{broken}, left out"].append(name)
            elif _may_be_picture(entry.name):
                yield name
            else:
                listing.findings["no picture by its ending, left out"].append(name)


@cache
def _endings() -> frozenset[str]:
    return frozenset(Image.registered_extensions().keys() | NEEDS.keys()) - NO_ENDINGS


def _may_be_picture(name: str) -> bool:
    stem, dot, ending = name.rpartition(".")
    return bool(stem) and dot + ending.lower() in _endings()


def _ignored(path: Path | os.DirEntry[str]) -> bool:
    return path.name.startswith(".") or path.name.lower() in NO_PICTURES


def _list_table(root: Path, listing: _Listing, most_files: int) -> None:
    table = root / LABELS_FILE
    try:
        text = table.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{table} is no text in UTF-8: save it as such") from None
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or []]
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise ValueError(f"{table}, line {reader.line_num}: {error}; mend that line") from None
    if not {"file", "label"} <= {*reader.fieldnames}:
        raise ValueError(
            f"{table} needs a line 'file,label' and then one line for each picture; its columns "
            f"are {listed(reader.fieldnames)}"
        )
    seen = {}
    for number, row in rows:
        file = Path((row["file"] or "").strip().replace("\\", "/")).as_posix()
        path = root / file
        where = f"line {number} of {LABELS_FILE} ({file})"
        if not path.resolve().is_relative_to(root):
            raise ValueError(f"{where} leads out of the folder: name files inside it")
        label = (row["label"] or "").strip() or None
        said = label, *((row.get(name) or "").strip() for name in ("split", "group"))
        if seen.setdefault(file, said) != said:
            raise ValueError(f"{where} says of a file what an earlier line does not: keep one")
        if file in listing.classes:
            listing.findings["twice in labels.csv, read once"].append(file)
            continue
        if not path.is_file():
            listing.findings["in labels.csv, but not in the folder"].append(file)
            continue
        listing.classes[file] = label
        if split := (row.get("split") or "").strip().lower():
            if split not in {*PARTS, *VALIDATION}:
                raise ValueError(f"{where} has the split {split!r}: write train or test")
            listing.put_into(split, file)
        if group := (row.get("group") or "").strip():
            listing.groups[file] = group
    if listing.test and len(listing.test) < len(listing.classes):
        missing = next(file for file in listing.classes if file not in listing.test)
        raise ValueError(f"{LABELS_FILE} gives {missing} no split: give it to all files or to none")
    if rows and not listing.classes:
        raise ValueError(
            f"none of the {len(rows):,} files of {table} is there, such as {next(iter(seen))!r}: "
            "write the names as they are in the folder, with their endings"
        )
    others = set(_walk(root, listing, most_files)) - listing.classes.keys()
    if others:
        listing.findings["not in labels.csv, left out"] += sorted(others)
    _note_spellings(listing)


def _note_spellings(listing: _Listing) -> None:
    for kind, names in (("", listing.classes), ("a class ", {*listing.classes.values()} - {None})):
        plain = {name: unicodedata.normalize("NFC", name).casefold() for name in names}
        spellings = Counter(plain.values())
        alike = sorted(name for name in names if spellings[plain[name]] > 1)
        if alike:
            listing.findings[f"{kind}named like another but for capitals or accents"] += alike


def _picture(path: Path, size: int, most_pixels: int) -> tuple[np.ndarray, list[str]]:
    """Return one picture, uint8 ``(size, size, 3)``, and what should be said about it."""
    notes = []
    with Image.open(path) as image:
        if image.width * image.height > most_pixels:
            raise Image.DecompressionBombError
        if getattr(image, "n_frames", 1) > 1:
            notes.append("several pictures in one file, the first taken")
        if image.mode == "RGB":
            image.draft("RGB", (2 * size, 2 * size))
        image.load()
        if image.getexif().get(ORIENTATION) in range(2, 9):
            notes.append("turned as its camera says")
            image = ImageOps.exif_transpose(image)
        colours = _in_eight_bits(image, notes)
    shorter, longer = sorted(colours.size)
    if 1 - shorter / longer > MANY_CUT:
        notes.append(f"more than {MANY_CUT:.0%} cut away by the crop")
    if shorter < size:
        notes.append(f"smaller than {size} pixels, enlarged")
    fitted = np.asarray(ImageOps.fit(colours, (size, size), Image.Resampling.LANCZOS))
    if not np.ptp(fitted, axis=(0, 1)).any():
        notes.append("of one colour all over")
    return fitted, notes


class _OutOfRangeError(Exception):
    """A picture's numbers are negative, too large or none."""


def _in_eight_bits(image: Image.Image, notes: list[str]) -> Image.Image:
    """Bring a picture to 8-bit RGB without clipping, and lay it on white."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float64)
        known = (65535.0,) if image.mode.startswith("I;16") else (1.0, 255.0, 65535.0)
        top = next((top for top in known if values.max() <= top), np.nan)
        if not (np.isfinite(values).all() and np.isfinite(top) and values.min() >= 0):
            raise _OutOfRangeError
        if top > 255:
            dark = values.max() < top / 4
            notes.append(
                "16 bits and dark: perhaps only 12 are used" if dark else "16 bits, brought to 8"
            )
        return Image.fromarray(np.round(values * (255 / top)).astype(np.uint8)).convert("RGB")
    if image.mode == "CMYK":
        notes.append("in printing colours (CMYK), converted")
    if image.has_transparency_data:
        notes.append("transparent, laid on white")
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _why(path: Path, error: Exception) -> str:
    """Say why a file was left out."""
    if isinstance(error, Image.DecompressionBombError):
        return "more pixels than most_pixels allows, left out"
    if isinstance(error, _OutOfRangeError):
        return "values below 0, over 65,535 or missing, left out"
    if isinstance(error, PermissionError):
        return "no permission to read, left out"
    if path.suffix.lower() in NEEDS:
        return f"{NEEDS[path.suffix.lower()]}, left out"
    if path.stat().st_size == 0:
        return "empty, left out"
    if isinstance(error, UnidentifiedImageError):
        return "no picture inside, left out"
    return "damaged, left out"


def _check_classes(root: Path, labels: np.ndarray, class_names: tuple[str, ...]) -> None:
    if not class_names:
        return
    if len(class_names) == 1:
        raise ValueError(
            f"{root} has one class, {class_names[0]!r}: two are needed to tell anything apart, or "
            "put the pictures into the folder itself to use them without labels"
        )
    counts = np.bincount(labels[labels >= 0], minlength=len(class_names))
    if counts.min() < LEAST_OF_CLASS:
        raise ValueError(
            f"class {class_names[counts.argmin()]!r} of {root} has {counts.min()} readable "
            f"pictures, and at least {LEAST_OF_CLASS} are needed: add some, or remove the class"
        )


def _check_parts(
    root: Path, labels: np.ndarray, test: np.ndarray, class_names: tuple[str, ...]
) -> None:
    """Refuse a split that leaves a part, or a class in a part, without pictures."""
    for part, inside in (("training", ~test), ("test", test)):
        if not inside.any():
            raise ValueError(
                f"no picture of {root} is left for the {part} part: add some, or choose smaller "
                "groups"
            )
        for number, name in enumerate(class_names):
            if not (labels[inside] == number).any():
                raise ValueError(
                    f"class {name!r} of {root} has no picture in the {part} part: add some, or "
                    "choose smaller groups"
                )


def _group(name: str, listing: _Listing, pattern: re.Pattern[str] | None) -> str:
    if name in listing.groups:
        return f"group {listing.groups[name]}"
    match = pattern.search(name.rpartition("/")[2]) if pattern else None
    return f"group {match[1]}" if match else f"file {name}"


def _split(labels: np.ndarray, groups: list[str], test_share: float) -> np.ndarray:
    """Draw the test part, by class and by whole groups, always in the same way.

    Where some pictures have labels, the others are not tested on, unless their group is.
    """
    generator = np.random.default_rng(SPLIT_SEED)
    members = defaultdict(list)
    for place, group in enumerate(groups):
        members[group].append(place)
    counted = Counter(labels[labels >= 0].tolist() or labels.tolist())
    wanted = {c: max(1, round(test_share * n)) for c, n in counted.items()}
    test = np.zeros(len(labels), bool)
    chosen: Counter[int] = Counter()
    for group in generator.permutation(sorted(members)):
        of_group = Counter(c for c in labels[members[group]].tolist() if c in wanted)
        if of_group and all(
            chosen[c] + n <= max(wanted[c], n if chosen[c] == 0 else 0) for c, n in of_group.items()
        ):
            test[members[group]] = True
            chosen += of_group
    return test


def _copies(
    pictures: np.ndarray, checksums: list[str], test: np.ndarray, labels: np.ndarray
) -> tuple[dict[str, list[int]], dict[int, int]]:
    """Find exact and near copies: in training of what is tested on, and within a part.

    Returns them by what is said of them, and for each copy a picture that it repeats.
    """
    exact = set()
    by_checksum = defaultdict(list)
    for place, checksum in enumerate(checksums):
        by_checksum[checksum].append(place)
    for places in by_checksum.values():
        anchor = next((place for place in places if test[place]), places[0])
        exact |= {(min(anchor, place), max(anchor, place)) for place in places if place != anchor}
    found, originals = defaultdict(set), {}
    for kind, pairs in (("an exact copy", exact), ("nearly a copy", _near(pictures, test) - exact)):
        for first, second in pairs:
            later = first if test[second] and not test[first] else second
            originals.setdefault(later, first + second - later)
            if test[first] == test[second]:
                found[f"{kind} of another in the same part, kept"].add(later)
            else:
                found[f"{kind} of a test picture, {REMOVED}"].add(later)
            if labels[first] != labels[second]:
                found[f"{kind} of a picture with another label"].add(later)
    return {finding: sorted(places) for finding, places in found.items()}, originals


def _near(pictures: np.ndarray, test: np.ndarray) -> set[tuple[int, int]]:
    """Return pairs of places with nearly the same picture: of each a few of its nearest ones.

    They are looked for in small grey thumbnails and confirmed in larger ones, without their
    brightness and contrast.
    """
    small = _thumbnails(pictures, THUMBNAIL)
    lively = np.flatnonzero(small.std(axis=1) >= FLAT)
    small = _normalised(small[lively])
    candidates = set()
    for known in (np.flatnonzero(test[lively]), np.flatnonzero(~test[lively])):
        for start in range(0, len(lively) if len(known) else 0, COMPARED_AT_ONCE):
            with threadpool_limits(limits=1, user_api="blas"):
                cosines = small[start : start + COMPARED_AT_ONCE] @ small[known].T
            np.putmask(cosines, lively[start : start + len(cosines), None] == lively[known], -1)
            crowded = (cosines > NEAR_COSINE).sum(axis=1) > NEIGHBOURS
            for row in np.flatnonzero(crowded):
                cosines[row, np.argpartition(-cosines[row], NEIGHBOURS)[NEIGHBOURS:]] = -1
            for row, column in zip(*np.nonzero(cosines > NEAR_COSINE), strict=True):
                one, other = int(lively[start + row]), int(lively[known[column]])
                candidates.add((min(one, other), max(one, other)))
    if not candidates:
        return set()
    pairs = np.array(sorted(candidates))
    places, where = np.unique(pairs, return_inverse=True)
    large = _thumbnails(pictures[places], min(DETAIL, pictures.shape[1]))
    brightness, large = large.mean(axis=1), _normalised(large)
    first, second = where.reshape(pairs.shape).T
    alike = (large[first] * large[second]).sum(axis=1) > NEAR_DETAIL
    alike &= np.abs(brightness[first] - brightness[second]) < NEAR_BRIGHTNESS
    return {(int(one), int(other)) for one, other in pairs[alike]}


def _thumbnails(pictures: np.ndarray, side: int) -> np.ndarray:
    """Return small grey versions as rows of float32, ``(n, side * side)``."""
    thumbnails = np.empty((len(pictures), side * side), np.float32)
    for place, picture in enumerate(pictures):
        grey = Image.fromarray(picture).convert("L").resize((side, side), Image.Resampling.BOX)
        thumbnails[place] = np.asarray(grey, np.float32).ravel()
    return thumbnails


def _normalised(rows: np.ndarray) -> np.ndarray:
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
