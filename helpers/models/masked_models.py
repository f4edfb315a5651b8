"""A masked autoencoder whose encoder computes the visible patches only, in PyTorch."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from helpers.models.training import scaled
from helpers.pretext.masking import (
    cut_patches,
    hidden_count,
    patch_count,
    pixel_masks,
    random_masks,
    visible_places,
)


class PatchEncoder(nn.Module):
    """Encode a set of patches: each by the same small network, and then their mean.

    A patch's place scales and shifts what its pixels give, so that the same stroke means something
    else at another place. Patches that are not asked for cost nothing.

    Parameters
    ----------
    image_size : int
        Height and width of the grey images, in pixels.
    patch_size : int
        Height and width of a patch: a divisor of ``image_size``, smaller than it.
    width : int
        Features of an image; at least 1.

    Raises
    ------
    ValueError
        If the patches do not fit, or ``width`` is less than 1.

    Notes
    -----
    Zaheer et al. (2017), "Deep Sets"; places that scale and shift: Perez et al. (2018), "FiLM:
    Visual Reasoning with a General Conditioning Layer".
    """

    def __init__(self, image_size: int = 28, patch_size: int = 7, width: int = 256):
        super().__init__()
        if width < 1:
            raise ValueError(f"width must be at least 1, got {width}")
        patches = patch_count(image_size, patch_size)
        self.patch_size = patch_size
        self.pixels = nn.Linear(patch_size**2, width)
        self.place_scale = nn.Parameter(1 + torch.randn(patches, width))
        self.place_shift = nn.Parameter(0.5 * torch.randn(patches, width))
        self.patch_network = nn.Sequential(nn.ReLU(), nn.Linear(width, width), nn.ReLU())

    def forward(self, images: Tensor, places: Tensor | None = None) -> Tensor:
        """Return features ``(n, width)`` of float images ``(n, 1, size, size)``.

        ``places``, int64 ``(n, visible)``, says which patches each image shows; all by default.
        """
        patches = functional.unfold(images, self.patch_size, stride=self.patch_size).mT
        scale, shift = self.place_scale, self.place_shift
        if places is not None:
            patches = torch.take_along_dim(patches, places.unsqueeze(2), dim=1)
            scale, shift = scale[places], shift[places]
        return self.patch_network(self.pixels(patches) * scale + shift).mean(dim=1)


class MaskedAutoencoder(nn.Module):
    """From some patches of an image to all of its pixels.

    Parameters
    ----------
    image_size, patch_size, width : int
        As for ``PatchEncoder``.

    Attributes
    ----------
    encoder : PatchEncoder
        What is kept after the training.
    decoder : torch.nn.Sequential
        From features to images ``(n, 1, image_size, image_size)`` with pixels from 0 to 1.

    Notes
    -----
    He et al. (2022), "Masked Autoencoders Are Scalable Vision Learners", with a simpler encoder
    and decoder than their transformers.
    """

    def __init__(self, image_size: int = 28, patch_size: int = 7, width: int = 256):
        super().__init__()
        self.encoder = PatchEncoder(image_size, patch_size, width)
        self.decoder = nn.Sequential(
            nn.Linear(width, 256),
            nn.ReLU(),
            nn.Linear(256, image_size**2),
            nn.Sigmoid(),
            nn.Unflatten(1, (1, image_size, image_size)),
        )

    def forward(self, images: Tensor, places: Tensor | None = None) -> Tensor:
        """Return rebuilt images, from the patches at ``places`` or from all."""
        return self.decoder(self.encoder(images, places))


def hidden_pixel_loss(rebuilt: Tensor, images: Tensor, hidden: Tensor) -> Tensor:
    """Compute the mean squared error over the hidden pixels only.

    Parameters
    ----------
    rebuilt, images : torch.Tensor
        Float of shape ``(n, 1, size, size)``.
    hidden : torch.Tensor
        bool of shape ``(n, size, size)``, at least one of them true.

    Returns
    -------
    torch.Tensor
        A scalar. Visible pixels do not matter: copying them earns nothing.
    """
    return (rebuilt - images).square().squeeze(1)[hidden].mean()


def masked_loss(
    model: MaskedAutoencoder, mask_ratio: float, seed: int
) -> Callable[[Tensor], Tensor]:
    """Make the loss function that ``torch_training.train`` asks for.

    Parameters
    ----------
    model : MaskedAutoencoder
        The model to train.
    mask_ratio : float
        Share of hidden patches, over 0 and under 1.
    seed : int
        Draws the masks, anew for every batch.

    Returns
    -------
    callable
        From float images ``(n, 1, size, size)`` to a scalar loss.

    Raises
    ------
    ValueError
        If the ratio hides nothing or everything: at once, before any training.
    """
    patches = len(model.encoder.place_scale)
    hidden_count(patches, mask_ratio)
    generator = np.random.default_rng(seed)

    def loss(images: Tensor) -> Tensor:
        masks = random_masks(len(images), patches, mask_ratio, generator)
        places = torch.from_numpy(visible_places(masks))
        hidden = torch.from_numpy(pixel_masks(masks, model.encoder.patch_size))
        return hidden_pixel_loss(model(images, places), images, hidden)

    return loss


def fill_in(model: MaskedAutoencoder, images: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Replace the hidden patches of images by what a model makes of the visible ones.

    Parameters
    ----------
    model : MaskedAutoencoder
        A trained model.
    images : numpy.ndarray
        uint8 of shape ``(n, size, size)``; what lies under the masks is not looked at.
    masks : numpy.ndarray
        bool of shape ``(n, patches)``, as ``masking.random_masks`` draws them.

    Returns
    -------
    numpy.ndarray
        float32 of shape ``(n, size, size)``, from 0 to 1; visible pixels are the images' own.

    Raises
    ------
    ValueError
        If images and masks do not fit each other or the model.
    """
    patches = cut_patches(images, model.encoder.patch_size).shape[1]
    if masks.shape != (len(images), patches):
        raise ValueError(
            f"{len(images)} images of {patches} patches need masks of shape "
            f"({len(images)}, {patches}), got {masks.shape}"
        )
    batch = scaled(torch.from_numpy(images))
    with torch.inference_mode():
        rebuilt = model(batch, torch.from_numpy(visible_places(masks)))
    hidden = pixel_masks(masks, model.encoder.patch_size)
    return np.where(hidden, rebuilt.squeeze(1).numpy(), batch.squeeze(1).numpy())


def hidden_errors(model: MaskedAutoencoder, images: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return the mean squared error of each image over its hidden pixels.

    Parameters
    ----------
    model : MaskedAutoencoder
        A trained model.
    images : numpy.ndarray
        uint8 of shape ``(n, size, size)``.
    masks : numpy.ndarray
        bool of shape ``(n, patches)``.

    Returns
    -------
    numpy.ndarray
        float32 of shape ``(n,)``; pixels go from 0 to 1.

    Raises
    ------
    ValueError
        If images and masks do not fit each other or the model.
    """
    errors = (fill_in(model, images, masks) - images / np.float32(255)) ** 2
    return errors.mean(axis=(1, 2)) / masks.mean(axis=1, dtype=np.float32)
