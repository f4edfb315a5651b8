"""Random views of images, in PyTorch: one function per augmentation, all drawn from a generator.

Every function takes float images of shape ``(n, channels, height, width)`` from 0 to 1, as
``helpers.models.training.scaled`` makes them, and returns new ones of the same shape, dtype and
range. Each image of a batch is changed by its own draw; the same generator state gives the same
views.
"""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional

Augmentation = Callable[[Tensor, Generator], Tensor]

WIDEST_CROP = 4 / 3


def compose(*augmentations: Augmentation) -> Augmentation:
    """Chain augmentations into one, applied from first to last.

    Parameters
    ----------
    *augmentations : callable
        Each takes images and a generator; set strengths with ``functools.partial``. None at all
        gives the augmentation that changes nothing.

    Returns
    -------
    callable
        Takes images and a generator.
    """

    def augment(images: Tensor, generator: Generator) -> Tensor:
        for augmentation in augmentations:
            images = augmentation(images, generator)
        return images

    return augment


def two_views(images: Tensor, augment: Augmentation, generator: Generator) -> tuple[Tensor, Tensor]:
    """Draw two independent views of every image: row ``i`` of both shows image ``i``.

    Parameters
    ----------
    images : torch.Tensor
        Float of shape ``(n, channels, height, width)``, from 0 to 1.
    augment : callable
        One of this module's functions, or several chained with ``compose``.
    generator : torch.Generator
        Moves on with each draw, so the second view differs from the first.

    Returns
    -------
    (torch.Tensor, torch.Tensor)
        Both of the shape of the images.
    """
    return augment(images, generator), augment(images, generator)


def random_crop(images: Tensor, generator: Generator, smallest: float = 0.5) -> Tensor:
    """Cut a random rectangle out of each image and stretch it to the image's full size.

    Parameters
    ----------
    images : torch.Tensor
        Float of shape ``(n, channels, height, width)``, from 0 to 1.
    generator : torch.Generator
        Source of chance.
    smallest : float
        Least share of the image's area that is kept, over 0 and at most 1, where nothing is cut.
        The share is drawn evenly from there to 1, the ratio of the sides from 3:4 to 4:3 as far
        as the rectangle fits into the image.

    Returns
    -------
    torch.Tensor
        Same shape, dtype and range.

    Raises
    ------
    ValueError
        If ``smallest`` is out of range, or the images are not float with four dimensions.
    """
    _check_images(images)
    if not 0 < smallest <= 1:
        raise ValueError(f"smallest must be over 0 and at most 1, got {smallest}")
    count = len(images)
    area = _uniform(count, smallest, 1, generator)
    widest = torch.minimum(-area.log(), torch.tensor(math.log(WIDEST_CROP)))
    ratio = (_uniform(count, -1, 1, generator) * widest).exp()
    width, height = (area * ratio).sqrt(), (area / ratio).sqrt()
    across = _uniform(count, -1, 1, generator) * (1 - width)
    down = _uniform(count, -1, 1, generator) * (1 - height)
    zero = torch.zeros(count)
    return _resampled(images, [[width, zero, across], [zero, height, down]], outside="border")


def random_affine(
    images: Tensor,
    generator: Generator,
    degrees: float = 15,
    shift: float = 0.1,
    scale: float = 0.1,
    shear: float = 0.2,
) -> Tensor:
    """Rotate, shift, scale and shear each image a little; what comes in from outside is black.

    Parameters
    ----------
    images : torch.Tensor
        Float of shape ``(n, channels, height, width)``, from 0 to 1; rotations keep their angle on
        square images only.
    generator : torch.Generator
        Source of chance.
    degrees : float
        Largest rotation either way, at least 0.
    shift : float
        Largest shift either way and along each side, as a share of the side; at least 0.
    scale : float
        Images are drawn at ``1 - scale`` to ``1 + scale`` times their size; from 0 to below 1.
    shear : float
        Largest sideways lean either way, as a share of the height; at least 0.

    Returns
    -------
    torch.Tensor
        Same shape, dtype and range.

    Raises
    ------
    ValueError
        If a strength is out of range, or the images are not float with four dimensions.
    """
    _check_images(images)
    for name, value in {"degrees": degrees, "shift": shift, "shear": shear}.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} must be at least 0, got {value}")
    if not 0 <= scale < 1:
        raise ValueError(f"scale must be at least 0 and below 1, got {scale}")
    count = len(images)
    angle = _uniform(count, -math.radians(degrees), math.radians(degrees), generator)
    zoom = 1 / _uniform(count, 1 - scale, 1 + scale, generator)
    lean = _uniform(count, -shear, shear, generator)
    across, down = 2 * _uniform(2 * count, -shift, shift, generator).view(2, count)
    cosine, sine = zoom * angle.cos(), zoom * angle.sin()
    return _resampled(
        images,
        [[cosine, lean * cosine - sine, across], [sine, lean * sine + cosine, down]],
        outside="zeros",
    )


