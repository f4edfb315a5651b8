"""Rotations checked against NumPy, by hand and on random input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from helpers.pretext.rotation import ANGLES, rotate_quarter_turns, rotation_task

UPRIGHT = np.array([[[1, 2], [3, 4]]], dtype=np.uint8)

stacks = st.integers(1, 6).flatmap(
    lambda size: st.integers(0, 4).flatmap(lambda n: arrays(np.uint8, (n, size, size)))
)


def test_one_turn_is_counter_clockwise():
    assert rotate_quarter_turns(UPRIGHT, 1).tolist() == [[[2, 4], [1, 3]]]


def test_two_and_three_turns_by_hand():
    assert rotate_quarter_turns(UPRIGHT, 2).tolist() == [[[4, 3], [2, 1]]]
    assert rotate_quarter_turns(UPRIGHT, 3).tolist() == [[[3, 1], [4, 2]]]


@given(stacks, st.integers(-8, 8))
def test_each_image_turns_as_numpy_turns_it_alone(images, turns):
    rotated = rotate_quarter_turns(images, turns)
    assert rotated.dtype == images.dtype
    assert rotated.shape == images.shape
    for before, after in zip(images, rotated, strict=True):
        np.testing.assert_array_equal(after, np.rot90(before, turns))


@given(stacks)
def test_four_turns_bring_the_image_back(images):
    turned = images
    for _ in range(4):
        turned = rotate_quarter_turns(turned, 1)
    np.testing.assert_array_equal(turned, images)


@given(stacks)
def test_the_task_holds_each_image_at_each_angle_with_its_label(images):
    rotated, angle_labels = rotation_task(images)
    assert len(rotated) == len(angle_labels) == 4 * len(images)
    assert np.bincount(angle_labels, minlength=4).tolist() == [len(images)] * len(ANGLES)
    for index, (copy, label) in enumerate(zip(rotated, angle_labels, strict=True)):
        np.testing.assert_array_equal(copy, np.rot90(images[index % len(images)], label))


def test_colours_turn_with_their_pixels():
    colours = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    turned, labels = rotation_task(colours)
    assert turned.shape == (12, 8, 8, 3)
    for colour in range(3):
        by_itself, its_labels = rotation_task(colours[..., colour])
        np.testing.assert_array_equal(turned[..., colour], by_itself)
        np.testing.assert_array_equal(labels, its_labels)


def test_the_input_is_left_alone():
    images = UPRIGHT.copy()
    rotation_task(images)[0][:] = 0
    np.testing.assert_array_equal(images, UPRIGHT)


@pytest.mark.parametrize("shape", [(28, 28), (3, 28, 27), (2, 8, 8, 1)])
def test_what_is_no_stack_of_squares_is_refused(shape):
    with pytest.raises(ValueError, match=r"square images of shape .*, got shape"):
        rotation_task(np.zeros(shape, np.uint8))
    with pytest.raises(ValueError, match=r"got shape"):
        rotate_quarter_turns(np.zeros(shape, np.uint8), 1)
