"""Augmentations on random input: range, type, seeds, and what leaves an image as it was."""

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helpers.models.training import scaled
from helpers.pretext.views import (
    DIGIT_VIEWS,
    PHOTO_VIEWS,
    compose,
    random_affine,
    random_brightness,
    random_colour,
    random_crop,
    random_erase,
    random_flip,
    random_greying,
    random_noise,
    two_views,
    views_of,
)

AUGMENTATIONS = {
    "crop": random_crop,
    "affine": random_affine,
    "flip": random_flip,
    "half turn": partial(random_flip, axes=(2, 3)),
    "brightness": random_brightness,
    "colour": random_colour,
    "greying": partial(random_greying, probability=0.5),
    "noise": random_noise,
    "erase": random_erase,
    "all": compose(random_crop, random_affine, random_brightness, random_noise, random_erase),
}
NEUTRAL = {
    "crop": partial(random_crop, smallest=1),
    "affine": partial(random_affine, degrees=0, shift=0, scale=0, shear=0),
    "flip": partial(random_flip, probability=0),
    "brightness": partial(random_brightness, strength=0),
    "colour": partial(random_colour, brightness=0, contrast=0, saturation=0, hue=0),
    "greying": partial(random_greying, probability=0),
    "noise": partial(random_noise, deviation=0),
    "erase": partial(random_erase, largest=0),
    "nothing": compose(),
}
WRONG = [
    (partial(random_crop, smallest=0), "smallest must be over 0 and at most 1, got 0"),
    (partial(random_crop, smallest=1.1), "smallest must be over 0 and at most 1, got 1.1"),
    (partial(random_affine, degrees=-1), "degrees must be at least 0, got -1"),
    (partial(random_affine, shift=-0.1), "shift must be at least 0, got -0.1"),
    (partial(random_affine, shear=float("nan")), "shear must be at least 0, got nan"),
    (partial(random_affine, scale=1), "scale must be at least 0 and below 1, got 1"),
    (partial(random_flip, axes=(1,)), r"axes must be \(2,\), \(3,\) or \(2, 3\), got \(1,\)"),
    (partial(random_flip, axes=()), "axes must be"),
    (partial(random_flip, probability=2), "probability must be from 0 to 1, got 2"),
    (partial(random_brightness, strength=1.5), "strength must be from 0 to 1, got 1.5"),
    (partial(random_colour, brightness=2), "brightness must be from 0 to 1, got 2"),
    (partial(random_colour, contrast=-1), "contrast must be from 0 to 1, got -1"),
    (partial(random_colour, saturation=1.5), "saturation must be from 0 to 1, got 1.5"),
    (partial(random_colour, hue=0.6), "hue must be from 0 to 0.5, half the circle, got 0.6"),
    (partial(random_greying, probability=-1), "probability must be from 0 to 1, got -1"),
    (partial(random_noise, deviation=-1), "deviation must be at least 0, got -1"),
    (partial(random_erase, largest=1.2), "largest must be from 0 to 1, got 1.2"),
]

seeds = st.integers(0, 2**31)
shapes = st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(4, 30), st.integers(4, 30))
every_augmentation = pytest.mark.parametrize("augment", AUGMENTATIONS.values(), ids=AUGMENTATIONS)


def generator(seed):
    return torch.Generator().manual_seed(seed)


def random_images(seed, shape):
    return torch.rand(shape, generator=generator(seed))


@every_augmentation
@given(seeds, shapes, st.sampled_from([torch.float32, torch.float64]))
def test_shape_type_and_range_are_kept_and_the_input_is_left_alone(augment, seed, shape, dtype):
    images = random_images(seed, shape).to(dtype)
    before = images.clone()
    view = augment(images, generator(seed))
    assert (view.shape, view.dtype) == (images.shape, dtype)
    assert view.min() >= 0 and view.max() <= 1
    torch.testing.assert_close(images, before, rtol=0, atol=0)


