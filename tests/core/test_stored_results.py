"""Stored tables of longer runs are complete, and the README's picture is the lesson's own."""

import base64

import nbformat
import pandas as pd
import pytest

from helpers.files import DATA_FOLDER, NOTEBOOKS_FOLDER


@pytest.fixture
def fine_tuning():
    return pd.read_csv(DATA_FOLDER / "results" / "fine_tuning.csv")


def test_every_arm_was_run_with_every_seed_once(fine_tuning):
    runs = fine_tuning.groupby(["dataset", "setting", "arm"])["seed"].agg(["count", "nunique"])
    assert len(runs) == 2 * 2 * 6
    assert (runs == 20).all(axis=None)


def test_accuracies_are_shares(fine_tuning):
    assert fine_tuning["accuracy"].between(0.1, 1).all()


def test_the_card_says_how_each_table_was_made():
    card = (DATA_FOLDER / "README.md").read_text(encoding="utf-8")
    for table in (DATA_FOLDER / "results").iterdir():
        assert f"results/{table.name}" in card
    assert "--profile full" in card


def test_the_readme_shows_the_picture_of_the_lesson():
    notebook = nbformat.read(NOTEBOOKS_FOLDER / "02_fine_tuning_keras.ipynb", as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.id == "readme-picture"]
    (picture,) = [output.data["image/png"] for output in cell.outputs if "data" in output]
    shown = (NOTEBOOKS_FOLDER / "pictures" / "did_it_help.png").read_bytes()
    assert shown == base64.b64decode(picture)
