"""Random views of images, in PyTorch: one function per augmentation, all drawn from a generator.

Every function takes float images of shape ``(n, channels, height, width)`` from 0 to 1, as
``helpers.models.training.scaled`` makes them, and returns new ones of the same shape, dtype and
range. Each image of a batch is changed by its own draw; the same generator state gives the same
views. Strengths out of range raise a ``ValueError``.
"""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Generator, Tensor
from torch.nn import functional

from helpers.lesson.limits import check_at_least

Augmentation = Callable[[Tensor, Generator], Tensor]
LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue, as ITU-R BT.601 weighs them
YIQ = torch.tensor([LUMINANCE, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112)])


def compose(*augmentations: Augmentation) -> Augmentation:
    """Chain augmentations into one, applied from first to last; none at all changes nothing.

    >>> augment = compose(partial(random_crop, smallest=0.3), random_noise)
    """

    def augment(images: Tensor, generator: Generator) -> Tensor:
        for augmentation in augmentations:
            images = augmentation(images, generator)
        return images

    return augment


def two_views(images: Tensor, augment: Augmentation, generator: Generator) -> tuple[Tensor, Tensor]:
    """Draw two independent views of every image: row ``i`` of both shows image ``i``.

    >>> grey = torch.full((2, 1, 28, 28), 0.5)
    >>> first, second = two_views(grey, random_brightness, torch.Generator().manual_seed(0))
    >>> first.shape == second.shape == grey.shape, torch.equal(first, second)
    (True, False)
    """
    return augment(images, generator), augment(images, generator)


def random_crop(images: Tensor, generator: Generator, smallest: float = 0.5) -> Tensor:
    """Cut a random rectangle out of each image and stretch it to the image's full size.

    >>> random_crop(torch.ones(2, 1, 28, 28), torch.Generator().manual_seed(0)).shape
    torch.Size([2, 1, 28, 28])

    The share of the area that is kept is drawn evenly from ``smallest`` (over 0) to 1, the ratio
    of the sides from 3:4 to 4:3 as far as the rectangle fits into the image.
    """
    _check(images)
    if not 0 < smallest <= 1:
        raise ValueError(f"smallest must be over 0 and at most 1, got {smallest}")
    count = len(images)
    area = _uniform(count, smallest, 1, generator)
    widest = torch.minimum(-area.log(), torch.tensor(math.log(4 / 3)))
    ratio = (_uniform(count, -1, 1, generator) * widest).exp()
    width, height = (area * ratio).sqrt(), (area / ratio).sqrt()
    across = _uniform(count, -1, 1, generator) * (1 - width)
    down = _uniform(count, -1, 1, generator) * (1 - height)
    zero = torch.zeros(count)
    # From output to input: the view's corners, at -1 and 1, are looked up at the rectangle's, so
    # its width and height, shares of the image's, stand here as they are and not inverted.
    return _resampled(images, [[width, zero, across], [zero, height, down]], outside="border")


def random_affine(
    images: Tensor,
    generator: Generator,
    degrees: float = 15,
    shift: float = 0.1,
    scale: float = 0.1,
    shear: float = 0.2,
    outside: str = "zeros",
) -> Tensor:
    """Rotate, shift, scale and shear each image a little.

    >>> random_affine(torch.ones(2, 1, 28, 28), torch.Generator().manual_seed(0), degrees=30).shape
    torch.Size([2, 1, 28, 28])

    Strengths are the largest change either way: ``degrees`` of rotation (which keeps its angle on
    square images only), ``shift`` along each side as a share of it, ``shear`` sideways as a share
    of the height; sizes are drawn from ``1 - scale`` to ``1 + scale`` times the image's. What
    comes in from ``outside`` is black, or repeats the edge with "border".
    """
    _check(images)
    check_at_least(0, degrees=degrees, shift=shift, shear=shear)
    if not 0 <= scale < 1:
        raise ValueError(f"scale must be at least 0 and below 1, got {scale}")
    count = len(images)
    # From output to input: each matrix says where a pixel of the view is looked up in the image.
    # So the picture turns, leans and moves the other way, and the zoom is one over its size. A
    # shift is doubled, for a side is 2 long.
    angle = _uniform(count, -math.radians(degrees), math.radians(degrees), generator)
    zoom = 1 / _uniform(count, 1 - scale, 1 + scale, generator)
    lean = _uniform(count, -shear, shear, generator)
    across, down = 2 * _uniform(2 * count, -shift, shift, generator).view(2, count)
    cosine, sine = zoom * angle.cos(), zoom * angle.sin()
    matrices = [[cosine, lean * cosine - sine, across], [sine, lean * sine + cosine, down]]
    return _resampled(images, matrices, outside)


