"""Stored tables of longer runs are complete, and the README's picture is the lesson's own."""

import re

import nbformat
import pandas as pd
import pytest

from helpers.lesson.files import DATA_FOLDER, NOTEBOOKS_FOLDER, ROOT
from helpers.runner.lessons import PROMISES_FILE, read_promises
from helpers.runner.refresh import committed_results, pictures
from helpers.runner.reports import recorded_metrics
from helpers.runner.tables import readme_table, with_table

LESSONS = sorted(path.stem for path in NOTEBOOKS_FOLDER.glob("*.ipynb"))


RUNS = {  # columns that tell one row from another, apart from the seed; seeds; how many such
    "fine_tuning": (["dataset", "setting", "arm"], 20, 2 * 2 * 6),
    "autoencoders": (["dataset", "read by", "arm"], 10, 2 * (10 + 3 + 3)),
    "masking": (["dataset", "labels", "arm"], 10, 2 * 13),
    "contrastive": (["dataset", "labels", "arm"], 10, 2 * 7 * 9),
    "vicreg": (["dataset", "labels", "arm"], 10, 2 * 5),
    "comparison": (
        ["dataset", "trained_on", "unlabelled_images", "arm", "layer", "labels"],
        10,
        2 * 5 * 4 + (2 * 6 + 2 + 3) * 2 * (4 + 1),
    ),
    "self_training_mnist": (["arm", "round"], 5, 2 * 6 + 4),
    "self_training_fashion-mnist-20k": (["arm", "round"], 5, 2 * 6 + 4),
    "two_hands": (["arm", "reader", "among"], 12, 6 * 2 * 2),
}
LOWEST = {"two_hands": 0.02}  # of the accuracies: its chance level is 0.0024, not 0.1


@pytest.mark.parametrize("name", RUNS)
def test_a_table_has_every_run_with_every_seed_once_and_its_accuracy_is_a_share(name):
    columns, seeds, kinds = RUNS[name]
    table = pd.read_csv(DATA_FOLDER / "tables" / f"{name}.csv")
    runs = table.groupby(columns)["seed"].agg(["count", "nunique"])
    assert len(runs) == kinds
    assert (runs == seeds).all(axis=None)
    assert table["accuracy"].between(LOWEST.get(name, 0.1), 1).all()


def test_the_card_says_how_each_table_was_made():
    card = (DATA_FOLDER / "README.md").read_text(encoding="utf-8")
    for table in (DATA_FOLDER / "tables").iterdir():
        assert f"tables/{table.name}" in card
    assert "--profile full" in card


def test_the_readme_shows_pictures_of_the_lessons_as_they_are_stored():
    stored = {}
    for path in NOTEBOOKS_FOLDER.glob("*.ipynb"):
        stored |= pictures(nbformat.read(path, as_version=4))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[.{30,}?\]\(notebooks/pictures/(.+?)\.png\)", readme)
    assert shown
    assert set(shown) == set(stored)
    for name, content in stored.items():
        assert (NOTEBOOKS_FOLDER / "pictures" / f"{name}.png").read_bytes() == content


def test_the_table_of_the_readme_is_that_of_the_last_stored_run():
    promises = read_promises(NOTEBOOKS_FOLDER / PROMISES_FILE, LESSONS)
    results = committed_results(NOTEBOOKS_FOLDER, LESSONS)
    assert sorted(results["lessons"]) == LESSONS
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert with_table(readme, readme_table(promises, results)) == readme


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_stored_metrics_are_those_in_the_notebook(lesson):
    notebook = nbformat.read(NOTEBOOKS_FOLDER / f"{lesson}.ipynb", as_version=4)
    results = committed_results(NOTEBOOKS_FOLDER, LESSONS)
    assert recorded_metrics(notebook) == results["lessons"][lesson]["metrics"]
