"""Run lessons through papermill: nothing finished runs twice, nothing half-finished counts."""

import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import nbclient.client
import nbformat
import papermill
from filelock import FileLock, Timeout
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from tqdm import tqdm

from helpers.lesson.environment import THREADS_VARIABLE
from helpers.lesson.files import BUILD_VARIABLE, PROFILE_VARIABLE
from helpers.lesson.results import STRICT_VARIABLE
from helpers.runner.errors import InputError
from helpers.runner.identity import environment_fingerprint, files_checksums, run_identity
from helpers.runner.jobs import Course, Job
from helpers.runner.lessons import Promise, broken_promises
from helpers.runner.reports import (
    Failed,
    Finished,
    count_figures,
    read_finished,
    recorded_metrics,
    write_finished,
    write_html,
)

KERNEL = "python3"
# A kernel's own log would repeat, without the lesson's name, what Failed says.
QUIET_KERNEL = "--IPKernelApp.log_level=CRITICAL"
# What papermill notes, and what a socket says now and then of having been closed at the end.
SILENCED = ("papermill", "tornado")
LIBRARY_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# nbclient's own pattern takes minutes over one long line: it is tried anew at each of its letters.
nbclient.client._RGX_CARRIAGERETURN = re.compile(r"^.*\r(?=[^\n])", re.MULTILINE)
HANDED_ON = "encoders"  # the folder of what a lesson makes for others
BAR = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} {unit}, {elapsed}"


def run_jobs(jobs: Sequence[Job], force: bool = False) -> Iterator[Finished | Failed]:
    """Run jobs one after the other, with a progress bar over all and one for each.

    What became of each is known as soon as it ends; a failure does not stop those that follow.
    Runs that are finished already are kept, unless ``force`` repeats them.
    """
    environment = environment_fingerprint()
    bars = {"bar_format": BAR, "leave": False, "disable": None}  # None: only in a terminal
    with tqdm(jobs, desc="lessons", unit="lessons", **bars) as bar:
        for job in bar:
            progress = {"desc": job.lesson.name, "unit": "cells", "position": 1, **bars}
            with _one_at_a_time(job):
                identity = run_identity(job, environment)
                kept = find_finished(job.notebook, job.promise, identity, job.html)
                if force or not kept:
                    outcome = run_job(job, identity, progress=progress)
                else:
                    outcome = replace(kept, kept=True)
                    if not job.html.is_file():
                        write_html(nbformat.read(job.notebook, as_version=4), job.html)
            yield outcome


def find_finished(
    notebook: Path, promise: Promise, identity: str | None = None, html: Path | None = None
) -> Finished | None:
    """Return the finished run in a notebook if there is one, of this identity if one is given.

    One that breaks a promise, as it reads now, is none, and so is run again: a measured time may
    come out otherwise, and a failure then has a run to show. Nor is one whose files for other
    lessons are damaged or gone.
    """
    run = read_finished(notebook, html)
    if run is None or (identity is not None and run.identity != identity):
        return None
    folder = notebook.parents[1]
    if files_checksums([folder / name for name in run.handed_on], folder) != run.handed_on:
        return None
    return None if broken_promises(promise, run.metrics, run.figures, run.strict) else run


