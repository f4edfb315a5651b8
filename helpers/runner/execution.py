"""Run lessons through papermill: nothing finished runs twice, nothing half-finished counts."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import nbformat
import papermill
from jupyter_client.kernelspec import NoSuchKernel
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError
from tqdm import tqdm

from helpers.lesson.environment import THREADS_VARIABLE
from helpers.lesson.files import BUILD_VARIABLE, written_whole
from helpers.lesson.results import STRICT_VARIABLE
from helpers.runner.errors import InputError
from helpers.runner.identity import environment_fingerprint, run_identity, stored_identity
from helpers.runner.jobs import Course, Job
from helpers.runner.lessons import broken_promises
from helpers.runner.reports import (
    RUN_METADATA,
    Failed,
    Finished,
    count_figures,
    read_finished,
    recorded_metrics,
    write_html,
)

KERNEL = "python3"
# A kernel's own log would repeat, without the lesson's name, what Failed says.
QUIET_KERNEL = "--IPKernelApp.log_level=CRITICAL"
LIBRARY_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
BAR = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} {unit}, {elapsed}"


def run_jobs(jobs: Sequence[Job], force: bool = False) -> Iterator[Finished | Failed]:
    """Run jobs one after the other, with a progress bar over all and one for each.

    Parameters
    ----------
    jobs : sequence of Job
        What to run, in order. A failure does not stop those that follow.
    force : bool
        Whether to repeat runs that are finished already.

    Yields
    ------
    Finished or Failed
        What became of each job, as soon as it is known.
    """
    environment = environment_fingerprint()
    bars = {"bar_format": BAR, "leave": False, "disable": None}  # None: only in a terminal
    with tqdm(jobs, desc="lessons", unit="lessons", **bars) as bar:
        for job in bar:
            identity = run_identity(job, environment)
            kept = None if force else find_finished(job, identity)
            progress = {"desc": job.lesson.name, "unit": "cells", "position": 1, **bars}
            yield kept or run_job(job, identity, progress=progress)


def find_finished(job: Job, identity: str) -> Finished | None:
    """Return the finished run of a job if there is one of the same identity.

    Its page is written again if it is missing.
    """
    if stored_identity(job.notebook) != identity:
        return None
    if not job.html.is_file():
        write_html(nbformat.read(job.notebook, as_version=4), job.html)
    return replace(read_finished(job.notebook, job.html), kept=True)


def run_job(
    job: Job,
    identity: str,
    progress: dict[str, object] | bool = False,
    page: bool = True,
    threads: int | None = None,
) -> Finished | Failed:
    """Run one lesson, check what it promises, and write its notebook and page.

    While it runs, the notebook grows under ``unfinished/``; only a run that kept its promises is
    written under its final name, whole.

    Parameters
    ----------
    job : Job
        What to run.
    identity : str
        From ``run_identity``; stored in the notebook.
    progress : dict or bool
        Settings of papermill's progress bar, or whether to show one.
    page : bool
        Whether to write the HTML page too.
    threads : int, optional
        How many threads the kernel computes with; the course's default if not given.

    Returns
    -------
    Finished or Failed
        What became of it.

    Raises
    ------
    InputError
        If the kernel is not installed.
    OSError
        If the results cannot be written.
    """
    job.unfinished.parent.mkdir(parents=True, exist_ok=True)
    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    try:
        with kernel_environment(job.folder, job.strict, threads):
            notebook = papermill.execute_notebook(
                _literal(job.lesson.path),
                _literal(job.unfinished),
                job.overrides,
                kernel_name=KERNEL,
                cwd=job.lesson.path.parent,
                progress_bar=progress,
                execution_timeout=job.cell_timeout,
                extra_arguments=[QUIET_KERNEL],
                coalesce_streams=True,
            )
    except PapermillExecutionError as error:
        return _failed(job, f"{error.ename}: {error.evalue}", error.exec_count, error.source)
    except CellTimeoutError:
        reason = f"the cell took longer than {job.cell_timeout} s, the profile's cell_timeout"
        return _failed(job, reason, *_last_cell(job.unfinished))
    except DeadKernelError:
        reason = "the kernel died: most often it ran out of memory"
        return replace(_failed(job, reason, *_last_cell(job.unfinished)), died=True)
    except NoSuchKernel as error:
        raise InputError(f"the kernel {KERNEL!r} is missing: pip install ipykernel") from error
    except RuntimeError as error:
        return replace(_failed(job, f"the kernel did not start: {error}"), died=True)
    metrics, figures = recorded_metrics(notebook), count_figures(notebook)
    broken = broken_promises(job.promise, metrics, figures, job.strict)
    if broken:
        return _failed(job, f"it ran to its end, but {'; '.join(broken)}")
    notebook.metadata[RUN_METADATA] = {
        "identity": identity,
        "parameters": job.parameters(),
        "strict": job.strict,
    }
    if page:
        write_html(notebook, job.html)
    with written_whole(job.notebook) as temporary:
        nbformat.write(notebook, temporary)
    job.unfinished.unlink()
    return read_finished(job.notebook, job.html if page else None)


def finished_lessons(course: Course, folder: Path) -> list[Finished]:
    """Return the finished runs that lie in a profile's folder, in the course's order."""
    paths = [(folder / "notebooks" / f"{name}.ipynb") for name in course.lessons]
    return [
        read_finished(path, folder / "html" / f"{path.stem}.html")
        for path in paths
        if stored_identity(path)
    ]


@contextmanager
def kernel_environment(folder: Path, strict: bool, threads: int | None = None) -> Iterator[None]:
    """Set, for the length of a block, the variables that lessons read.

    Parameters
    ----------
    folder : pathlib.Path
        Where lessons write what they make.
    strict : bool
        Whether a conclusion that does not hold stops a lesson.
    threads : int, optional
        How many threads it computes with, in frameworks and in linear algebra.
    """
    wanted = {BUILD_VARIABLE: str(folder), STRICT_VARIABLE: "1" if strict else "0"}
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


def _failed(job: Job, error: str, count: int | None = None, source: str = "") -> Failed:
    return Failed(
        lesson=job.lesson.name,
        cell=f"In [{count}]" if count else "",
        source="\n".join(source.strip().splitlines()[:3]),
        error="\n".join(error.strip().splitlines()[:3]),
        notebook=job.unfinished,
    )


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
