"""A look at the machine: what the course needs, what was found, and the remedy."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from helpers.data.downloads import cache_folder
from helpers.lesson.environment import environment_report
from helpers.lesson.files import DATA_FOLDER
from helpers.runner.execution import KERNEL

GIGABYTE = 1024**3
NEEDED_MEMORY = 2
NEEDED_DISK = 2


def examine(notebooks: Path, build: Path) -> list[tuple[str, str, str]]:
    """Look at everything the course needs.

    Each row is what was looked at, what was found, and the remedy: empty where all is well.
    """
    return [
        *environment_report(),
        kernel_row(),
        memory_row(psutil.virtual_memory().available / GIGABYTE),
        folder_row("lessons", notebooks, "*.ipynb", "restore it from the repository"),
        folder_row("data", DATA_FOLDER, "*.npz", "restore it from the repository"),
        cache_row(cache_folder()),
        disk_row(build),
        gpu_row(),
    ]


def kernel_row() -> tuple[str, str, str]:
    """Look for the kernel the lessons run in, and whether it is this Python."""
    remedy = "pip install ipykernel, inside the environment of the course"
    try:
        command = KernelSpecManager().get_kernel_spec(KERNEL).argv[0]
    except NoSuchKernel:
        return "kernel", f"{KERNEL} is missing", remedy
    # jupyter_client replaces a bare 'python' by the Python it runs in itself.
    program = sys.executable if Path(command).name == command else command
    if Path(program).parent != Path(sys.executable).parent:
        return "kernel", f"{KERNEL} starts {program}, not this Python", remedy
    return "kernel", f"{KERNEL}, {program}", ""


def memory_row(available: float) -> tuple[str, str, str]:
    """Judge the free memory, in gigabytes."""
    remedy = "" if available >= NEEDED_MEMORY else "close other programs"
    return "memory", f"{available:.1f} GB free, {NEEDED_MEMORY} needed", remedy


def folder_row(subject: str, folder: Path, pattern: str, remedy: str) -> tuple[str, str, str]:
    """Look whether a folder exists and holds files of a kind."""
    count = len(list(folder.glob(pattern)))
    found = f"{folder}, {count} files" if folder.is_dir() else f"{folder} is missing"
    return subject, found, "" if count else remedy


def cache_row(cache: Path) -> tuple[str, str, str]:
    """Look for the full data sets, which are downloaded only when a lesson asks for them."""
    names = sorted(child.name for child in cache.glob("*") if child.is_dir())
    return "cache", f"{cache}, {', '.join(names) or 'nothing downloaded yet'}", ""


def disk_row(build: Path) -> tuple[str, str, str]:
    """Look at the free disk space where results go, and whether one may write there."""
    existing = next(folder for folder in [build, *build.parents] if folder.is_dir())
    if not os.access(existing, os.W_OK):
        remedy = "choose another folder with SSL_COURSE_BUILD or --build"
        return "disk", f"{existing} cannot be written to", remedy
    free = shutil.disk_usage(existing).free / GIGABYTE
    found = f"{free:.1f} GB free in {existing}, {NEEDED_DISK} needed"
    remedy = "" if free >= NEEDED_DISK else "free some space, or set SSL_COURSE_BUILD elsewhere"
    return "disk", found, remedy


def gpu_row() -> tuple[str, str, str]:
    """Look for a graphics card; the course does not need one."""
    program = shutil.which("nvidia-smi")
    if not program:
        return "GPU", "none found, none needed", ""
    query = [program, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return "GPU", "nvidia-smi does not answer; none needed", ""
    return "GPU", "; ".join(answer.stdout.strip().splitlines()), ""
