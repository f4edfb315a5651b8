"""The drawings in order: a thing in each row, a hand in each column, no thing on both sides."""

import importlib.util

import numpy as np
import pytest

from helpers.data import load_dataset, load_drawings
from helpers.lesson.files import DATA_FOLDER


@pytest.fixture(scope="module")
def drawings():
    return load_drawings()


@pytest.fixture(scope="module")
def script():
    specification = importlib.util.spec_from_file_location("emoji", DATA_FOLDER / "emoji.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_they_are_the_images_of_the_data_set_each_once(drawings):
    dataset = load_dataset("emoji-48")
    for part, chosen in (("train", ~drawings.test), ("test", drawings.test)):
        there = [image.tobytes() for image in drawings.images[chosen].reshape(-1, 48, 48, 3)]
        stored = [image.tobytes() for image in getattr(dataset, f"{part}_images")]
        assert sorted(there) == sorted(stored)
    assert drawings.class_names == dataset.class_names


def test_a_thing_keeps_its_label_and_its_name(drawings):
    dataset = load_dataset("emoji-48")
    labels = {i.tobytes(): n for i, n in zip(dataset.test_images, dataset.test_labels, strict=True)}
    for thing in np.flatnonzero(drawings.test):
        assert {labels[image.tobytes()] for image in drawings.images[thing]} == {
            drawings.labels[thing]
        }
    assert len(set(drawings.thing_names)) == len(drawings.labels) == len(drawings.images)
    place = drawings.thing_names.index("rocket")
    assert drawings.class_names[drawings.labels[place]] == "Travel & Places"


def test_one_column_is_one_hand_and_one_row_one_thing(drawings, script):
    green = drawings.thing_names.index("green circle")
    red, *others = drawings.images[green][:, 24, 24].astype(int).T
    assert (red + 40 < others[0]).all()
    same, other = [], []
    for hand in (1, 2):
        pair = np.concatenate([drawings.images[:300, 0], drawings.images[:300, hand]])
        alike = script.likeness(pair)[:300, 300:]
        same.append(np.diag(alike).mean())
        other.append(alike.mean())
    assert min(same) > max(other) + 0.2


def test_of_near_copies_none_is_on_the_other_side(drawings, script):
    for hand in range(len(drawings.hand_names)):
        alike = script.likeness(drawings.images[:, hand])
        assert not (alike[drawings.test][:, ~drawings.test] > script.NEAR_COPY).any()


def test_variants_and_flags_are_left_out(drawings, script):
    groups = [
        {"name": "People & Body", "emojis": [{"emoji": "🧑‍🎨", "name": "artist"}]},
        {"name": "People & Body", "emojis": [{"emoji": "👩‍🎨", "name": "woman artist"}]},
        {"name": "People & Body", "emojis": [{"emoji": "👋🏽", "name": "waving hand medium"}]},
        {"name": "People & Body", "emojis": [{"emoji": "🏃‍♀️", "name": "woman running"}]},
        {"name": "Flags", "emojis": [{"emoji": "🏴‍☠️", "name": "pirate flag"}]},
        {"name": "Objects", "emojis": [{"emoji": "☎️", "name": "telephone"}]},
    ]
    assert list(script.things_of(groups)) == [
        ("1f9d1-200d-1f3a8", "artist", "People & Body"),
        ("260e", "telephone", "Objects"),
    ]
    assert not [name for name in drawings.thing_names if "skin tone" in name or "flag of" in name]


def test_whole_families_are_tested_on(script):
    labels = np.repeat([0, 1], 20)
    families = np.r_[np.zeros(4, int), np.arange(1, 37)]
    test = script.drawn_for_test(labels, families)
    assert len(set(test[:4].tolist())) == 1
    assert 0.2 <= test[labels == 0].mean() <= 0.3 and test[labels == 1].mean() == 0.3
