"""The built site in a real browser: ``make test-site``.

Every page is looked at from its folder and from a server, light and dark, narrow and wide; the
demonstrations are played by keyboard alone.
"""

import filecmp
import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import unquote, urldefrag

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup

from helpers.data import load_dataset
from helpers.lesson.files import NOTEBOOKS_FOLDER, ROOT, build_root
from helpers.site.networks import DATASET, read_arrays

SITE = build_root() / "site"
WHY = "needs 'make test-site'"
sync_playwright = pytest.importorskip("playwright.sync_api", reason=WHY).sync_playwright
AXE = pytest.importorskip("axe_playwright_python.base", reason=WHY).AXE_SCRIPT
NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 800}
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if "_static" not in path.parts
)
LESSONS = [page for page in PAGES if re.match(r"notebooks/\d\d_", page)]
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server():
    """A server of the folder above the site, which so lies under a sub-path."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = functools.partial(Quiet, directory=SITE.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/{SITE.name}/"
        serving.shutdown()


@pytest.fixture(params=["folder", "server"])
def root(request):
    if request.param == "server":
        return request.getfixturevalue("server")
    return f"{SITE.as_uri()}/"


@pytest.fixture
def visit(browser):
    """Open a page in a window of its own; at the end nothing may have gone wrong in it."""
    contexts, wrong = [], []

    def open_page(address, viewport=WIDE):
        context = browser.new_context(viewport=viewport, reduced_motion="reduce")
        contexts.append(context)
        home = address.partition(SITE.name)[0]
        page = context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda asked: (
                None if asked.url.startswith((home, "data:", "blob:")) else wrong.append(asked.url)
            ),
        )
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def in_folder(name):
    return f"{SITE.as_uri()}/{name}"


def tab_to(page, selector):
    """Press Tab until what is wanted has the focus; nobody needs a mouse."""
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
    pytest.fail(f"no way by keyboard to {selector}")


def begin_at(page, selector):
    """Put the keyboard's starting point before an element, as a click on the text there does."""
    page.evaluate(
        """wanted => { const place = document.querySelector(wanted);
        const before = document.createElement("span"); before.tabIndex = -1;
        place.before(before); before.focus(); }""",
        selector,
    )


WIDER = "place => place.scrollWidth - place.clientWidth"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_loads_whole_asks_nobody_else_and_fits_a_phone(visit, root, name):
    page = visit(root + name, NARROW)
    assert page.locator("h1").count() == 1
    pictures = "[...document.images].map(i => [i.src.slice(0, 80), i.naturalWidth, i.alt])"
    for source, width, alt in page.evaluate(pictures):
        assert width and alt, source
    assert page.locator("html").evaluate(WIDER) <= 0
    printed = page.locator(".cell_output pre")  # a conclusion is to be read to its end
    assert all(wider <= 0 for wider in printed.evaluate_all(f"places => places.map({WIDER})"))


def test_paper_is_white_and_has_no_navigation(visit):
    page = visit(in_folder(LESSONS[0]))
    theme = "document.documentElement.dataset.theme"
    page.evaluate(f"{theme} = 'dark'")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    for navigation in ("header", ".bd-sidebar-primary", ".prev-next-area", ".headerlink"):
        assert not page.locator(navigation).first.is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(theme) == "dark"


COLOURS = ["color-contrast", "link-in-text-block"]


