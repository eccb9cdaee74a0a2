"""What chapter 6 shows: alternative texts and tables."""

import pandas as pd
import pytest

from clipsafe_utils.chapters.causes import descriptions, tables
from clipsafe_utils.findings.causes.effects import HEADLINE, effects
from clipsafe_utils.findings.causes.in_laboratory import InLaboratory
from clipsafe_utils.findings.causes.needs import ROWS
from clipsafe_utils.findings.causes.record import MEASURES
from clipsafe_utils.findings.causes.result import Causes, causes
from clipsafe_utils.findings.ladder import axis_of
from clipsafe_utils.parameters import check_parameters
from tests.findings.causes_laboratory import ladder_and_knobs

LEVEL = 0.95


@pytest.fixture(scope="module")
def record() -> Causes:
    return causes(check_parameters("causes", {"studies": ["published"]}))


def test_words_for_who_cannot_see_give_each_effect() -> None:
    table = effects(ladder_and_knobs(), HEADLINE, LEVEL)
    said = descriptions.describe_effects(table, {"accuracy": "accuracy\nhere", "other": "not there"})
    assert said.startswith("Change of accuracy here in points: curated to web, classifier +5.0 (")
    assert "not there" not in said


def test_words_say_what_is_undecided(record: Causes) -> None:
    said = descriptions.describe_effects(record.record.effects, MEASURES)
    assert "LAION-80M to 400M +7.7 (undecided)" in said


def test_words_give_the_ends_of_curves() -> None:
    found = InLaboratory("drawn", ladder_and_knobs(), "temperature", "images", LEVEL)
    said = descriptions.describe_rows(found.doses, "level", "loss", axis_of("images")[1])
    assert "accuracy, natural images, CLIP's contrastive loss: 50 at 4, 75 at 64." in said
    assert "temperature, wit: 0.88 at a, 1.2 at d." in descriptions.describe_rows(
        found.ladder, "rung", "source"
    )


def test_without_curves_words_say_so() -> None:
    assert descriptions.describe_rows({}, "level", "loss") == "Nothing is measured."


def test_a_need_without_a_sure_cause_is_a_dash(record: Causes) -> None:
    shown = tables.needs_table(record).markup
    assert shown.count("<tr>") == 1 + len(ROWS)
    assert "<td>–</td>" in shown
    assert "on ImageNet-1k (fine-tuning): +13.2 (" in shown


def test_encoders_without_a_model_are_a_dash(record: Causes) -> None:
    shown = tables.nesting_table(record.record).markup
    assert '<th scope="row">ResNet</th>' in shown
    assert "<td>0</td>" not in shown
    none = InLaboratory("", None, "auroc", "batch", LEVEL)
    assert none.effects.equals(pd.DataFrame(columns=none.effects.columns))
