"""Values out of range are refused by their name."""

import math

import pytest

from helpers.lesson.limits import check_at_least


def test_values_from_the_limit_on_pass():
    check_at_least(2, batch_size=2, draws=3)
    check_at_least(0.01, temperature=0.01)


@pytest.mark.parametrize("value", [1, -5, 0.5, math.nan, math.inf])
def test_a_value_out_of_range_is_named_with_its_remedy(value):
    with pytest.raises(ValueError, match=f"^batch_size must be at least 2, got {value}$"):
        check_at_least(2, epochs=4, batch_size=value)
