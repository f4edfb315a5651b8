"""What a lesson found: metrics a runner can read back, and conclusions that are checked."""

import math
import os
from numbers import Real

METRICS_MIME = "application/vnd.ssl-course.metrics+json"
STRICT_VARIABLE = "SSL_COURSE_STRICT"


def record(**metrics: float) -> None:
    """Show finite numbers by name, such as ``rotation_accuracy=0.951``, to people and machines.

    The executed notebook alone then carries its results: the runner collects every output of
    type ``METRICS_MIME``. A name recorded twice keeps its last value.
    """
    from IPython.display import display  # here, for it takes longer to load than all of the room

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

    >>> conclude("Pre-training helped.", holds=0.95 > 0.93)
    ✔ holds here: Pre-training helped.

    With a lesson's own parameters the sentence must hold: where the checks set the environment
    variable ``SSL_COURSE_STRICT=1``, a false one raises an ``AssertionError``. A learner who has
    changed a parameter is told instead, and the lesson goes on: a finding, not a fault.
    """
    if not holds and os.environ.get(STRICT_VARIABLE) == "1":
        raise AssertionError(f"the numbers of this run do not support the text: {sentence}")
    print(("✔ holds here: " if holds else "✘ does not hold with these settings: ") + sentence)
