"""Patches and masks, checked by hand and on random input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.pretext.masking import (
    hidden_count,
    patch_count,
    pixel_masks,
    random_masks,
    visible_places,
)


@st.composite
def mask_settings(draw, least=0):
    patches = draw(st.integers(2, 60))
    hidden = draw(st.integers(1, patches - 1))
    return draw(st.integers(least, 20)), patches, hidden, draw(st.integers(0, 2**32 - 1))


# Patches


@pytest.mark.parametrize("patch_size", [-7, 0, 3, 5, 28, 56])
def test_a_patch_size_that_does_not_divide_the_image_is_refused_with_those_that_do(patch_size):
    message = f"patch_size {patch_size} does not cut 28 pixels .*: take 1, 2, 4, 7, 14$"
    with pytest.raises(ValueError, match=message):
        patch_count(28, patch_size)


# Masks


@given(mask_settings())
def test_every_mask_hides_exactly_the_share_asked_for(setting):
    images, patches, hidden, seed = setting
    masks = random_masks(images, patches, hidden / patches, seed)
    assert masks.dtype == bool
    assert masks.shape == (images, patches)
    assert (masks.sum(axis=1) == hidden).all()
    assert hidden_count(patches, hidden / patches) == hidden


@given(mask_settings())
def test_the_same_seed_gives_the_same_masks(setting):
    images, patches, hidden, seed = setting
    first, again = (random_masks(images, patches, hidden / patches, seed) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_another_seed_and_another_call_of_a_generator_give_other_masks():
    generator = np.random.default_rng(0)
    first, second = (random_masks(50, 16, 0.5, generator) for _ in range(2))
    np.testing.assert_array_equal(first, random_masks(50, 16, 0.5, 0))
    assert (first != second).any()
    assert (first != random_masks(50, 16, 0.5, 1)).any()


def test_every_patch_is_hidden_about_as_often():
    shares = random_masks(20_000, 16, 0.75, 0).mean(axis=0)
    np.testing.assert_allclose(shares, 0.75, atol=0.02)


def test_a_share_between_two_counts_is_rounded_to_the_nearer():
    assert [hidden_count(16, ratio) for ratio in (0.70, 0.72, 0.75)] == [11, 12, 12]


@pytest.mark.parametrize("mask_ratio", [-0.5, 0, 0.0, 1, 1.0, 75, float("nan")])
def test_a_ratio_that_is_not_between_zero_and_one_is_refused(mask_ratio):
    message = f"mask_ratio must lie between 0 and 1, both excluded, got {mask_ratio}$"
    with pytest.raises(ValueError, match=message):
        random_masks(5, 16, mask_ratio, 0)


@pytest.mark.parametrize(("mask_ratio", "hidden"), [(0.1, 0), (0.9, 4)])
def test_a_ratio_that_hides_nothing_or_everything_is_refused(mask_ratio, hidden):
    message = f"a mask_ratio of {mask_ratio} hides {hidden} of 4 patches: choose one"
    with pytest.raises(ValueError, match=message):
        random_masks(5, 4, mask_ratio, 0)


@given(mask_settings(least=1))
def test_visible_places_are_those_that_the_mask_does_not_hide(setting):
    images, patches, hidden, seed = setting
    masks = random_masks(images, patches, hidden / patches, seed)
    places = visible_places(masks)
    assert places.shape == (images, patches - hidden)
    assert not np.take_along_axis(masks, places, axis=1).any()
    assert (np.diff(places) > 0).all()


def test_masks_of_different_ratios_in_one_batch_are_refused():
    masks = np.array([[True, False, False], [True, True, False]])
    with pytest.raises(ValueError, match=r"same number of patches visible, got \[1, 2\]$"):
        visible_places(masks)
    with pytest.raises(ValueError, match=r"got \[\]$"):
        visible_places(masks[:0])


@pytest.mark.parametrize(("size", "patch_size", "count"), [(28, 7, 16), (28, 14, 4), (6, 1, 36)])
def test_an_image_has_as_many_patches_as_fit(size, patch_size, count):
    assert patch_count(size, patch_size) == count


def test_a_hidden_patch_hides_all_of_its_pixels_and_no_other():
    hidden = pixel_masks(np.array([[False, True, False, False]]), 2)
    assert hidden.astype(int).tolist() == [[[0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]]
