"""Keras and PyTorch never share a process, so neither do their tests, nor the examples of helpers.

``pytest`` runs the tests and the doctests that need no framework, ``pytest --framework torch`` and
``pytest --framework keras`` the others. A file belongs to the framework that it loads.
"""

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# However slow or busy the machine is, a test fails for what it found alone.
settings.register_profile("course", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("course")

ROOT = Path(__file__).parent
FRAMEWORKS = {"keras": "keras", "tensorflow": "keras", "torch": "torch"}


def imported(nodes: Iterable[ast.AST]) -> set[str]:
    """Name what these statements import: modules, and what may be modules of theirs."""
    modules = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return modules


@cache
def imported_by(path: Path) -> set[str]:
    """Name what a file imports as soon as it is imported itself, outside all functions."""
    return imported(ast.parse(path.read_text(encoding="utf-8")).body) if path.is_file() else set()


def frameworks_behind(modules: set[str]) -> set[str]:
    """Name the frameworks that these imports load, at once or by way of our own modules."""
    seen, waiting = set(), set(modules)
    while waiting:
        module = waiting.pop()
        seen.add(module)
        if module.startswith("helpers"):
            path = ROOT.joinpath(*module.split("."))
            inner = imported_by(path.with_suffix(".py")) | imported_by(path / "__init__.py")
            waiting |= inner - seen
    return {
        FRAMEWORKS[top] for top in (name.partition(".")[0] for name in seen) if top in FRAMEWORKS
    }


@pytest.fixture
def frameworks_loaded_by():
    """Return a function that names the frameworks of a piece of code, wherever it imports them."""
    return lambda code: frameworks_behind(imported(ast.walk(ast.parse(code))))


def pytest_addoption(parser):
    parser.addoption("--framework", choices=["none", "keras", "torch"], default="none")


def pytest_report_header(config):
    return f"tests of framework: {config.getoption('--framework')} (or none, keras, torch)"


def pytest_ignore_collect(collection_path: Path, config):
    if collection_path.suffix != ".py":
        return None
    if not (
        collection_path.name.startswith("test_") or ROOT / "helpers" in collection_path.parents
    ):
        return True  # a script, not a test
    found = frameworks_behind(imported_by(collection_path)) or {"none"}
    return None if config.getoption("--framework") in found else True
