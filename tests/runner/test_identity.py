from dataclasses import replace

import nbformat
import pytest
from tiny_course import RECORD, write_course

from helpers.runner import identity
from helpers.runner.identity import (
    environment_fingerprint,
    files_checksum,
    run_identity,
    stored_identity,
)
from helpers.runner.jobs import plan, read_course


@pytest.fixture
def job(tmp_path):
    lessons = {"01_dot": [RECORD], "02_next": ["1"]}
    promises = {"02_next": {"summary": "builds on the dot", "needs": ["01_dot"]}}
    course = read_course(write_course(tmp_path, lessons, promises))
    return plan(course, ["02_next"], "laptop", [], tmp_path / "build")[0]


def write_executed(path, identity):
    notebook = nbformat.v4.new_notebook(metadata={"ssl_course": {"identity": identity}})
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def test_stored_outputs_do_not_change_a_runs_identity(job):
    before = run_identity(job, "environment")
    notebook = nbformat.read(job.lesson.path, as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="1\n")]
    notebook.cells[2].execution_count = 3
    nbformat.write(notebook, job.lesson.path)
    assert run_identity(job, "environment") == before


def test_a_default_given_by_name_is_the_same_parameter(job):
    assert run_identity(job, "e") == run_identity(replace(job, overrides={"epochs": 5}), "e")


def test_source_parameters_strictness_and_environment_each_change_it(job):
    identities = {
        run_identity(job, "environment"),
        run_identity(job, "other packages"),
        run_identity(replace(job, overrides={"epochs": 6}), "environment"),
        run_identity(replace(job, strict=False), "environment"),
    }
    notebook = nbformat.read(job.lesson.path, as_version=4)
    notebook.cells[2].source = "2"
    nbformat.write(notebook, job.lesson.path)
    identities.add(run_identity(job, "environment"))
    assert len(identities) == 5


def test_a_finished_lesson_it_builds_on_changes_it(job):
    before = run_identity(job, "environment")
    write_executed(job.folder / "notebooks" / "01_dot.ipynb", "first")
    between = run_identity(job, "environment")
    write_executed(job.folder / "notebooks" / "01_dot.ipynb", "second")
    assert len({before, between, run_identity(job, "environment")}) == 3


def test_the_content_of_a_data_path_changes_it(job, tmp_path):
    data = tmp_path / "mine"
    data.mkdir()
    mine = replace(job, overrides={"dataset": str(data)})
    (data / "images").write_bytes(b"one")
    before = run_identity(mine, "environment")
    assert run_identity(mine, "environment") == before
    (data / "images").write_bytes(b"two")
    assert run_identity(mine, "environment") != before


def test_the_environment_has_one_fingerprint_and_files_count_by_name_and_content(tmp_path):
    assert environment_fingerprint() == environment_fingerprint()
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"same")
    two.write_bytes(b"same")
    assert files_checksum([one, two]) == files_checksum([two, one])
    assert files_checksum([one]) != files_checksum([two])


def test_the_content_of_a_stored_table_changes_the_fingerprint(tmp_path, monkeypatch):
    monkeypatch.setattr(identity, "DATA_FOLDER", tmp_path)
    table = tmp_path / "tables" / "seeds.csv"
    table.parent.mkdir()
    table.write_text("seed,accuracy\n0,0.9\n")
    before = environment_fingerprint()
    table.write_text("seed,accuracy\n0,0.8\n")
    assert environment_fingerprint() != before


def test_only_a_whole_notebook_of_the_runner_has_an_identity(tmp_path):
    path = tmp_path / "01_dot.ipynb"
    assert stored_identity(path) is None
    path.write_text('{"cells": [')
    assert stored_identity(path) is None
    nbformat.write(nbformat.v4.new_notebook(), path)
    assert stored_identity(path) is None
    write_executed(path, "abc")
    assert stored_identity(path) == "abc"
