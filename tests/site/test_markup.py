"""What is done to a page's HTML."""

from bs4 import BeautifulSoup

from helpers.site.markup import finished_page

TERMS = {
    "Encoder": {"also": ["encoders"], "explanation": "It makes features."},
    "Pre-training": {"explanation": "The first training."},
}


def finished(body, page="glossary.html"):
    return BeautifulSoup(finished_page(body, TERMS, page), "html.parser")


def test_a_term_is_explained_where_it_is_first_used():
    soup = finished("<p>Two encoders.</p><p>One encoder, no pre-training.</p>")
    assert [link.text for link in soup.select("a.term")] == ["encoders", "pre-training"]
    link = soup.select_one("a.term")
    assert link["href"] == "glossary.html#encoder"
    assert soup.find(id=link["aria-describedby"]).text == "It makes features."
    assert soup.text.startswith("Two encoders")


def test_both_terms_of_one_sentence_are_explained():
    soup = finished("<p>An encoder after pre-training, and an encoder.</p>")
    assert [link.text for link in soup.select("a.term")] == ["encoder", "pre-training"]


def test_code_links_and_headings_are_left_alone():
    body = "<h2>Encoder</h2><p><code>encoder</code> <a href='#'>encoder</a> my_encoder</p>"
    assert not finished(body).select(".term")


def test_the_glossary_does_not_explain_itself():
    assert not finished("<p>An encoder.</p>", page="").select(".term")


def test_tables_scroll_by_keyboard_and_have_no_empty_headings():
    body = '<style scoped>th {}</style><table border="1"><tr><th></th><th>arm</th></tr></table>'
    soup = finished(body)
    frame = soup.select_one("div.scrolls[tabindex='0'][role=region][aria-label]")
    assert frame.find("table") and "border" not in frame.find("table").attrs
    assert [cell.text for cell in soup.find_all("th")] == ["arm"]
    assert not soup.find("style")


def test_lessons_that_a_cell_lists_lead_to_pages():
    body = '<a class="external" href="01_b.ipynb">b</a><a class="internal" href="c.ipynb">c</a>'
    assert [link["href"] for link in finished(body).select("a")] == ["01_b.html", "c.ipynb"]


def test_a_figure_is_a_link_to_its_picture():
    body = '<div class="cell_output"><img src="a.png" alt="Bars that rise."></div>'
    picture = finished(body).select_one("a.enlarge[href='a.png'] > img")
    assert picture["alt"] == "Bars that rise."