@every_augmentation
@given(seeds, shapes)
def test_the_same_seed_gives_the_same_views(augment, seed, shape):
    images = random_images(0, shape)
    once, again = (two_views(images, augment, generator(seed)) for _ in range(2))
    for one, other in zip(once, again, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


@every_augmentation
def test_two_views_are_two_draws_one_after_the_other(augment):
    images, by_hand, by_helper = random_images(0, (4, 3, 16, 16)), generator(0), generator(0)
    for view in two_views(images, augment, by_helper):
        torch.testing.assert_close(view, augment(images, by_hand), rtol=0, atol=0)


@every_augmentation
@given(seeds)
def test_two_draws_differ(augment, seed):
    images = random_images(seed, (24, 3, 16, 16))
    first, second = two_views(images, augment, generator(seed))
    assert not torch.equal(first, second)
    assert not torch.equal(first, augment(images, generator(seed + 1)))


@every_augmentation
def test_the_images_of_a_batch_are_changed_each_by_a_draw_of_its_own(augment):
    images = random_images(0, (1, 3, 16, 16)).expand(24, -1, -1, -1)
    assert len(augment(images, generator(0)).unique(dim=0)) > 1


@every_augmentation
def test_the_global_source_of_chance_is_not_touched(augment):
    state = torch.get_rng_state()
    augment(random_images(0, (2, 1, 8, 8)), generator(0))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("augment", NEUTRAL.values(), ids=NEUTRAL)
@given(seeds, shapes)
def test_at_strength_zero_every_image_stays_as_it_was(augment, seed, shape):
    images = random_images(seed, shape)
    torch.testing.assert_close(augment(images, generator(seed)), images, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_an_empty_image_stays_empty_unless_noise_is_added(name):
    black = torch.zeros(4, 1, 8, 8)
    assert (AUGMENTATIONS[name](black, generator(0)).max() > 0) == (name in {"noise", "all"})


@given(seeds)
def test_a_crop_shows_only_what_the_image_holds(seed):
    white = torch.ones(8, 1, 16, 16)
    torch.testing.assert_close(random_crop(white, generator(seed), smallest=0.1), white)
    left_dark = white * (torch.arange(16) >= 8)
    shares = random_crop(left_dark, generator(seed), smallest=0.1).mean(dim=(1, 2, 3))
    assert shares.std() > 0


@given(seeds)
def test_a_rotation_by_up_to_half_a_turn_keeps_a_centred_disc(seed):
    rows, columns = torch.meshgrid(
        torch.linspace(-1, 1, 33), torch.linspace(-1, 1, 33), indexing="ij"
    )
    disc = (0.8 - rows**2 - columns**2).clamp(0).expand(4, 1, 33, 33)
    turned = random_affine(disc, generator(seed), degrees=180, shift=0, scale=0, shear=0)
    torch.testing.assert_close(turned, disc, rtol=0, atol=0.03)


def test_what_comes_in_from_outside_is_black_or_repeats_the_edge():
    white = torch.ones(8, 1, 16, 16)
    assert random_affine(white, generator(0)).amin() == 0
    torch.testing.assert_close(random_affine(white, generator(0), outside="border"), white)


def test_a_shift_moves_the_picture_by_no_more_than_its_share():
    dot = torch.zeros(200, 1, 21, 21)
    dot[:, :, 10, 10] = 1
    moved = random_affine(dot, generator(0), degrees=0, shift=0.2, scale=0, shear=0)
    rows = (moved.sum(dim=(1, 3)) * torch.arange(21)).sum(dim=1) - 10
    assert 3 < rows.abs().max() <= 0.2 * 21 + 1e-3
    assert rows.min() < 0 < rows.max()


@pytest.mark.parametrize(
    ("axes", "turned"), [((3,), [1, 0, 3, 2]), ((2,), [2, 3, 0, 1]), ((2, 3), [3, 2, 1, 0])]
)
def test_a_flip_by_hand(axes, turned):
    image = torch.tensor([0.0, 0.1, 0.2, 0.3]).view(1, 1, 2, 2)
    flipped = random_flip(image, generator(0), axes, probability=1)
    assert flipped.flatten().tolist() == image.flatten()[turned].tolist()


def test_half_of_the_images_are_flipped_by_default():
    image = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2).expand(2000, -1, -1, -1)
    share = random_flip(image, generator(0))[:, 0, 0, 0].mean().item()
    assert share == pytest.approx(0.5, abs=0.05)


@given(seeds, st.floats(0.05, 1))
def test_what_is_erased_is_a_rectangle_no_larger_than_asked_for(seed, largest):
    erased = random_erase(torch.ones(6, 1, 20, 20), generator(seed), largest)[:, 0] == 0
    for mask in erased:
        rows, columns = mask.any(dim=1), mask.any(dim=0)
        assert torch.equal(mask, rows[:, None] & columns[None, :])
        assert max(rows.sum(), columns.sum()) <= np.ceil(20 * largest**0.5)


def test_brightness_multiplies_each_image_by_one_factor():
    images = random_images(0, (5, 1, 8, 8)) / 2
    factors = random_brightness(images, generator(0), strength=0.5) / images
    torch.testing.assert_close(factors, factors[:, :, :1, :1].expand_as(factors))
    assert 0.5 <= factors.min() < factors.max() <= 1.5


def one_colour(*colour, count=1):
    return torch.tensor(colour).view(1, 3, 1, 1).expand(count, -1, 4, 4)


ONLY = {"brightness": 0, "contrast": 0, "saturation": 0, "hue": 0}


def changed_only(images, **strength):
    return random_colour(images, generator(0), **(ONLY | strength))


def test_contrast_keeps_the_mean_and_multiplies_the_distance_from_it():
    images = 0.3 + 0.4 * random_images(0, (6, 1, 8, 8))
    centred = images - images.mean(dim=(1, 2, 3), keepdim=True)
    view = changed_only(images, contrast=0.4)
    means = view.mean(dim=(1, 2, 3), keepdim=True)
    torch.testing.assert_close(means, images.mean(dim=(1, 2, 3), keepdim=True))
    factors = (view - means).std(dim=(1, 2, 3)) / centred.std(dim=(1, 2, 3))
    assert 0.6 <= factors.min() < factors.max() <= 1.4


def test_saturation_moves_colours_along_the_line_to_their_grey():
    colour = torch.tensor([0.6, 0.4, 0.5])
    grey = (colour * torch.tensor([0.299, 0.587, 0.114])).sum()
    view = changed_only(one_colour(*colour.tolist(), count=200), saturation=0.5)[:, :, 0, 0]
    ratios = (view - grey) / (colour - grey)
    torch.testing.assert_close(ratios, ratios[:, :1].expand(-1, 3), rtol=0, atol=1e-4)
    assert 0.5 <= ratios.min() < 0.6 and 1.4 < ratios.max() <= 1.5


def test_half_the_circle_of_hues_turns_a_colour_into_its_complement_of_the_same_luminance():
    colour = torch.tensor([0.6, 0.4, 0.5])
    weights = torch.tensor([0.299, 0.587, 0.114])
    grey = (colour * weights).sum()
    view = changed_only(one_colour(*colour.tolist(), count=500), hue=0.5)[:, :, 0, 0]
    torch.testing.assert_close(view @ weights, grey.expand(500))
    complement = 2 * grey - colour
    assert (view - complement).norm(dim=1).min() < 0.01 < (view - complement).norm(dim=1).max()
    assert (view - colour).norm(dim=1).min() < 0.01


def test_grey_pixels_have_no_hue_and_no_saturation():
    grey = one_colour(0.4, 0.4, 0.4, count=50)
    view = changed_only(grey, hue=0.5, saturation=1)
    torch.testing.assert_close(view, grey, rtol=0, atol=1e-4)


def test_one_channel_is_changed_in_brightness_and_contrast_alone():
    images = random_images(0, (6, 1, 8, 8))
    torch.testing.assert_close(changed_only(images, hue=0.5, saturation=1), images)
    assert not torch.allclose(random_colour(images, generator(0)), images)


def test_a_fifth_of_the_images_loses_its_colours_by_default():
    images = random_images(0, (2000, 3, 1, 1))
    greyed = (random_greying(images, generator(0)).flatten(1).std(dim=1) < 1e-6).float().mean()
    assert greyed.item() == pytest.approx(0.2, abs=0.03)


def test_the_views_of_colour_are_those_for_photographs():
    assert views_of("fashion-mnist", channels=3) is views_of("mnist-5k", 3) is PHOTO_VIEWS
    assert views_of("photos") is DIGIT_VIEWS


def test_noise_has_the_deviation_asked_for():
    grey = torch.full((4, 1, 50, 50), 0.5)
    noise = random_noise(grey, generator(0), deviation=0.1) - grey
    assert noise.std().item() == pytest.approx(0.1, rel=0.05)


def test_composed_augmentations_act_from_first_to_last():
    erase_all = partial(random_erase, largest=1)
    images = torch.full((50, 1, 8, 8), 0.5)
    noise_last = compose(erase_all, random_noise)(images, generator(0))
    erase_last = compose(random_noise, erase_all)(images, generator(0))
    assert (erase_last == 0).float().mean() > (noise_last == 0).float().mean()


@pytest.mark.parametrize(("augment", "message"), WRONG)
def test_a_strength_out_of_range_is_refused(augment, message):
    with pytest.raises(ValueError, match=message):
        augment(torch.zeros(2, 1, 8, 8), generator(0))


@every_augmentation
def test_what_is_no_batch_of_float_images_is_refused(augment):
    pictures = torch.zeros(2, 8, 8, dtype=torch.uint8)
    assert augment(scaled(pictures), generator(0)).shape == (2, 1, 8, 8)
    with pytest.raises(ValueError, match=r"float images .* got torch.uint8 \(2, 8, 8\)"):
        augment(pictures, generator(0))
    with pytest.raises(ValueError, match=r"float images .* got torch.float32 \(2, 8, 8\)"):
        augment(pictures.float(), generator(0))
