"""Predictions: what a learner expects before a verdict, kept beside what came."""

from functools import cache
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers.lesson.boxes import Box
from helpers.lesson.learner import read_learner, update_learner

if TYPE_CHECKING:
    import pandas as pd

ASKED = Path(__file__).resolve().parents[1] / "exercises" / "predictions.yaml"


def predict(number: str, answer: Any = ..., sure: float | None = None) -> Box:
    """Keep what a learner expects, such as ``predict("02.1", "better", sure=0.8)``.

    The answer is one of the choices, or a lowest and a highest number; ``sure``, from 0 to 1, says
    how sure of it the learner is. Unanswered, or answered in a way that does not fit, the box says
    how. An answer that has met its result stays.
    """
    asked = _asked(number)
    if answer is ...:
        return Box(f"◌ Prediction {number}", f"{asked['question']}\n{_how(number, asked)}")
    kept, problem = _fitting(asked, answer)
    if not problem and sure is not None and not (isinstance(sure, Real) and 0 <= sure <= 1):
        problem = f"sure={sure!r} is not between 0 and 1."
    if problem:
        return Box(f"✘ Prediction {number}", f"{problem}\n{_how(number, asked)}", mood="bad")
    known = _known(number)
    if "came" in known:
        stays = _text(known["answer"], asked)
        return Box(
            f"Prediction {number}", f"You have seen the result, so your answer stays: {stays}."
        )

    def keep(known: dict[str, Any]) -> dict[str, Any]:
        return {**known, "answer": kept, "sure": None if sure is None else float(sure)}

    update_learner("predictions", number, keep)
    certainty = "" if sure is None else f", {sure:.0%} sure"
    return Box(
        f"Prediction {number}", f"{asked['question']}\nNoted: {_text(kept, asked)}{certainty}."
    )


def reveal(number: str, came: str | float) -> Box:
    """Say what came beside what the learner had expected.

    Raises a ``ValueError`` where ``came`` is none of the choices.
    """
    asked = _asked(number)
    if "choices" in asked and came not in asked["choices"]:
        raise ValueError(f"prediction {number}: {came!r} is none of {asked['choices']}")
    came = came if "choices" in asked else float(came)
    known = _known(number)
    came_text = f"{asked['question']}\nIt came: {_text(came, asked)}."
    if "answer" not in known:
        return Box(f"◌ Prediction {number}", f"{came_text} You had made no prediction.")
    update_learner("predictions", number, lambda known: {"came": came, **known})
    expected = f"You had expected: {_text(known['answer'], asked)}."
    if _holds(known["answer"], came):
        return Box(f"✔ Prediction {number}", f"{came_text} {expected}", mood="good")
    return Box(f"✘ Prediction {number}: a surprise", f"{came_text} {expected}", mood="bad")


def prediction_record() -> "pd.DataFrame":
    """Return all predictions whose result has been seen, one row each.

    Columns: question, expected, came, right, sure (from 0 to 1, or missing) and by_chance, the
    probability that a guess among the choices is right (missing for numbers).
    """
    import pandas as pd

    rows = {}
    for number, asked in all_predictions().items():
        known = _known(number)
        if "came" in known:
            choices = asked.get("choices")
            rows[number] = {
                "question": asked["question"],
                "expected": _text(known["answer"], asked),
                "came": _text(known["came"], asked),
                "right": _holds(known["answer"], known["came"]),
                "sure": known.get("sure"),
                "by_chance": 1 / len(choices) if choices else None,
            }
    columns = ["question", "expected", "came", "right", "sure", "by_chance"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


@cache
def all_predictions() -> dict[str, dict[str, Any]]:
    """Return all predictions by number; each has a ``question``, and ``choices`` or a ``unit``."""
    import yaml

    return yaml.safe_load(ASKED.read_text(encoding="utf-8"))


def _asked(number: str) -> dict[str, Any]:
    if number not in all_predictions():
        raise ValueError(f'there is no prediction {number!r}: write it as "02.1"')
    return all_predictions()[number]


def _known(number: str) -> dict[str, Any]:
    """Return what is kept of a prediction, as far as it fits what is asked today."""
    known, asked = read_learner("predictions", number), all_predictions()[number]
    kept, problem = _fitting(asked, known.get("answer"))
    if problem:
        return {}
    came = known.get("came")
    fits = came in asked["choices"] if "choices" in asked else isinstance(came, Real)
    sure = known.get("sure") if isinstance(known.get("sure"), Real) else None
    return {"answer": kept, "sure": sure} | ({"came": came} if fits else {})


def _how(number: str, asked: dict[str, Any]) -> str:
    if "choices" in asked:
        return (
            f"Answer before you read on: put one of {', '.join(map(repr, asked['choices']))} in "
            f"place of the dots. Add sure=0.8 if you are 80 % sure."
        )
    return (
        f"Answer before you read on: put the lowest and the highest number of {asked['unit']} that "
        f"you expect in place of the dots, as in (0, 10)."
    )


def _fitting(asked: dict[str, Any], answer: Any) -> tuple[Any, str]:
    """Return an answer as it is kept, and what is wrong with it, if anything."""
    if "choices" in asked:
        if isinstance(answer, str) and answer in asked["choices"]:
            return answer, ""
        return None, f"{answer!r} is none of the choices."
    pair = isinstance(answer, (tuple, list)) and len(answer) == 2
    if not pair or not all(isinstance(value, Real) for value in answer):
        return None, f"{answer!r} is not a lowest and a highest number."
    lowest, highest = (float(min(max(value, -1e9), 1e9)) for value in answer)
    if not lowest <= highest:
        return None, f"{answer!r}: the lowest number comes first."
    return [lowest, highest], ""


def _holds(answer: Any, came: Any) -> bool:
    return answer == came if isinstance(came, str) else answer[0] <= came <= answer[1]


def _text(value: Any, asked: dict[str, Any]) -> str:
    if isinstance(value, str):
        return value
    numbers = value if isinstance(value, list) else [value]
    return f"{' to '.join(f'{number:.3g}' for number in numbers)} {asked['unit']}"
