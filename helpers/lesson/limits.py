"""The smallest values that a lesson can work with, checked before anything is trained."""

import math


def check_at_least(least: float, **values: float) -> None:
    """Refuse the first of these values that is too small, infinite or not a number, by its name.

    >>> check_at_least(1, epochs=3, batch_size=0)
    Traceback (most recent call last):
    ValueError: batch_size must be at least 1, got 0
    """
    for name, value in values.items():
        if not least <= value < math.inf:
            raise ValueError(f"{name} must be at least {least:g}, got {value}")
