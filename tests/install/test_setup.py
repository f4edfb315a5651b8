"""``make setup``: ready only when everything is installed, and made again when a list changes."""

import os
import shutil
import subprocess

import pytest

from helpers.lesson.files import ROOT

# Stands in for Python: makes an empty .venv, and installs with the exit status of a file.
PYTHON = """#!/bin/sh
case "$1 $2" in
    "--version ") echo "Python 3.12.0" ;;
    "-m venv")
        if [ "$3" = --clear ]; then rm -rf .venv/* .venv/.ready; fi
        mkdir -p .venv/bin && touch .venv/pyvenv.cfg
        [ -e .venv/bin/python ] || cp "$0" .venv/bin/python ;;
    "helpers/install.py ") echo installing; exit "$(cat status)" ;;
esac
"""
READY = ".venv/.ready"


@pytest.fixture
def course(tmp_path):
    folder = tmp_path / "a course"
    folder.mkdir()
    for name in ["Makefile", "requirements.txt", "constraints.txt", "pyproject.toml"]:
        shutil.copy(ROOT / name, folder)
    (folder / "python").write_text(PYTHON)
    (folder / "python").chmod(0o755)
    return folder


def make_setup(course, status, python="./python"):
    (course / "status").write_text(str(status))
    surroundings = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", "setup", f"PYTHON={python}"],
        cwd=course,
        env=surroundings,
        capture_output=True,
        text=True,
        timeout=60,
    )


pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="needs make")


def test_what_is_ready_is_not_made_again(course):
    assert make_setup(course, 0).stdout.splitlines()[1:] == ["installing"]
    assert (course / READY).exists()
    assert "installing" not in make_setup(course, 0).stdout


def test_half_an_environment_does_not_count_as_ready(course):
    assert make_setup(course, 1).returncode != 0
    assert (course / ".venv").is_dir()
    assert not (course / READY).exists()
    assert "installing" in make_setup(course, 0).stdout


@pytest.mark.parametrize("name", ["requirements.txt", "constraints.txt", "pyproject.toml"])
def test_a_changed_list_is_installed_and_until_then_nothing_is_ready(course, name):
    make_setup(course, 0)
    later = (course / READY).stat().st_mtime + 10
    os.utime(course / name, (later, later))
    failed = make_setup(course, 1)
    assert "installing" in failed.stdout
    assert failed.returncode != 0
    assert not (course / READY).exists()


def test_an_environment_made_in_another_folder_or_whose_python_has_gone_is_made_again(course):
    make_setup(course, 0)
    copy = shutil.copytree(course, course.with_name("a copy"))
    assert "installing" in make_setup(copy, 0).stdout
    assert "installing" not in make_setup(course, 0).stdout
    (course / ".venv" / "bin" / "python").unlink()
    again = make_setup(course, 0)
    assert again.stdout.splitlines()[1:] == ["installing"]
    assert again.stderr == ""


def test_an_environment_that_is_a_link_to_another_courses_is_replaced_and_the_other_left_alone(
    course,
):
    make_setup(course, 0)
    copy = course.with_name("a copy")
    shutil.copytree(course, copy, ignore=shutil.ignore_patterns(".venv"))
    (copy / ".venv").symlink_to(course / ".venv")
    assert "installing" in make_setup(copy, 0).stdout
    assert not (copy / ".venv").is_symlink()
    assert "installing" not in make_setup(course, 0).stdout


def test_an_environment_made_without_make_or_on_another_disk_is_kept(course):
    (course / "elsewhere" / "bin").mkdir(parents=True)
    shutil.copy(course / "python", course / "elsewhere" / "bin")
    (course / "elsewhere" / "a package").touch()
    (course / ".venv").symlink_to(course / "elsewhere")
    assert "installing" in make_setup(course, 0).stdout
    assert (course / ".venv").is_symlink()
    assert (course / ".venv" / "a package").exists()
    assert "installing" not in make_setup(course, 0).stdout


def test_a_python_may_lie_in_a_folder_with_a_space(course):
    (course / "my python").mkdir()
    shutil.move(course / "python", course / "my python")
    assert "installing" in make_setup(course, 0, "./my python/python").stdout


def test_an_unsuitable_python_is_refused_in_one_line(course):
    (course / "python").write_text("#!/bin/sh\nexit 1\n")
    refused = make_setup(course, 0)
    assert refused.returncode != 0
    assert "Found no Python 3.11, 3.12 or 3.13 (tried: ./python)" in refused.stderr
    assert not (course / READY).exists()
