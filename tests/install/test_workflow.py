"""The workflow of continuous integration types what the README says, on every system."""

import re
import shutil
import subprocess

import pytest
import yaml

from helpers.lesson.environment import SUPPORTED_PYTHON
from helpers.lesson.files import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
JOBS = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(job):
    return [step["run"] for step in JOBS[job]["steps"] if "run" in step]


def test_the_oldest_and_the_newest_python_are_tried_on_three_systems():
    ends = [".".join(map(str, version)) for version in SUPPORTED_PYTHON]
    assert all(job["strategy"]["matrix"]["python"] == ends for job in JOBS.values())
    unix = JOBS["make-test"]["strategy"]["matrix"]["system"]
    systems = [name.partition("-")[0] for name in [*unix, JOBS["without-make"]["runs-on"]]]
    assert systems == ["ubuntu", "macos", "windows"]


def test_linux_and_macos_call_make_test_and_nothing_else():
    assert commands("make-test") == ["make test PYTHON=python"]


def test_windows_runs_the_lines_of_the_readme():
    typed = {re.sub(r"^py -3\.\d+ ", "python ", line.strip()) for line in README.splitlines()}
    venv, install, doctor, run = commands("without-make")
    assert {venv, install, run.removesuffix(" --profile ci")} <= typed
    assert doctor.removeprefix(".venv\\Scripts\\") in README


def test_the_site_is_tested_before_it_is_published_from_the_default_branch():
    text = (WORKFLOW.parent / "site.yml").read_text(encoding="utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    steps = jobs["build"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["make test-site PYTHON=python"]
    assert steps[-1]["with"] == {"path": "build/site"}
    assert jobs["publish"]["needs"] == "build"
    assert "default_branch" in jobs["publish"]["if"]
    assert jobs["publish"]["permissions"] == {"pages": "write", "id-token": "write"}


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_no_file_is_stored_with_the_line_ends_of_windows_or_gets_them_on_a_checkout():
    listed = subprocess.run(["git", "ls-files", "--eol"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a clone")
    for line in listed.stdout.splitlines():
        stored, _, attributes = line.partition("\t")[0].split(maxsplit=2)
        assert stored in ("i/lf", "i/-text", "i/none"), line
        binary = stored == "i/-text"
        assert attributes.strip() == ("attr/-text" if binary else "attr/text=auto eol=lf"), line
