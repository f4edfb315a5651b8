import io
import json
import re

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image
from tiny_course import PROFILES, write_course

from helpers.__main__ import main
from helpers.lesson.files import NOTEBOOKS_FOLDER
from helpers.runner import console, sweeps
from helpers.runner.errors import InputError
from helpers.runner.jobs import read_course
from helpers.runner.reports import Failed, Finished
from helpers.runner.sweep_reports import sweep_figure, sweep_table, write_sweep
from helpers.runner.sweeps import read_sweep, run_sweep, sweep_jobs

GOOD = """
description: does the dot grow?
lesson: 01_dot
profile: ci
parameters:
  epochs: [1, 50]
  dataset: [mnist-5k, mnist]
  label_counts: [[10], [10, 100]]
figure: {x: epochs, y: [accuracy, chance], label: accuracy, panels: dataset}
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    profiles = {**PROFILES, "ci": {**PROFILES["ci"], "lessons": {"01_dot": {"title": "quick"}}}}
    return read_course(write_course(tmp_path_factory.mktemp("top"), profiles=profiles))


def read(tmp_path, course, text=GOOD):
    path = tmp_path / "growth.yaml"
    path.write_text(text)
    return read_sweep(path, course)


def test_a_sweep_is_the_product_of_its_values(tmp_path, course):
    sweep = read(tmp_path, course)
    assert sweep.name == "growth"
    points = sweep.points()
    assert len(points) == 8
    assert points[0] == {"epochs": 1, "dataset": "mnist-5k", "label_counts": [10]}
    assert points[-1] == {"epochs": 50, "dataset": "mnist", "label_counts": [10, 100]}


def test_every_point_is_a_job_on_top_of_the_profile_and_none_is_strict(tmp_path, course):
    jobs = sweep_jobs(read(tmp_path, course), course, tmp_path / "out")
    assert len(jobs) == 8
    assert jobs[0].overrides == {
        "title": "quick",
        "epochs": 1,
        "dataset": "mnist-5k",
        "label_counts": [10],
    }
    assert not any(job.strict for job in jobs)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lesson: 01_dot", "lesson: 01_dott", "unknown lesson '01_dott'; did you mean '01_dot'?"),
        ("lesson: 01_dot", "lesson: [01_dot]", "lesson is text, got a list"),
        ("profile: ci", "profile: cii", "unknown profile 'cii'; did you mean 'ci'?"),
        ("description:", "describe:", "unknown key 'describe'; did you mean 'description'?"),
        ("profile: ci", "profile: ci\nprofile: ci", "the key 'profile' appears twice"),
        ("figure:", "other:", "unknown key 'other'"),
        ("  epochs:", "  epoch:", "unknown parameter 'epoch'; did you mean 'epochs'?"),
        ("[1, 50]", "1", "epochs is a list of values to try, in brackets, got 1"),
        (
            "[1, 50]",
            "{from: 1}",
            "epochs is a list of values to try, in brackets, got a mapping",
        ),
        (
            "[1, 50]",
            "[]",
            "epochs is a list of values to try, in brackets, got an empty list",
        ),
        ("[1, 50]", "[1, 1]", "epochs has the value 1 twice"),
        ("[1, 50]", "[1, two]", "epochs is a whole number (int), got 'two'"),
        ("[1, 50]", "[0, 1]", "epochs=0 is outside its range, 1 to 200"),
        ("[1, 50]", "[[1], 50]", "epochs is a whole number (int), got a list"),
        ("[1, 50]", "!!python/tuple [1, 2]", "the tag '!!python/tuple' is not allowed"),
        ("[[10], [10, 100]]", "[10, 100]", "label_counts is a list of int, got 10"),
        ("mnist]", "../../etc/passwd]", "a path must be a folder or an .npz file"),
        ("x: epochs", "x: epoch", "figure, x: unknown parameter 'epoch'"),
        ("x: epochs", "x: [epochs]", "figure: x is the name of a varied parameter, got a list"),
        ("x: epochs", "x: dataset", "x and panels are both 'dataset'"),
        ("panels: dataset", "panels: title", "figure, panels: unknown parameter 'title'"),
        ("panels: dataset", "panel: dataset", "unknown key 'panel'; did you mean 'panels'?"),
        (
            "y: [accuracy, chance]",
            "y: accuracy",
            "y is a list of metrics, got 'accuracy'",
        ),
        ("y: [accuracy, chance]", "y: []", "is a list of metrics, got an empty list"),
        ("y: [accuracy, chance]", "y: [acuracy]", "unknown metric 'acuracy'; did you mean"),
        ("label: accuracy", "label: 5", "label is text, got 5"),
    ],
)
def test_a_sweep_that_does_not_suit_the_course_is_refused(tmp_path, course, old, new, message):
    assert old in GOOD
    with pytest.raises(InputError, match=re.escape(message)) as refusal:
        read(tmp_path, course, GOOD.replace(old, new, 1))
    assert "growth.yaml" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_sweep_without_parameters_is_refused(tmp_path, course):
    content = {**yaml.safe_load(GOOD), "parameters": {}}
    with pytest.raises(InputError, match="name at least one parameter"):
        read(tmp_path, course, yaml.safe_dump(content))


def sweep_of(rates, titles, *more):
    content = yaml.safe_load(GOOD)
    content["parameters"] = {
        "epochs": [1, *more],
        "learning_rate": [(n + 1) / 1_000_000 + 0.001 for n in range(rates)],
        "title": [f"title {n}" for n in range(titles)],
    }
    content["figure"] = {"x": "epochs", "y": ["accuracy"], "label": "accuracy"}
    return yaml.safe_dump(content)


def test_a_sweep_of_too_many_points_is_refused_at_once(tmp_path, course):
    assert read(tmp_path, course, sweep_of(1000, 1000)).size() == 1_000_000
    with pytest.raises(InputError) as refusal:
        read(tmp_path, course, sweep_of(4000, 1250, *range(2, 201)))
    assert str(refusal.value) == (
        f"{tmp_path / 'growth.yaml'}, parameters: 1,000,000,000 points are more than the 1,000,000 "
        "that a sweep may have: leave out values"
    )


@pytest.fixture
def many(tmp_path, monkeypatch):
    """Arguments for a sweep of 1,200 points, and a list of how many points were started."""
    folder = write_course(tmp_path)
    path = tmp_path / "growth.yaml"
    path.write_text(sweep_of(60, 20))
    started = []

    def start(sweep, jobs, *_):
        started.append(len(jobs))
        return 0

    monkeypatch.setattr(console, "sweep_and_report", start)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return ["--notebooks", str(folder), "sweep", str(path), "--workers", "2"], started


def answer(monkeypatch, text):
    terminal = io.StringIO(text)
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", terminal)


def test_many_points_without_a_terminal_need_a_yes(tmp_path, many, capsys):
    arguments, started = many
    seconds = {"01_dot": {"metrics": {}, "seconds": 30.0}}
    results = tmp_path / "notebooks" / "results.json"
    results.write_text(json.dumps({"machine": "", "lessons": seconds}))
    assert main(arguments) == 2
    assert capsys.readouterr().err == (
        "error: growth has 1,200 points, some 5 hours if 2 run at a time: "
        "add --yes to run them, or leave out values\n"
    )
    assert not started
    assert main([*arguments, "--yes"]) == 0
    assert started == [1200]


def test_many_points_are_run_if_the_answer_is_yes(many, monkeypatch, capsys):
    arguments, started = many
    answer(monkeypatch, "n\n")
    assert main(arguments) == 2
    errors = capsys.readouterr().err
    assert "growth has 1,200 points: run them? [y/N]" in errors
    assert errors.endswith("error: nothing was run: leave out values, or answer yes\n")
    answer(monkeypatch, "")
    assert main(arguments) == 130
    assert not started
    answer(monkeypatch, "y\n")
    assert main(arguments) == 0
    assert started == [1200]


def test_a_sweep_whose_name_is_another_folder_is_refused(many, tmp_path, capsys):
    arguments, started = many
    dots = (tmp_path / "growth.yaml").rename(tmp_path / "...yaml")
    assert main([str(dots) if word.endswith(".yaml") else word for word in arguments]) == 2
    assert "a sweep's results lie in a folder of its name" in capsys.readouterr().err
    assert not started


def test_a_thousand_points_start_without_a_question(many, tmp_path):
    arguments, started = many
    (tmp_path / "growth.yaml").write_text(sweep_of(50, 20))
    assert main(arguments) == 0
    assert started == [1000]


def outcome(tmp_path, number):
    if number == 3:
        return Failed("01_dot", "In [2]", "1 / 0", "ZeroDivisionError:\nzero", tmp_path / "f.ipynb")
    metrics = {"accuracy": 0.5 + number / 100, "chance": 0.1}
    path = tmp_path / f"{number}.ipynb"
    return Finished("01_dot", "id", {}, False, metrics, 1, 3, 1.26, {}, path, None)


def test_the_table_has_every_point_once_whatever_became_of_it(tmp_path, course):
    sweep = read(tmp_path, course)
    table = sweep_table(sweep, {number: outcome(tmp_path, number) for number in (3, 1, 0)})
    assert list(table["state"]) == ["finished"] * 2 + ["not run", "failed"] + ["not run"] * 4
    assert list(table.columns) == [
        "epochs",
        "dataset",
        "label_counts",
        "accuracy",
        "chance",
        "seconds",
        "state",
        "error",
        "notebook",
    ]
    assert table.loc[1, "accuracy"] == 0.51
    assert table.loc[1, "notebook"] == "1.ipynb"
    assert np.isnan(table.loc[2, "accuracy"])
    assert table.loc[3, "error"] == "ZeroDivisionError: zero"
    assert list(table["label_counts"][:2]) == ["[10]", "[10, 100]"]


def test_the_table_is_the_same_as_csv_and_as_parquet_beside_a_figure(tmp_path, course):
    sweep = read(tmp_path, course)
    table = sweep_table(sweep, {number: outcome(tmp_path, number) for number in range(8)})
    csv, parquet, png = write_sweep(sweep, table, tmp_path / "out")
    from_csv = pd.read_csv(csv, keep_default_na=False, na_values=[""])
    from_parquet = pd.read_parquet(parquet)
    assert list(from_csv["accuracy"].dropna()) == list(from_parquet["accuracy"].dropna())
    assert from_parquet.equals(table)
    with Image.open(png) as picture:
        assert picture.text["Description"] == sweep_figure(sweep, table).alt_text


def test_a_metric_named_like_another_column_is_refused(tmp_path, course, monkeypatch):
    monkeypatch.setattr(sweeps, "OWN_COLUMNS", ("accuracy",))
    with pytest.raises(InputError, match="01_dot records a metric called 'accuracy', and the tab"):
        read(tmp_path, course)


def test_dollar_signs_are_drawn_as_they_are(tmp_path, course):
    text = GOOD.replace("does the dot grow?", "what $\\SI{1}{s}$ buys").replace(
        "label: accuracy", "label: in $"
    )
    sweep = read(tmp_path, course, text)
    table = sweep_table(sweep, {number: outcome(tmp_path, number) for number in range(8)})
    assert write_sweep(sweep, table, tmp_path / "out")[2].is_file()
    assert sweep_figure(sweep, table).alt_text.startswith("what $\\SI{1}{s}$ buys: accuracy")


def test_without_a_finished_point_there_is_no_figure(tmp_path, course):
    (tmp_path / "results.png").write_bytes(b"of an earlier sweep")
    sweep = read(tmp_path, course)
    table = sweep_table(sweep, {3: outcome(tmp_path, 3)})
    assert [path.name for path in write_sweep(sweep, table, tmp_path)] == [
        "results.csv",
        "results.parquet",
    ]
    assert not (tmp_path / "results.png").exists()


def test_the_figure_has_a_panel_for_each_value_and_means_with_intervals(tmp_path, course):
    sweep = read(tmp_path, course)
    table = sweep_table(
        sweep, {number: outcome(tmp_path, number) for number in range(8) if number != 3}
    )
    figure = sweep_figure(sweep, table)
    left, right = figure.axes
    assert (left.get_title(), right.get_title()) == ("dataset = mnist-5k", "dataset = mnist")
    assert left.get_xscale() == "log"
    accuracy = left.containers[0]
    np.testing.assert_allclose(accuracy.lines[0].get_ydata().astype(float), [0.505, 0.545])
    (bars,) = accuracy.lines[2]
    assert all(high[1] > low[1] for low, high in bars.get_segments())
    assert figure.alt_text.startswith("does the dot grow?: accuracy 0.505 at epochs 1 and 0.545")


def test_a_figure_may_do_without_panels_and_with_text_along_its_axis(tmp_path, course):
    text = GOOD.replace(", panels: dataset", "").replace("x: epochs", "x: dataset")
    sweep = read(tmp_path, course, text)
    table = sweep_table(sweep, {number: outcome(tmp_path, number) for number in range(3)})
    (axis,) = sweep_figure(sweep, table).axes
    assert [label.get_text() for label in axis.get_xticklabels()] == ["mnist-5k", "mnist"]


def test_a_finished_point_is_not_run_again_and_needs_no_cluster(tmp_path, course):
    jobs = sweep_jobs(read(tmp_path, course, SMALL), course, tmp_path / "out")
    first = dict(run_sweep(jobs, None, workers=1))
    assert [first[0].metrics["accuracy"], first[0].kept] == [0.502, False]
    second = dict(run_sweep(jobs, "tcp://127.0.0.1:1", workers=1))
    assert second[0].kept
    assert second[0].metrics == first[0].metrics


SMALL = """
description: one dot
lesson: 01_dot
parameters: {epochs: [2]}
figure: {x: epochs, y: [accuracy], label: accuracy}
"""


@pytest.mark.parametrize(
    "path", sorted((NOTEBOOKS_FOLDER / "sweeps").glob("*.yaml")), ids=lambda path: path.stem
)
def test_every_sweep_of_the_course_suits_its_lessons(path):
    assert len(read_sweep(path, read_course(NOTEBOOKS_FOLDER)).points()) >= 6
