import subprocess
import sys

import pytest

from helpers.runner import doctor


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

    monkeypatch.setattr(doctor, "KernelSpecManager", Missing)
    assert doctor.kernel_row()[1:] == (
        "python3 is missing",
        "pip install ipykernel, inside the environment of the course",
    )
    monkeypatch.setattr(doctor, "KernelSpecManager", Other)
    _, found, remedy = doctor.kernel_row()
    assert "not this Python" in found
    assert remedy


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


def test_the_cache_may_be_empty_and_may_hold_data_sets(tmp_path):
    assert doctor.cache_row(tmp_path / "none")[1].endswith("nothing downloaded yet")
    (tmp_path / "mnist").mkdir()
    assert doctor.cache_row(tmp_path) == ("cache", f"{tmp_path}, mnist", "")


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
