"""Chapter 4 in the laboratory: what is averaged, parted and counted, on values worked out by hand."""

import re

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.chapters.calibration import descriptions as alt
from clipsafe_utils.chapters.calibration import laboratory_tables, laboratory_words
from clipsafe_utils.chapters.formats import NOT_MEASURED
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.figures import calibration as figures
from clipsafe_utils.figures import calibration_scaling, causes
from clipsafe_utils.findings.calibration import laboratory
from clipsafe_utils.findings.calibration.errors import reliability_panels
from clipsafe_utils.findings.calibration.scaling_change import SHIFTS, change_of_groups, scaling_change
from clipsafe_utils.findings.calibration.trainings import STEPS, dose_of, mean_at, step_of
from clipsafe_utils.findings.calibration.views import GROUP_NAMES, leading, views
from clipsafe_utils.findings.ladder import RUNGS
from clipsafe_utils.say import Value
from tests.chapters.calibration_cubes import scaled_panel
from tests.chapters.synthetic_causes import synthetic_causes

CONDITIONS = ["natural", "own_source", "redrawn_top", "redrawn_plain", "sketches"]
ACCURACY = {"clip": 0.9, "near": 0.91, "far": 0.7, "tuned": 0.95}
GROUPS = {"clip": "clip_zero_shot", "near": "standard", "far": "standard", "tuned": "clip_fine_tuned"}
ERROR = {"clip": 0.3, "near": 0.1, "far": 0.05, "tuned": 0.02}
DRAWS = 9
STARTS = {
    "temperature": 0.5,
    "ece_debiased_before_natural": 0.2,
    "ece_debiased_before_own_source": 0.1,
    "nll_before_natural": 0.4,
}


def cube_of(error: dict[str, float], accuracy: dict[str, float]) -> xr.Dataset:
    """Errors double under shift; scaling halves them at home and adds 0.1 under shift. NLL is ten times each.

    The bins: 100 images with confidence 0.6 in one bin, of which as many are right as the accuracy says.
    """
    dims = ("draw", "model", "condition", "scaling")
    before = np.array(list(error.values()))[:, None] * np.array([1, 1, 2, 2, 2])
    after = np.where(np.arange(len(CONDITIONS)) < 2, before / 2, before + 0.1)
    wobble = 1 + 0.001 * np.sin(np.arange(DRAWS))
    values = np.stack([before, after], axis=-1) * wobble[:, None, None, None]
    hits = np.zeros((len(error), len(CONDITIONS), 2, 15))
    hits[..., 8] = 100 * np.array(list(accuracy.values()))[:, None, None]
    confidence = np.zeros_like(hits)
    confidence[..., 8] = 0.6
    share = np.broadcast_to(np.array(list(accuracy.values()))[:, None, None], values.shape)
    bins = (*dims[1:], "bin")
    return xr.Dataset(
        {
            "accuracy": (dims, share.copy()),
            "ece_debiased": (dims, values),
            "nll": (dims, 10 * values),
            "brier": (dims, values + 0.1),
            "temperature": (dims[:2], np.broadcast_to(list(error.values()), (DRAWS, len(error))).copy()),
            "bin_count": (bins, np.where(confidence > 0, 100, 0)),
            "bin_confidence": (bins, confidence),
            "bin_hits": (bins, hits),
        },
        {"model": list(error), "condition": CONDITIONS, "scaling": ["before", "after"]},
    )


def described(groups: dict[str, str]) -> xr.Dataset:
    return xr.Dataset({"group": ("model", list(groups.values()))}, {"model": list(groups)})


@pytest.fixture
def panel() -> Panel:
    return Panel("lab", cube_of(ERROR, ACCURACY), described(GROUPS))


@pytest.fixture
def causes_cube() -> xr.Dataset:
    return synthetic_causes(STARTS)


