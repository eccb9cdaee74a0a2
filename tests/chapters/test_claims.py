"""The ledger, its closing page and its appendix: tables, figures, and their words."""

import pytest
from bs4 import BeautifulSoup

from clipsafe_utils.chapters.claims import figures, open_tables, tables, trust_tables
from clipsafe_utils.claims.gaps import OpenClaims
from clipsafe_utils.claims.ledger import Entry
from clipsafe_utils.claims.registry import claims
from clipsafe_utils.claims.result import ClaimsLedger
from clipsafe_utils.claims.summary import forest
from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.say import NO_BREAK
from tests.claims.made import changed, claim, effect, entry
from tests.claims.made_ledger import N, S, U, made_ledger
from tests.claims.test_simulation_result import made_simulation
from tests.markup import cells_of

LEVEL = 0.95


@pytest.fixture
def entries() -> list[Entry]:
    return made_ledger()


def test_choices_that_flip_nothing_are_folded(entries: list[Entry]) -> None:
    other = [changed(entries[0], S), changed(entries[0], U, "fit", "local"), changed(entries[4], S)]
    markup = tables.sensitivity(other).markup
    assert "A in published, from supported to undecided" in markup
    assert "<summary>Choices that flip nothing: 1</summary>" in markup


def test_the_table_has_a_cell_a_study_and_leads_to_the_figure(entries: list[Entry]) -> None:
    soup = BeautifulSoup(tables.verdicts(ClaimsLedger([], [], LEVEL, entries)).markup, "html.parser")
    assert [cell.text for cell in soup.select("thead th")] == ["Claim", "published", "miniature (proxy)"]
    rows = soup.select("tbody tr")
    assert len(rows) == 6
    assert rows[0].select("td")[0].get_text("|") == "✓ |supported|+3.0 (+2.8 to +3.2) points"
    assert rows[1].select("td")[0].text == "– not measured"
    assert "to settle: " in rows[4].select("td")[0].text
    assert [link["href"] for link in rows[0].select("a")] == ["#A", "02-shape-bias.html#fig-shape-bias"]
    assert rows[3].select_one("th").text.startswith(NO_BREAK)


def test_a_link_can_lead_to_each_claim(entries: list[Entry]) -> None:
    soup = BeautifulSoup(tables.verdicts(ClaimsLedger([], [], LEVEL, entries)).markup, "html.parser")
    rows = soup.select("tbody tr")
    assert [row["id"] for row in rows] == ["A", "B", "D", "D1", "D2", "E"]
    for row in rows:
        assert row.select_one(f"a[href='#{row['id']}']").text == f"{row['id']}."


def test_the_overview_says_what_it_leaves_out(entries: list[Entry]) -> None:
    soup = BeautifulSoup(tables.overview(entries).markup, "html.parser")
    assert [row.th.text[:2] for row in soup.select("tbody tr")] == ["A.", "B.", "D."]
    assert "Left out: E, which no study of images can be asked." in soup.figcaption.text
    assert "Left out" not in tables.overview(entries[:2]).markup


def test_a_chapter_without_a_page_is_named_without_a_link() -> None:
    alone = [entry(claim("A", chapter="cats"), S, effect(0.03))]
    markup = tables.verdicts(ClaimsLedger([], [], LEVEL, alone)).markup
    assert ".html#" not in markup
    assert "from the paper · cats" in markup


def test_every_chapter_of_a_claim_has_a_page() -> None:
    assert {claim.chapter for claim in claims() if claim.is_asked} <= set(tables.pages())
    for stem, _ in tables.pages().values():
        assert (REPOSITORY / "notebooks" / f"{stem}.md").is_file()


def test_the_forest_has_a_row_an_effect_under_its_claim(entries: list[Entry]) -> None:
    frame = figures.effects_frame(forest(entries, LEVEL))
    assert frame["heading"].drop_duplicates().tolist() == [
        f"{name}  {name} is so." for name in ["A", "B", "D1", "D2"]
    ]
    assert frame["row"].tolist() == ["published", "miniature", "miniature", *["published", "miniature"] * 2]
    assert frame["note"].tolist()[:2] == ["✓ supported", "✗ contradicted"]
    assert frame["decided"].tolist() == [True, True, True, True, True, False, False]
    assert set(frame["look"]) == {"ink"}
    assert (frame["band_high"] == 1).all()
    assert frame["band_low"].isna().all()


