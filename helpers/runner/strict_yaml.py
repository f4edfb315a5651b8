"""Settings read strictly: plain YAML as typed structures, and every refusal in one line."""

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Annotated, TypeVar, get_args, get_origin

import msgspec
import yaml

from helpers.runner.errors import InputError, describe, expect_known

TYPE_NAMES = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
}
Structure = TypeVar("Structure", bound=msgspec.Struct)


def read_value(text: str, origin: str) -> object:
    """Read one YAML document made of plain values, lists and mappings; refuse any other.

    Numbers are read as YAML 1.2 reads them: ``1e-3`` is a number, ``010``, ``12:30`` and ``no``
    are text. Tags, anchors and repeated keys are refused. ``origin`` begins each message.

    >>> read_value("{rate: 1e-3, answer: no}", "here")
    {'rate': 0.001, 'answer': 'no'}
    """
    try:
        return yaml.load(text, Loader=_PlainLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f", line {mark.line + 1}" if mark and "\n" in text.strip() else ""
        problem = error.problem or error.context
        raise InputError(f"{origin}{line}: not valid YAML: {problem}") from error
    except yaml.YAMLError as error:
        raise InputError(f"{origin}: not text that YAML allows: {error.reason}") from error
    except RecursionError as error:
        raise InputError(f"{origin}: brackets are nested too deeply") from error
    except ValueError as error:
        raise InputError(f"{origin}: a number has too many digits") from error


def read_mapping(path: Path) -> dict[str, object]:
    """Read a YAML file whose top level is a mapping; refuse any other."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read {str(path)!r}: {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text: save it as plain YAML text") from error
    document = read_value(text, str(path))
    if document is None:
        raise InputError(f"{path} is empty: fill it in, or restore it from the repository")
    return expect_mapping(document, str(path))


def expect_mapping(value: object, where: str) -> dict[str, object]:
    """Return the value if it is a mapping with text keys; refuse any other."""
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected 'name: value' lines, got {describe(value)}")
    for key in value:
        if not isinstance(key, str):
            raise InputError(f"{where}: the key {key!r} is not text: write it in quotes")
    return value


def as_structure(content: object, kind: type[Structure], where: str, **given: object) -> Structure:
    """Turn what YAML holds into a structure, or refuse a key or a value that does not suit it.

    A field whose type is ``Annotated`` with a ``msgspec.Meta`` says in its ``description`` what
    it must be. A key without a value is refused. ``given`` are fields that the file itself may
    not set, a name for example. ``where`` begins each message.
    """
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    allowed = [name for name in fields if name not in given]
    content = expect_mapping(content, where)
    for key in content:
        expect_known("key", key, allowed, where)
    for name in allowed:
        if name in content:
            given[name] = _as_type(content[name], fields[name].type, where, name)
        elif fields[name].required:
            raise InputError(f"{where}: the key {name!r} is missing: add it")
    return kind(**given)


def _as_type(value: object, kind: type, where: str, name: str) -> object:
    """Convert one value; mappings and lists piece by piece, so that a message names the piece."""
    inside = f"{where}, {name}"
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return as_structure(value, kind, inside)
    if get_origin(kind) is dict:
        pieces = expect_mapping(value, inside).items()
        return {key: _as_type(piece, get_args(kind)[1], inside, key) for key, piece in pieces}
    plain = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    if get_origin(plain) is tuple and isinstance(value, list):
        for piece in value:
            _as_type(piece, get_args(plain)[0], where, f"each value of {name}")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        described = get_origin(kind) is Annotated
        meaning = kind.__metadata__[0].description if described else TYPE_NAMES[kind.__name__]
        raise InputError(f"{where}: {name} is {meaning}, got {describe(value)}") from error


class _PlainLoader(yaml.SafeLoader):
    """YAML 1.2's plain values: no tags, no anchors, no key twice."""

    # Class attribute of the base class; emptied here so that the resolvers below are the only ones.
    yaml_implicit_resolvers: dict = {}  # noqa: RUF012

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node:
        event = self.peek_event()
        tag = getattr(event, "tag", None)
        if tag:
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            problem = f"the tag {shown!r} is not allowed, write a plain value"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        if event.anchor:
            problem = f"the anchor or alias {event.anchor!r} is not allowed, write the value out"
            raise yaml.composer.ComposerError(None, None, problem, event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                problem = f"the key {key!r} appears twice, keep one"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            if isinstance(key, Hashable):
                seen.add(key)
        return super().construct_mapping(node, deep)


_NUMBER_STARTS = list("-+.0123456789")
_DIGITS = r"(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+"
for _tag, _pattern, _starts in (
    ("null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""]),
    ("bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")),
    ("int", re.compile(r"[-+]?(?:0|[1-9][0-9_]*)\Z"), _NUMBER_STARTS),
    ("float", re.compile(rf"[-+]?(?:{_DIGITS})(?:[eE][-+]?[0-9]+)?\Z"), _NUMBER_STARTS),
    ("float", re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"), list("-+.")),
):
    _PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, _starts)
