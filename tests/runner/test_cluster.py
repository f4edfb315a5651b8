import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from threading import Thread

import dask
import nbformat
import pandas as pd
import psutil
import pytest
from distributed import LocalCluster
from processes import as_soon_as, start_helpers, wait_until
from tiny_course import PROFILES, PROMISE, RECORD, write_course

from helpers.__main__ import main
from helpers.runner import cluster
from helpers.runner.errors import InputError
from helpers.runner.identity import environment_fingerprint, run_identity
from helpers.runner.jobs import read_course
from helpers.runner.lessons import Promise
from helpers.runner.reports import Finished, write_finished
from helpers.runner.sweeps import read_sweep, run_sweep, sweep_jobs

SWEEP = """
description: does the dot grow?
lesson: 01_dot
profile: laptop
parameters:
  epochs: [{epochs}]
figure: {{x: epochs, y: [accuracy, chance], label: accuracy}}
"""
START = "from dask.__main__ import main; main()"
WITHOUT_COURSE = "import sys; sys.modules['helpers'] = None"  # which makes an import of it fail
WITH_OTHER_DASK = "import distributed.versions as v; v._version_cached = lambda package: '1.0'"
SILENCE = b""
REFUSAL_OF_A_WEB_SERVER = b"HTTP/1.1 400 Bad Request\r\n\r\n"
# What a point does first: it writes the ids of its kernel and of its worker to a file.
WRITE_PIDS = """
import os, time
with open({path!r}, "a") as file:
    file.write(f"{{os.getpid()}} {{os.getppid()}} ")
"""


def write_sweep_of(top, epochs, *sources):
    """Write a course and a sweep over its epochs; return the arguments that run it."""
    folder = write_course(top, {"01_dot": [*sources, RECORD]}, {"01_dot": PROMISE}, PROFILES)
    path = top / "growth.yaml"
    path.write_text(SWEEP.format(epochs=", ".join(map(str, epochs))))
    return ["--notebooks", str(folder), "--build", str(top / "build"), "sweep", str(path)]


def jobs_of(top):
    course = read_course(top / "notebooks")
    return sweep_jobs(read_sweep(top / "growth.yaml", course), course, top / "build")


def results_of(top):
    return pd.read_csv(top / "build" / "sweeps" / "growth" / "results.csv")


def finished_notebooks(top):
    return list((top / "build" / "sweeps" / "growth" / "finished").glob("*.ipynb"))


def words_in(path):
    return path.read_text().split() if path.is_file() else []


