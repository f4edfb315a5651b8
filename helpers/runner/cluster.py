"""Run jobs on a Dask cluster: a local one, or any that has a scheduler's address."""

import contextlib
import logging
import pickle
import signal
import socket
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import dask
import psutil
from distributed import CancelledError, Client, Future, KilledWorker, LocalCluster, get_worker, wait
from distributed.exceptions import WorkerStartTimeoutError
from distributed.versions import VersionMismatchWarning

from helpers.runner.addresses import AS_PRINTED, host_and_port
from helpers.runner.errors import InputError
from helpers.runner.execution import run_job
from helpers.runner.identity import environment_fingerprint, run_identity
from helpers.runner.jobs import Job
from helpers.runner.reports import Failed, Finished

RETRIES = 2
# A worker that dies is started again by its nanny. If none is there 15 s later, Dask by default
# closes the nanny: on a busy machine no worker would ever come back.
PATIENT = {"distributed.deploy.lost-worker-timeout": "365 days"}
DEATHS = {"distributed.scheduler.allowed-failures": RETRIES}
SECONDS_TO_CONNECT = 4
SECONDS_FOR_A_WORKER = 10
SECONDS_TO_STOP = 5
SECONDS_WITHOUT_ANSWER = 60
SECONDS_WITHOUT_WORKERS = 60
SECONDS_BETWEEN_LOOKS = 2
SAME_EVERYWHERE = ("dask", "distributed")


def run_on_cluster(
    jobs: Sequence[Job], identities: Sequence[str], environment: str, client: Client
) -> Iterator[tuple[int, Finished | Failed, str]]:
    """Run jobs on a cluster's workers, in any order.

    Yielded are which job it is, what became of it, and the executed notebook's text, as far as it
    got. A job whose kernel dies is tried again, twice, and then has failed; so is one whose worker
    dies, unless a named scheduler has other ``distributed.scheduler.allowed-failures``. An
    ``InputError`` is raised if a worker is not fit for the course, as when it cannot import it or
    its environment has another fingerprint, or if the scheduler has another Dask; an ``OSError`` if
    the scheduler is gone or has been silent for a minute, or if for a minute there has been no
    worker, and no local one was starting.
    """
    waiting = deque(range(len(jobs)))
    tries = dict.fromkeys(waiting, 0)
    running: dict[Future, int] = {}
    last_seen = time.monotonic()
    known: set[str] = set()
    try:
        while waiting or running:
            workers = _workers(client)
            if not workers <= known and client.cluster is None:
                _expect_same_dask(client)
            known = workers
            # No more than one job a worker: a death then costs no job but the one it ran.
            while waiting and len(running) < max(len(workers), 1):
                index = waiting.popleft()
                tries[index] += 1
                arguments = (jobs[index], identities[index], environment)
                running[_submit(client, run_point, *arguments)] = index
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
    ``tcp://192.168.0.7:8786``; an ``InputError`` is raised within seconds where none answers,
    something else does, or it has no workers. Without an address, as many local ``workers`` are
    started, each a process with one thread.
    """
    with contextlib.ExitStack() as stack:
        # Dask would report at length what a sweep says in one line.
        stack.callback(logging.disable, logging.root.manager.disable)
        logging.disable(logging.CRITICAL)
        quiet = warnings.catch_warnings(action="ignore", category=VersionMismatchWarning)
        stack.enter_context(quiet)
        if scheduler is None:
            stack.enter_context(dask.config.set({**PATIENT, **DEATHS}))
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
        client = stack.enter_context(_client_of(scheduler))
        _wait_for_a_worker(client, scheduler)
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


@dataclass(frozen=True)
class _Call:
    """A call that is made where it is unpickled."""

    function: Callable
    arguments: tuple

    def __reduce__(self) -> tuple[Callable, tuple]:
        return self.function, self.arguments


def _submit(client: Client, function: Callable, *arguments: object) -> Future:
    """Hand in a call so that a scheduler without the course, of any Python, passes it on.

    A worker without the course then fails with an ``ImportError``; given the function itself, it
    would close without a word.
    """
    return client.submit(pickle.loads, pickle.dumps(_Call(function, arguments)), pure=False)


def _client_of(address: str) -> Client:
    host, port = host_and_port(address)
    try:
        _within(SECONDS_TO_CONNECT, socket.getaddrinfo, host, port)
    except (OSError, UnicodeError) as error:
        raise InputError(f"no machine called {host!r} is known: {AS_PRINTED}") from error
    try:
        # Dask waits without end for the greeting of a server that takes the connection.
        return _within(SECONDS_TO_CONNECT + 1, Client, address, timeout=SECONDS_TO_CONNECT)
    except Exception as error:  # a stranger's bytes may be anything to Dask, also a lack of memory
        raise InputError(_why_unreachable(address, host, port)) from error


def _why_unreachable(address: str, host: str, port: int) -> str:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return (
            f"no scheduler answers at {address!r}: start 'dask scheduler' and "
            "'dask worker ADDRESS --nthreads 1', then give its address as tcp://host:port"
        )
    if address.startswith("tls://"):
        return (
            f"something answers at {address!r}, but no Dask scheduler that accepts this machine's "
            "certificates: name them in Dask's settings, under distributed.comm.tls"
        )
    return (
        f"something answers at {address!r}, but it is no Dask scheduler, or one that hangs or is "
        f"encrypted (tls://): {AS_PRINTED}"
    )


def _wait_for_a_worker(client: Client, address: str) -> None:
    try:
        seconds = SECONDS_FOR_A_WORKER
        _ask(client, seconds + SECONDS_TO_STOP, client.wait_for_workers, 1, timeout=seconds)
    except WorkerStartTimeoutError as error:
        raise InputError(
            f"the scheduler at {address!r} has no workers: start some with "
            f"'dask worker {address} --nthreads 1', then run this again"
        ) from error
    except OSError as error:
        raise InputError(f"the scheduler at {address!r} went silent: start it again") from error


def _expect_same_dask(client: Client) -> None:
    """Raise an ``InputError`` if the scheduler or a worker has other versions than this machine.

    A worker that does not say which it has is judged by the first job that it gets.
    """
    try:
        found = _ask(client, SECONDS_TO_CONNECT, client.get_versions)
    except OSError:
        return
    ours = found["client"]["packages"]
    sides = [(f"the scheduler at {client.scheduler.address}", found["scheduler"], SAME_EVERYWHERE)]
    for address, versions in found["workers"].items():
        sides.append((f"the worker {address}", versions, ("python", *SAME_EVERYWHERE)))
    for side, versions, names in sides:
        for name in names:
            theirs = versions["packages"].get(name)
            if theirs != ours[name]:
                raise InputError(
                    f"{side} has {name} {theirs}, this machine {ours[name]}: "
                    "install the same Python and requirements.txt there"
                )


def _within(seconds: float, function: Callable, *arguments: object, **options: object) -> Any:
    """Call a function, but raise a ``TimeoutError`` if it takes longer; Ctrl-C ends it at once."""
    answer: futures.Future = futures.Future()

    def call() -> None:
        try:
            answer.set_result(function(*arguments, **options))
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=call, daemon=True).start()
    return answer.result(seconds)


def _ask(
    client: Client, seconds: float, method: Callable, *arguments: object, **options: object
) -> Any:
    """Call a client's method, but raise a ``TimeoutError`` if the answer takes longer."""
    return client.sync(method, *arguments, callback_timeout=seconds, **options)


