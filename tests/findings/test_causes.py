"""Chapter 6 in words: what is chosen from the effects, and every number that the prose glues."""

import re
from pathlib import Path

import pandas as pd
import pytest

from clipsafe_utils.chapters.causes import (
    laboratory_words,
    quantity,
    record_words,
    views,
)
from clipsafe_utils.chapters.formats import NOT_MEASURED
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.findings.causes import contrasts as causes
from clipsafe_utils.findings.causes.effects import (
    HEADLINE,
    Need,
    effects,
    hidden_from_accuracy,
    strongest,
)
from clipsafe_utils.findings.shift.laboratory import Laboratory
from tests.findings.causes_laboratory import ladder_and_knobs as drawn_laboratory

LEVEL = 0.95
NOTEBOOK = REPOSITORY / "notebooks" / "06-causes.md"


@pytest.fixture(scope="module")
def ladder_and_knobs() -> Laboratory:
    return drawn_laboratory()


@pytest.fixture(scope="module")
def table(ladder_and_knobs: Laboratory) -> pd.DataFrame:
    return effects(ladder_and_knobs, HEADLINE, LEVEL)


def rows_of(*rows: tuple[str, str, str, float, bool]) -> pd.DataFrame:
    """Make a table of effects: kind, cause, property, value, and whether it moves."""
    made = pd.DataFrame(rows, columns=["kind", "cause", "property", "value", "moves"])
    return made.assign(sure=made["moves"], low=made["value"] - 0.01, high=made["value"] + 0.01, runs=3)


EFFECTS = rows_of(
    ("Images", "web", "accuracy", 0.004, False),
    ("Images", "web", "shape_bias", 0.6, True),
    ("Images", "web", "auroc", 0.02, True),
    ("Language", "captions", "accuracy", -0.2, True),
    ("Language", "captions", "shape_bias", 0.9, False),
    ("Language", "captions", "auroc", -0.05, True),
)


def test_the_strongest_effect_leaves_zero_out_whatever_its_sign() -> None:
    assert strongest(EFFECTS, "auroc")["cause"].tolist() == ["captions", "web"]
    assert strongest(EFFECTS, "shape_bias")["cause"].tolist() == ["web"]
    assert strongest(EFFECTS.assign(sure=False), "auroc", "sure").empty


def test_what_accuracy_hides_is_moved_by_a_cause_that_leaves_it_alone() -> None:
    hidden = hidden_from_accuracy(EFFECTS, 0.01, ["shape_bias", "auroc"])
    assert hidden["property"].tolist() == ["shape_bias", "auroc"]
    assert hidden["accuracy"].tolist() == [0.004, 0.004]
    assert hidden_from_accuracy(EFFECTS, 0.001, ["shape_bias"]).empty


def test_the_verdict_counts_properties_by_kind_of_cause() -> None:
    assert laboratory_words.winners(EFFECTS) == {"Language": 2, "Images": 1}
    assert laboratory_words.verdict(EFFECTS) == (
        "the largest step is one of language for 2 of 3 properties, of images for 1"
    )
    assert laboratory_words.verdict(EFFECTS.assign(moves=False)).startswith("no cause moves")


def test_every_number_of_the_prose_is_there_with_and_without_a_laboratory(
    ladder_and_knobs: Laboratory, table: pd.DataFrame
) -> None:
    nothing = laboratory_words.numbers(None, effects(None, HEADLINE, LEVEL), "auroc", "wrong", LEVEL)
    assert list(nothing) == list(laboratory_words.KEYS)
    assert nothing["causes-lab-verdict"] == NOT_MEASURED
    said = laboratory_words.numbers(ladder_and_knobs, table, "auroc", "batch", LEVEL)
    assert list(said) == list(laboratory_words.KEYS)
    assert said["causes-clip-bias"] == "higher by 8.0 points (7.5 to 8.5)"
    assert said["causes-strong-bias"] == NOT_MEASURED
    assert said["causes-property"] == "detection"
    assert said["causes-property-count"] == "11 of 11"
    assert said["causes-property-largest"].startswith("images 4k to 64k, +20.0 (")
    assert said["causes-knob"] == "batch 64 to 1024"
    assert said["causes-knob-changes"].startswith("accuracy +5.0 (")
    assert said["causes-hidden-causes"] == "0 of 11"
    assert said["causes-hidden-cause"] == NOT_MEASURED


