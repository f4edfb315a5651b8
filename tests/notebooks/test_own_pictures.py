"""The lesson on one's own pictures runs to its end on folders that lack what its example has."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image


def write_pictures(folder, count):
    folder.mkdir(parents=True, exist_ok=True)
    drawn = np.random.default_rng(len(folder.name)).integers(0, 256, (count, 4, 4, 3))
    for number, pixels in enumerate(drawn):
        picture = Image.fromarray(pixels.astype(np.uint8)).resize((24, 24))
        picture.save(folder / f"{number}.png")


@pytest.mark.parametrize("classes", [["."], ["cats", "geese"]], ids=["no label", "no defect"])
def test_a_folder_without_labels_or_defects_keeps_the_promise(tmp_path, classes):
    folder = tmp_path / "own"
    for name in classes:
        write_pictures(folder / name, 40)
    lesson = [sys.executable, "-m", "helpers", "run", "10_your_own_images_pytorch"]
    settings = {"folder": folder, "size": 16, "minutes": 0.05, "draws": 3, "label_counts": [8]}
    chosen = [word for key, value in settings.items() for word in ("-p", f"{key}={value}")]
    places = {"SSL_COURSE_BUILD": str(tmp_path / "build"), "SSL_COURSE_CACHE": str(tmp_path / "c")}
    done = subprocess.run(
        [*lesson, *chosen], env=os.environ | places, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