def random_flip(
    images: Tensor, generator: Generator, axes: tuple[int, ...] = (3,), probability: float = 0.5
) -> Tensor:
    """Mirror some of the images.

    >>> row = torch.tensor([[[[0.1, 0.9]]]])
    >>> random_flip(row, torch.Generator().manual_seed(0), probability=1)
    tensor([[[[0.9000, 0.1000]]]])

    Axes ``(3,)`` swap left and right, ``(2,)`` top and bottom, ``(2, 3)`` both: half a turn.
    """
    _check(images, probability=probability)
    if not axes or not set(axes) <= {2, 3}:
        raise ValueError(f"axes must be (2,), (3,) or (2, 3), got {axes}")
    chosen = _uniform(len(images), 0, 1, generator) < probability
    return torch.where(chosen[:, None, None, None], images.flip(axes), images)


def random_brightness(images: Tensor, generator: Generator, strength: float = 0.4) -> Tensor:
    """Multiply each image by ``1 - strength`` to ``1 + strength``; what exceeds 1 is cut."""
    _check(images, strength=strength)
    factor = _uniform(len(images), 1 - strength, 1 + strength, generator).to(images.dtype)
    return (images * factor[:, None, None, None]).clamp(0, 1)


def random_colour(
    images: Tensor,
    generator: Generator,
    brightness: float = 0.4,
    contrast: float = 0.4,
    saturation: float = 0.4,
    hue: float = 0.1,
) -> Tensor:
    """Change each image's brightness, contrast, saturation and hue, in this order.

    >>> red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(2, -1, 8, 8)
    >>> random_colour(red, torch.Generator().manual_seed(0)).shape
    torch.Size([2, 3, 8, 8])

    Three factors are drawn from ``1 - strength`` to ``1 + strength``: of all values, of their
    distance from the image's mean luminance, and of their distance from their own pixel's. The
    hue, up to ``hue`` of the whole circle of colours either way, is a rotation in the plane of
    colours of YIQ, which leaves the luminance alone. What leaves 0 to 1 is cut after each step.
    Grey images, of one channel, have neither saturation nor hue: only the first two change them.

    The strengths are those of Chen, Kornblith, Norouzi and Hinton (2020), "A Simple Framework for
    Contrastive Learning of Visual Representations", for small images; there the order is drawn,
    and a fifth of the views is left as it is.
    """
    _check(images, brightness=brightness, contrast=contrast, saturation=saturation)
    if not 0 <= hue <= 0.5:
        raise ValueError(f"hue must be from 0 to 0.5, half the circle, got {hue}")
    images = random_brightness(images, generator, brightness)
    mean = _luminance(images).mean(dim=(1, 2, 3), keepdim=True)  # n, 1, 1, 1
    factor = _uniform(len(images), 1 - contrast, 1 + contrast, generator).to(images.dtype)
    images = (mean + factor[:, None, None, None] * (images - mean)).clamp(0, 1)
    factor = _uniform(len(images), 1 - saturation, 1 + saturation, generator)
    angle = 2 * math.pi * _uniform(len(images), -hue, hue, generator)
    if images.shape[1] != 3:
        return images
    turn = torch.zeros(len(images), 3, 3)
    turn[:, 0, 0] = 1  # the luminance stays
    turn[:, 1, 1] = turn[:, 2, 2] = factor * angle.cos()
    turn[:, 2, 1] = factor * angle.sin()
    turn[:, 1, 2] = -turn[:, 2, 1]
    matrices = (YIQ.inverse() @ turn @ YIQ).to(images.dtype)  # n, 3, 3: from RGB to RGB
    return torch.einsum("nij,njhw->nihw", matrices, images).clamp(0, 1)


