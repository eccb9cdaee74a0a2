"""The ledger's page, that of the rule and the first page: matrix, rows, figure, freeze."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from clipsafe_utils.chapters.claims import figures, rule_tables, tables
from clipsafe_utils.claims import freeze
from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.ledger import Entry
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.registry import claims
from clipsafe_utils.claims.result import CLOSED, ClaimsLedger
from clipsafe_utils.claims.summary import SAID, forest
from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import sha256
from clipsafe_utils.registry.smallest_effects import FILE
from clipsafe_utils.say import Missing
from clipsafe_utils.show.shown import Shown
from tests.claims.made import changed, claim, entry, networks
from tests.claims.made_ledger import made_ledger
from tests.show.test_looks import DARK_PAGE, WHITE, contrast

LEVEL = 0.95
TEXT = 4.5
"""Contrast of words, by WCAG 2."""


def result_of(entries: list[Entry]) -> ClaimsLedger:
    return ClaimsLedger([], LEVEL, entries)


def soup_of(shown: Shown) -> BeautifulSoup:
    return BeautifulSoup(shown.markup, "html.parser")


def cell(tag: Tag) -> str:
    return tag.get_text("|").replace("\N{NO-BREAK SPACE}", " ")


def test_the_matrix_has_each_claim_once_a_study_in_the_row_of_its_label() -> None:
    soup = soup_of(tables.matrix(made_ledger(), page="08-claims.html"))
    assert [one.text for one in soup.select("thead th")] == ["Label", "published", "miniature (proxy)"]
    papers, own = soup.select("tbody")
    assert [row.th.text for row in own.select("tr")] == [
        "Claims of this book",
        "✗✗ contradicted",
        "= built in",
    ]
    rows = {row.th.text.split(" ", 1)[1]: row.select("td") for row in papers.select("tr")[1:]}
    assert [one.text for one in rows["agrees so far"]] == ["D, D2 (1)", "–"]
    assert [one.text for one in rows["outside"]] == ["E", "E"]
    assert "no data" in rows, "apart from outside"
    links = papers.select("a") + own.select("a")
    assert len(links) == len(made_ledger())
    assert {link["href"] for link in links} == {
        f"08-claims.html#{name}" for name in ["A", "B", "D", "D1", "D2", "E", "S"]
    }


def test_a_row_has_an_address_and_leads_to_the_figure() -> None:
    soup = soup_of(tables.rows(result_of(made_ledger())))
    rows = soup.select("tbody > tr[id]")
    assert [row["id"] for row in rows] == ["A", "B", "D", "D1", "D2", "E", "S"]
    assert [link["href"] for link in rows[0].select("a")] == ["#A", "02-shape-bias.html#fig-shape-bias"]
    assert "part" in rows[3].th["class"]
    assert not rows[2].th.get("class")


def test_a_cell_has_label_effect_and_who_was_counted() -> None:
    rows = soup_of(tables.rows(result_of(made_ledger()))).select("tbody > tr[id]")
    published, drawn = rows[0].select("td")
    assert cell(published) == (
        "✓ reproduced|+3.0 points (+0.5 to +5.5)|3 of 3 networks as claimed; 3 training lineages"
    )
    assert published["data-label"] == "reproduced"
    assert SAID[int(str(drawn["data-rank"]))] is Label.OPPOSITE
    assert cell(rows[1].select("td")[1]) == "∅ not testable|the logit scale", "no number beside it"


def test_what_opens_below_a_claim() -> None:
    rows = soup_of(tables.rows(result_of(made_ledger()))).select("tbody > tr")
    more = {row.find_previous_sibling("tr")["id"]: row for row in rows if "more" in row.get("class", [])}
    assert list(more) == ["A", "B", "D1", "D2", "S"], "a whole and what is outside have no rule of their own"
    names, values = ([one.text for one in more["D1"].select(tag)] for tag in ("dt", "dd"))
    said = dict(zip(names, values, strict=True))
    assert said["Population"] == "networks that were made up"
    assert said["Smallest effect"] == "1.0 points: a test says so"
    assert said["Units in published"] == "4: a, b, c, d"
    # Mean 2.5, spread 0.577; t of three degrees 3.182: 3.182 * 0.577 * sqrt(1.25) = 2.05; images 1.96 * 0.
    assert said["The next training lineage, predicted from published"] == "+0.4 to +4.6 (points)"
    assert "miniature" not in "".join(more["B"].stripped_strings), "an effect that cannot be tested"


def test_only_labels_that_speak_of_several_real_networks_have_a_colour() -> None:
    coloured = {label for label in Label if "--look-" in tables.word(label)}
    assert coloured == {Label.SUPPORTED, Label.REPRODUCED, Label.CONTRADICTED, Label.NOT_REPRODUCED}
    hues = {re.search(r"#\w{6}", tables.word(label))[0] for label in coloured}
    assert len(hues) == 2
    for key in set(figures.LOOK_OF_LABEL.values()):
        look = tables.LOOKS[key]
        assert contrast(look.light, WHITE) >= TEXT
        assert contrast(look.dark, DARK_PAGE) >= TEXT


def test_labels_without_a_unit_say_what_changes() -> None:
    stays = entry(claim("A"), Label.REPRODUCED, networks([0.02, 0.03]))
    turns = entry(claim("B"), Label.SUPPORTED, networks([0.02, 0.03]))
    closed = entry(claim("C"), Label.BUILT_IN, networks([0.02, 0.03]))
    for one, label in ((stays, Label.REPRODUCED), (turns, Label.UNCLEAR), (closed, Label.UNCLEAR)):
        vars(one)["dropped"] = {"a": label, "b": one.label}
    rows = soup_of(tables.without_one_unit(result_of([stays, turns, closed]))).select("tbody tr")
    assert [row.get_text("|") for row in rows] == [
        "A in published|reproduced|the same, whichever is left out",
        "B in published|supported|a: unclear",
    ]


def test_choices_that_flip_nothing_are_folded_and_p_values_stand_beside_flips() -> None:
    first, lab = made_ledger()[6], made_ledger()[7]
    other = [
        changed(first, Label.UNCLEAR, "fit", "local"),
        changed(lab, Label.NOT_SHOWN, "fit", "local"),
        changed(first, Label.SUPPORTED),
    ]
    markup = tables.sensitivity(other).markup
    assert "D1 in published, from supported to unclear (p 0.004 to none)" in markup
    assert "D1 in miniature, from shown possible to not shown</td>" in markup
    assert "<summary>Choices that flip nothing: 1</summary>" in markup


def test_a_floor_is_said_in_points_with_the_networks_behind_it() -> None:
    studies = [find_study("published")]
    asked = [entry(claim("A", cube=cube)) for cube in ("shifts", "shape_bias", "calibration")]
    soup = soup_of(tables.floors(ClaimsLedger(studies, LEVEL, asked)))
    of_cubes, *named = soup.select("table")
    rows = [[cell.text for cell in row.select("th, td")] for row in of_cubes.select("tbody tr")]
    reader = Reader(studies[0])
    for row, cube in zip(rows, ("shifts", "shape_bias", "calibration"), strict=True):
        assert row[1] == cube
        assert row[3] == (f"{100 * reader.floor(cube):.2f}" if reader.floor(cube) else "none")
    # Hundreds of networks were read twice under shift; on cue conflict they are named.
    twice = next(one for one in named if "thieringer" in one.text)
    assert "ViT-B-16.openai" in twice.text
    assert "vlm-shapebias, one template" in twice.text
    assert len(twice.select("tbody tr")) == int(rows[1][2])


def test_a_chapter_without_a_page_is_named_without_a_link() -> None:
    markup = tables.rows(result_of([entry(claim("A", chapter="cats"))])).markup
    assert ".html#" not in markup
    assert "from the paper · cats" in markup


def test_every_chapter_of_a_claim_has_a_page() -> None:
    assert {claim.chapter for claim in claims() if claim.is_asked} <= set(tables.pages())
    for stem, _ in tables.pages().values():
        assert (REPOSITORY / "notebooks" / f"{stem}.md").is_file()


def test_the_figure_has_what_says_something_of_its_claim() -> None:
    frame = figures.effects_frame(result_of(made_ledger()).effects)
    assert frame["name"].tolist() == [
        *("A in published", "A in miniature", "D1 in published", "D1 in miniature"),
        *("D2 in published", "D2 in miniature", "S in published"),
    ]
    assert frame["look"].tolist() == ["label/for", "ink", "label/for", "ink", "ink", "ink", "label/against"]
    assert frame["note"][0] == "+3.0  ✓ reproduced"
    assert (frame["band_high"] == 1).all()


@pytest.mark.parametrize("direction", ["either", "none"])
def test_an_effect_that_may_have_either_sign_matters_on_both_sides(direction: str) -> None:
    alone = entry(claim("A", direction=direction), Label.UNCLEAR, networks([0.03]))
    row = figures.effects_frame(forest([alone], LEVEL)).iloc[0]
    assert (row["band_low"], row["band_high"]) == (-1, 1)


def test_no_effect_is_a_figure_of_one_line() -> None:
    assert "not measured yet: an effect" in figures.effects(result_of([])).markup


def test_closed_labels_are_those_beside_which_no_effect_is_shown() -> None:
    shown = {entry.label for entry in result_of(made_ledger()).measured}
    assert not shown & CLOSED


def frozen_in(folder: Path, text: str = "a rule") -> Path:
    """Freeze one file in a folder."""
    (folder / "benchmarks").mkdir()
    (folder / "rule.md").write_text("a rule", encoding="utf-8")
    digest = sha256(folder / "rule.md")
    (folder / "rule.md").write_text(text, encoding="utf-8")
    report = {"date": "2026-12-01", "commit": "abc", "files": {"rule.md": digest, "gone.md": digest}}
    (folder / freeze.PLACE).write_text(json.dumps(report), encoding="utf-8")
    return folder


def test_what_is_frozen_is_compared_with_what_is_there(tmp_path: Path) -> None:
    frozen = freeze.frozen(frozen_in(tmp_path))
    assert isinstance(frozen, freeze.Freeze)
    assert (frozen.date, frozen.commit) == ("2026-12-01", "abc")
    assert [one.is_unchanged for one in frozen.files] == [True, False]
    rows = soup_of(tables.since_the_freeze(frozen)).select("table")[0].select("tbody tr")
    assert [row.select("td")[1].text for row in rows] == ["as it was frozen", "changed since"]


def test_a_frozen_file_that_was_changed_is_said_to_be(tmp_path: Path) -> None:
    frozen = freeze.frozen(frozen_in(tmp_path, "another rule"))
    assert isinstance(frozen, freeze.Freeze)
    assert not frozen.files[0].is_unchanged


def test_before_the_freeze_nothing_is_frozen(tmp_path: Path) -> None:
    missing = freeze.frozen(tmp_path)
    assert isinstance(missing, Missing)
    assert "Nothing is frozen yet." in tables.since_the_freeze(missing).markup


def test_a_damaged_report_names_its_file(tmp_path: Path) -> None:
    path = frozen_in(tmp_path) / freeze.PLACE
    path.write_text('{"date": "2026-12-01"}', encoding="utf-8")
    with pytest.raises(ClipsafeError, match=r"freeze.json: expected date"):
        freeze.frozen(tmp_path)


def test_a_change_names_a_claim_and_two_labels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    known = {claim.id for claim in claims()}
    for change in freeze.changes():
        assert not change.claim or (change.claim in known and {change.before, change.after} <= set(Label))
    made = freeze.Change("2026-12-24", "F12", "mended", "no data", "unclear")
    monkeypatch.setattr(tables, "changes", lambda: (made,))
    frozen = freeze.frozen(frozen_in(tmp_path))
    last = soup_of(tables.since_the_freeze(frozen)).select("tbody tr")[-1]
    assert last.get_text("|") == "2026-12-24|F12|mended|no data|unclear"


def test_every_claim_that_is_asked_stands_once_in_each_table_of_the_rule() -> None:
    asked = [claim.id for claim in claims() if claim.is_asked]
    for shown in (rule_tables.asked(), rule_tables.known_before()):
        assert [row.th.text for row in soup_of(shown).select("tbody tr")] == asked
    for shown in (rule_tables.families(), rule_tables.smallest_effects()):
        rows = soup_of(shown).select("tbody tr")
        named = [name for row in rows for name in row.select("td")[-1].text.split(", ")]
        assert sorted(named) == sorted(asked)


def test_formulas_of_the_smallest_effects_are_described_in_words() -> None:
    page = (REPOSITORY / "notebooks" / "rule.md").read_text(encoding="utf-8")
    quoted = {quote for claim in claims() for quote in re.findall("“([a-z ]+: [^”]+)”", claim.because)}
    report = json.loads(FILE.read_text(encoding="utf-8"))
    assert quoted == set(report["effects"])
    for name in quoted:
        assert f"- *{name[0].upper()}{name[1:]}*." in page, name


def test_every_label_stands_in_the_rule() -> None:
    page = (REPOSITORY / "notebooks" / "rule.md").read_text(encoding="utf-8").lower()
    for label in Label:
        assert label in page, label


def test_units_to_come_are_those_of_the_report() -> None:
    report = json.loads((REPOSITORY / "benchmarks" / "units_per_claim.json").read_text(encoding="utf-8"))
    rows = soup_of(rule_tables.units_to_come()).select("tbody tr")
    assert [row.th.text for row in rows] == [", ".join(one["claims"]) for one in report]


def test_a_whole_and_what_is_outside_are_listed() -> None:
    listed = {
        row.th.text
        for shown in (rule_tables.wholes(), rule_tables.outside())
        for row in soup_of(shown).select("tbody tr")
    }
    assert listed == {claim.id for claim in claims() if not claim.is_asked}
