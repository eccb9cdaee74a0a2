"""What chapter 7 found: in a laboratory that is worked by hand, and in the studies that are shipped."""

import pandas as pd
import pytest

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.causes.effects import (
    HEADLINE,
    Need,
    effects,
    hidden_from_accuracy,
    strongest,
)
from clipsafe_utils.findings.causes.in_laboratory import TITLES, InLaboratory
from clipsafe_utils.findings.causes.result import Causes, causes, larger_step
from clipsafe_utils.findings.ladder import axis_of
from clipsafe_utils.findings.shift.laboratory import Laboratory
from clipsafe_utils.parameters import KNOB_NAMES, check_parameters
from clipsafe_utils.say import NOT_MEASURED, Missing
from tests.findings.causes_laboratory import ladder_and_knobs as drawn_laboratory

LEVEL = 0.95


@pytest.fixture(scope="module")
def ladder_and_knobs() -> Laboratory:
    return drawn_laboratory()


def of_laboratory(
    laboratory: Laboratory | None, shown: str = "auroc", knob: str = "batch", confidence: float = LEVEL
) -> InLaboratory:
    return InLaboratory("drawn" if laboratory else "", laboratory, shown, knob, confidence)


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


def with_effects(laboratory: Laboratory, table: pd.DataFrame) -> InLaboratory:
    found = of_laboratory(laboratory)
    # A result is frozen, and what it has worked out once stands among its attributes.
    found.__dict__["effects"] = table
    return found


def test_what_a_laboratory_says(ladder_and_knobs: Laboratory) -> None:
    found = of_laboratory(ladder_and_knobs)
    change = found.effect("classifier to CLIP", "shape_bias")
    assert change.moved == "higher by 8.0 points (7.5 to 8.5)"
    assert found.effect("strong, on labels", "shape_bias") == NOT_MEASURED
    assert found.effect("batch", "accuracy").points() == "+5.0"
    assert (found.shown_title, found.moving_shown) == ("detection", "11 of 11")
    assert found.largest_shown.startswith("images 4k to 64k (+20.0); ")
    assert found.turned == "batch 64 to 1024"
    assert found.knob_changes.startswith("accuracy +5.0; shape bias ")
    assert found.knob_moves == "4 of 4"
    assert (found.ends["wrong"], found.ends["images"]) == ("0 to 20 %", "4k to 64k")
    assert (found.hidden.causes, found.hidden.extreme) == ("0 of 11", NOT_MEASURED)
    assert isinstance(found.hidden.differ, Missing)
    assert found.textures.reach.percent(0).startswith("75")
    assert found.counts.causes == "11"
    assert found.counts.chance == f"{0.05 * len(found.effects):.0f}"


@pytest.mark.parametrize(("cause", "property_"), [("classifier to Clip", "auroc"), ("batch", "roc")])
def test_a_cause_or_a_property_that_is_misspelt_is_refused(
    ladder_and_knobs: Laboratory, cause: str, property_: str
) -> None:
    with pytest.raises(KeyError):
        of_laboratory(ladder_and_knobs).effect(cause, property_)
    with pytest.raises(KeyError):
        of_laboratory(None).effect(cause, property_)


def test_without_a_laboratory_everything_is_missing() -> None:
    none = of_laboratory(None)
    values = [none.effect(cause, key) for cause in TITLES for key in HEADLINE]
    values += [*vars(none.counts).values(), *vars(none.hidden).values(), *vars(none.textures).values()]
    values += [none.name, none.absent, none.draws, none.moving_shown]
    values += [none.largest_shown, none.turned, none.knob_changes, none.knob_moves, none.image_steps_text]
    assert {str(value) for value in values} == {NOT_MEASURED}
    assert none.ladder == none.doses == {}


def test_what_accuracy_hides_is_said(ladder_and_knobs: Laboratory) -> None:
    hidden = with_effects(ladder_and_knobs, EFFECTS).hidden
    assert (hidden.causes, hidden.moving, hidden.extreme) == ("1 of 2", "1", "web")
    assert (str(hidden.accuracy), hidden.other, hidden.differ) == ("+0.4", "shape bias", "all")
    shown = with_effects(ladder_and_knobs, EFFECTS.assign(value=EFFECTS["value"] / 20)).hidden
    assert (shown.moving, shown.differ) == ("0", "none")


def test_a_knob_that_was_never_turned_is_missing(ladder_and_knobs: Laboratory) -> None:
    still = (ladder_and_knobs.causes["knob"] != "batch").values
    found = of_laboratory(
        Laboratory(ladder_and_knobs.causes.isel(model=still), ladder_and_knobs.models.isel(model=still))
    )
    assert found.turned == found.knob_changes == found.ends["batch"] == NOT_MEASURED
    assert found.absent.startswith("ResNet-s to ConvNeXt-s (none)")
    assert "batch (none)" in found.absent


