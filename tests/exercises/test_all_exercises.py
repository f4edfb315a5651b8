"""What holds for every exercise, prediction and question, without a line for any of them."""

import re
from pathlib import Path

import nbformat
import pytest

from helpers.lesson.examiner import examine
from helpers.lesson.exercises import exercises_of, is_start
from helpers.lesson.files import NOTEBOOKS_FOLDER, PROFILE_VARIABLE, ROOT
from helpers.lesson.predictions import all_predictions, predict, reveal
from helpers.lesson.questions import all_questions, question

LESSONS = {path.stem[:2]: path for path in sorted(NOTEBOOKS_FOLDER.glob("*.ipynb"))}
BUG_HUNT = "bug_hunt"
NOTEBOOKS = LESSONS | {BUG_HUNT: NOTEBOOKS_FOLDER / "exercises" / f"{BUG_HUNT}.ipynb"}
EXERCISES = [exercise for lesson in NOTEBOOKS for exercise in exercises_of(lesson).values()]
MISTAKES = [(exercise, sentence) for exercise in EXERCISES for sentence in exercise.mistakes]


@pytest.fixture(params=LESSONS)
def lesson(request):
    return request.param


@pytest.fixture(params=EXERCISES, ids=lambda exercise: exercise.number)
def exercise(request):
    return request.param


@pytest.fixture(params=NOTEBOOKS)
def notebook(request):
    return request.param


def cells(notebook):
    return nbformat.read(NOTEBOOKS[notebook], as_version=4).cells


def code(notebook):
    return [cell.source for cell in cells(notebook) if cell.cell_type == "code"]


def called(notebook, function):
    lines = "\n".join(code(notebook))
    return re.findall(rf'^{function}\(\s*"([\w.]+)"', lines, flags=re.MULTILINE)


@pytest.fixture
def started_from(tmp_path):
    """Define what a learner starts from as a notebook does: its text can be read back."""

    def define(exercise):
        file = tmp_path / "cell.py"
        file.write_text(exercise.stub(), encoding="utf-8")
        namespace = {}
        exec(compile(exercise.stub(), file, "exec"), namespace)
        return namespace[(exercise.start or exercise.reference).__name__]

    return define


def test_the_reference_is_right(exercise):
    assert examine(exercise, exercise.reference).kind == "right"


@pytest.mark.parametrize(
    ("exercise", "sentence"), MISTAKES, ids=lambda value: getattr(value, "number", None)
)
def test_a_mistake_is_told_its_own_sentence(exercise, sentence):
    assert examine(exercise, exercise.mistakes[sentence]).sentence == sentence


def test_what_a_learner_starts_from_is_not_attempted(exercise, started_from):
    start = started_from(exercise)
    assert is_start(start, exercise)
    assert not is_start(exercise.reference, exercise)
    if not exercise.start:
        assert examine(exercise, start).kind == "not attempted"


def test_a_program_to_mend_is_wrong_at_one_line_that_can_be_named(exercise):
    assert bool(exercise.start) == bool(exercise.line)
    if exercise.start:
        lines = [line.strip() for line in exercise.stub().splitlines()]
        assert lines.count(exercise.line) == 1
        assert lines[exercise.line_number() - 1] == exercise.line
        assert examine(exercise, exercise.start).kind == "not yet"


def test_a_solution_can_be_pasted_and_run(exercise):
    namespace = {}
    exec(exercise.source(), namespace)
    name = (exercise.start or exercise.reference).__name__
    assert examine(exercise, namespace[name]).kind == "right"


def test_an_exercise_has_all_its_parts(exercise):
    assert exercise.difficulty in (1, 2, 3)
    assert 1 <= exercise.minutes <= 30
    assert len(exercise.hints) >= 2
    assert len(exercise.mistakes) >= 2
    assert exercise.start or exercise.reference.__doc__
    assert len(exercise.inputs) >= 1


def test_a_lesson_has_four_exercises_three_predictions_and_three_questions(lesson):
    assert len(exercises_of(lesson)) >= 4
    assert len(called(lesson, "predict")) >= 3
    assert len(called(lesson, "question")) >= 3


