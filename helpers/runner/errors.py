"""What the command line says when something is wrong: one line with the remedy, and a status."""

import difflib
from collections.abc import Collection
from enum import IntEnum


class ExitStatus(IntEnum):
    """Exit status of ``python -m helpers``."""

    DONE = 0
    FAILED = 1
    REFUSED = 2
    INTERRUPTED = 130


class InputError(ValueError):
    """What was asked for cannot be done; the message is one line that says what could be."""


def unknown(kind: str, name: str, known: Collection[str], where: str = "") -> InputError:
    """Return the error for a name that does not exist, with the nearest one that does.

    >>> str(unknown("parameter", "epoch", ["epochs", "seed"]))
    "unknown parameter 'epoch'; did you mean 'epochs'?"
    """
    nearest = difflib.get_close_matches(name.lower(), [other.lower() for other in known], n=1)
    match = next((other for other in known if [other.lower()] == nearest), None)
    if match:
        advice = f"did you mean {match!r}?"
    else:
        advice = f"choose from {', '.join(known)}" if known else "there is none to choose from"
    return InputError(f"{where + ': ' if where else ''}unknown {kind} {describe(name)}; {advice}")


def expect_known(kind: str, name: str, known: Collection[str], where: str = "") -> None:
    """Raise the error of ``unknown`` unless the name exists."""
    if name not in known:
        raise unknown(kind, name, known, where)


def describe(value: object) -> str:
    """Return a short description of a value for a message, on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
