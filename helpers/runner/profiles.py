"""Profiles: the named sets of parameters in ``profiles.yaml``, for ``--profile``."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from helpers.runner.errors import InputError, expect_known
from helpers.runner.lessons import Lesson
from helpers.runner.strict_yaml import as_structure, read_mapping

PROFILES_FILE = "profiles.yaml"
SWEEPS_FOLDER = "sweeps"  # beside the profiles' folders in build/
Seconds = Annotated[int, Meta(ge=1, description="a whole number of seconds, at least 1")]


class Profile(Struct, frozen=True):
    """How to run the lessons; the head of ``profiles.yaml`` explains each key."""

    name: str
    description: str
    cell_timeout: Seconds
    strict: bool
    lessons: dict[str, dict[str, object]]


def read_profiles(
    path: Path, lessons: dict[str, Lesson], left_out: Collection[str] = ()
) -> dict[str, Profile]:
    """Read the profiles, in the file's order, and check every value against its lesson.

    What they say of a lesson that was left out is not looked at.
    """
    profiles = {}
    contents = read_mapping(path)
    if not contents:
        raise InputError(f"{path} has no profile: give it one, such as 'laptop'")
    for name, content in contents.items():
        where = f"{path}, profile {name}"
        if not re.fullmatch(r"[A-Za-z][\w-]*", name) or name == SWEEPS_FOLDER:
            raise InputError(
                f"{where}: a profile's name is that of its folder in build/: begin with a letter, "
                f"go on with letters, digits, - and _, and do not take {SWEEPS_FOLDER!r}"
            )
        profiles[name] = as_structure(content, Profile, where, name=name)
        for lesson, values in profiles[name].lessons.items():
            if lesson in left_out:
                continue
            expect_known("lesson", lesson, lessons, where)
            for parameter, value in values.items():
                known = lessons[lesson].parameters
                expect_known("parameter", parameter, known, f"{where}, {lesson}")
                values[parameter] = known[parameter].check(value, f"{where}, {lesson}")
    return profiles
