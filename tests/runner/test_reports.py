import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.lesson.results import METRICS_MIME
from helpers.runner.reports import (
    Finished,
    count_figures,
    recorded_metrics,
    relative,
    write_html,
    write_json,
    write_results,
)


def shown(data, metadata=None):
    return new_output("display_data", data=data, metadata=metadata or {})


NOTEBOOK = new_notebook(
    cells=[
        new_markdown_cell("# Title"),
        new_code_cell(
            "a",
            outputs=[shown({METRICS_MIME: {"accuracy": 0.5, "chance": 0.1}, "text/plain": "-"})],
        ),
        new_code_cell(
            "b",
            outputs=[
                shown(
                    {"image/png": "aaaa", "text/plain": "x"}, {"image/png": {"alt": "<two> dots"}}
                ),
                new_output("stream", name="stdout", text="hello\n"),
            ],
        ),
        new_code_cell(
            "hidden = 1",
            metadata={"tags": ["remove-input"]},
            outputs=[
                shown({METRICS_MIME: {"accuracy": 0.9}, "text/plain": "-"}),
                new_output("execute_result", data={"image/svg+xml": "<svg/>"}),
            ],
        ),
    ]
)


def test_metrics_are_collected_and_the_last_value_of_a_name_counts():
    assert recorded_metrics(NOTEBOOK) == {"accuracy": 0.9, "chance": 0.1}
    assert recorded_metrics(new_notebook()) == {}


def test_figures_are_counted_whatever_their_kind():
    assert count_figures(NOTEBOOK) == 2
    assert count_figures(new_notebook()) == 0


def test_a_page_holds_images_with_their_alternative_text_and_hides_tagged_input(tmp_path):
    write_html(NOTEBOOK, tmp_path / "01_dot.html")
    page = (tmp_path / "01_dot.html").read_text(encoding="utf-8")
    assert 'alt="&lt;two&gt; dots"' in page
    assert "data:image/png;base64,aaaa" in page
    assert "<title>01_dot</title>" in page
    assert "hidden" not in page.split("<body", 1)[1]


def finished(folder, **changes):
    values = {
        "lesson": "01_dot",
        "identity": "id",
        "parameters": {"epochs": 5},
        "strict": True,
        "metrics": {"accuracy": 0.9},
        "figures": 1,
        "cells": 3,
        "seconds": 1.234,
        "handed_on": {},
        "notebook": folder / "notebooks" / "01_dot.ipynb",
        "html": folder / "html" / "01_dot.html",
    }
    return Finished(**{**values, **changes})


def test_the_results_of_two_runs_differ_in_their_seconds_only(tmp_path):
    write_results(tmp_path / "a.json", "ci", [finished(tmp_path, seconds=1.0)])
    write_results(tmp_path / "b.json", "ci", [finished(tmp_path, seconds=2.0)])
    first, second = (json.loads((tmp_path / f"{name}.json").read_text()) for name in "ab")
    assert first["profile"] == "ci"
    lesson = first["lessons"]["01_dot"]
    assert lesson["metrics"] == {"accuracy": 0.9}
    assert lesson["notebook"] == "notebooks/01_dot.ipynb"
    assert (lesson.pop("seconds"), second["lessons"]["01_dot"].pop("seconds")) == (1.0, 2.0)
    assert first == second


def test_json_is_never_half_written(tmp_path):
    path = tmp_path / "results.json"
    write_json(path, {"a": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"a": float("nan")})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [child.name for child in tmp_path.iterdir()] == ["results.json"]


def test_a_path_is_shown_from_where_one_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert relative(tmp_path / "a" / "b") in ("a/b", "a\\b")
    assert relative(tmp_path.parent) == str(tmp_path.parent)


def test_the_notebook_of_these_tests_is_valid():
    nbformat.validate(NOTEBOOK)
