"""Run jobs on a Dask cluster: a local one, or any that has a scheduler's address."""

import contextlib
import logging
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from multiprocessing import resource_tracker
from pathlib import Path
from tempfile import TemporaryDirectory

import dask
import psutil
from distributed import CancelledError, Client, Future, KilledWorker, LocalCluster, get_worker, wait

from helpers.runner.errors import InputError
from helpers.runner.execution import run_job
from helpers.runner.identity import environment_fingerprint, run_identity
from helpers.runner.jobs import Job
from helpers.runner.reports import Failed, Finished

RETRIES = 2
# A worker that dies is started again by its nanny. If none is there 15 s later, Dask by default
# closes the nanny: on a busy machine no worker would ever come back.
PATIENT = {"distributed.deploy.lost-worker-timeout": "365 days"}
SECONDS_TO_CONNECT = 30
SECONDS_WITHOUT_WORKERS = 60
SECONDS_BETWEEN_LOOKS = 2


def run_on_cluster(
    jobs: Sequence[Job], identities: Sequence[str], environment: str, client: Client
) -> Iterator[tuple[int, Finished | Failed, str]]:
    """Run jobs on a cluster's workers, in any order.

    Yielded are which job it is, what became of it, and the executed notebook's text, as far as it
    got. A job whose worker or kernel dies is tried again, twice; then it has failed. An
    ``InputError`` is raised if a worker is not fit for the course, as when its environment has
    another fingerprint; an ``OSError`` if the scheduler is gone, or if for a minute there has been
    no worker, and no local one was starting.
    """
    waiting = deque(range(len(jobs)))
    tries = dict.fromkeys(waiting, 0)
    running: dict[Future, int] = {}
    last_seen = time.monotonic()
    with _deaths_allowed(client, RETRIES):
        try:
            while waiting or running:
                # No more than one job a worker: a death then costs no job but the one it ran.
                workers = len(client.nthreads())
                while waiting and len(running) < max(workers, 1):
                    index = waiting.popleft()
                    tries[index] += 1
                    arguments = (jobs[index], identities[index], environment)
                    running[client.submit(run_point, *arguments, pure=False)] = index
                for future in _done(list(running)):
                    index = running.pop(future)
                    outcome, text = _result(future, jobs[index])
                    if isinstance(outcome, Failed) and outcome.died and tries[index] <= RETRIES:
                        waiting.appendleft(index)
                    else:
                        yield index, outcome, text
                if workers or _worker_is_starting(client):
                    last_seen = time.monotonic()
                if time.monotonic() - last_seen > SECONDS_WITHOUT_WORKERS:
                    raise ConnectionError("no worker is left: start some, then run this again")
        except CancelledError as error:
            running.clear()  # there is nobody left to ask to stop them
            raise ConnectionError("the scheduler is gone: start it, then run this again") from error
        finally:
            if running:
                _stop(client, list(running))


