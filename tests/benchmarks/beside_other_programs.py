"""What a training step costs alone, and beside a second training, by how threads wait.

Run it alone on an idle machine, where 'alone' really is alone:

    python tests/benchmarks/beside_other_programs.py

PyTorch's OpenMP threads spin while they wait for each other, which is fastest on an idle machine
and ruinous on a busy one. It asserts nothing: times depend on the machine. It prints milliseconds a
step for each setting of the environment, and how many times the first one, alone, that is.
``GOMP_SPINCOUNT`` is read by GNU's OpenMP, on Linux.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from itertools import pairwise

SETTINGS = {
    "as it comes": {},
    "GOMP_SPINCOUNT=0": {"GOMP_SPINCOUNT": "0"},
    "GOMP_SPINCOUNT=300": {"GOMP_SPINCOUNT": "300"},
    "GOMP_SPINCOUNT=1000": {"GOMP_SPINCOUNT": "1000"},
    "GOMP_SPINCOUNT=3000": {"GOMP_SPINCOUNT": "3000"},
    "GOMP_SPINCOUNT=10000": {"GOMP_SPINCOUNT": "10000"},
    "OMP_WAIT_POLICY=PASSIVE": {"OMP_WAIT_POLICY": "PASSIVE"},
    "one thread": {"SSL_COURSE_THREADS": "1"},
}
VARIABLES = {name for setting in SETTINGS.values() for name in setting}
IMAGES = 128
WARM_UP = 5


def milliseconds_a_step(steps: int) -> float:
    """Train the lessons' encoder with NT-Xent on noise, and return the median of its steps."""
    import numpy as np
    import torch  # before prepare_torch, which would choose a setting of its own

    from helpers.lesson.environment import prepare_torch
    from helpers.models.losses import nt_xent
    from helpers.models.torch_models import convolutional_encoder
    from helpers.models.training import train
    from helpers.pretext.views import random_affine, two_views

    prepare_torch(seed=0)
    images = np.random.default_rng(0).integers(0, 256, (8 * IMAGES, 28, 28), dtype=np.uint8)
    encoder = convolutional_encoder()
    generator = torch.Generator().manual_seed(0)
    moments = []

    def loss(batch: torch.Tensor) -> torch.Tensor:
        first, second = two_views(batch, random_affine, generator)
        return nt_xent(encoder(first), encoder(second))

    def note(step: int) -> None:
        moments.append(time.perf_counter())

    train(encoder, loss, images, WARM_UP + steps, IMAGES, after_step=note)
    taken = [1000 * (after - before) for before, after in pairwise(moments)]
    return statistics.median(taken[WARM_UP:])


def measured(setting: dict[str, str], at_once: int, steps: int) -> float:
    """Return the milliseconds a step of the slowest of several trainings started together."""
    environment = {k: v for k, v in os.environ.items() if k not in VARIABLES} | setting
    command = [sys.executable, __file__, "--steps", str(steps), "--one"]
    children = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(at_once)
    ]
    return max(float(child.communicate()[0].splitlines()[-1]) for child in children)


def main() -> None:
    """Print a line for each setting: alone, and two at once."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60, help="steps of each training")
    parser.add_argument("--repeats", type=int, default=3, help="of which the median is printed")
    parser.add_argument("--one", action="store_true", help="train once here, print its time only")
    arguments = parser.parse_args()
    if arguments.one:
        print(milliseconds_a_step(arguments.steps))
        return
    print(f"{'setting':<26} {'alone':>14} {'two at once':>20}")
    reference = None
    for name, setting in SETTINGS.items():
        alone, both = (
            statistics.median(
                measured(setting, at_once, arguments.steps) for _ in range(arguments.repeats)
            )
            for at_once in (1, 2)
        )
        reference = reference or alone
        print(
            f"{name:<26} {alone:6.0f} ms {alone / reference:4.2f} {both:11.0f} ms "
            f"{both / reference:4.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
