"""Losses checked against an independent implementation, against identities and by hand."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pytorch_metric_learning.losses import NTXentLoss, SelfSupervisedLoss, VICRegLoss

from helpers.models.losses import (
    covariance_term,
    invariance_term,
    negative_cosine,
    nt_xent,
    nt_xent_chance,
    variance_term,
    vicreg,
)
from helpers.models.training import train

seeds = st.integers(0, 2**31)
sizes = st.tuples(st.integers(2, 12), st.integers(2, 9))


def embeddings(seed, shape, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    pair = scale * torch.randn(2, *shape, generator=generator)
    return [part.clone().requires_grad_() for part in pair]


def value_and_gradients(loss, seed, shape):
    pair = embeddings(seed, shape)
    value = loss(*pair)
    value.backward()
    return [value.detach(), *(part.grad for part in pair)]


def assert_same_with_gradients(ours, theirs, seed, shape):
    found, expected = (value_and_gradients(loss, seed, shape) for loss in (ours, theirs))
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


@given(seeds, sizes, st.sampled_from([0.1, 0.2, 0.5, 1.0]))
def test_nt_xent_and_its_gradients_agree_with_pytorch_metric_learning(seed, shape, temperature):
    theirs = SelfSupervisedLoss(NTXentLoss(temperature))
    assert_same_with_gradients(lambda *pair: nt_xent(*pair, temperature), theirs, seed, shape)


def reference_vicreg(invariance, variance, covariance):
    loss = VICRegLoss(invariance_lambda=invariance, variance_mu=variance, covariance_v=covariance)
    return lambda first, second: loss(first, ref_emb=second)


@given(seeds, sizes)
def test_vicreg_and_its_gradients_agree_with_pytorch_metric_learning(seed, shape):
    assert_same_with_gradients(vicreg, reference_vicreg(25, 25, 1), seed, shape)


@pytest.mark.parametrize("weights", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (3, 2, 0.5)])
def test_each_term_of_vicreg_agrees_with_pytorch_metric_learning(weights):
    theirs = reference_vicreg(*weights)
    assert_same_with_gradients(lambda *pair: vicreg(*pair, *weights), theirs, 0, (16, 8))


@given(seeds, sizes)
def test_vicreg_is_the_weighted_sum_of_its_terms(seed, shape):
    first, second = embeddings(seed, shape)
    terms = (
        25 * invariance_term(first, second)
        + 25 * (variance_term(first) + variance_term(second)) / 2
        + covariance_term(first)
        + covariance_term(second)
    )
    torch.testing.assert_close(vicreg(first, second), terms)


def test_nt_xent_of_two_images_by_hand():
    first = second = torch.eye(2)
    # each view: its partner at cosine 1, two others at cosine 0
    expected = -math.log(math.e / (math.e + 2))
    assert nt_xent(first, second, temperature=1).item() == pytest.approx(expected)


@given(seeds, sizes)
def test_nt_xent_of_identical_views_at_high_temperature_tends_to_chance(seed, shape):
    first, _ = embeddings(seed, shape)
    loss = nt_xent(first, first, temperature=1e6).item()
    assert loss == pytest.approx(nt_xent_chance(len(first)), abs=1e-4)


@given(st.integers(2, 500), st.floats(0.05, 10))
def test_nt_xent_of_collapsed_embeddings_is_chance(images, temperature):
    collapsed = torch.ones(images, 3)
    loss = nt_xent(collapsed, collapsed, temperature).item()
    assert loss == pytest.approx(math.log(2 * images - 1), rel=1e-5)


def test_nt_xent_of_partners_together_and_others_apart_is_nearly_zero():
    first = torch.eye(8)
    assert nt_xent(first, first, temperature=0.05).item() < 1e-6


@given(seeds, sizes, st.floats(0.1, 100))
def test_nt_xent_looks_at_directions_and_not_at_lengths_or_at_which_view_is_first(
    seed, shape, factor
):
    first, second = embeddings(seed, shape)
    expected = nt_xent(first, second)
    torch.testing.assert_close(nt_xent(factor * first, second), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(nt_xent(second, first), expected, rtol=1e-4, atol=1e-5)
    assert torch.equal(nt_xent(first, second, temperature=0.5), expected)


@given(seeds, st.integers(3, 40), st.integers(1, 8))
def test_the_variance_term_is_zero_for_unit_variance_and_above(seed, count, dimensions):
    features, _ = embeddings(seed, (count, dimensions))
    standardised = (features - features.mean(0)) / features.std(0)
    assert variance_term(standardised).item() == pytest.approx(0, abs=1e-6)
    assert variance_term(3 * standardised).item() == 0
    assert variance_term(0.5 * standardised).item() == pytest.approx(0.5, abs=1e-3)


def test_the_variance_term_of_a_collapse_is_nearly_one_and_finite_with_its_gradient():
    collapsed = torch.ones(8, 4, requires_grad=True)
    value = variance_term(collapsed)
    value.backward()
    assert value.item() == pytest.approx(0.99)
    assert collapsed.grad.isfinite().all()


def test_the_invariance_term_by_hand_and_zero_for_identical_views():
    first = torch.zeros(2, 2)
    assert invariance_term(first, torch.tensor([[2.0, 0.0], [0.0, 0.0]])).item() == 1
    assert invariance_term(first, first).item() == 0


def test_the_covariance_term_by_hand_and_zero_for_uncorrelated_dimensions():
    repeated = torch.tensor([[1.0, 1.0], [-1.0, -1.0]])  # variances and covariance are all 2
    assert covariance_term(repeated).item() == pytest.approx((4 + 4) / 2)
    crossed = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    assert covariance_term(crossed).item() == pytest.approx(0, abs=1e-6)
    assert covariance_term(torch.randn(5, 1)).item() == pytest.approx(0, abs=1e-6)


@given(seeds, sizes, st.floats(0.1, 100))
def test_negative_cosine_runs_from_minus_one_to_one_whatever_the_lengths(seed, shape, factor):
    first, second = embeddings(seed, shape)
    assert -1 - 1e-5 <= negative_cosine(first, second).item() <= 1 + 1e-5
    assert negative_cosine(first, factor * first).item() == pytest.approx(-1, abs=1e-4)
    assert negative_cosine(first, -factor * first).item() == pytest.approx(1, abs=1e-4)


def test_negative_cosine_pairs_each_row_with_the_same_row():
    predictions = torch.tensor([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    targets = torch.tensor([[3.0, 0.0, 4.0], [0.0, 0.0, 1.0]])  # cosines of 0.6 and 0
    assert negative_cosine(predictions, targets).item() == pytest.approx(-0.3)
    assert negative_cosine(predictions, targets.flip(0)).item() == pytest.approx(0)


@given(seeds, sizes)
def test_negative_cosine_agrees_with_its_formula(seed, shape):
    first, second = (part.detach() for part in embeddings(seed, shape))
    lengths = first.norm(dim=1) * second.norm(dim=1)
    expected = -((first * second).sum(dim=1) / lengths).mean()
    torch.testing.assert_close(negative_cosine(first, second), expected, rtol=1e-4, atol=1e-5)


def test_a_stop_gradient_is_left_to_the_caller():
    predictions, targets = embeddings(0, (4, 3))
    negative_cosine(predictions, targets.detach()).backward()
    assert predictions.grad.abs().sum() > 0
    assert targets.grad is None
    negative_cosine(predictions, targets).backward()
    assert targets.grad.abs().sum() > 0


@pytest.mark.parametrize("loss", [nt_xent, vicreg, invariance_term, negative_cosine])
def test_a_batch_of_one_or_views_of_different_shapes_are_refused(loss):
    with pytest.raises(ValueError, match=r"at least 2 images .* got 1$"):
        loss(torch.ones(1, 3), torch.ones(1, 3))
    with pytest.raises(ValueError, match=r"same shape, got \(4, 3\) and \(4, 2\)$"):
        loss(torch.ones(4, 3), torch.ones(4, 2))
    with pytest.raises(ValueError, match=r"shape \(n, d\), got \(4, 3, 1\)$"):
        loss(torch.ones(4, 3, 1), torch.ones(4, 3, 1))


@pytest.mark.parametrize("term", [variance_term, covariance_term])
def test_a_term_of_one_view_refuses_a_single_image(term):
    with pytest.raises(ValueError, match=r"at least 2 images .* got 1$"):
        term(torch.ones(1, 3))
    with pytest.raises(ValueError, match=r"shape \(n, d\), got \(3,\)$"):
        term(torch.ones(3))


@pytest.mark.parametrize("temperature", [0, -0.5, math.inf, math.nan])
def test_a_temperature_that_is_not_over_zero_is_refused(temperature):
    with pytest.raises(ValueError, match=r"temperature must be over 0, got"):
        nt_xent(torch.eye(2), torch.eye(2), temperature)


@pytest.mark.parametrize("name", ["invariance_weight", "variance_weight", "covariance_weight"])
@pytest.mark.parametrize("weight", [-1, math.inf, math.nan])
def test_a_negative_or_infinite_weight_is_refused(name, weight):
    with pytest.raises(ValueError, match=rf"{name} must be at least 0, got"):
        vicreg(torch.eye(2), torch.eye(2), **{name: weight})


def test_chance_is_refused_for_a_batch_of_one():
    assert nt_xent_chance(2) == pytest.approx(math.log(3))
    with pytest.raises(ValueError, match=r"at least 2 images .* got 1$"):
        nt_xent_chance(1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": -1, "batch_size": 4, "temperature": 0.5}, "steps must be at least 1, got -1"),
        ({"steps": 2, "batch_size": 1, "temperature": 0.5}, "at least 2 images"),
        ({"steps": 2, "batch_size": 4, "temperature": 0}, "temperature must be over 0, got 0"),
    ],
)
def test_wrong_settings_stop_a_training_before_it_moves_a_weight(settings, message):
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(4, 3))
    before = model[1].weight.clone()
    images = torch.randint(0, 256, (8, 2, 2), dtype=torch.uint8).numpy()
    temperature = settings.pop("temperature")
    with pytest.raises(ValueError, match=message):
        train(
            model,
            lambda batch: nt_xent(model(batch), model(batch), temperature),
            images,
            **settings,
        )
    torch.testing.assert_close(model[1].weight, before, rtol=0, atol=0)