@pytest.fixture(scope="module")
def start_dask(tmp_path_factory):
    """A way to start schedulers and workers from their command lines; returns process and log."""
    processes = []

    def start(*arguments, first=""):
        folder = tmp_path_factory.mktemp("dask")
        path = folder / "log"
        command = [sys.executable, "-c", f"{first}\n{START}", *arguments]
        with path.open("w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        processes.append(process)
        return process, path

    yield start
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def start_worker(start_dask):
    def start(address, threads=1, first=""):
        options = ["--nthreads", str(threads), "--no-nanny", "--no-dashboard"]
        process, log = start_dask("worker", address, *options, first=first)
        wait_until(lambda: "Registered to" in log.read_text(), process)
        return process

    return start


@pytest.fixture(scope="module")
def start_scheduler(start_dask):
    """A way to start a scheduler of its own process; returns the process and its address."""

    def start(first=""):
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        process, log = start_dask("scheduler", *options, first=first)
        found = []
        pattern = re.compile(r"Scheduler at:\s+(tcp://\S+)")
        wait_until(lambda: found.extend(pattern.findall(log.read_text())) or found, process)
        return process, found[0]

    return start


@pytest.fixture
def start_stranger():
    """A way to start what is no scheduler but takes connections; returns port and connections."""
    listening = []

    def serve(server, greeting, taken):
        with contextlib.suppress(OSError):
            while True:
                taken.append(server.accept()[0])
                taken[-1].sendall(greeting)

    def start(greeting):
        server, taken = socket.create_server(("127.0.0.1", 0)), []
        listening.append((server, taken))
        Thread(target=serve, args=(server, greeting, taken), daemon=True).start()
        return server.getsockname()[1], taken

    yield start
    for server, taken in listening:
        for connection in [server, *taken]:
            connection.close()


@pytest.fixture
def scheduler():
    """The address of a scheduler without workers."""
    with LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as nobody:
        yield nobody.scheduler_address


@pytest.fixture(scope="module")
def named(start_worker):
    """The address of a scheduler, and a worker of it that no test may harm."""
    with LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as nobody:
        yield nobody.scheduler_address, start_worker(nobody.scheduler_address)


def test_a_killed_worker_costs_only_the_run_in_flight(tmp_path, named, start_worker, capsys):
    address, _ = named
    victim = start_worker(address)
    before = {}

    def kill():
        before.update({path: path.stat().st_mtime_ns for path in finished_notebooks(tmp_path)})
        victim.send_signal(signal.SIGKILL)

    arguments = write_sweep_of(tmp_path, range(1, 7), "import time\ntime.sleep(0.3)")
    as_soon_as(lambda: len(finished_notebooks(tmp_path)) >= 2, kill)
    assert main([*arguments, "--scheduler", address]) == 0
    assert victim.wait() == -signal.SIGKILL
    output = capsys.readouterr().out
    assert "6 points: 6 finished (0 of them before), 0 failed, 0 not run" in output
    table = results_of(tmp_path)
    assert list(table["epochs"]) == list(range(1, 7))
    assert list(table["accuracy"]) == [round(0.5 + n / 1000, 3) for n in range(1, 7)]
    assert set(table["state"]) == {"finished"}
    assert len(finished_notebooks(tmp_path)) == 6
    assert len(before) >= 2
    assert before.items() <= {p: p.stat().st_mtime_ns for p in finished_notebooks(tmp_path)}.items()


def test_what_dies_is_tried_three_times_a_failing_cell_once_and_no_other_point_fails(tmp_path):
    tries = tmp_path / "tries"
    fates = f"""
import os
from pathlib import Path
with open({str(tries)!r}, "a") as file:
    file.write(str(epochs))
deaths = {{2: 3, 3: 3, 4: 2}}
if Path({str(tries)!r}).read_text().count(str(epochs)) <= deaths.get(epochs, 0):
    os.kill(os.getppid() if epochs == 2 else os.getpid(), 9)
if epochs == 5:
    raise ValueError("always")
"""
    write_sweep_of(tmp_path, range(1, 7), fates)
    outcomes = dict(run_sweep(jobs_of(tmp_path), None, workers=1))
    finished = {index for index, outcome in outcomes.items() if isinstance(outcome, Finished)}
    assert (finished, len(outcomes)) == ({0, 3, 5}, 6)
    assert outcomes[1].error == "its worker died 3 times"
    assert outcomes[2].error == "the kernel died: most often memory ran out, or a cell calls quit()"
    assert outcomes[4].error == "ValueError: always"
    assert "always" in outcomes[4].notebook.read_text()
    assert "".join(sorted(tries.read_text())) == "122233344456"


def test_a_finished_point_that_breaks_a_promise_is_run_again(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "SECONDS_TO_CONNECT", 1)
    write_sweep_of(tmp_path, [1])
    (job,) = jobs_of(tmp_path)
    identity = run_identity(job, environment_fingerprint())
    path = job.folder / "finished" / f"{identity[:16]}.ipynb"
    run = {"identity": identity, "parameters": {}, "strict": False, "seconds": 1, "handed_on": {}}
    write_finished(nbformat.v4.new_notebook(), run, path)
    nothing_promised = replace(job, promise=Promise("nothing"))
    assert dict(run_sweep([nothing_promised], None, workers=1))[0].kept
    with pytest.raises(InputError, match="no scheduler"):
        list(run_sweep([job], "tcp://127.0.0.1:1", workers=1))


def test_a_local_worker_that_takes_long_to_start_again_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "SECONDS_BETWEEN_LOOKS", 0.2)
    monkeypatch.setattr(cluster, "SECONDS_WITHOUT_WORKERS", 1)
    started, tries = tmp_path / "started", tmp_path / "tries"
    slow_but_the_first_time = f"""
import time
from pathlib import Path

def dask_setup(worker):
    with open({str(started)!r}, "a") as file:
        file.write("x")
    if Path({str(started)!r}).read_text() != "x":
        time.sleep(4)
"""
    kills = f"""
import os
from pathlib import Path
if not Path({str(tries)!r}).exists():
    Path({str(tries)!r}).touch()
    os.kill(os.getppid(), 9)
"""
    write_sweep_of(tmp_path, [1], kills)
    settings = {
        "distributed.worker.preload": [slow_but_the_first_time],
        "distributed.deploy.lost-worker-timeout": "1s",
    }
    with dask.config.set(settings):
        outcomes = dict(run_sweep(jobs_of(tmp_path), None, workers=1))
    assert isinstance(outcomes[0], Finished)
    assert started.read_text() == "xx"


