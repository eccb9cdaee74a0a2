"""Chapter 7, its closing page and its appendix: tables, words, figures."""

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from matplotlib.figure import Figure
from scipy.stats import binomtest

from clipsafe_utils.chapters.claims import tables, words
from clipsafe_utils.chapters.claims.descriptions import describe_forest
from clipsafe_utils.claims import assumptions
from clipsafe_utils.claims import gaps as limits
from clipsafe_utils.claims import simulation as trust
from clipsafe_utils.claims import summary as analysis
from clipsafe_utils.claims.ledger import Entry
from clipsafe_utils.claims.registry import claims, find_claim
from clipsafe_utils.claims.verdicts import Verdict
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.figures import claims as figures
from clipsafe_utils.figures.style import show
from tests.claims.made import changed, claim, effect, entry

S, C, U, N = Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.UNDECIDED, Verdict.NOT_MEASURED
LEVEL = 0.95


@pytest.fixture
def entries() -> list[Entry]:
    """Two studies and five claims, of which D has the parts D1 and D2 and E is out of scope."""
    parts = [claim(name, finding="D") for name in ("D1", "D2")]
    up, down = claim("A"), claim("B", direction="down", unit="nats of NLL", smallest_effect=0.1)
    whole = claim("D", statistic="", all_of=("D1", "D2"))
    outside = claim("E", statistic="", out_of_scope="cats are no images")
    lab: dict[str, Any] = {"study": "miniature", "evidence": "proxy"}
    return [
        entry(up, S, effect(0.03)),
        entry(up, C, effect(-0.05), **lab),
        entry(down, N, reason="no cube factors", evidence=""),
        entry(down, C, effect(0.4), **lab),
        entry(whole, U, reason="D2 is undecided", evidence=""),
        entry(whole, U, reason="D2 is undecided", evidence="", study="miniature"),
        entry(parts[0], S, effect(0.02)),
        entry(parts[0], S, effect(0.03), **lab),
        entry(parts[1], U, effect(0.02, 0.02, units=3), reason="too few families: 3, and 5 are needed"),
        entry(parts[1], U, effect(0.02, 0.02), reason="chance may explain it", **lab),
        entry(outside, N, reason="cats are no images", evidence=""),
        entry(outside, N, reason="cats are no images", evidence="", study="miniature"),
    ]


@pytest.mark.parametrize(
    ("page", "keys"),
    [("07-claims", words.KEYS), ("what-we-cannot-say", limits.KEYS), ("ledger-trust", trust.KEYS)],
)
def test_the_prose_glues_what_is_computed(page: str, keys: tuple[str, ...]) -> None:
    prose = (REPOSITORY / "notebooks" / f"{page}.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\{glue:text\}`([\w-]+)`", prose)) == set(keys)


def test_findings_are_counted_once(entries: list[Entry]) -> None:
    of_one = analysis.by_study(entries)["published"]
    assert [entry.claim.id for entry in analysis.findings(of_one)] == ["A", "B", "D", "E"]
    assert analysis.counts(analysis.findings(of_one)) == {S: 1, C: 0, U: 1, N: 2}


def test_studies_are_compared_on_what_both_decide(entries: list[Entry]) -> None:
    (pair,) = analysis.agreements(entries)
    assert pair == ("published", "miniature", ("D1",), ("A",))
    assert analysis.agreements(entries[::2]) == []


def test_effects_are_turned_to_what_is_claimed(entries: list[Entry]) -> None:
    table = analysis.forest(entries, LEVEL).set_index(["claim", "study"])
    assert table.loc[("A", "published"), "value"] == pytest.approx(3)
    assert table.loc[("B", "miniature"), "value"] == pytest.approx(-4)
    assert (table["low"] < table["value"]).all()
    assert (table["value"] < table["high"]).all()
    low, high = effect(0.4).interval(LEVEL)
    assert table.loc[("B", "miniature"), ["low", "high"]].tolist() == pytest.approx([-high / 0.1, -low / 0.1])


def test_a_claim_without_a_smallest_effect_keeps_its_unit() -> None:
    free = claim("A", unit="points of pairs", smallest_effect=0.0)
    row = analysis.forest([entry(free, U, effect(0.2))], LEVEL).iloc[0]
    assert (row["unit"], row["value"]) == ("points of pairs", pytest.approx(20))


def test_the_furthest_is_measured_in_smallest_effects(entries: list[Entry]) -> None:
    found = analysis.furthest(entries)
    assert found is not None
    assert found.claim.id == "A"  # -5 of 1 needed: 6 away; B is 4 on the wrong side: 5 away.
    none = entry(claim("Z", direction="none"), C, effect(0.09))
    either = entry(claim("Y", direction="either"), C, effect(0.001))
    assert analysis.furthest([none, either]) is none


