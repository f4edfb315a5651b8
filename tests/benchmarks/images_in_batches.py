"""What a batch costs: views against the encoder, and memory.

Run it alone on an idle machine:

    python tests/benchmarks/images_in_batches.py
    python tests/benchmarks/images_in_batches.py --memory-of denoising --images 2000

It asserts nothing: times depend on the machine. It prints each ratio beside what it should be. With
``--memory-of`` it prints one number: the megabytes that a training needed at its peak, above the
import of PyTorch. That needs Linux, which counts the peak for each process.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from helpers.lesson.environment import available_cores, prepare_torch
from helpers.models.losses import nt_xent
from helpers.models.torch_models import convolutional_autoencoder, convolutional_encoder
from helpers.models.training import encode, scaled, train
from helpers.pretext.views import (
    compose,
    random_affine,
    random_brightness,
    random_crop,
    random_flip,
    random_noise,
    two_views,
)

BATCH = 256
REPEATS = 21
STEPS = 20
ALL_IMAGES = 60_000
MOST_MEGABYTES = 400
AUGMENTATIONS = {
    "crop, affine (digits)": compose(
        partial(random_crop, smallest=0.6),
        partial(random_affine, degrees=20, shift=0.1, scale=0.15, shear=0.3),
    ),
    "crop, flip, brightness (clothes)": compose(random_crop, random_flip, random_brightness),
    "affine": random_affine,
    "noise": random_noise,
}


def synthetic_images(count: int) -> np.ndarray:
    """Return uint8 images of shape ``(count, 28, 28)``: noise, all different."""
    return np.random.default_rng(0).integers(0, 256, (count, 28, 28), dtype=np.uint8)


def medians(actions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median milliseconds of each action, run in turns so that all see one machine."""
    taken: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(REPEATS):
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            taken[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(values[1:]) for name, values in taken.items()}


def cost_of_views(batch: Tensor) -> None:
    """Print how long one view of a batch takes, as a share of the encoder's forward pass."""
    encoder = convolutional_encoder().eval()
    generator = torch.Generator().manual_seed(0)
    actions = {name: partial(augment, batch, generator) for name, augment in AUGMENTATIONS.items()}
    with torch.inference_mode():
        taken = medians({"forward pass": partial(encoder, batch), **actions})
    forward = taken.pop("forward pass")
    print(f"a batch of {BATCH}: the encoder's forward pass takes {forward:.1f} ms")
    for name, milliseconds in taken.items():
        share = milliseconds / forward
        print(f"  {name}: {milliseconds:.1f} ms, {share:.2f} of the forward pass (under 1)")


def train_denoising(images: np.ndarray) -> None:
    """Take some steps of denoising with the convolutional autoencoder."""
    model, generator = convolutional_autoencoder(128), torch.Generator().manual_seed(0)

    def loss(batch: Tensor) -> Tensor:
        return (model(random_noise(batch, generator, 0.5)) - batch).square().mean()

    train(model, loss, images, STEPS, BATCH)


def train_contrastive(images: np.ndarray) -> None:
    """Take some steps of contrastive training, with two views of every image."""
    augment = AUGMENTATIONS["crop, affine (digits)"]
    model = nn.Sequential(convolutional_encoder(), nn.Linear(128, 64))
    generator = torch.Generator().manual_seed(0)

    def loss(batch: Tensor) -> Tensor:
        return nt_xent(*model(torch.cat(two_views(batch, augment, generator))).chunk(2))

    train(model, loss, images, STEPS, BATCH)


def encode_everything(images: np.ndarray) -> None:
    """Read the last layer's features of every image."""
    encode(convolutional_encoder(), images)


TRAININGS = {
    "denoising": train_denoising,
    "contrastive": train_contrastive,
    "encode": encode_everything,
}


def peak_megabytes() -> float:
    """Return the most memory that this process has held so far."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(peak) / 1024


def memory_of(training: str, images: int) -> float:
    """Return by how many megabytes a training raises the peak, its images included."""
    before = peak_megabytes()
    TRAININGS[training](synthetic_images(images))
    return peak_megabytes() - before


def print_memory() -> None:
    """Print the peak of every training, each in a fresh process."""
    for training in TRAININGS:
        arguments = ["--memory-of", training, "--images", str(ALL_IMAGES)]
        done = subprocess.run(
            [sys.executable, __file__, *arguments], check=True, capture_output=True, text=True
        )
        megabytes = float(done.stdout.splitlines()[-1])
        print(f"{training}, {ALL_IMAGES:,} images: {megabytes:.0f} MB above the import of PyTorch")
        print(f"  of them {ALL_IMAGES * 28**2 / 2**20:.0f} MB images (at most {MOST_MEGABYTES})")


def main() -> None:
    """Read the command line; run all benchmarks, or print the memory of one training."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory-of", choices=TRAININGS, help="print the peak of one training")
    parser.add_argument("--images", type=int, default=ALL_IMAGES, help="images to train on")
    options = parser.parse_args()
    prepare_torch(0)
    if options.memory_of:
        print(memory_of(options.memory_of, options.images))
        return
    print(f"{available_cores()} cores")
    batch = scaled(torch.from_numpy(synthetic_images(BATCH)))
    cost_of_views(batch)
    print_memory()


if __name__ == "__main__":
    main()
