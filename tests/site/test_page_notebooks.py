"""A stored notebook, as its page shows it."""

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from helpers.lesson.results import METRICS_MIME
from helpers.site.notebooks import page_notebook, title_of

FIGURE = new_output(
    "execute_result", {"image/png": "AAAA"}, metadata={"image/png": {"alt": "Bars that rise."}}
)
NUMBERS = new_output("display_data", {METRICS_MIME: {"gain": 1.0}, "text/plain": "gain = 1"})


def page(seconds=115.4):
    notebook = new_notebook(
        cells=[
            new_markdown_cell("# A lesson\n\nSee the [README](../README.md)."),
            new_code_cell("draw()", outputs=[FIGURE]),
            new_code_cell("record()", outputs=[NUMBERS], metadata={"tags": ["remove-input"]}),
        ]
    )
    return notebook, page_notebook(notebook, "00_a_lesson", "../downloads/a.ipynb", seconds)


def test_alternative_text_stands_where_the_builder_looks():
    _, made = page()
    assert made.cells[1].metadata["mystnb"]["image"]["alt"] == "Bars that rise."


def test_the_first_lines_offer_the_notebook_and_the_command_that_runs_it():
    _, made = page()
    title, _, rest = made.cells[0].source.partition("\n")
    assert title == "# A lesson"
    assert "<../downloads/a.ipynb>" in rest
    assert "`.venv/bin/python -m helpers run 00_a_lesson`" in rest
    assert "115 s" in rest


def test_what_is_no_lesson_gets_no_command():
    _, made = page(seconds=None)
    assert "helpers run" not in made.cells[0].source


def test_the_readme_is_the_first_page():
    _, made = page()
    assert "[README](../index.md)" in made.cells[0].source


def test_only_what_a_page_can_show_stays():
    _, made = page()
    assert made.cells[2].outputs[0].data == {"text/plain": "gain = 1"}
    assert "remove_input" in made.cells[2].metadata["tags"]


def test_the_notebook_itself_stays_as_it_is():
    notebook, _ = page()
    assert notebook.cells[0].source.startswith("# A lesson\n\nSee")
    assert notebook.cells[2].outputs[0].data[METRICS_MIME]
    assert title_of(notebook) == "A lesson"
