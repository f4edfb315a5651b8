"""What it costs to read a folder of pictures: time cold and warm, and memory at its peak.

Run it alone on an idle machine:

    python tests/benchmarks/folders_of_pictures.py
    python tests/benchmarks/folders_of_pictures.py --pictures 5000 --size 32

It writes JPEG files of 64 × 64 pixels into a temporary folder, reads them in a process of its own,
twice, and asserts nothing: times depend on the machine. Beside each number stands what it should
be on two idle cores for 27,000 pictures. The peak needs Linux, which counts it for each process.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

SIDE, CLASSES = 64, 10
WANTED = {"cold": "under 60", "warm": "under 2"}


def write_pictures(folder: Path, count: int) -> None:
    """Write pictures that are all different, in ten classes."""
    generator = np.random.default_rng(0)
    for number in range(CLASSES):
        (folder / f"class {number}").mkdir()
    for number in range(count):
        blocks = generator.integers(0, 256, (12, 12, 3), dtype=np.uint8)
        image = Image.fromarray(blocks).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        image.save(folder / f"class {number % CLASSES}" / f"{number:06}.jpg", quality=90)


def measure(folder: str, size: int) -> None:
    """Read the folder once, and print the seconds, those of the processor, and the peak's ratio."""
    from helpers.data import read_folder

    before = peak()
    began, computed = time.perf_counter(), time.process_time()
    pictures = read_folder(folder, size=size)
    seconds, computed = time.perf_counter() - began, time.process_time() - computed
    print(seconds, computed, peak() - before, pictures.images.nbytes)


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Write the pictures, read them cold and warm, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=27_000)
    parser.add_argument("--size", type=int, default=SIDE)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.size)
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "pictures"
        folder.mkdir()
        write_pictures(folder, options.pictures)
        environment = os.environ | {"SSL_COURSE_CACHE": str(Path(place) / "cache")}
        for run, wanted in WANTED.items():
            command = [sys.executable, __file__, "--measure", str(folder)]
            command += ["--size", str(options.size)]
            answer = subprocess.run(command, env=environment, capture_output=True, text=True)
            if answer.returncode:
                sys.exit(answer.stderr)
            seconds, computed, more, array = map(float, answer.stdout.splitlines()[-1].split())
            print(f"{run}: {seconds:.1f} seconds ({wanted}), {computed:.1f} of the processor")
            print(f"    peak {more / 2**20:,.0f} MB, {more / array:.2f} times the array (under 2)")


if __name__ == "__main__":
    main()
