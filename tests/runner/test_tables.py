from pathlib import Path

import pytest
from tiny_course import write_course

from helpers.runner.errors import InputError
from helpers.runner.jobs import read_course
from helpers.runner.lessons import Promise
from helpers.runner.reports import Finished
from helpers.runner.tables import lessons_listing, readme_table, results_table, with_table

PROMISES = {
    "02_b": Promise(
        "what | is shown", metrics={"accuracy": {}}, headline="accuracy {accuracy:.2f}"
    ),
    "01_a": Promise("first"),
}


def test_the_listing_shows_every_parameter_with_type_default_range_and_meaning(tmp_path):
    listing = lessons_listing(read_course(write_course(tmp_path)))
    assert (
        "01_dot\n  a dot\n    epochs: int = 5  [1 to 200]\n        passes over the images"
        in listing
    )
    assert "label_counts: list of int = [100, 1000]  [10 to 60000]" in listing
    assert "ci      quick" in listing


def test_the_listing_of_an_unknown_lesson_is_refused(tmp_path):
    course = read_course(write_course(tmp_path))
    with pytest.raises(InputError, match="unknown lesson 'dot'; did you mean '01_dot'"):
        lessons_listing(course, ["dot"])


def test_a_run_is_shown_with_seconds_finding_and_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = {"notebook": tmp_path / "n" / "02_b.ipynb", "html": tmp_path / "h" / "02_b.html"}
    run = Finished("02_b", "id", {}, True, {"accuracy": 0.954}, 0, 1, 12.34, {}, **files)
    assert results_table([run], PROMISES).splitlines() == [
        "lesson  seconds  found",
        "02_b       12.3  accuracy 0.95",
        f"                 {Path('h') / '02_b.html'}",
        f"                 {Path('n') / '02_b.ipynb'}",
    ]


def test_a_run_with_other_settings_is_not_told_in_words_about_the_lessons_own():
    files = {"notebook": Path("n"), "html": Path("h")}
    metrics = {"accuracy": 0.954, "gain": -0.25}
    run = Finished("02_b", "id", {}, False, metrics, 0, 1, 12.34, {}, **files)
    assert "02_b       12.3  accuracy 0.954, gain -0.25" in results_table([run], PROMISES)


def test_the_readme_table_has_a_row_for_every_lesson_measured_or_not():
    results = {
        "machine": "2 cores",
        "lessons": {"02_b": {"metrics": {"accuracy": 0.954}, "seconds": 41.7}},
    }
    assert readme_table(PROMISES, results).splitlines() == [
        "| lesson | what it shows | seconds | found |",
        "|---|---|---:|---|",
        "| [01_a](notebooks/01_a.ipynb) | first | not measured yet |  |",
        "| [02_b](notebooks/02_b.ipynb) | what &#124; is shown | 42 | accuracy 0.95 |",
        "",
        "Measured on 2 cores.",
    ]


def test_a_measurement_from_before_a_new_headline_is_shown_without_one():
    results = {"machine": "2 cores", "lessons": {"02_b": {"metrics": {}, "seconds": 41.7}}}
    assert "what &#124; is shown | 42 |  |" in readme_table(PROMISES, results)


def test_a_summary_of_two_lines_stays_in_one_row():
    table = readme_table({"01_a": Promise("first\nand second")}, {"machine": "", "lessons": {}})
    assert "| first and second |" in table.splitlines()[2]


def test_only_what_lies_between_the_markers_is_replaced():
    readme = "before\n<!-- lessons:start -->\nold\n<!-- lessons:end -->\nafter\n"
    changed = with_table(readme, "new")
    assert changed == readme.replace("old", "new")
    assert with_table(changed, "new") == changed


@pytest.mark.parametrize(
    "readme",
    [
        "",
        "<!-- lessons:start -->",
        "<!-- lessons:end --><!-- lessons:start -->",
        "<!-- lessons:start --><!-- lessons:start --><!-- lessons:end -->",
        "<!-- lessons:start --><!-- lessons:end --><!-- lessons:end -->",
    ],
)
def test_a_readme_without_its_two_markers_is_refused(readme):
    with pytest.raises(InputError, match="once each"):
        with_table(readme, "new")
