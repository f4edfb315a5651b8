import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from tiny_course import PROFILES, PROMISE, RECORD, write_course

from helpers.lesson.files import BUILD_VARIABLE
from helpers.lesson.results import STRICT_VARIABLE
from helpers.runner import execution as runner
from helpers.runner.errors import InputError
from helpers.runner.execution import finished_lessons, kernel_environment, run_jobs
from helpers.runner.jobs import plan, read_course
from helpers.runner.reports import Failed, Finished

TWO = {"01_dot": [RECORD], "02_other": ["rows = label_counts"]}


def run_all(top, *assignments, profile="laptop", **course):
    folder = write_course(top, **course)
    jobs = plan(read_course(folder), [], profile, assignments, top / "build")
    return list(run_jobs(jobs))


def test_a_plan_has_the_chosen_lessons_after_those_they_need(tmp_path):
    promises = {"01_dot": {**PROMISE, "needs": ["02_other"]}}
    course = read_course(write_course(tmp_path, TWO, promises))
    names = [job.lesson.name for job in plan(course, [], "laptop", [], tmp_path)]
    assert names == ["02_other", "01_dot"]
    assert [job.lesson.name for job in plan(course, ["01_dot"], "laptop", [], tmp_path)] == [
        "01_dot"
    ]


def test_what_is_given_on_the_command_line_overrides_the_profile_and_ends_strictness(tmp_path):
    course = read_course(write_course(tmp_path))
    (own,) = plan(course, [], "laptop", [], tmp_path)
    (quick,) = plan(course, [], "ci", ["verbose=true"], tmp_path)
    (given,) = plan(course, [], "laptop", ["epochs=9"], tmp_path)
    assert (own.overrides, own.strict) == ({}, True)
    assert (quick.overrides, quick.strict) == ({"epochs": 1, "verbose": True}, False)
    assert (given.overrides, given.strict) == ({"epochs": 9}, False)
    assert quick.folder == tmp_path / "ci"


@pytest.mark.parametrize(
    ("names", "profile", "assignments", "message"),
    [
        (["01_dott"], "laptop", [], "unknown lesson '01_dott'; did you mean '01_dot'"),
        ([], "labtop", [], "unknown profile 'labtop'; did you mean 'laptop'"),
        ([], "laptop", ["epoch=3"], "unknown parameter 'epoch'; did you mean 'epochs'"),
        ([], "laptop", ["epochs"], "write it as NAME=VALUE"),
        ([], "laptop", ["=3"], "write it as NAME=VALUE"),
        ([], "laptop", ["epochs=3", "epochs=4"], "'epochs' is given twice"),
        ([], "laptop", ["epochs=0"], "01_dot: epochs=0 is outside its range"),
    ],
)
def test_what_does_not_exist_is_refused_before_anything_runs(
    tmp_path, names, profile, assignments, message
):
    course = read_course(write_course(tmp_path))
    with pytest.raises(InputError, match=message):
        plan(course, names, profile, assignments, tmp_path / "build")
    assert not (tmp_path / "build").exists()


def test_the_kernels_variables_are_set_for_a_block_only(tmp_path, monkeypatch):
    monkeypatch.setenv(BUILD_VARIABLE, "before")
    monkeypatch.delenv(STRICT_VARIABLE, raising=False)
    with pytest.raises(KeyError), kernel_environment(tmp_path, strict=True, threads=1):
        assert os.environ[BUILD_VARIABLE] == str(tmp_path)
        assert os.environ["SSL_COURSE_THREADS"] == os.environ["OMP_NUM_THREADS"] == "1"
        assert os.environ[STRICT_VARIABLE] == "1"
        raise KeyError
    assert os.environ[BUILD_VARIABLE] == "before"
    assert STRICT_VARIABLE not in os.environ


