import logging
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from filelock import FileLock
from processes import start_helpers, wait_until
from tiny_course import PROFILES, PROMISE, RECORD, write_course

from helpers.lesson.files import BUILD_VARIABLE, build_folder
from helpers.lesson.results import METRICS_MIME, STRICT_VARIABLE
from helpers.runner import execution as runner
from helpers.runner.errors import InputError
from helpers.runner.execution import finished_lessons, kernel_environment, run_job, run_jobs
from helpers.runner.identity import environment_fingerprint, run_identity
from helpers.runner.jobs import plan, read_course
from helpers.runner.reports import Failed, Finished

PROBE = """
import os, sys
from pathlib import Path
print(Path.cwd().name, os.environ["SSL_COURSE_PROFILE"], os.environ["SSL_COURSE_STRICT"])
for step in range(3):
    print(f"\\rstep {step}", end="", flush=True)
print()
"""


def planned(top, *assignments, profile="laptop", **course):
    folder = write_course(top, **course)
    return plan(read_course(folder), [], profile, assignments, top / "build")


def run_all(top, *assignments, **course):
    return list(run_jobs(planned(top, *assignments, **course)))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run that nobody changes."""
    top = tmp_path_factory.mktemp("finished") / "my {own} course"
    (run,) = run_all(top, lessons={"01_dot": [PROBE, RECORD]})
    return run


@pytest.fixture
def kept(finished, tmp_path, monkeypatch):
    """A course where that run lies; a function that runs it again, by copying it; what it copied.

    The function takes what the course promises, if it is not as it was.
    """
    shutil.copytree(finished.notebook.parents[3], tmp_path, dirs_exist_ok=True)
    copied = []

    def execute(source, output, *_, **__):
        copied.append(output)
        shutil.copyfile(finished.notebook, output)
        return nbformat.read(output, as_version=4)

    monkeypatch.setattr(runner.papermill, "execute_notebook", execute)

    def run(promise=PROMISE, force=False):
        lessons, promises = {"01_dot": [PROBE, RECORD]}, {"01_dot": promise}
        jobs = planned(tmp_path, lessons=lessons, promises=promises)
        (outcome,) = run_jobs(jobs, force)
        return outcome

    return tmp_path, run, copied


def test_the_kernels_variables_are_set_for_a_block_only(tmp_path, monkeypatch):
    monkeypatch.setenv(BUILD_VARIABLE, "before")
    monkeypatch.delenv(STRICT_VARIABLE, raising=False)
    with pytest.raises(KeyError), kernel_environment(tmp_path, strict=True, threads=1):
        assert build_folder() == tmp_path
        assert os.environ["SSL_COURSE_THREADS"] == os.environ["OMP_NUM_THREADS"] == "1"
        assert os.environ[STRICT_VARIABLE] == "1"
        raise KeyError
    assert os.environ[BUILD_VARIABLE] == "before"
    assert STRICT_VARIABLE not in os.environ


def test_a_finished_lesson_leaves_notebook_page_and_metrics(finished):
    assert isinstance(finished, Finished)
    assert finished.metrics == {"accuracy": 0.505, "chance": 0.1}
    assert (finished.strict, finished.figures, finished.cells) == (True, 1, 3)
    assert finished.parameters["epochs"] == 5
    assert finished.seconds > 0
    executed = nbformat.read(finished.notebook, as_version=4)
    assert executed.cells[2].outputs[0].text == "notebooks laptop 1\nstep 2\n"
    page = finished.html.read_text(encoding="utf-8")
    assert 'alt="one dot"' in page
    assert "data:image/png;base64" in page
    assert not list(finished.notebook.parents[1].glob("unfinished/*"))


def test_other_parameters_reach_the_notebook_and_count_as_not_strict(tmp_path):
    (run,) = run_all(tmp_path, "epochs=9", 'title=it\'s "quoted"', profile="ci")
    assert run.metrics["accuracy"] == 0.509
    assert run.parameters["title"] == 'it\'s "quoted"'
    assert not run.strict
    assert run.notebook == tmp_path / "build" / "ci" / "notebooks" / "01_dot.ipynb"


def test_a_failure_names_its_cell_and_the_other_lessons_still_run(tmp_path):
    broken = ["fine = 1", "# about to fail\nfine / 0\n\nmore = 2\nmore"]
    lessons = {"01_broken": broken, "02_dot": [RECORD]}
    failed, finished = run_all(tmp_path, lessons=lessons, promises={})
    assert isinstance(failed, Failed)
    assert isinstance(finished, Finished)
    assert failed.cell == "In [3]"
    assert failed.source == "# about to fail\nfine / 0\n"
    assert failed.error == "ZeroDivisionError: division by zero"
    assert "01_broken failed at In [3]:" in failed.message()
    assert str(failed.notebook) in failed.message()
    partial = nbformat.read(failed.notebook, as_version=4)
    assert any("ZeroDivisionError" in str(cell.get("outputs", "")) for cell in partial.cells)
    course = read_course(tmp_path / "notebooks")
    assert finished_lessons(course, tmp_path / "build" / "laptop") == [finished]


def test_a_finished_run_is_kept_until_something_changes_or_force_repeats_it(kept, finished):
    top, run, copied = kept
    page = top / "build" / "laptop" / "html" / "01_dot.html"
    page.unlink()
    again = run()
    assert again.kept
    assert not copied
    assert again.metrics == finished.metrics
    assert page.is_file()
    assert not run(force=True).kept
    assert len(copied) == 1


def test_a_kept_run_that_breaks_a_promise_made_since_is_run_again_and_fails(kept):
    top, run, copied = kept
    tightened = {**PROMISE, "metrics": {"accuracy": {"above": 0.9}, "chance": {}}}
    failed = run(tightened)
    assert failed.error == "it ran to its end, but accuracy = 0.505 is not above 0.9"
    assert len(copied) == 1
    course = read_course(top / "notebooks")
    assert finished_lessons(course, top / "build" / "laptop") == []
    assert run().kept


def rename_a_metric(notebook):
    metrics = notebook.cells[-1].outputs[0].data[METRICS_MIME]
    metrics["renamed"] = metrics.pop("accuracy")


def improve_a_metric(notebook):
    notebook.cells[-1].outputs[0].data[METRICS_MIME]["accuracy"] = 0.99


def clear_outputs(notebook):
    for cell in notebook.cells[1:]:
        cell.outputs = []


def edit_a_cell(notebook):
    notebook.cells[-1].source += "\n1 + 1"


def lose_what_the_runner_noted(notebook):
    notebook.metadata["ssl_course"] = {"identity": notebook.metadata["ssl_course"]["identity"]}


def lose_the_seconds(notebook):
    del notebook.metadata["ssl_course"]["seconds"]


@pytest.mark.parametrize(
    "edit",
    [
        rename_a_metric,
        improve_a_metric,
        clear_outputs,
        edit_a_cell,
        lose_what_the_runner_noted,
        lose_the_seconds,
    ],
)
def test_an_executed_notebook_that_somebody_edited_is_run_again(kept, finished, edit):
    top, run, copied = kept
    path = top / "build" / "laptop" / "notebooks" / "01_dot.ipynb"
    notebook = nbformat.read(path, as_version=4)
    edit(notebook)
    nbformat.write(notebook, path)
    assert finished_lessons(read_course(top / "notebooks"), top / "build" / "laptop") == []
    again = run()
    assert again == replace(finished, notebook=path, html=again.html, seconds=again.seconds)
    assert len(copied) == 1


def test_an_executed_notebook_that_was_only_saved_again_is_kept(kept):
    top, run, copied = kept
    path = top / "build" / "laptop" / "notebooks" / "01_dot.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].metadata["collapsed"] = True
    nbformat.write(notebook, path)
    assert run().kept
    assert not copied


def test_what_was_read_is_what_runs_though_the_file_changes(tmp_path):
    jobs = planned(tmp_path)
    write_course(tmp_path, {"01_dot": ["epochs = 400", RECORD]})
    (run,) = run_jobs(jobs)
    assert run.metrics["accuracy"] == 0.505
    (again,) = run_jobs(
        plan(read_course(tmp_path / "notebooks"), [], "laptop", [], tmp_path / "build")
    )
    assert not again.kept
    assert again.metrics["accuracy"] == 0.9


def test_a_run_during_which_something_changed_that_decides_it_has_failed(tmp_path):
    changes = "from pathlib import Path\nPath('labels.csv').write_text('1')"
    jobs = planned(tmp_path, lessons={"01_dot": [changes, RECORD]})
    (tmp_path / "notebooks" / "labels.csv").write_text("0")
    (failed,) = run_jobs(jobs)
    assert "changed while it ran: run it again" in failed.error
    assert not jobs[0].notebook.exists()


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"cut sh")])
def test_a_lesson_whose_files_for_others_are_damaged_is_run_again(tmp_path, damage):
    saves = """
