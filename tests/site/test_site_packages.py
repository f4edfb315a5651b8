"""The site's packages stand beside the lessons': exact, and in no version that differs."""

import re

import pytest
from packaging.requirements import Requirement

from helpers.lesson.files import ROOT


def pins(path):
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("path", ["helpers/site/requirements.txt", "tests/site/requirements.txt"])
def test_every_version_is_exact_and_the_lessons_own_where_they_have_one(path):
    lessons = {pin.name: str(pin.specifier) for pin in pins("constraints.txt")}
    assert len(pins(path)) >= 5
    for pin in pins(path):
        assert re.fullmatch(r"==[^,*]+", str(pin.specifier)), pin
        assert lessons.get(pin.name, str(pin.specifier)) == str(pin.specifier), pin
