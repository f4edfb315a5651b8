"""The pages that the site's builder reads, put together from the course as it is."""

import re

import nbformat
import pytest

from helpers.lesson.files import NOTEBOOKS_FOLDER, ROOT
from helpers.runner.jobs import read_course
from helpers.site.sources import glossary, write_sources

COURSE = read_course(NOTEBOOKS_FOLDER)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    write_sources(COURSE, NOTEBOOKS_FOLDER, folder, str)
    return folder


def test_every_lesson_has_its_page_its_download_and_its_finding(folder):
    index = (folder / "notebooks" / "index.md").read_text(encoding="utf-8")
    for name, lesson in COURSE.lessons.items():
        assert nbformat.read(folder / "notebooks" / f"{name}.ipynb", as_version=4).cells
        assert (folder / "downloads" / f"{name}.ipynb").read_bytes() == lesson.path.read_bytes()
        assert f"]({name}.ipynb)" in index
        assert f"\n{name}\n" in index
    assert len(re.findall(r"^\*\d+ s\.\* ", index, flags=re.MULTILINE)) == len(COURSE.lessons)


def test_the_first_page_is_the_readme_and_the_rest_of_it_another(folder):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    index = (folder / "index.md").read_text(encoding="utf-8")
    install = (folder / "install.md").read_text(encoding="utf-8")
    assert index.startswith(readme.partition("\n## ")[0])
    headings = re.findall("^## .+", readme, flags=re.MULTILINE)
    assert all((heading in index) != (heading in install) for heading in headings)
    assert "did-it-help.png" in index
    assert "| [00 · Start here](notebooks/00_start_here.ipynb) |" in index
    assert "make run" in install


def test_every_public_function_of_a_room_is_in_the_reference(folder):
    page = (folder / "reference" / "evaluation.rst").read_text(encoding="utf-8")
    assert ".. py:function:: verdict(difference: Interval) -> str" in page
    assert ".. py:class:: Interval" in page
    assert "_accuracies_by_seed" not in page
    index = (folder / "reference" / "index.md").read_text(encoding="utf-8")
    assert "1. [`lesson.results`](lesson.rst): how a lesson says what it found" in index


def test_the_teachers_page_has_solutions_and_no_figures_a_second_time(folder):
    page = (folder / "notebooks" / "teachers.md").read_text(encoding="utf-8")
    assert "A solution:" in page
    assert "data:image" not in page


def test_terms_are_explained_in_a_sentence_or_two_and_no_form_twice():
    forms = [
        form.lower()
        for term, entry in glossary().items()
        for form in [term, *entry.get("also", [])]
    ]
    assert len(set(forms)) == len(forms)
    for term, entry in glossary().items():
        assert set(entry) <= {"explanation", "also"}, term
        assert 6 <= len(entry["explanation"].split()) <= 40, term
        assert entry["explanation"].endswith("."), term