def random_greying(images: Tensor, generator: Generator, probability: float = 0.2) -> Tensor:
    """Take the colours from some of the images; grey ones, of one channel, stay as they are.

    >>> red = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1)
    >>> random_greying(red, torch.Generator().manual_seed(0), probability=1).flatten()
    tensor([0.2990, 0.2990, 0.2990])
    """
    _check(images, probability=probability)
    chosen = _uniform(len(images), 0, 1, generator) < probability
    return torch.where(chosen[:, None, None, None], _luminance(images), images)


def random_noise(images: Tensor, generator: Generator, deviation: float = 0.1) -> Tensor:
    """Add normal noise of this standard deviation to every pixel; what leaves 0 to 1 is cut.

    >>> grey = torch.full((1, 1, 28, 28), 0.5)
    >>> round(random_noise(grey, torch.Generator().manual_seed(0)).std().item(), 1)
    0.1
    """
    _check(images)
    check_at_least(0, deviation=deviation)
    noise = torch.randn(images.shape, generator=generator, dtype=images.dtype)
    return (images + deviation * noise).clamp(0, 1)


def random_erase(images: Tensor, generator: Generator, largest: float = 0.25) -> Tensor:
    """Black out a random rectangle of each image, of the image's own proportions.

    Its share of the area is drawn evenly from 0 to ``largest`` (Zhong, Zheng, Kang, Li and Yang,
    2020, "Random Erasing Data Augmentation").
    """
    _check(images, largest=largest)
    side = _uniform(len(images), 0, largest, generator).sqrt()
    inside = []
    for size in images.shape[2:]:
        start = _uniform(len(images), 0, 1, generator) * (1 - side)
        centres = (torch.arange(size) + 0.5) / size
        inside.append((centres > start[:, None]) & (centres < (start + side)[:, None]))  # n, size
    rows, columns = inside
    erased = rows[:, None, :, None] & columns[:, None, None, :]  # n, 1, height, width
    return images.masked_fill(erased, 0)


DIGIT_VIEWS = compose(
    partial(random_crop, smallest=0.6),
    partial(random_affine, degrees=20, shift=0.1, scale=0.15, shear=0.3),
)
CLOTHES_VIEWS = compose(partial(random_crop, smallest=0.5), random_flip, random_brightness)
PHOTO_VIEWS = compose(
    partial(random_crop, smallest=0.5), random_flip, random_colour, random_greying
)


def views_of(source: str, channels: int = 1) -> Augmentation:
    """Return the views for a data set: of colour, those for photographs, whatever its name.

    >>> views_of("fashion-mnist-20k") is CLOTHES_VIEWS, views_of("mnist-5k") is DIGIT_VIEWS
    (True, True)
    >>> views_of("holidays", channels=3) is PHOTO_VIEWS
    True

    Of grey images they are those that lesson 05 chooses by the name: clothes', or digits'.
    """
    if channels == 3:
        return PHOTO_VIEWS
    return CLOTHES_VIEWS if "fashion" in source.lower() else DIGIT_VIEWS


def _resampled(images: Tensor, matrices: list[list[Tensor]], outside: str) -> Tensor:
    """Fill each view's pixels from where 2 x 3 matrices send them, from output to input.

    Places are (across, down), from -1 at the left and upper edge to 1 at the right and lower.
    """
    rows = [torch.stack(row, dim=1) for row in matrices]  # two of n, 3
    theta = torch.stack(rows, dim=1).to(images.dtype)  # n, 2, 3
    grid = functional.affine_grid(theta, list(images.shape), align_corners=False)  # n, h, w, 2
    views = functional.grid_sample(images, grid, padding_mode=outside, align_corners=False)
    return views.clamp(0, 1)


def _luminance(images: Tensor) -> Tensor:
    """Return each pixel's brightness, ``(n, 1, height, width)``; grey images are theirs."""
    if images.shape[1] != 3:
        return images
    weights = torch.tensor(LUMINANCE, dtype=images.dtype)
    return (images * weights[:, None, None]).sum(dim=1, keepdim=True)


def _uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    return low + (high - low) * torch.rand(count, generator=generator)


def _check(images: Tensor, **shares: float) -> None:
    if images.ndim != 4 or not images.is_floating_point():
        raise ValueError(
            "expected float images of shape (n, channels, height, width) from 0 to 1, "
            f"got {images.dtype} {tuple(images.shape)}: use helpers.models.training.scaled"
        )
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise ValueError(f"{name} must be from 0 to 1, got {share}")
