"""constraints.txt, checked against requirements.txt and against what is installed here."""

import re
from importlib.metadata import PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from helpers.lesson.environment import pinned_versions
from helpers.lesson.files import ROOT

LINES = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
CONSTRAINTS = [Requirement(line) for line in LINES if not line.startswith("#")]
HERE = {pin.name: pin for pin in CONSTRAINTS if pin.marker is None or pin.marker.evaluate()}
HOW_TO = "make constraints.txt again with the command in its first lines, then 'make setup'"


def brought_along(names):
    """Every installed distribution behind some names, with the version that is installed."""
    versions = {}
    waiting = [Requirement(name) for name in names]
    seen = set()
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        for extra in {"", *wanted.extras}:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            try:
                found = distribution(name)
            except PackageNotFoundError:
                continue
            versions[name] = found.version
            needs = [Requirement(need) for need in found.requires or []]
            waiting += [n for n in needs if n.marker is None or n.marker.evaluate({"extra": extra})]
    return versions


def test_what_the_course_names_has_the_same_version_in_both_files():
    versions = {pin.name: str(pin.specifier) for pin in CONSTRAINTS if pin.marker is None}
    named = {canonicalize_name(name): f"=={version}" for name, version in pinned_versions().items()}
    assert {name: versions.get(name) for name in named} == named, HOW_TO


def test_every_installed_package_behind_them_is_listed_with_its_version():
    installed = brought_along(pinned_versions())
    assert len(installed) > 120
    assert sorted(set(installed) - set(HERE)) == [], HOW_TO
    wrong = {n: v for n, v in installed.items() if not HERE[n].specifier.contains(v, True)}
    assert wrong == {}, (
        f"installed in other versions than constraints.txt says: 'make setup'; {HOW_TO}"
    )


def test_every_constraint_is_one_exact_version():
    assert all(re.fullmatch(r"==[^,*]+", str(pin.specifier)) for pin in CONSTRAINTS)
    assert all(not pin.extras and pin.url is None for pin in CONSTRAINTS)
    assert len(HERE) == len([p for p in CONSTRAINTS if not p.marker or p.marker.evaluate()])


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize(
    ("system", "os_name"), [("linux", "posix"), ("darwin", "posix"), ("win32", "nt")]
)
def test_no_platform_and_python_gets_two_versions_of_a_package(python, system, os_name):
    where = {
        "python_version": python,
        "python_full_version": f"{python}.7",
        "sys_platform": system,
        "os_name": os_name,
    }
    names = [p.name for p in CONSTRAINTS if not p.marker or p.marker.evaluate(where)]
    assert len(names) == len(set(names))
    assert {"keras", "tensorflow", "torch", "jupyterlab"} <= set(names)
    assert ("colorama" in names, "appnope" in names) == (system == "win32", system == "darwin")


def test_it_names_no_index_and_no_machine():
    text = "\n".join(LINES)
    assert "://" not in text
    assert not re.search(r"(^|\s)(--(extra-)?index-url\b|-f\b|/)", text, flags=re.MULTILINE)
