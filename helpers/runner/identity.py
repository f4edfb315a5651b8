"""What makes two runs the same run, so that nothing finished has to be run twice."""

import hashlib
import json
import platform
from collections.abc import Iterable
from pathlib import Path

import nbformat

from helpers.lesson.environment import installed_version, pinned_versions
from helpers.lesson.files import DATA_FOLDER, ROOT
from helpers.runner.jobs import Job
from helpers.runner.reports import RUN_METADATA


def environment_fingerprint() -> str:
    """Return a checksum of everything that all runs share.

    Returns
    -------
    str
        SHA-256, in hexadecimal, of the versions of Python and of every pinned package, the code of
        ``helpers`` that lessons use, the bundled data and the stored tables.
    """
    return _digest(
        {
            "python": platform.python_version(),
            "packages": {name: installed_version(name) for name in pinned_versions()},
            "helpers": files_checksum((ROOT / "helpers").glob("*.py")),
            "data": files_checksum([*DATA_FOLDER.glob("*.npz"), *DATA_FOLDER.glob("tables/*.csv")]),
        }
    )


def run_identity(job: Job, environment: str) -> str:
    """Return a checksum of all that decides what a run finds.

    Parameters
    ----------
    job : Job
        The run.
    environment : str
        From ``environment_fingerprint``.

    Returns
    -------
    str
        SHA-256, in hexadecimal, of the notebook's cells (not their outputs), every parameter, the
        data named by a path, the finished lessons it builds on, and the environment.
    """
    notebook = nbformat.read(job.lesson.path, as_version=4)
    parameters = job.parameters()
    return _digest(
        {
            "cells": [(cell.cell_type, cell.source) for cell in notebook.cells],
            "parameters": parameters,
            "strict": job.strict,
            "data": {
                name: files_checksum(_data_files(parameters[name]))
                for name, parameter in job.lesson.parameters.items()
                if parameter.is_dataset
            },
            "needs": {
                name: stored_identity(job.notebook.with_stem(name)) for name in job.promise.needs
            },
            "environment": environment,
        }
    )


def stored_identity(executed: Path) -> str | None:
    """Return the identity that a finished notebook carries; None if there is no such notebook."""
    try:
        notebook = nbformat.read(executed, as_version=4)
        return notebook.metadata[RUN_METADATA]["identity"]
    except (OSError, ValueError, KeyError, AttributeError, nbformat.ValidationError):
        return None


def files_checksum(paths: Iterable[Path]) -> str:
    """Return the SHA-256, in hexadecimal, of files' names and contents, in order of their names."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        with path.open("rb") as file:
            digest.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _data_files(value: str | list[str]) -> list[Path]:
    # A bundled or published name is no path; its content is covered by the environment.
    paths = [Path(name) for name in ([value] if isinstance(value, str) else value)]
    found = [path for path in paths if path.is_absolute()]
    inside = [child for path in found if path.is_dir() for child in path.rglob("*")]
    return [path for path in [*found, *inside] if path.is_file()]


def _digest(content: dict) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