def random_flip(
    images: Tensor, generator: Generator, axes: tuple[int, ...] = (3,), probability: float = 0.5
) -> Tensor:
    """Mirror some of the images.

    Parameters
    ----------
    images : torch.Tensor
        Float of shape ``(n, channels, height, width)``, from 0 to 1.
    generator : torch.Generator
        Source of chance.
    axes : tuple of int
        ``(3,)`` swaps left and right, ``(2,)`` top and bottom, ``(2, 3)`` both: half a turn.
    probability : float
        Of each image, from 0 to 1.

    Returns
    -------
    torch.Tensor
        Same shape, dtype and range.

    Raises
    ------
    ValueError
        If an argument is out of range, or the images are not float with four dimensions.
    """
    _check_images(images)
    if not axes or not set(axes) <= {2, 3}:
        raise ValueError(f"axes must be (2,), (3,) or (2, 3), got {axes}")
    if not 0 <= probability <= 1:
        raise ValueError(f"probability must be from 0 to 1, got {probability}")
    chosen = _uniform(len(images), 0, 1, generator) < probability
    return torch.where(_per_image(chosen), images.flip(axes), images)


def random_brightness(images: Tensor, generator: Generator, strength: float = 0.4) -> Tensor:
    """Multiply each image by a factor of its own; black stays black, what exceeds 1 is cut.

    Parameters
    ----------
    images : torch.Tensor
        Float of shape ``(n, channels, height, width)``, from 0 to 1.
    generator : torch.Generator
        Source of chance.
    strength : float
        Factors lie between ``1 - strength`` and ``1 + strength``; from 0 to 1.

    Returns
    -------
    torch.Tensor
        Same shape, dtype and range.

    Raises
    ------
    ValueError
        If ``strength`` is out of range, or the images are not float with four dimensions.
    """
    _check_images(images)
    if not 0 <= strength <= 1:
        raise ValueError(f"strength must be from 0 to 1, got {strength}")
    factor = _uniform(len(images), 1 - strength, 1 + strength, generator)
    return (images * _per_image(factor).to(images.dtype)).clamp(0, 1)


def random_noise(images: Tensor, generator: Generator, deviation: float = 0.1) -> Tensor:
    """Add normal noise to every pixel and cut the sum to the range from 0 to 1.

    Parameters
    ----------
    images : torch.Tensor
        Float of shape ``(n, channels, height, width)``, from 0 to 1.
    generator : torch.Generator
        Source of chance.
    deviation : float
        Standard deviation of the noise, at least 0.

    Returns
    -------
    torch.Tensor
        Same shape, dtype and range.

    Raises
    ------
    ValueError
        If ``deviation`` is out of range, or the images are not float with four dimensions.
    """
    _check_images(images)
    if not 0 <= deviation < math.inf:
        raise ValueError(f"deviation must be at least 0, got {deviation}")
    noise = torch.randn(images.shape, generator=generator, dtype=images.dtype)
    return (images + deviation * noise).clamp(0, 1)


def random_erase(images: Tensor, generator: Generator, largest: float = 0.25) -> Tensor:
    """Black out a random rectangle of each image, of the image's own proportions.

    Parameters
    ----------
    images : torch.Tensor
        Float of shape ``(n, channels, height, width)``, from 0 to 1.
    generator : torch.Generator
        Source of chance.
    largest : float
        Largest share of the image's area to black out, from 0 to 1; drawn evenly from 0 on.

    Returns
    -------
    torch.Tensor
        Same shape, dtype and range.

    Raises
    ------
    ValueError
        If ``largest`` is out of range, or the images are not float with four dimensions.

    Notes
    -----
    Zhong, Zheng, Kang, Li and Yang (2020), "Random Erasing Data Augmentation".
    """
    _check_images(images)
    if not 0 <= largest <= 1:
        raise ValueError(f"largest must be from 0 to 1, got {largest}")
    side = _uniform(len(images), 0, largest, generator).sqrt()
    erased = torch.ones(len(images), 1, 1, 1, dtype=torch.bool)
    for axis in (2, 3):
        start = _uniform(len(images), 0, 1, generator) * (1 - side)
        shape = [1, 1, 1, 1]
        shape[axis] = images.shape[axis]
        centres = ((torch.arange(images.shape[axis]) + 0.5) / images.shape[axis]).view(shape)
        inside = (centres > _per_image(start)) & (centres < _per_image(start + side))
        erased = erased & inside
    return images.masked_fill(erased, 0)


def _resampled(images: Tensor, matrices: list[list[Tensor]], outside: str) -> Tensor:
    """Look up each pixel where a 2 x 3 matrix of its image says, in coordinates from -1 to 1."""
    theta = torch.stack([torch.stack(row, dim=1) for row in matrices], dim=1).to(images.dtype)
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode=outside, align_corners=False).clamp(
        0, 1
    )


def _uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=generator)


def _per_image(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1, 1)


def _check_images(images: Tensor) -> None:
    if images.ndim != 4 or not images.is_floating_point():
        raise ValueError(
            "expected float images of shape (n, channels, height, width) from 0 to 1, "
            f"got {images.dtype} {tuple(images.shape)}: use helpers.models.training.scaled"
        )
