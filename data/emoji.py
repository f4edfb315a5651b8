"""Build the bundled drawings from their sources: python data/emoji.py --help."""

import hashlib
import io
import json
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click
import numpy as np
from PIL import Image
from scipy.sparse.csgraph import connected_components

from helpers.data.datasets import BUNDLED, ImageDataset
from helpers.lesson.files import DATA_FOLDER, written_whole

SIDE = 48  # pixels
SEED = 0
TEST_SHARE = 0.3  # of the things of every class
NEAR_COPY = 0.97  # correlation of two drawings by one hand above which they are nearly alike
RESVG_VERSION = "0.5.0"
GROUPS = "unicode-emoji-json", "0.9.0", "MIT"
HANDS = {  # package, version and licence, by the name of the hand
    "noto": ("@iconify-json/noto", "1.2.9", "Apache-2.0"),
    "twemoji": ("@iconify-json/twemoji", "1.2.5", "CC-BY-4.0"),
    "fluent": ("@iconify-json/fluent-emoji-flat", "1.2.6", "MIT"),
}
PACKAGES = (*HANDS.values(), GROUPS)
INSTALL = " ".join(f"{name}@{number}" for name, number, _ in PACKAGES)
LEFT_OUT = "Flags"  # every hand draws a flag as the law says
VARIATION = 0xFE0F  # asks for a picture in place of a letter; packages differ in writing it
VARIANTS = {  # of one thing: nearly copies
    *range(0x1F3FB, 0x1F400),  # skin tones
    *range(0x1F9B0, 0x1F9B4),  # hair
    *(0x2640, 0x2642),  # a woman, a man
    0x27A1,  # facing right
}
MAN, WOMAN = 0x1F468, 0x1F469


def things_of(groups: list[dict]) -> Iterator[tuple[str, str, str]]:
    """Yield code points, name and Unicode's group of each thing that is no variant of another."""
    for group in groups:
        for emoji in group["emojis"]:
            codes = [ord(sign) for sign in emoji["emoji"] if ord(sign) != VARIATION]
            of_a_person = codes[0] in (MAN, WOMAN) and len(codes) > 1
            if group["name"] != LEFT_OUT and not of_a_person and not VARIANTS & set(codes):
                yield "-".join(f"{code:x}" for code in codes), emoji["name"], group["name"]


def drawings_of(folder: Path, name: str) -> dict[str, str]:
    """Return the drawings of a package as SVG, by code points."""
    package = folder / name
    icons = json.loads((package / "icons.json").read_text(encoding="utf-8"))
    names = json.loads((package / "chars.json").read_text(encoding="utf-8"))
    return {
        codes.replace(f"-{VARIATION:x}", ""): as_svg(icons | icons["icons"][icon])
        for codes, icon in names.items()
        if icon in icons["icons"]
    }


def as_svg(icon: dict) -> str:
    """Put an icon's body into a square picture on which it is centred.

    >>> as_svg({"width": 16, "height": 8, "body": "<g/>"})[-52:]
    'width="48" height="48" viewBox="0 0 16 8"><g/></svg>'
    """
    box = f"{icon.get('left', 0)} {icon.get('top', 0)} {icon['width']} {icon['height']}"
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    size = f'width="{SIDE}" height="{SIDE}" viewBox="{box}"'
    return f"<svg {spaces} {size}>{icon['body']}</svg>"


def rendered(svg: str) -> np.ndarray:
    """Render a drawing on white, uint8 ``(48, 48, 3)``."""
    import resvg_py

    content = resvg_py.svg_to_bytes(svg_string=svg, background="#ffffff", skip_system_fonts=True)
    return np.asarray(Image.open(io.BytesIO(bytes(content))).convert("RGB"))


def likeness(drawings: np.ndarray) -> np.ndarray:
    """Return the correlation of every two drawings' pixels, ``(n, n)``."""
    rows = drawings.reshape(len(drawings), -1).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows @ rows.T


