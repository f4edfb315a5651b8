import subprocess
import sys
from pathlib import Path

import pytest

from helpers.lesson.files import ROOT
from helpers.runner import doctor
from helpers.runner.errors import InputError


def test_every_row_says_what_was_found(tmp_path):
    rows = doctor.examine(tmp_path, tmp_path / "build")
    subjects = [subject for subject, _, _ in rows]
    for subject in ("Python", "cores", "papermill", "kernel", "memory", "data", "disk", "GPU"):
        assert subject in subjects
    assert all(found for _, found, _ in rows)


def test_the_kernel_is_this_python():
    assert doctor.kernel_row() == ("kernel", f"python3, {sys.executable}", "")


def test_a_missing_kernel_and_one_of_another_python_have_a_remedy(monkeypatch):
    class Missing:
        def get_kernel_spec(self, name):
            raise doctor.NoSuchKernel(name)

    class Other:
        argv = ("/elsewhere/bin/python",)

        def get_kernel_spec(self, name):
            return self

        def find_kernel_specs(self):
            return {"python3": "/home/me/kernels/python3"}

    monkeypatch.setattr(doctor, "KernelSpecManager", Missing)
    assert doctor.kernel_row()[1:] == (
        "python3 is missing",
        "pip install ipykernel, inside the environment of the course",
    )
    monkeypatch.setattr(doctor, "KernelSpecManager", Other)
    _, found, remedy = doctor.kernel_row()
    assert "not this Python" in found
    assert remedy.startswith("delete /home/me/kernels/python3, or run the Python that it names")


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"argv": []}'])
def test_a_damaged_kernel_of_the_users_is_named(tmp_path, monkeypatch, content):
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(content)
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    _, _, remedy = doctor.kernel_row()
    assert f"delete {folder}" in remedy or "delete that folder" in remedy
    with pytest.raises(InputError, match="^kernel: .*python3.*pip install ipykernel"):
        doctor.expect_kernel()


def test_the_helpers_of_another_copy_are_noticed(tmp_path, monkeypatch):
    assert doctor.imported_helpers(sys.executable) == ROOT / "helpers"
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert doctor.imported_helpers(sys.executable) == tmp_path / "helpers"
    with pytest.raises(InputError, match="would use .*, not this folder's: unset PYTHONPATH"):
        doctor.expect_kernel()
    (tmp_path / "helpers" / "__init__.py").write_text("1 / 0")
    assert doctor.imported_helpers(sys.executable) is None


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
