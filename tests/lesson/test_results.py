"""Metrics come out as they went in, and a false conclusion never passes unseen."""

import math

import IPython.display
import numpy as np
import pytest

from helpers.lesson.results import METRICS_MIME, STRICT_VARIABLE, conclude, record


def test_metrics_are_output_for_people_and_for_machines(monkeypatch):
    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: shown.append((data, raw)))
    record(accuracy=0.98765, count=np.int64(3))
    readable = "accuracy = 0.9877\ncount = 3"
    assert shown == [
        ({METRICS_MIME: {"accuracy": 0.98765, "count": 3.0}, "text/plain": readable}, True)
    ]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "0.9", None, 1j, [0.5]])
def test_what_is_no_finite_number_is_refused_by_name(value):
    with pytest.raises(ValueError, match="metric 'accuracy' is .*finite numbers only"):
        record(accuracy=value)


def test_recording_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one metric"):
        record()


@pytest.mark.parametrize("strict", ["1", "0", None])
def test_a_conclusion_that_holds_is_printed(monkeypatch, capsys, strict):
    set_strict(monkeypatch, strict)
    conclude("Water is wet.", True)
    assert capsys.readouterr().out == "✔ holds here: Water is wet.\n"


def test_a_false_conclusion_stops_a_strict_run(monkeypatch):
    set_strict(monkeypatch, "1")
    with pytest.raises(AssertionError, match=r"do not support the text: Water is dry\."):
        conclude("Water is dry.", False)


@pytest.mark.parametrize("strict", ["0", None])
def test_a_learner_is_told_of_a_false_conclusion_and_goes_on(monkeypatch, capsys, strict):
    set_strict(monkeypatch, strict)
    conclude("Water is dry.", False)
    assert capsys.readouterr().out == "✘ does not hold with these settings: Water is dry.\n"


def test_a_conclusion_takes_numpy_booleans(monkeypatch):
    set_strict(monkeypatch, "1")
    with pytest.raises(AssertionError):
        conclude("One is more than two.", np.float64(1) > 2)


def set_strict(monkeypatch, value):
    if value is None:
        monkeypatch.delenv(STRICT_VARIABLE, raising=False)
    else:
        monkeypatch.setenv(STRICT_VARIABLE, value)
