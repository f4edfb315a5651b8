"""What Sphinx reads: a folder of pages, put together from what the course holds already."""

import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
import yaml

from helpers.lesson.files import DATA_FOLDER, ROOT
from helpers.runner.jobs import Course
from helpers.runner.refresh import committed_results
from helpers.runner.teach import EXERCISES_FOLDER, page_texts
from helpers.site.demonstrations import data_scripts
from helpers.site.notebooks import on_site, page_notebook, title_of
from helpers.site.reference import reading_path, room_page, rooms

HERE = Path(__file__).parent
GLOSSARY = HERE / "glossary.yaml"
DOWNLOADS = "downloads"
SCRIPTS = "scripts"


def write_sources(
    course: Course, notebooks: Path, folder: Path, convert: Callable[[str], str]
) -> None:
    """Write all pages of the site into a folder, which is emptied first.

    ``convert`` is what ``room_page`` takes.
    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "play", folder / "play")
    shutil.copytree(notebooks / "pictures", folder / "notebooks" / "pictures")
    (folder / "data").mkdir()
    shutil.copy(DATA_FOLDER / "README.md", folder / "data")
    shutil.copytree(DATA_FOLDER / "licences", folder / "data" / "licences")
    shutil.copy(ROOT / "LICENSE", folder)
    _write_notebooks(course, notebooks, folder)
    for name, script in data_scripts(notebooks).items():
        _write(folder / SCRIPTS / f"{name}.js", script)
    for room in rooms():
        _write(folder / "reference" / f"{room}.rst", room_page(room, convert))
    _write(folder / "reference" / "index.md", _reference_index())
    start, lessons, install = _readme_parts((ROOT / "README.md").read_text(encoding="utf-8"))
    play = (HERE / "start.md").read_text(encoding="utf-8")
    _write(folder / "index.md", f"{start}\n\n{play}\n\n{_with_titles(lessons, notebooks)}")
    _write(folder / "install.md", f"# Install and run\n\n{install}")
    _write(folder / "glossary.md", _glossary_page())
    teachers = "\n\n".join(page_texts(course, notebooks, figures=False))
    _write(folder / "notebooks" / "teachers.md", on_site(teachers))


def glossary() -> dict[str, dict]:
    """Return the glossary's terms; each has an ``explanation`` and maybe ``also``, other forms."""
    return yaml.safe_load(GLOSSARY.read_text(encoding="utf-8"))


def _write_notebooks(course: Course, notebooks: Path, folder: Path) -> None:
    measured = committed_results(notebooks, course.lessons)["lessons"]
    paths = [lesson.path for lesson in course.lessons.values()]
    sets = sorted((notebooks / EXERCISES_FOLDER).glob("*.ipynb"))
    entries = []
    for path in [*paths, *sets]:
        name = path.stem
        place = path.relative_to(notebooks)
        notebook = nbformat.read(path, as_version=4)
        original = folder / DOWNLOADS / path.name
        original.parent.mkdir(exist_ok=True)
        shutil.copy(path, original)
        up = "../" * len(place.parts)
        seconds = measured.get(name, {}).get("seconds")
        page = page_notebook(notebook, name, f"{up}{DOWNLOADS}/{path.name}", seconds)
        _write(folder / "notebooks" / place, nbformat.writes(page))
        entry = f"## [{title_of(notebook)}]({place.as_posix()})"
        if name in course.promises:
            promise = course.promises[name]
            entry += f"\n\n{promise.summary[:1].upper()}{promise.summary[1:]}."
            if name in measured:
                entry += f"\n\n*{seconds:.0f} s.* {promise.found(measured[name]['metrics'])}"
        entries.append(entry)
    tree = _toctree(path.relative_to(notebooks).with_suffix("").as_posix() for path in paths + sets)
    _write(folder / "notebooks" / "index.md", "\n\n".join(["# Lessons", *entries, tree]))


def _readme_parts(readme: str) -> tuple[str, str, str]:
    """Return the README's beginning, its section with the lessons, and all others."""
    beginning, *sections = readme.split("\n## ")
    lessons = next(section for section in sections if section.startswith("The lessons\n"))
    others = (f"## {section}" for section in sections if section != lessons)
    return beginning, f"## {lessons}", "\n".join(others)


def _with_titles(table: str, notebooks: Path) -> str:
    """Return the README's table with the lessons' titles in place of their files' names."""

    def link(found: re.Match) -> str:
        title = title_of(nbformat.read(notebooks / found[2], as_version=4))
        return f"[{title.removeprefix('Lesson ')}](notebooks/{found[2]})"

    return re.sub(r"\[(\w+)\]\(notebooks/(\1\.ipynb)\)", link, table)


def _reference_index() -> str:
    path = "\n".join(
        f"1. [`{module}`]({module.partition('.')[0]}.rst): {what}"
        for module, what in reading_path()
    )
    return (
        "# Reference\n\nWhat the lessons import, room by room, from its docstrings.\n\n"
        "## What to read first\n\nTo understand the course's own code, read these in order, some "
        f"700 lines in all.\n\n{path}\n\n{_toctree(rooms())}"
    )


def _glossary_page() -> str:
    entries = (f"## {term}\n\n{entry['explanation']}" for term, entry in glossary().items())
    return "\n\n".join(["# Glossary", *entries])


def _toctree(names: Iterable[str]) -> str:
    return "\n".join(["```{toctree}", ":hidden:", "", *names, "```"])


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
