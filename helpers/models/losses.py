"""Losses between two views of the same images: contrastive, and those that need no negatives.

All take two batches of embeddings, float of shape ``(n, d)``, whose row ``i`` belongs to image
``i`` in both, and return a scalar tensor with its gradient.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

STABILISER = 1e-4


def nt_xent(first: Tensor, second: Tensor, temperature: float = 0.5) -> Tensor:
    """Compute the normalised, temperature-scaled cross-entropy of finding each view's partner.

    Each of the ``2 n`` embeddings is a question: which of the ``2 n - 1`` others is the other view
    of the same image? The cosines divided by the temperature are the scores of the answers.

    Parameters
    ----------
    first, second : torch.Tensor
        Embeddings of the two views, float of shape ``(n, d)``, ``n`` at least 2.
    temperature : float
        Over 0. A low one looks at the hardest of the others, a high one at all alike.

    Returns
    -------
    torch.Tensor
        Scalar, in nats; ``nt_xent_chance(n)`` for embeddings that all lie at the same place.

    Raises
    ------
    ValueError
        If the temperature is not over 0, the shapes differ, or there are fewer than two images.

    Notes
    -----
    Sohn (2016), "Improved Deep Metric Learning with Multi-class N-pair Loss Objective"; in this
    form Chen, Kornblith, Norouzi and Hinton (2020), "A Simple Framework for Contrastive Learning
    of Visual Representations".
    """
    _check_pair(first, second)
    if not 0 < temperature < math.inf:
        raise ValueError(f"temperature must be over 0, got {temperature}")
    embeddings = functional.normalize(torch.cat([first, second]), dim=1)
    itself = torch.eye(len(embeddings), dtype=torch.bool)
    scores = (embeddings @ embeddings.T / temperature).masked_fill(itself, -math.inf)
    partners = torch.arange(len(embeddings)).roll(len(first))
    return functional.cross_entropy(scores, partners)


def nt_xent_chance(images: int) -> float:
    """Return the NT-Xent loss of guessing: ``ln(2 n - 1)`` for a batch of ``n`` images.

    Raises
    ------
    ValueError
        If there are fewer than two images: a single one has no others to be told from.
    """
    _check_batch(images)
    return math.log(2 * images - 1)


def invariance_term(first: Tensor, second: Tensor) -> Tensor:
    """Compute VICReg's first term: the mean squared distance of the two views, per dimension.

    Parameters
    ----------
    first, second : torch.Tensor
        Embeddings of the two views, float of shape ``(n, d)``, ``n`` at least 2.

    Returns
    -------
    torch.Tensor
        Scalar; 0 where both views have the same embeddings.

    Raises
    ------
    ValueError
        If the shapes differ, or there are fewer than two images.
    """
    _check_pair(first, second)
    return functional.mse_loss(first, second)


def variance_term(embeddings: Tensor) -> Tensor:
    """Compute VICReg's second term: by how much each dimension's deviation falls short of 1.

    Parameters
    ----------
    embeddings : torch.Tensor
        Of one view, float of shape ``(n, d)``, ``n`` at least 2.

    Returns
    -------
    torch.Tensor
        Scalar: from 0, where every dimension has a standard deviation of at least 1, to 0.99,
        where all embeddings are the same (a stabiliser of 1e-4 is added to the variance).

    Raises
    ------
    ValueError
        If the embeddings are not of shape ``(n, d)``, or there are fewer than two.
    """
    _check_embeddings(embeddings)
    deviation = (embeddings.var(dim=0) + STABILISER).sqrt()
    return functional.relu(1 - deviation).mean()


def covariance_term(embeddings: Tensor) -> Tensor:
    """Compute VICReg's third term: how much the dimensions repeat each other.

    Parameters
    ----------
    embeddings : torch.Tensor
        Of one view, float of shape ``(n, d)``, ``n`` at least 2.

    Returns
    -------
    torch.Tensor
        Scalar: sum of the squared covariances of different dimensions, divided by ``d``; 0 where
        no two dimensions vary together.

    Raises
    ------
    ValueError
        If the embeddings are not of shape ``(n, d)``, or there are fewer than two.
    """
    _check_embeddings(embeddings)
    centred = embeddings - embeddings.mean(dim=0)
    covariance = centred.T @ centred / (len(embeddings) - 1)
    return (covariance - covariance.diag().diag()).square().sum() / embeddings.shape[1]


def vicreg(
    first: Tensor,
    second: Tensor,
    invariance_weight: float = 25,
    variance_weight: float = 25,
    covariance_weight: float = 1,
) -> Tensor:
    """Compute VICReg: views together, dimensions spread out, and each saying something of its own.

    Parameters
    ----------
    first, second : torch.Tensor
        Embeddings of the two views, float of shape ``(n, d)``, ``n`` at least 2; they are not
        normalised.
    invariance_weight, variance_weight, covariance_weight : float
        At least 0; 0 drops the term.

    Returns
    -------
    torch.Tensor
        Scalar. The variance term is the mean over the two views, the covariance term their sum,
        as in the authors' code.

    Raises
    ------
    ValueError
        If a weight is negative, the shapes differ, or there are fewer than two images.

    Notes
    -----
    Bardes, Ponce and LeCun (2022), "VICReg: Variance-Invariance-Covariance Regularization for
    Self-Supervised Learning".
    """
    _check_pair(first, second)
    weights = {
        "invariance_weight": invariance_weight,
        "variance_weight": variance_weight,
        "covariance_weight": covariance_weight,
    }
    for name, weight in weights.items():
        if not 0 <= weight < math.inf:
            raise ValueError(f"{name} must be at least 0, got {weight}")
    variance = (variance_term(first) + variance_term(second)) / 2
    covariance = covariance_term(first) + covariance_term(second)
    return (
        invariance_weight * invariance_term(first, second)
        + variance_weight * variance
        + covariance_weight * covariance
    )


def negative_cosine(predictions: Tensor, targets: Tensor) -> Tensor:
    """Compute the loss of self-distillation: the mean cosine of each pair, with its sign turned.

    Gradients flow into both arguments; a stop-gradient is the caller's ``targets.detach()``.

    Parameters
    ----------
    predictions, targets : torch.Tensor
        Float of shape ``(n, d)``, ``n`` at least 2.

    Returns
    -------
    torch.Tensor
        Scalar from -1, every pair in the same direction, to 1, in opposite ones.

    Raises
    ------
    ValueError
        If the shapes differ, or there are fewer than two images.

    Notes
    -----
    Grill et al. (2020), "Bootstrap Your Own Latent"; Chen and He (2021), "Exploring Simple Siamese
    Representation Learning".
    """
    _check_pair(predictions, targets)
    return -functional.cosine_similarity(predictions, targets, dim=1).mean()


def _check_pair(first: Tensor, second: Tensor) -> None:
    _check_embeddings(first)
    if first.shape != second.shape:
        raise ValueError(
            "the two views need embeddings of the same shape, "
            f"got {tuple(first.shape)} and {tuple(second.shape)}"
        )


def _check_embeddings(embeddings: Tensor) -> None:
    if embeddings.ndim != 2:
        raise ValueError(f"expected embeddings of shape (n, d), got {tuple(embeddings.shape)}")
    _check_batch(len(embeddings))


def _check_batch(images: int) -> None:
    if images < 2:
        raise ValueError(f"a batch needs at least 2 images to be told apart, got {images}")
