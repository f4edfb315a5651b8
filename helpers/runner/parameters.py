"""The parameters that notebooks declare: their types, and which values they allow."""

import ast
import io
import json
import math
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import nbformat

from helpers.data import dataset_files
from helpers.data.folders import picture_files
from helpers.data.layouts import full_path
from helpers.runner.errors import InputError, describe, unknown
from helpers.runner.strict_yaml import TYPE_NAMES, read_value

TAG = "parameters"
INJECTED = "injected-parameters"
TYPES = {"int": int, "float": int | float, "str": str, "bool": bool}
_BRACKET = re.compile(r"^(?P<meaning>.*?)\s*\[(?P<allowed>[^\[\]]+)\]\s*$")
_RANGE = re.compile(r"^(?P<lowest>\S+) to (?P<highest>\S+)$")


@dataclass(frozen=True)
class Parameter:
    """What a lesson says about one of its parameters.

    ``kind`` is the type, ``"int"``, ``"float"``, ``"str"`` or ``"bool"``, of the value or, if
    ``is_list``, of each of its elements. ``meaning`` is the comment beside it, and ``allowed``
    the bracket that ends the comment, empty without one: ``"1 to 200"`` (both included) or
    ``"mnist-5k | mnist"``.
    """

    name: str
    kind: str
    is_list: bool
    default: object
    meaning: str
    allowed: str

    @property
    def type_name(self) -> str:
        """The type as a reader of the notebook sees it: ``int`` or ``list of int``."""
        return f"list of {self.kind}" if self.is_list else self.kind

    @property
    def choices(self) -> list[str]:
        """The allowed values of a text parameter, empty if any text will do."""
        if self.kind != "str" or not self.allowed:
            return []
        return [choice.strip() for choice in self.allowed.split("|")]

    @property
    def is_dataset(self) -> bool:
        """Whether it names a data set, so that a path may stand in for one of the choices."""
        return "dataset" in self.name or self.is_folder

    @property
    def is_folder(self) -> bool:
        """Whether it names a folder of pictures, and no other kind of data set."""
        return self.name == "folder"

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and the highest value of a number, both allowed; infinite if not stated."""
        match = _RANGE.match(self.allowed)
        if self.kind not in ("int", "float") or not match:
            return -math.inf, math.inf
        return float(match["lowest"]), float(match["highest"])

    def parse(self, text: str, where: str) -> object:
        """Read a value as it is typed on a command line, lists as ``[100, 1000]``, and check it.

        ``where``, the lesson, begins the message of a refusal.
        """
        typed = text.strip()
        if self.kind == "str" and not self.is_list and typed and typed[0] not in "'\"":
            return self.check(typed, where)  # YAML would end it at " #" and stumble over ": "
        return self.check(read_value(text, f"{self.name}={describe(text)}"), where)

    def check(self, value: object, where: str, folder: Path | None = None) -> object:
        """Return a value read from YAML as the notebook will receive it, or refuse it.

        A whole number becomes a float where the type is float, and a path to a data set absolute:
        a relative one is seen from ``folder``, by default the current one.
        """
        if self.is_list and not isinstance(value, list):
            raise InputError(
                f"{where}: {self.name} is a {self.type_name}, got {describe(value)}; "
                f"write it in brackets, as in {self.name}={json.dumps(self.default)}"
            )
        if not self.is_list:
            return self._check_one(value, where, folder)
        if not value:
            raise InputError(f"{where}: {self.name} needs at least one value in its brackets")
        return [self._check_one(element, where, folder) for element in value]

    def _check_one(self, value: object, where: str, folder: Path | None) -> object:
        try:
            msgspec.convert(value, TYPES[self.kind])
        except msgspec.ValidationError as error:
            every = "each value of " if self.is_list else ""
            raise InputError(
                f"{where}: {every}{self.name} is {TYPE_NAMES[self.kind]} ({self.kind}), "
                f"got {describe(value)}; the default is {json.dumps(self.default)}"
            ) from error
        if self.kind == "str":
            return self._check_text(value, where, folder)
        lowest, highest = self.limits
        if not (lowest <= value <= highest and math.isfinite(value)):
            raise InputError(
                f"{where}: {self.name}={describe(value)} is outside its range, "
                f"{self.allowed or 'any finite number'}"
            )
        return float(value) if self.kind == "float" else value

    def _check_text(self, value: str, where: str, folder: Path | None) -> str:
        if not self.choices or value in self.choices:
            return value
        refusal = unknown(self.name, value, self.choices, where)
        if not self.is_dataset:
            raise refusal
        if self.is_folder:
            try:
                path = full_path(Path(folder or "", Path(value).expanduser()))
                picture_files(path)
            except (OSError, RuntimeError, ValueError) as error:
                raise InputError(f"{where}: {self.name}: {error}") from error
            return str(path)
        try:
            path = full_path(Path(folder or "", Path(value).expanduser()))
            is_data = path.is_dir() or (path.is_file() and path.suffix == ".npz")
        except (RuntimeError, ValueError):
            is_data = False
        if not is_data:
            raise InputError(f"{refusal}; a path must be a folder or an .npz file")
        try:
            dataset_files(path)
        except (FileNotFoundError, ValueError) as error:
            raise InputError(f"{where}: {self.name}: {error}") from error
        return str(path)


def read_parameters(
    notebook: nbformat.NotebookNode, where: str, folder: Path
) -> dict[str, Parameter]:
    """Read, in their order, the parameters of a notebook's one cell tagged ``parameters``.

    It holds lines such as ``epochs: int = 5  # passes over the images [1 to 200]``. The bracket
    states the allowed range, or the allowed values separated by ``|``. ``folder`` is the
    notebook's.
    """
    if tagged(notebook, INJECTED):
        raise InputError(
            f"{where}: a cell tagged {INJECTED!r}, as papermill leaves it, would win over the "
            "declared parameters: delete that cell, or restore the notebook"
        )
    cells = tagged(notebook, TAG)
    if len(cells) != 1:
        raise InputError(f"{where}: {len(cells)} code cells are tagged {TAG!r}: tag exactly one")
    if not notebook.metadata.get("kernelspec", {}).get("name"):
        raise InputError(f"{where}: it names no kernel. Set its kernel to Python 3 and save it")
    return {
        name: read_parameter(name, *parts, where, folder)
        for name, parts in _declarations(cells[0].source, where).items()
    }


def read_parameter(
    name: str, annotation: str, default: str, comment: str, where: str, folder: Path | None = None
) -> Parameter:
    """Make a parameter of the parts of a line, ``name: annotation = default  # comment``.

    Numbers and data sets need a bracket, and the default must be among the allowed values.
    """
    if "=" in comment:
        raise InputError(
            f"{where}: papermill cannot read the parameter {name!r}: keep '=' out of its comment"
        )
    try:
        value = ast.literal_eval(default)
    except (ValueError, SyntaxError) as error:
        raise InputError(f"{where}: the default of {name} is not a constant: {default}") from error
    is_list = annotation.startswith("list")
    kind = _element_kind(value) if is_list else annotation
    if kind not in TYPE_NAMES:
        raise InputError(
            f"{where}: {name} needs a type: one of {', '.join(TYPE_NAMES)}, or list with values"
        )
    match = _BRACKET.match(comment)
    meaning, allowed = (match["meaning"], match["allowed"]) if match else (comment.strip(), "")
    parameter = Parameter(name, kind, is_list, value, meaning, allowed.strip())
    _check_bracket(parameter, where)
    checked = parameter.check(value, f"{where}, default", folder)
    return replace(parameter, default=checked) if parameter.is_dataset else parameter


def split_assignments(assignments: Sequence[str]) -> dict[str, str]:
    """Take texts such as ``epochs=8``, as they follow ``-p``, apart: the values by name."""
    given: dict[str, str] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals or not name.strip():
            raise InputError(f"-p {describe(assignment)}: write it as NAME=VALUE")
        if name in given:
            raise InputError(f"the parameter {describe(name)} is given twice: keep one")
        given[name] = text
    return given


def tagged(notebook: nbformat.NotebookNode, tag: str) -> list[nbformat.NotebookNode]:
    """Return the code cells that have a tag."""
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and tag in cell.metadata.get("tags", [])
    ]


def _declarations(source: str, where: str) -> dict[str, tuple[str, str, str]]:
    """Return type, default and comment, as they are written, by name."""
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        place = f"{where}, parameters cell, line {error.lineno}"
        raise InputError(f"{place}: {error.msg}") from error
    comments = {
        token.start[0]: token.string.lstrip("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    declarations = {}
    for statement in statements:
        plain = isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        if not plain or statement.value is None:
            line = re.sub(r"\s+", " ", ast.unparse(statement))[:60]
            raise InputError(
                f"{where}: {line!r} in the parameters cell is not of the form "
                "'name: type = value  # meaning [range]'"
            )
        # A formatter may have wrapped a long line, with the comment inside the brackets.
        lines = range(statement.lineno, statement.end_lineno + 1)
        comment = " ".join(comments[line] for line in lines if line in comments)
        typed, value = ast.unparse(statement.annotation), ast.unparse(statement.value)
        declarations[statement.target.id] = (typed, value, comment)
    return declarations


def _check_bracket(parameter: Parameter, where: str) -> None:
    needed = parameter.kind in ("int", "float") or parameter.is_dataset
    if needed and not parameter.allowed:
        raise InputError(
            f"{where}: the comment of {parameter.name} must end with what it allows: "
            "[lowest to highest], or [one | other]"
        )
    if not parameter.allowed or parameter.kind == "str":
        return
    match = _RANGE.match(parameter.allowed)
    try:
        valid = bool(match) and float(match["lowest"]) <= float(match["highest"])
    except ValueError:
        valid = False
    if not valid or parameter.kind == "bool":
        raise InputError(
            f"{where}: [{parameter.allowed}] does not suit {parameter.name}, "
            f"{TYPE_NAMES[parameter.kind]}: write [lowest to highest] for a number, "
            "[one | other] for text, nothing for true or false"
        )


def _element_kind(values: object) -> str:
    kinds = {type(element).__name__ for element in values} if isinstance(values, list) else set()
    if kinds == {"int", "float"}:
        return "float"
    return kinds.pop() if len(kinds) == 1 else ""
