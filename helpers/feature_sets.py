"""The features that other lessons saved: found, and checked against the data they speak of."""

import numpy as np

from helpers.artefacts import FeatureSet, features_path, load_features
from helpers.data import ImageDataset
from helpers.representation import check_features, check_same_dimension

TRAINING_IMAGES = 4000
LAYERS = ("convolutional", "last")


def find_features(data: ImageDataset, method: str, layer: str) -> FeatureSet | None:
    """Load what a lesson saved of one method and layer, if it has been run.

    Parameters
    ----------
    data : ImageDataset
        The images that the features must belong to.
    method, layer : str
        For example ``"rotation"`` and ``"convolutional"``.

    Returns
    -------
    FeatureSet or None
        None if there is no such file.

    Raises
    ------
    ValueError
        If the file is not a feature set, or ``check_feature_set`` refuses it.
    """
    path = features_path(data.source, method, layer)
    if not path.is_file():
        return None
    features = load_features(path)
    if (features.method, features.layer) != (method, layer):
        raise ValueError(
            f"{path.name} says that it holds {features.method}, {features.layer} layer: "
            "delete it and run its lesson again"
        )
    check_feature_set(features, data)
    return features


def check_feature_set(features: FeatureSet, data: ImageDataset) -> None:
    """Raise a ``ValueError`` unless features can be read with the labels of a data set.

    They must be finite, come from the same encoder, name the same data set, and have one row for
    each of the first 4,000 training images (all, if there are fewer) and for each test image.

    Parameters
    ----------
    features : FeatureSet
        What to check.
    data : ImageDataset
        The images that the features must belong to.
    """
    name = f"{features.method} ({features.layer} layer)"
    if features.dataset != data.source:
        raise ValueError(f"features of {name} belong to {features.dataset!r}, not {data.source!r}")
    expected = {
        "train": min(TRAINING_IMAGES, len(data.train_images)),
        "test": len(data.test_images),
    }
    for part, rows in expected.items():
        array: np.ndarray = getattr(features, part)
        check_features(array, f"{part} features of {name} on {data.source}")
        if len(array) != rows:
            raise ValueError(
                f"{part} features of {name} have {len(array)} rows, but {data.source} has {rows} "
                f"{part} images to match: run the lesson that saves them again"
            )
    check_same_dimension(
        *(features.train, f"train features of {name}"),
        *(features.test, f"test features of {name}"),
    )
