"""Stored seeds: which rows count, which are missing, and how they join the runs made here."""

import pandas as pd
import pytest

from helpers.evaluation import missing_runs, stored_runs, with_stored_runs
from helpers.lesson.files import build_folder

PLANNED = [("digits", 10), ("clothes", 10)]


def runs(seeds: range, accuracy: float = 0.8) -> pd.DataFrame:
    return pd.DataFrame({"arm": "pixels", "seed": seeds, "accuracy": accuracy})


@pytest.fixture
def small_table(tmp_path, monkeypatch):
    monkeypatch.setattr("helpers.evaluation.stored.DATA_FOLDER", tmp_path)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "small.csv").write_text("steps,found,seed\n5,001,0\n5,010,1\n9,111,0\n")


@pytest.fixture(autouse=True)
def own_build(tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_COURSE_BUILD", str(tmp_path / "build"))


@pytest.mark.usefixtures("small_table")
def test_only_rows_with_these_settings_count():
    assert stored_runs("small", pd.DataFrame({"steps": [5]}))["seed"].tolist() == [0, 1]
    assert stored_runs("small", pd.DataFrame({"steps": [7]})).empty


@pytest.mark.usefixtures("small_table")
def test_stored_rows_that_are_not_wanted_leave_their_columns():
    rows = stored_runs("small", pd.DataFrame({"steps": [5]}), wanted=False)
    assert rows.empty and list(rows.columns) == ["steps", "found", "seed"]


@pytest.mark.usefixtures("small_table")
def test_a_table_is_read_with_the_options_of_pandas():
    rows = stored_runs("small", pd.DataFrame({"steps": [5]}), dtype={"found": str})
    assert rows["found"].tolist() == ["001", "010"]


def test_what_is_planned_and_not_stored_is_missing():
    stored = pd.DataFrame({"dataset": ["digits", "digits"], "labels": [10, 20]})
    missing = missing_runs(stored, PLANNED, ["dataset", "labels"], seed_count=2)
    assert missing == {("clothes", 10)}


def test_one_seed_does_not_stand_in_for_those_that_are_missing():
    nothing = pd.DataFrame({"dataset": [], "labels": []})
    with pytest.raises(ValueError, match="set seed_count to 2 or more"):
        missing_runs(nothing, PLANNED, ["dataset", "labels"], seed_count=1)


def test_one_seed_is_enough_where_nothing_is_missing():
    stored = pd.DataFrame(PLANNED, columns=["dataset", "labels"])
    assert missing_runs(stored, PLANNED, ["dataset", "labels"], seed_count=1) == set()


def test_the_stored_run_is_kept_where_one_is_in_both(capsys):
    everything = with_stored_runs("small", runs(range(1), 0.81), runs(range(3)))
    assert everything["accuracy"].tolist() == [0.8] * 3
    assert "seeds run here: 1, with the stored ones 3" in (said := capsys.readouterr().out)
    assert "accuracies in both: 1, at most 1.0 points apart" in said and "✔" in said
    written = pd.read_csv(build_folder() / "tables" / "small.csv")
    assert written["accuracy"].tolist() == [0.81]


@pytest.mark.parametrize("away", [[0.83, 0.83, 0.83], [0.80, 0.80, 0.87]])
def test_runs_that_do_not_agree_with_the_stored_ones_are_no_small_matter(away, monkeypatch):
    monkeypatch.setenv("SSL_COURSE_STRICT", "1")
    with pytest.raises(AssertionError, match="agree with the stored ones"):
        with_stored_runs("small", runs(range(3)).assign(accuracy=away), runs(range(3)))


def test_runs_without_a_stored_copy_are_not_compared(capsys):
    assert len(with_stored_runs("small", runs(range(2)), runs(range(0)))) == 2
    assert "agree" not in capsys.readouterr().out
