"""Saved features are found, and refused where they do not belong to the data."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.artefacts import FeatureSet, features_path, save_features
from helpers.data import ImageDataset
from helpers.feature_sets import check_feature_set, find_features
from helpers.files import BUILD_VARIABLE


@pytest.fixture(autouse=True)
def build(tmp_path, monkeypatch):
    monkeypatch.setenv(BUILD_VARIABLE, str(tmp_path))


@pytest.fixture
def data():
    images = np.zeros((7, 4, 4), np.uint8)
    labels = np.arange(7) % 2
    return ImageDataset(images, labels, images[:3], labels[:3], ("a", "b"), "tiny")


@pytest.fixture
def features():
    generator = np.random.default_rng(0)
    train, test = (generator.normal(size=(rows, 5)).astype(np.float32) for rows in (7, 3))
    return FeatureSet("rotation", "last", "tiny", 0, 7, 1.5, train, test)


def with_nan(array):
    broken = array.copy()
    broken[1, 2] = np.nan
    return broken


def test_saved_features_are_found_again(data, features):
    save_features(features)
    found = find_features(data, "rotation", "last")
    assert np.array_equal(found.train, features.train)
    assert np.array_equal(found.test, features.test)
    assert found.seconds == 1.5


def test_features_that_no_lesson_has_saved_are_none(data, features):
    save_features(features)
    assert find_features(data, "rotation", "convolutional") is None
    assert find_features(data, "contrastive", "last") is None


def test_of_many_training_images_the_first_4000_are_expected(features):
    images = np.zeros((4001, 4, 4), np.uint8)
    labels = np.arange(4001) % 2
    data = ImageDataset(images, labels, images[:3], labels[:3], ("a", "b"), "tiny")
    check_feature_set(replace(features, train=np.ones((4000, 5), np.float32)), data)
    with pytest.raises(ValueError, match="have 4001 rows, but tiny has 4000 train images"):
        check_feature_set(replace(features, train=np.ones((4001, 5), np.float32)), data)


def test_features_of_another_data_set_are_refused(data, features):
    other = replace(features, dataset="mnist-5k")
    with pytest.raises(
        ValueError, match="features of rotation .* belong to 'mnist-5k', not 'tiny'"
    ):
        check_feature_set(other, data)


@pytest.mark.parametrize(("part", "rows"), [("train", 7), ("test", 3)])
def test_a_wrong_number_of_rows_is_refused(data, features, part, rows):
    check_feature_set(features, data)
    short = replace(features, **{part: getattr(features, part)[1:]})
    message = rf"{part} features of rotation \(last layer\) have {rows - 1} rows.*has {rows} {part}"
    with pytest.raises(ValueError, match=message):
        check_feature_set(short, data)


@pytest.mark.parametrize("part", ["train", "test"])
def test_features_with_nan_are_refused_by_name_and_row(data, features, part):
    broken = replace(features, **{part: with_nan(getattr(features, part))})
    message = rf"{part} features of rotation \(last layer\) on tiny contain NaN.*first in row 1"
    with pytest.raises(ValueError, match=message):
        check_feature_set(broken, data)


def test_parts_from_two_encoders_are_refused(data, features):
    narrow = replace(features, test=features.test[:, :4])
    with pytest.raises(
        ValueError, match="5 numbers per row and .* 4: both must come from the same"
    ):
        check_feature_set(narrow, data)


def test_a_file_that_names_another_method_is_refused(data, features):
    path = save_features(features)
    path.rename(features_path("tiny", "contrastive", "last"))
    with pytest.raises(
        ValueError, match=r"contrastive_last\.npz says that it holds rotation, last"
    ):
        find_features(data, "contrastive", "last")


def test_a_file_that_is_no_feature_set_is_refused(data):
    path = features_path("tiny", "rotation", "last")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="not a feature set"):
        find_features(data, "rotation", "last")