from helpers.lesson import build_folder
folder = build_folder() / "encoders" / "mine"
folder.mkdir(parents=True, exist_ok=True)
(folder / "dot.npz").write_bytes(b"not cut short")
"""
    jobs = planned(tmp_path, lessons={"01_dot": [saves, RECORD]})
    encoders = jobs[0].folder / "encoders" / "mine"
    encoders.mkdir(parents=True)
    (encoders / "of_another_lesson.npz").write_bytes(b"as before")
    (run,) = run_jobs(jobs)
    assert list(run.handed_on) == ["encoders/mine/dot.npz"]
    (encoders / "of_another_lesson.npz").write_bytes(b"changed")
    assert [again.kept for again in run_jobs(jobs)] == [True]
    damage(encoders / "dot.npz")
    assert [again.kept for again in run_jobs(jobs)] == [False]
    assert (encoders / "dot.npz").read_bytes() == b"not cut short"


def test_the_second_of_two_runs_of_one_lesson_waits_and_takes_what_the_first_found(tmp_path):
    (job,) = planned(tmp_path)
    (job.folder / "locks").mkdir(parents=True)
    with FileLock(job.folder / "locks" / "01_dot.lock"):
        folders = ["--notebooks", tmp_path / "notebooks", "--build", tmp_path / "build"]
        second = start_helpers(*folders, "run")
        lines = iter(second.stderr.readline, "")
        assert any("waiting for another run of 01_dot" in line for line in lines)
        first = run_job(job, run_identity(job, environment_fingerprint()))
    output, errors = second.communicate(timeout=120)
    assert second.returncode == 0
    assert "finished before" in errors
    assert f"{first.seconds:.1f}" in output


def test_seconds_do_not_depend_on_the_time_of_day(kept, monkeypatch):
    _, run, _ = kept
    monkeypatch.setattr(runner, "perf_counter", iter([10.0, 12.5]).__next__)
    monkeypatch.setattr("time.time", lambda: 0.0)
    assert run(force=True).seconds == 2.5


def test_a_half_written_notebook_is_never_taken_for_finished(kept):
    top, run, copied = kept
    course = read_course(top / "notebooks")
    (top / "build" / "laptop" / "notebooks" / "01_dot.ipynb").write_text('{"cells": [')
    assert finished_lessons(course, top / "build" / "laptop") == []
    again = run()
    assert not again.kept
    assert len(copied) == 1
    assert finished_lessons(course, top / "build" / "laptop") == [again]


def test_what_sockets_say_of_being_closed_reaches_nobody(kept, monkeypatch, caplog):
    _, run, _ = kept
    execute = runner.papermill.execute_notebook

    def with_noise(*arguments, **options):
        logging.getLogger("tornado.general").error("Uncaught exception in ZMQStream callback")
        return execute(*arguments, **options)

    monkeypatch.setattr(runner.papermill, "execute_notebook", with_noise)
    assert isinstance(run(force=True), Finished)
    assert "ZMQStream" not in caplog.text


def test_a_missing_kernel_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "KERNEL", "python9")
    with pytest.raises(InputError, match="the kernel 'python9' is missing: pip install ipykernel"):
        run_all(tmp_path)


def test_a_lesson_that_breaks_a_promise_has_failed(kept):
    top, run, _ = kept
    shutil.rmtree(top / "build" / "laptop")
    failed = run({**PROMISE, "figures": 2})
    assert failed.error == "it ran to its end, but it drew 1 figures, and promises 2"
    assert failed.notebook.is_file()
    assert not (top / "build" / "laptop" / "notebooks").exists()


def test_a_lesson_that_ends_before_its_last_cell_has_failed(tmp_path):
    cells = [RECORD, "import sys\nsys.exit(0)", "never = 1\nassert False", "more = 1"]
    (failed,) = run_all(tmp_path, lessons={"01_dot": cells})
    assert failed.error == "it ended (sys.exit?) before this cell"
    assert failed.source == "never = 1\nassert False"


def test_assertions_are_looked_at_whatever_python_was_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    (failed,) = run_all(tmp_path, lessons={"01_dot": [RECORD, "assert 1 > 2"]})
    assert failed.source == "assert 1 > 2"


def test_a_long_line_is_no_reason_to_wait(tmp_path):
    cells = [RECORD, "print('x' * 1_000_000 + '\\ry')"]
    (finished,) = run_all(tmp_path, lessons={"01_dot": cells})  # it took minutes
    executed = nbformat.read(finished.notebook, as_version=4)
    assert executed.cells[-1].outputs[0].text == "y\n"


def test_a_cell_that_hangs_is_ended_and_a_kernel_that_dies_is_reported(tmp_path):
    lessons = {
        "01_hangs": ["import time\ntime.sleep(600)"],
        "02_dies": ["import os\nos._exit(9)"],
    }
    profiles = {**PROFILES, "ci": {**PROFILES["ci"], "cell_timeout": 1, "lessons": {}}}
    hangs, dies = run_all(tmp_path, profile="ci", lessons=lessons, promises={}, profiles=profiles)
    assert hangs.error == "the cell took longer than 1 s, the profile's cell_timeout"
    assert (hangs.cell, hangs.source) == ("In [2]", "import time\ntime.sleep(600)")
    assert dies.error == "the kernel died: most often memory ran out, or a cell calls quit()"
    assert dies.source == "import os\nos._exit(9)"


def test_ctrl_c_stops_the_kernel_and_says_what_was_finished(tmp_path):
    waits = "import os, time\nfrom pathlib import Path\nPath('pid').write_text(str(os.getpid()))\n"
    lessons = {"01_dot": [RECORD], "02_waits": [waits + "time.sleep(600)"]}
    folder = write_course(tmp_path, lessons)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as under nohup
    try:
        process = start_helpers("--notebooks", folder, "--build", tmp_path / "b", "run")
    finally:
        signal.signal(signal.SIGINT, before)
    pid = folder / "pid"
    wait_until(lambda: pid.is_file() and pid.read_text(), process)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "accuracy 0.505, chance 0.10" in output
    assert "stopped with Ctrl-C: 1 finished, 1 left to run" in output
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
