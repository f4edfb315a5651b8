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
from helpers.runner.lessons import Promise, broken_promises
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

    What became of each is known as soon as it ends; a failure does not stop those that follow.
    Runs that are finished already are kept, unless ``force`` repeats them.
    """
    environment = environment_fingerprint()
    bars = {"bar_format": BAR, "leave": False, "disable": None}  # None: only in a terminal
    with tqdm(jobs, desc="lessons", unit="lessons", **bars) as bar:
        for job in bar:
            identity = run_identity(job, environment)
            kept = None if force else find_finished(job.notebook, job.promise, identity, job.html)
            if kept:
                if not job.html.is_file():
                    write_html(nbformat.read(job.notebook, as_version=4), job.html)
                yield replace(kept, kept=True)
            else:
                progress = {"desc": job.lesson.name, "unit": "cells", "position": 1, **bars}
                yield run_job(job, identity, progress=progress)


def find_finished(
    notebook: Path, promise: Promise, identity: str | None = None, html: Path | None = None
) -> Finished | None:
    """Return the finished run in a notebook if there is one, of this identity if one is given.

    One that breaks a promise, as it reads now, is none, and so is run again: its notebook may have
    been edited, a measured time may come out otherwise, and a failure then has a run to show.
    """
    stored = stored_identity(notebook)
    if stored is None or (identity is not None and stored != identity):
        return None
    run = read_finished(notebook, html)
    return None if broken_promises(promise, run.metrics, run.figures, run.strict) else run


def run_job(
    job: Job,
    identity: str,
    progress: dict[str, object] | bool = False,
    page: bool = True,
    threads: int | None = None,
) -> Finished | Failed:
    """Run one lesson, check what it promises, and write its notebook and page.

    While it runs, the notebook grows under ``unfinished/``; only a run that kept its promises is
    written under its final name, whole, with the identity in it. ``progress`` may hold settings
    of papermill's progress bar; ``page`` says whether the HTML page is written too, and
    ``threads`` with how many the kernel computes, if not with the course's default.
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
