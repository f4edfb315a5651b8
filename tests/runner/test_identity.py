from dataclasses import replace

import nbformat
import pytest
from tiny_course import RECORD, write_course, write_data_names, write_notebook

from helpers.runner import identity
from helpers.runner.identity import (
    environment_fingerprint,
    files_checksums,
    run_identity,
    stored_identity,
)
from helpers.runner.jobs import plan, read_course
from helpers.runner.lessons import read_lesson
from helpers.runner.reports import write_finished


@pytest.fixture
def job(tmp_path):
    lessons = {"01_dot": [RECORD], "02_next": ["1"]}
    promises = {"02_next": {"summary": "builds on the dot", "needs": ["01_dot"]}}
    course = read_course(write_course(tmp_path, lessons, promises))
    return plan(course, ["02_next"], "laptop", [], tmp_path / "build")[0]


def write_executed(path, identity):
    run = {"identity": identity, "parameters": {}, "strict": True, "seconds": 1.0, "handed_on": {}}
    write_finished(nbformat.v4.new_notebook(), run, path)


def test_stored_outputs_do_not_change_a_runs_identity(job):
    before = run_identity(job, "environment")
    notebook = nbformat.read(job.lesson.path, as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="1\n")]
    notebook.cells[2].execution_count = 3
    nbformat.write(notebook, job.lesson.path)
    again = replace(job, lesson=read_lesson(job.lesson.path))
    assert run_identity(again, "environment") == before


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
    changed = replace(job, lesson=read_lesson(job.lesson.path))
    assert run_identity(job, "environment") in identities  # it is what was read that will run
    identities.add(run_identity(changed, "environment"))
    assert len(identities) == 5


def test_a_finished_lesson_it_builds_on_changes_it(job):
    before = run_identity(job, "environment")
    write_executed(job.folder / "notebooks" / "01_dot.ipynb", "first")
    between = run_identity(job, "environment")
    write_executed(job.folder / "notebooks" / "01_dot.ipynb", "second")
    assert len({before, between, run_identity(job, "environment")}) == 3


def test_the_content_of_a_data_path_changes_it_and_where_a_file_lies_in_it(job, tmp_path):
    data = write_data_names(tmp_path / "mine")
    mine = replace(job, overrides={"dataset": str(data)})
    images = data / "train-images-idx3-ubyte"
    images.write_bytes(b"one")
    first = run_identity(mine, "environment")
    (data / "notes.txt").write_text("no part of the data set")
    assert run_identity(mine, "environment") == first
    images.write_bytes(b"two")
    second = run_identity(mine, "environment")
    images.rename(data / "images")
    (data / images.name).mkdir()
    (data / "images").rename(data / images.name / images.name)
    assert len({first, second, run_identity(mine, "environment")}) == 3


def test_a_file_beside_it_that_its_code_names_changes_it_and_no_other_does(tmp_path):
    reads = "import yaml\ndescribed = yaml.safe_load(open('lessons.yaml'))"
    lessons = {"00_map": [reads, "open('pictures/dot.svg')"], "01_dot": [RECORD]}
    folder = write_course(tmp_path, lessons)

    def identities():
        jobs = plan(read_course(folder), [], "laptop", [], tmp_path / "build")
        return [run_identity(job, "environment") for job in jobs]

    map_before, dot_before = identities()
    write_notebook(folder / "02_new.ipynb", "1")
    with (folder / "lessons.yaml").open("a") as file:
        file.write("02_new: {summary: a lesson that was added}\n")
    map_between, dot_between, _ = identities()
    (folder / "pictures").mkdir()
    (folder / "pictures" / "dot.svg").write_text("<svg/>")
    map_after, dot_after, _ = identities()
    assert len({map_before, map_between, map_after}) == 3
    assert dot_before == dot_between == dot_after


def test_a_module_beside_it_that_its_code_imports_changes_it(tmp_path):
    course = read_course(write_course(tmp_path, {"01_dot": ["from toy import grow"]}))
    job = plan(course, ["01_dot"], "laptop", [], tmp_path / "build")[0]
    module = job.lesson.path.with_name("toy.py")
    module.write_text("grow = 1")
    first = run_identity(job, "environment")
    module.write_text("grow = 2")
    assert run_identity(job, "environment") != first


def test_files_count_by_place_and_content_in_any_order(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"same")
    two.write_bytes(b"same")
    assert files_checksums([one, two], tmp_path) == files_checksums([two, one], tmp_path)
    assert files_checksums([one], tmp_path) != files_checksums([two], tmp_path)


def test_the_environment_has_one_fingerprint_of_all_code_that_lessons_use(tmp_path, monkeypatch):
    assert environment_fingerprint() == environment_fingerprint()
    monkeypatch.setattr(identity, "ROOT", tmp_path)
    helpers = tmp_path / "helpers"
    fingerprints = []

    def write(path, text):
        (helpers / path).parent.mkdir(parents=True, exist_ok=True)
        (helpers / path).write_text(text)
        fingerprints.append(environment_fingerprint())

    write("__init__.py", "")
    write("models/training.py", "1")
    write("data/training.py", "2")
    write("models/training.py", "2")
    write("data/training.py", "1")
    assert len(set(fingerprints)) == 5
    write("__main__.py", "1")
    write("runner/training.py", "1")
    assert len(set(fingerprints)) == 5


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
