import pytest

from helpers.lesson.questions import all_questions, question


def test_every_choice_unfolds_what_is_said_to_it():
    number, asked = next(iter(all_questions().items()))
    box = question(number)
    assert asked["question"] in box.text
    assert [title[:3] for title in box.folded] == ["A. ", "B. ", "C. ", "D. "]
    for said, choice in zip(box.folded.values(), asked["choices"], strict=True):
        assert said == ("Right. " if choice.get("right") else "No. ") + choice["feedback"]
    assert not any(said in repr(box) for said in box.folded.values())


def test_a_question_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="there is no question '99.a'"):
        question("99.a")
