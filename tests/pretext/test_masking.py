"""Patches and masks, checked by hand and on random input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from helpers.pretext.masking import (
    cut_patches,
    hidden_count,
    join_patches,
    patch_count,
    pixel_masks,
    random_masks,
    visible_places,
)

COUNTED = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
SIZES = st.tuples(st.integers(2, 5), st.integers(1, 4), st.integers(1, 4))


@st.composite
def stacks(draw):
    across, patch_size, count = draw(SIZES)
    size = across * patch_size
    return draw(arrays(np.uint8, (count, size, size))), patch_size


@st.composite
def mask_settings(draw, least=0):
    patches = draw(st.integers(2, 60))
    hidden = draw(st.integers(1, patches - 1))
    return draw(st.integers(least, 20)), patches, hidden, draw(st.integers(0, 2**32 - 1))


# Patches


def test_patches_run_from_left_to_right_and_then_down():
    patches = cut_patches(COUNTED, 2)
    assert patches.tolist() == [[[0, 1, 4, 5], [2, 3, 6, 7], [8, 9, 12, 13], [10, 11, 14, 15]]]


@given(stacks())
def test_joined_patches_are_the_images_again(stack):
    images, patch_size = stack
    patches = cut_patches(images, patch_size)
    assert patches.dtype == np.uint8
    assert patches.shape[1] == patch_count(images.shape[1], patch_size)
    np.testing.assert_array_equal(join_patches(patches), images)


@given(stacks())
def test_each_patch_is_a_window_of_its_image(stack):
    images, patch_size = stack
    across = images.shape[1] // patch_size
    for place, patch in enumerate(cut_patches(images, patch_size).swapaxes(0, 1)):
        row, column = (patch_size * index for index in divmod(place, across))
        window = images[:, row : row + patch_size, column : column + patch_size]
        np.testing.assert_array_equal(patch.reshape(window.shape), window)


def test_cutting_leaves_the_images_alone():
    images = COUNTED.copy()
    cut_patches(images, 2)[:] = 0
    np.testing.assert_array_equal(images, COUNTED)


@pytest.mark.parametrize("patch_size", [-7, 0, 3, 5, 28, 56])
def test_a_patch_size_that_does_not_divide_the_image_is_refused_with_those_that_do(patch_size):
    message = f"patch_size {patch_size} does not cut 28 pixels .*: take 1, 2, 4, 7, 14$"
    with pytest.raises(ValueError, match=message):
        cut_patches(np.zeros((1, 28, 28), np.uint8), patch_size)
    with pytest.raises(ValueError, match=message):
        patch_count(28, patch_size)


@pytest.mark.parametrize("shape", [(28, 28), (2, 28, 14), (2, 28, 28, 1)])
def test_what_is_no_stack_of_squares_is_refused(shape):
    with pytest.raises(
        ValueError, match=r"images must be grey|square images of shape \(n, size, size\)"
    ):
        cut_patches(np.zeros(shape, np.uint8), 7)


def test_images_of_floats_are_refused():
    with pytest.raises(ValueError, match="images are float64, but images must be uint8"):
        cut_patches(np.zeros((1, 28, 28)), 7)


@pytest.mark.parametrize("shape", [(1, 5, 4), (1, 4, 5), (4, 4)])
def test_patches_that_make_no_square_image_are_refused(shape):
    with pytest.raises(ValueError, match="expected square patches of square images"):
        join_patches(np.zeros(shape))


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


def test_a_hidden_patch_hides_all_of_its_pixels_and_no_other():
    hidden = pixel_masks(np.array([[False, True, False, False]]), 2)
    assert hidden.astype(int).tolist() == [[[0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]]