@pytest.mark.parametrize("direction", ["either", "none"])
def test_an_effect_that_may_have_either_sign_matters_on_both_sides(direction: str) -> None:
    row = figures.effects_frame(
        forest([entry(claim("A", direction=direction), S, effect(0.03))], LEVEL)
    ).iloc[0]
    assert (row["band_low"], row["band_high"]) == (-1, 1)


def test_an_unbounded_interval_and_a_claim_without_a_smallest_effect() -> None:
    alone = entry(claim(), U, effect(0.03, float("inf"), units=1))
    free = entry(claim("Y", unit="points of pairs", smallest_effect=0.0), U, effect(0.2))
    frame = figures.effects_frame(forest([alone, free], LEVEL))
    assert frame["panel"].tolist() == ["", "points of pairs"]
    assert frame["low"].tolist()[0] == -float("inf")
    assert frame["band_high"].isna().tolist() == [False, True]
    shown = figures.effects(ClaimsLedger([], [], LEVEL, [alone, free])).markup
    assert "0 of 2 are decided. X in published 3.0, undecided. points of pairs: Y in published" in shown
    assert ">points of pairs</text>" in shown


def test_no_effect_is_a_figure_of_one_line() -> None:
    shown = figures.effects(ClaimsLedger([], [], LEVEL, []))
    assert "not measured yet: an effect" in shown.markup


def test_the_sources_are_those_of_the_cubes_with_an_effect() -> None:
    studies = [find_study("published"), find_study("miniature")]
    asked = [entry(claim(cube="shape_bias"), S, effect(0.03)), entry(claim("Y"), N, study="miniature")]
    (line,) = ClaimsLedger(studies, [], LEVEL, asked).sources
    assert "texture-vs-shape" in line


def test_a_mark_for_each_number_of_families() -> None:
    simulation = made_simulation()
    frame = figures.rates_frame(simulation.rates)
    assert frame["side"].drop_duplicates().tolist() == ["no effect", "smallest effect"]
    assert set(frame["look"]) == {"families/5", "families/8", "families/15"}
    assert len(frame) == 2 * len(simulation.cells)
    assert frame["value"].max() == pytest.approx(4)
    assert "5 families: " in figures.rates(simulation).markup


def test_the_tables_of_the_closing_page(entries: list[Entry]) -> None:
    result = OpenClaims(entries, LEVEL)
    assert open_tables.outside(result).markup.count("cats are no images") == 1
    missing = open_tables.not_measured(result).markup
    assert "no cube factors" in missing
    assert "cats" not in missing
    assert "The study miniature has something on every claim that can be asked." in missing
    undecided = open_tables.undecided(result).markup
    assert "too few families: 3, and 5 are needed" in undecided
    assert "D is so" not in undecided
    assert "families, 5 or more in all" in open_tables.work(result).markup
    assert "all of them" in open_tables.settled_by_assumption().markup


def test_where_nothing_is_open_a_sentence_stands_for_the_table() -> None:
    result = OpenClaims([entry(claim("A"), S, effect(0.03), study="a<b")], LEVEL)
    assert open_tables.undecided(result).markup == "<p>The study a&lt;b leaves no effect undecided.</p>"
    assert open_tables.work(result).markup == "<p>Nothing is open here.</p>"


def test_the_tables_of_the_appendix() -> None:
    simulation = made_simulation()
    assert f"<td>0.0{NO_BREAK}%, 4.0{NO_BREAK}%</td>" in cells_of(trust_tables.false_verdicts(simulation))
    power = cells_of(trust_tables.power(simulation))
    assert power.startswith('<figure class="themed-table"><figcaption>What is seen with 8 families')
    assert power.count(f"60{NO_BREAK}/{NO_BREAK}30{NO_BREAK}/{NO_BREAK}10") == 3 * 4 * 3
    assert "finding of three parts" not in power
