"""What a reader sees: whole tables, formulas and icons without scripts, paper that has everything."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests.built_site import built_site
from tests.test_browser import EXPLORED, MODELS, address, browser, listed_pages, page

pytestmark = pytest.mark.browser

__all__ = ["address", "browser", "page"]

FACTORS, SHIFTS, CALIBRATION = EXPLORED[0], EXPLORED[2], "book/05-calibration.html"
LEDGER = "book/08-claims.html"
BACK_MATTER = ("book/miniature-world.html", "book/student-laboratory.html")
DESKTOP, PHONE, PAPER = 1280, 390, 718
"""Widths of windows, and of A4 less its margins."""


def pages_with(*selectors: str) -> list[str]:
    html = {name: (built_site() / name).read_text(encoding="utf-8") for name in listed_pages()}
    return [name for name, text in html.items() if any(one in text for one in selectors)]


def show(page: Any, address: str, name: str, width: int = DESKTOP, theme: str = "light") -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.add_init_script(f"localStorage.setItem('mode', '{theme}'); localStorage.setItem('theme', '{theme}')")
    page.goto(address + name, wait_until="load")
    page.evaluate("document.fonts.ready")


def test_there_are_tables_and_formulas_for_what_test_browser_asks_of_every_page() -> None:
    assert len(pages_with("themed-table", "models-table")) > 10
    assert len(pages_with("<math")) > 5


def test_a_wide_table_stands_before_the_list_of_contents(page: Any, address: str) -> None:
    show(page, address, FACTORS)
    page.evaluate("openAllFolds()")
    wide = page.locator(".themed-table.full-width").first
    wide.locator("tbody tr").first.scroll_into_view_if_needed()
    page.locator(".bd-sidebar-secondary.hide").wait_for(state="attached")
    last = wide.locator("thead th").last.bounding_box()
    there = [last["x"] + last["width"] - 2, last["y"] + last["height"] / 2]
    assert page.evaluate("([x, y]) => document.elementFromPoint(x, y)?.tagName", there) == "TH"


@pytest.mark.parametrize(
    ("name", "box"), [(CALIBRATION, ".table-box:has(th:nth-child(8))"), (MODELS, ".models-box")]
)
def test_names_stay_in_sight_while_a_table_scrolls(page: Any, address: str, name: str, box: str) -> None:
    show(page, address, name, PHONE)
    table = page.locator(box).first
    head = table.locator("tbody tr > :first-child").first
    before = head.bounding_box()["x"]
    assert head.evaluate("(cell) => getComputedStyle(cell).boxShadow") == "none"
    table.evaluate("(box) => { box.scrollLeft = 120; }")
    page.locator(f"{box}[data-scrolled]").first.wait_for()
    assert abs(head.bounding_box()["x"] - before) < 1
    assert head.evaluate("(cell) => getComputedStyle(cell).boxShadow") != "none"


def test_a_table_in_the_text_looks_as_a_computed_one(page: Any, address: str) -> None:
    show(page, address, "book/06-prompts.html")
    looks = [
        page.locator(f"{table} tbody tr:nth-child(2) td").first.evaluate(
            "(cell) => [getComputedStyle(cell).padding, getComputedStyle(cell).borderInline,"
            " getComputedStyle(cell.parentElement).backgroundColor, getComputedStyle(cell).fontSize]"
        )
        for table in (".themed-table:not(.full-width)", ".pst-scrollable-table-container")
    ]
    assert looks[0] == looks[1]


def test_a_label_stays_on_one_line(page: Any, address: str) -> None:
    for name, selector in (("book/intro.html", "tbody th"), (LEDGER, ".ledger-table td")):
        show(page, address, name)
        for width in (DESKTOP, PHONE):
            page.set_viewport_size({"width": width, "height": 900})
            labels = page.locator(f".themed-table {selector} .together").all()
            assert len(labels) > 5
            assert max(label.bounding_box()["height"] for label in labels) < 30


def test_the_ledger_is_filtered_and_sorted(page: Any, address: str) -> None:
    show(page, address, LEDGER)
    claims = page.locator(".ledger-table > tbody")
    number = claims.count()

    def ids() -> list[str]:
        return [one.get_attribute("id") for one in page.locator(".ledger-table tr[id]:visible").all()]

    in_order = ids()
    assert len(in_order) == number
    press(page, "miniature (proxy)")
    press(page, "no data")
    assert page.locator(".ledger-tools [role=status]").text_content() == f"{len(ids())} of {number} claims"
    for name in ids():
        assert page.locator(f"#{name} > td").nth(1).get_attribute("data-label") == "no data"
    press(page, "all")
    press(page, "by label")
    ranks = [int(page.locator(f"#{name} > td").nth(1).get_attribute("data-rank")) for name in ids()]
    assert ranks == sorted(ranks)
    assert ids() != in_order
    press(page, "by claim")
    assert ids() == in_order


def press(page: Any, text: str) -> None:
    """Press a button of the ledger by the keyboard."""
    button = page.locator(f".ledger-tools button:text-is('{text}')")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"


def test_a_link_to_a_claim_shows_its_row_whatever_was_chosen(page: Any, address: str) -> None:
    show(page, address, LEDGER)
    press(page, "outside")
    assert not page.locator("#F1").is_visible()
    page.locator(".themed-table a[href='#F1']").first.click()
    page.locator("#F1").wait_for()
    assert page.locator("#F1").is_visible()


def test_a_page_opened_at_a_claim_shows_its_row(page: Any, address: str) -> None:
    page.emulate_media(reduced_motion="reduce")  # The page does not glide to where it leads.
    show(page, address, f"{LEDGER}#S1")
    assert page.locator("#S1").bounding_box()["y"] == pytest.approx(64, abs=40)


def test_without_scripts_the_ledger_is_a_plain_table(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + LEDGER)
    assert page.locator(".ledger-tools").count() == 0
    assert page.locator(".ledger-table tr[id]:visible").count() > 20
    context.close()


def test_models_begin_with_how_they_did(page: Any, address: str) -> None:
    show(page, address, MODELS)
    heads = page.locator(".models-table thead th").all_text_contents()
    assert [head.split(",")[0] for head in heads[:5]] == [
        "Model",
        "Accuracy",
        "Shape bias",
        "AUROC",
        "ECE",
    ]
    controls = page.locator(".models-form :is(input, select)").all()
    assert len({round(control.bounding_box()["y"]) for control in controls}) == 1


def test_a_click_on_the_table_of_models_ends_in_no_error(page: Any, address: str) -> None:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    show(page, address, MODELS)
    page.locator(".models-table thead th").nth(1).click()
    page.locator(".models-table .dt-paging button").nth(2).click()
    page.locator(".models-table tbody td").first.click()
    assert page.locator(".models-table thead th[aria-sort]").count() == 1
    assert complaints == []


@pytest.fixture
def printed(page: Any, address: str) -> Callable[[str], None]:
    """Return what shows a page on paper, from the dark theme."""

    def print_page(name: str) -> None:
        page.emulate_media(media="screen", color_scheme="dark")
        show(page, address, name, PAPER, "dark")
        page.emulate_media(media="print", color_scheme="dark")
        page.locator("html[data-theme=light]").wait_for()

    return print_page


def test_paper_has_everything_and_is_light(page: Any, printed: Callable[[str], None]) -> None:
    for name in listed_pages():
        printed(name)
        assert page.evaluate("document.querySelectorAll('details:not([open])').length") == 0, name
        assert page.evaluate("cutOff()") == [], name
        assert page.evaluate(
            "[...document.querySelectorAll('.bd-article :is(button, .explore, details.hide)')]"
            ".filter(shown).length"
        ) == (0), name
        for selector in ("body", ".bd-article h1", ".bd-article h2", ".bd-article p", ".bd-article td"):
            if page.locator(selector).count():
                colour = page.locator(selector).first.evaluate("(one) => getComputedStyle(one).color")
                assert luminance(colour) < 0.2, f"{name}: {selector} is {colour}"
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == "rgba(0, 0, 0, 0)" or luminance(background) > 0.9, name


def luminance(colour: str) -> float:
    red, green, blue = (float(part) / 255 for part in re.findall(r"[\d.]+", colour)[:3])
    return 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2


def test_a_fold_on_paper_is_as_dark_as_what_is_around_it(page: Any, printed: Callable[[str], None]) -> None:
    printed(FACTORS)
    moving = (
        "document.getAnimations().filter((motion) => motion.effect.getComputedTiming().endTime < Infinity)"
    )
    assert page.evaluate(f"{moving}.length") == 0
    assert (
        page.evaluate(
            "getComputedStyle(document.querySelector('.bd-article details:not(.hide) > :last-child')).opacity"
        )
        == "1"
    )


def test_after_printing_the_page_is_as_before(page: Any, address: str) -> None:
    show(page, address, FACTORS, theme="dark")
    page.locator(".bd-article details summary").first.click()
    opened = page.evaluate("document.querySelectorAll('details[open]').length")
    page.evaluate("addEventListener('afterprint', () => { seen = 'printed'; })")
    page.evaluate(
        "addEventListener('beforeprint', () => { theme = document.documentElement.dataset.theme; })"
    )
    assert len(page.pdf(format="A4")) > 100_000
    assert page.evaluate("[seen, theme]") == ["printed", "light"]
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("document.querySelectorAll('details[open]').length") == opened


def test_a_formula_is_as_tall_as_its_fractions_and_referred_to_by_its_number(page: Any, address: str) -> None:
    show(page, address, CALIBRATION)
    tall, low = (
        page.locator(f"#equation-eq-{name} math").bounding_box()["height"] for name in ("debiased", "ece")
    )
    assert tall > low > 35, "fractions and sums stand above each other"
    references = {link.text_content() for link in page.locator('a[href="#equation-eq-ece"]').all()}
    assert "(5.1)" in references


def test_a_wide_formula_begins_at_its_left_and_shows_that_it_scrolls(page: Any, address: str) -> None:
    show(page, address, CALIBRATION, PHONE)
    box = page.locator("#equation-eq-debiased")
    assert box.evaluate("(box) => box.scrollWidth > box.clientWidth")
    assert box.locator("math").bounding_box()["x"] >= box.bounding_box()["x"]
    assert "gradient" in box.evaluate("(box) => getComputedStyle(box).backgroundImage")
    assert box.get_attribute("tabindex") == "0"


def test_icons_come_without_a_script(page: Any, address: str) -> None:
    show(page, address, FACTORS)
    assert page.locator("script[src*=fontawesome], script[src*=tex-svg]").count() == 0
    icons = page.locator(".bd-header-article i").all()
    assert len(icons) > 4
    assert page.evaluate("document.fonts.check('900 16px \"Font Awesome 6 Free\"')")
    drawn = [icon.evaluate("(one) => getComputedStyle(one, '::before').content") for icon in icons]
    assert all(len(letter.strip('"')) == 1 for letter in drawn)


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_headings_get_smaller_with_their_depth(page: Any, address: str, width: int) -> None:
    show(page, address, CALIBRATION, width)
    sizes = page.evaluate(
        "['h1', 'h2', 'h3', 'h4'].map((name) => document.querySelector(`.bd-article ${name}`))"
        ".filter(Boolean).map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert len(sizes) > 2
    assert sizes == sorted(set(sizes), reverse=True)


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_command_of_a_box_is_copied_whole_and_breaks_between_its_words(
    page: Any, address: str, width: int
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    show(page, address, FACTORS, width)
    command = page.locator(".admonition p:has(> strong:text-is('Rerun')) code")
    words = command.locator(".pre").all()
    assert len(words) > 5
    assert [word.evaluate("(one) => one.getClientRects().length") for word in words] == [1] * len(words)
    assert all(word.bounding_box()["height"] < 30 for word in words)
    button = page.locator(".admonition .copy-command").first
    button.click()
    page.locator(".copy-command:text-is('Copied')").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == command.text_content()
    assert "-o mine" in command.text_content()


def test_the_icon_of_a_box_stands_at_the_first_line_of_its_title(page: Any, address: str) -> None:
    show(page, address, CALIBRATION, PHONE)
    titles = page.locator(".admonition > .admonition-title").all()
    tops = {title.evaluate("(one) => getComputedStyle(one, '::after').top") for title in titles}
    assert max(title.bounding_box()["height"] for title in titles) > 50, "one title has two lines"
    assert tops == {"8px"}


def test_a_folded_cell_is_a_quiet_line(page: Any, address: str) -> None:
    show(page, address, FACTORS)
    fold = page.locator("div.cell details.hide").first
    assert fold.evaluate("(one) => getComputedStyle(one).boxShadow") == "none"
    assert fold.locator("summary").bounding_box()["height"] < 36
    for word in fold.locator("summary *").all():
        assert word.evaluate("(one) => getComputedStyle(one).fontWeight") == "400"


def test_the_words_of_a_figure_stand_apart_and_inside_it(page: Any, address: str) -> None:
    for name in pages_with("themed-figure"):
        show(page, address, name)
        assert page.evaluate("crowdedWords()") == [], name


def test_the_words_of_a_figure_are_nine_pixels_high_on_a_phone(page: Any, address: str) -> None:
    for name in pages_with("themed-figure"):
        show(page, address, name, PHONE)
        page.evaluate("openAllFolds()")
        assert page.evaluate("smallestWords()") > 8.95, name
        assert page.evaluate("tooWide()") == [], name


def test_the_folds_of_a_page_have_names_of_their_own() -> None:
    for name in pages_with("<details"):
        soup = BeautifulSoup((built_site() / name).read_text(encoding="utf-8"), "html.parser")
        folds = soup.select(".bd-article details:not(.hide) > summary")
        names = [fold.get_text(" ", strip=True) for fold in folds if not fold.find_parent(class_="api-entry")]
        assert [one for one in names if names.count(one) > 1] == [], name


def test_exercises_are_numbered_in_chapters_alone() -> None:
    for name in pages_with('class="exercise'):
        soup = BeautifulSoup((built_site() / name).read_text(encoding="utf-8"), "html.parser")
        titles = [title.get_text() for title in soup.select(".exercise .admonition-title")]
        in_chapter = bool(re.match(r"book/\d\d-", name))
        assert [bool(re.search(r"\d", title)) for title in titles] == [in_chapter] * len(titles), name


def test_every_page_counts_its_figures_from_one() -> None:
    for name in pages_with("caption-number"):
        soup = BeautifulSoup((built_site() / name).read_text(encoding="utf-8"), "html.parser")
        figures = [tag.get_text() for tag in soup.select("figure .caption-number")]
        places = [int(re.findall(r"\d+", figure)[-1]) for figure in figures]
        assert places == list(range(1, len(places) + 1)), name
    assert all("caption-number" in (built_site() / name).read_text(encoding="utf-8") for name in BACK_MATTER)


def test_a_column_of_sentences_can_be_read_on_a_phone(page: Any, address: str) -> None:
    show(page, address, "book/gpu-hour.html", PHONE)
    for cells, least in (("td.prose", 150), ("table:has(th.prose:first-child) tbody th", 120)):
        widths = page.eval_on_selector_all(cells, "(cells) => cells.map((cell) => cell.clientWidth)")
        assert min(widths) > least


def test_code_of_an_exercise_scrolls_and_is_not_broken(page: Any, address: str) -> None:
    show(page, address, "book/03-distribution-shift.html", PHONE)
    cells = page.locator(".admonition .cell pre")
    assert cells.count() > 1
    for number in range(cells.count()):
        assert cells.nth(number).evaluate("(cell) => getComputedStyle(cell).whiteSpace") == "pre"