@contextlib.contextmanager
def connected(scheduler: str | None, workers: int) -> Iterator[Client]:
    """Connect to a scheduler, or start a local cluster for the length of a block.

    There is at least one worker behind the connection. A scheduler's address looks like
    ``tcp://192.168.0.7:8786``; where none answers, or it has no workers, an ``InputError`` is
    raised. Without an address, as many local ``workers`` are started, each a process with one
    thread.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_without_logs())
        if scheduler is None:
            stack.enter_context(dask.config.set(PATIENT))
            with _ctrl_c_held_back():
                cluster = LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    memory_limit=0,
                    dashboard_address="127.0.0.1:0",
                    silence_logs=logging.CRITICAL,
                )
            yield stack.enter_context(Client(stack.enter_context(cluster)))
            return
        try:
            client = stack.enter_context(Client(scheduler, timeout=SECONDS_TO_CONNECT))
            client.wait_for_workers(1, timeout=SECONDS_TO_CONNECT)
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                f"no scheduler with workers answers at {scheduler!r}: start 'dask scheduler' and "
                "'dask worker ADDRESS --nthreads 1', then give its address as tcp://host:port"
            ) from error
        yield client


def run_point(job: Job, identity: str, environment: str) -> tuple[Finished | Failed, str]:
    """Run one job on a worker, in a folder of its own that is removed afterwards.

    Returned are what became of it and the executed notebook's text. An ``InputError`` is raised if
    this worker has other packages, data or code, more than one thread, or not the lesson.
    """
    worker = get_worker()
    if worker.state.nthreads != 1:
        raise InputError(
            f"the worker {worker.address} has {worker.state.nthreads} threads, and a run needs a "
            "process of its own: start it with --nthreads 1"
        )
    if not job.lesson.path.parent.is_dir():
        raise InputError(
            f"the worker {worker.address} does not see {job.lesson.path.parent}: share it"
        )
    if environment_fingerprint() != environment:
        raise InputError(
            f"the worker {worker.address} has other packages, data or helpers: install the same "
            "requirements.txt and copy of the course there, and change neither during a sweep"
        )
    if run_identity(job, environment) != identity:
        raise InputError(
            f"the worker {worker.address} has other data, or other files beside the notebook that "
            f"its code names: share {job.lesson.path.parent} and the data with it, and change "
            "neither during a sweep"
        )
    # Dask itself clears this place of what a killed worker leaves behind.
    with TemporaryDirectory(dir=worker.local_directory) as folder:
        outcome = run_job(replace(job, folder=Path(folder)), identity, alone=True, threads=1)
        return outcome, outcome.notebook.read_text(encoding="utf-8")


def stop_kernels() -> None:
    """End the kernels that this process has started."""
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any("ipykernel_launcher" in part for part in child.cmdline()):
                child.kill()


def _done(running: list[Future]) -> list[Future]:
    try:
        return list(wait(running, SECONDS_BETWEEN_LOOKS, return_when="FIRST_COMPLETED").done)
    except TimeoutError:
        return []


def _result(future: Future, job: Job) -> tuple[Finished | Failed, str]:
    """Fetch a result and forget it: Dask would run the job again if the worker that has it died."""
    try:
        return future.result()
    except KilledWorker:
        reason = f"its worker died {RETRIES + 1} times"
        return Failed(job.lesson.name, "", "", reason, job.unfinished), ""
    finally:
        future.release()


def _worker_is_starting(client: Client) -> bool:
    """Whether a local cluster's worker has been started, though it may not have said so yet."""
    return client.cluster is not None and any(
        nanny.is_alive() for nanny in list(client.cluster.workers.values())
    )


def _stop(client: Client, futures: list[Future]) -> None:
    with contextlib.suppress(OSError, TimeoutError):
        client.cancel(futures, force=True)
        client.run(stop_kernels, on_error="ignore")


@contextlib.contextmanager
def _without_logs() -> Iterator[None]:
    """Keep Dask from reporting, at length, what a sweep says in one line."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


@contextlib.contextmanager
def _ctrl_c_held_back() -> Iterator[None]:
    """Start workers that do not hear Ctrl-C, which a terminal sends to them too.

    The thread that starts workers, now and after a death, inherits the mask. The sweep itself
    hears Ctrl-C again once the block is left, and stops them.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows has none
        yield
        return
    resource_tracker.ensure_running()  # it would lift the mask when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _deaths_allowed(client: Client, deaths: int) -> Iterator[None]:
    before = client.run_on_scheduler(_set_allowed_failures, failures=deaths)
    try:
        yield
    finally:
        with contextlib.suppress(OSError, TimeoutError):
            client.run_on_scheduler(_set_allowed_failures, failures=before)


def _set_allowed_failures(dask_scheduler: object, failures: int) -> int:
    before = dask_scheduler.allowed_failures
    dask_scheduler.allowed_failures = failures
    return before
