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
from helpers.lesson.files import DATA_FOLDER, NOTEBOOKS_FOLDER, ROOT
from helpers.runner.errors import InputError
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
        cache_row(),
        disk_row(build),
        gpu_row(),
    ]


def kernel_row() -> tuple[str, str, str]:
    """Look for the kernel the lessons run in, whether it is this Python, and this course."""
    install = "pip install ipykernel, inside the environment of the course"
    kernels = KernelSpecManager()
    try:
        command = kernels.get_kernel_spec(KERNEL).argv[0]
    except NoSuchKernel:
        return "kernel", f"{KERNEL} is missing", install
    except (ValueError, LookupError, TypeError, AttributeError, OSError):
        folder = kernels.find_kernel_specs()[KERNEL]
        return "kernel", f"{folder} is damaged", f"delete that folder; then {install}"
    # jupyter_client replaces a bare 'python' by the Python it runs in itself.
    program = sys.executable if Path(command).name == command else command
    if Path(program).parent != Path(sys.executable).parent:
        folder = kernels.find_kernel_specs()[KERNEL]
        remedy = f"delete {folder}, or run the Python that it names; then {install}"
        return "kernel", f"{KERNEL} starts {program}, not this Python", remedy
    ours = imported_helpers(program)
    if ours != ROOT / "helpers":
        remedy = "unset PYTHONPATH if it names another copy; else 'make clean setup' in this folder"
        return "kernel", f"{KERNEL} would use {ours or 'no helpers'}, not this folder's", remedy
    return "kernel", f"{KERNEL}, {program}", ""


def imported_helpers(program: str) -> Path | None:
    """Return the folder of the ``helpers`` that a Python imports as a lesson does, None if none."""
    code = "import helpers; print(helpers.__path__[0])"
    command = [program, "-c", code]
    done = subprocess.run(command, cwd=NOTEBOOKS_FOLDER, capture_output=True, text=True)
    return Path(done.stdout.strip()).resolve() if done.returncode == 0 else None


def expect_kernel() -> None:
    """Refuse to run anything in a kernel that would compute something else, or not start."""
    subject, found, remedy = kernel_row()
    if remedy:
        raise InputError(f"{subject}: {found}: {remedy}")


def memory_row(available: float) -> tuple[str, str, str]:
    """Judge the free memory, in gigabytes."""
    remedy = "" if available >= NEEDED_MEMORY else "close other programs"
    return "memory", f"{available:.1f} GB free, {NEEDED_MEMORY} needed", remedy


def folder_row(subject: str, folder: Path, pattern: str, remedy: str) -> tuple[str, str, str]:
    """Look whether a folder exists and holds files of a kind."""
    count = len(list(folder.glob(pattern)))
    found = f"{folder}, {count} files" if folder.is_dir() else f"{folder} is missing"
    return subject, found, "" if count else remedy


def cache_row() -> tuple[str, str, str]:
    """Look for the full data sets, which are downloaded only when a lesson asks for them."""
    try:
        cache = cache_folder()
    except ValueError as error:
        return "cache", "none", str(error)
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
