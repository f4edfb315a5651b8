"""What Sphinx's HTML still lacks: terms that explain themselves, tables that scroll, figures."""

import re
from collections.abc import Mapping

from bs4 import BeautifulSoup, Tag

PROSE = "p, li, td"
NOT_PROSE = ["a", "code", "pre", "summary", "h1", "h2", "h3", "button", "figcaption"]


def finished_page(body: str, terms: Mapping[str, dict], glossary_page: str) -> str:
    """Return a page's HTML with all that this module adds.

    ``terms`` are those of the glossary; ``glossary_page`` is its address, empty on it itself.
    """
    soup = BeautifulSoup(body, "html.parser")
    mend_tables(soup)
    link_figures(soup)
    for link in soup.select("a.external[href$='.ipynb']"):  # in what a cell put out
        link["href"] = link["href"].removesuffix("ipynb") + "html"
    if glossary_page:
        explain_terms(soup, terms, glossary_page)
    return str(soup)


def mend_tables(soup: BeautifulSoup) -> None:
    """Let wide tables scroll, also by keyboard; take out what pandas styles and leaves empty."""
    for style in soup.select("style[scoped]"):
        style.decompose()
    for empty in soup.find_all("th"):
        if not empty.get_text(strip=True):
            empty.name = "td"
    for number, table in enumerate(soup.find_all("table"), start=1):
        table.attrs.pop("border", None)
        label = f"table {number}"
        frame = soup.new_tag("div", attrs={"class": "scrolls", "tabindex": "0"})
        frame.attrs |= {"role": "region", "aria-label": label}
        table.wrap(frame)


def link_figures(soup: BeautifulSoup) -> None:
    """Make each figure of a notebook a link to its picture, which a script opens in place."""
    for picture in soup.select(".cell_output img"):
        link = soup.new_tag("a", attrs={"class": "enlarge", "href": picture["src"]})
        if picture.parent.name != "a":
            picture.wrap(link)


def explain_terms(soup: BeautifulSoup, terms: Mapping[str, dict], glossary_page: str) -> None:
    """Give each term, where a page uses it first, its explanation: by mouse and by keyboard."""
    term_of = {
        form.lower(): term
        for term, entry in terms.items()
        for form in [term, *entry.get("also", [])]
    }
    forms = sorted(term_of, key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, forms))})(?![\w-])", re.IGNORECASE)
    seen: set[str] = set()
    for text in soup.find_all(string=pattern):
        if text.find_parent(NOT_PROSE) or not text.parent.css.closest(PROSE):
            continue
        pieces, end = [], 0
        for found in pattern.finditer(text):
            term = term_of[found[0].lower()]
            if term not in seen:
                seen.add(term)
                marked = _explained(soup, found[0], term, terms[term], glossary_page)
                pieces += [text[end : found.start()], *marked]
                end = found.end()
        text.replace_with(*pieces, text[end:])


def slug(term: str) -> str:
    """Return the anchor of a term in the glossary.

    >>> slug("Self-supervised learning")
    'self-supervised-learning'
    """
    return re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")


def _explained(
    soup: BeautifulSoup, text: str, term: str, entry: Mapping[str, str], page: str
) -> tuple[Tag, Tag]:
    name = f"term-{slug(term)}"
    link = soup.new_tag("a", attrs={"class": "term", "href": f"{page}#{slug(term)}"})
    link.attrs["aria-describedby"] = name
    link.string = text
    note = soup.new_tag("span", attrs={"class": "explanation", "role": "tooltip", "id": name})
    note.string = entry["explanation"].strip()
    return link, note
