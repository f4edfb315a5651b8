"""A folder of pictures as people keep them: the drawings as files, with all that goes wrong.

Each defect spoils one picture in a known way, so that one can see whether a reader finds it.
"""

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from helpers.data.drawings import load_drawings
from helpers.data.folders import ORIENTATION

CLASSES = {"animals": "Animals & Nature", "food": "Food & Drink", "travel": "Travel & Places"}
GROUP_PATTERN = "^(.+)_"  # of the files' names: the thing, whoever drew it
MARK = ".made by the course"  # a folder without this file is somebody else's
COPIES = 12  # of each kind


@dataclass(frozen=True)
class Planted:
    """A defect: the file that has it, below the folder, what it is, and what is to be said of it.

    ``used`` tells whether the file still shows a picture.
    """

    file: str
    what: str
    finding: str
    used: bool


def write_example_folder(folder: Path) -> tuple[Planted, ...]:
    """Write the drawings of three classes as files, some of them spoilt, and say which.

    A file is called by its thing and its hand, ``"tiger face_noto.png"``. The folder appears when
    it is whole; an older one of the same kind is replaced, and any other refused. Two names that
    differ only in capitals are left out where a disk takes them for one.
    """
    if folder.exists() and not (folder / MARK).is_file():
        raise FileExistsError(f"{folder} is there, and not made by the course: give another name")
    unfinished = folder.with_name(f".{folder.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    (unfinished / MARK).touch()
    planted = _spoilt(unfinished, _sound(unfinished))
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    return tuple(planted)


def _sound(folder: Path) -> list[str]:
    """Write all drawings of the three classes, and return the files in an order drawn once."""
    drawings = load_drawings()
    files = []
    for name, group in CLASSES.items():
        (folder / name).mkdir()
        for thing in np.flatnonzero(drawings.labels == drawings.class_names.index(group)):
            for image, hand in zip(drawings.images[thing], drawings.hand_names, strict=True):
                files.append(f"{name}/{drawings.thing_names[thing]}_{hand}.png")
                Image.fromarray(image).save(folder / files[-1])
    return np.random.default_rng(0).permutation(files).tolist()


def _spoilt(folder: Path, files: list[str]) -> list[Planted]:
    """Put a file with each defect in the place of a sound one, and add what nobody needs."""
    planted = []
    waiting = iter(files)
    for what, (ending, write, finding, used) in DEFECTS.items():
        place = folder / next(waiting)
        image = Image.open(place).copy()
        place.unlink()
        place = place.with_name(f"{place.stem}{ending}")
        write(place, image)
        planted.append(Planted(place.relative_to(folder).as_posix(), what, finding, used))
    for what, ending, write in COPIED:
        for number in range(COPIES):
            place = folder / next(waiting)
            copy = place.with_name(f"IMG {number + 1:02}{ending}")
            write(place, copy)
            file = copy.relative_to(folder).as_posix()
            planted.append(Planted(file, what, what.removeprefix("the same picture: "), True))
    place = folder / next(waiting)
    other = next(name for name in CLASSES if name != place.parent.name)
    shutil.copyfile(place, folder / other / place.name)
    file = max(f"{name}/{place.name}" for name in (place.parent.name, other))
    planted.append(Planted(file, "a picture in two classes", "with another label", True))
    place = folder / next(waiting)
    capitals = place.with_name(place.name.upper())
    if not capitals.exists():  # the disk tells capitals from small letters
        Image.open(folder / next(waiting)).save(capitals, "PNG")
        file = capitals.relative_to(folder).as_posix()
        planted.append(Planted(file, "a name in capitals", "but for capitals", True))
    (folder / "plants").mkdir()
    (folder / "plants" / ".DS_Store").write_bytes(bytes(8))
    planted.append(Planted("plants", "an empty class", "a class without pictures", False))
    for name, what in CLUTTER.items():
        (folder / "animals" / name).write_bytes(b"no picture")
        finding = "" if name.startswith(".") or name == "Thumbs.db" else "no picture by its ending"
        planted.append(Planted(f"animals/{name}", what, finding, False))
    return planted


def cut_short(path: Path, image: Image.Image) -> None:
    """Write a JPEG without its end, as a broken copy leaves it."""
    path.write_bytes(jpeg(image)[:-200])


def jpeg(image: Image.Image) -> bytes:
    """Return a picture as the content of a JPEG file."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def overwritten(path: Path, image: Image.Image) -> None:
    """Write a PNG with zeros inside, as a bad disk leaves it."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    content = bytearray(buffer.getvalue())
    content[60:90] = bytes(30)
    path.write_bytes(content)


def turned(path: Path, image: Image.Image, orientation: int = 6) -> None:
    """Write a picture as a camera stores it that is held sideways."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)


def transparent(image: Image.Image) -> Image.Image:
    """Return a picture whose left half is black, and not to be seen."""
    image = image.convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, image.width // 2, image.height))
    return image


def sixteen_bits(image: Image.Image) -> Image.Image:
    """Return a grey picture with values from 0 to 65,535."""
    return Image.fromarray(np.asarray(image.convert("L"), np.uint16) * np.uint16(257))


def animated(path: Path, image: Image.Image) -> None:
    """Write a picture, and after it its mirror image."""
    image.save(path, save_all=True, append_images=[ImageOps.mirror(image)])


def bomb(path: Path, _: Image.Image) -> None:
    """Write a small file that fills gigabytes when it is unpacked into colours."""
    Image.new("1", (20_000, 20_000)).save(path)


Writer = Callable[[Path, Image.Image], object]
DEFECTS: dict[str, tuple[str, Writer, str, bool]] = {
    "cut short": (".jpg", cut_short, "damaged", False),
    "overwritten by zeros": (".png", overwritten, "damaged", False),
    "empty": (".jpg", lambda path, _: path.touch(), "empty", False),
    "a text": (".jpg", lambda path, _: path.write_text("404"), "no picture inside", False),
    "a phone's format": (".heic", lambda path, _: path.write_bytes(b"ftypheic"), "HEIC", False),
    "far too many pixels": (".png", bomb, "more pixels than most_pixels allows", False),
    "held sideways": (".jpg", turned, "turned as its camera says", True),
    "a palette": (".gif", lambda path, image: image.quantize(16).save(path), "", True),
    "transparent": (".png", lambda path, image: transparent(image).save(path), "on white", True),
    "in printing colours": (
        ".jpg",
        lambda path, image: image.convert("CMYK").save(path),
        "in printing colours (CMYK)",
        True,
    ),
    "one bit": (".png", lambda path, image: image.convert("1").save(path), "", True),
    "sixteen bits": (".png", lambda path, image: sixteen_bits(image).save(path), "16 bits", True),
    "grey": (".png", lambda path, image: image.convert("L").save(path), "", True),
    "animated": (".gif", animated, "several pictures in one file", True),
    "very wide": (
        ".png",
        lambda path, image: ImageOps.pad(image, (144, 48), color="white").save(path),
        "cut away by the crop",
        True,
    ),
    "very small": (".png", lambda path, image: image.resize((9, 9)).save(path), "enlarged", True),
    "of one colour": (
        ".png",
        lambda path, image: Image.new("RGB", image.size, "navy").save(path),
        "of one colour all over",
        True,
    ),
    "a wrong ending": (".png", lambda path, image: path.write_bytes(jpeg(image)), "", True),
    "a name in other letters": (" кошка 猫 ñ.png", lambda path, image: image.save(path), "", True),
}
COPIED = (
    ("the same picture: an exact copy", ".png", shutil.copyfile),
    (
        "the same picture: nearly a copy",
        ".jpg",
        lambda path, copy: Image.open(path).resize((80, 80)).save(copy, quality=60),
    ),
)
CLUTTER = {
    ".DS_Store": "what a system leaves behind",
    "Thumbs.db": "what a system leaves behind",
    "._lion_noto.png": "a hidden file",
    "notes.txt": "a note",
}
