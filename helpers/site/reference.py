"""The helpers' reference: docstrings as pages for Sphinx, read from the files alone.

Nothing is imported, because Keras and PyTorch must not share a process.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

HELPERS = Path(__file__).resolve().parents[1]
LEFT_OUT = {"site", "runner"}  # nobody needs these to follow a lesson
Documented = ast.FunctionDef | ast.ClassDef


def room_pages() -> dict[str, str]:
    """Return a page in reStructuredText for each room that lessons use, by the room's name."""
    rooms = sorted(path.parent for path in HELPERS.glob("*/__init__.py"))
    return {room.name: _room_page(room) for room in rooms if room.name not in LEFT_OUT}


def reading_path() -> list[tuple[str, str]]:
    """Return what to read first of the helpers: modules, each with what it is.

    >>> reading_path()[0]
    ('lesson.results', 'how a lesson says what it found')
    """
    text = ast.get_docstring(ast.parse((HELPERS / "__init__.py").read_text(encoding="utf-8")))
    return re.findall(r"^ +\d\. (\S+) +(.+)$", text, flags=re.MULTILINE)


def _room_page(room: Path) -> str:
    parts = [_heading(f"helpers.{room.name}", "="), _docstring(_read(room / "__init__.py"))]
    for path in sorted(room.glob("*.py")):
        if path.stem == "__init__":
            continue
        module = _read(path)
        name = f"helpers.{room.name}.{path.stem}"
        parts += [_heading(name, "-"), f".. py:currentmodule:: {name}", _docstring(module)]
        parts += [_entry(node) for node in _public(module)]
    return "\n\n".join(parts) + "\n"


def _entry(node: Documented) -> str:
    kind = "class" if isinstance(node, ast.ClassDef) else "function"
    lines = [f".. py:{kind}:: {node.name}{_signature(node)}", indent(_docstring(node), "   ")]
    if isinstance(node, ast.ClassDef):
        methods = (
            _entry(method).replace("py:function", "py:method", 1) for method in _public(node)
        )
        lines += [indent(method, "   ") for method in methods]
    return "\n\n".join(lines)


def _signature(node: Documented) -> str:
    if isinstance(node, ast.ClassDef):
        return ""
    arguments = ast.unparse(node.args).removeprefix("self, ")
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"({'' if arguments == 'self' else arguments}){returns}".replace("\\", "\\\\")


def _public(tree: ast.Module | ast.ClassDef) -> Iterator[Documented]:
    for node in tree.body:
        if isinstance(node, Documented) and not node.name.startswith("_") and _docstring(node):
            yield node


def _docstring(node: ast.Module | Documented) -> str:
    from sphinx.ext.napoleon import NumpyDocstring

    text = ast.get_docstring(node) or ""
    text = re.sub(r"(?<=\n\n)((?: {4}.*\n?)+)", r"::\n\n\1\n", text)  # columns stay columns
    return str(NumpyDocstring(text))


def _heading(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}"


def _read(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