def violations(page, theme, **options):
    """What axe-core finds; code is left out, whose colours the page of the bug hunt has too."""
    page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
    options |= {"preload": False, "resultTypes": ["violations"]}
    code = [] if "bug_hunt" in page.url else [[".highlight pre"]]
    script = "([code, options]) => axe.run({ exclude: code }, options)"
    return [
        (rule["id"], node["html"], node["failureSummary"])
        for rule in page.evaluate(script, [code, options])["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_light_and_dark_narrow_and_wide(visit, name):
    page = visit(in_folder(name))
    page.evaluate(AXE)
    only_colours = {"type": "rule", "values": COLOURS}
    assert violations(page, "light") == []
    assert violations(page, "dark", runOnly=only_colours) == []
    page.set_viewport_size(NARROW)
    page.wait_for_timeout(600)  # the theme waits before it looks what scrolls now
    long = name in LESSONS  # their colours are those of the wide page, and take a minute
    no_colours = {rule: {"enabled": False} for rule in COLOURS}
    assert violations(page, "dark", rules=no_colours if long else {}) == []
    if not long:
        assert violations(page, "light", runOnly=only_colours) == []


def test_links_and_anchors_lead_somewhere():
    pages = {
        name: BeautifulSoup((SITE / name).read_text(encoding="utf-8"), "html.parser")
        for name in PAGES
    }
    anchors = {name: {tag["id"] for tag in soup.find_all(id=True)} for name, soup in pages.items()}
    lost = []
    for name, soup in pages.items():
        for link in soup.find_all("a", href=True):
            address, anchor = urldefrag(link["href"])
            if re.match(r"\w+:", address):
                continue
            target = (SITE / name).parent / unquote(address) if address else SITE / name
            there = target.resolve()
            place = there.relative_to(SITE.resolve()).as_posix()
            if not there.is_file() or (anchor and unquote(anchor) not in anchors[place]):
                lost.append((name, link["href"]))
    assert lost == []


def test_every_lesson_has_a_page_with_all_its_figures_and_their_words():
    notebooks = sorted(NOTEBOOKS_FOLDER.glob("[0-9]*.ipynb"))
    assert [Path(page).stem for page in LESSONS] == [path.stem for path in notebooks]
    for path in notebooks:
        page = (SITE / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
        shown = BeautifulSoup(page, "html.parser").select(".cell_output img")
        stored = [
            output.metadata["image/png"]["alt"]
            for cell in nbformat.read(path, as_version=4).cells
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        assert [picture["alt"] for picture in shown] == stored
        assert stored


def test_a_search_finds_and_quotes(visit, root):
    page = visit(f"{root}search.html?q=temperature")
    hit = page.locator("#search-results li", has=page.locator("a[href*='05_contrastive']")).first
    hit.wait_for()
    quoted = hit.locator(".context")
    quoted.wait_for()
    assert "temperature" in quoted.inner_text().lower()


def test_a_question_and_a_solution_unfold_by_keyboard(visit):
    name = next(page for page in LESSONS if "/01_" in page)
    page = visit(in_folder(name))
    for summary, inside in (("B.", ("No. ", "Right. ")), ("A solution", ("def ", "import "))):
        box = page.locator("details", has=page.locator("summary", has_text=summary)).first
        text = box.locator("p, pre").first
        assert not text.is_visible()
        box.locator("summary").focus()
        page.keyboard.press("Enter")
        assert text.is_visible()
        assert text.inner_text().startswith(inside)


def test_a_wrong_answer_gets_its_feedback(visit):
    name = next(page for page in LESSONS if "/01_" in page)
    page = visit(in_folder(name))
    choices = page.locator("details", has_text="No. ").filter(has_not_text="Hint")
    assert choices.count() >= 9
    choices.first.locator("summary").click()
    assert choices.first.locator("p").inner_text().startswith("No. ")


def test_a_term_explains_itself_by_keyboard_and_escape_hides_it(visit):
    page = visit(in_folder("index.html"))
    term = page.locator("a.term").first
    note = page.locator(f"#{term.get_attribute('aria-describedby')}")
    assert not note.is_visible()
    term.focus()
    assert note.is_visible()
    page.keyboard.press("Escape")
    assert not note.is_visible()


def test_a_figure_is_enlarged_by_keyboard(visit):
    page = visit(in_folder(LESSONS[0]))
    link = page.locator("a.enlarge").first
    link.focus()
    page.keyboard.press("Enter")
    assert page.locator("dialog.enlarged img").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog.enlarged img").is_visible()
    assert link.evaluate("link => link === document.activeElement")


def test_you_against_the_network(visit):
    page = visit(in_folder("play/rotations.html"))
    begin_at(page, "#rotations")
    for picture in range(20):
        tab_to(page, "#rotations .buttons button")
        page.keyboard.press("Enter")
        if picture < 19:
            assert f"After {picture + 1} of 20" in page.inner_text("#rotations [role=status]")
            begin_at(page, "#rotations .buttons")
    found = re.match(r"You: (\d+) of 20\. The network: (\d+) of 20\.", page.inner_text(".score"))
    assert 0 <= int(found[1]) <= 20
    assert int(found[2]) >= 15
    assert page.locator("#mistakes li").count() == 12
    tab_to(page, "#rotations .buttons button")
    page.keyboard.press("Enter")
    assert page.locator("#rotations .buttons button").count() == 4


def test_a_digit_is_drawn_by_keyboard(visit):
    page = visit(in_folder("play/draw.html"))
    begin_at(page, "#draw")
    tab_to(page, "#draw canvas.paper")
    page.keyboard.press("Space")
    for _ in range(10):
        page.keyboard.press("ArrowDown")
    page.locator("#draw .row").nth(2).wait_for()
    assert "as the network sees it: upright" in page.inner_text("#draw [role=status]")
    assert page.locator("#draw .row canvas").count() == 15
    near = page.locator("#draw .row p").first.inner_text()
    assert near.startswith("Most like it by its pixels: 1")
    tab_to(page, "#draw .buttons button")
    page.keyboard.press("Enter")
    page.wait_for_function("!document.querySelector('#draw .row')")


def test_the_network_of_the_page_is_pytorchs(visit):
    from test_networks_torch import torch_encoder

    from helpers.models.training import encode

    images = load_dataset(DATASET).test_images[:100]
    page = visit(in_folder("play/draw.html"))
    script = "images => images.map(image => [...features(networks.trained.weights, image)])"
    found = np.array(page.evaluate(script, images.reshape(100, -1).tolist()))
    expected = encode(torch_encoder(read_arrays("rotation")), images)
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_with_fewer_seeds_the_interval_grows(visit):
    page = visit(in_folder("play/sliders.html"))
    begin_at(page, "#seeds")
    said = "#seeds [role=status]"

    def width():
        low, high = re.search(r"interval (\S+) to (\S+)\. ", page.inner_text(said)).groups()
        return float(high) - float(low)

    all_seeds, verdict = width(), page.inner_text(f"{said} strong")
    assert verdict == "Verdict: better."
    tab_to(page, "#seeds input[type=range]")
    page.keyboard.press("End")
    assert page.inner_text(said).startswith("With 1000 labels and 10 seeds")
    page.keyboard.press("Home")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")
    assert page.inner_text(said).startswith("With 10 labels and 2 seeds")
    assert width() > all_seeds
    assert page.inner_text(f"{said} strong") == "Verdict: not established."
    for control, key in (
        ("input[type=range]", "ArrowRight"),
        ("label + label select", "ArrowDown"),
    ):
        tab_to(page, f"#shown {control}")
        before = page.inner_text("#shown")
        page.keyboard.press(key)
        assert page.inner_text("#shown") != before


def test_the_map_is_walked_by_keyboard(visit):
    page = visit(in_folder("play/map.html"))
    begin_at(page, "#map")
    tab_to(page, "#map input[name=kind]")
    untrained = page.inner_text("#map [role=status] >> nth=0")
    page.keyboard.press("ArrowDown")
    trained = page.inner_text("#map [role=status] >> nth=0")
    shares = [int(re.search(r"(\d+) %", text)[1]) for text in (untrained, trained)]
    assert shares[0] < shares[1]
    tab_to(page, "#map svg")
    said = "#map .map [role=status]"
    seen = {page.inner_text(said)}
    for key in ("ArrowRight", "ArrowUp", "ArrowUp", "ArrowLeft", "ArrowDown"):
        page.keyboard.press(key)
        seen.add(page.inner_text(said))
    assert len(seen) >= 3


def test_the_first_page_is_light_and_quick_on_one_core(server):
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        code = FIRST_PAGE.format(chromium=CHROMIUM, address=f"{server}index.html")
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    finally:
        os.sched_setaffinity(0, cores)
    assert not done.returncode, done.stderr
    milliseconds, transferred = map(float, done.stdout.split())
    print(f"first page: {milliseconds:.0f} ms, {transferred / MEGABYTE:.2f} MB")
    assert transferred < MEGABYTE
    if milliseconds >= 2000 and os.getloadavg()[0] > len(cores):
        pytest.skip(f"took {milliseconds:.0f} ms, but other programs keep this machine busy")
    assert milliseconds < 2000


FIRST_PAGE = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path={chromium!r}, args=["--no-sandbox"])
    times = []
    for _ in range(3):
        page = browser.new_context().new_page()
        sizes = []
        page.on("requestfinished", lambda asked: sizes.append(asked.sizes()["responseBodySize"]))
        page.goto({address!r})
        timing = "performance.timing.loadEventEnd - performance.timing.fetchStart"
        times.append(page.evaluate(timing))
    print(min(times), sum(sizes))
"""


def test_the_site_weighs_under_25_megabytes():
    assert sum(path.stat().st_size for path in SITE.rglob("*") if path.is_file()) < 25 * MEGABYTE


def test_a_second_build_is_the_same_byte_for_byte(tmp_path):
    command = [sys.executable, "-m", "helpers.site", str(tmp_path / "site")]
    environment = {**os.environ, "SSL_COURSE_BUILD": str(tmp_path), "PYTHONHASHSEED": "7"}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    names, again = (
        sorted(path.relative_to(root) for path in root.rglob("*") if path.is_file())
        for root in (SITE, tmp_path / "site")
    )
    assert names == again
    _, different, missing = filecmp.cmpfiles(SITE, tmp_path / "site", names, shallow=False)
    assert (different, missing) == ([], [])


def test_no_page_names_a_folder_of_this_machine():
    for path in SITE.rglob("*"):
        if path.suffix in (".html", ".js", ".css"):
            assert str(ROOT) not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("workflow", sorted((ROOT / ".github" / "workflows").glob("*.yml")))
def test_the_workflows_fit_their_schema(workflow):
    check = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-workflows",
    ]
    done = subprocess.run([*check, str(workflow)], capture_output=True, text=True)
    assert not done.returncode, done.stdout
