import pandas as pd
import pytest

from helpers.figures import prediction_bars

RECORD = pd.DataFrame(
    {"right": [True, False, True, True], "by_chance": [1 / 3, 1 / 3, 1 / 2, None]},
    index=["00.1", "00.2", "01.1", "01.2"],
)


def test_bars_hold_what_was_asked_what_came_true_and_what_guessing_gets():
    figure = prediction_bars(RECORD)
    (axis,) = figure.axes
    asked, right = ([bar.get_width() for bar in bars] for bars in axis.containers)
    assert asked == [2, 1]
    assert right == [1, 1]
    assert axis.lines[0].get_xdata() == pytest.approx([2 / 3, 1 / 2])
    assert [label.get_text() for label in axis.get_yticklabels()] == ["00", "01"]
    assert figure.alt_text == (
        "2 of 3 predictions came true; guessing among the choices would get 1.2 right."
    )


def test_a_record_without_choices_is_refused():
    with pytest.raises(ValueError, match="no prediction among choices"):
        prediction_bars(RECORD.iloc[3:])
