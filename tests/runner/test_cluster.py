import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
from tiny_course import PROFILES, PROMISE, RECORD, write_course

from helpers.__main__ import main
from helpers.runner import cluster
from helpers.runner.errors import InputError
from helpers.runner.jobs import read_course
from helpers.runner.reports import Failed, Finished
from helpers.runner.sweeps import read_sweep, run_sweep, sweep_jobs

SWEEP = """
description: does the dot grow?
lesson: 01_dot
profile: laptop
parameters:
  epochs: [{epochs}]
figure: {{x: epochs, y: [accuracy, chance], label: accuracy}}
"""
DASK = [sys.executable, "-m", "dask"]


def write_sweep_of(top, epochs, *sources):
    """Write a course and a sweep over its epochs; return the arguments that run it."""
    folder = write_course(top, {"01_dot": [*sources, RECORD]}, {"01_dot": PROMISE}, PROFILES)
    path = top / "growth.yaml"
    path.write_text(SWEEP.format(epochs=", ".join(map(str, epochs))))
    return ["--notebooks", str(folder), "--build", str(top / "build"), "sweep", str(path)]


def jobs_of(top):
    course = read_course(top / "notebooks")
    return sweep_jobs(read_sweep(top / "growth.yaml", course), course, top / "build")


def finished_notebooks(top):
    return list((top / "build" / "sweeps" / "growth" / "finished").glob("*.ipynb"))


def wait_until(condition, process=None):
    """Wait at most a minute for something to happen while a process goes on."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.05)


@pytest.fixture
def scheduler(tmp_path):
    """A Dask scheduler and a way to start workers, all from their command lines."""
    processes = []

    def start(*arguments):
        log = (tmp_path / f"dask-{len(processes)}.log").open("w")
        process = subprocess.Popen([*DASK, *arguments], stdout=log, stderr=log, cwd=tmp_path)
        processes.append(process)
        return process

    start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    log = tmp_path / "dask-0.log"
    wait_until(lambda: re.search(r"Scheduler at:\s+tcp://\S+", log.read_text()))
    address = re.search(r"Scheduler at:\s+(tcp://\S+)", log.read_text())[1]

    def worker(threads=1):
        options = ["--nthreads", str(threads), "--no-nanny", "--no-dashboard"]
        return start("worker", address, *options)

    worker.scheduler = processes[0]
    yield address, worker
    for process in processes:
        process.kill()
        process.wait()


def test_a_killed_worker_costs_only_the_run_in_flight(tmp_path, scheduler):
    address, worker = scheduler
    victim, _ = worker(), worker()
    slowly = "import time\ntime.sleep(0.3)"
    arguments = write_sweep_of(tmp_path, range(1, 13), slowly)
    command = [sys.executable, "-m", "helpers", *arguments, "--scheduler", address]
    sweep = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: len(finished_notebooks(tmp_path)) >= 3, sweep)
    before = {path: path.stat().st_mtime_ns for path in finished_notebooks(tmp_path)}
    victim.send_signal(signal.SIGKILL)
    output, errors = sweep.communicate(timeout=300)
    assert sweep.returncode == 0, errors
    assert "12 points: 12 finished (0 of them before), 0 failed, 0 not run" in output
    table = pd.read_csv(tmp_path / "build" / "sweeps" / "growth" / "results.csv")
    assert list(table["epochs"]) == list(range(1, 13))
    assert list(table["accuracy"]) == [round(0.5 + n / 1000, 3) for n in range(1, 13)]
    assert set(table["state"]) == {"finished"}
    assert len(finished_notebooks(tmp_path)) == 12
    assert before.items() <= {p: p.stat().st_mtime_ns for p in finished_notebooks(tmp_path)}.items()


def test_a_point_that_kills_its_worker_fails_after_three_tries_and_no_other_does(tmp_path):
    tries = tmp_path / "tries"
    poison = f"""
import os
if epochs == 2:
    with open({str(tries)!r}, "a") as file:
        file.write("x")
    os.kill(os.getppid(), 9)
"""
    write_sweep_of(tmp_path, [1, 2, 3], poison)
    outcomes = dict(run_sweep(jobs_of(tmp_path), None, workers=1))
    assert isinstance(outcomes[1], Failed)
    assert outcomes[1].error == "its worker died 3 times"
    assert tries.read_text() == "xxx"
    assert isinstance(outcomes[0], Finished)
    assert isinstance(outcomes[2], Finished)


def test_a_kernel_that_dies_is_tried_again_and_a_failing_cell_is_not(tmp_path):
    tries = tmp_path / "tries"
    unlucky = f"""
import os
from pathlib import Path
with open({str(tries)!r}, "a") as file:
    file.write(str(epochs))
if epochs == 1 and Path({str(tries)!r}).read_text().count("1") < 3:
    os._exit(9)
if epochs == 2:
    raise ValueError("always")
"""
    write_sweep_of(tmp_path, [1, 2], unlucky)
    outcomes = dict(run_sweep(jobs_of(tmp_path), None, workers=1))
    assert isinstance(outcomes[0], Finished)
    assert outcomes[1].error == "ValueError: always"
    assert "always" in outcomes[1].notebook.read_text()
    assert sorted(tries.read_text()) == ["1", "1", "1", "2"]


def test_ctrl_c_stops_kernels_and_workers_and_the_sweep_continues_where_it_was(tmp_path):
    pids = tmp_path / "pids"
    waits = f"""
