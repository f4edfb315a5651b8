"""The map in helpers/__init__.py shows the house as it is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import helpers

HOUSE = Path(helpers.__file__).parent
ROOMS = re.findall(r"^    (\w+) +\w", helpers.__doc__, flags=re.MULTILINE)
PATH = re.findall(r"^    \d\. ([\w.]+)", helpers.__doc__, flags=re.MULTILINE)
FRAMEWORKS = {"keras", "tensorflow", "torch"}


def test_every_room_is_on_the_map():
    assert sorted(ROOMS) == sorted(path.parent.name for path in HOUSE.glob("*/__init__.py"))


def test_the_reading_path_takes_less_than_800_lines():
    files = [HOUSE / f"{name.replace('.', '/')}.py" for name in PATH]
    assert len(files) >= 5
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) < 800


@pytest.mark.parametrize("room", ["helpers", *(f"helpers.{name}" for name in ROOMS)])
def test_importing_a_room_loads_no_framework(room):
    code = f"import sys, {room}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not FRAMEWORKS & set(done.stdout.split())