def test_ctrl_c_stops_kernels_and_workers_and_the_sweep_continues_where_it_was(tmp_path):
    pids, go = tmp_path / "pids", tmp_path / "go"
    waits = f"if epochs > 1 and not os.path.exists({str(go)!r}):\n    time.sleep(600)"
    sources = [WRITE_PIDS.format(path=str(pids)), waits]
    arguments = [*write_sweep_of(tmp_path, [1, 2], *sources), "--workers", "1"]
    # A terminal sends Ctrl-C to the whole group, workers included.
    sweep = start_helpers(*arguments, start_new_session=True)
    wait_until(lambda: len(words_in(pids)) >= 4, sweep)
    os.killpg(sweep.pid, signal.SIGINT)
    output, errors = sweep.communicate(timeout=60)
    assert sweep.returncode == 130, errors
    assert "Traceback" not in errors
    assert "2 points: 1 finished (0 of them before), 0 failed, 1 not run" in output
    assert "the same command continues the sweep" in output
    wait_until(lambda: not any(psutil.pid_exists(int(pid)) for pid in words_in(pids)))
    go.touch()
    assert main(arguments) == 0
    assert list(results_of(tmp_path)["state"]) == ["finished"] * 2


def test_ctrl_c_stops_the_kernels_of_a_named_cluster_and_leaves_its_workers(tmp_path, named):
    address, worker = named
    pids = tmp_path / "pids"
    sources = [WRITE_PIDS.format(path=str(pids)), "time.sleep(600)"]
    sweep = start_helpers(*write_sweep_of(tmp_path, [1], *sources), "--scheduler", address)
    wait_until(lambda: words_in(pids), sweep)
    sweep.send_signal(signal.SIGINT)
    _, errors = sweep.communicate(timeout=60)
    assert sweep.returncode == 130, errors
    assert "Traceback" not in errors
    wait_until(lambda: not psutil.pid_exists(int(words_in(pids)[0])))
    assert worker.poll() is None


def test_a_scheduler_that_goes_away_ends_the_sweep_with_one_line(
    tmp_path, start_scheduler, start_worker, capfd
):
    scheduler, address = start_scheduler()
    start_worker(address)
    pids = tmp_path / "pids"
    sources = [WRITE_PIDS.format(path=str(pids)), "time.sleep(20)"]
    arguments = write_sweep_of(tmp_path, [1], *sources)
    as_soon_as(lambda: words_in(pids), scheduler.kill)
    with dask.config.set({"distributed.comm.timeouts.connect": "2s"}):
        assert main([*arguments, "--scheduler", address]) == 1
    errors = capfd.readouterr().err
    assert "Traceback" not in errors
    assert errors.splitlines()[-1] == (
        "error: the scheduler is gone: start it, then run this again"
    )


