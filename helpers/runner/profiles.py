"""Profiles: named sets of parameters, from seconds for a check to hours for a study."""

from dataclasses import dataclass
from pathlib import Path

from helpers.runner.lessons import Lesson
from helpers.runner.strict_yaml import (
    InputError,
    describe,
    expect_keys,
    expect_mapping,
    read_mapping,
    unknown,
)

PROFILES_FILE = "profiles.yaml"


@dataclass(frozen=True)
class Profile:
    """How to run the lessons.

    Attributes
    ----------
    name : str
        For example ``"laptop"``.
    description : str
        What it is for, in a line.
    cell_timeout : int
        Seconds after which a cell is taken to hang and is ended.
    strict : bool
        Whether the lessons' floors and conclusions must hold with these parameters.
    lessons : dict of str to dict
        Parameters that differ from the lesson's own, by lesson and name.
    """

    name: str
    description: str
    cell_timeout: int
    strict: bool
    lessons: dict[str, dict[str, object]]


def read_profiles(path: Path, lessons: dict[str, Lesson]) -> dict[str, Profile]:
    """Read the profiles and check every value against the lesson it is for.

    Parameters
    ----------
    path : pathlib.Path
        The YAML file.
    lessons : dict of str to Lesson
        The lessons by name.

    Returns
    -------
    dict of str to Profile
        The profiles by name, in the file's order.

    Raises
    ------
    InputError
        If the file, a lesson's name, a parameter's name or a value is not right.
    """
    return {
        name: _read_profile(name, content, f"{path}, profile {name}", lessons)
        for name, content in read_mapping(path).items()
    }


def _read_profile(name: str, content: object, where: str, lessons: dict[str, Lesson]) -> Profile:
    content = expect_mapping(content, where)
    expect_keys(content, where, ["description", "cell_timeout", "strict", "lessons"])
    timeout, strict = content["cell_timeout"], content["strict"]
    if not isinstance(timeout, int) or isinstance(timeout, bool) or timeout < 1:
        raise InputError(
            f"{where}: cell_timeout is a whole number of seconds, at least 1, "
            f"got {describe(timeout)}"
        )
    if not isinstance(strict, bool):
        raise InputError(f"{where}: strict is true or false, got {describe(strict)}")
    if not isinstance(content["description"], str):
        raise InputError(f"{where}: description is text, got {describe(content['description'])}")
    overrides = {
        lesson: _checked_overrides(lesson, values, where, lessons)
        for lesson, values in expect_mapping(content["lessons"], f"{where}, lessons").items()
    }
    return Profile(name, content["description"], timeout, strict, overrides)


def _checked_overrides(
    lesson: str, values: object, where: str, lessons: dict[str, Lesson]
) -> dict[str, object]:
    if lesson not in lessons:
        raise unknown("lesson", lesson, lessons, where)
    values = expect_mapping(values, f"{where}, {lesson}")
    for name in values:
        if name not in lessons[lesson].parameters:
            raise unknown("parameter", name, lessons[lesson].parameters, f"{where}, {lesson}")
    return {
        name: lessons[lesson].parameter(name).check(value, f"{where}, {lesson}")
        for name, value in values.items()
    }
