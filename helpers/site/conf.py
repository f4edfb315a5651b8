"""Sphinx's configuration; what is set here is explained in Sphinx's, MyST-NB's and the theme's."""

import json
from pathlib import Path

HERE = Path(__file__).parent

project = "Self-supervised learning, and whether it helped"
extensions = ["myst_nb"]
root_doc = "index"
exclude_patterns = ["downloads", "scripts"]
nb_execution_mode = "off"
nb_ipywidgets_js = {}  # or pages would ask a network for require.js
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "attrs_inline", "colon_fence"]
myst_heading_anchors = 3
html_theme = "pydata_sphinx_theme"
html_title = project
templates_path = [str(HERE / "templates")]
html_static_path = [str(HERE / "static")]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_favicon = str(HERE / "static" / "favicon.svg")
html_copy_source = False
html_show_sphinx = False
html_context = {"default_mode": "auto"}
html_math_renderer = "mathml"  # written out while building: no script and no fonts to load
html_permalinks_icon = "#"
add_module_names = False
html_sidebars = {
    page: [] for page in ("index", "search", "install", "glossary", "notebooks/teachers", "data/*")
}
html_theme_options = {
    "logo": {"text": "Did it help?"},
    "show_prev_next": True,
    "show_toc_level": 2,
    "header_links_before_dropdown": 7,
    "search_bar_text": "Search the course",
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "footer_start": [],
    "footer_end": [],
}


def setup(app):
    """Add the formulas, what ``markup`` does to pages, and the texts that a search quotes."""
    from helpers.site.markup import finished_page
    from helpers.site.sources import SCRIPTS, glossary

    terms = glossary()
    texts = {}

    def finish(app, page, template, context, doctree):
        if "body" in context and doctree is not None:
            at = "" if page == "glossary" else context["pathto"]("glossary")
            texts[page] = " ".join(doctree.astext().split())
            context["body"] = finished_page(context["body"], terms, at)
        if page == "search":
            app.add_js_file("texts.js")
            app.add_js_file("search.js")

    def write_texts(app, problem):
        if not problem:
            script = (
                f"const PAGE_TEXTS = {json.dumps(texts, ensure_ascii=False, sort_keys=True)};\n"
            )
            (Path(app.outdir) / "_static" / "texts.js").write_text(script, encoding="utf-8")

    app.add_html_math_renderer("mathml", (_formula, None), (_formula, None))
    app.connect("html-page-context", finish)
    app.connect("build-finished", write_texts)
    app.config.html_static_path.append(str(Path(app.srcdir) / SCRIPTS))
    (Path(app.srcdir) / SCRIPTS / "texts.js").touch()


def _formula(writer, node):
    from docutils.nodes import SkipNode, math_block
    from latex2mathml.converter import convert

    block = isinstance(node, math_block)
    formula = convert(node.astext(), display="block" if block else "inline")
    writer.body.append(
        f'<div class="formula scrolls" tabindex="0">{formula}</div>' if block else formula
    )
    raise SkipNode
