"""What is to run: the course as its files describe it, and jobs planned or refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from helpers.runner.errors import InputError, expect_known
from helpers.runner.lessons import (
    PROMISES_FILE,
    Lesson,
    Promise,
    read_lessons,
    read_promises,
)
from helpers.runner.parameters import split_assignments
from helpers.runner.profiles import PROFILES_FILE, Profile, read_profiles


@dataclass(frozen=True)
class Course:
    """Lessons, what they promise and how they can be run, by name; each follows those it needs.

    ``left_out`` says, of each notebook that was not taken for a lesson, what is wrong with it.
    """

    lessons: dict[str, Lesson]
    promises: dict[str, Promise]
    profiles: dict[str, Profile]
    left_out: dict[str, str]

    def expect_lesson(self, name: str, where: str = "") -> None:
        """Refuse the name of a lesson that does not exist, or was left out."""
        if name in self.left_out:
            raise InputError(self.left_out[name])
        expect_known("lesson", name, self.lessons, where)

    def job(
        self, lesson: str, profile: Profile, own: dict[str, object], strict: bool, folder: Path
    ) -> "Job":
        """Return the job of a lesson; its ``own`` parameters win over those of the profile."""
        overrides = {**profile.lessons.get(lesson, {}), **own}
        known = self.lessons[lesson], self.promises[lesson]
        return Job(*known, overrides, strict, profile.cell_timeout, folder)


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
    def seconds_for_a_cell(self) -> int:
        """How long a cell may take: more for a lesson that is given ``minutes`` to compute."""
        return self.cell_timeout + round(5 * 60 * float(self.parameters().get("minutes", 0)))

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
    """Read lessons, promises and profiles of a folder, and check them against each other.

    One notebook that is no lesson, such as a copy or a conflict of versions, stops no other.
    """
    lessons, left_out = read_lessons(folder)
    path = folder / PROMISES_FILE
    promises = read_promises(path, [*lessons, *left_out])
    for name in lessons.keys() - promises.keys():
        left_out[name] = f"{name}.ipynb is not in {path}: delete it, or add what it promises"
    promises = {name: promise for name, promise in promises.items() if name not in left_out}
    if not promises:
        raise InputError(next(iter(left_out.values())))
    lessons = {name: lessons[name] for name in promises}
    profiles = read_profiles(folder / PROFILES_FILE, lessons, left_out)
    return Course(lessons, promises, profiles, dict(sorted(left_out.items())))


def plan(
    course: Course, names: Sequence[str], profile_name: str, assignments: Sequence[str], build: Path
) -> list[Job]:
    """Decide what to run, each lesson after those it needs, or refuse with an ``InputError``.

    Without names every lesson is run. Each of the assignments, ``NAME=VALUE``, goes to every
    chosen lesson that has the parameter; a lesson that gets one is no longer strict. ``build`` is
    the folder for the results of all profiles.
    """
    for name in names:
        course.expect_lesson(name)
    expect_known("profile", profile_name, course.profiles)
    profile = course.profiles[profile_name]
    chosen = [lesson for name, lesson in course.lessons.items() if not names or name in names]
    given = split_assignments(assignments)
    known = {name: None for lesson in chosen for name in lesson.parameters}
    for name in given:
        expect_known("parameter", name, known)
    jobs = []
    for lesson in chosen:
        own = {
            name: lesson.parameter(name).parse(text, lesson.name)
            for name, text in given.items()
            if name in lesson.parameters
        }
        strict = profile.strict and not own
        jobs.append(course.job(lesson.name, profile, own, strict, build.resolve() / profile.name))
    return jobs
