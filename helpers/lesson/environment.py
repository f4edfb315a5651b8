"""One place for seeds, threads and determinism, and for a look at the machine."""

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from helpers.lesson.files import ROOT

THREADS_VARIABLE = "SSL_COURSE_THREADS"
SUPPORTED_PYTHON = ((3, 11), (3, 13))


def available_cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads() -> int:
    """Return how many threads a lesson computes with.

    Returns
    -------
    int
        The value of the environment variable ``SSL_COURSE_THREADS``, else the number of cores but
        at most 4: these small networks gain nothing from more.

    Raises
    ------
    ValueError
        If the variable is not a whole number of at least 1.
    """
    setting = os.environ.get(THREADS_VARIABLE)
    if setting is None:
        return min(available_cores(), 4)
    if not setting.isdecimal() or int(setting) < 1:
        raise ValueError(f"{THREADS_VARIABLE}={setting!r}: give a whole number of at least 1")
    return int(setting)


def prepare_keras(seed: int) -> None:
    """Set seeds, threads and determinism for TensorFlow and Keras, and print what was set.

    Call it once, at the top of a lesson and before importing Keras: some of the settings are read
    only while TensorFlow loads.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1.

    Raises
    ------
    RuntimeError
        If PyTorch is already loaded in this process, or TensorFlow has already started.
    ValueError
        If the seed is out of range.
    """
    _refuse_company("torch", "TensorFlow")
    _check_seed(seed)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with _without_start_up_notices():
        import keras
        import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads())
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    tf.get_logger().setLevel("ERROR")
    keras.utils.set_random_seed(seed)
    _report(f"Keras {keras.__version__} on TensorFlow {tf.__version__}", seed)


def prepare_torch(seed: int) -> None:
    """Set seeds, threads and determinism for PyTorch, and print what was set.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1.

    Raises
    ------
    RuntimeError
        If TensorFlow is already loaded in this process.
    ValueError
        If the seed is out of range.
    """
    _refuse_company("tensorflow", "PyTorch")
    _check_seed(seed)
    import torch

    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(threads())
    _report(f"PyTorch {torch.__version__.split('+')[0]}", seed)


def pinned_versions() -> dict[str, str]:
    """Read the exact versions that ``requirements.txt`` asks for.

    Returns
    -------
    dict of str to str
        Version by package name, in the order of the file.
    """
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = (line.partition("==") for line in lines if "==" in line)
    return {name.strip(): pin.strip() for name, _, pin in pins}


def installed_version(package: str) -> str | None:
    """Return the installed version of a package, without local build tags, or None."""
    try:
        return version(package).split("+")[0]
    except PackageNotFoundError:
        return None


def environment_report() -> list[tuple[str, str, str]]:
    """Look at Python, the packages and the cores.

    Returns
    -------
    list of (str, str, str)
        What was looked at, what was found, and the remedy: empty where all is well.
    """
    lowest, highest = (".".join(map(str, pair)) for pair in SUPPORTED_PYTHON)
    suitable = SUPPORTED_PYTHON[0] <= sys.version_info[:2] <= SUPPORTED_PYTHON[1]
    rows = [
        (
            "Python",
            platform.python_version(),
            "" if suitable else f"install Python {lowest} to {highest}, then 'make run'",
        ),
        ("cores", f"{available_cores()} (lessons use {threads()} threads)", ""),
    ]
    for package, pin in pinned_versions().items():
        found = installed_version(package)
        remedy = "" if found == pin else f"pip install {package}=={pin}"
        rows.append((package, found or "missing", remedy))
    return rows


@contextmanager
def _without_start_up_notices() -> Iterator[None]:
    """Drop what native code writes to standard error, such as notices about absent GPUs.

    TensorFlow writes some of them before it has read its own log level. Python exceptions are not
    affected.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _check_seed(seed: int) -> None:
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be between 0 and 2**32 - 1, got {seed}")


def _refuse_company(loaded: str, wanted: str) -> None:
    if loaded in sys.modules:
        raise RuntimeError(
            f"{loaded} is already loaded here, and {wanted} must not share a process with it: "
            "restart the kernel and run this lesson alone"
        )


def _report(framework: str, seed: int) -> None:
    print(f"{framework}, {threads()} threads, seed {seed}, deterministic operations")
