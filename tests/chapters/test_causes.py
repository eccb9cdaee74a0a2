"""What chapter 7 shows: figures and tables."""

import pandas as pd
import pytest

from clipsafe_utils.chapters.causes import figures, tables
from clipsafe_utils.findings.causes.in_laboratory import InLaboratory
from clipsafe_utils.findings.causes.in_record import InRecord
from clipsafe_utils.findings.causes.needs import ROWS
from clipsafe_utils.findings.causes.record import KINDS, MEASURES
from clipsafe_utils.findings.causes.result import Causes, causes
from clipsafe_utils.parameters import check_parameters
from tests.findings.causes_laboratory import ladder_and_knobs
from tests.markup import cells_of

LEVEL = 0.95


@pytest.fixture(scope="module")
def record() -> Causes:
    return causes(check_parameters("causes", {"studies": ["published"]}))


def laboratory(shown: str = "temperature", knob: str = "images") -> InLaboratory:
    return InLaboratory("drawn", ladder_and_knobs(), shown, knob, LEVEL)


def test_a_cause_has_a_row_under_its_kind_and_a_cell_a_property() -> None:
    lab = laboratory()
    frame = figures.effects_frame(lab)
    assert list(dict.fromkeys(frame["panel"])) == ["Images", "Language", "Quantity, batch"]
    assert len(frame) == len(lab.effects)
    cell = frame[(frame["row"] == "curated to web, classifier") & (frame["side"] == "accuracy ↑")].iloc[0]
    assert cell["value"] == pytest.approx(5.0)
    assert cell["decided"] == (not cell["low"] <= 0 <= cell["high"])


def test_a_cell_that_holds_zero_is_in_brackets() -> None:
    lab = laboratory()
    first = lab.effects.iloc[[0]]
    rows = [first.assign(value=-0.123, moves=True), first.assign(value=0.012, moves=False, cause="other")]
    vars(lab)["effects"] = pd.concat(rows, ignore_index=True)
    drawn = figures.effects(lab).markup
    assert ">−12<" in drawn
    assert ">(+1.2)<" in drawn
    assert "other 1.2 (" in drawn


def test_curves_are_those_of_the_chosen_property_and_knob() -> None:
    lab = laboratory()
    drawn = figures.ladder(lab).markup
    assert "labels: a: labels 0.80 (" in drawn
    assert "Source: study " in drawn
    drawn = figures.doses(lab).markup
    assert "accuracy, natural images: CLIP" in drawn
    assert "images, thousands" in drawn


def test_pairs_of_the_record_are_small_and_few_families_hollow(record: Causes) -> None:
    frame = figures.record_frame(record.record)
    assert list(dict.fromkeys(frame["panel"])) == list(KINDS[:-1])
    assert list(dict.fromkeys(frame["side"])) == list(MEASURES.values())
    mean = frame[frame["mark"] == "mean"]
    assert mean["decided"].equals(mean["low"].notna())
    assert set(mean.loc[mean["decided"], "panel"]) == {"Samples seen"}
    assert set(mean.loc[mean["side"] == MEASURES["at_equal"], "look"]) == {"ink/equal"}
    few = mean[(mean["row"] == "LAION-80M to 400M") & (mean["side"] == MEASURES["id"])]
    assert few["value"].item() == pytest.approx(7.7, abs=0.05)
    pairs = frame[(frame["row"] == few["row"].item()) & (frame["mark"] == "single")]
    assert pairs["side"].value_counts()[MEASURES["id"]] == 9


def test_figures_say_what_they_show_and_where_it_is_from(record: Causes) -> None:
    drawn = figures.record_changes(record.record).markup
    assert "LAION-80M to 400M 7.7, undecided" in drawn
    assert "3 to 13 billion 4.2 (3.1 to 5.4)" in drawn
    assert "Source: study published, derived from timm, open_clip, scaling-laws-openclip" in drawn


def test_what_no_study_has_is_said_in_a_line() -> None:
    none = InLaboratory("", None, "auroc", "batch", LEVEL)
    for shown in (figures.effects(none), figures.ladder(none), figures.doses(none)):
        assert "not measured yet: " in shown.markup
    empty = InRecord("", {}, LEVEL)
    assert "not measured yet: one cause alone" in figures.record_changes(empty).markup


def test_a_need_without_a_sure_cause_is_a_dash(record: Causes) -> None:
    shown = cells_of(tables.needs_table(record))
    assert shown.count("<tr>") == 1 + len(ROWS)
    assert '<td class="prose">–</td>' in shown
    assert "on ImageNet-1k (fine-tuning): +13.2 (" in shown


def test_encoders_without_a_model_are_a_dash(record: Causes) -> None:
    shown = tables.nesting_table(record.record).markup
    assert '<th scope="row">ResNet</th>' in shown
    assert "<td>0</td>" not in shown
    none = InLaboratory("", None, "auroc", "batch", LEVEL)
    assert none.effects.equals(pd.DataFrame(columns=none.effects.columns))
