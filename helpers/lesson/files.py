"""Where things lie, and how they are written so that no crash leaves half a file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA_FOLDER = ROOT / "data"
NOTEBOOKS_FOLDER = ROOT / "notebooks"
BUILD_VARIABLE = "SSL_COURSE_BUILD"


def build_folder() -> Path:
    """Return the folder for everything a lesson makes: encoders, features, reports.

    Returns
    -------
    pathlib.Path
        The folder named by the environment variable ``SSL_COURSE_BUILD``, else ``build/`` at the
        top of the course. It may not exist yet.
    """
    return Path(os.environ.get(BUILD_VARIABLE) or ROOT / "build")


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """Give a temporary path that takes the name ``target`` only when the block succeeds.

    Parameters
    ----------
    target : pathlib.Path
        The file to write. Its folder is made if it is missing.

    Yields
    ------
    pathlib.Path
        A path in the same folder, with the same suffix, to write to.

    Raises
    ------
    OSError
        If the folder or the file cannot be written. An older ``target`` is then untouched.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
