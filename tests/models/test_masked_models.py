"""The masked autoencoder: what its encoder may see, what its loss counts, and that it learns."""

import numpy as np
import pytest

from helpers.lesson.environment import prepare_torch

prepare_torch(0)

import torch  # noqa: E402
from hypothesis import given  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from helpers.lesson import load_encoder, save_encoder  # noqa: E402
from helpers.models.masked_models import (  # noqa: E402
    MaskedAutoencoder,
    PatchEncoder,
    hidden_pixel_loss,
    masked_loss,
)
from helpers.models.training import encode, scaled, train  # noqa: E402
from helpers.pretext.masking import pixel_masks, random_masks, visible_places  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture
def images():
    """Each image has one brightness throughout: any visible patch tells the hidden ones."""
    levels = np.linspace(0, 255, 40).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None], (40, 12, 12)).copy()


@pytest.fixture
def model():
    torch.manual_seed(0)
    return MaskedAutoencoder(12, 3, 32).eval()


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (6, 12, 12), dtype=np.uint8)


def hidden_error(model, images, masks):
    batch, places = scaled(torch.from_numpy(images)), torch.from_numpy(visible_places(masks))
    under = torch.from_numpy(pixel_masks(masks, model.encoder.patch_size))
    with torch.inference_mode():
        return hidden_pixel_loss(model(batch, places), batch, under).item()


# The encoder


@given(hidden=st.integers(1, 15), seed=st.integers(0, 1000))
def test_the_encoder_cannot_see_what_is_hidden(hidden, seed):
    torch.manual_seed(seed)
    encoder = PatchEncoder(12, 3, 16)
    masks = random_masks(5, 16, hidden / 16, seed)
    places, under = torch.from_numpy(visible_places(masks)), torch.from_numpy(pixel_masks(masks, 3))
    images = torch.rand(5, 1, 12, 12)
    changed = torch.where(under.unsqueeze(1), torch.rand(5, 1, 12, 12), images)
    assert torch.equal(encoder(images, places), encoder(changed, places))
    assert not torch.equal(encoder(images), encoder(changed))


def test_the_encoder_computes_no_more_patches_than_are_visible(model, noise):
    seen = []
    model.encoder.patch_network.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    places = torch.from_numpy(visible_places(random_masks(6, 16, 0.75, 0)))
    model.encoder(scaled(torch.from_numpy(noise)), places)
    assert [tuple(patches.shape) for patches in seen] == [(6, 4, 32)]


def test_all_places_give_the_same_as_none_and_their_order_does_not_matter(model, noise):
    batch = scaled(torch.from_numpy(noise))
    in_order = torch.arange(16).expand(6, -1)
    torch.testing.assert_close(model.encoder(batch, in_order), model.encoder(batch))
    torch.testing.assert_close(model.encoder(batch, in_order.flip(1)), model.encoder(batch))


def test_the_same_patch_at_another_place_means_something_else(model):
    images = torch.zeros(2, 1, 12, 12)
    images[0, 0, :3, :3] = images[1, 0, 3:6, 3:6] = 1
    first, second = model.encoder(images)
    assert not torch.allclose(first, second)


def test_features_are_one_row_of_the_width_for_each_image(model, noise):
    assert encode(model.encoder, noise).shape == (6, 32)
    assert model(scaled(torch.from_numpy(noise))).shape == (6, 1, 12, 12)


def test_a_saved_encoder_gives_the_same_features(model, noise, tmp_path):
    save_encoder(model.encoder, tmp_path / "masked.pt")
    again = load_encoder(PatchEncoder(12, 3, 32), tmp_path / "masked.pt")
    np.testing.assert_array_equal(encode(again, noise), encode(model.encoder, noise))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [((28, 5), "patch_size 5 does not cut 28 pixels"), ((28, 7, 0), "width must be at least 1")],
)
def test_sizes_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        PatchEncoder(*arguments)
    with pytest.raises(ValueError, match=message):
        MaskedAutoencoder(*arguments)


# The loss


def test_the_loss_is_the_mean_over_hidden_pixels():
    images, rebuilt = torch.zeros(1, 1, 2, 2), torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    hidden = torch.tensor([[[False, True], [False, True]]])
    assert hidden_pixel_loss(rebuilt, images, hidden).item() == (2**2 + 4**2) / 2


def test_no_gradient_comes_from_visible_pixels():
    rebuilt = torch.rand(3, 1, 4, 4, requires_grad=True)
    hidden = torch.from_numpy(pixel_masks(random_masks(3, 4, 0.5, 0), 2))
    hidden_pixel_loss(rebuilt, torch.zeros(3, 1, 4, 4), hidden).backward()
    assert torch.equal(rebuilt.grad.squeeze(1) != 0, hidden)


def test_training_learns_to_tell_hidden_patches_from_visible_ones(model, images):
    masks = random_masks(len(images), 16, 0.75, 1)
    before = hidden_error(model, images, masks)
    train(model, masked_loss(model, 0.75, 0), images, 150, 20, 0.003)
    after = hidden_error(model, images, masks)
    assert after < before / 4
    assert after < images.std() ** 2 / 255**2 / 4


def test_the_same_seed_trains_the_same_weights_and_another_draws_other_masks(images):
    def losses(seed):
        torch.manual_seed(0)
        model = MaskedAutoencoder(12, 3, 8)
        return train(model, masked_loss(model, 0.5, seed), images, 5, 20)

    assert losses(0) == losses(0)
    assert losses(0) != losses(1)


@pytest.mark.parametrize("mask_ratio", [0, 1.0, -0.1, 0.999])
def test_a_ratio_that_cannot_be_is_refused_before_any_training(model, mask_ratio):
    with pytest.raises(ValueError, match="mask_ratio"):
        masked_loss(model, mask_ratio, 0)


def test_a_negative_number_of_steps_is_refused_before_any_training(model, images):
    before = [weights.clone() for weights in model.parameters()]
    with pytest.raises(ValueError, match="steps must be at least 1, got -3"):
        train(model, masked_loss(model, 0.5, 0), images, -3, 20)
    assert all(map(torch.equal, before, model.parameters()))