def drawn_for_test(labels: np.ndarray, families: np.ndarray) -> np.ndarray:
    """Choose things to test on, ``(n,)``: the same share of each class, and whole families."""
    generator = np.random.default_rng(SEED)
    test = np.zeros(len(labels), bool)
    for family in generator.permutation(np.unique(families)):
        members = families == family
        classes = np.unique(labels[members])
        wanted = [TEST_SHARE * np.sum(labels == c) for c in classes]
        chosen = [np.sum(test & (labels == c)) for c in classes]
        coming = [np.sum(members & (labels == c)) for c in classes]
        if all(h + c <= w for h, c, w in zip(chosen, coming, wanted, strict=True)):
            test |= members
    return test


def check_packages(folder: Path) -> None:
    """Refuse packages that are missing, or of another version or licence."""
    for name, number, licence in PACKAGES:
        about = folder / name / "package.json"
        found = json.loads(about.read_text(encoding="utf-8")) if about.is_file() else {}
        said = found.get("version"), found.get("license")
        if said != (number, licence):
            raise click.ClickException(
                f"{folder / name} must be version {number} under {licence} (found: {said[0]} under "
                f"{said[1]}): npm install {INSTALL}"
            )
    try:
        resvg = version("resvg-py")
    except PackageNotFoundError:
        resvg = "none"
    if resvg != RESVG_VERSION:
        raise click.ClickException(
            f"this needs resvg-py {RESVG_VERSION} (found: {resvg}): "
            f"pip install resvg-py=={RESVG_VERSION}"
        )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--packages",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("node_modules"),
    show_default=True,
    help="Folder with the npm packages.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=DATA_FOLDER,
    show_default="the folder of this script",
    help="Folder to write to.",
)
def main(packages: Path, output: Path) -> None:
    """Build emoji_48.npz: the things that three hands have drawn, on white, 48 by 48 pixels.

    It is not needed to follow the course: the file is there. Building it again gives the same
    file, whose SHA-256 stands in data/README.md, as do the packages that are needed.
    """
    check_packages(packages)
    groups = json.loads((packages / GROUPS[0] / "data-by-group.json").read_text(encoding="utf-8"))
    hands = [drawings_of(packages, name) for name, _, _ in HANDS.values()]
    things = [thing for thing in things_of(groups) if all(thing[0] in hand for hand in hands)]
    drawings = np.stack([[rendered(hand[codes]) for hand in hands] for codes, _, _ in things])
    rows = drawings.reshape(len(things), len(hands), -1)
    own = set.intersection(
        *(set(np.unique(rows[:, hand], axis=0, return_index=True)[1]) for hand in range(len(hands)))
    )
    kept = sorted(own)  # no two things have the same drawing by any hand
    drawings = drawings[kept]
    names, groups_of = zip(*(things[thing][1:] for thing in kept), strict=True)
    class_names = tuple(dict.fromkeys(groups_of))
    labels = np.array([class_names.index(group) for group in groups_of])
    near = [likeness(drawings[:, hand]) > NEAR_COPY for hand in range(len(hands))]
    _, families = connected_components(np.logical_or.reduce(near))
    test = drawn_for_test(labels, families)
    arrays = {"class_names": np.array(class_names), "source": np.array("emoji-48")}
    arrays |= {"thing_names": np.array(names), "hand_names": np.array([*HANDS])}
    generator = np.random.default_rng(SEED)
    for part, chosen in (("train", ~test), ("test", test)):
        pairs = np.array([(t, h) for t in np.flatnonzero(chosen) for h in range(len(hands))])
        thing, hand = generator.permutation(pairs).T
        arrays |= {
            f"{part}_images": drawings[thing, hand],
            f"{part}_labels": labels[thing].astype(np.uint8),
            f"{part}_things": thing.astype(np.uint16),
            f"{part}_hands": hand.astype(np.uint8),
        }
    path = output / BUNDLED["emoji-48"]
    with written_whole(path) as temporary:
        np.savez_compressed(temporary, **arrays)
    parts = [
        arrays[f"{part}_{kind}"] for part in ("train", "test") for kind in ("images", "labels")
    ]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    sizes = np.bincount(families)
    click.echo(
        f"{ImageDataset(*parts, class_names, 'emoji-48')}\n"
        f"{len(names):,} things, {test.sum()} of them for testing; "
        f"{len(things) - len(names)} with the drawing of another left out; "
        f"{sizes[sizes > 1].sum()} in {np.sum(sizes > 1)} families of near copies\n"
        f"{path}: {path.stat().st_size:,} bytes, SHA-256 {digest}"
    )


if __name__ == "__main__":
    main()
