"""Memory grows with the batch, not with the data set: each training in a fresh process."""

import subprocess
import sys
from pathlib import Path

import pytest

from helpers.lesson.files import ROOT

BENCHMARK = ROOT / "tests" / "benchmarks" / "images_in_batches.py"
FEW, MANY = 2_000, 60_000
MEGABYTES_OF_MORE_IMAGES = (MANY - FEW) * 28**2 / 2**20


def peak(training, images):
    arguments = ["--memory-of", training, "--images", str(images)]
    done = subprocess.run(
        [sys.executable, BENCHMARK, *arguments], check=True, capture_output=True, text=True
    )
    return float(done.stdout.splitlines()[-1])


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the peak is read from /proc")
@pytest.mark.parametrize("training", ["denoising", "contrastive"])
def test_more_images_take_their_own_bytes_and_no_float_copy_of_them(training):
    growth = peak(training, MANY) - peak(training, FEW)
    assert growth < 2 * MEGABYTES_OF_MORE_IMAGES  # a float copy alone would be 4 times as much