def test_choices_are_sorted_by_what_they_flip(entries: list[Entry]) -> None:
    other = [changed(entries[0], S), changed(entries[0], U, "fit", "local"), changed(entries[4], S)]
    found = analysis.by_choice(other)
    assert list(found) == [("fit", "local"), ("axes", "probit")]
    assert [one.flips for one in found["fit", "local"]] == [True]
    markup = tables.sensitivity(other).markup
    assert "A in published, from supported to undecided" in markup
    assert "<summary>Choices that flip nothing: 1</summary>" in markup


def test_the_numbers_of_the_chapter(entries: list[Entry]) -> None:
    found = words.numbers(entries, [changed(entries[0], U, "fit", "local")], LEVEL)
    assert set(found) == set(words.KEYS)
    assert found["claims-findings"] == "4"
    assert found["claims-answer"] == (
        "in the study published 1 supported, 0 contradicted, 1 undecided, 2 not measured; "
        "in the study miniature (a proxy) 0 supported, 2 contradicted, 1 undecided, 1 not measured"
    )
    assert found["claims-decided"].startswith("published: supported A, contradicted none; miniature: s")
    assert found["claims-agreement"] == (
        "of 2 claims that both published and miniature decide, they agree on 1 and part on A"
    )
    assert (found["claims-flips"], found["claims-verdicts-tried"], found["claims-most-flips"]) == (
        "1",
        "1",
        "1 (A)",
    )
    assert found["claims-most-choice"] == "a local line, not one for all networks"
    assert found["claims-furthest"] == "A, “A is so”"
    assert found["claims-furthest-effect"] == "−5.0 points (−5.2 to −4.8)"
    assert found["claims-f8-better"] == "not measured"


def test_the_numbers_where_nothing_flips_or_is_contradicted(entries: list[Entry]) -> None:
    found = words.numbers(entries[:1], [changed(entries[0], S)], LEVEL)
    assert (found["claims-most-choice"], found["claims-most-flips"]) == ("none of them", "0")
    assert found["claims-furthest"] == "not measured"
    assert found["claims-agreement"] == "one study alone was asked"


def test_both_readings_of_f8() -> None:
    of_pairs = entry(find_claim("F8"), S, effect(0.877, 0.01))
    found = words.numbers([of_pairs], [changed(of_pairs, C, "consistency", "either_way")], LEVEL)
    assert found["claims-f8-better"] == "2.3\N{NO-BREAK SPACE}%"
    assert (found["claims-f8-literal"], found["claims-f8-either"]) == ("supported", "contradicted")


def test_the_table_has_a_cell_a_study_and_leads_to_the_figure(entries: list[Entry]) -> None:
    soup = BeautifulSoup(tables.verdicts(entries, LEVEL).markup, "html.parser")
    assert [cell.text for cell in soup.select("thead th")] == ["Claim", "published", "miniature (proxy)"]
    rows = soup.select("tbody tr")
    assert len(rows) == 6
    assert rows[0].select("td")[0].get_text("|") == "✓ |supported|+3.0 (+2.8 to +3.2) points"
    assert rows[1].select("td")[0].text == "– not measured"
    assert "to settle: " in rows[4].select("td")[0].text
    assert rows[0].select_one("a")["href"] == "02-shape-bias.html#fig-shape-bias"
    assert rows[3].select_one("th").text.startswith("\N{NO-BREAK SPACE}")


def test_a_chapter_without_a_page_is_named_without_a_link() -> None:
    markup = tables.verdicts([entry(claim("A", chapter="cats"), S, effect(0.03))], LEVEL).markup
    assert "<a " not in markup
    assert "from the paper · cats" in markup


def test_every_chapter_of_a_claim_has_a_page() -> None:
    assert {claim.chapter for claim in claims() if claim.is_asked} <= set(tables.pages())
    for stem, _ in tables.pages().values():
        assert (REPOSITORY / "notebooks" / f"{stem}.md").is_file()


def test_the_figure_and_its_words(entries: list[Entry]) -> None:
    table = analysis.forest(entries, LEVEL)
    assert isinstance(figures.forest(table), Figure)
    drawn = show(figures.forest(table), describe_forest(table)).svg
    for sentence in ("A is so.", "D2 is so.", "published", "miniature", "✓", "✗"):
        assert sentence in drawn
    assert "A, published: 3, interval 2.8 to 3.2, supported." in drawn


def test_an_unbounded_interval_is_drawn_and_said() -> None:
    alone = entry(claim(), U, effect(0.03, float("inf"), units=1))
    free = entry(claim("Y", unit="points of pairs", smallest_effect=0.0), U, effect(0.2))
    table = analysis.forest([alone, free], LEVEL)
    assert "interval unbounded, undecided" in describe_forest(table)
    assert len(figures.forest(table).axes) == 2


def test_no_effect_is_a_figure_of_one_line() -> None:
    empty = analysis.forest([], LEVEL)
    assert "not measured yet" in figures.forest(empty).texts[0].get_text()


