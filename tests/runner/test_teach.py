import html
import re

import nbformat
import pytest

from helpers.lesson.exercises import exercises_of
from helpers.lesson.files import NOTEBOOKS_FOLDER
from helpers.lesson.questions import all_questions
from helpers.runner.jobs import read_course
from helpers.runner.teach import write_class_notebooks, write_page


@pytest.fixture(scope="module")
def course():
    return read_course(NOTEBOOKS_FOLDER)


@pytest.fixture(scope="module")
def page(course, tmp_path_factory):
    path = tmp_path_factory.mktemp("teach") / "for_teachers.html"
    return write_page(course, NOTEBOOKS_FOLDER, path).read_text(encoding="utf-8")


def test_the_page_has_every_lesson_with_its_parts(course, page):
    for name in course.lessons:
        assert re.search(rf"<h2[^>]*>{name}", page)
    for part in ("Before it", "What is learnt", "Key points", "Predictions"):
        assert len(re.findall(rf"<h3[^>]*>{part}", page)) == len(course.lessons)


def test_the_page_has_every_exercise_with_solution_and_mistakes(course, page):
    sets = [exercises_of(name) for name in [*(lesson[:2] for lesson in course.lessons), "bug_hunt"]]
    exercises = [exercise for found in sets for exercise in found.values()]
    for exercise in exercises:
        assert f"Exercise {exercise.number} · " in page
        for sentence in exercise.mistakes:
            beginning = sentence.partition("`")[0].partition("*")[0]
            assert html.escape(beginning, quote=False).strip() in page
    assert page.count("A solution:") == len(exercises)


def test_the_page_has_every_question_with_its_right_choice(page):
    for number, asked in all_questions().items():
        assert f"Question {number}" in page, asked
    assert page.count("✔</strong>") + page.count("</strong> ✔") == len(all_questions())


def test_the_page_has_the_figures_with_alternative_text_and_asks_no_other_host(page):
    pictures = re.findall(r"<img[^>]*>", page)
    assert len(pictures) > 20
    assert all(re.search(r'alt="[^"]{20,}"', picture) for picture in pictures)
    assert all("base64" in picture for picture in pictures)


def test_notebooks_for_a_class_hold_no_solution(course, tmp_path):
    paths = list(write_class_notebooks(course, NOTEBOOKS_FOLDER, tmp_path / "class"))
    assert len(paths) == len(course.lessons) + 1
    for path in paths:
        assert "A solution" not in path.read_text(encoding="utf-8")
        nbformat.validate(nbformat.read(path, as_version=4))