class TestScalingChange:
    def test_a_mean_over_shifts_counts_each_kind_once(self, panel: Panel) -> None:
        panel.cube["ece_debiased"].loc[{"condition": "redrawn_top"}] += 0.06
        change = scaling_change([panel], 0.95)["lab"]
        assert change["condition"].values.tolist() == [*CONDITIONS, SHIFTS]
        clip = change.sel(model="clip", score="ece_debiased")
        assert clip["before"].sel(condition=SHIFTS).item() == pytest.approx((0.63 + 0.6) / 2)
        assert clip["after"].sel(condition=SHIFTS).item() == pytest.approx((0.73 + 0.7) / 2)

    def test_verdict_is_better_at_home_and_worse_under_shift(self, panel: Panel) -> None:
        change = scaling_change([panel], 0.95)["lab"]
        for score in ("ece_debiased", "nll", "brier"):
            verdict = change["verdict"].sel(score=score)
            assert (verdict.sel(condition=["natural", "own_source"]) == -1).all()
            assert (verdict.sel(condition=[*CONDITIONS[2:], SHIFTS]) == 1).all()

    def test_a_change_within_the_draws_is_no_verdict(self, panel: Panel) -> None:
        noise = np.random.default_rng(0).normal(0, 1, DRAWS)
        noise[0] = 0
        panel.cube["nll"].loc[{"scaling": "after"}] += xr.DataArray(10 * noise, dims="draw")
        verdict = scaling_change([panel], 0.95)["lab"]["verdict"]
        assert (verdict.sel(score="nll") == 0).all()
        assert (verdict.sel(score="brier") != 0).all()

    def test_a_debiased_error_below_0_is_shown_as_0(self, panel: Panel) -> None:
        panel.cube["ece_debiased"].loc[{"scaling": "after", "condition": "natural"}] = -0.01
        change = scaling_change([panel], 0.95)["lab"].sel(score="ece_debiased", condition="natural")
        assert (change["after"] == 0).all()
        assert (change["verdict"] == -1).all()

    def test_real_confidences_get_better_on_what_they_were_fitted_to(self, models: xr.Dataset) -> None:
        change = scaling_change([scaled_panel(models)], 0.95)["scaled"]
        assert (change["verdict"].sel(condition="id", score="nll") == -1).all()

    def test_a_study_without_scaling_has_no_change(self, models: xr.Dataset) -> None:
        assert scaling_change([scaled_panel(models, ("before",))], 0.95) == {}

    def test_groups_have_means_ranges_and_counts(self, panel: Panel) -> None:
        group = change_of_groups(scaling_change([panel], 0.95))["lab"].sel(score="nll")
        assert group["group"].values.tolist() == ["clip_zero_shot", "clip_fine_tuned", "standard"]
        home = group.sel(group="standard", condition="natural")
        assert home["before"].item() == pytest.approx(0.75)
        assert home["after"].item() == pytest.approx(0.375)
        assert (home["lowest"].item(), home["highest"].item()) == pytest.approx((-0.5, -0.25))
        assert (home["better"].item(), home["worse"].item(), home["models"].item()) == (2, 0, 2)


class TestPopulation:
    def test_gap_is_mean_confidence_less_accuracy(self, panel: Panel) -> None:
        assert laboratory.mean_gaps(panel, "clip_zero_shot")["natural"] == pytest.approx(0.6 - 0.9)
        assert laboratory.mean_gaps(panel, "standard")["own_source"] == pytest.approx(0.6 - 0.805)
        assert laboratory.mean_gaps(panel, "human") == {}


class TestTrainings:
    def test_steps_and_doses_are_those_put_in(self, causes_cube: xr.Dataset) -> None:
        found = {name: step_of(causes_cube, "temperature", name, 0.95) for name in STEPS}
        values = [one.estimate for one in found.values() if one is not None]
        assert values == pytest.approx([0.5 * 0.2, 0.5 * 0.2, 0.5 * 0.1, 0.5 * 0.1])
        low, high, change = dose_of(causes_cube, "temperature", "batch", 0.95)
        assert (low, high) == (64, 1024)
        assert change is not None
        assert change.estimate == pytest.approx(0.5 * 0.1)
        usual = mean_at(causes_cube, "temperature", ("d", "wit"), 0.95)
        assert usual is not None
        assert usual.estimate == pytest.approx(0.5 * 1.5)
        assert mean_at(causes_cube, "brier", ("d", "wit"), 0.95) is None
        assert dose_of(causes_cube, "brier", "batch", 0.95)[2] is None

    @pytest.mark.parametrize(
        ("smallest", "largest", "change", "start"),
        [
            (0.5, 0.7, Value(0.2, 0.1, 0.3, units=3), "nearer to 1"),
            (1.5, 1.2, Value(-0.3, -0.4, -0.2, units=3), "nearer to 1"),
            (0.7, 0.5, Value(-0.2, -0.3, -0.1, units=3), "no nearer to 1"),
            (0.9, 1.3, Value(0.4, 0.3, 0.5, units=3), "no nearer to 1"),
            (0.5, 0.6, Value(0.1, -0.1, 0.3, units=3), "which speaks against"),
        ],
    )
    def test_batch_verdict(self, smallest: float, largest: float, change: Value, start: str) -> None:
        assert laboratory_words.batch_verdict(smallest, largest, change).startswith(start)