def test_a_scheduler_that_falls_silent_ends_the_sweep_with_one_line(
    tmp_path, start_scheduler, start_worker, capfd, monkeypatch
):
    monkeypatch.setattr(cluster, "SECONDS_WITHOUT_ANSWER", 2)
    monkeypatch.setattr(cluster, "SECONDS_TO_STOP", 1)
    monkeypatch.setattr(cluster, "SECONDS_BETWEEN_LOOKS", 0.2)
    scheduler, address = start_scheduler()
    start_worker(address)
    pids = tmp_path / "pids"
    arguments = write_sweep_of(tmp_path, [1], WRITE_PIDS.format(path=str(pids)), "time.sleep(20)")
    as_soon_as(lambda: words_in(pids), lambda: scheduler.send_signal(signal.SIGSTOP))
    assert main([*arguments, "--scheduler", address]) == 1
    errors = capfd.readouterr().err
    assert "Traceback" not in errors
    assert errors.splitlines()[-1] == (
        "error: the scheduler has gone silent: start it again, then run this again"
    )


def test_a_worker_with_threads_beside_each_other_is_refused(
    tmp_path, scheduler, start_worker, capsys
):
    start_worker(scheduler, threads=2)
    arguments = write_sweep_of(tmp_path, [1])
    assert main([*arguments, "--scheduler", scheduler]) == 2
    assert "has 2 threads, and a run needs a process of its own" in capsys.readouterr().err


def test_a_worker_with_another_environment_is_refused(tmp_path, named):
    write_sweep_of(tmp_path, [1])
    with (
        cluster.connected(named[0], workers=1) as client,
        pytest.raises(InputError, match="has other packages, data or helpers"),
    ):
        list(cluster.run_on_cluster(jobs_of(tmp_path), ["identity"], "another", client))


def test_a_worker_with_other_files_beside_the_notebook_is_refused(tmp_path, named):
    write_sweep_of(tmp_path, [1])
    environment = environment_fingerprint()
    with (
        cluster.connected(named[0], workers=1) as client,
        pytest.raises(InputError, match="has other data, or other files beside the notebook"),
    ):
        list(cluster.run_on_cluster(jobs_of(tmp_path), ["another"], environment, client))


def test_a_point_runs_the_notebook_that_was_hashed_whatever_lies_there_by_then(tmp_path, named):
    write_sweep_of(tmp_path, [1])
    jobs = jobs_of(tmp_path)
    write_sweep_of(tmp_path, [1], "epochs = 400")  # what another copy of the course might hold
    ((_, outcome),) = run_sweep(jobs, named[0], workers=1)
    assert outcome.metrics["accuracy"] == 0.501
    ((_, outcome),) = run_sweep(jobs_of(tmp_path), named[0], workers=1)
    assert not outcome.kept
    assert outcome.metrics["accuracy"] == 0.9


def test_a_scheduler_need_not_have_the_course(tmp_path, start_scheduler, start_worker):
    _, address = start_scheduler(first=WITHOUT_COURSE)
    start_worker(address)
    assert main([*write_sweep_of(tmp_path, [1]), "--scheduler", address]) == 0
    assert list(results_of(tmp_path)["state"]) == ["finished"]


WORKER_WITHOUT_COURSE = re.compile(
    r"error: the worker tcp://127\.0\.0\.1:\d+ cannot run the course "
    r"\(ModuleNotFoundError: .*helpers.*\): start it in the course's folder, with its Python, "
    r"packages and this copy of the course"
)


def test_a_worker_without_the_course_is_refused(tmp_path, scheduler, start_worker, capfd):
    worker = start_worker(scheduler, first=WITHOUT_COURSE)
    assert main([*write_sweep_of(tmp_path, [1]), "--scheduler", scheduler]) == 2
    assert WORKER_WITHOUT_COURSE.fullmatch(capfd.readouterr().err.splitlines()[-1])
    assert worker.poll() is None


