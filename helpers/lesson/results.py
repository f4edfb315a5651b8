"""What a lesson found: metrics a runner can read back, and conclusions that are checked."""

import math
import os
from numbers import Real

from IPython.display import display

METRICS_MIME = "application/vnd.ssl-course.metrics+json"
STRICT_VARIABLE = "SSL_COURSE_STRICT"


def record(**metrics: float) -> None:
    """Show metrics as cell output, both readable and machine-readable.

    The executed notebook alone then carries its results: the runner collects every output of
    type ``METRICS_MIME``. A name recorded twice keeps its last value.

    Parameters
    ----------
    **metrics : float
        Finite numbers by name, for example ``rotation_accuracy=0.951``.

    Raises
    ------
    ValueError
        If there is no metric, or one of them is not a finite number.
    """
    if not metrics:
        raise ValueError("record() needs at least one metric, for example record(accuracy=0.95)")
    for name, value in metrics.items():
        if not isinstance(value, Real) or not math.isfinite(value):
            raise ValueError(f"metric {name!r} is {value!r}; record finite numbers only")
    values = {name: float(value) for name, value in metrics.items()}
    readable = "\n".join(f"{name} = {value:.4g}" for name, value in values.items())
    display({METRICS_MIME: values, "text/plain": readable}, raw=True)


def conclude(sentence: str, holds: bool) -> None:
    """Print a conclusion of the text together with whether the numbers support it.

    With a lesson's own parameters the sentence must hold, so the checks set the environment
    variable ``SSL_COURSE_STRICT=1`` and a false sentence stops the run. A learner who has changed
    a parameter is told instead, and the lesson goes on: a finding, not a fault.

    Parameters
    ----------
    sentence : str
        What the text concludes, as one plain sentence.
    holds : bool
        Whether the measured numbers support it.

    Raises
    ------
    AssertionError
        If the sentence does not hold and ``SSL_COURSE_STRICT`` is ``1``.
    """
    if not holds and os.environ.get(STRICT_VARIABLE) == "1":
        raise AssertionError(f"the numbers of this run do not support the text: {sentence}")
    print(("✔ holds here: " if holds else "✘ does not hold with these settings: ") + sentence)