class TestWords:
    def test_every_number_is_there_and_has_its_direction(self, panel: Panel, causes_cube: xr.Dataset) -> None:
        changes = scaling_change([panel], 0.95)
        numbers = laboratory_words.numbers({"lab": causes_cube}, [panel], changes, 0.95)
        assert tuple(numbers) == laboratory_words.KEYS
        assert NOT_MEASURED not in numbers.values()
        assert numbers["calibration-lab-captions-error"].startswith("higher by 4.0 points (")
        assert numbers["calibration-lab-temperature-clip"].startswith("0.75 (")
        assert numbers["calibration-lab-sign"] == "too unsure"
        assert numbers["calibration-lab-wrong-to"] == "20\N{NO-BREAK SPACE}%"
        assert numbers["calibration-lab-clip-gap-own"] == "−30.0"
        assert numbers["calibration-lab-scaling-home-better"] == "4"
        assert numbers["calibration-lab-scaling-nll-worse"] == "4"
        assert numbers["calibration-lab-scaling-clip-worse"] == "1"
        assert numbers["calibration-lab-scaling-verdict"] == "it makes most models worse there"

    def test_the_prose_glues_all_of_them_and_no_other(self) -> None:
        prose = (REPOSITORY / "notebooks" / "04-calibration.md").read_text(encoding="utf-8")
        assert {*re.findall(r"\{glue:text\}`(calibration-lab-[^`]+)`", prose)} == {*laboratory_words.KEYS}

    def test_a_record_without_scaling_measures_nothing(self, models: xr.Dataset) -> None:
        before = scaled_panel(models, ("before",))
        assert {*laboratory_words.numbers({}, [before], {}, 0.95).values()} == {NOT_MEASURED}

    def test_steps_and_knobs_stand_in_one_table(self, causes_cube: xr.Dataset) -> None:
        markup = laboratory_tables.steps_table({"lab": causes_cube}, 0.95).markup
        assert markup.count('<th scope="row">') == len(STEPS) + 3
        assert "batch: 64 to 1,024 (d, wit)" in markup
        assert NOT_MEASURED not in markup
        assert laboratory_tables.steps_table({}, 0.95).markup.count("<td>") == 0

    def test_groups_stand_in_a_fold(self, panel: Panel) -> None:
        markup = laboratory_tables.groups_table(change_of_groups(scaling_change([panel], 0.95))).markup
        assert markup.startswith("<details>")
        assert "30.0\N{NO-BREAK SPACE}% → 15.0\N{NO-BREAK SPACE}%" in markup
        assert "60.0\N{NO-BREAK SPACE}% → 70.0\N{NO-BREAK SPACE}%" in markup


class TestFigures:
    def test_each_study_has_a_row_and_the_zero_line(self, panel: Panel) -> None:
        moved = change_of_groups(scaling_change([panel], 0.95))
        left, right = calibration_scaling.scaling_changes(moved, GROUP_NAMES).axes
        labels = [label.get_text() for label in left.get_yticklabels()]
        assert (labels[0], labels[-1]) == ("natural", "mean of shifts")
        marks = [one.get_offsets()[:, 0] for one in right.collections[1::2]]
        np.testing.assert_allclose(marks[0], [-1.5, -1.5, 1, 1, 1, 1], atol=1e-9)
        assert "CLIP, zero-shot: natural −15.0" in alt.describe_scaling(moved)
        assert calibration_scaling.scaling_changes({}, GROUP_NAMES).axes == []

    def test_ladder_can_be_drawn_and_told(self, causes_cube: xr.Dataset) -> None:
        rungs = laboratory.ladder_tables({"lab": causes_cube}, 0.95)
        assert len(causes.ladder(rungs, RUNGS).axes) == 3
        assert "trained on wit: a 0.55, b 0.60, c 0.65, d 0.75." in alt.describe_ladder(rungs)

    def test_without_causes_axes_are_empty(self) -> None:
        drawn = causes.ladder(laboratory.ladder_tables({}, 0.95), RUNGS)
        assert all(not axes.collections for axes in drawn.axes)

    def test_long_names_give_way_to_groups(self, models: xr.Dataset) -> None:
        panel = scaled_panel(models)
        names = {"a": "miniature:labels-resnet_xs-labels-64k-s0", "b": "b"}
        renamed = [one.assign_coords(model=list(names.values())) for one in (panel.cube, panel.models)]
        view = views([Panel("lab", *renamed)], ["all"], ["before"])[0]
        assert view.names == ["Standard", "CLIP, zero-shot"]
        twice = renamed[1].assign(group=("model", ["standard"] * 2))
        view = views([Panel("lab", renamed[0], twice)], ["all"], ["before"])[0]
        assert view.names == ["Standard 1", "Standard 2"]

    def test_studies_stand_in_blocks_of_their_own(self, models: xr.Dataset) -> None:
        one = scaled_panel(models)
        both = [one, Panel("other", one.cube, one.models)]
        shown = leading(views(both, ["all"], ["before", "after"]))
        assert [(view.study, view.scaling) for view in shown] == [("scaled", "before"), ("other", "before")]
        drawn = figures.reliability(reliability_panels(shown, 15, "equal_width"), 0.95)
        assert [block.get_suptitle() for block in drawn.subfigs] == ["Study: scaled", "Study: other"]
        assert [len(block.axes) for block in drawn.subfigs] == [2, 2]
