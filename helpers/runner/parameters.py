"""One parameter of a lesson: its type, its meaning, and which values it allows."""

import ast
import math
import re
from dataclasses import dataclass
from pathlib import Path

from helpers.runner.strict_yaml import InputError, describe, read_value, unknown

TYPE_NAMES = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
}
_BRACKET = re.compile(r"^(?P<meaning>.*?)\s*\[(?P<allowed>[^\[\]]+)\]\s*$")
_RANGE = re.compile(r"^(?P<lowest>\S+) to (?P<highest>\S+)$")


@dataclass(frozen=True)
class Parameter:
    """What a lesson says about one of its parameters.

    Attributes
    ----------
    name : str
        Its name.
    kind : str
        Type of the value, or of each element of a list: ``"int"``, ``"float"``, ``"str"`` or
        ``"bool"``.
    is_list : bool
        Whether the value is a list of such elements.
    default : object
        The lesson's own value.
    meaning : str
        The comment beside it, without the bracket.
    allowed : str
        What the bracket says, empty without one: ``"1 to 200"`` (both included) or
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
        return "dataset" in self.name

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and the highest value of a number, both allowed; infinite if not stated."""
        match = _RANGE.match(self.allowed)
        if self.kind not in ("int", "float") or not match:
            return -math.inf, math.inf
        return float(match["lowest"]), float(match["highest"])

    def parse(self, text: str, where: str) -> object:
        """Read a value as it is typed on a command line, and check it.

        Parameters
        ----------
        text : str
            The part after the equals sign; lists as ``[100, 1000]``.
        where : str
            The lesson, for the message.

        Returns
        -------
        object
            The value, as ``check`` returns it.

        Raises
        ------
        InputError
            If it is not a value this parameter allows.
        """
        value = read_value(text, f"{self.name}={describe(text)}")
        is_scalar = not isinstance(value, list | dict | None)
        if self.kind == "str" and not self.is_list and is_scalar and not isinstance(value, str):
            value = text.strip()
        return self.check(value, where)

    def check(self, value: object, where: str) -> object:
        """Return the value as the notebook will receive it, if this parameter allows it.

        Parameters
        ----------
        value : object
            As read from YAML.
        where : str
            The lesson or the file, for the message.

        Returns
        -------
        object
            The value; whole numbers as float where the type is float, a path to a data set as an
            absolute path.

        Raises
        ------
        InputError
            If type, range or choice does not fit.
        """
        if self.is_list and not isinstance(value, list):
            raise InputError(
                f"{where}: {self.name} is a {self.type_name}, got {describe(value)}; "
                f"write it in brackets, as in {self.name}={_as_yaml(self.default)}"
            )
        if not self.is_list:
            return self._check_one(value, where)
        if not value:
            raise InputError(f"{where}: {self.name} needs at least one value in its brackets")
        return [self._check_one(element, where) for element in value]

    def _check_one(self, value: object, where: str) -> object:
        fits = {
            "int": isinstance(value, int) and not isinstance(value, bool),
            "float": isinstance(value, int | float) and not isinstance(value, bool),
            "str": isinstance(value, str),
            "bool": isinstance(value, bool),
        }
        if not fits[self.kind]:
            every = "each value of " if self.is_list else ""
            raise InputError(
                f"{where}: {every}{self.name} is {TYPE_NAMES[self.kind]} ({self.kind}), "
                f"got {describe(value)}; the default is {_as_yaml(self.default)}"
            )
        if self.kind == "str":
            return self._check_text(value, where)
        lowest, highest = self.limits
        if self.kind != "bool" and not (lowest <= value <= highest and math.isfinite(value)):
            raise InputError(
                f"{where}: {self.name}={describe(value)} is outside its range, "
                f"{self.allowed or 'any finite number'}"
            )
        return float(value) if self.kind == "float" else value

    def _check_text(self, value: str, where: str) -> str:
        if not self.choices or value in self.choices:
            return value
        refusal = unknown(self.name, value, self.choices, where)
        if not self.is_dataset:
            raise refusal
        try:
            path = Path(value).expanduser().resolve()
            is_data = path.is_dir() or (path.is_file() and path.suffix == ".npz")
        except (OSError, RuntimeError, ValueError):
            is_data = False
        if not is_data:
            raise InputError(f"{refusal}; a path must be a folder or an .npz file")
        return str(path)


def read_parameter(name: str, annotation: str, default: str, comment: str, where: str) -> Parameter:
    """Make a parameter of what a notebook's line says.

    Parameters
    ----------
    name, annotation, default, comment : str
        The parts of ``name: annotation = default  # comment``.
    where : str
        The notebook, for the message.

    Returns
    -------
    Parameter
        The parameter.

    Raises
    ------
    InputError
        If the type is not one of int, float, str, bool and list, the bracket does not suit the
        type, or the default is not among the allowed values. Numbers and data sets need a bracket.
    """
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
    parameter.check(value, f"{where}, default")
    return parameter


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


def _as_yaml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_as_yaml(element) for element in value)}]"
    return str(value)
