"""What makes two runs the same run, so that nothing finished has to be run twice."""

import hashlib
import json
import platform
from collections.abc import Iterable
from pathlib import Path

from helpers.data import dataset_files
from helpers.lesson.environment import installed_version, pinned_versions
from helpers.lesson.files import DATA_FOLDER, ROOT
from helpers.runner.jobs import Job
from helpers.runner.reports import read_finished

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
            "helpers": files_checksums(code, helpers),
            "data": files_checksums(data, DATA_FOLDER),
        }
    )


def run_identity(job: Job, environment: str) -> str:
    """Return the SHA-256, in hexadecimal, of all that decides what a run finds.

    These are the notebook's cells (not their outputs), the modules and files beside it that its
    code names, every parameter, the data named by a path, the finished lessons it builds on, and
    the environment, from ``environment_fingerprint``.
    """
    cells = job.lesson.notebook.cells
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    folder = job.lesson.path.parent
    parameters = job.parameters()

    def is_used(path: Path) -> bool:
        return path.name in code or (path.suffix == ".py" and path.stem in code)

    return _digest(
        {
            "cells": [(cell.cell_type, cell.source) for cell in cells],
            "files": files_checksums(filter(is_used, folder.rglob("*")), folder),
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
    run = read_finished(executed)
    return run.identity if run else None


def files_checksums(paths: Iterable[Path], folder: Path) -> dict[str, str]:
    """Return each file's SHA-256, in hexadecimal, by its place in a folder, in their order."""
    checksums = {}
    for path in sorted(path for path in paths if path.is_file()):
        with path.open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
        checksums[path.relative_to(folder).as_posix()] = checksum
    return checksums


def _data_checksums(value: str | list[str]) -> list[dict[str, str]]:
    # A bundled or published name is no path; its content is covered by the environment.
    paths = [Path(name) for name in ([value] if isinstance(value, str) else value)]
    return [files_checksums(dataset_files(path), path) for path in paths if path.is_absolute()]


def _digest(content: dict) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
