"""A stored notebook as a page shows it: alternative text where MyST-NB looks, a line on top."""

import nbformat

from helpers.lesson.results import METRICS_MIME

RUN_LINE = ".venv/bin/python -m helpers run {name}"


def page_notebook(
    notebook: nbformat.NotebookNode, name: str, download: str, seconds: float | None
) -> nbformat.NotebookNode:
    """Return a notebook as the site's builder wants it; the given one is left as it is.

    ``download`` is where the notebook itself lies, as its page sees it.
    """
    page = nbformat.from_dict(notebook)
    for cell in page.cells:
        if cell.cell_type == "markdown":
            cell.source = on_site(cell.source)
        else:
            cell.metadata["mystnb"] = {"image": {"alt": _alternative_text(cell)}}
            for output in cell.outputs:
                output.get("data", {}).pop(METRICS_MIME, None)  # its text stays
        if "remove-input" in cell.metadata.get("tags", []):
            cell.metadata["tags"] = [*cell.metadata["tags"], "remove_input"]
    first = page.cells[0]
    title, _, rest = first.source.partition("\n")
    first.source = f"{title}\n\n{_top_line(name, download, seconds)}\n{rest}"
    return page


def on_site(text: str) -> str:
    """Return a lesson's prose with the link to the README leading to the site's first page."""
    return text.replace("(../README.md)", "(../index.md)")


def title_of(notebook: nbformat.NotebookNode) -> str:
    """Return the heading that a notebook begins with."""
    return notebook.cells[0].source.partition("\n")[0].removeprefix("# ").strip()


def _alternative_text(cell: nbformat.NotebookNode) -> str:
    texts = [
        output.get("metadata", {}).get("image/png", {}).get("alt", "")
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    return " ".join(texts)


def _top_line(name: str, download: str, seconds: float | None) -> str:
    parts = [f"{{download}}`Download this notebook <{download}>`"]
    if seconds is not None:
        parts += [
            f"run it: `{RUN_LINE.format(name=name)}`",
            f"it takes {seconds:.0f} s on two cores",
        ]
    return f":::{{container}} top-line\n{' · '.join(parts)}\n:::\n"
