"""Settings read strictly: YAML without surprises, and every refusal in one line."""

import difflib
import re
from collections.abc import Collection, Hashable
from pathlib import Path

import yaml

_WHOLE_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)\Z")
_DECIMAL_NUMBER = re.compile(
    r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z"
)


class InputError(ValueError):
    """What was asked for cannot be done; the message is one line that says what could be."""


def read_value(text: str, origin: str) -> object:
    """Read one YAML document made of plain values, lists and mappings.

    Numbers are read as YAML 1.2 reads them: ``1e-3`` is a number, ``010``, ``12:30`` and ``no``
    are text. Tags, anchors and repeated keys are refused.

    Parameters
    ----------
    text : str
        The document.
    origin : str
        Where it comes from, for the message.

    Returns
    -------
    object
        ``None``, a bool, int, float, str, or lists and dicts of them.

    Raises
    ------
    InputError
        If the text is not such a document.
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


def read_mapping(path: Path) -> dict:
    """Read a YAML file whose top level is a mapping.

    Raises
    ------
    InputError
        If the file is missing, unreadable, empty, not plain YAML or not a mapping.
    """
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


def expect_mapping(value: object, where: str) -> dict:
    """Return the value if it is a mapping with text keys, else raise an ``InputError``."""
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected 'name: value' lines, got {describe(value)}")
    for key in value:
        if not isinstance(key, str):
            raise InputError(f"{where}: the key {key!r} is not text: write it in quotes")
    return value


def expect_keys(
    mapping: dict, where: str, required: Collection[str], optional: Collection[str] = ()
) -> None:
    """Raise an ``InputError`` for a key that is missing or not known."""
    known = [*required, *optional]
    for key in mapping:
        if key not in known:
            raise unknown("key", key, known, where)
    for key in required:
        if key not in mapping:
            raise InputError(f"{where}: the key {key!r} is missing: add it")


def unknown(kind: str, name: str, known: Collection[str], where: str = "") -> InputError:
    """Return the error for a name that does not exist, with the nearest one that does."""
    nearest = difflib.get_close_matches(name.lower(), [other.lower() for other in known], n=1)
    match = next((other for other in known if [other.lower()] == nearest), None)
    if match:
        advice = f"did you mean {match!r}?"
    else:
        advice = f"choose from {', '.join(known)}" if known else "there is none to choose from"
    return InputError(f"{where + ': ' if where else ''}unknown {kind} {describe(name)}; {advice}")


def describe(value: object) -> str:
    """Return a short description of a value for a message, on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


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
for _tag, _pattern, _starts in (
    ("null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""]),
    ("bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")),
    ("int", _WHOLE_NUMBER, _NUMBER_STARTS),
    ("float", _DECIMAL_NUMBER, _NUMBER_STARTS),
    ("float", re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z"), list("-+.")),
):
    _PlainLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, _starts)
