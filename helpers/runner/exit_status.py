"""How the command line says, to whatever called it, how it went."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """Exit status of ``python -m helpers``."""

    DONE = 0
    FAILED = 1
    REFUSED = 2
    INTERRUPTED = 130