def _workers(client: Client) -> set[str]:
    try:
        return set(_ask(client, SECONDS_WITHOUT_ANSWER, client.nthreads))
    except TimeoutError as error:
        raise ConnectionError(
            "the scheduler has gone silent: start it again, then run this again"
        ) from error
    except OSError as error:
        raise ConnectionError("the scheduler is gone: start it, then run this again") from error


def _done(running: list[Future]) -> list[Future]:
    try:
        return list(wait(running, SECONDS_BETWEEN_LOOKS, return_when="FIRST_COMPLETED").done)
    except TimeoutError:
        return []


def _result(future: Future, job: Job) -> tuple[Finished | Failed, str]:
    """Fetch a result and forget it: Dask would run the job again if the worker that has it died."""
    try:
        return future.result(timeout=SECONDS_WITHOUT_ANSWER)
    except KilledWorker as error:
        reason = f"its worker died {error.allowed_failures + 1} times"
        return Failed(job.lesson.name, "", "", reason, job.unfinished), ""
    except TimeoutError:
        reason = "its worker did not hand over the result"
        return Failed(job.lesson.name, "", "", reason, job.unfinished, died=True), ""
    except (ImportError, AttributeError, TypeError) as error:
        raise InputError(
            f"{_worker_of(future)} cannot run the course ({type(error).__name__}: {error}): start "
            "it in the course's folder, with its Python, packages and this copy of the course"
        ) from error
    finally:
        future.release()


def _worker_of(future: Future) -> str:
    asked = {"op": "get_story", "keys_or_stimuli": [future.key]}
    with contextlib.suppress(OSError):
        broadcast = future.client.scheduler.broadcast
        stories = _ask(future.client, SECONDS_TO_STOP, broadcast, msg=asked, on_error="ignore")
        for address, story in stories.items():
            if story:
                return f"the worker {address}"
    return "a worker"


def _worker_is_starting(client: Client) -> bool:
    """Whether a local cluster's worker has been started, though it may not have said so yet."""
    return client.cluster is not None and any(
        nanny.is_alive() for nanny in list(client.cluster.workers.values())
    )


def _stop(client: Client, running: list[Future]) -> None:
    with contextlib.suppress(OSError):
        _ask(client, SECONDS_TO_STOP, client.cancel, running, force=True)
        _ask(client, SECONDS_TO_STOP, client.run, stop_kernels, on_error="ignore")


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
