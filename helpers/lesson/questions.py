"""Questions: four choices, and an answer to each, which unfolds with or without a kernel."""

from functools import cache
from pathlib import Path
from typing import Any

from helpers.lesson.boxes import Box

ASKED = Path(__file__).resolve().parents[1] / "exercises" / "questions.yaml"
LETTERS = "ABCD"


def question(number: str) -> Box:
    """Ask a question by its number, such as ``"05.a"``: each choice unfolds what we say to it.

    A ``ValueError`` says that there is none.
    """
    if number not in all_questions():
        raise ValueError(f'there is no question {number!r}: write it as "05.a"')
    asked = all_questions()[number]
    folded = {
        f"{letter}. {choice['text']}": ("Right. " if choice.get("right") else "No. ")
        + choice["feedback"]
        for letter, choice in zip(LETTERS, asked["choices"], strict=True)
    }
    return Box(
        f"Question {number}", f"{asked['question']}\nOpen the one you believe.", folded=folded
    )


@cache
def all_questions() -> dict[str, dict[str, Any]]:
    """Return all questions by number; each has ``question`` and four ``choices``."""
    import yaml

    return yaml.safe_load(ASKED.read_text(encoding="utf-8"))
