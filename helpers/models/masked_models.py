"""A masked autoencoder whose encoder computes the visible patches only, in PyTorch."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from helpers.lesson import check_at_least
from helpers.pretext import masking


class PatchEncoder(nn.Module):
    """Encode a set of patches: each by the same small network, and then their mean.

    >>> encoder, images = PatchEncoder(image_size=28, patch_size=7), torch.zeros(2, 1, 28, 28)
    >>> encoder(images, places=torch.tensor([[0, 5, 9], [1, 2, 15]])).shape
    torch.Size([2, 256])

    A patch's place scales and shifts what its pixels give, so that the same stroke means something
    else at another place. Patches that are not asked for cost nothing.

    Zaheer et al. (2017), "Deep Sets"; places that scale and shift: Perez et al. (2018), "FiLM:
    Visual Reasoning with a General Conditioning Layer".
    """

    def __init__(self, image_size: int = 28, patch_size: int = 7, width: int = 256):
        super().__init__()
        check_at_least(1, width=width)
        patches = masking.patch_count(image_size, patch_size)
        self.patch_size = patch_size
        self.pixels = nn.Linear(patch_size**2, width)
        self.place_scale = nn.Parameter(1 + torch.randn(patches, width))
        self.place_shift = nn.Parameter(0.5 * torch.randn(patches, width))
        self.patch_network = nn.Sequential(nn.ReLU(), nn.Linear(width, width), nn.ReLU())

    def forward(self, images: Tensor, places: Tensor | None = None) -> Tensor:
        """Return features ``(n, width)`` of float images ``(n, 1, size, size)``.

        ``places``, int64 ``(n, visible)``, says which patches each image shows; all by default.
        """
        patches = functional.unfold(images, self.patch_size, stride=self.patch_size)
        patches = patches.mT  # (n, patches, pixels of a patch): unfold puts the pixels first
        scale, shift = self.place_scale, self.place_shift  # (patches, width)
        if places is not None:
            patches = torch.take_along_dim(patches, places.unsqueeze(2), dim=1)  # (n, visible, ...)
            scale, shift = scale[places], shift[places]  # (n, visible, width)
        placed = self.pixels(patches) * scale + shift  # (n, visible, width)
        return self.patch_network(placed).mean(dim=1)  # (n, width)


class MaskedAutoencoder(nn.Module):
    """From some patches of an image to all of its pixels.

    >>> MaskedAutoencoder()(torch.zeros(2, 1, 28, 28), places=torch.tensor([[0, 5], [1, 2]])).shape
    torch.Size([2, 1, 28, 28])

    After the training only ``encoder``, a ``PatchEncoder``, is kept. He et al. (2022), "Masked
    Autoencoders Are Scalable Vision Learners", with a simpler encoder and decoder than their
    transformers.
    """

    def __init__(self, image_size: int = 28, patch_size: int = 7, width: int = 256):
        super().__init__()
        self.encoder = PatchEncoder(image_size, patch_size, width)
        self.decoder = nn.Sequential(
            *(nn.Linear(width, 256), nn.ReLU()),
            *(nn.Linear(256, image_size**2), nn.Sigmoid()),
            nn.Unflatten(1, (1, image_size, image_size)),
        )

    def forward(self, images: Tensor, places: Tensor | None = None) -> Tensor:
        """Return rebuilt images, pixels from 0 to 1, from the patches at ``places`` or from all."""
        return self.decoder(self.encoder(images, places))


def hidden_pixel_loss(rebuilt: Tensor, images: Tensor, hidden: Tensor) -> Tensor:
    """Compute the mean squared error over the hidden pixels: copying visible ones earns nothing.

    >>> black, white = torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)
    >>> hidden_pixel_loss(white, black, torch.tensor([[[True, False], [False, False]]])).item()
    1.0

    Images are float ``(n, 1, size, size)``, ``hidden`` is bool ``(n, size, size)``.
    """
    return (rebuilt - images).square().squeeze(1)[hidden].mean()


def masked_loss(model: MaskedAutoencoder, mask_ratio: float, seed: int) -> Callable[..., Tensor]:
    """Make the loss function that ``training.train`` asks for; it draws new masks for every batch.

    A ``mask_ratio`` that hides nothing or everything is refused at once, before any training.
    """
    patches = len(model.encoder.place_scale)
    masking.hidden_count(patches, mask_ratio)
    generator = np.random.default_rng(seed)

    def loss(images: Tensor) -> Tensor:
        masks = masking.random_masks(len(images), patches, mask_ratio, generator)  # (n, patches)
        places = torch.from_numpy(masking.visible_places(masks))  # (n, visible)
        hidden = torch.from_numpy(
            masking.pixel_masks(masks, model.encoder.patch_size)
        )  # (n, size, size)
        return hidden_pixel_loss(model(images, places), images, hidden)

    return loss
