"""Losses between two views of the same images: contrastive, and those that need no negatives.

All take embeddings, float of shape ``(n, d)`` with ``n`` at least 2, whose row ``i`` belongs to
image ``i`` in both views, and give a scalar tensor with its gradient. Embeddings of other shapes
raise a ``ValueError``.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from helpers.lesson import check_at_least


def nt_xent(first: Tensor, second: Tensor, temperature: float = 0.5) -> Tensor:
    """Compute the normalised, temperature-scaled cross-entropy of finding each view's partner.

    >>> different, collapsed = torch.eye(4), torch.ones(4, 3)
    >>> f"{nt_xent(different, different, temperature=0.1):.4f}"
    '0.0003'
    >>> f"{nt_xent(collapsed, collapsed):.4f}, chance is {nt_xent_chance(4):.4f}"
    '1.9459, chance is 1.9459'

    Each of the ``2 n`` embeddings is a question: which of the ``2 n - 1`` others is the other view
    of the same image? The cosines divided by the temperature are the scores of the answers. A low
    temperature looks at the hardest of the others, a high one at all alike. In nats.

    Sohn (2016), "Improved Deep Metric Learning with Multi-class N-pair Loss Objective"; in this
    form Chen, Kornblith, Norouzi and Hinton (2020), "A Simple Framework for Contrastive Learning
    of Visual Representations".
    """
    _check(first, second)
    if not 0 < temperature < math.inf:
        raise ValueError(f"temperature must be over 0, got {temperature}")
    embeddings = functional.normalize(torch.cat([first, second]), dim=1)  # (2 n, d)
    scores = embeddings @ embeddings.T / temperature  # (2 n, 2 n)
    scores.fill_diagonal_(-math.inf)  # no view is its own partner
    partners = torch.arange(len(embeddings)).roll(len(first))  # (2 n,): n ... 2 n - 1, 0 ... n - 1
    return functional.cross_entropy(scores, partners)


def nt_xent_chance(images: int) -> float:
    """Return the NT-Xent loss of guessing: ``ln(2 n - 1)`` for a batch of ``n`` images.

    >>> round(nt_xent_chance(128), 3)
    5.541
    """
    _check_batch(images)
    return math.log(2 * images - 1)


def invariance_term(first: Tensor, second: Tensor) -> Tensor:
    """Compute VICReg's first term: the mean squared distance of the two views, per dimension.

    >>> invariance_term(torch.zeros(2, 3), torch.full((2, 3), 0.5)).item()
    0.25
    """
    _check(first, second)
    return functional.mse_loss(first, second)


def variance_term(embeddings: Tensor) -> Tensor:
    """Compute VICReg's second term: by how much each dimension's deviation falls short of 1.

    >>> spread, collapsed = torch.tensor([[-1.0], [1.0]]), torch.ones(2, 1)
    >>> f"{variance_term(spread):.2f}, {variance_term(collapsed):.2f}"
    '0.00, 0.99'

    Never more than 0.99: a stabiliser of 1e-4 is added to the variance, for a finite gradient.
    """
    _check(embeddings)
    deviation = (embeddings.var(dim=0) + 1e-4).sqrt()  # (d,)
    return functional.relu(1 - deviation).mean()


def covariance_term(embeddings: Tensor) -> Tensor:
    """Compute VICReg's third term: how much the dimensions repeat each other.

    >>> repeated = torch.tensor([[1.0, 1.0], [-1.0, -1.0]])
    >>> covariance_term(repeated).item()
    4.0

    The sum of the squared covariances of different dimensions, divided by ``d``.
    """
    _check(embeddings)
    centred = embeddings - embeddings.mean(dim=0)  # (n, d)
    covariance = centred.T @ centred / (len(embeddings) - 1)  # (d, d)
    return (covariance - covariance.diag().diag()).square().sum() / embeddings.shape[1]


def vicreg(
    first: Tensor,
    second: Tensor,
    invariance_weight: float = 25,
    variance_weight: float = 25,
    covariance_weight: float = 1,
) -> Tensor:
    """Compute VICReg: views together, dimensions spread out, and each saying something of its own.

    >>> independent = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    >>> vicreg(independent, independent).item()
    0.0

    Embeddings are not normalised. The variance term is the mean over the two views, the covariance
    term their sum, as in the authors' code; a weight of 0 drops a term.

    Bardes, Ponce and LeCun (2022), "VICReg: Variance-Invariance-Covariance Regularization for
    Self-Supervised Learning".
    """
    _check(first, second)
    check_at_least(
        0,
        invariance_weight=invariance_weight,
        variance_weight=variance_weight,
        covariance_weight=covariance_weight,
    )
    variance = (variance_term(first) + variance_term(second)) / 2
    covariance = covariance_term(first) + covariance_term(second)
    return (
        invariance_weight * invariance_term(first, second)
        + variance_weight * variance
        + covariance_weight * covariance
    )


def negative_cosine(predictions: Tensor, targets: Tensor) -> Tensor:
    """Compute the loss of self-distillation: the mean cosine of each pair, with its sign turned.

    >>> targets = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> negative_cosine(3 * targets, targets).item(), negative_cosine(-targets, targets).item()
    (-1.0, 1.0)

    Gradients flow into both arguments; a stop-gradient is the caller's ``targets.detach()``.

    Grill et al. (2020), "Bootstrap Your Own Latent"; Chen and He (2021), "Exploring Simple Siamese
    Representation Learning".
    """
    _check(predictions, targets)
    return -functional.cosine_similarity(predictions, targets, dim=1).mean()


def _check(first: Tensor, second: Tensor | None = None) -> None:
    if first.ndim != 2:
        raise ValueError(f"expected embeddings of shape (n, d), got {tuple(first.shape)}")
    if second is not None and second.shape != first.shape:
        raise ValueError(
            "the two views need embeddings of the same shape, "
            f"got {tuple(first.shape)} and {tuple(second.shape)}"
        )
    _check_batch(len(first))


def _check_batch(images: int) -> None:
    if images < 2:
        raise ValueError(f"a batch needs at least 2 images to be told apart, got {images}")
