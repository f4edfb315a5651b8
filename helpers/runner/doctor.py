"""A look at the machine: what the course needs, what was found, and the remedy."""

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

import psutil
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_client.manager import KernelManager
from traitlets import TraitError

from helpers.data.downloads import cache_folder
from helpers.lesson.environment import environment_report
from helpers.lesson.files import DATA_FOLDER, NOTEBOOKS_FOLDER, ROOT
from helpers.runner.errors import InputError
from helpers.runner.execution import KERNEL

GIGABYTE = 1024**3
NEEDED_MEMORY = 2
NEEDED_DISK = 2
CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUPS = Path("/proc/self/cgroup")

Row = tuple[str, str, str]


def examine(notebooks: Path, build: Path) -> list[Row]:
    """Look at everything the course needs.

    Each row is what was looked at, what was found, and the remedy: empty where all is well.
    """
    return [
        *environment_report(),
        kernel_row(),
        home_row(),
        semaphore_row(),
        memory_row(free_memory() / GIGABYTE),
        folder_row("lessons", notebooks, "*.ipynb", "restore it from the repository"),
        folder_row("data", DATA_FOLDER, "*.npz", "restore it from the repository"),
        cache_row(),
        disk_row(build),
        gpu_row(),
    ]


def kernel_row() -> Row:
    """Look for the kernel the lessons run in, whether it is this Python, and this course."""
    install = "pip install ipykernel, inside the environment of the course"
    kernels = KernelSpecManager()
    try:
        kernel = kernels.get_kernel_spec(KERNEL)
        # As it is started: a bare 'python', for example, is the Python that runs this.
        program = KernelManager(kernel_name=KERNEL).format_kernel_cmd()[0]
        found = shutil.which(program)
        is_this = found is not None and Path(found).parent == Path(sys.executable).parent
        theirs = imported_helpers(found, kernel.env) if is_this else None
    except NoSuchKernel:
        return "kernel", f"{KERNEL} is missing", install
    except (ValueError, LookupError, TypeError, AttributeError, OSError, TraitError):
        folder = kernels.find_kernel_specs()[KERNEL]
        return "kernel", f"{folder} is damaged", f"delete that folder; then {install}"
    if not is_this:
        wrong = "which does not exist" if found is None else "not this Python"
        remedy = f"delete {kernel.resource_dir}, or run the Python that it names; then {install}"
        return "kernel", f"{KERNEL} starts {program or 'nothing'}, {wrong}", remedy
    if theirs is None or not theirs.samefile(ROOT / "helpers"):
        remedy = (
            "unset PYTHONPATH if it names another copy; else 'make setup' in this folder, or "
            "helpers/install.py with this Python"
        )
        return "kernel", f"{KERNEL} would use {theirs or 'no helpers'}, not this folder's", remedy
    return "kernel", f"{KERNEL}, {found}", ""


def imported_helpers(program: str, settings: dict[str, str]) -> Path | None:
    """Return the folder of the ``helpers`` that a Python imports as a lesson does, None if none.

    ``settings`` are the kernel's own variables, beside those of this process.
    """
    code = "import json, helpers; print(json.dumps(helpers.__path__[0]))"  # ASCII, on any console
    folder = NOTEBOOKS_FOLDER if NOTEBOOKS_FOLDER.is_dir() else Path(program).parent
    surroundings = os.environ | settings
    done = subprocess.run([program, "-c", code], cwd=folder, env=surroundings, capture_output=True)
    return Path(json.loads(done.stdout.splitlines()[-1])) if done.returncode == 0 else None


