"""A page to send to somebody: one file of HTML that needs nothing beside it."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from helpers.lesson.files import written_whole

STYLE = """body { font: 16px/1.5 sans-serif; max-width: 52em; margin: 2em auto; padding: 0 1em }
img { max-width: 100% } pre { overflow-x: auto; background: #f4f4f4; padding: 0.7em }
table { border-collapse: collapse; display: block; overflow-x: auto; font-size: 0.9em }
th, td { padding: 0.2em 0.7em; text-align: right; border-bottom: 1px solid #ddd }"""


def write_page(path: Path, title: str, parts: dict[str, Sequence[Any]]) -> None:
    """Write headings and what stands below each: text, tables, figures, links to files beside it.

    Text of several lines is set as it is; a table is a pandas one; a figure, one of
    ``helpers.figures``, with its alternative text; a ``Path`` becomes a link by its name alone.
    Only what is given gets into the page, pictures inside the file itself.
    """
    body = [f"<h1>{escape(title)}</h1>"]
    for heading, content in parts.items():
        body += [f"<h2>{escape(heading)}</h2>", *map(_html, content)]
    html = (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}'
        f"</title><style>{STYLE}</style></head>\n<body>\n{chr(10).join(body)}\n</body></html>\n"
    )
    with written_whole(path) as temporary:
        temporary.write_text(html, encoding="utf-8")


def _html(part: Any) -> str:
    if isinstance(part, Path):
        name = escape(part.name)
        return f'<p><a href="{name}">{name}</a></p>'
    if hasattr(part, "alt_text"):
        picture = base64.b64encode(part._repr_mimebundle_()[0]["image/png"]).decode()
        alternative = escape(part.alt_text)
        return f'<p><img alt="{alternative}" src="data:image/png;base64,{picture}"></p>'
    if hasattr(part, "to_html"):
        return part.to_html(border=0)
    text = escape(str(part))
    return f"<pre>{text}</pre>" if "\n" in text else f"<p>{text}</p>"
