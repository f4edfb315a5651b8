"""What one lesson saves another reads back unchanged, and nothing else is taken for it."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from helpers.data import ImageDataset
from helpers.lesson.artefacts import (
    FeatureSet,
    check_feature_set,
    encoder_path,
    features_path,
    find_features,
    load_features,
    save_features,
)
from helpers.lesson.files import BUILD_VARIABLE


@pytest.fixture(autouse=True)
def build_in_tmp_path(monkeypatch, tmp_path):
    monkeypatch.setenv(BUILD_VARIABLE, str(tmp_path))


@pytest.fixture
def features():
    draw = np.random.default_rng(0)
    return FeatureSet(
        method="rotation",
        layer="last",
        dataset="mnist-5k",
        checksum="of its content",
        encoder="rotation_seed-3.keras",
        seed=3,
        unlabelled_images=1000,
        seconds=2.5,
        train=draw.normal(size=(6, 4)).astype(np.float16).astype(np.float32),
        test=draw.normal(size=(2, 4)).astype(np.float16).astype(np.float32),
    )


def test_features_come_back_as_they_were_saved(features, tmp_path):
    path = save_features(features)
    assert path == tmp_path / "laptop" / "features" / "mnist-5k" / "rotation_last.npz"
    assert path == features_path("mnist-5k", "rotation", "last")
    loaded = load_features(path)
    for name, value in asdict(features).items():
        np.testing.assert_array_equal(getattr(loaded, name), value)


def test_features_are_kept_in_half_precision(features):
    fine = replace(features, train=features.train * np.float32(1.0003))
    path = save_features(fine)
    with np.load(path) as archive:
        assert archive["train"].dtype == np.float16
    np.testing.assert_allclose(load_features(path).train, fine.train, rtol=2**-11)


def test_features_too_large_for_half_precision_are_refused(features, tmp_path):
    features.train[1, 2] = 70_000
    with pytest.raises(ValueError, match=r"in 1 of 6 rows, first in row 1 \(numbers over 65,504"):
        save_features(features)
    assert not list(tmp_path.rglob("*.npz"))


def test_features_are_read_as_float32(features):
    wide = replace(features, train=features.train.astype(np.float64))
    assert load_features(save_features(wide)).train.dtype == np.float32


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused(features, bad, tmp_path):
    features.test[0, 0] = bad
    with pytest.raises(
        ValueError,
        match=r"test features of rotation \(last layer\) on mnist-5k contain NaN or infinity in 1",
    ):
        save_features(features)
    assert not list(tmp_path.rglob("*.npz"))


def test_features_of_the_wrong_shape_are_refused(features):
    with pytest.raises(ValueError, match="4 numbers per row and test features 3"):
        save_features(replace(features, test=features.test[:, :3]))
    with pytest.raises(ValueError, match="two dimensions"):
        save_features(replace(features, train=features.train[0]))


def test_missing_features_name_the_remedy(tmp_path):
    with pytest.raises(FileNotFoundError, match="run the lesson that saves them first"):
        load_features(tmp_path / "none.npz")


def test_another_file_is_not_taken_for_features(features, tmp_path):
    other = tmp_path / "other.npz"
    np.savez(other, images=features.train)
    with pytest.raises(ValueError, match="is damaged, or not of this version of the course: run"):
        load_features(other)
    other.write_bytes(b"not an archive")
    with pytest.raises(ValueError, match="is damaged, or not of this version of the course: run"):
        load_features(other)


def test_pickled_objects_are_not_loaded(tmp_path):
    path = tmp_path / "pickled.npz"
    np.savez(path, description=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="is damaged, or not of this version of the course: run"):
        load_features(path)


def test_an_encoder_is_named_after_all_that_decided_it(data, tmp_path):
    path = encoder_path("rotation", data, ".keras", images=800, seed=0)
    name = f"rotation_tiny-{data.checksum[:8]}_images-800_seed-0.keras"
    assert path == tmp_path / "laptop" / "encoders" / name
    assert path != encoder_path("rotation", data, ".keras", images=800, seed=1)
    assert path != encoder_path("rotation", with_other(data, "test_labels"), ".keras", seed=0)
    longer = replace(data, source="x" * 250)
    assert len(encoder_path("rotation", longer, ".keras", images=800, seed=0).name) < 100


def with_other(data, part):
    array = getattr(data, part).copy()
    array.flat[-1] ^= 1
    return replace(data, **{part: array})


@pytest.mark.parametrize("part", ["train_images", "train_labels", "test_images", "test_labels"])
def test_features_of_other_data_under_the_same_name_are_refused(data, tiny, part):
    save_features(tiny)
    other = with_other(data, part)
    assert other.source == data.source
    with pytest.raises(ValueError, match="were made from other images or labels than 'tiny' has"):
        find_features(other, "rotation", "last")


def damaged(content, kind):
    half = len(content) // 2
    flipped = content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :]
    return {"cut short": content[:half], "empty": b"", "a flipped bit": flipped}[kind]


@pytest.mark.parametrize("kind", ["cut short", "empty", "a flipped bit"])
def test_damaged_features_are_named_with_the_remedy(data, tiny, kind):
    path = save_features(tiny)
    path.write_bytes(damaged(path.read_bytes(), kind))
    with pytest.raises(ValueError, match=rf"{path.name} is damaged.*run the lesson that saves it"):
        find_features(data, "rotation", "last")


@pytest.fixture
def data():
    images = np.zeros((7, 4, 4), np.uint8)
    labels = np.arange(7) % 2
    return ImageDataset(images, labels, images[:3], labels[:3], ("a", "b"), "tiny")


@pytest.fixture
def tiny(data):
    generator = np.random.default_rng(0)
    train, test = (
        generator.normal(size=(rows, 5)).astype(np.float16).astype(np.float32) for rows in (7, 3)
    )
    return FeatureSet(
        "rotation", "last", "tiny", data.checksum, "rotation.pt", 0, 7, 1.5, train, test
    )


def with_nan(array):
    broken = array.copy()
    broken[1, 2] = np.nan
    return broken


def test_saved_features_are_found_again(data, tiny):
    save_features(tiny)
    found = find_features(data, "rotation", "last")
    assert np.array_equal(found.train, tiny.train)
    assert np.array_equal(found.test, tiny.test)
    assert found.seconds == 1.5


def test_features_that_no_lesson_has_saved_are_none(data, tiny):
    save_features(tiny)
    assert find_features(data, "rotation", "convolutional") is None
    assert find_features(data, "contrastive", "last") is None


def test_of_many_training_images_the_first_4000_are_expected(tiny):
    images = np.zeros((4001, 4, 4), np.uint8)
    labels = np.arange(4001) % 2
    data = ImageDataset(images, labels, images[:3], labels[:3], ("a", "b"), "tiny")
    tiny = replace(tiny, checksum=data.checksum)
    check_feature_set(replace(tiny, train=np.ones((4000, 5), np.float32)), data)
    with pytest.raises(ValueError, match="have 4001 rows, but tiny has 4000 train images"):
        check_feature_set(replace(tiny, train=np.ones((4001, 5), np.float32)), data)


def test_features_of_another_data_set_are_refused(data, tiny):
    other = replace(tiny, dataset="mnist-5k")
    with pytest.raises(
        ValueError, match="features of rotation .* belong to 'mnist-5k', not 'tiny'"
    ):
        check_feature_set(other, data)


@pytest.mark.parametrize(("part", "rows"), [("train", 7), ("test", 3)])
def test_a_wrong_number_of_rows_is_refused(data, tiny, part, rows):
    check_feature_set(tiny, data)
    short = replace(tiny, **{part: getattr(tiny, part)[1:]})
    message = rf"{part} features of rotation \(last layer\) have {rows - 1} rows.*has {rows} {part}"
    with pytest.raises(ValueError, match=message):
        check_feature_set(short, data)


@pytest.mark.parametrize("part", ["train", "test"])
def test_features_with_nan_are_refused_by_name_and_row(data, tiny, part):
    broken = replace(tiny, **{part: with_nan(getattr(tiny, part))})
    message = rf"{part} features of rotation \(last layer\) on tiny contain NaN.*first in row 1"
    with pytest.raises(ValueError, match=message):
        check_feature_set(broken, data)


def test_parts_from_two_encoders_are_refused(data, tiny):
    narrow = replace(tiny, test=tiny.test[:, :4])
    with pytest.raises(
        ValueError, match="5 numbers per row and .* 4: both must come from the same"
    ):
        check_feature_set(narrow, data)


def test_a_file_that_names_another_method_is_refused(data, tiny):
    path = save_features(tiny)
    path.rename(features_path("tiny", "contrastive", "last"))
    with pytest.raises(
        ValueError, match=r"contrastive_last\.npz says that it holds rotation, last"
    ):
        find_features(data, "contrastive", "last")


def test_a_file_that_is_no_feature_set_is_refused(data):
    path = features_path("tiny", "rotation", "last")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="is damaged, or not of this version"):
        find_features(data, "rotation", "last")
