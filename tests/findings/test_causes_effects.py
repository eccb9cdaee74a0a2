"""Chapter 7 in the laboratory: effects that are worked out by hand from the steps that were put in."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import ndtr

from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.findings.causes import contrasts as causes
from clipsafe_utils.findings.causes import needs
from clipsafe_utils.findings.causes.effects import (
    HEADLINE,
    NEEDS,
    Need,
    at_once,
    effects,
    read_laboratories,
)
from clipsafe_utils.findings.causes.in_laboratory import PANELS
from clipsafe_utils.findings.shift.laboratory import Laboratory
from clipsafe_utils.parameters import KNOB_NAMES, PROPERTY_NAMES
from tests.chapters.synthetic_laboratory import STEPS, models, write_laboratory
from tests.findings.causes_laboratory import START
from tests.findings.causes_laboratory import ladder_and_knobs as drawn_laboratory

LEVEL = 0.95
ABILITY = models().set_index("name")["ability"]


@pytest.fixture(scope="module")
def ladder_and_knobs() -> Laboratory:
    return drawn_laboratory()


@pytest.fixture(scope="module")
def encoders_and_tuning(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    study = write_laboratory(tmp_path_factory.mktemp("studies") / "drawn")
    return read_laboratories(["published", str(study)])["drawn"]


@pytest.fixture(scope="module")
def table(ladder_and_knobs: Laboratory) -> pd.DataFrame:
    return effects(ladder_and_knobs, HEADLINE, LEVEL)


def without(laboratory: Laboratory, chosen: np.ndarray) -> Laboratory:
    """Leave some models out of a laboratory."""
    return Laboratory(laboratory.causes.isel(model=~chosen), laboratory.models.isel(model=~chosen))


def test_every_step_and_knob_is_a_cause_under_its_kind(ladder_and_knobs: Laboratory) -> None:
    assert [(one.kind, one.title, one.runs) for one in causes.contrasts(ladder_and_knobs)] == [
        ("Images", "curated to web, classifier", 3),
        ("Images", "curated to web, CLIP", 3),
        ("Images", "wit to laion, CLIP", 3),
        ("Images", "typical textures 20 to 95 %", 3),
        ("Images", "backgrounds 0 to 90 %", 3),
        ("Images", "rotation 2 to 30°", 3),
        ("Language", "classifier to CLIP", 3),
        ("Language", "names to captions", 3),
        ("Language", "wrong captions 0 to 20 %", 3),
        ("Quantity, batch", "images 4k to 64k", 3),
        ("Quantity, batch", "batch 64 to 1024", 3),
    ]
    assert set(causes.KNOB_STEPS) == set(KNOB_NAMES)


@pytest.mark.parametrize(
    ("cause", "step"),
    [
        ("curated to web, classifier", 0.1),
        ("wit to laion, CLIP", 0.1),
        ("classifier to CLIP", 0.4),
        ("names to captions", 0.2),
        ("typical textures 20 to 95 %", 0.2),
        ("batch 64 to 1024", 0.1),
        # The usual level, 64k, is rung d (0.4) on wit (0.1).
        ("images 4k to 64k", 0.5),
    ],
)
def test_an_effect_is_the_step_that_was_put_in(table: pd.DataFrame, cause: str, step: float) -> None:
    rows = table[table["cause"] == cause].set_index("property")
    for name, start in START.items():
        assert rows["value"][name] == pytest.approx(step * start)
    # Ten factors from 0.1 to 1: their mean is 0.55.
    assert rows["value"]["factors"] == pytest.approx(step * 0.55)
    # Seeds have a standard deviation of 0.01 * start; the noise of the images is common and drops out.
    half = stats.t.ppf(0.975, 4) * np.sqrt(2 / 3) * 0.01 * START["accuracy"]
    assert rows["high"]["accuracy"] - rows["value"]["accuracy"] == pytest.approx(half)
    assert rows["low"]["accuracy"] + rows["high"]["accuracy"] == pytest.approx(2 * rows["value"]["accuracy"])


def test_properties_that_the_cube_lacks_are_left_out(table: pd.DataFrame) -> None:
    assert set(table["property"]) == {*START, "factors"}
    assert set(table["runs"]) == {3}


def test_factors_are_read_where_a_network_can_fail() -> None:
    parts = HEADLINE["factors"].parts
    assert parts[:2] == ("relative_pose_random", "relative_background_random")
    assert {part for part in parts if part.endswith("typical")} == {
        "relative_pattern_typical",
        "relative_color_typical",
        "relative_texture_typical",
    }
    assert len(parts) == len(HEADLINE_FACTORS)


def test_properties_of_the_figure_and_of_the_needs_are_in_the_cube() -> None:
    known = set(find_study("miniature").read("causes")["property"].values.tolist())
    assert {part for one in (*HEADLINE.values(), *NEEDS.values()) for part in one.parts} <= known
    assert set(PROPERTY_NAMES) == set(PANELS) <= set(HEADLINE)


def test_encoders_are_compared_at_equal_source_and_quantity(encoders_and_tuning: Laboratory) -> None:
    by_title = {one.title: one for one in causes.contrasts(encoders_and_tuning)}
    one = by_title["ResNet-xs to ResNet-s"]
    assert one.paired
    assert one.runs == 6
    for before, after in zip(one.before, one.after, strict=True):
        assert after == before.replace("resnet_xs", "resnet_s")
    expected = np.mean(
        [
            ndtr(ABILITY[after]) - ndtr(ABILITY[before])
            for before, after in zip(one.before, one.after, strict=True)
        ]
    )
    rows = effects(encoders_and_tuning, {"accuracy": HEADLINE["accuracy"]}, LEVEL).set_index("cause")
    assert rows["value"][one.title] == pytest.approx(expected, abs=1e-6)
    assert rows["runs"][one.title] == 6
    assert "ResNet-s to ViT-s" not in by_title


def test_fine_tuning_is_compared_with_its_own_start(encoders_and_tuning: Laboratory) -> None:
    by_title = {one.title: one for one in causes.contrasts(encoders_and_tuning)}
    one = by_title["strong, on labels"]
    assert one.after == tuple(f"tuned-{start}" for start in one.before)
    for before, after in zip(one.before, one.after, strict=True):
        assert ABILITY[after] - ABILITY[before] == pytest.approx(STEPS["tuned-"])
    rows = effects(encoders_and_tuning, {"accuracy": HEADLINE["accuracy"]}, LEVEL).set_index("cause")
    assert rows["value"]["gentle, on labels"] < rows["value"]["strong, on labels"]
    assert rows["moves"]["strong, on labels"]


def test_causes_without_trainings_are_named(
    ladder_and_knobs: Laboratory, encoders_and_tuning: Laboratory
) -> None:
    assert "strong, on labels (none)" in causes.absent(ladder_and_knobs)
    assert "batch (none)" in causes.absent(encoders_and_tuning)
    fewer = without(
        ladder_and_knobs,
        (ladder_and_knobs.causes["knob"] == "batch").values & (ladder_and_knobs.causes["seed"] > 0).values,
    )
    assert "batch 64 to 1024 (1 a side)" in causes.absent(fewer)
    assert "batch 64 to 1024" not in set(effects(fewer, HEADLINE, LEVEL)["cause"])


def test_a_property_that_cannot_be_told_is_left_out(ladder_and_knobs: Laboratory) -> None:
    value = ladder_and_knobs.causes["value"]
    lost = value.where((value["property"] != "auroc") | (value["draw"] != 3))
    blind = Laboratory(ladder_and_knobs.causes.assign(value=lost), ladder_and_knobs.models)
    assert set(effects(blind, HEADLINE, LEVEL)["property"]) == {*START, "factors"} - {"auroc"}


def test_what_is_sure_holds_for_all_causes_at_once(ladder_and_knobs: Laboratory) -> None:
    plain = effects(ladder_and_knobs, HEADLINE, LEVEL)
    wide = effects(ladder_and_knobs, HEADLINE, at_once(LEVEL, plain["cause"].nunique()))
    assert plain["sure"].tolist() == wide["moves"].tolist()
    assert (wide["high"] > plain["high"]).all()
    assert at_once(LEVEL, 0) == LEVEL
    assert at_once(0.95, 10) == pytest.approx(0.995)


def test_a_need_that_no_cause_surely_meets_is_blank(ladder_and_knobs: Laboratory) -> None:
    value = ladder_and_knobs.causes["value"]
    flat = Laboratory(ladder_and_knobs.causes.assign(value=0 * value + 0.5), ladder_and_knobs.models)
    assert needs.laboratory_needs(flat, LEVEL) == {}


def test_heights_are_read_where_the_line_holds(encoders_and_tuning: Laboratory) -> None:
    heights = needs.with_heights(encoders_and_tuning).draws(needs.AT_EQUAL, ["clip-resnet_xs-wit-64k-s0"])
    # On probit axes a shift costs every model the same: all of them lie on one line, which bends a little.
    assert np.abs(heights).max() < 0.01
    assert np.isfinite(heights).all()
    height = {"height": Need("", (needs.AT_EQUAL,))}
    steps = effects(needs.with_heights(encoders_and_tuning), height, LEVEL).set_index("cause")["value"]
    # Sets chosen by a network trained on `wit` cost the CLIPs of `wit` more than those of `laion`.
    assert steps.idxmax() == "wit to laion, CLIP"
    assert steps.drop("wit to laion, CLIP").abs().max() < 0.001


def test_without_accuracy_under_shift_there_is_no_height(ladder_and_knobs: Laboratory) -> None:
    assert needs.with_heights(ladder_and_knobs) is ladder_and_knobs
