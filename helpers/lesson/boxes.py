"""Boxes in a notebook's output: text where there is only text, HTML that needs no colour else."""

import re
from dataclasses import dataclass, field
from html import escape

COLOURS = {"good": "#009E73", "bad": "#D55E00", "neutral": "#0072B2"}  # Okabe and Ito's


@dataclass(frozen=True)
class Box:
    """A title, text, text set in columns as it is, and folded parts by their titles.

    As the last line of a cell it shows itself. ``mood`` is good, bad or neutral: a colour at the
    edge, which repeats what the title says.
    """

    title: str
    text: str = ""
    verbatim: str = ""
    folded: dict[str, str] = field(default_factory=dict)
    mood: str = "neutral"

    def __repr__(self) -> str:
        parts = [self.title, self.text, self.verbatim]
        parts += [f"  {title}" for title in self.folded]
        return "\n".join(part for part in parts if part)

    def _repr_html_(self) -> str:
        style = f"border-left: 5px solid {COLOURS[self.mood]}; padding: 0.2em 1em; max-width: 50em"
        parts = [f"<strong>{_inline(self.title)}</strong>"]
        parts += [f"<p>{_inline(line)}</p>" for line in self.text.split("\n") if line]
        parts += [f"<pre>{escape(self.verbatim)}</pre>"] if self.verbatim else []
        for title, text in self.folded.items():
            inside = f"<pre>{escape(text)}</pre>" if "\n" in text else f"<p>{_inline(text)}</p>"
            parts.append(f"<details><summary>{_inline(title)}</summary>{inside}</details>")
        return f'<div style="{style}">{"".join(parts)}</div>'


def _inline(text: str) -> str:
    """Escape text for HTML; between backquotes stands code, between asterisks what is stressed."""
    pieces = re.split("`([^`]+)`", escape(text))
    pieces[::2] = [
        re.sub(r"(?<!\w)\*(\S[^*]*)\*(?!\w)", r"<em>\1</em>", piece) for piece in pieces[::2]
    ]
    pieces[1::2] = [f"<code>{piece}</code>" for piece in pieces[1::2]]
    return "".join(pieces)
