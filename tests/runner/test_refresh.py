import json
import re
from pathlib import Path

import nbformat
import pytest
from tiny_course import PROMISE, RECORD, write_course

from helpers.runner import refresh
from helpers.runner.errors import InputError
from helpers.runner.execution import run_jobs
from helpers.runner.jobs import plan, read_course
from helpers.runner.refresh import committed_results, refresh_lessons, with_outputs
from helpers.runner.reports import RUN_METADATA, write_finished
from helpers.runner.tables import readme_table


@pytest.fixture(scope="module")
def after_a_run(tmp_path_factory):
    """A course whose first lesson has been run with its own parameters."""
    top = tmp_path_factory.mktemp("course")
    lessons = {"01_dot": [RECORD, "print('done')"], "02_other": ["1 + 1"]}
    folder = write_course(top, lessons, {"01_dot": PROMISE})
    course = read_course(folder)
    list(run_jobs(plan(course, ["01_dot"], "laptop", [], top / "build")))
    return course, folder, top / "build"


def test_outputs_numbers_and_readme_are_stored_and_nothing_else(after_a_run):
    course, folder, build = after_a_run
    path = folder / "01_dot.ipynb"
    before = nbformat.read(path, as_version=4)
    said = refresh_lessons(course, [], folder, build)
    assert said == [
        "01_dot: outputs stored",
        "results.json and the table of README.md are up to date",
    ]
    after = nbformat.read(path, as_version=4)
    nbformat.validate(after)
    assert [cell.id for cell in after.cells] == [cell.id for cell in before.cells]
    assert [cell.source for cell in after.cells] == [cell.source for cell in before.cells]
    assert [cell.metadata for cell in after.cells] == [cell.metadata for cell in before.cells]
    assert after.cells[3].outputs[0].text == "done\n"
    assert set(after.metadata) == {"kernelspec", "language_info"}
    assert not re.search("papermill|iopub|injected", path.read_text())
    results = json.loads((folder / "results.json").read_text())
    assert results["lessons"]["01_dot"]["metrics"] == {"accuracy": 0.505, "chance": 0.1}
    assert readme_table(course.promises, results) in (folder.parent / "README.md").read_text()


def test_refreshing_twice_changes_nothing(after_a_run):
    course, folder, build = after_a_run
    refresh_lessons(course, ["01_dot"], folder, build)
    files = [folder / "01_dot.ipynb", folder / "results.json", folder.parent / "README.md"]
    before = [path.read_bytes() for path in files]
    refresh_lessons(course, ["01_dot"], folder, build)
    assert [path.read_bytes() for path in files] == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("02_other", "02_other has not been run: first 'python -m helpers run 02_other'"),
        ("01_dott", "unknown lesson '01_dott'; did you mean '01_dot'?"),
    ],
)
def test_a_lesson_that_was_not_run_cannot_be_refreshed(after_a_run, name, message):
    course, folder, build = after_a_run
    with pytest.raises(InputError, match=re.escape(message)):
        refresh_lessons(course, [name], folder, build)


def test_nothing_can_be_refreshed_before_a_run(after_a_run, tmp_path):
    course, folder, _ = after_a_run
    with pytest.raises(InputError, match="no lesson has been run"):
        refresh_lessons(course, [], folder, tmp_path)


@pytest.fixture
def printing(after_a_run):
    """A function that has the lesson print something else, until the test is over."""
    executed = after_a_run[2] / "laptop" / "notebooks" / "01_dot.ipynb"
    text = executed.read_text()

    def write(line):
        notebook = nbformat.reads(text.replace("done\\n", f"{line}\\n"), as_version=4)
        write_finished(notebook, notebook.metadata[RUN_METADATA], executed)

    yield write
    executed.write_text(text)


def test_an_output_that_shows_a_path_of_this_machine_is_refused(after_a_run, printing):
    course, folder, build = after_a_run
    printing(f"{Path.home().as_posix()}/secret")
    with pytest.raises(InputError, match=r"01_dot, In \[3\] prints a path of this machine"):
        refresh_lessons(course, [], folder, build)


def test_the_top_of_the_disk_is_nobodys_home(after_a_run, printing, monkeypatch):
    course, folder, build = after_a_run
    printing("https://example.org/")
    monkeypatch.setattr(Path, "home", lambda: Path("/"))
    assert refresh_lessons(course, [], folder, build)[0] == "01_dot: outputs stored"


def test_a_path_of_windows_is_found_as_python_shows_it():
    shown = json.dumps({"text": repr(r"C:\Users\me\course")})
    assert refresh._forward(r"C:\Users\me") + "/" in refresh._forward(shown)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"lessons": 3}', '{"lessons": null}'])
def test_damaged_results_are_refused_with_the_remedy(tmp_path, content):
    (tmp_path / "results.json").write_text(content)
    with pytest.raises(InputError, match="is damaged: restore it with git, or delete it"):
        committed_results(tmp_path, ["01_dot"])


def notebook(*sources, tags=()):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    for cell in cells:
        cell.metadata["tags"] = list(tags)
    return nbformat.v4.new_notebook(cells=cells)


def test_a_lesson_that_changed_since_its_run_is_refused():
    for executed in (notebook("a"), notebook("a", "c"), notebook("a", "b", "c")):
        with pytest.raises(InputError, match="01_dot has changed since it ran"):
            with_outputs(notebook("a", "b"), executed, "01_dot")


def test_a_run_with_other_parameters_is_refused():
    executed = notebook("a", tags=["injected-parameters"])
    with pytest.raises(InputError, match="ran with other parameters than its own"):
        with_outputs(notebook("a"), executed, "01_dot")


def test_the_source_notebook_is_left_as_it_was():
    source, executed = notebook("a"), notebook("a")
    executed.cells[0].execution_count = 7
    assert with_outputs(source, executed, "01_dot").cells[0].execution_count == 7
    assert source.cells[0].execution_count is None


def test_results_of_lessons_that_no_longer_exist_are_dropped(tmp_path):
    assert committed_results(tmp_path, ["01_dot"]) == {"machine": "", "lessons": {}}
    content = {"machine": "2 cores", "lessons": {"01_dot": {}, "09_gone": {}}}
    (tmp_path / "results.json").write_text(json.dumps(content))
    assert committed_results(tmp_path, ["01_dot"])["lessons"] == {"01_dot": {}}
