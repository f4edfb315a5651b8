import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_course import write_course

from helpers.lesson.files import ROOT
from helpers.runner import doctor
from helpers.runner.errors import InputError


def test_every_row_says_what_was_found(tmp_path):
    rows = doctor.examine(tmp_path, tmp_path / "build")
    subjects = [subject for subject, _, _ in rows]
    for subject in (
        "Python",
        "cores",
        "papermill",
        "kernel",
        "home",
        "memory",
        "data",
        "disk",
        "GPU",
    ):
        assert subject in subjects
    assert all(found for _, found, _ in rows)


def test_the_kernel_is_this_python():
    assert doctor.kernel_row() == ("kernel", f"python3, {sys.executable}", "")


def test_the_kernel_is_looked_at_even_where_the_lessons_are_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor, "NOTEBOOKS_FOLDER", tmp_path / "gone")
    assert doctor.kernel_row()[0] == "kernel"


def test_a_missing_kernel_has_a_remedy(monkeypatch):
    class Missing:
        def get_kernel_spec(self, name):
            raise doctor.NoSuchKernel(name)

    monkeypatch.setattr(doctor, "KernelSpecManager", Missing)
    assert doctor.kernel_row()[1:] == (
        "python3 is missing",
        "pip install ipykernel, inside the environment of the course",
    )


@pytest.fixture
def users_kernel(tmp_path, monkeypatch):
    """The kernel.json that Jupyter finds first."""
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    return folder / "kernel.json"


DAMAGED = [
    "",
    "{",
    "[]",
    "[1]",
    "null",
    "{}",
    '{"argv": []}',
    '{"argv": 3}',
    '{"argv": [1]}',
    '{"argv": ["python"], "env": 3}',
    '{"argv": ["python"], "env": {"A": 1}}',
    '{"argv": ["python"], "display_name": 4}',
    '{"argv": ["python"], "metadata": {"kernel_provisioner": 4}}',
    '{"argv": ["python"], "interrupt_mode": "x"}',
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_kernel_of_the_users_is_named(users_kernel, content):
    users_kernel.write_text(content)
    row = doctor.kernel_row()
    remedy = "delete that folder; then pip install ipykernel, inside the environment of the course"
    assert row == ("kernel", f"{users_kernel.parent} is damaged", remedy)
    with pytest.raises(InputError, match="^kernel: .*python3 is damaged: delete that folder"):
        doctor.expect(row)


HERE = Path(sys.executable).parent
STARTED = {
    "/elsewhere/bin/python": "/elsewhere/bin/python, which does not exist",
    str(HERE / "python2.0"): f"{HERE / 'python2.0'}, which does not exist",
    "python2.0": "python2.0, which does not exist",
    "": "nothing, which does not exist",
}
if git := shutil.which("git"):
    STARTED[git] = f"{git}, not this Python"


@pytest.mark.parametrize("program", STARTED)
def test_a_kernel_that_starts_another_python_or_none_is_named(users_kernel, program):
    users_kernel.write_text(json.dumps({"argv": [program, "-m", "ipykernel_launcher"]}))
    subject, found, remedy = doctor.kernel_row()
    assert (subject, found) == ("kernel", f"python3 starts {STARTED[program]}")
    assert remedy.startswith(f"delete {users_kernel.parent}, or run the Python that it names; then")


def write_helpers(folder, content=""):
    (folder / "helpers").mkdir(exist_ok=True)
    (folder / "helpers" / "__init__.py").write_text(content)
    return folder / "helpers"


def test_the_helpers_of_another_copy_are_noticed(tmp_path, monkeypatch):
    other = write_helpers(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    subject, found, remedy = doctor.kernel_row()
    assert (subject, found) == ("kernel", f"python3 would use {other}, not this folder's")
    assert remedy.startswith("unset PYTHONPATH if it names another copy; else 'make setup' in")
    write_helpers(tmp_path, "1 / 0")
    assert doctor.kernel_row()[1] == "python3 would use no helpers, not this folder's"


def test_the_helpers_that_the_kernels_own_variables_name_are_noticed(tmp_path, users_kernel):
    other = write_helpers(tmp_path)
    argv, env = ["python", "-m", "ipykernel_launcher"], {"PYTHONPATH": str(tmp_path)}
    users_kernel.write_text(json.dumps({"argv": argv, "env": env}))
    assert doctor.kernel_row()[1] == f"python3 would use {other}, not this folder's"


@pytest.mark.parametrize("name", ["a copy", "\u043a\u0443\u0440\u0441"])
def test_a_copied_course_is_told_that_its_kernel_would_use_the_first_one(tmp_path, name):
    copy = tmp_path / name
    shutil.copytree(ROOT / "helpers", copy / "helpers")
    (copy / "notebooks").mkdir()
    shutil.copy(ROOT / "requirements.txt", copy)
    write_course(tmp_path)
    surroundings = os.environ | {"PYTHONIOENCODING": "ascii"}

    def call(**more):
        command = [sys.executable, "-m", "helpers", "--notebooks", tmp_path / "notebooks"]
        words = [*command, "--build", tmp_path / "build", "run", "--profile", "ci"]
        return subprocess.run(
            words, cwd=copy, env=surroundings | more, capture_output=True, text=True
        )

    surroundings.pop("PYTHONPATH", None)
    refused = call()
    assert refused.returncode == 2
    *_, error = refused.stderr.splitlines()
    assert error.startswith("error: kernel: python3 would use ")
    assert "not this folder's: unset PYTHONPATH if it names another copy; else" in error
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "build").exists()
    assert call(PYTHONPATH=str(copy)).returncode == 0


def test_a_full_home_has_a_remedy_and_nothing_is_left_there(tmp_path, monkeypatch):
    resource = pytest.importorskip("resource", reason="limits of a process, on POSIX only")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "not yet"))
    assert doctor.home_row() == ("home", f"{tmp_path / 'not yet'}, for IPython's own files", "")
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, most))
    try:
        _, found, remedy = doctor.home_row()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))
    assert found == f"{tmp_path} cannot be written to: File too large"
    assert remedy == "free some space there, or name another folder with IPYTHONDIR"
    assert list(tmp_path.iterdir()) == []


