"""Figures of a folder: each file at its place, and what is not there is not drawn."""

import numpy as np
import pytest
from PIL import Image

from helpers.data import read_folder
from helpers.data.downloads import CACHE_VARIABLE
from helpers.figures import folder_findings, picture_map


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    root = tmp_path / "photos"
    root.mkdir()
    for number in range(12):
        noise = np.random.default_rng(number).integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((40, 40)).save(root / f"{number:02}.png")
    return root


def test_a_folder_without_findings_has_no_figure(folder):
    assert folder_findings(read_folder(folder, size=16)) is None


def test_what_was_cut_copied_and_left_out_is_drawn_with_its_name(folder):
    with Image.open(folder / "00.png") as image:
        image.resize((120, 40)).save(folder / "wide.png")
        image.save(folder / "copy of 00.png")
    (folder / "broken.jpg").write_bytes(b"")
    pictures = read_folder(folder, size=16)
    assert set(pictures.copies) | set(pictures.copies.values()) >= {"00.png", "copy of 00.png"}
    figure = folder_findings(pictures)
    said = " ".join(
        [axis.get_title() for axis in figure.axes]
        + [text.get_text() for axis in figure.axes for text in axis.texts]
    )
    for name in ("wide.png", "00.png", "copy of 00.png", "broken.jpg", "empty"):
        assert name in said
    assert figure.alt_text


def test_a_map_has_one_picture_in_a_cell_and_all_corners():
    places = np.array([[0, 0], [0, 0.001], [1, 1], [0, 1], [1, 0]])
    images = np.zeros((5, 4, 4), np.uint8)
    assert len(picture_map(places, images, "A map", "Four pictures.").axes[0].images) == 4


def test_places_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="need places"):
        picture_map(np.zeros((3, 2)), np.zeros((4, 8, 8), np.uint8), "A map", "Nothing.")