def test_a_finished_lesson_leaves_notebook_page_and_metrics(tmp_path):
    probe = """
import os, sys
from pathlib import Path
print(Path.cwd().name, Path(os.environ["SSL_COURSE_BUILD"]).name, os.environ["SSL_COURSE_STRICT"])
for step in range(3):
    print(f"\\rstep {step}", end="", flush=True)
print()
"""
    (run,) = run_all(tmp_path / "my {own} course", lessons={"01_dot": [probe, RECORD]})
    assert isinstance(run, Finished)
    assert run.metrics == {"accuracy": 0.505, "chance": 0.1}
    assert (run.strict, run.figures, run.cells) == (True, 1, 3)
    assert run.parameters["epochs"] == 5
    assert run.seconds > 0
    executed = nbformat.read(run.notebook, as_version=4)
    assert executed.cells[2].outputs[0].text == "notebooks laptop 1\nstep 2\n"
    page = run.html.read_text(encoding="utf-8")
    assert 'alt="one dot"' in page
    assert "data:image/png;base64" in page
    assert not list(run.notebook.parents[1].glob("unfinished/*"))


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


def test_a_finished_run_is_kept_until_something_changes_or_force_repeats_it(tmp_path):
    folder = write_course(tmp_path)
    jobs = plan(read_course(folder), [], "laptop", [], tmp_path / "build")
    (first,) = run_jobs(jobs)
    stamp = first.notebook.stat().st_mtime_ns
    first.html.unlink()
    (second,) = run_jobs(jobs)
    assert (first.kept, second.kept) == (False, True)
    assert second.metrics == first.metrics
    assert first.notebook.stat().st_mtime_ns == stamp
    assert first.html.is_file()
    (forced,) = run_jobs(jobs, force=True)
    assert not forced.kept
    assert first.notebook.stat().st_mtime_ns != stamp


def test_a_half_written_notebook_is_never_taken_for_finished(tmp_path):
    folder = write_course(tmp_path)
    (job,) = plan(read_course(folder), [], "laptop", [], tmp_path / "build")
    job.notebook.parent.mkdir(parents=True)
    job.notebook.write_text('{"cells": [')
    assert finished_lessons(read_course(folder), job.folder) == []
    (run,) = run_jobs([job])
    assert not run.kept
    assert finished_lessons(read_course(folder), job.folder) == [run]


def test_a_missing_kernel_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "KERNEL", "python9")
    with pytest.raises(InputError, match="the kernel 'python9' is missing: pip install ipykernel"):
        run_all(tmp_path)


def test_a_lesson_that_breaks_a_promise_has_failed(tmp_path):
    promises = {"01_dot": {**PROMISE, "figures": 2}}
    (failed,) = run_all(tmp_path, promises=promises)
    assert failed.error == "it ran to its end, but it drew 1 figures, and promises 2"
    assert failed.notebook.is_file()
    assert not (tmp_path / "build" / "laptop" / "notebooks").exists()


def test_a_cell_that_hangs_is_ended_and_a_kernel_that_dies_is_reported(tmp_path):
    lessons = {
        "01_hangs": ["import time\ntime.sleep(600)"],
        "02_dies": ["import os\nos._exit(9)"],
    }
    profiles = {**PROFILES, "ci": {**PROFILES["ci"], "cell_timeout": 1, "lessons": {}}}
    hangs, dies = run_all(tmp_path, profile="ci", lessons=lessons, promises={}, profiles=profiles)
    assert hangs.error == "the cell took longer than 1 s, the profile's cell_timeout"
    assert (hangs.cell, hangs.source) == ("In [2]", "import time\ntime.sleep(600)")
    assert dies.error == "the kernel died: most often it ran out of memory"
    assert dies.source == "import os\nos._exit(9)"


def test_ctrl_c_stops_the_kernel_and_says_what_was_finished(tmp_path):
    waits = "import os, time\nfrom pathlib import Path\nPath('pid').write_text(str(os.getpid()))\n"
    lessons = {"01_dot": [RECORD], "02_waits": [waits + "time.sleep(600)"]}
    folder = write_course(tmp_path, lessons)
    command = [sys.executable, "-m", "helpers", "--notebooks", folder, "--build", tmp_path / "b"]
    process = subprocess.Popen([*command, "run"], stdout=subprocess.PIPE, text=True)
    pid = folder / "pid"
    while not (pid.is_file() and pid.read_text()):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "accuracy 0.505, chance 0.10" in output
    assert "stopped with Ctrl-C: 1 finished, 1 left to run" in output
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
