"""Install the course's packages into the Python that runs this file.

    python helpers/install.py

On Linux the package index holds PyTorch with CUDA, which the course does not use. Where no NVIDIA
GPU answers, PyTorch's own index of CPU builds is searched as well: pip takes the highest version,
and ``2.13.0+cpu`` counts as higher than ``2.13.0``. ``SSL_COURSE_TORCH_INDEX`` names a mirror of
it. This file runs before anything is installed, so it needs the standard library only.
"""

import os
import platform
import shutil
import subprocess
import sys
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[1]
INDEX_VARIABLE = "SSL_COURSE_TORCH_INDEX"
CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
SECONDS_TO_ANSWER = 3


def has_nvidia_gpu() -> bool:
    """Ask the driver; its program alone, without a GPU that answers, does not count."""
    program = shutil.which("nvidia-smi")
    if not program:
        return False
    try:
        answer = subprocess.run([program, "--list-gpus"], capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.returncode == 0 and answer.stdout.startswith(b"GPU")


def answers(index: str) -> bool:
    """Whether a package index offers PyTorch, as far as it says so within three seconds."""
    found = []

    def ask() -> None:
        refusals = suppress(OSError, ValueError, HTTPException)
        with refusals, urlopen(f"{index}/torch/", timeout=SECONDS_TO_ANSWER):
            found.append(index)

    # In a thread of its own, because looking up a host's name obeys no time limit.
    question = Thread(target=ask, daemon=True)
    question.start()
    question.join(SECONDS_TO_ANSWER)
    return bool(found)


def torch_source() -> tuple[list[str], str]:
    """Choose where PyTorch comes from: options for pip, and a line that says so."""
    if platform.system() != "Linux":
        return [], "PyTorch: the ordinary index, whose build is small on this system"
    if has_nvidia_gpu():
        return [], "PyTorch: the ordinary index, with CUDA, because an NVIDIA GPU answers"
    index = os.environ.get(INDEX_VARIABLE, CPU_BUILDS).rstrip("/")
    if answers(index):
        return ["--extra-index-url", index], "PyTorch: the CPU build, because no NVIDIA GPU answers"
    return [], f"PyTorch: the ordinary index, often with CUDA, because {index} does not answer"


def main() -> int:
    """Install, and return pip's exit status."""
    options, line = torch_source()
    print(line, flush=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    wanted = ["-r", "requirements.txt", "-c", "constraints.txt", "-e", "."]
    try:
        status = subprocess.run([*pip, *options, *wanted], cwd=ROOT).returncode
    except KeyboardInterrupt:
        status = 130
    if status:
        print(
            "Not everything is installed, and pip says above why: mend that (often the network, "
            "or a full disk) and give the same command again",
            file=sys.stderr,
        )
    return status


if __name__ == "__main__":
    sys.exit(main())