def test_what_is_open_and_what_would_close_it(entries: list[Entry]) -> None:
    found = limits.work(entries)
    assert ("families, 5 or more in all", "published", ("D2",)) in found
    missing = [one for one in found if one.study == "published" and one.claims == ("B",)]
    assert missing[0].needs.startswith("the cube factors (")
    assert [one.claims for one in found if one.study == "miniature"] == [("D2",)]
    assert "families, 5 or more in all" in limits.work_table(entries).markup


def test_the_tables_of_the_closing_page(entries: list[Entry]) -> None:
    outside = limits.outside_table(entries).markup
    assert outside.count("cats are no images") == 1
    missing = limits.not_measured_table(entries, "published").markup
    assert "no cube factors" in missing
    assert "cats" not in missing
    undecided = limits.undecided_table(entries, "published", LEVEL).markup
    assert "too few families: 3, and 5 are needed" in undecided
    assert "D is so" not in undecided


def test_the_numbers_of_the_closing_page(entries: list[Entry]) -> None:
    found = limits.numbers(entries)
    assert set(found) == set(limits.KEYS)
    assert (found["limits-findings"], found["limits-outside"]) == ("4", "1")
    assert (found["limits-open"], found["limits-few"], found["limits-not-measured"]) == ("2", "1", "1")
    assert found["limits-answer"].startswith(
        "the study published leaves 1 undecided and has nothing on 1; the"
    )
    assert found["limits-largest-claims"] == "1 claim"


def test_assumptions_name_claims_and_are_counted() -> None:
    known = {claim.id for claim in claims()}
    for one in assumptions.assumptions():
        assert set(one.claims) <= known
        assert one.mark in assumptions.MARKS
        assert one.what[0].isupper()
    assert sum(assumptions.counts().values()) == len(assumptions.assumptions())
    assert len({one.what for one in assumptions.assumptions()}) == len(assumptions.assumptions())
    assert "all of them" in assumptions.assumptions_table().markup


@pytest.fixture
def simulation() -> dict[str, Any]:
    shares = {"supported": 0.6, "undecided": 0.3, "contradicted": 0.1}
    cells = [
        (kind, families, images, spread)
        for families in (5, 8, 15)
        for kind, images, spread in (
            (trust.PAIRS, None, 1.0),
            (trust.PAIRS, None, 3.0),
            (trust.PAIRS_AND_IMAGES, 150, 1.0),
            (trust.STRONGEST, None, 0.3),
        )
    ]
    rows = [
        {
            "kind": kind,
            "families": families,
            "images": images,
            "spread": spread,
            "false_at_none": 0.0,
            "false_at_smallest": 0.04 if families == 5 else 0.02,
            "verdicts": dict.fromkeys(("0", "1", "2", "4"), shares),
        }
        for kind, families, images, spread in cells
    ]
    rows.append({**rows[0], "kind": "finding of three parts", "spread": 0.0, "verdicts": {}})
    return {"repetitions": 200, "alpha": 0.05, "seconds": 90, "rows": rows}


def test_rates_have_exact_intervals(simulation: dict[str, Any]) -> None:
    table = trust.rates(simulation)
    expected = binomtest(8, 200).proportion_ci(method="exact")
    row = table[table["rate"] == 0.04].iloc[0]
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
    assert table[table["rate"] == 0]["low"].max() == 0
    assert isinstance(figures.rates(table, 0.05), Figure)


def test_the_numbers_of_the_appendix(simulation: dict[str, Any]) -> None:
    found = trust.numbers(simulation)
    assert set(found) == set(trust.KEYS)
    assert found["trust-worst-kind"].startswith(f"{trust.PAIRS}, spread 1, 5 families")
    assert found["trust-few-smallest"] == "60\N{NO-BREAK SPACE}%"
    assert found["trust-common"] == "not simulated"
    assert found["trust-seconds"] == "90"


def test_the_tables_of_the_appendix(simulation: dict[str, Any]) -> None:
    assert "<td>0.0\N{NO-BREAK SPACE}%, 4.0\N{NO-BREAK SPACE}%</td>" in trust.false_table(simulation).markup
    power = trust.power_table(simulation).markup
    assert power.startswith('<figure class="themed-table"><figcaption>What is seen with 8 families')
    assert (
        power.count("60\N{NO-BREAK SPACE}/\N{NO-BREAK SPACE}30\N{NO-BREAK SPACE}/\N{NO-BREAK SPACE}10")
        == 3 * 4 * 3
    )
    assert "finding of three parts" not in power


def test_the_published_simulation_keeps_the_promise() -> None:
    simulation = trust.read_simulation()
    table = trust.rates(simulation)
    assert simulation["repetitions"] >= 2000
    assert (table["low"] <= simulation["alpha"]).all()
    assert set(table["families"]) == {0, 5, 8, 15}