import os, time
from pathlib import Path
with open({str(pids)!r}, "a") as file:
    file.write(f"{{os.getpid()}} {{os.getppid()}} ")
if epochs > 1 and not Path({str(tmp_path / "go")!r}).exists():
    time.sleep(600)
"""
    arguments = write_sweep_of(tmp_path, [1, 2, 3], waits)
    command = [sys.executable, "-m", "helpers", *arguments, "--workers", "1"]
    # A terminal sends Ctrl-C to the whole group, workers included.
    sweep = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: pids.is_file() and len(pids.read_text().split()) >= 4, sweep)
    os.killpg(sweep.pid, signal.SIGINT)
    output, errors = sweep.communicate(timeout=60)
    assert sweep.returncode == 130, errors
    assert "Traceback" not in errors
    assert "3 points: 1 finished (0 of them before), 0 failed, 2 not run" in output
    assert "the same command continues the sweep" in output
    wait_until(lambda: not any(psutil.pid_exists(int(pid)) for pid in pids.read_text().split()))
    Path(tmp_path / "go").touch()
    assert main([*arguments, "--workers", "1"]) == 0
    table = pd.read_csv(tmp_path / "build" / "sweeps" / "growth" / "results.csv")
    assert list(table["state"]) == ["finished"] * 3


def test_ctrl_c_stops_the_kernels_of_a_named_cluster_and_leaves_its_workers(tmp_path, scheduler):
    address, worker = scheduler
    worker_process = worker()
    pid = tmp_path / "pid"
    waits = f"""
import os, time
from pathlib import Path
Path({str(pid)!r}).write_text(str(os.getpid()))
time.sleep(600)
"""
    arguments = write_sweep_of(tmp_path, [1], waits)
    command = [sys.executable, "-m", "helpers", *arguments, "--scheduler", address]
    sweep = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: pid.is_file() and pid.read_text(), sweep)
    sweep.send_signal(signal.SIGINT)
    _, errors = sweep.communicate(timeout=60)
    assert sweep.returncode == 130, errors
    assert "Traceback" not in errors
    wait_until(lambda: not psutil.pid_exists(int(pid.read_text())))
    assert worker_process.poll() is None


def test_a_scheduler_that_goes_away_ends_the_sweep_with_one_line(tmp_path, scheduler):
    address, worker = scheduler
    worker()
    pid = tmp_path / "pid"
    waits = f"""
import os, time
from pathlib import Path
Path({str(pid)!r}).write_text(str(os.getpid()))
time.sleep(20)
"""
    arguments = write_sweep_of(tmp_path, [1], waits)
    command = [sys.executable, "-m", "helpers", *arguments, "--scheduler", address]
    impatient = {**os.environ, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s"}
    sweep = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=impatient
    )
    wait_until(lambda: pid.is_file() and pid.read_text(), sweep)
    worker.scheduler.kill()
    _, errors = sweep.communicate(timeout=120)
    assert sweep.returncode == 1, errors
    assert "Traceback" not in errors
    assert errors.splitlines()[-1] == (
        "error: the scheduler is gone: start it, then run this again"
    )


def test_a_worker_with_threads_beside_each_other_is_refused(tmp_path, scheduler, capsys):
    address, worker = scheduler
    worker(threads=2)
    arguments = write_sweep_of(tmp_path, [1])
    assert main([*arguments, "--scheduler", address]) == 2
    assert "has 2 threads, and a run needs a process of its own" in capsys.readouterr().err


def test_a_worker_with_another_environment_is_refused(tmp_path, scheduler):
    address, worker = scheduler
    worker()
    write_sweep_of(tmp_path, [1])
    with (
        cluster.connected(address, workers=1) as client,
        pytest.raises(InputError, match="has other packages, data or helpers"),
    ):
        list(cluster.run_on_cluster(jobs_of(tmp_path), ["identity"], "another", client))


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "ftp://127.0.0.1:8786"])
def test_an_address_where_nothing_answers_is_refused(tmp_path, capsys, monkeypatch, address):
    monkeypatch.setattr(cluster, "SECONDS_TO_CONNECT", 1)
    assert main([*write_sweep_of(tmp_path, [1]), "--scheduler", address]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"error: no scheduler with workers answers at {address!r}")


def test_a_scheduler_without_workers_is_refused(tmp_path, scheduler, monkeypatch):
    monkeypatch.setattr(cluster, "SECONDS_TO_CONNECT", 1)
    with (
        pytest.raises(InputError, match="no scheduler with workers answers"),
        cluster.connected(scheduler[0], workers=1),
    ):
        pass


def test_when_no_worker_is_left_the_sweep_ends_with_one_line(
    tmp_path, scheduler, capsys, monkeypatch
):
    monkeypatch.setattr(cluster, "SECONDS_WITHOUT_WORKERS", 1)
    address, worker = scheduler
    worker()
    suicide = "import os\nos.kill(os.getppid(), 9)"
    arguments = write_sweep_of(tmp_path, [1], suicide)
    assert main([*arguments, "--scheduler", address]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error == "error: no worker is left: start some, then run this again"


def test_workers_and_a_scheduler_exclude_each_other(tmp_path, capsys):
    arguments = write_sweep_of(tmp_path, [1])
    assert main([*arguments, "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"]) == 2
    assert "--workers is for a local cluster" in capsys.readouterr().err
