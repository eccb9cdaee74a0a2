"""The site in a browser: every page in light, dark and on a phone, and the page that a reader takes along."""

import functools
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from clipsafe_utils.publishing.standalone import inline_page, published_address
from tests.built_site import REPOSITORY, built_site
from tests.test_prose import numbered

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium")
VIEWS = {"light": (1280, "light"), "phone": (390, "light")}
SERIOUS = ("serious", "critical")


def listed_pages() -> list[str]:
    """Addresses of all pages of the table of contents, and of those that Sphinx adds."""
    toc = yaml.safe_load((REPOSITORY / "_toc.yml").read_text())
    files = [toc["root"], *(entry["file"] for part in toc["parts"] for entry in part["chapters"])]
    return [f"{file}.html" for file in files] + ["search.html", "genindex.html"]


EXPLORED = [page for page in listed_pages() if page.startswith(tuple(f"book/0{n}" for n in range(1, 5)))]
"""Pages with a figure to explore."""

MODELS = "book/models.html"

SCREEN = 800
"""Pixels that a reader sees of a page at once."""

ASKING = REPOSITORY / "tests" / "fixtures" / "browser.js"
"""Functions that every page of these tests has."""


@dataclass
class Visit:
    """What happened while a page was shown."""

    complaints: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    stuck_folds: list[str] = field(default_factory=list)
    out_of_reach: list[str] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)
    broken_words: list[str] = field(default_factory=list)
    formulas: list[str] = field(default_factory=list)
    scroll_width: int = 0
    window_width: int = 0
    violations: list[str] = field(default_factory=list)


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve the site: over ``file:`` a browser refuses the theme's fonts."""
    handler = functools.partial(QuietHandler, directory=str(built_site()))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None and os.environ.get("CI") == "true":
        pytest.fail("CI must have chromium: apt-get install chromium")
    if CHROMIUM is None:
        pytest.skip("needs chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # Where there is no graphics card, Debian's chromium imitates one, which costs a tenth more.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(path=ASKING)
    yield context.new_page()
    context.close()


def visit(browser: Any, url: str, view: str) -> Visit:
    """Show a page, let all be drawn, open every fold, and look for barriers with axe.

    A page in light is then switched to dark, where it has the colours of one that was opened in the dark.
    """
    width, theme = VIEWS[view]
    seen = Visit()
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_init_script(
        "".join(f"localStorage.setItem('{key}', '{theme}');" for key in ("mode", "theme"))
    )
    context.add_init_script(path=ASKING)
    page = context.new_page()
    page.on("console", lambda entry: entry.type == "error" and seen.complaints.append(entry.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("request", lambda request: seen.requests.append(request.url))
    page.goto(url, wait_until="load")
    seen.stuck_folds = page.evaluate("openAllFolds()")
    seen.formulas = page.evaluate("formulaFaults()")
    if view == "phone":
        seen.cut_off = page.evaluate("firstNumbersOutOfSight()")
        seen.broken_words = page.evaluate("brokenWords()")
    else:
        seen.cut_off = page.evaluate("tablesCutOff()")
        page.set_viewport_size({"width": 1200, "height": 900})
        seen.cut_off += page.evaluate("tooWide()")
        page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("drawAll()")
    seen.out_of_reach = page.evaluate("outOfReach()")
    seen.scroll_width, seen.window_width = page.evaluate(
        "[document.scrollingElement.scrollWidth, innerWidth]"
    )
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    page.evaluate("emptyDrawings()")
    if view == "phone":  # It has the colours of light.
        seen.violations = barriers(page, rules={"color-contrast": {"enabled": False}})
    else:
        page.evaluate("keepThreeOfEach()")
        seen.violations = barriers(page)
    if view == "light":
        assert page.evaluate("switchToDark()") == "dark"
        seen.violations += barriers(page, runOnly=["color-contrast", "link-in-text-block"])
    seen.stopped = page.evaluate("stopped")
    context.close()
    return seen


def barriers(page: Any, **options: Any) -> list[str]:
    """Look for serious barriers with axe, which must not fetch style sheets that the page itself does not."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"preload": False, "resultTypes": ["violations"], **options})
    return [
        f"{violation['id']}: {violation['nodes'][0]['target']}"
        for violation in found.response["violations"]
        if violation["impact"] in SERIOUS
    ]


def assert_reads_well(seen: Visit) -> None:
    assert seen.complaints == []
    assert seen.stopped == []
    assert seen.stuck_folds == []
    assert seen.out_of_reach == []
    assert seen.cut_off == []
    assert seen.broken_words == []
    assert seen.formulas == []
    assert seen.scroll_width <= seen.window_width
    assert seen.violations == []


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", listed_pages())
def test_a_page_reads_well(browser: Any, address: str, name: str, view: str) -> None:
    seen = visit(browser, address + name, view)
    assert_reads_well(seen)
    assert [url for url in seen.requests if not url.startswith((address, "data:", "blob:"))] == []


@pytest.mark.parametrize(("name", "view"), [*((EXPLORED[-1], view) for view in VIEWS), (MODELS, "light")])
def test_a_page_taken_along_needs_nothing_else(browser: Any, tmp_path: Path, name: str, view: str) -> None:
    file = taken_along(name, tmp_path)
    seen = visit(browser, file.as_uri(), view)
    assert_reads_well(seen)
    assert [url for url in seen.requests if not url.startswith(("data:", "blob:"))] == [file.as_uri()]


def taken_along(name: str, folder: Path) -> Path:
    file = folder / Path(name).name
    file.write_text(inline_page(built_site(), name, published_address(REPOSITORY)))
    return file


def test_formulas_and_icons_are_drawn_from_the_page_itself(page: Any, tmp_path: Path) -> None:
    with_formula = next(name for name in EXPLORED if "<math" in (built_site() / name).read_text())
    page.goto(taken_along(with_formula, tmp_path).as_uri(), wait_until="load")
    page.evaluate("document.fonts.ready")
    assert page.locator("math").first.bounding_box()["height"] > 5
    for font in ("16px 'STIX Two Math'", "900 16px 'Font Awesome 6 Free'"):
        page.wait_for_function("(font) => document.fonts.check(font)", arg=font)


@pytest.mark.parametrize("name", [EXPLORED[1], MODELS])
def test_the_tab_key_goes_through_the_whole_page(page: Any, address: str, name: str) -> None:
    page.goto(address + name, wait_until="load")
    page.evaluate("drawAll()")
    number = page.evaluate("controls().filter(isReachable).length")
    missing = set(range(number))
    for _ in range(2 * number):
        page.keyboard.press("Tab")
        missing.discard(page.evaluate("focused()"))
        if not missing:
            break
    assert missing == set()


@pytest.mark.parametrize("name", [EXPLORED[0], MODELS, "search.html?q=temperature"])
def test_the_policy_of_a_page_opened_from_disk_stops_nothing(page: Any, name: str) -> None:
    page.goto(f"{built_site().as_uri()}/{name}", wait_until="load")
    page.evaluate("drawAll()")
    if name.startswith("search"):
        page.locator("#search-results li a").first.wait_for()
    assert page.evaluate("stopped") == []


def test_the_buttons_of_the_theme_act_without_code_in_attributes(page: Any, address: str) -> None:
    page.goto(address + EXPLORED[0], wait_until="load")
    page.evaluate(
        "() => { asked = []; print = () => asked.push('print');"
        " document.documentElement.requestFullscreen = () => asked.push('full screen'); }"
    )
    page.locator(".btn-fullscreen-button").click()
    page.evaluate("document.querySelector('.btn-download-pdf-button').click()")
    assert page.evaluate("asked") == ["full screen", "print"]
    page.locator(".cell_input summary, .cell details summary").first.click()
    page.locator("button.copybtn").first.click(force=True)
    page.locator("button.copybtn.success").first.wait_for()
    assert page.evaluate("stopped") == []


def test_search_finds_a_term(page: Any, address: str) -> None:
    page.goto(f"{address}search.html?q=temperature", wait_until="load")
    found = page.locator("#search-results li a")
    found.first.wait_for()
    assert any("calibration" in one.get_attribute("href") for one in found.all())
    page.locator("#search-results li p.context").first.wait_for()
    assert page.evaluate("stopped") == []


@pytest.mark.parametrize("name", EXPLORED)
def test_keys_go_from_mark_to_mark_of_the_first_chart(page: Any, name: str) -> None:
    """From the file system, without a server."""
    page.goto((built_site() / name).as_uri(), wait_until="load")
    page.evaluate("drawAll()")
    explore = page.locator(".explore").first
    explore.locator(".point").first.wait_for(state="attached")
    marks, says = (explore.locator(f".explore-{part}") for part in ("marks", "says"))
    told = [says.text_content()]
    for _ in range(2):
        marks.press("ArrowRight")
        told.append(says.text_content())
    assert len(set(told)) == 3
    assert " · " in told[-1]


def test_the_printed_figure_is_there_on_paper_and_without_scripts(browser: Any) -> None:
    address = (built_site() / EXPLORED[0]).as_uri()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator(".explore").count() == 0
    assert page.locator("figure .themed-figure svg").first.is_visible()
    context.close()
    page = browser.new_page()
    page.goto(address)
    page.locator(".figure-tools button", has_text="Explore").first.click()
    page.locator(".explore .point").first.wait_for(state="attached")
    page.emulate_media(media="print")
    assert not page.locator(".explore").first.is_visible()
    assert page.locator("figure .themed-figure svg").first.is_visible()
    page.close()


def test_models_are_filtered_sorted_and_addressed(page: Any) -> None:
    address = (built_site() / MODELS).as_uri()
    page.goto(f"{address}#study=miniature&sort=accuracy&order=desc", wait_until="load")
    names = page.locator(".models-table tbody th")
    assert {study.text_content() for study in page.locator(".models-table tbody td:nth-child(8)").all()} == {
        "miniature"
    }
    accuracy = [
        float(cell.text_content()) for cell in page.locator(".models-table tbody td:nth-child(2)").all()
    ]
    assert accuracy == sorted(accuracy, reverse=True)
    page.get_by_label("Words").fill("64k-s0")
    assert all("64k-s0" in name.text_content() for name in names.all())
    head = page.locator(".models-table thead th").first.get_by_role("button")
    head.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}#q=64k-s0&study=miniature&sort=model&order=asc")
    shown = [name.text_content() for name in names.all()]
    assert shown == sorted(shown, key=str.lower)
    page.get_by_role("button", name="Show all").click()
    page.wait_for_url(address)
    assert page.locator(".dt-info").text_content().startswith("1 to 25 of 3,")


CHOSEN = "ViT-B-16.openai"


def test_a_model_that_is_chosen_has_a_view_and_a_ring_in_other_chapters_until_it_is_let_go(page: Any) -> None:
    """From the file system, where nothing can be fetched."""
    models = (built_site() / MODELS).as_uri()
    page.goto(f"{models}#study=published&q={CHOSEN}", wait_until="load")
    page.locator(".models-table tbody th a", has_text=CHOSEN).first.click()
    view = page.get_by_role("region", name=CHOSEN, exact=True)
    view.get_by_text(f"clipsafe card {CHOSEN}").wait_for()
    assert page.url == f"{models}?model={CHOSEN}#study=published&q={CHOSEN}"
    evaluations = view.locator("details", has_text="Every evaluation")
    assert evaluations.locator("tbody").first.locator("tr").count() > 1
    view.locator(".part", has_text="Shape or texture").get_by_role("link").click()
    page.wait_for_url(f"**/02-shape-bias.html?model={CHOSEN}")
    assert ring_of(page) == CHOSEN
    # The browser remembers what the address of the next page does not say.
    page.goto((built_site() / EXPLORED[0]).as_uri(), wait_until="load")
    page.get_by_role("button", name="Take the ring off").press("Enter")
    assert page.get_by_text(f"{CHOSEN} is no longer ringed.").count() == 1
    page.goto((built_site() / EXPLORED[1]).as_uri(), wait_until="load")
    assert page.get_by_role("region", name="Ringed model").count() == 0
    assert page.locator(".figure-tools button", has_text="with the ring").count() == 0
    assert page.evaluate("stopped") == []


def ring_of(page: Any) -> str:
    """Open the first chart that says it has the ring; return whose it is."""
    page.locator(".figure-tools button", has_text="with the ring").first.click()
    chart = page.locator(".explore").first
    chart.locator(".explore-model a").wait_for()
    assert chart.locator("path.point[d*='10,0A10,10']").count() > 0, "a ring of 20 pixels"
    assert page.get_by_role("region", name="Ringed model").is_visible()
    return str(chart.get_by_label("Find a model").input_value())


def test_a_mark_leads_to_the_view_of_its_model(page: Any) -> None:
    page.goto((built_site() / EXPLORED[1]).as_uri(), wait_until="load")
    page.locator(".figure-tools button", has_text="Explore").first.click()
    chart = page.locator(".explore").first
    chart.locator(".point").first.wait_for(state="attached")
    chart.get_by_label("Find a model").fill(CHOSEN)
    chart.get_by_label("Find a model").press("Tab")
    chart.locator(".explore-model a").click()
    page.get_by_text(f"clipsafe card {CHOSEN}").wait_for()


@pytest.mark.parametrize("view", VIEWS)
def test_the_view_of_a_model_reads_well(browser: Any, address: str, view: str) -> None:
    seen = visit(browser, f"{address}{MODELS}?model={CHOSEN}", view)
    assert_reads_well(seen)


def test_a_model_of_the_laboratory_or_of_nobody_has_what_the_table_says(page: Any) -> None:
    models = (built_site() / MODELS).as_uri()
    page.goto(f"{models}?model=clip-resnet_s-wit-64k-s0", wait_until="load")
    view = page.locator(".model-view")
    view.get_by_text("It has no card").wait_for()
    assert "Study: miniature" in view.text_content()
    page.goto(f"{models}?model=<b>nobody</b>", wait_until="load")
    view.get_by_text("No model of the table is called so.").wait_for()
    assert view.locator("h2").text_content().startswith("<b>nobody</b>")


def test_the_view_of_a_page_taken_along_says_where_the_rest_is(page: Any, tmp_path: Path) -> None:
    page.goto(f"{taken_along(MODELS, tmp_path).as_uri()}?model={CHOSEN}", wait_until="load")
    view = page.locator(".model-view")
    view.get_by_text("Its intervals and places are on the site of the book").wait_for()
    assert "Group: CLIP, zero-shot" in view.text_content()


def test_a_model_is_found_by_the_name_that_cubes_give_it(page: Any) -> None:
    page.goto((built_site() / MODELS).as_uri(), wait_until="load")
    page.get_by_label("Words").fill("imagenet-x-toolbox:dpn92")
    name = page.locator(".models-table tbody th")
    assert name.text_content() == "dpn92.mx_in1k (imagenet-x-toolbox)"
    assert name.get_attribute("title") == "imagenet-x-toolbox:dpn92"


def test_two_thousand_models_are_filtered_quickly(page: Any) -> None:
    """The processor is slowed down four times, as a phone's is."""
    page.goto((built_site() / MODELS).as_uri(), wait_until="load")
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    assert page.evaluate("typingTime('vit')") < 1000


LINKS = {
    "term": "a.term-link",
    "claim": "a.claim-link",
    "citation": 'a[href^="references.html#"]',
    "figure": 'a.reference[href^="#fig-"]',
}
"""By what they lead to, selectors of links that have a card."""


@pytest.fixture
def card(page: Any, address: str) -> Any:
    """Open a chapter; its card is there and shows nothing."""
    page.goto(address + EXPLORED[1], wait_until="load")
    found = page.locator("#link-card")
    assert not found.is_visible()
    return found


@pytest.mark.parametrize("kind", LINKS)
def test_a_card_opens_under_the_pointer_stays_there_and_goes(page: Any, card: Any, kind: str) -> None:
    link = page.locator(f".bd-article {LINKS[kind]}").first
    link.hover()
    card.wait_for()
    assert len(card.text_content()) > 15
    assert link.get_attribute("title") is None
    assert link.get_attribute("aria-describedby") == "link-card"
    if kind == "figure":
        assert card.locator("svg, img").bounding_box()["height"] > 20
    box = card.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    card.hover()  # It can be read, and what it holds be marked.
    page.wait_for_timeout(600)
    assert card.is_visible()
    page.mouse.move(2, 2)
    card.wait_for(state="hidden")
    assert link.get_attribute("aria-describedby") is None


def test_a_card_opens_with_the_focus_and_closes_with_escape(page: Any, card: Any) -> None:
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.bd-article a.term-link')"):
            break
    card.wait_for()
    assert barriers(page, runOnly=["color-contrast", "aria-tooltip-name", "aria-valid-attr-value"]) == []
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.matches('a.term-link')")


def test_a_first_tap_shows_a_card_and_a_second_one_goes_there(browser: Any, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(address + EXPLORED[1], wait_until="load")
    link = page.locator(".bd-article a.term-link").first
    link.tap()
    card = page.locator("#link-card")
    card.wait_for()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    link.tap()
    page.wait_for_url("**/glossary.html#*")
    context.close()


def test_links_say_what_they_lead_to_without_scripts(browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((built_site() / EXPLORED[1]).as_uri())
    for kind in ("term", "claim", "citation"):
        link = page.locator(f".bd-article {LINKS[kind]}").first
        assert len(link.get_attribute("title")) > 15
        assert ".html#" in link.get_attribute("href")
    context.close()


@pytest.mark.parametrize(
    ("query", "leads_to"),
    [
        ("F13", "book/08-claims.html#F13"),
        ("ViT-B-32.openai@224", "book/models.html#q=ViT-B-32.openai%40224"),
    ],
)
def test_search_reaches_a_row(page: Any, address: str, query: str, leads_to: str) -> None:
    page.goto(f"{address}search.html?q={query}", wait_until="load")
    page.locator(f'#search-results li a[href$="{leads_to}"]').first.wait_for()  # They come one by one.


def test_lines_below_a_result_are_of_what_the_page_says(page: Any, address: str) -> None:
    page.goto(f"{address}search.html?q=shape+bias", wait_until="load")
    page.locator("#search-results li p.context").nth(3).wait_for()
    for text in page.locator("#search-results li p.context").all_text_contents():
        assert ".pdf" not in text
        assert ".ipynb" not in text
        assert "import " not in text


@pytest.mark.parametrize("name", numbered())
def test_the_first_figure_stands_within_a_screen_of_the_box(page: Any, address: str, name: str) -> None:
    page.goto(f"{address}book/{name}.html", wait_until="load")
    box, figure = (page.locator(f"article {part}").first for part in (".admonition.tip", "figure"))
    end_of_box = box.bounding_box()["y"] + box.bounding_box()["height"]
    assert 0 <= figure.bounding_box()["y"] - end_of_box <= SCREEN
