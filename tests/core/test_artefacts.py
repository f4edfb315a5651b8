"""What one lesson saves another reads back unchanged, and nothing else is taken for it."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from helpers.artefacts import (
    FeatureSet,
    encoder_path,
    features_path,
    load_features,
    save_features,
)
from helpers.files import BUILD_VARIABLE


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
        seed=3,
        unlabelled_images=1000,
        seconds=2.5,
        train=draw.normal(size=(6, 4)).astype(np.float32),
        test=draw.normal(size=(2, 4)).astype(np.float32),
    )


def test_features_come_back_as_they_were_saved(features, tmp_path):
    path = save_features(features)
    assert path == tmp_path / "features" / "mnist-5k" / "rotation_last.npz"
    assert path == features_path("mnist-5k", "rotation", "last")
    loaded = load_features(path)
    for name, value in asdict(features).items():
        np.testing.assert_array_equal(getattr(loaded, name), value)


def test_features_are_stored_as_float32(features):
    wide = replace(features, train=features.train.astype(np.float64))
    assert load_features(save_features(wide)).train.dtype == np.float32


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused(features, bad, tmp_path):
    features.test[0, 0] = bad
    with pytest.raises(ValueError, match="'rotation' contain NaN or infinity"):
        save_features(features)
    assert not list(tmp_path.rglob("*.npz"))


def test_features_of_the_wrong_shape_are_refused(features):
    with pytest.raises(ValueError, match="train features have 4 columns, but test features have 3"):
        save_features(replace(features, test=features.test[:, :3]))
    with pytest.raises(ValueError, match="two dimensions"):
        save_features(replace(features, train=features.train[0]))


def test_missing_features_name_the_remedy(tmp_path):
    with pytest.raises(FileNotFoundError, match="run the lesson that saves them first"):
        load_features(tmp_path / "none.npz")


def test_another_file_is_not_taken_for_features(features, tmp_path):
    other = tmp_path / "other.npz"
    np.savez(other, images=features.train)
    with pytest.raises(ValueError, match="is not a feature set"):
        load_features(other)
    other.write_bytes(b"not an archive")
    with pytest.raises(ValueError, match="is not a feature set"):
        load_features(other)


def test_pickled_objects_are_not_loaded(tmp_path):
    path = tmp_path / "pickled.npz"
    np.savez(path, description=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="is not a feature set"):
        load_features(path)


def test_an_encoder_is_named_after_all_that_decided_it(tmp_path):
    path = encoder_path("rotation", "mnist-5k", ".keras", images=800, seed=0)
    assert path == tmp_path / "encoders" / "rotation_mnist-5k_images-800_seed-0.keras"
    assert path != encoder_path("rotation", "mnist-5k", ".keras", images=800, seed=1)
