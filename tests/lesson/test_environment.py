"""Settings of the machine, and the two lists of packages that must be one."""

import sys
import tomllib
from types import ModuleType

import pytest
import yaml

from helpers.lesson import environment
from helpers.lesson.environment import (
    THREADS_VARIABLE,
    environment_report,
    installed_version,
    pinned_versions,
    prepare_keras,
    prepare_torch,
    threads,
)
from helpers.lesson.files import ROOT
from helpers.runner.install import CPU_BUILDS


def test_threads_follow_the_environment_variable(monkeypatch):
    monkeypatch.setenv(THREADS_VARIABLE, "3")
    assert threads() == 3


def test_threads_are_the_cores_but_at_most_four(monkeypatch):
    monkeypatch.delenv(THREADS_VARIABLE, raising=False)
    monkeypatch.setattr(environment, "available_cores", lambda: 2)
    assert threads() == 2
    monkeypatch.setattr(environment, "available_cores", lambda: 64)
    assert threads() == 4


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