def home_row() -> Row:
    """Look whether IPython can write into its folder at home, without which no kernel starts.

    Where it may not write at all, it takes a temporary folder.
    """
    folder = Path(os.environ.get("IPYTHONDIR") or Path.home() / ".ipython")
    existing = next(place for place in [folder, *folder.parents] if os.access(place, os.F_OK))
    try:
        if os.access(existing, os.W_OK):
            with TemporaryFile(dir=existing) as file:
                file.write(bytes(512))
    except OSError as error:
        remedy = "free some space there, or name another folder with IPYTHONDIR"
        return "home", f"{existing} cannot be written to: {error.strerror}", remedy
    return "home", f"{folder}, for IPython's own files", ""


def semaphore_row() -> Row:
    """Look whether processes can wait for each other, without which nothing runs side by side."""
    try:
        multiprocessing.Lock()
    except OSError as error:
        remedy = (
            "make /dev/shm a folder that may be written to; until then no sweep starts here, and "
            "lessons compute in one process"
        )
        return "semaphores", f"none: {error.strerror}", remedy
    return "semaphores", "available", ""


def expect(*rows: Row) -> None:
    """Refuse to run anything where one of these rows has a remedy."""
    for subject, found, remedy in rows:
        if remedy:
            raise InputError(f"{subject}: {found}: {remedy}")


def free_memory(cgroups: Path = CGROUPS, own: Path = OWN_CGROUPS) -> int:
    """Return how many bytes this process may still take, of the machine or of its container."""
    free = [psutil.virtual_memory().available]
    for folder in _memory_groups(cgroups, own):
        kinds = "memory.max", "memory.current", "inactive_file"
        if not (folder / kinds[0]).is_file():
            kinds = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"
        with suppress(OSError, ValueError, KeyError):  # no limit, or no such group
            limit, used = (int((folder / name).read_text()) for name in kinds[:2])
            lines = (folder / "memory.stat").read_text().splitlines()
            reclaimed = int(dict(line.split() for line in lines)[kinds[2]])
            free.append(max(0, limit - used + reclaimed))
    return min(free)


def _memory_groups(cgroups: Path, own: Path) -> list[Path]:
    """Name the folders that may limit the memory: of this process's group and those around it."""
    folders = [cgroups, cgroups / "memory"]  # in a container, its own group
    with suppress(OSError):
        for line in own.read_text().splitlines():
            _, kinds, path = line.split(":", 2)
            if kinds in ("", "memory"):
                top = cgroups / kinds
                group = top / path.strip("/")
                folders += [folder for folder in [group, *group.parents] if top in folder.parents]
    return folders


def memory_row(available: float) -> Row:
    """Judge the free memory, in gigabytes."""
    remedy = "" if available >= NEEDED_MEMORY else "close other programs"
    return "memory", f"{available:.1f} GB free, {NEEDED_MEMORY} needed", remedy


def folder_row(subject: str, folder: Path, pattern: str, remedy: str) -> Row:
    """Look whether a folder exists and holds files of a kind."""
    count = len(list(folder.glob(pattern)))
    found = f"{folder}, {count} files" if folder.is_dir() else f"{folder} is missing"
    return subject, found, "" if count else remedy


def cache_row() -> Row:
    """Look for the full data sets, which are downloaded only when a lesson asks for them."""
    try:
        cache = cache_folder()
    except ValueError as error:
        return "cache", "none", str(error)
    names = sorted(child.name for child in cache.glob("*") if child.is_dir())
    return "cache", f"{cache}, {', '.join(names) or 'nothing downloaded yet'}", ""


def disk_row(build: Path) -> Row:
    """Look at the free disk space where results go, and whether one may write there."""
    existing = next(place for place in [build, *build.parents] if place.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        remedy = "choose another folder with SSL_COURSE_BUILD or --build"
        return "disk", f"{existing} cannot be written to", remedy
    free = shutil.disk_usage(existing).free / GIGABYTE
    found = f"{free:.1f} GB free in {existing}, {NEEDED_DISK} needed"
    remedy = "" if free >= NEEDED_DISK else "free some space, or set SSL_COURSE_BUILD elsewhere"
    return "disk", found, remedy


def gpu_row() -> Row:
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
