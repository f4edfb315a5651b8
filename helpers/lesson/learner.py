"""What a learner has tried, taken and predicted: one small file in ``build/``, theirs alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from helpers.lesson.files import build_folder, written_whole

FILE_NAME = "learner.json"


def learner_file() -> Path:
    """Return where the record lies; it may not exist yet. Deleting it forgets everything."""
    return build_folder() / FILE_NAME


def read_learner(kind: str, number: str) -> dict[str, Any]:
    """Return what is known of one exercise or prediction: an empty dictionary at first."""
    return _read().get(kind, {}).get(number, {})


def update_learner(
    kind: str, number: str, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    """Change what is known of one exercise or prediction, and return it.

    The file is written whole, by one notebook at a time. Where it cannot be written (a folder that
    is read only, say), the change is returned and forgotten: a lesson must go on.
    """
    from filelock import FileLock

    path = learner_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{FILE_NAME}.lock"), timeout=10):
            record = _read()
            changed = change(dict(record.get(kind, {}).get(number, {})))
            record.setdefault(kind, {})[number] = changed
            with written_whole(path) as temporary:
                temporary.write_text(json.dumps(record, indent=1), encoding="utf-8")
    except OSError:
        return change(dict(read_learner(kind, number)))
    return changed


def _read() -> dict[str, Any]:
    """Read the record; one that somebody's hand has damaged counts as none."""
    import msgspec

    try:
        record = json.loads(learner_file().read_text(encoding="utf-8"))
        return msgspec.convert(record, dict[str, dict[str, dict[str, Any]]])
    except (OSError, ValueError):
        return {}
