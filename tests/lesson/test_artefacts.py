"""An encoder is found under a name that only the same data and settings give."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.data import ImageDataset
from helpers.lesson.artefacts import encoder_path
from helpers.lesson.files import BUILD_VARIABLE


@pytest.fixture(autouse=True)
def build_in_tmp_path(monkeypatch, tmp_path):
    monkeypatch.setenv(BUILD_VARIABLE, str(tmp_path))


@pytest.fixture
def data():
    images = np.zeros((7, 4, 4), np.uint8)
    labels = np.arange(7) % 2
    return ImageDataset(images, labels, images[:3], labels[:3], ("a", "b"), "tiny")


def with_other(data, part):
    array = getattr(data, part).copy()
    array.flat[-1] ^= 1
    return replace(data, **{part: array})


def test_an_encoder_is_named_after_its_data_and_settings(data, tmp_path):
    path = encoder_path("rotation", data, ".keras", images=800, seed=0)
    name = f"rotation_tiny-{data.checksum[:8]}_images-800_seed-0.keras"
    assert path == tmp_path / "laptop" / "encoders" / name
    assert path != encoder_path("rotation", data, ".keras", images=800, seed=1)


@pytest.mark.parametrize("part", ["train_images", "train_labels", "test_images", "test_labels"])
def test_other_data_under_the_same_name_give_another_encoder(data, part):
    other = with_other(data, part)
    assert other.source == data.source
    paths = {encoder_path("rotation", one, ".keras", seed=0) for one in (data, other)}
    assert len(paths) == 2


def test_a_long_name_of_a_data_set_is_cut(data):
    longer = replace(data, source="x" * 250)
    assert len(encoder_path("rotation", longer, ".keras", images=800, seed=0).name) < 100
