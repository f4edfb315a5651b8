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
SPIN_VARIABLE = "GOMP_SPINCOUNT"  # how often a thread of GNU's OpenMP looks before it sleeps
SPINS = "3000"


def available_cores() -> int:
    """Return how many processor cores this process may use, in a container too."""
    from joblib import cpu_count

    try:
        return cpu_count()
    except ValueError as error:
        setting = os.environ.get("LOKY_MAX_CPU_COUNT")
        raise ValueError(f"LOKY_MAX_CPU_COUNT={setting!r}: give a whole number") from error


def threads() -> int:
    """Return how many threads a lesson computes with.

    It is what ``SSL_COURSE_THREADS`` says, else the number of cores but at most 4: these small
    networks gain nothing from more.
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
    only while TensorFlow loads. It raises a ``RuntimeError`` where that has started already, or
    PyTorch is loaded.
    """
    _check("TensorFlow", "torch", seed)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    with _without_start_up_notices():
        import keras
        import tensorflow as tf

    keras.config.set_floatx("float32")  # whatever a keras.json in the home folder says
    keras.config.set_image_data_format("channels_last")
    tf.config.threading.set_intra_op_parallelism_threads(threads())
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    tf.get_logger().setLevel("ERROR")
    keras.utils.set_random_seed(seed)
    _report(f"Keras {keras.__version__} on TensorFlow {tf.__version__}", seed)


def prepare_torch(seed: int) -> None:
    """Set seeds, threads and determinism for PyTorch, and print what was set.

    Call it once, at the top of a lesson and before importing PyTorch: how its threads wait is read
    only while it loads. It raises a ``RuntimeError`` where TensorFlow is loaded.
    """
    _check("PyTorch", "tensorflow", seed)
    in_time = _wait_briefly()
    import torch

    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(threads())
    _report(f"PyTorch {torch.__version__.split('+')[0]}", seed)
    if not in_time:
        print(
            "torch was loaded before, so its waiting threads slow down other programs and are "
            "slowed down by them: call prepare_torch before 'import torch'"
        )


def _wait_briefly() -> bool:
    """Have PyTorch's threads sleep after a short wait, unless the user has set how they wait.

    On Linux they would spin, at the cost of whatever else the machine does and of themselves:
    ``tests/benchmarks/beside_other_programs.py`` measures how much. LLVM's OpenMP, on macOS, does
    well as it comes. The setting is read once, while PyTorch loads: after that, returns false.
    """
    if sys.platform != "linux" or {SPIN_VARIABLE, "OMP_WAIT_POLICY"} & os.environ.keys():
        return True
    if "torch" in sys.modules:
        return False
    os.environ[SPIN_VARIABLE] = SPINS
    return True


def pinned_versions() -> dict[str, str]:
    """Read the exact versions that ``requirements.txt`` asks for, by package, in its order."""
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
    """Look at Python, the cores and the packages.

    Each row says what was looked at, what was found, and the remedy: empty where all is well.
    """
    lowest, highest = (".".join(map(str, pair)) for pair in SUPPORTED_PYTHON)
    suitable = SUPPORTED_PYTHON[0] <= sys.version_info[:2] <= SUPPORTED_PYTHON[1]
    remedy = "" if suitable else f"install Python {lowest} to {highest}, then 'make run'"
    rows = [
        ("Python", platform.python_version(), remedy),
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


def _check(framework: str, other: str, seed: int) -> None:
    if other in sys.modules:
        raise RuntimeError(
            f"{other} is already loaded here, and {framework} must not share a process with it: "
            "restart the kernel and run this lesson alone"
        )
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be between 0 and 2**32 - 1, got {seed}")


def _report(framework: str, seed: int) -> None:
    print(f"{framework}, {threads()} threads, seed {seed}, deterministic operations")
