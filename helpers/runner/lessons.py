"""The lessons as jobs: their parameters as the notebooks declare them, and in which order."""

import ast
import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

import nbformat
from papermill.inspection import inspect_notebook

from helpers.runner.parameters import Parameter, read_parameter
from helpers.runner.strict_yaml import InputError, unknown

PARAMETERS_TAG = "parameters"


@dataclass(frozen=True)
class Lesson:
    """One notebook of the course.

    Attributes
    ----------
    name : str
        The file's name without its ending, for example ``"01_rotation_pretext_keras"``.
    path : pathlib.Path
        The notebook.
    parameters : dict of str to Parameter
        What the cell tagged ``parameters`` declares, in its order.
    """

    name: str
    path: Path
    parameters: dict[str, Parameter]

    def defaults(self) -> dict[str, object]:
        """Return every parameter's default value by name."""
        return {name: parameter.default for name, parameter in self.parameters.items()}

    def parameter(self, name: str) -> Parameter:
        """Return one parameter, or raise an ``InputError`` that names the nearest one."""
        if name not in self.parameters:
            raise unknown("parameter", name, self.parameters, self.name)
        return self.parameters[name]


def read_lessons(folder: Path) -> dict[str, Lesson]:
    """Read every lesson of a folder: the notebooks whose names begin with a number.

    Parameters
    ----------
    folder : pathlib.Path
        Usually ``notebooks/``.

    Returns
    -------
    dict of str to Lesson
        The lessons by name, in the order of their names.

    Raises
    ------
    InputError
        If there is no lesson, or one cannot be read.
    """
    paths = sorted(folder.glob("[0-9]*_*.ipynb"))
    if not paths:
        raise InputError(f"no lessons in {str(folder)!r}: expected notebooks such as 01_name.ipynb")
    return {path.stem: read_lesson(path) for path in paths}


def read_lesson(path: Path) -> Lesson:
    """Read a notebook's parameters from its one cell tagged ``parameters``.

    Parameters
    ----------
    path : pathlib.Path
        A notebook whose tagged cell holds lines such as
        ``epochs: int = 5  # passes over the images [1 to 200]``. The bracket that ends the comment
        states the allowed range, or the allowed values separated by ``|``.

    Returns
    -------
    Lesson
        The lesson.

    Raises
    ------
    InputError
        If the file is not a notebook, does not have exactly one such cell, or the cell holds
        anything but annotated constants that lie within what they allow.
    """
    cell, notebook = _parameters_cell(path)
    declarations = _declarations(cell.source, path)
    try:
        known_to_papermill = inspect_notebook(notebook)
    except ValueError as error:
        raise InputError(f"{path.name}: {error} Set its kernel to Python 3 and save it") from error
    for name in declarations:
        if name not in known_to_papermill:
            raise InputError(
                f"{path.name}: papermill cannot read the parameter {name!r}: "
                "keep '=' out of its comment"
            )
    parameters = {
        name: read_parameter(name, *parts, where=path.name) for name, parts in declarations.items()
    }
    return Lesson(path.stem, path, parameters)


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook, or raise an ``InputError`` that says why it cannot be read."""
    invalid: dict[str, Exception] = {}
    try:
        notebook = nbformat.read(path, as_version=4, capture_validation_error=invalid)
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror}; check the path") from error
    except (nbformat.ValidationError, ValueError, AttributeError, TypeError, KeyError) as error:
        invalid["error"] = error
    for error in invalid.values():
        reason = str(error).strip().splitlines()[0][:100]
        raise InputError(f"{path} is not a notebook: {reason}") from error
    return notebook


def _parameters_cell(path: Path) -> tuple[nbformat.NotebookNode, nbformat.NotebookNode]:
    notebook = read_notebook(path)
    tagged = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code" and PARAMETERS_TAG in cell.metadata.get("tags", [])
    ]
    if len(tagged) != 1:
        raise InputError(
            f"{path.name}: {len(tagged)} code cells are tagged {PARAMETERS_TAG!r}: tag exactly one"
        )
    return tagged[0], notebook


def _declarations(source: str, path: Path) -> dict[str, tuple[str, str, str]]:
    """Return type, default and comment, as they are written, by name."""
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        raise InputError(
            f"{path.name}, parameters cell, line {error.lineno}: {error.msg}"
        ) from error
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
                f"{path.name}: {line!r} in the parameters cell is not of the form "
                "'name: type = value  # meaning [range]'"
            )
        # A formatter may have wrapped a long line, with the comment inside the brackets.
        lines = range(statement.lineno, statement.end_lineno + 1)
        comment = " ".join(comments[line] for line in lines if line in comments)
        declarations[statement.target.id] = (
            ast.unparse(statement.annotation),
            ast.unparse(statement.value),
            comment,
        )
    return declarations
