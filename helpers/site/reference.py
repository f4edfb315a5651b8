"""The helpers' reference: docstrings as pages for Sphinx, read from the files alone.

Nothing is imported, because Keras and PyTorch must not share a process.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import indent

HELPERS = Path(__file__).resolve().parents[1]
LEFT_OUT = {"exercises", "site", "runner"}  # nobody needs these to follow a lesson
Documented = ast.FunctionDef | ast.ClassDef


def rooms() -> list[str]:
    """Return the names of the rooms that lessons use."""
    return sorted({path.parent.name for path in HELPERS.glob("*/__init__.py")} - LEFT_OUT)


def room_page(room: str, convert: Callable[[str], str]) -> str:
    """Return what a room's docstrings say, in reStructuredText.

    ``convert`` turns NumPy's style of docstrings into it, as Sphinx's ``napoleon`` does.
    """
    parts = [
        _heading(f"helpers.{room}", "="),
        _text(_read(HELPERS / room / "__init__.py"), convert),
    ]
    for path in sorted((HELPERS / room).glob("*.py")):
        if path.stem != "__init__":
            module, name = _read(path), f"helpers.{room}.{path.stem}"
            parts += [_heading(name, "-"), f".. py:currentmodule:: {name}", _text(module, convert)]
            parts += [_entry(node, convert) for node in _public(module)]
    return "\n\n".join(parts) + "\n"


def reading_path() -> list[tuple[str, str]]:
    """Return what to read first of the helpers: modules, each with what it is.

    >>> reading_path()[0]
    ('lesson.results', 'how a lesson says what it found')
    """
    text = ast.get_docstring(ast.parse((HELPERS / "__init__.py").read_text(encoding="utf-8")))
    return re.findall(r"^ +\d\. (\S+) +(.+)$", text, flags=re.MULTILINE)


def _entry(node: Documented, convert: Callable[[str], str]) -> str:
    kind = "class" if isinstance(node, ast.ClassDef) else "function"
    lines = [f".. py:{kind}:: {node.name}{_signature(node)}", indent(_text(node, convert), "   ")]
    if isinstance(node, ast.ClassDef):
        methods = (
            _entry(method, convert).replace("py:function", "py:method", 1)
            for method in _public(node)
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
        if (
            isinstance(node, Documented)
            and not node.name.startswith("_")
            and ast.get_docstring(node)
        ):
            yield node


def _text(node: ast.Module | Documented, convert: Callable[[str], str]) -> str:
    columns = r"(?<=\n\n)((?: {4}.*\n?)+)"  # what is set in columns stays so
    return convert(re.sub(columns, r"::\n\n\1\n", ast.get_docstring(node) or ""))


def _heading(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}"


def _read(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