def run_job(
    job: Job,
    identity: str,
    progress: dict[str, object] | bool = False,
    alone: bool = False,
    threads: int | None = None,
) -> Finished | Failed:
    """Run one lesson, check what it promises, and write its notebook and page.

    While it runs, the notebook grows under ``unfinished/``; only a run that kept its promises, and
    during which nothing changed that decides it, is written under its final name, whole, with the
    identity in it. ``progress`` may hold settings of papermill's progress bar. A run ``alone``, a
    point of a sweep, needs no HTML page and keeps nothing for other lessons; ``threads`` says with
    how many the kernel computes, if not with the course's default.
    """
    job.unfinished.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(job.lesson.notebook, job.unfinished)
    before, start = _handed_on(job.folder), perf_counter()
    for name in SILENCED:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with kernel_environment(job.folder, job.strict, threads):
            notebook = papermill.execute_notebook(
                _literal(job.unfinished),
                _literal(job.unfinished),
                job.overrides,
                kernel_name=KERNEL,
                language="python",
                cwd=job.lesson.path.parent,
                progress_bar=progress,
                execution_timeout=job.seconds_for_a_cell,
                extra_arguments=[QUIET_KERNEL],
                coalesce_streams=True,
            )
    except PapermillExecutionError as error:
        return _failed(job, f"{error.ename}: {error.evalue}", error.exec_count, error.source)
    except CellTimeoutError:
        reason = f"the cell took longer than {job.seconds_for_a_cell} s, the profile's cell_timeout"
        return _failed(job, reason, *_last_cell(job.unfinished))
    except DeadKernelError:
        reason = "the kernel died: most often memory ran out, or a cell calls quit()"
        return replace(_failed(job, reason, *_last_cell(job.unfinished)), died=True)
    except NoSuchKernel as error:
        raise InputError(f"the kernel {KERNEL!r} is missing: pip install ipykernel") from error
    except RuntimeError as error:
        reason = f"the kernel did not start: {error}; 'python -m helpers doctor' may know why"
        return replace(_failed(job, reason), died=True)
    seconds = perf_counter() - start
    if run_identity(job, environment_fingerprint()) != identity:
        return _failed(job, "helpers, data or packages changed while it ran: run it again")
    left = _first_cell_left(notebook)
    if left is not None:
        return _failed(job, "it ended (sys.exit?) before this cell", source=left)
    metrics, figures = recorded_metrics(notebook), count_figures(notebook)
    broken = broken_promises(job.promise, metrics, figures, job.strict)
    if broken:
        return _failed(job, f"it ran to its end, but {'; '.join(broken)}")
    new = {path for path, stamp in _handed_on(job.folder).items() if before.get(path) != stamp}
    run = {
        "identity": identity,
        "parameters": job.parameters(),
        "strict": job.strict,
        "seconds": seconds,
        "handed_on": {} if alone else files_checksums(new, job.folder),
    }
    if not alone:
        write_html(notebook, job.html)
    write_finished(notebook, run, job.notebook)
    job.unfinished.unlink()
    return read_finished(job.notebook, None if alone else job.html)


def finished_lessons(course: Course, folder: Path) -> list[Finished]:
    """Return the finished runs that lie in a profile's folder, in the course's order."""
    runs = [
        find_finished(
            folder / "notebooks" / f"{name}.ipynb", promise, html=folder / "html" / f"{name}.html"
        )
        for name, promise in course.promises.items()
    ]
    return [run for run in runs if run]


@contextmanager
def kernel_environment(folder: Path, strict: bool, threads: int | None = None) -> Iterator[None]:
    """Set, for the length of a block, the variables that lessons and their libraries read."""
    wanted = {
        BUILD_VARIABLE: str(folder.parent),
        PROFILE_VARIABLE: folder.name,
        STRICT_VARIABLE: "1" if strict else "0",
        "PYTHONOPTIMIZE": "",  # or a lesson's assertions would not be looked at
    }
    if threads is not None:
        wanted.update(dict.fromkeys((THREADS_VARIABLE, *LIBRARY_THREADS), str(threads)))
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _one_at_a_time(job: Job) -> Iterator[None]:
    """Wait until no other process runs this lesson in this folder; the lock ends with a process."""
    locks = job.folder / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    lock = FileLock(locks / f"{job.lesson.name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tqdm.write(f"waiting for another run of {job.lesson.name}", file=sys.stderr)
        lock.acquire(poll_interval=0.5)
    try:
        yield
    finally:
        lock.release()


def _handed_on(folder: Path) -> dict[Path, tuple[int, ...]]:
    """Return what lies in a folder for other lessons, with a stamp that changes with each file."""
    paths = [path for path in (folder / HANDED_ON).rglob("*") if path.is_file()]
    stats = [path.stat() for path in paths]
    stamps = [(stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in stats]
    return dict(zip(paths, stamps, strict=True))


def _failed(job: Job, error: str, count: int | None = None, source: str = "") -> Failed:
    return Failed(
        lesson=job.lesson.name,
        cell=f"In [{count}]" if count else "",
        source="\n".join(source.strip().splitlines()[:3]),
        error="\n".join(error.strip().splitlines()[:3]),
        notebook=job.unfinished,
    )


def _first_cell_left(notebook: nbformat.NotebookNode) -> str | None:
    """Return the code of the first cell that was to run and did not; None if all ran."""
    left = (
        cell.source
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None
        if "skip-execution" not in cell.metadata.get("tags", [])
    )
    return next(left, None)


def _last_cell(path: Path) -> tuple[int | None, str]:
    started = [
        cell
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "code" and cell.metadata.papermill.get("start_time")
    ]
    return len(started), started[-1].source if started else ""


def _literal(path: Path) -> str:
    # papermill reads a path as a format string.
    return str(path).replace("{", "{{").replace("}", "}}")
