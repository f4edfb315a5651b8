"""What is to run: the course as its files describe it, and jobs planned or refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.runner.errors import InputError, describe, unknown
from helpers.runner.lessons import (
    PROMISES_FILE,
    Lesson,
    Promise,
    read_lessons,
    read_promises,
)
from helpers.runner.profiles import PROFILES_FILE, Profile, read_profiles


@dataclass(frozen=True)
class Course:
    """Lessons, what they promise and how they can be run, by name; each follows those it needs."""

    lessons: dict[str, Lesson]
    promises: dict[str, Promise]
    profiles: dict[str, Profile]


@dataclass(frozen=True)
class Job:
    """One lesson with what it is to run with, and ``folder``, where everything it makes goes.

    ``overrides`` are the parameters that differ from the lesson's own. A ``strict`` run must keep
    its bounds and conclusions. A cell that takes longer than ``cell_timeout`` seconds is ended.
    """

    lesson: Lesson
    promise: Promise
    overrides: dict[str, object]
    strict: bool
    cell_timeout: int
    folder: Path

    def parameters(self) -> dict[str, object]:
        """Return every parameter with the value it is to have."""
        return {**self.lesson.defaults(), **self.overrides}

    @property
    def notebook(self) -> Path:
        """Where the executed notebook goes once it is finished."""
        return self.folder / "notebooks" / f"{self.lesson.name}.ipynb"

    @property
    def html(self) -> Path:
        """Where its page goes."""
        return self.folder / "html" / f"{self.lesson.name}.html"

    @property
    def unfinished(self) -> Path:
        """Where the notebook grows while it runs, and stays if it fails."""
        return self.folder / "unfinished" / f"{self.lesson.name}.ipynb"


def read_course(folder: Path) -> Course:
    """Read lessons, promises and profiles of a folder, and check them against each other."""
    lessons = read_lessons(folder)
    promises = read_promises(folder / PROMISES_FILE, list(lessons))
    profiles = read_profiles(folder / PROFILES_FILE, lessons)
    return Course({name: lessons[name] for name in promises}, promises, profiles)


def plan(
    course: Course, names: Sequence[str], profile_name: str, assignments: Sequence[str], build: Path
) -> list[Job]:
    """Decide what to run, each lesson after those it needs, or refuse with an ``InputError``.

    Without names every lesson is run. Each of the assignments, ``NAME=VALUE``, goes to every
    chosen lesson that has the parameter; a lesson that gets one is no longer strict. ``build`` is
    the folder for the results of all profiles.
    """
    for name in names:
        if name not in course.lessons:
            raise unknown("lesson", name, course.lessons)
    if profile_name not in course.profiles:
        raise unknown("profile", profile_name, course.profiles)
    profile = course.profiles[profile_name]
    chosen = [lesson for name, lesson in course.lessons.items() if not names or name in names]
    given = _split_assignments(assignments)
    known = {name: None for lesson in chosen for name in lesson.parameters}
    for name in given:
        if name not in known:
            raise unknown("parameter", name, known)
    jobs = []
    for lesson in chosen:
        own = {
            name: lesson.parameter(name).parse(text, lesson.name)
            for name, text in given.items()
            if name in lesson.parameters
        }
        jobs.append(
            Job(
                lesson=lesson,
                promise=course.promises[lesson.name],
                overrides={**profile.lessons.get(lesson.name, {}), **own},
                strict=profile.strict and not own,
                cell_timeout=profile.cell_timeout,
                folder=build.resolve() / profile.name,
            )
        )
    return jobs


def _split_assignments(assignments: Sequence[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise InputError(f"-p {describe(assignment)}: write it as NAME=VALUE")
        if name in given:
            raise InputError(f"the parameter {describe(name)} is given twice: keep one")
        given[name] = text
    return given
