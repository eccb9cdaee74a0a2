"""The closing page and the appendix on how far to trust the ledger: tables and figure."""

import pytest
from bs4 import BeautifulSoup

from clipsafe_utils.chapters.claims import figures, open_tables, trust_tables
from clipsafe_utils.claims.gaps import OpenClaims
from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.ledger import Entry
from clipsafe_utils.claims.simulation import Simulation
from clipsafe_utils.say import NO_BREAK
from clipsafe_utils.show.shown import Shown
from tests.claims.made import claim, entry, networks
from tests.claims.made_ledger import made_ledger
from tests.claims.test_simulation_result import made_simulation

LEVEL = 0.95


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return made_simulation()


def rows_of(shown: Shown) -> list[list[str]]:
    """Return the cells of each row of all tables, without the heads."""
    lines = BeautifulSoup(shown.markup, "html.parser").select("tbody tr")
    return [[cell.get_text() for cell in line.find_all(["th", "td"])] for line in lines]


def percent(text: str) -> str:
    return f"{text}{NO_BREAK}%"


def test_each_table_of_the_closing_page_has_its_entries() -> None:
    result = OpenClaims(made_ledger(), LEVEL)
    assert rows_of(open_tables.outside(result)) == [["E. E is so.", "cats are no images", ""]]
    ((missing, reason, *found),) = rows_of(open_tables.no_data(result))
    assert found == ["", ""]  # Nothing was looked for: no claim of the file.
    assert missing == "B. B is so."
    assert reason == "no cube factors; it would take the cube factors with CLIP, zero-shot"
    assert [row[:2] for row in rows_of(open_tables.not_asked(result))] == [
        ["B. B is so.", "not testable"],
        ["S. S is so.", "built in"],
    ]
    assert "The study miniature has data for every claim" in open_tables.no_data(result).markup


def test_an_open_effect_says_who_was_counted_and_what_it_would_take() -> None:
    result = OpenClaims(made_ledger(), LEVEL)
    published, _ = rows_of(open_tables.open_effects(result))
    assert published == [
        "D2. D2 is so.",
        "agrees so far: 1 of 1 network as claimed",
        "+2.0 points (no bound)",
        "at least 3 more training lineages: with one, their spread is not known",
    ]
    (alone,) = rows_of(open_tables.few_units(result))
    assert alone[0] == "A. A is so."
    assert alone[1].startswith("reproduced: 3 of 3 networks")


def test_intervals_have_the_level_of_the_page_and_labels_do_not() -> None:
    def row(level: float) -> list[str]:
        return rows_of(open_tables.few_units(OpenClaims(made_ledger(), level)))[0]

    wide, narrow = row(0.99), row(0.8)
    assert wide[2] != narrow[2]
    assert wide[:2] + wide[3:] == narrow[:2] + narrow[3:]


def test_a_study_without_rows_says_so_in_words() -> None:
    def supported(study: str) -> Entry:
        return entry(claim("A"), Label.SUPPORTED, networks([0.02, 0.03, 0.02, 0.03]), study)

    result = OpenClaims([supported("a<b")], LEVEL)
    assert open_tables.open_effects(result).markup == "<p>The study a&lt;b leaves no effect open.</p>"
    assert open_tables.work(result).markup == "<p>Nothing is open here.</p>"


def test_work_and_assumptions_name_claims() -> None:
    rows = rows_of(open_tables.work(OpenClaims(made_ledger(), LEVEL)))
    assert ["1", "D2"] in [row[2:] for row in rows if row[1] == "published"]
    assert "all of them" in open_tables.settled_by_assumption().markup


def test_a_mark_for_each_number_of_lineages_that_is_drawn(simulation: Simulation) -> None:
    frame = figures.rates_frame(simulation.promised)
    assert frame["side"].drop_duplicates().tolist() == ["no effect", "the smallest that matters"]
    assert frame["look"].tolist() == ["lineages/4"] * 2 + ["lineages/8"] * 2
    assert frame["value"].tolist() == pytest.approx([0, 4, 2, 0])
    assert "8 lineages: " in figures.rates(simulation).markup


def test_the_figure_leaves_out_other_numbers_of_lineages(simulation: Simulation) -> None:
    five = simulation.promised.assign(units=5)
    assert figures.rates_frame(five).empty


def test_false_labels_are_tabulated_by_number(simulation: Simulation) -> None:
    rows = rows_of(trust_tables.false_labels(simulation))
    both = f"{percent('0.0')}, {percent('4.0')}"
    assert rows[0] == ["one claim; nested, spread 3", both, f"{percent('2.0')}, {percent('0.0')}"]
    assert rows[1] == ["one claim; nested, error 0.25", f"{percent('5.0')}, {percent('0.0')}"]


def test_lopsided_worlds_stand_apart(simulation: Simulation) -> None:
    (row,) = rows_of(trust_tables.lopsided(simulation))
    assert row == ["skewed", f"{percent('20.0')}, {percent('0.0')}", f"{percent('15.0')}, {percent('0.0')}"]


def test_what_is_seen_is_tabulated(simulation: Simulation) -> None:
    power = rows_of(trust_tables.power(simulation))
    assert power[0][0] == "4 lineages"
    assert power[0][-1] == percent("60")
    (_, quarter) = rows_of(trust_tables.networks(simulation))
    assert quarter[:2] == ["1 network", percent("30.0")]
    (lineage,) = rows_of(trust_tables.next_lineage(simulation))
    assert lineage == ["1 lineage", percent("20"), *[percent("0")] * 2, percent("10"), *[percent("20")] * 3]
