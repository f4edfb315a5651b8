import io
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stdout

import pytest
from tiny_course import RECORD, write_course, write_notebook

from helpers.__main__ import main
from helpers.runner import console


@pytest.fixture
def top(tmp_path):
    """A folder with a course of its own, to change and to run."""
    write_course(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A folder with a course that stays as it is: nothing runs in it."""
    folder = tmp_path_factory.mktemp("shared")
    write_course(folder)
    return folder


def call(top, *arguments):
    folders = ["--notebooks", str(top / "notebooks"), "--build", str(top / "build")]
    return main([*folders, *arguments])


HOSTILE_ARGUMENTS = [
    ("lst", "No such command 'lst'. Did you mean 'list'?"),
    ("runn", "No such command 'runn'. Did you mean 'run'?"),
    ("--nonsense", "No such option '--nonsense'."),
    ("run --profle ci", "No such option '--profle'. Did you mean '--profile'?"),
    ("run --profile", "Option '--profile' requires an argument."),
    ("run --profile cii", "unknown profile 'cii'; did you mean 'ci'?"),
    ("run --profile laptop/../ci", "unknown profile 'laptop/../ci'"),
    ("run 01_dott", "unknown lesson '01_dott'; did you mean '01_dot'?"),
    ("run ../notebooks/01_dot.ipynb", "unknown lesson '../notebooks/01_dot.ipynb'"),
    ("run 01_dot nonsense", "unknown lesson 'nonsense'"),
    ("run -p", "Option '-p' requires an argument."),
    ("run -p epochs", "-p 'epochs': write it as NAME=VALUE"),
    ("run -p =5", "-p '=5': write it as NAME=VALUE"),
    ("run -p epoch=5", "unknown parameter 'epoch'; did you mean 'epochs'?"),
    ("run -p Epochs=5", "unknown parameter 'Epochs'; did you mean 'epochs'?"),
    ("run -p epochs=5 -p epochs=6", "the parameter 'epochs' is given twice"),
    ("run -p epochs=", "epochs is a whole number (int), got nothing"),
    ("run -p epochs=abc", "epochs is a whole number (int), got 'abc'; the default is 5"),
    ("run -p epochs=-1", "epochs=-1 is outside its range, 1 to 200"),
    ("run -p epochs=2.5", "epochs is a whole number (int), got 2.5"),
    ("run -p epochs=true", "epochs is a whole number (int), got True"),
    ("run -p epochs=[5]", "epochs is a whole number (int), got a list"),
    ("run -p epochs={a:1}", "epochs is a whole number (int), got a mapping"),
    ("run -p epochs=[5", "epochs='[5': not valid YAML"),
    ("run -p epochs=!!python/name:os.system", "the tag '!!python/name:os.system' is not allowed"),
    ("run -p epochs=1e999", "epochs is a whole number (int), got inf"),
    ("run -p learning_rate=fast", "learning_rate is a number (float), got 'fast'"),
    ("run -p learning_rate=.nan", "learning_rate=nan is outside its range, 0.0001 to 1"),
    ("run -p learning_rate=2", "learning_rate=2 is outside its range"),
    ("run -p label_counts=100", "label_counts is a list of int, got 100; write it in brackets"),
    ("run -p label_counts=[]", "label_counts needs at least one value"),
    ("run -p label_counts=[100,1]", "label_counts=1 is outside its range, 10 to 60000"),
    ("run -p verbose=yes", "verbose is true or false (bool), got 'yes'"),
    ("run -p dataset=mnist5k", "unknown dataset 'mnist5k'; did you mean 'mnist-5k'?"),
    ("run -p dataset=../../etc/passwd", "a path must be a folder or an .npz file"),
    ("run -p dataset=/dev/null", "a path must be a folder or an .npz file"),
    ("sweep", "Missing argument 'SWEEP.yaml'."),
    ("sweep none.yaml", "cannot read 'none.yaml': No such file or directory"),
    ("sweep none.yaml --workers 0", "0 is not in the range x>=1"),
    ("sweep none.yaml --workers many", "'many' is not a valid integer"),
    ("sweep none.yaml --shceduler x", "No such option '--shceduler'. Did you mean '--scheduler'?"),
    ("sweep none.yaml --scheduler tcp://a:1 --workers 2", "--workers is for a local cluster"),
    ("list 01_dott", "unknown lesson '01_dott'; did you mean '01_dot'?"),
    ("list --all", "No such option '--all'."),
    ("doctor now", "Got unexpected extra argument (now)"),
    ("refresh", "no lesson has been run: first 'python -m helpers run'"),
    ("refresh 01_dott", "unknown lesson '01_dott'"),
]


@pytest.mark.parametrize(("line", "message"), HOSTILE_ARGUMENTS)
def test_a_wrong_command_is_refused_in_one_line(shared, capsys, line, message):
    assert call(shared, *line.split()) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    assert not (shared / "build").exists()


HOSTILE_FILES = [
    ("profiles.yaml", "", "profiles.yaml is empty"),
    ("profiles.yaml", "# nothing\n", "profiles.yaml is empty"),
    ("profiles.yaml", "ci: [", "profiles.yaml: not valid YAML"),
    ("profiles.yaml", "ci: {}\nci: {}\n", "line 2: not valid YAML: the key 'ci' appears twice"),
    ("profiles.yaml", "ci: !!python/object:os.system {}\n", "is not allowed, write a plain value"),
    ("profiles.yaml", "ci: &all {}\nfull: *all\n", "the anchor or alias 'all' is not allowed"),
    ("profiles.yaml", "- ci\n", "expected 'name: value' lines, got a list"),
    ("profiles.yaml", "ci: {timeout: 5}\n", "unknown key 'timeout'; did you mean 'cell_timeout'"),
    ("lessons.yaml", "", "lessons.yaml is empty"),
    ("lessons.yaml", "{}", "01_dot.ipynb is not in"),
    ("lessons.yaml", "01_dot: {sumary: a}", "unknown key 'sumary'; did you mean 'summary'"),
    ("lessons.yaml", "01_dot: {summary: a, headline: '{a}'}", "headline: unknown metric 'a'"),
    ("01_dot.ipynb", "", "01_dot.ipynb is not a notebook"),
    ("01_dot.ipynb", "{}", "01_dot.ipynb is not a notebook"),
]


@pytest.mark.parametrize(("name", "content", "message"), HOSTILE_FILES)
def test_a_wrong_file_is_refused_in_one_line_that_names_it(top, capsys, name, content, message):
    (top / "notebooks" / name).write_text(content)
    assert call(top, "run") == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert name in printed.err
    assert printed.err.count("\n") == 1
    assert not (top / "build").exists()


CONFLICT = '{"cells": [\n<<<<<<< HEAD\n'


def test_a_stray_notebook_is_left_out_with_a_warning_and_stops_nothing_else(top, capsys):
    folder = top / "notebooks"
    shutil.copyfile(folder / "01_dot.ipynb", folder / "01_dot-Copy1.ipynb")
    (folder / "02_conflict.ipynb").write_text(CONFLICT)
    write_notebook(folder / "03_half.ipynb", parameters="epochs: int = ")
    with (folder / "lessons.yaml").open("a") as file:
        file.write("02_conflict: {summary: two versions}\n03_half: {summary: half}\n")
    assert call(top, "list") == 0
    printed = capsys.readouterr()
    assert "01_dot" in printed.out
    assert "Copy1" not in printed.out
    copy, conflict, half = printed.err.splitlines()
    assert copy.startswith("left out: 01_dot-Copy1.ipynb is not in")
    assert copy.endswith("lessons.yaml: delete it, or add what it promises")
    assert "02_conflict.ipynb is not a notebook" in conflict
    assert "03_half.ipynb, parameters cell, line 1: invalid syntax" in half
    assert call(top, "run", "03_half") == 2
    assert "error: 03_half.ipynb, parameters cell" in capsys.readouterr().err.splitlines()[-1]
    assert call(top, "run", "--profile", "ci") == 0


def test_a_refusal_loads_nothing_that_takes_long(shared):
    folders = ["--notebooks", str(shared / "notebooks")]
    code = f"""
import sys
from helpers.__main__ import main
assert main({folders!r} + ["run", "nope"]) == 2
print(*(name for name, module in sys.modules.items() if module))
"""
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    slow = {"papermill", "distributed", "pandas", "matplotlib", "sklearn", "rfc3987_syntax"}
    assert not slow & set(loaded.stdout.split())


@pytest.mark.parametrize("value", ["", "0", "abc"])
@pytest.mark.parametrize("command", ["run", "doctor"])
def test_a_wrong_number_of_threads_is_one_line(shared, capsys, monkeypatch, command, value):
    monkeypatch.setenv("SSL_COURSE_THREADS", value)
    assert call(shared, command) == 2
    assert capsys.readouterr().err.startswith(f"error: SSL_COURSE_THREADS={value!r}: give a whole")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_folder_that_the_console_cannot_show_stops_nothing(tmp_path, encoding):
    folder = write_course(tmp_path / "\u043a\u0443\u0440\u0441")
    command = [
        sys.executable,
        "-m",
        "helpers",
        "--notebooks",
        folder,
        "--build",
        tmp_path / "\u6e2c",
    ]
    surroundings = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    for words in (["run"], ["doctor"]):
        done = subprocess.run([*command, *words], env=surroundings, capture_output=True, cwd="/")
        assert b"Traceback" not in done.stderr
        assert b"laptop" in done.stdout or b"lessons use" in done.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no user without a home folder")
@pytest.mark.parametrize("command", ["run", "doctor", "refresh"])
def test_a_user_without_a_home_folder_is_told_to_name_one(shared, command):
    code = f"""
import pwd, sys
def unknown(number):
    raise KeyError(number)
pwd.getpwuid = unknown
from helpers.__main__ import main
sys.exit(main(["--notebooks", {str(shared / "notebooks")!r}, {command!r}]))
"""
    unset = {"HOME", "SSL_COURSE_CACHE"}
    surroundings = {name: value for name, value in os.environ.items() if name not in unset}
    done = subprocess.run(
        [sys.executable, "-c", code], env=surroundings, capture_output=True, text=True
    )
    *_, error = done.stderr.splitlines()
    assert error == "error: no home folder is known: set HOME to a folder of your own"
    assert "Traceback" not in done.stderr
    assert done.returncode == 2


def test_a_build_folder_of_a_user_who_does_not_exist_is_refused(shared, monkeypatch, capsys):
    monkeypatch.setenv("SSL_COURSE_BUILD", "~nosuchuser/build")
    assert main(["--notebooks", str(shared / "notebooks"), "list"]) == 2
    (error,) = capsys.readouterr().err.splitlines()
    assert error.startswith("error: SSL_COURSE_BUILD=~nosuchuser/build: ")
    assert error.endswith("Give a full path")


def test_the_output_may_go_to_what_is_no_console(shared):
    with redirect_stdout(io.StringIO()) as printed:
        assert call(shared, "list") == 0
    assert "01_dot" in printed.getvalue()


SWEEP = "description: d\nlesson: 01_dot\nparameters: {epochs: [1]}\nfigure: "
FIGURE = "{x: epochs, y: [accuracy], label: a}\n"
HOSTILE_SWEEPS = [
    ("", "sweep.yaml is empty"),
    ("- a\n- b\n", "expected 'name: value' lines, got a list"),
    ("lesson: [\n", "not valid YAML"),
    ("lesson: !!python/object/apply:os.system [ls]\n", "is not allowed, write a plain value"),
    (SWEEP + FIGURE + "lesson: 01_dot\n", "line 5: not valid YAML: the key 'lesson' appears twice"),
    (SWEEP + FIGURE + "workers: 4\n", "unknown key 'workers'"),
    (SWEEP + "\n", "figure: expected 'name: value' lines, got nothing"),
    (SWEEP + "{x: epoch, y: [accuracy], label: a}\n", "unknown parameter 'epoch'"),
    (SWEEP + "{x: epochs, y: [acuracy], label: a}\n", "unknown metric 'acuracy'"),
    (
        SWEEP.replace("[1]", "1") + FIGURE,
        "epochs is a list of values to try, in brackets, got 1",
    ),
    (SWEEP.replace("[1]", "[one]") + FIGURE, "epochs is a whole number (int), got 'one'"),
    (SWEEP.replace("[1]", "[1, 500]") + FIGURE, "epochs=500 is outside its range, 1 to 200"),
    (SWEEP.replace("01_dot", "[01_dot]") + FIGURE, "lesson is text, got a list"),
    (SWEEP.replace("01_dot", "02_dot") + FIGURE, "unknown lesson '02_dot'; did you mean '01_dot'"),
]


@pytest.mark.parametrize(("content", "message"), HOSTILE_SWEEPS)
def test_a_wrong_sweep_is_refused_in_one_line_that_names_its_file(
    shared, tmp_path, capsys, content, message
):
    path = tmp_path / "sweep.yaml"
    path.write_text(content)
    assert call(shared, "sweep", str(path)) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert "sweep.yaml" in printed.err
    assert printed.err.count("\n") == 1
    assert not (shared / "build").exists()


def test_a_missing_file_and_a_missing_folder_are_refused(top, capsys):
    (top / "notebooks" / "profiles.yaml").unlink()
    assert call(top, "run") == 2
    assert "profiles.yaml': No such file or directory" in capsys.readouterr().err
    assert call(top / "nowhere", "list") == 2
    assert "no lessons in" in capsys.readouterr().err


def test_the_list_goes_to_standard_output(shared, capsys):
    assert call(shared, "list") == 0
    assert "epochs: int = 5  [1 to 200]" in capsys.readouterr().out


def test_a_run_ends_with_its_table_and_status_zero(top, capsys):
    assert call(top, "run", "--profile", "ci") == 0
    printed = capsys.readouterr()
    assert printed.err == "1 lesson, profile ci: quick\n" + printed.err.splitlines()[1] + "\n"
    assert "01_dot" in printed.out
    assert "accuracy 0.501, chance 0.1" in printed.out
    assert (top / "build" / "ci" / "results.json").is_file()


def test_a_run_with_a_failure_ends_with_status_one_and_both_reports(tmp_path, capsys):
    write_course(tmp_path, {"01_broken": ["1 / 0"], "02_dot": [RECORD]})
    assert call(tmp_path, "run") == 1
    printed = capsys.readouterr()
    assert "01_broken failed at In [2]:\n    1 / 0\n  ZeroDivisionError" in printed.err
    assert "02_dot" in printed.out
    assert "failed:  01_broken, see" in printed.out


@pytest.mark.parametrize("command", [[], ["run"], ["sweep"], ["list"], ["doctor"], ["refresh"]])
def test_every_command_teaches_its_use(capsys, command):
    assert main([*command, "--help"]) == 0
    assert "Usage: python -m helpers" in capsys.readouterr().out


def test_no_command_at_all_shows_the_help(capsys):
    assert main([]) == 2
    assert "Run every lesson:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "status", "line"),
    [
        ([("kernel", "python3", "")], 0, "all is well"),
        ([("kernel", "missing", "install it")], 1, "kernel  missing  -> install it"),
    ],
)
def test_the_doctor_prints_a_line_each_and_counts_what_to_mend(
    shared, capsys, monkeypatch, rows, status, line
):
    from helpers.runner import doctor

    monkeypatch.setattr(doctor, "examine", lambda notebooks, build: rows)
    assert call(shared, "doctor") == status
    assert line in capsys.readouterr().out


def test_a_full_disk_is_one_line_and_status_one(top, capsys, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device", "results.json")

    monkeypatch.setattr(console, "run_and_report", full)
    assert call(top, "run") == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: cannot read or write results.json: No space left on device;")


def test_a_build_folder_that_cannot_be_made_is_one_line_and_status_one(top, capsys):
    (top / "build").write_text("a file, where a folder is needed")
    assert call(top, "run") == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("error: cannot read or write")
    assert str(top / "build") in error


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_read_only_build_folder_is_one_line_and_status_one(top, capsys):
    (top / "build").mkdir(mode=0o555)
    assert call(top, "run") == 1
    assert "Permission denied" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("limit", [100_000, 1000])
def test_a_disk_that_fills_up_leaves_one_line_and_no_half_file(top, capsys, limit):
    resource = pytest.importorskip("resource", reason="limits of a process, on POSIX only")
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
    try:
        assert call(top, "run") == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
    errors = capsys.readouterr().err
    assert errors.splitlines()[-1].startswith("error: cannot read or write")
    assert "File too large" in errors
    assert "Traceback" not in errors
    written = [path.name for path in (top / "build").rglob("*") if path.is_file()]
    assert set(written) <= {"01_dot.ipynb", "01_dot.lock"}
    assert not (top / "build" / "laptop" / "notebooks").exists()


def test_it_runs_as_a_module_without_a_traceback(shared):
    command = [sys.executable, "-m", "helpers", "--notebooks", str(shared / "notebooks")]
    lines = [["list"], ["run", "01_dott"]]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    good, bad = (subprocess.Popen([*command, *line], **pipes) for line in lines)
    assert (good.communicate()[1], good.returncode) == ("", 0)
    error = "error: unknown lesson '01_dott'; did you mean '01_dot'?\n"
    assert (bad.communicate()[1], bad.returncode) == (error, 2)