def test_what_accuracy_hides_is_said(ladder_and_knobs: Laboratory) -> None:
    said = laboratory_words.numbers(ladder_and_knobs, EFFECTS, "auroc", "batch", LEVEL)
    assert said["causes-hidden-causes"] == "1 of 2"
    assert said["causes-hidden-moving"] == "1"
    assert said["causes-hidden-cause"] == "web"
    assert (said["causes-hidden-accuracy"], said["causes-hidden-property"]) == ("+0.4", "shape bias")
    assert said["causes-knob-changes"] == NOT_MEASURED


def test_a_knob_that_was_never_turned_is_not_measured(
    ladder_and_knobs: Laboratory, table: pd.DataFrame
) -> None:
    still = (ladder_and_knobs.causes["knob"] != "batch").values
    without = Laboratory(ladder_and_knobs.causes.isel(model=still), ladder_and_knobs.models.isel(model=still))
    said = laboratory_words.numbers(without, table, "auroc", "batch", LEVEL)
    assert (said["causes-knob"], said["causes-knob-changes"]) == ("batch", NOT_MEASURED)
    assert said["causes-lab-absent"].startswith("ResNet-s to ConvNeXt-s (none)")
    assert "batch (none)" in said["causes-lab-absent"]


def test_more_images_are_read_step_by_step(ladder_and_knobs: Laboratory) -> None:
    steps = quantity.laboratory_steps(ladder_and_knobs, LEVEL)
    # Levels add 0 and 0.1, the usual one is rung d on wit: 0.5.
    assert {ends: round(one.estimate, 6) for ends, one in steps.items()} == {
        "4k to 16k": 0.05,
        "16k to 64k": 0.2,
    }
    found = pd.DataFrame({"kind": ["Quantity"] * 2, "property": ["id"] * 2, "value": [0.08, 0.01]})
    said = quantity.numbers(ladder_and_knobs, found, LEVEL)
    assert said["causes-quantity-lab"].startswith("+5.0 (")
    assert said["causes-quantity-verdict"] == "the studies differ in which step does more"
    assert quantity.numbers(None, found, LEVEL)["causes-quantity-lab"] == NOT_MEASURED
    assert quantity.verdict([], []) == "neither study has two steps"
    assert quantity.verdict([0.1, 0.2], [0.1, 0.2]) == "in both studies the last does more"


def test_a_title_is_one_line_in_words() -> None:
    assert Need("factor\nrobustness", ()).name == "factor robustness"


def test_the_notebook_glues_every_number_and_no_other() -> None:
    used = set(re.findall(r"\{glue:text\}`(causes-[^`]+)`", Path(NOTEBOOK).read_text(encoding="utf-8")))
    assert used == {*laboratory_words.KEYS, *record_words.KEYS, *quantity.KEYS}


def test_words_for_who_cannot_see_give_each_effect(table: pd.DataFrame) -> None:
    said = views.describe_effects(table, {"accuracy": "accuracy\nhere", "other": "not there"})
    assert said.startswith("Change of accuracy here in points: curated to web, classifier +5.0 (")
    assert "not there" not in said


def test_titles_of_the_prose_are_causes() -> None:
    titles = {*causes.STEPS, *causes.ENCODERS, *causes.PROCEDURES}
    titles |= {f"{name} " for _, name, _, _ in causes.KNOB_STEPS.values()}
    for beginning, property_ in laboratory_words.SAID.values():
        assert any(title.startswith(beginning) for title in titles), beginning
        assert property_ in HEADLINE
