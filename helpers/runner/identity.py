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

NO_LESSONS_CODE = ("runner", "__main__.py")


def environment_fingerprint() -> str:
    """Return the SHA-256, in hexadecimal, of everything that all runs share.

    These are the versions of Python and of every pinned package, the code of ``helpers`` that
    lessons use, the bundled data and the stored tables.
    """
    helpers = ROOT / "helpers"
    code = [
        path
        for path in helpers.rglob("*.py")
        if path.relative_to(helpers).parts[0] not in NO_LESSONS_CODE
    ]
    data = [*DATA_FOLDER.glob("*.npz"), *DATA_FOLDER.glob("tables/*.csv")]
    return _digest(
        {
            "python": platform.python_version(),
            "packages": {name: installed_version(name) for name in pinned_versions()},
            "helpers": files_checksum(code, helpers),
            "data": files_checksum(data, DATA_FOLDER),
        }
    )


def run_identity(job: Job, environment: str) -> str:
    """Return the SHA-256, in hexadecimal, of all that decides what a run finds.

    These are the notebook's cells (not their outputs), the files beside it that its code names,
    every parameter, the data named by a path, the finished lessons it builds on, and the
    environment, from ``environment_fingerprint``.
    """
    cells = nbformat.read(job.lesson.path, as_version=4).cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    folder = job.lesson.path.parent
    parameters = job.parameters()
    return _digest(
        {
            "cells": [(cell.cell_type, cell.source) for cell in cells],
            "files": files_checksum((p for p in folder.rglob("*") if p.name in code), folder),
            "parameters": parameters,
            "strict": job.strict,
            "data": {
                name: _data_checksums(parameters[name])
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


def files_checksum(paths: Iterable[Path], folder: Path) -> str:
    """Return the SHA-256, in hexadecimal, of files' places in a folder and their contents."""
    digest = hashlib.sha256()
    files = {path.relative_to(folder).as_posix(): path for path in paths if path.is_file()}
    for name in sorted(files):
        with files[name].open("rb") as file:
            digest.update(name.encode() + hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _data_checksums(value: str | list[str]) -> list[str]:
    # A bundled or published name is no path; its content is covered by the environment.
    paths = [Path(name) for name in ([value] if isinstance(value, str) else value)]
    return [files_checksum([path, *path.rglob("*")], path) for path in paths if path.is_absolute()]


def _digest(content: dict) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
