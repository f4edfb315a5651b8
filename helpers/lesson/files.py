"""Where things lie, and how they are written so that no crash leaves half a file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA_FOLDER = ROOT / "data"
NOTEBOOKS_FOLDER = ROOT / "notebooks"
BUILD_VARIABLE = "SSL_COURSE_BUILD"
PROFILE_VARIABLE = "SSL_COURSE_PROFILE"


def build_folder() -> Path:
    """Return the folder, which may not exist yet, for all that a lesson makes.

    It lies in ``build_root()`` and has the profile's name: a lesson in JupyterLab finds what
    ``make run`` made, and no trial of another profile.
    """
    return build_root() / (os.environ.get(PROFILE_VARIABLE) or "laptop")


def build_root() -> Path:
    """Return the folder, which may not exist yet, for all that the course makes.

    It is the one that ``SSL_COURSE_BUILD`` names, else ``build/`` at the top of the course. A
    ``ValueError`` says that it begins with the home folder of nobody.
    """
    folder = os.environ.get(BUILD_VARIABLE) or ROOT / "build"
    try:
        return Path(folder).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{BUILD_VARIABLE}={folder}: {error} Give a full path") from error


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """Give a path to write to that takes the name ``target`` only when the block succeeds.

    It has the same folder, made if missing, and suffix. An older ``target`` is untouched till then.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
