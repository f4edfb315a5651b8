"""Keras and PyTorch never share a process, so neither do their tests.

``pytest tests`` runs the tests that need no framework, ``pytest tests --framework torch`` and
``--framework keras`` the others. A test file belongs to the framework that it imports.
"""

import re
from pathlib import Path

IMPORTS = re.compile(r"^(?:import|from) (keras|torch)\b", re.MULTILINE)


def pytest_addoption(parser):
    parser.addoption("--framework", choices=["none", "keras", "torch"], default="none")


def pytest_report_header(config):
    return f"tests of framework: {config.getoption('--framework')} (or none, keras, torch)"


def pytest_ignore_collect(collection_path: Path, config):
    if collection_path.suffix != ".py" or not collection_path.name.startswith("test_"):
        return None
    found = IMPORTS.search(collection_path.read_text(encoding="utf-8"))
    framework = found[1] if found else "none"
    return True if framework != config.getoption("--framework") else None
