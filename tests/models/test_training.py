"""The training loop and what is done with a trained model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.lesson.environment import prepare_torch

prepare_torch(0)

import torch  # noqa: E402
from torch import nn  # noqa: E402

from helpers.models import training  # noqa: E402
from helpers.models.torch_models import convolutional_autoencoder, linear_autoencoder  # noqa: E402
from helpers.models.training import (  # noqa: E402
    encode,
    reconstruct,
    reconstruction_errors,
    scaled,
    train,
)

torch.set_num_threads(1)


@pytest.fixture
def images():
    """Stripes of four widths, upright or lying: structure that a small code can hold."""
    rows = np.arange(12)
    stripes = [(rows // width % 2) for width in (1, 2, 3, 4)]
    upright = np.stack([np.broadcast_to(stripe, (12, 12)) for stripe in stripes])
    kinds = np.concatenate([upright, upright.swapaxes(1, 2)])
    return (255 * np.tile(kinds, (5, 1, 1))).astype(np.uint8)


def reconstruction_loss(model):
    return lambda batch: nn.functional.mse_loss(model(batch), batch)


def trained(images, seed, build=linear_autoencoder, **settings):
    torch.manual_seed(seed)
    model = build(8, 12)
    settings = {"steps": 20, "batch_size": 8, "learning_rate": 0.01, **settings}
    losses = train(model, reconstruction_loss(model), images, seed=seed, **settings)
    return model, losses


def weights_equal(first, second):
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


# Training


@pytest.mark.parametrize("build", [linear_autoencoder, convolutional_autoencoder])
def test_training_reduces_the_loss(images, build):
    _, losses = trained(images, 0, build, steps=60)
    assert len(losses) == 60
    assert np.mean(losses[-5:]) < 0.7 * losses[0]


@pytest.mark.parametrize("build", [linear_autoencoder, convolutional_autoencoder])
def test_one_seed_gives_one_result_and_another_seed_another(images, build):
    first, first_losses = trained(images, 1, build)
    again, again_losses = trained(images, 1, build)
    other, _ = trained(images, 2, build)
    assert first_losses == again_losses
    assert weights_equal(first, again)
    assert not weights_equal(first, other)


def test_the_loop_agrees_with_one_written_out_by_hand(images):
    torch.manual_seed(3)
    by_hand = linear_autoencoder(8, 12)
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=0.01)
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(3))
    for chosen in order.split(8):
        batch = torch.from_numpy(images)[chosen].unsqueeze(1) / 255
        loss = nn.functional.mse_loss(by_hand(batch), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    by_helper, losses = trained(images, 3, steps=len(images) // 8)
    assert weights_equal(by_hand, by_helper)
    assert losses[-1] == loss.item()


def test_the_defaults_are_batches_of_128_a_rate_of_one_thousandth_and_seed_0(images):
    many, spelled_out = np.tile(images, (4, 1, 1)), (128, 0.001, 0)
    models = []
    for options in ((), spelled_out):
        torch.manual_seed(0)
        models.append(linear_autoencoder(8, 12))
        train(models[-1], reconstruction_loss(models[-1]), many, 4, *options)
    assert weights_equal(*models)


def test_the_order_of_the_images_depends_on_the_seed_alone(images):
    seen = []
    for noise in (1, 2):
        model = linear_autoencoder(8, 12)
        batches = []

        def loss(batch, model=model, batches=batches):
            batches.append(batch)
            return model(batch).square().mean()

        torch.manual_seed(noise)
        train(model, loss, images, steps=7, batch_size=16, seed=5)
        seen.append(torch.stack(batches))
    assert torch.equal(*seen)


@settings(max_examples=25)
@given(st.integers(1, 30), st.data())
def test_each_pass_serves_every_image_at_most_once_in_full_batches(count, data):
    batch_size = data.draw(st.integers(1, count))
    numbers = np.arange(count, dtype=np.uint8).reshape(-1, 1, 1)
    model = nn.Linear(1, 1)
    batches = []

    def loss(batch, labels):
        batches.append(labels)
        assert torch.equal((batch * 255).round().flatten().long(), labels)
        return model(batch).mean()

    in_a_pass = count // batch_size
    train(model, loss, numbers, 2 * in_a_pass, batch_size, labels=numbers.ravel())
    for served in (batches[:in_a_pass], batches[in_a_pass:]):
        together = torch.cat(served).tolist()
        assert len(together) == in_a_pass * batch_size == len(set(together))


def test_labels_reach_the_loss_beside_their_images():
    dark, light = np.zeros((20, 4, 4), np.uint8), np.full((20, 4, 4), 200, np.uint8)
    labels = np.repeat([0, 1], 20)
    torch.manual_seed(0)
    classifier = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))

    def loss(batch, targets):
        return nn.functional.cross_entropy(classifier(batch), targets)

    both = np.concatenate([dark, light])
    train(classifier, loss, both, 60, batch_size=10, learning_rate=0.1, labels=labels)
    assert (encode(classifier, both).argmax(axis=1) == labels).all()


def test_frozen_weights_do_not_move(images):
    torch.manual_seed(0)
    model = linear_autoencoder(8, 12)
    model.encoder.requires_grad_(False)
    before = [weights.clone() for weights in model.encoder.parameters()]
    decoder_before = model.decoder[0].weight.clone()
    train(model, reconstruction_loss(model), images, 5, batch_size=8)
    assert all(map(torch.equal, before, model.encoder.parameters()))
    assert not torch.equal(decoder_before, model.decoder[0].weight)


def test_the_model_can_be_watched_while_it_trains(images):
    torch.manual_seed(0)
    model = nn.Sequential(linear_autoencoder(8, 12), nn.Dropout(0.1))
    watched = []

    def after_step(step):
        watched.append((step, reconstruction_errors(model, images).mean(), model.training))

    train(model, reconstruction_loss(model), images, 4, batch_size=8, after_step=after_step)
    assert [step for step, _, _ in watched] == [1, 2, 3, 4]
    assert all(training for _, _, training in watched)
    assert watched[-1][1] == reconstruction_errors(model, images).mean()
    assert not model.training


@pytest.mark.parametrize("mode_before", [True, False])
def test_a_model_trains_in_training_mode_and_is_left_in_evaluation_mode(images, mode_before):
    model = nn.Sequential(linear_autoencoder(8, 12), nn.Dropout(0.1)).train(mode_before)
    modes = []

    def loss(batch):
        modes.append((model.training, model[1].training))
        return model(batch).mean()

    train(model, loss, images, 2, batch_size=8)
    assert modes == [(True, True)] * 2
    assert not model.training and not model[1].training


@pytest.mark.parametrize("wrong", [RuntimeError("out of memory"), KeyboardInterrupt()])
@pytest.mark.parametrize("where", ["loss", "after_step"])
def test_a_training_that_breaks_off_leaves_evaluation_mode_too(images, wrong, where):
    model = nn.Sequential(linear_autoencoder(8, 12), nn.Dropout(0.1))

    def loss(batch):
        if where == "loss":
            raise wrong
        return model(batch).mean()

    def after_step(step):
        raise wrong

    with pytest.raises(type(wrong)):
        train(model, loss, images, 2, batch_size=8, after_step=after_step)
    assert not model.training and not model[1].training


def test_watching_changes_nothing(images):
    watched, _ = trained(images, 1, after_step=lambda step: None)
    assert weights_equal(watched, trained(images, 1)[0])


def test_a_progress_bar_goes_to_standard_output_only_when_it_has_a_title(images, capsys):
    trained(images, 0)
    assert capsys.readouterr() == ("", "")
    _, losses = trained(images, 0, title="stripes")
    output = capsys.readouterr()
    assert "stripes: 100 %" in output.out
    assert f"loss={losses[-1]:.4f}" in output.out
    assert output.err == ""


def test_read_only_and_turned_images_are_taken_without_a_warning(images, recwarn):
    images.flags.writeable = False
    turned = np.rot90(images, axes=(1, 2))
    trained(turned, 0, steps=2)
    assert encode(linear_autoencoder(3, 12).encoder, turned[::2]).shape == (20, 3)
    assert not recwarn.list


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"batch_size": 0}, "batch_size must be from 1 to the number of images, 40; got 0"),
        ({"batch_size": 41}, "batch_size must be from 1 to the number of images, 40; got 41"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0, got 0.0"),
        ({"learning_rate": float("inf")}, "learning_rate must be above 0, got inf"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0, got nan"),
        ({"labels": np.zeros(39)}, r"40 images need labels of shape \(40,\), got \(39,\)"),
    ],
)
def test_a_wrong_setting_is_refused_before_any_training(images, wrong, message):
    torch.manual_seed(0)
    model = linear_autoencoder(8, 12)
    before = [weights.clone() for weights in model.parameters()]
    arguments = {"steps": 3, "batch_size": 8, **wrong}
    with pytest.raises(ValueError, match=message):
        train(model, reconstruction_loss(model), images, **arguments)
    assert all(map(torch.equal, before, model.parameters()))


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 12, 12), np.float32),
        np.zeros((12, 12), np.uint8),
        np.zeros((4, 12, 12, 1), np.uint8),
        np.zeros((0, 12, 12), np.uint8),
    ],
    ids=["floats", "one image", "with channels", "none"],
)
def test_what_is_not_a_stack_of_uint8_images_is_refused(wrong):
    model = linear_autoencoder(8, 12)
    with pytest.raises(ValueError, match=r"images must be (uint8|\(n)|images are empty"):
        train(model, reconstruction_loss(model), wrong, 1, batch_size=1)
    with pytest.raises(ValueError, match=r"images must be (uint8|\(n)|images are empty"):
        encode(model.encoder, wrong)


def test_a_loss_that_is_no_longer_a_number_stops_the_training_with_advice(images):
    model = linear_autoencoder(8, 12)
    steps = iter(range(1, 10))

    def loss(batch):
        return model(batch).mean() * (float("nan") if next(steps) == 3 else 1)

    message = "the loss is nan at step 3: try a lower learning_rate"
    with pytest.raises(ValueError, match=message):
        train(model, loss, images, 9, batch_size=8)
    assert all(weights.isfinite().all() for weights in model.parameters())


# Applying


def test_scaling_gives_one_channel_from_zero_to_one():
    pixels = torch.tensor([[[0, 51], [102, 255]]], dtype=torch.uint8)
    result = scaled(pixels)
    assert result.shape == (1, 1, 2, 2)
    assert result.dtype == torch.float32
    torch.testing.assert_close(result[0, 0], torch.tensor([[0, 0.2], [0.4, 1]]))


def test_scaling_brings_colours_before_rows_and_columns():
    pixels = torch.randint(256, (2, 4, 5, 3), dtype=torch.uint8)
    result = scaled(pixels)
    assert result.shape == (2, 3, 4, 5)
    for colour in range(3):
        torch.testing.assert_close(result[:, colour], pixels[..., colour] / 255)


@pytest.mark.parametrize("build", [linear_autoencoder, convolutional_autoencoder])
def test_a_model_of_colours_trains_and_rebuilds(build):
    colours = np.random.default_rng(0).integers(0, 256, (20, 12, 12, 3), dtype=np.uint8)
    model = build(6, 12, channels=3)
    losses = train(model, reconstruction_loss(model), colours, 20, batch_size=10)
    assert losses[-1] < losses[0]
    assert encode(model.encoder, colours).shape == (20, 6)
    assert reconstruct(model, colours).shape == colours.shape


@pytest.mark.parametrize("batch_size", [1, 7, 40, 500])
def test_encoding_equals_the_encoder_applied_by_hand(images, batch_size):
    torch.manual_seed(0)
    encoder = convolutional_autoencoder(6, 12).encoder
    with torch.no_grad():
        by_hand = encoder(torch.from_numpy(images).float().unsqueeze(1) / 255).numpy()
    features = encode(encoder, images, batch_size)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, by_hand, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_encoding_happens_in_evaluation_mode_which_is_put_back(images, training):
    encoder = nn.Sequential(nn.Flatten(), nn.Dropout(0.5)).train(training)
    np.testing.assert_array_equal(encode(encoder, images), images.reshape(40, -1) / np.float32(255))
    assert encoder.training is training


def test_the_mode_is_put_back_after_a_failure_too(images):
    encoder = nn.Linear(5, 2)
    with pytest.raises(RuntimeError):
        encode(encoder, images)
    assert encoder.training


def test_reconstructions_and_their_errors_belong_together(images):
    model, _ = trained(images, 0)
    rebuilt = reconstruct(model, images, batch_size=7)
    assert rebuilt.shape == images.shape
    by_hand = ((rebuilt - images / np.float32(255)) ** 2).mean(axis=(1, 2))
    np.testing.assert_allclose(reconstruction_errors(model, images, 9), by_hand, rtol=1e-4)


def test_colours_are_moved_and_not_scrambled():
    colours = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
    rebuilt = reconstruct(nn.Identity(), colours)
    np.testing.assert_array_equal(rebuilt, colours / np.float32(255))


@pytest.mark.parametrize("apply", [reconstruct, reconstruction_errors])
def test_what_does_not_give_images_of_the_same_shape_is_no_autoencoder(images, apply):
    message = r"shape that it takes, \(40, 1, 12, 12\), got \(40, 144\)"
    model = nn.Flatten()
    with pytest.raises(ValueError, match=message):
        apply(model, images)
    assert model.training


def test_a_perfect_reconstruction_has_no_error(images):
    assert not reconstruction_errors(nn.Identity(), images).any()


@pytest.mark.parametrize("apply", [encode, reconstruct, reconstruction_errors])
def test_a_batch_of_nothing_is_refused(images, apply):
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        apply(nn.Identity(), images, 0)


def test_only_one_batch_at_a_time_becomes_floats(images, monkeypatch):
    sizes = []

    def watched(batch):
        sizes.append(len(batch))
        return scaled(batch)

    monkeypatch.setattr(training, "scaled", watched)
    model, _ = trained(images, 0, steps=6)
    reconstruction_errors(model, images, batch_size=8)
    assert max(sizes) == 8


def test_a_linear_autoencoder_comes_as_near_as_principal_components_and_no_nearer(images):
    torch.manual_seed(0)
    model = linear_autoencoder(3, 12)
    for learning_rate in (0.01, 0.001):
        train(model, reconstruction_loss(model), images, 300, 40, learning_rate)
    pixels = images.reshape(len(images), -1) / 255
    singular_values = np.linalg.svd(pixels - pixels.mean(axis=0), compute_uv=False)
    floor = (singular_values[3:] ** 2).sum() / pixels.size
    error = reconstruction_errors(model, images).mean()
    assert floor > 0.03
    assert floor - 1e-6 <= error < 1.01 * floor