def test_a_worker_without_the_course_that_joins_later_is_refused(
    tmp_path, scheduler, start_worker, capfd
):
    start_worker(scheduler)
    pids = tmp_path / "pids"
    arguments = write_sweep_of(
        tmp_path, range(1, 4), WRITE_PIDS.format(path=str(pids)), "time.sleep(20)"
    )
    joins = lambda: start_worker(scheduler, first=WITHOUT_COURSE)  # noqa: E731
    as_soon_as(lambda: words_in(pids), joins)
    assert main([*arguments, "--scheduler", scheduler]) == 2
    assert WORKER_WITHOUT_COURSE.fullmatch(capfd.readouterr().err.splitlines()[-1])


@pytest.mark.parametrize("side", ["scheduler", "worker"])
def test_a_machine_with_another_dask_is_refused(
    tmp_path, start_scheduler, start_worker, capfd, side
):
    others = {side: WITH_OTHER_DASK}
    _, address = start_scheduler(first=others.get("scheduler", ""))
    start_worker(address, first=others.get("worker", ""))
    assert main([*write_sweep_of(tmp_path, [1]), "--scheduler", address]) == 2
    error = capfd.readouterr().err.splitlines()[-1]
    assert error.startswith(f"error: the {side} ")
    assert error.endswith(
        f" has dask 1.0, this machine {dask.__version__}: "
        "install the same Python and requirements.txt there"
    )


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("nonsense", "its port is missing"),
        ("tcp://127.0.0.1", "its port is missing"),
        ("tcp://127.0.0.1:0", "its port is missing"),
        ("tcp://:8786", "its host is missing"),
        ("", "its host is missing"),
        ("tcp://127.0.0.1:99999", "Port out of range 0-65535"),
        ("tcp://127.0.0.1:dask", "Port could not be cast to integer value as 'dask'"),
        ("tcp://[::1:8786", "Invalid IPv6 URL"),
        ("tcp://127.0.0.1: 8786", "it holds more than a host and a port"),
        ("tcp://127.0.0.1:8787/status", "it holds more than a host and a port"),
        ("http://127.0.0.1:8787", "it begins with http://"),
        ("ftp://127.0.0.1:8786", "it begins with ftp://"),
    ],
)
def test_an_address_that_no_scheduler_can_have_is_refused(tmp_path, capsys, address, problem):
    assert main([*write_sweep_of(tmp_path, [1]), "--scheduler", address]) == 2
    assert capsys.readouterr().err == (
        f"error: {address!r} is no scheduler's address ({problem}): "
        "give the address that 'dask scheduler' prints, as tcp://host:8786\n"
    )