def test_curves_are_those_of_the_chosen_knob_and_property(ladder_and_knobs: Laboratory) -> None:
    found = of_laboratory(ladder_and_knobs, "temperature", "images")
    assert [panel.title for panel in found.doses] == [
        "accuracy, natural images",
        "shape bias",
        "detection",
        "temperature",
    ]
    assert found.axis == (*axis_of("images"), True)
    assert [panel.title for panel in found.ladder] == ["temperature"]
    assert of_laboratory(ladder_and_knobs, "accuracy_shifts").ladder == {}
    empty = Laboratory(ladder_and_knobs.causes.isel(model=[]), ladder_and_knobs.models.isel(model=[]))
    assert of_laboratory(empty, "accuracy").ladder == {}
    assert {of_laboratory(None, knob=knob).axis[1] for knob in KNOB_NAMES} == {100.0, 1.0, 1 / 1024}


def test_more_images_are_read_step_by_step(ladder_and_knobs: Laboratory) -> None:
    found = of_laboratory(ladder_and_knobs)
    # Levels add 0 and 0.1, the usual one is rung d on wit: 0.5.
    assert {ends: round(one.estimate, 6) for ends, one in found.image_steps.items()} == {
        "4k to 16k": 0.05,
        "16k to 64k": 0.2,
    }
    assert found.image_steps_text.startswith("+5.0 (")


@pytest.mark.parametrize(
    ("laboratory", "record", "larger"),
    [
        ([0.1, 0.2], [0.1, 0.2], "last"),
        ([0.2, 0.1], [0.2, 0.1], "first"),
        ([0.1, 0.2], [0.2, 0.1], "differ"),
        ([], [0.2, 0.1], NOT_MEASURED),
        ([0.1], [0.2, 0.1], NOT_MEASURED),
    ],
)
def test_the_larger_step_is_that_of_both_studies(
    laboratory: list[float], record: list[float], larger: str
) -> None:
    assert larger_step(laboratory, record) == larger


def test_a_heading_says_what_is_better_where_one_is() -> None:
    assert Need("calibration error", (), "↓").heading == "calibration error ↓"
    assert Need("shape bias", ()).heading == "shape bias"


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("temperature", "lowest on `labels` at rung a (0.80) and highest on `laion` at rung d (1.28)"),
        (
            "shape_bias",
            "lowest on `labels` at rung a (20.0\xa0%) and highest on `laion` at rung d (32.0\xa0%)",
        ),
        ("ece_debiased_before_natural", NOT_MEASURED),
    ],
)
def test_the_ladder_has_two_ends(ladder_and_knobs: Laboratory, shown: str, said: str) -> None:
    assert InLaboratory("drawn", ladder_and_knobs, shown, "images", LEVEL).ladder_ends == said


@pytest.fixture(scope="module")
def shipped() -> Causes:
    return causes(check_parameters("causes", {"studies": ["published", "miniature"]}))


def test_laboratory_and_record_stand_side_by_side(shipped: Causes) -> None:
    assert (shipped.lab.name, shipped.record.name) == ("`miniature`", "`published`")
    assert shipped.lab.laboratory is not None
    assert shipped.lab.effects.equals(effects(shipped.lab.laboratory, HEADLINE, LEVEL))
    assert shipped.larger_step == "first"
    needs = shipped.needs["miniature"]
    assert needs["shape_bias"].cause == "typical textures 20 to 95 %"
    assert str(needs["shape_bias"].change) == "−82.8"
    assert needs["at_equal"].cause == "curated to web, classifier"
    assert shipped.needs["published"]["accuracy"].cause == "on ImageNet-1k"
    assert [sentence[:31] for sentence in shipped.left_out] == ["The study `published` has no cu"]


def test_one_of_the_two_is_enough_and_groups_leave_the_laboratory_alone() -> None:
    record = causes(check_parameters("causes", {"studies": ["published"]}))
    assert record.lab.name == record.larger_step == NOT_MEASURED
    assert record.record.decides == "some"
    chosen = {"studies": ["miniature"], "groups": ["standard"], "confidence": 0.5}
    laboratory = causes(check_parameters("causes", chosen))
    assert isinstance(laboratory.record.decides, Missing)
    assert not any("`causes`" in sentence for sentence in laboratory.left_out)
    # Half of the effects would leave zero out by chance.
    assert laboratory.lab.counts.chance == f"{len(laboratory.lab.effects) / 2:.0f}"


@pytest.mark.parametrize("study", ["field"])
def test_nothing_to_show_is_one_sentence(study: str) -> None:
    with pytest.raises(ClipsafeError, match=r"no model of these groups in causes or shifts\.$"):
        causes(check_parameters("causes", {"studies": [study]}))