def test_no_exercise_prediction_or_question_is_left_out_of_its_notebook(notebook):
    def of_notebook(numbers):
        return sorted(number for number in numbers if number.startswith(f"{notebook}."))

    assert sorted(called(notebook, "exercise")) == of_notebook(exercises_of(notebook))
    assert sorted(called(notebook, "predict")) == of_notebook(all_predictions())
    assert sorted(called(notebook, "question")) == of_notebook(all_questions())


def test_every_prediction_is_asked_before_its_result(lesson):
    lines = "\n".join(code(lesson))
    for number in called(lesson, "predict"):
        before, _, after = lines.partition(f'predict("{number}"')
        assert f'"{number}", came=' in " ".join(after.split()), number
        assert f'"{number}", came=' not in " ".join(before.split()), number


def test_prompt_stub_and_check_in_the_notebook_are_those_of_the_file(notebook):
    sources = [cell.source for cell in cells(notebook)]
    for number, exercise in exercises_of(notebook).items():
        place = sources.index(exercise.markdown())
        name = (exercise.start or exercise.reference).__name__
        named = ", line=..." if exercise.line else ""
        assert sources[place + 1] == exercise.stub()
        assert sources[place + 2] == f'exercise("{number}").check({name}{named})'


def test_a_stub_takes_no_name_that_the_lesson_uses(lesson):
    for exercise in exercises_of(lesson).values():
        name = exercise.reference.__name__
        used = [source for source in code(lesson) if re.search(rf"\b{name}\b", source)]
        assert len(used) == 2, name


@pytest.mark.parametrize(("number", "asked"), all_questions().items())
def test_a_question_has_one_right_choice_of_four_and_says_something_to_each(number, asked):
    texts = [choice["text"] for choice in asked["choices"]]
    assert re.fullmatch(r"\d\d\.[a-z]", number)
    assert asked["question"].endswith("?")
    assert len(set(texts)) == 4
    assert sum(choice.get("right", False) for choice in asked["choices"]) == 1
    for choice in asked["choices"]:
        first, *others = choice["feedback"].split()
        assert len(others) >= 3
        assert first.strip(".,") not in ("Right", "Yes", "No") or others[0] == "and"


def test_neither_place_nor_length_gives_the_right_choice_away():
    places, longest = [], []
    for asked in all_questions().values():
        lengths = [len(choice["text"]) for choice in asked["choices"]]
        (place,) = [i for i, choice in enumerate(asked["choices"]) if choice.get("right")]
        places.append(place)
        longest.append(lengths[place] == max(lengths))
    assert max(places.count(place) for place in range(4)) <= len(places) / 2
    assert sum(longest) <= len(longest) / 2


@pytest.mark.parametrize(("number", "asked"), all_predictions().items())
def test_a_prediction_has_choices_or_a_unit(number, asked):
    assert re.fullmatch(r"\d\d\.\d", number)
    assert ("choices" in asked) != ("unit" in asked)
    assert 2 <= len(set(asked.get("choices", ("lowest", "highest")))) <= 5


def test_what_came_is_stored_in_the_lesson_for_every_prediction(lesson):
    told = set()
    for cell in cells(lesson):
        if match := re.search(r'^reveal\(\s*"([\w.]+)"', cell.source, flags=re.MULTILINE):
            assert "It came: " in cell.outputs[-1]["data"]["text/plain"], match[1]
            told.add(match[1])
    assert told == {number for number in all_predictions() if number.startswith(f"{lesson}.")}


def test_a_result_that_is_none_of_the_choices_is_refused():
    number = next(n for n, asked in all_predictions().items() if "choices" in asked)
    with pytest.raises(ValueError, match="none of"):
        reveal(number, "blue")


def test_exercises_need_no_framework(frameworks_loaded_by):
    for path in sorted(Path(ROOT / "helpers" / "exercises").glob("*.py")):
        assert frameworks_loaded_by(path.read_text(encoding="utf-8")) == set(), path.name


def test_what_is_stored_of_exercises_and_questions_is_what_they_say_today(notebook, monkeypatch):
    monkeypatch.setenv(PROFILE_VARIABLE, "laptop")
    for cell in cells(notebook):
        if number := re.match(r'(exercise|question|predict)\("([\w.]+)"', cell.source):
            kind, number = number.groups()
            if kind == "exercise":
                box = exercises_of(notebook)[number].not_attempted()
            else:
                box = question(number) if kind == "question" else predict(number)
            assert cell.outputs[0]["data"]["text/html"] == box._repr_html_(), number
