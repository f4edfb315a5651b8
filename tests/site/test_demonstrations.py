"""What the demonstrations know: the stored results, and nothing else."""

import json

import pandas as pd
import pytest

from helpers.evaluation import arm_difference, mean_interval, paired_difference, verdict
from helpers.lesson.files import DATA_FOLDER, NOTEBOOKS_FOLDER
from helpers.runner.errors import InputError
from helpers.runner.jobs import read_course
from helpers.runner.refresh import committed_results
from helpers.site.demonstrations import _shown, data_scripts
from helpers.site.sources import HERE

SCRIPTS = data_scripts(NOTEBOOKS_FOLDER)


def content(name):
    return json.loads(SCRIPTS[name].partition(" = ")[2].rstrip(";\n"))


def test_the_rotation_network_is_as_good_as_its_lesson_says():
    lessons = committed_results(NOTEBOOKS_FOLDER, read_course(NOTEBOOKS_FOLDER).lessons)["lessons"]
    recorded = lessons["01_rotation_pretext_keras"]["metrics"]["rotation_accuracy"]
    stored = content("rotations-data")["accuracy"]
    assert stored == pytest.approx(recorded, abs=1e-5), "python -m helpers.site.networks rotation"


def test_moved_by_a_pixel_the_network_is_worse_than_guessing():
    assert content("rotations-data")["moved"] < 0.25


def test_the_mistakes_are_mistakes():
    mistakes = content("rotations-data")["mistakes"]
    assert len(mistakes["angles"]) == 12
    assert all(a != b for a, b in zip(mistakes["angles"], mistakes["guesses"], strict=True))
    assert mistakes["sure"] == sorted(mistakes["sure"], reverse=True)


def test_sliders_hold_the_stored_accuracies():
    table = content("sliders-data")["tables"][0]
    scores = pd.read_csv(DATA_FOLDER / "tables" / "contrastive.csv")
    here = scores[(scores["dataset"] == "mnist-5k") & (scores["labels"] == 100)]
    arms = table["groups"]["mnist-5k"]["100"]
    ours = paired_difference(arms[table["arm"]], arms[table["baseline"]])
    assert ours == arm_difference(here, table["arm"], table["baseline"])
    assert verdict(ours) == "better"


def test_every_table_offers_its_first_two_arms_at_every_budget():
    for table in content("sliders-data")["tables"]:
        for budgets in table["groups"].values():
            for arms in budgets.values():
                assert {table["arm"], table["baseline"]} <= set(arms)
                assert len({len(seeds) for seeds in arms.values()}) == 1


def test_what_lessons_tried_is_read_from_their_outputs():
    shown = content("sliders-data")["shown"]
    assert len(shown) == 3
    for about in shown.values():
        for rows in about["sets"].values():
            assert len(rows["moved"]) >= 3
            for _, (mean, low, high) in [*rows["moved"], *rows["beside"]]:
                assert low < mean < high


def test_the_number_of_unlabelled_images_moves_with_the_same_steps():
    scores = pd.read_csv(DATA_FOLDER / "tables" / "comparison.csv")
    assert scores["steps"].nunique() == 1
    sets = content("sliders-data")["shown"]["How many images without labels"]["sets"]
    assert [name for name, _ in sets["mnist-5k"]["moved"]] == ["250", "1,000", "4,000"]
    most = sets["fashion-mnist-20k"]["moved"][-1]
    clothes = (scores["dataset"] == "fashion-mnist-20k") & (scores["unlabelled_images"] == 20000)
    ours = scores[clothes & (scores["trained_on"] == scores["dataset"])].query(
        "arm == 'contrastive' and layer == 'last' and labels == 100"
    )
    assert most == ["20,000", pytest.approx(_points(ours["accuracy"]), abs=0.051)]


def _points(seeds):
    return [*mean_interval(seeds).in_points("accuracy").values()]


def test_a_table_that_is_gone_is_named():
    with pytest.raises(InputError, match="shows no accuracy of 'no such row'"):
        _shown(NOTEBOOKS_FOLDER, "04_masked_images_pytorch", "a6b7182a", {"1": "no such row"}, ())


@pytest.mark.parametrize("name", ["rotations", "draw", "sliders", "map", "network", "common"])
def test_a_demonstration_stays_small(name):
    script = (HERE / "static" / f"{name}.js").read_text(encoding="utf-8")
    assert len(script.splitlines()) < 150
    assert max(map(len, script.splitlines())) <= 110
