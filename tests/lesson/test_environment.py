"""Settings of the machine, and the two lists of packages that must be one."""

import io
import json
import os
import subprocess
import sys
import tomllib
from types import ModuleType

import pytest
import yaml
from joblib.externals.loky.backend import context

from helpers.install import CPU_BUILDS
from helpers.lesson import environment
from helpers.lesson.environment import (
    SPIN_VARIABLE,
    SPINS,
    THREADS_VARIABLE,
    available_cores,
    environment_report,
    installed_version,
    pinned_versions,
    prepare_keras,
    prepare_torch,
    threads,
)
from helpers.lesson.files import ROOT


def test_threads_follow_the_environment_variable(monkeypatch):
    monkeypatch.setenv(THREADS_VARIABLE, "3")
    assert threads() == 3


def test_threads_are_the_cores_but_at_most_four(monkeypatch):
    monkeypatch.delenv(THREADS_VARIABLE, raising=False)
    monkeypatch.setattr(environment, "available_cores", lambda: 2)
    assert threads() == 2
    monkeypatch.setattr(environment, "available_cores", lambda: 64)
    assert threads() == 4


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "100000 100000"}, 1),
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu.max": "max 100000"}, 3),
        ({"cpu/cpu.cfs_quota_us": "200000", "cpu/cpu.cfs_period_us": "100000"}, 2),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 3),
    ],
)
def test_a_containers_share_of_the_cores_is_seen(monkeypatch, files, cores):
    monkeypatch.delenv("LOKY_MAX_CPU_COUNT", raising=False)
    monkeypatch.setattr(context.os, "cpu_count", lambda: 3)
    monkeypatch.setattr(context.os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    held = {f"/sys/fs/cgroup/{name}": content for name, content in files.items()}
    monkeypatch.setattr(context.os.path, "exists", held.__contains__)
    monkeypatch.setattr(context, "open", lambda name: io.StringIO(held[name]), raising=False)
    assert available_cores() == cores


def test_a_wrong_number_of_cores_names_its_variable(monkeypatch):
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "abc")
    with pytest.raises(ValueError, match="LOKY_MAX_CPU_COUNT='abc': give a whole number"):
        available_cores()


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", ""])
def test_a_wrong_number_of_threads_is_refused(monkeypatch, value):
    monkeypatch.setenv(THREADS_VARIABLE, value)
    with pytest.raises(ValueError, match=f"{THREADS_VARIABLE}='{value}': give a whole number"):
        threads()


@pytest.mark.parametrize("prepare", [prepare_keras, prepare_torch])
@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused_before_any_framework_loads(prepare, seed):
    with pytest.raises(ValueError, match="seed must be between 0 and"):
        prepare(seed)
    assert not {"tensorflow", "torch"} & set(sys.modules)


@pytest.mark.parametrize(
    ("prepare", "loaded"), [(prepare_keras, "torch"), (prepare_torch, "tensorflow")]
)
def test_the_frameworks_refuse_to_share_a_process(monkeypatch, prepare, loaded):
    monkeypatch.setitem(sys.modules, loaded, ModuleType(loaded))
    with pytest.raises(RuntimeError, match=f"{loaded} is already loaded.*restart the kernel"):
        prepare(0)


def in_a_child(code, **settings):
    """Run code in a process of its own, with none of our settings but these; return the process."""
    ours = {THREADS_VARIABLE, "OMP_WAIT_POLICY", "CUDA_VISIBLE_DEVICES", SPIN_VARIABLE}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=kept | settings,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )


SHOW_TORCH = """
from helpers.lesson.environment import prepare_torch
prepare_torch(7)
import json, os, torch
print(json.dumps({
    "threads": torch.get_num_threads(),
    "deterministic": torch.are_deterministic_algorithms_enabled(),
    "seed": torch.initial_seed(),
    "spinning": os.environ.get("GOMP_SPINCOUNT"),
}))
"""


def test_pytorch_is_really_set_as_the_report_says():
    code = f"{SHOW_TORCH}\nprepare_torch(8)"
    done = in_a_child(code, **{THREADS_VARIABLE: "3"}, OMP_DISPLAY_ENV="VERBOSE")
    report, found, again = done.stdout.splitlines()
    assert report.endswith(", 3 threads, seed 7, deterministic operations")
    assert again == report.replace("seed 7", "seed 8")
    assert json.loads(found) == {
        "threads": 3,
        "deterministic": True,
        "seed": 7,
        "spinning": SPINS if sys.platform == "linux" else None,
    }
    if sys.platform == "linux":  # what OMP_DISPLAY_ENV has OpenMP itself say, as torch loads it
        assert f"GOMP_SPINCOUNT = '{SPINS}'" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="GNU's OpenMP is Linux's")