def test_without_semaphores_no_sweep_starts(monkeypatch):
    def read_only():
        raise OSError(30, "Read-only file system")

    assert doctor.semaphore_row() == ("semaphores", "available", "")
    monkeypatch.setattr(doctor.multiprocessing, "Lock", read_only)
    with pytest.raises(InputError, match="semaphores: none: Read-only file system: make /dev/shm"):
        doctor.expect(doctor.semaphore_row())


NEWER = ("memory.max", "memory.current", "inactive_file")
OLDER = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


@pytest.mark.parametrize(
    ("folder", "names", "own"),
    [
        ("", NEWER, "0::/\n"),
        ("batch/job/task", NEWER, "0::/batch/job/task/step\n"),
        ("memory", OLDER, "4:memory:/docker/0123\n0::/\n"),
        ("memory/batch/job", OLDER, "4:memory:/batch/job\n2:cpu:/\n"),
    ],
)
def test_a_containers_memory_is_its_limit_less_what_it_cannot_give_up(tmp_path, folder, names, own):
    (tmp_path / "own").write_text(own)
    unlimited = doctor.free_memory(tmp_path, tmp_path / "own")
    group = tmp_path / folder
    group.mkdir(parents=True, exist_ok=True)
    limit, usage, cache = names
    (group / usage).write_text("3000000\n")
    (group / "memory.stat").write_text(f"anon 5\n{cache} 1000000\n")
    for content in ("max", "9223372036854771712"):
        (group / limit).write_text(f"{content}\n")
        assert doctor.free_memory(tmp_path, tmp_path / "own") == pytest.approx(unlimited, rel=0.5)
    (group / limit).write_text("5000000\n")
    assert doctor.free_memory(tmp_path, tmp_path / "own") == 3_000_000
    (group / limit).write_text("1000000\n")
    assert doctor.free_memory(tmp_path, tmp_path / "own") == 0


@pytest.mark.parametrize(("available", "well"), [(1.9, False), (2.0, True), (16.0, True)])
def test_little_memory_has_a_remedy(available, well):
    assert (doctor.memory_row(available)[2] == "") is well


def test_a_folder_is_judged_by_what_it_holds(tmp_path):
    assert doctor.folder_row("data", tmp_path / "none", "*.npz", "mend") == (
        "data",
        f"{tmp_path / 'none'} is missing",
        "mend",
    )
    assert doctor.folder_row("data", tmp_path, "*.npz", "mend")[2] == "mend"
    (tmp_path / "a.npz").touch()
    assert doctor.folder_row("data", tmp_path, "*.npz", "mend")[2] == ""


def test_the_cache_may_be_empty_and_may_hold_data_sets(tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_COURSE_CACHE", str(tmp_path))
    assert doctor.cache_row()[1].endswith("nothing downloaded yet")
    (tmp_path / "mnist").mkdir()
    assert doctor.cache_row() == ("cache", f"{tmp_path}, mnist", "")


def test_a_user_without_a_home_folder_is_told_where_to_say_one(monkeypatch):
    def no_home():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("SSL_COURSE_CACHE", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.setattr(Path, "expanduser", lambda path: no_home())
    assert "set SSL_COURSE_CACHE" in doctor.cache_row()[2]


def test_a_folder_that_cannot_be_written_has_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    _, found, remedy = doctor.disk_row(tmp_path)
    assert found == f"{tmp_path} cannot be written to"
    assert "--build" in remedy


def test_a_file_in_the_place_of_the_build_folder_has_a_remedy(tmp_path):
    (tmp_path / "build").write_text("a file")
    for build in (tmp_path / "build", tmp_path / "build" / "laptop"):
        assert doctor.disk_row(build)[1:] == (
            f"{tmp_path / 'build'} cannot be written to",
            "choose another folder with SSL_COURSE_BUILD or --build",
        )


def test_a_full_disk_has_a_remedy(tmp_path, monkeypatch):
    assert doctor.disk_row(tmp_path / "not" / "yet")[1].endswith(f"free in {tmp_path}, 2 needed")
    usage = type("Usage", (), {"free": 1})()
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage)
    assert "free some space" in doctor.disk_row(tmp_path)[2]


def test_a_graphics_card_is_named_if_there_is_one_and_never_missed(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda program: None)
    assert doctor.gpu_row() == ("GPU", "none found, none needed", "")
    monkeypatch.setattr(doctor.shutil, "which", lambda program: program)
    answer = subprocess.CompletedProcess([], 0, stdout="Big Card, 8192 MiB\n")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *a, **k: answer)
    assert doctor.gpu_row() == ("GPU", "Big Card, 8192 MiB", "")

    def silent(*arguments, **options):
        raise subprocess.TimeoutExpired("nvidia-smi", 10)

    monkeypatch.setattr(doctor.subprocess, "run", silent)
    assert doctor.gpu_row() == ("GPU", "nvidia-smi does not answer; none needed", "")
