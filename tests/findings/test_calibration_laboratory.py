"""Chapter 5 in the laboratory: what is averaged, parted and counted, on values worked out by hand."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.calibration import laboratory
from clipsafe_utils.findings.calibration.scaling_change import SHIFTS, change_of_groups, home, scaling_change
from clipsafe_utils.findings.trainings import Trainings
from clipsafe_utils.say import NOT_MEASURED, Missing, Value, percent
from tests.chapters.calibration_cubes import scaled_panel
from tests.chapters.synthetic_causes import synthetic_causes

CONDITIONS = ["natural", "own_source", "redrawn_top", "redrawn_plain", "sketches"]
ACCURACY = {"clip": 0.9, "near": 0.91, "far": 0.7, "tuned": 0.95}
KINDS = {
    "clip": "clip_zero_shot",
    "near": "standard",
    "far": "standard",
    "tuned": "clip_fine_tuned",
}
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


def lab_panel() -> Panel:
    """A new one for each test: some change its numbers."""
    models = xr.Dataset({"group": ("model", list(KINDS.values()))}, {"model": list(KINDS)})
    return Panel("lab", cube_of(ERROR, ACCURACY), models)


@pytest.fixture
def panel() -> Panel:
    return lab_panel()


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

    def test_a_mean_over_shifts_is_judged_as_it_is_shown(self, panel: Panel) -> None:
        # The larger error rises by 0.05 and the smaller falls by 0.08: the mean falls, that of squares rises.
        error = panel.cube["ece_debiased"]
        for shift, (before, after) in {"redrawn": (0.50, 0.55), "sketches": (0.10, 0.02)}.items():
            names = [name for name in CONDITIONS if name.startswith(shift)]
            error.loc[{"condition": names, "scaling": "before"}] = before
            error.loc[{"condition": names, "scaling": "after"}] = after
        change = scaling_change([panel], 0.95)["lab"].sel(score="ece_debiased", condition=SHIFTS)
        assert change["after"].values == pytest.approx(0.285)
        assert (change["after"] < change["before"]).all()
        assert (change["verdict"] == -1).all()

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

    def test_a_clean_test_is_home_wherever_it_stands(self) -> None:
        assert home(["sketches", "natural"]) == "natural"
        assert home(["sketches", "v2"]) == "sketches"

    def test_groups_have_means_ranges_and_counts(self, panel: Panel) -> None:
        group = change_of_groups(scaling_change([panel], 0.95))["lab"].sel(score="nll")
        assert group["group"].values.tolist() == ["clip_zero_shot", "clip_fine_tuned", "standard"]
        home = group.sel(group="standard", condition="natural")
        assert home["before"].item() == pytest.approx(0.75)
        assert home["after"].item() == pytest.approx(0.375)
        assert (home["lowest"].item(), home["highest"].item()) == pytest.approx((-0.5, -0.25))
        assert (home["better"].item(), home["worse"].item(), home["models"].item()) == (2, 0, 2)


@pytest.fixture
def found(panel: Panel, causes_cube: xr.Dataset) -> laboratory.Laboratory:
    change = scaling_change([panel], 0.95)["lab"]
    return laboratory.Laboratory(Trainings(causes_cube, 0.95), panel, change)


class TestLaboratory:
    def test_gap_is_mean_confidence_less_accuracy(self, found: laboratory.Laboratory, panel: Panel) -> None:
        assert found.gap("natural").estimate == found.gap("own_source").estimate == pytest.approx(0.6 - 0.9)
        tuned = panel.models["group"].values != "clip_zero_shot"
        others = Panel("lab", panel.cube.isel(model=tuned), panel.models.isel(model=tuned))
        assert isinstance(
            laboratory.Laboratory(Trainings(None, 0.95), others, None).gap("own_source"), Missing
        )

    def test_steps_and_doses_are_those_put_in(self, found: laboratory.Laboratory) -> None:
        steps = [found.error(name).estimate for name in ("loss", "captions", "curated", "source")]
        assert steps == pytest.approx([0.2 * 0.2, 0.2 * 0.2, 0.2 * 0.1, 0.2 * 0.1])
        assert found.error("captions").moved.startswith("higher by 4.0 points (")
        assert (found.knob("batch").low, found.knob("batch").high) == ("64", "1,024")
        assert (found.knob("images").low, found.knob("images").high) == ("4,096", "65,536")
        assert (found.knob("wrong").low, found.knob("wrong").high) == (percent(0, 0), percent(0.2, 0))
        assert found.knob("batch").temperature.estimate == pytest.approx(0.5 * 0.1)
        assert found.knob("batch").temperature.moved.startswith("higher by 0.05 (")

    def test_temperatures_say_whether_clips_are_too_sure(self, found: laboratory.Laboratory) -> None:
        means = [found.temperature(name).estimate for name in ("labels", "names", "captions")]
        assert means == pytest.approx([0.5 * 1.1, 0.5 * 1.3, 0.5 * 1.5])
        assert (str(found.temperature("captions")), found.sure) == ("0.75", "too unsure")
        assert found.temperature("captions").interval.startswith("0.7")

    @pytest.mark.parametrize(("start", "sure"), [(2.0, "too sure"), (1 / 1.5, "neither")])
    def test_a_temperature_of_one_is_neither(self, start: float, sure: str) -> None:
        trainings = Trainings(synthetic_causes({"temperature": start}), 0.95)
        assert laboratory.Laboratory(trainings, None, None).sure == sure

    def test_models_are_counted_at_home_and_under_shift(self, found: laboratory.Laboratory) -> None:
        scaling = found.scaling
        assert (scaling.home_better, scaling.worse_of, scaling.clips_worse) == ("4 of 4", "4 of 4", "1 of 1")
        assert (scaling.better, scaling.worse) == ("0", "4")
        assert (scaling.brier_worse, scaling.error_worse, scaling.most) == ("4", "4", "worse")

    @pytest.mark.parametrize(
        ("verdicts", "most"),
        [
            ([-1, -1, -1, 0], "better"),
            ([1, 1, -1, 0], "mixed"),
            ([1, 0, 0, 0], "neither"),
            ([0, 0, 0, 0], "neither"),
        ],
    )
    def test_what_happens_to_most_models(self, panel: Panel, verdicts: list[int], most: str) -> None:
        change = scaling_change([panel], 0.95)["lab"]
        change["verdict"].loc[{"score": "nll", "condition": SHIFTS}] = verdicts
        assert laboratory.Laboratory(Trainings(None, 0.95), panel, change).scaling.most == most

    def test_groups_without_a_clip_and_sets_without_a_shift(self, panel: Panel) -> None:
        change = scaling_change([panel], 0.95)["lab"]
        none = laboratory.Laboratory(Trainings(None, 0.95), None, change.isel(model=slice(1, None))).scaling
        assert isinstance(none.clips_worse, Missing)
        assert none.worse_of == "3 of 3"
        at_home = laboratory.Laboratory(Trainings(None, 0.95), None, change.isel(condition=[0, 1])).scaling
        assert at_home.home_better == "4 of 4"
        assert isinstance(at_home.most, Missing)

    def test_what_is_not_there_is_missing(self) -> None:
        nothing = laboratory.Laboratory(Trainings(None, 0.95), None, None)
        for value in (nothing.error("loss"), nothing.knob("batch").low, nothing.nearer, nothing.scaling.most):
            assert str(value) == NOT_MEASURED
        unmeasured = laboratory.Laboratory(Trainings(synthetic_causes({"nll": 1.0}), 0.95), None, None)
        assert isinstance(unmeasured.temperature("captions"), Missing)
        assert isinstance(unmeasured.sure, Missing)

    @pytest.mark.parametrize(
        ("smallest", "largest", "change", "expected"),
        [
            (0.5, 0.7, Value(0.2, 0.1, 0.3, units=3), "nearer"),
            (1.5, 1.2, Value(-0.3, -0.4, -0.2, units=3), "nearer"),
            (0.7, 0.5, Value(-0.2, -0.3, -0.1, units=3), "no nearer"),
            (0.9, 1.3, Value(0.4, 0.3, 0.5, units=3), "no nearer"),
            (0.5, 0.6, Value(0.1, -0.1, 0.3, units=3), "no"),
        ],
    )
    def test_where_larger_batches_bring_the_temperature(
        self, smallest: float, largest: float, change: Value, expected: str
    ) -> None:
        assert laboratory.nearer_to_one(smallest, largest, change) == expected