def test_a_torch_that_was_loaded_too_early_is_reported_with_the_remedy():
    report, late, found = in_a_child(f"import torch\n{SHOW_TORCH}").stdout.splitlines()
    assert report.startswith("PyTorch ")
    assert late.startswith("torch was loaded before, so its waiting threads slow down other")
    assert late.endswith("call prepare_torch before 'import torch'")
    assert json.loads(found)["deterministic"]


@pytest.mark.parametrize("loaded", [False, True], ids=["in time", "after torch was loaded"])
@pytest.mark.parametrize("settings", [{SPIN_VARIABLE: "5"}, {"OMP_WAIT_POLICY": "ACTIVE"}])
def test_how_threads_wait_is_left_to_a_user_who_has_said_so(monkeypatch, settings, loaded):
    monkeypatch.setattr(environment.os, "environ", dict(settings))
    if loaded:
        monkeypatch.setitem(sys.modules, "torch", ModuleType("torch"))
    assert environment._wait_briefly()
    assert environment.os.environ == settings


def test_tensorflow_is_really_set_as_the_report_says():
    code = """
from helpers.lesson.environment import prepare_keras
prepare_keras(7)
import json, keras, tensorflow as tf
from tensorflow.python.framework import config
keras.random.normal((2,))
print(json.dumps({
    "backend": keras.backend.backend(),
    "threads within": tf.config.threading.get_intra_op_parallelism_threads(),
    "threads between": tf.config.threading.get_inter_op_parallelism_threads(),
    "deterministic": config.is_op_determinism_enabled(),
}))
"""
    done = in_a_child(code, **{THREADS_VARIABLE: "3"})
    report, found = done.stdout.splitlines()
    assert report.endswith(", 3 threads, seed 7, deterministic operations")
    assert json.loads(found) == {
        "backend": "tensorflow",
        "threads within": 3,
        "threads between": 1,
        "deterministic": True,
    }


def test_importing_the_room_loads_nothing_heavy():
    done = in_a_child("import sys, helpers.lesson; print(*sys.modules)")
    heavy = {"IPython", "pandas", "sklearn", "scipy", "matplotlib", "torch", "keras", "tensorflow"}
    assert not heavy & set(done.stdout.split())


def test_every_requirement_is_pinned_exactly():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    packages = [line for line in lines if line and not line.startswith("#")]
    assert packages == [f"{name}=={pin}" for name, pin in pinned_versions().items()]
    assert pinned_versions()["torch"] == "2.13.0"


def test_the_installed_packages_are_the_pinned_ones():
    wrong = [row for row in environment_report() if row[2]]
    assert wrong == []


def test_the_report_says_what_to_do_about_a_missing_package(monkeypatch):
    monkeypatch.setattr(environment, "installed_version", lambda package: None)
    remedies = {name: remedy for name, _, remedy in environment_report()}
    assert remedies["torch"] == "pip install torch==2.13.0"


def test_the_report_names_an_unsuitable_python(monkeypatch):
    monkeypatch.setattr(environment.sys, "version_info", (3, 10, 4))
    assert "Python 3.11 to 3.13" in environment_report()[0][2]


def test_a_package_that_is_not_there_has_no_version():
    assert installed_version("a-package-that-nobody-wrote") is None


def test_conda_installs_the_same_list():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *from_conda, pip = conda["dependencies"]
    assert [package.partition("=")[0] for package in from_conda] == ["python", "pip"]
    index = f"--extra-index-url {CPU_BUILDS}"
    assert pip == {"pip": [index, "-r requirements.txt", "-c constraints.txt", "-e ."]}
    minor = tuple(int(part) for part in from_conda[0].partition("=")[2].split("."))
    lowest, highest = environment.SUPPORTED_PYTHON
    assert lowest <= minor <= highest


def test_all_places_agree_on_the_supported_python():
    lowest, highest = (minor for _, minor in environment.SUPPORTED_PYTHON)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">=3.{lowest},<3.{highest + 1}"
    assert f"(3, {lowest}) <= sys.version_info[:2] <= (3, {highest})" in (
        ROOT / "Makefile"
    ).read_text(encoding="utf-8")
