"""A page to send: one file, nothing of this machine in it, nothing that it must load."""

import re

import pandas as pd
import pytest

from helpers.figures import new_figure
from helpers.lesson import write_page


@pytest.fixture
def page(tmp_path):
    figure, _ = new_figure()
    figure.alt_text = "An empty figure & nothing more."
    table = pd.DataFrame({"<b>": [1.5]}, index=["cat & dog"])
    parts = {
        "Text": ["One line <script>alert(1)</script>", "two\nlines"],
        "Numbers": [table],
        "Pictures": [figure],
        "Files": [tmp_path / "a folder" / "encoder.onnx"],
    }
    write_page(tmp_path / "page.html", "Cats & dogs", parts)
    return (tmp_path / "page.html").read_text(encoding="utf-8")


def test_it_holds_what_was_given(page):
    assert "<h1>Cats &amp; dogs</h1>" in page
    assert "<pre>two\nlines</pre>" in page
    assert "cat &amp; dog" in page
    assert 'alt="An empty figure &amp; nothing more."' in page


def test_it_loads_nothing_and_knows_no_path(page, tmp_path):
    assert str(tmp_path) not in page
    assert re.findall(r'(?:src|href)="(?!data:)([^"]+)"', page) == ["encoder.onnx"]
    assert "http" not in page


def test_markup_in_names_is_text(page):
    assert "<script>" not in page
    assert "&lt;b&gt;" in page


def test_a_figure_without_alternative_text_leaves_no_page(tmp_path):
    with pytest.raises(ValueError, match="alt_text"):
        write_page(tmp_path / "page.html", "A page", {"Pictures": [new_figure()[0]]})
    assert not (tmp_path / "page.html").exists()
