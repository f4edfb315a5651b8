"""The smallest values that a lesson can work with, checked before anything is trained."""

import math


def check_at_least(least: float, **values: float) -> None:
    """Raise a ``ValueError`` that names the first of these values that is too small.

    Parameters
    ----------
    least : float
        The smallest value allowed.
    **values : float
        Numbers by name, for example ``epochs=epochs``.

    Raises
    ------
    ValueError
        If a value is smaller, infinite or not a number.
    """
    for name, value in values.items():
        if not least <= value < math.inf:
            raise ValueError(f"{name} must be at least {least:g}, got {value}")