@pytest.mark.parametrize("host", ["no-such-machine.invalid", "..", "a" * 70])
def test_a_machine_that_is_not_known_is_refused(tmp_path, capsys, host):
    assert main([*write_sweep_of(tmp_path, [1]), "--scheduler", f"tcp://{host}:8786"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"error: no machine called {host!r} is known: "
        "give the address that 'dask scheduler' prints, as tcp://host:8786"
    )


def refusal_at(address, tmp_path, monkeypatch, capfd):
    """Run a sweep that is refused; return its last line. It must not hang."""
    monkeypatch.setattr(cluster, "SECONDS_TO_CONNECT", 1)
    monkeypatch.setattr(cluster, "SECONDS_FOR_A_WORKER", 1)
    before = time.monotonic()
    assert main([*write_sweep_of(tmp_path, [1]), "--scheduler", address]) == 2
    assert time.monotonic() - before < 60
    errors = capfd.readouterr().err
    assert "Traceback" not in errors
    return errors.splitlines()[-1]


def test_an_address_where_nothing_answers_is_refused(tmp_path, capfd, monkeypatch):
    error = refusal_at("tcp://127.0.0.1:1", tmp_path, monkeypatch, capfd)
    assert error.startswith("error: no scheduler answers at 'tcp://127.0.0.1:1': start 'dask")


@pytest.mark.parametrize("greeting", [SILENCE, REFUSAL_OF_A_WEB_SERVER, b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_what_is_no_scheduler_is_told_from_nothing(
    tmp_path, capfd, monkeypatch, start_stranger, greeting
):
    address = f"tcp://127.0.0.1:{start_stranger(greeting)[0]}"
    error = refusal_at(address, tmp_path, monkeypatch, capfd)
    assert error == f"error: something answers at {address!r}, but {NO_SCHEDULER}"


NO_SCHEDULER = (
    "it is no Dask scheduler, or one that hangs or is encrypted (tls://): "
    "give the address that 'dask scheduler' prints, as tcp://host:8786"
)


def test_the_address_of_the_dashboard_is_no_schedulers(tmp_path, capfd, monkeypatch):
    with LocalCluster(n_workers=1, processes=False, dashboard_address="127.0.0.1:0") as local:
        dashboard = f"tcp://127.0.0.1:{local.scheduler.services['dashboard'].port}"
        error = refusal_at(dashboard, tmp_path, monkeypatch, capfd)
        assert error == f"error: something answers at {dashboard!r}, but {NO_SCHEDULER}"


def test_an_encrypted_connection_that_fails_speaks_of_certificates(
    tmp_path, capfd, monkeypatch, start_stranger
):
    address = f"tls://127.0.0.1:{start_stranger(SILENCE)[0]}"
    error = refusal_at(address, tmp_path, monkeypatch, capfd)
    assert error.startswith(f"error: something answers at {address!r}, but no Dask scheduler that")
    assert error.endswith("name them in Dask's settings, under distributed.comm.tls")


def test_ctrl_c_ends_the_wait_for_an_answer(tmp_path, start_stranger):
    port, taken = start_stranger(SILENCE)
    address = f"tcp://127.0.0.1:{port}"
    sweep = start_helpers(*write_sweep_of(tmp_path, [1]), "--scheduler", address)
    wait_until(lambda: taken, sweep)
    sweep.send_signal(signal.SIGINT)
    output, errors = sweep.communicate(timeout=60)
    assert sweep.returncode == 130, errors
    assert "Traceback" not in errors
    assert output.splitlines()[-1] == "stopped with Ctrl-C: the same command continues the sweep"


def test_settings_that_dask_cannot_read_are_named_in_one_line(tmp_path):
    settings = tmp_path / "dask.yaml"
    settings.write_text("distributed: [1\nb: : :\n")
    environment = {**os.environ, "DASK_CONFIG": str(settings)}
    sweep = start_helpers(*write_sweep_of(tmp_path, [1]), env=environment)
    _, errors = sweep.communicate(timeout=60)
    assert sweep.returncode == 2
    assert "Traceback" not in errors
    start = f"error: A dask config file at {str(settings)!r} is malformed"
    assert errors.splitlines()[-1].startswith(start)


def test_a_scheduler_without_workers_is_refused(tmp_path, capfd, monkeypatch, scheduler):
    error = refusal_at(scheduler, tmp_path, monkeypatch, capfd)
    assert error == (
        f"error: the scheduler at {scheduler!r} has no workers: start some with "
        f"'dask worker {scheduler} --nthreads 1', then run this again"
    )


def test_when_no_worker_is_left_the_sweep_ends_with_one_line(
    tmp_path, scheduler, start_worker, capsys, monkeypatch
):
    monkeypatch.setattr(cluster, "SECONDS_BETWEEN_LOOKS", 0.2)
    monkeypatch.setattr(cluster, "SECONDS_WITHOUT_WORKERS", 1)
    start_worker(scheduler)
    suicide = "import os\nos.kill(os.getppid(), 9)"
    arguments = write_sweep_of(tmp_path, [1], suicide)
    assert main([*arguments, "--scheduler", scheduler]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error == "error: no worker is left: start some, then run this again"


def test_workers_and_a_scheduler_exclude_each_other(tmp_path, capsys):
    arguments = write_sweep_of(tmp_path, [1])
    assert main([*arguments, "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"]) == 2
    assert "--workers is for a local cluster" in capsys.readouterr().err
