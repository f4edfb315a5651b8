"""Rows, collapse meters, alignment and uniformity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from helpers.evaluation.representation import (
    alignment,
    as_rows,
    effective_rank,
    feature_spread,
    uniformity,
)

METERS = [feature_spread, effective_rank, uniformity]
seeds = st.integers(0, 2**32 - 1)


def gaussian(seed: int, count: int, dimensions: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, dimensions))


def random_rotation(seed: int, dimensions: int) -> np.ndarray:
    return np.linalg.qr(gaussian(seed, dimensions, dimensions))[0]


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float32, bool])
def test_rows_of_images_keep_the_order_of_the_pixels(dtype):
    images = np.arange(12).reshape(2, 2, 3).astype(dtype)
    rows = as_rows(images)
    assert rows.dtype == np.float64
    assert np.array_equal(rows, images.reshape(2, 6))
    assert as_rows(images, np.float32).dtype == np.float32


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.zeros(5), r"views must have shape \(n, d\) or \(n, \.\.\.\), got \(5,\)"),
        (np.zeros((0, 5)), r"views must have shape .* got \(0, 5\)"),
        (np.zeros((5, 0)), r"views must have shape .* got \(5, 0\)"),
        (np.array([["a", "b"]]), "views must hold real numbers, got dtype <U1"),
        (np.zeros((2, 2), complex), "views must hold real numbers, got dtype complex128"),
        (
            np.array([[1.0], [np.inf], [np.nan]]),
            "views contain NaN or infinity in 2 of 3 rows, first in row 1",
        ),
    ],
)
def test_features_that_are_no_finite_rows_are_refused(features, message):
    with pytest.raises(ValueError, match=message):
        as_rows(features, name="views")


@pytest.mark.parametrize("meter", METERS)
def test_every_meter_refuses_features_with_nan(meter):
    features = gaussian(0, 5, 3)
    features[3, 1] = np.nan
    with pytest.raises(ValueError, match="features contain NaN or infinity in 1 of 5 rows"):
        meter(features)


def test_the_spread_of_features_that_prefer_no_direction_is_one():
    assert feature_spread(gaussian(0, 20_000, 16)) == pytest.approx(1, abs=0.01)


def test_the_spread_of_two_opposite_axes_is_worked_out_by_hand():
    # Normalised: (1, 0), (-1, 0). Standard deviations 1 and 0, mean 1/2, times sqrt(2).
    assert feature_spread(np.array([[3.0, 0.0], [-5.0, 0.0]])) == pytest.approx(np.sqrt(2) / 2)


@pytest.mark.parametrize("value", [0.0, 0.1, -7.3, 1e6])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_meters_show_a_collapse_to_one_vector(value, dtype):
    collapsed = np.full((300, 7), value, dtype)
    assert feature_spread(collapsed) == pytest.approx(0, abs=1e-12)
    assert effective_rank(collapsed) == 0
    assert uniformity(collapsed) == pytest.approx(0, abs=1e-9)
    assert alignment(collapsed, collapsed) == 0


def test_the_spread_shows_a_collapse_to_one_direction_that_lengths_hide():
    features = np.outer(np.linspace(1, 50, 100), np.ones(8))
    assert features.std() > 10
    assert feature_spread(features) == pytest.approx(0, abs=1e-7)


def test_the_effective_rank_of_four_corners_is_worked_out_by_hand():
    # Centred already; singular values 3 sqrt(2) and sqrt(2), shares 3/4 and 1/4.
    features = np.array([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    expected = np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))
    assert effective_rank(features) == pytest.approx(expected)


@given(seed=seeds, dimensions=st.integers(1, 8))
def test_the_effective_rank_of_all_directions_alike_is_their_number(seed, dimensions):
    axes = np.vstack([np.eye(dimensions), -np.eye(dimensions)])
    features = 5 + axes @ random_rotation(seed, dimensions)
    assert effective_rank(features) == pytest.approx(dimensions)


def test_the_effective_rank_overlooks_the_rounding_noise_of_a_collapse():
    noise = np.random.default_rng(0).uniform(-1e-7, 1e-7, size=(300, 7))
    assert effective_rank((0.7 * (1 + noise)).astype(np.float32)) == 0
    assert effective_rank(0.7 * (1 + noise)) > 6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_effective_rank_of_a_line_away_from_the_origin_is_one(dtype):
    line = 100 + np.outer(np.linspace(-1, 1, 50), [1.0, 2.0, -1.0])
    assert effective_rank(line.astype(dtype)) == pytest.approx(1, abs=0.01)


def test_alignment_is_worked_out_by_hand():
    # Squared distances after normalising: same direction 0, right angle 2, opposite 4, zeros 1.
    features = np.array([[2.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    partners = np.array([[9.0, 0.0], [0.0, 3.0], [-1.0, 0.0], [0.0, 1.0]])
    assert alignment(features, partners) == pytest.approx((0 + 2 + 4 + 1) / 4)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 3), "features have 5 rows and partner_features 4: alignment compares them row by row"),
        ((5, 2), "features have 3 numbers per row and partner_features 2"),
    ],
)
def test_alignment_refuses_partners_of_another_shape(shape, message):
    with pytest.raises(ValueError, match=message):
        alignment(gaussian(0, 5, 3), gaussian(1, *shape))


def test_uniformity_is_worked_out_by_hand():
    # Squared distances: 2 between the axes and from each to the opposite of the other, 4 once.
    features = np.array([[1.0, 0.0], [0.0, 2.0], [-3.0, 0.0]])
    expected = np.log((2 * np.exp(-4) + np.exp(-8)) / 3)
    assert uniformity(features) == pytest.approx(expected)


@given(seed=seeds, count=st.integers(2, 40), dimensions=st.integers(1, 6))
def test_uniformity_agrees_with_all_pairs_of_scipy(seed, count, dimensions):
    features = gaussian(seed, count, dimensions)
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    expected = np.log(np.mean(np.exp(-2 * pdist(units) ** 2)))
    assert uniformity(features) == pytest.approx(expected, abs=1e-7)


def test_uniformity_in_blocks_agrees_with_all_pairs_at_once():
    features = gaussian(0, 2950, 2)  # 66.4 MiB of distances: more than one block of 64
    units = features / np.linalg.norm(features, axis=1, keepdims=True)
    expected = np.log(np.mean(np.exp(-2 * pdist(units) ** 2)))
    assert uniformity(features) == pytest.approx(expected)


def test_uniformity_of_features_evenly_on_a_large_sphere_is_about_minus_four():
    assert uniformity(gaussian(0, 1000, 500)) == pytest.approx(-4, abs=0.05)


def test_uniformity_refuses_a_single_feature():
    with pytest.raises(ValueError, match="give at least two features"):
        uniformity(np.ones((1, 3)))


@given(
    seed=seeds,
    count=st.integers(2, 30),
    dimensions=st.integers(1, 6),
    scale=st.floats(1e-3, 1e3),
)
@pytest.mark.parametrize("meter", METERS)
def test_no_meter_depends_on_scale_or_on_the_order_of_the_images(
    meter, seed, count, dimensions, scale
):
    features = gaussian(seed, count, dimensions)
    expected = pytest.approx(meter(features), rel=1e-6, abs=1e-6)
    assert meter(features * scale) == expected
    assert meter(features[::-1]) == expected


@given(seed=seeds, count=st.integers(2, 30), dimensions=st.integers(1, 6))
def test_rank_uniformity_and_alignment_do_not_depend_on_rotation(seed, count, dimensions):
    features = gaussian(seed, count, dimensions)
    partners = gaussian(seed + 1, count, dimensions)
    rotation = random_rotation(seed + 2, dimensions)
    for meter in (effective_rank, uniformity):
        assert meter(features @ rotation) == pytest.approx(meter(features), abs=1e-6)
    rotated = alignment(features @ rotation, partners @ rotation)
    assert rotated == pytest.approx(alignment(features, partners))


@given(seed=seeds, count=st.integers(2, 30), dimensions=st.integers(1, 6))
def test_the_meters_stay_in_their_ranges(seed, count, dimensions):
    features = gaussian(seed, count, dimensions)
    assert 0 <= feature_spread(features) <= 1 + 1e-9
    assert 1 - 1e-9 <= effective_rank(features) <= min(count - 1, dimensions) + 1e-9
    assert -8 - 1e-9 <= uniformity(features) <= 1e-9
    assert 0 <= alignment(features, gaussian(seed + 1, count, dimensions)) <= 4
