import json

import pytest

from helpers.lesson import predictions
from helpers.lesson.files import BUILD_VARIABLE
from helpers.lesson.learner import learner_file
from helpers.lesson.predictions import predict, prediction_record, reveal

ASKED = {
    "00.1": {"question": "Which?", "choices": ["better", "worse", "not established"]},
    "00.2": {"question": "How many?", "unit": "points"},
    "01.1": {"question": "And here?", "choices": ["yes", "no"]},
}


@pytest.fixture(autouse=True)
def asked(tmp_path, monkeypatch):
    monkeypatch.setenv(BUILD_VARIABLE, str(tmp_path))
    monkeypatch.setattr(predictions, "all_predictions", lambda: ASKED)


def test_unanswered_it_says_how_to_answer_and_keeps_nothing():
    box = predict("00.1", ...)
    assert "'better', 'worse', 'not established'" in box.text
    assert "(0, 10)" in predict("00.2").text
    assert "You had made no prediction" in reveal("00.1", "better").text
    assert not learner_file().exists()


def test_an_answer_is_kept_and_compared_with_what_came():
    assert "Noted: better, 80% sure" in predict("00.1", "better", sure=0.8).text
    assert "Noted: 1 to 5 points" in predict("00.2", (1, 5)).text
    surprise = reveal("00.1", "worse")
    assert "surprise" in surprise.title
    assert "It came: worse. You had expected: better." in surprise.text
    assert reveal("00.2", 5).title == "✔ Prediction 00.2"


def test_before_the_result_one_may_change_ones_mind_but_not_after_it():
    predict("00.1", "better")
    predict("00.1", "worse")
    assert reveal("00.1", "better").mood == "bad"
    assert "your answer stays: worse" in predict("00.1", "better").text
    predict("00.1", "worse", sure=1)
    assert prediction_record()["sure"].isna().all()
    assert reveal("00.1", "better").mood == "bad"


def test_the_first_result_counts_whatever_later_settings_give():
    predict("00.1", "better")
    reveal("00.1", "better")
    reveal("00.1", "worse")
    assert prediction_record()["came"].tolist() == ["better"]


@pytest.mark.parametrize(
    ("number", "answer", "said"),
    [
        ("00.1", "best", "none of the choices"),
        ("00.1", 3, "none of the choices"),
        ("00.1", None, "none of the choices"),
        ("00.1", ["better"], "none of the choices"),
        ("00.2", 3, "not a lowest and a highest"),
        ("00.2", "35", "not a lowest and a highest"),
        ("00.2", (1, 2, 3), "not a lowest and a highest"),
        ("00.2", ("a", "b"), "not a lowest and a highest"),
        ("00.2", (5, 1), "the lowest number comes first"),
        ("00.2", (float("nan"), 1), "the lowest number comes first"),
    ],
)
def test_an_answer_that_does_not_fit_is_told_how(number, answer, said):
    box = predict(number, answer)
    assert said in box.text
    assert "in place of the dots" in box.text
    assert not learner_file().exists()


@pytest.mark.parametrize("sure", [80, -1, "much", float("nan")])
def test_sure_lies_between_0_and_1(sure):
    assert "not between 0 and 1" in predict("00.1", "better", sure=sure).text


def test_the_record_holds_what_was_expected_and_what_came():
    predict("01.1", "no")
    predict("00.1", "better", sure=0.7)
    predict("00.2", (1, 5))
    assert prediction_record().empty
    reveal("00.1", "better")
    reveal("00.2", 7)
    record = prediction_record()
    assert record.index.tolist() == ["00.1", "00.2"]
    assert record["right"].tolist() == [True, False]
    assert record["sure"].iloc[0] == 0.7
    assert record["by_chance"].iloc[0] == pytest.approx(1 / 3)
    assert record["by_chance"].isna().tolist() == [False, True]
    assert record["expected"].tolist() == ["better", "1 to 5 points"]
    assert record["came"].tolist() == ["better", "7 points"]


@pytest.mark.parametrize(
    "entry",
    [
        {"came": "better"},
        {"answer": "best", "came": "better"},
        {"answer": [1, 2], "came": "better"},
        {"answer": "better", "came": 3, "sure": "much"},
        {"answer": {}, "sure": []},
    ],
)
def test_what_a_hand_has_damaged_counts_only_as_far_as_it_fits(entry):
    learner_file().parent.mkdir(parents=True)
    learner_file().write_text(json.dumps({"predictions": {"00.1": entry, "nonsense": entry}}))
    assert prediction_record().empty
    assert "Noted: worse" in predict("00.1", "worse").text
    assert reveal("00.1", "worse").mood == "good"


def test_a_result_that_is_no_choice_and_a_prediction_that_is_not_there_are_refused():
    with pytest.raises(ValueError, match="'equal' is none of"):
        reveal("00.1", "equal")
    with pytest.raises(ValueError, match="there is no prediction '09.1'"):
        predict("09.1", "better")
