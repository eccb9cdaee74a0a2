"""What chapter 5 finds in the confidences of models, and of which study it is said."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from clipsafe_utils import calibration
from clipsafe_utils.cubes import find_study, write_cube
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.calibration import errors as chapter
from clipsafe_utils.findings.calibration.bins import images_to_tell, mean_gap, stored_bins
from clipsafe_utils.findings.calibration.real import real_of, sizes_of
from clipsafe_utils.findings.calibration.result import Calibration
from clipsafe_utils.findings.calibration.variants import errors_in, every_model
from clipsafe_utils.findings.calibration.views import (
    View,
    in_order,
    left_out_parts,
    parts_of,
    views,
    with_bins,
)
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import Missing, Value, percent
from tests.chapters.calibration_cubes import BOTH, HOW, RECORD, scaled_cube, scaled_panel


class TestNumbers:
    def test_bins_give_the_error_that_the_record_stores(self) -> None:
        stored = RECORD.view.cube.isel(draw=0)
        # The record keeps eight decimals.
        np.testing.assert_allclose(RECORD.judged["ece"], stored["ece"], rtol=0, atol=1e-8)
        np.testing.assert_allclose(RECORD.judged["floor"], stored["ece_floor"], rtol=0.08)
        equal_mass = chapter.judge_view(RECORD.view, **(HOW | {"binning": "equal_mass"}))["ece"]
        whole = {"condition": "id"}
        np.testing.assert_allclose(equal_mass.sel(whole), stored["ece_equal_mass"].sel(whole), atol=1e-3)

    def test_claims_need_5000_images(self) -> None:
        claimed = RECORD.judged["condition"].values[RECORD.judged["claimed"].values].tolist()
        factors = ("pose", "background", "pattern", "color")
        assert claimed == ["id", "id_annotated", *(f"factor_{name}" for name in factors)]

    def test_a_negative_error_is_shown_as_0_inside_its_interval(self) -> None:
        assert (RECORD.judged["error"] == 0).any()
        assert (RECORD.judged["low"] <= RECORD.judged["high"]).all()
        assert (RECORD.judged["low"].where(RECORD.judged["error"] == 0, 0) == 0).all()

    def test_ranks_are_spearmans(self) -> None:
        error = RECORD.view.cube["ece_debiased"].isel(draw=0)
        for name in RECORD.judged["model"].values:
            for choice, parts in (("all", RECORD.view.parts), ("large", RECORD.view.parts[:4])):
                pair = [
                    array.sel(model=name, condition=parts) for array in (RECORD.judged["accuracy"], error)
                ]
                expected = stats.spearmanr(*pair).statistic
                assert RECORD.ranks["rho"].sel(model=name, choice=choice).item() == pytest.approx(expected)
        assert RECORD.ranks["parts"].values.tolist() == [16, 4]

    def test_ranks_of_two_parts_mean_nothing(self) -> None:
        few = views([RECORD.panel], ["id", "factor_pose", "factor_style"], BOTH)[0]
        assert chapter.rank_correlations(few, 0.95)["rho"].isnull().all()


class TestProse:
    """Sentences of the chapter that no number carries."""

    def test_the_vit_errs_both_ways_and_the_average_hides_it(self) -> None:
        bins = stored_bins(RECORD.view.cube.sel(condition="id", model="imagenet-x-images:ViT"))
        gap = bins.confidence_sum - bins.hits
        assert (gap[:6] < 0).all()
        assert (gap[11:] > 0).all()
        assert abs(mean_gap(bins)) < 0.002

    def test_no_variant_changes_the_order_of_the_models(self) -> None:
        whole = RECORD.view.cube.isel(draw=0).sel(condition="id")
        variants = ("ece", "ece_equal_mass", "ece_rms", "ece_debiased")
        assert len({tuple(np.argsort(whole[name].values)) for name in variants}) == 1

    def test_5000_images_tell_a_bad_model_but_not_a_good_one(self) -> None:
        good, bad = (images_to_tell(one) for one in RECORD.simulated.values())
        assert bad is not None
        assert good is not None
        assert bad <= chapter.FEWEST_IMAGES < good

    def test_a_single_bin_makes_the_best_model_look_nearly_perfect(self) -> None:
        one = chapter.judge_view(RECORD.view, **(HOW | {"n_bins": 1})).sel(condition="id")
        assert one["ece"].min() < 0.002
        three = chapter.judge_view(RECORD.view, **(HOW | {"n_bins": 3})).sel(condition="id")
        fifteen = chapter.judge_view(RECORD.view, **HOW).sel(condition="id")
        assert (three["floor"] < fifteen["floor"] / 1.9).all()
        assert (three["ece"] > 0.9 * fifteen["ece"]).all()

    def test_half_of_the_images_are_in_the_last_bin(self) -> None:
        count = RECORD.view.cube["bin_count"].sel(condition="id")
        assert (abs(count.isel(bin=-1) / count.sum("bin") - 0.5) < 0.12).all()


class TestVariants:
    def test_what_is_no_error_or_not_there_is_left_out(self) -> None:
        assert errors_in(xr.Dataset({"ece": 0.1, "nll": 0.5})) == ["ece"]
        assert every_model([], 0.95).empty


class TestViews:
    def test_what_a_study_lacks_is_said_in_words(self) -> None:
        said = left_out_parts([RECORD.panel], ["id", "v2"], BOTH)
        assert said == [
            "The study `published` has no bins of confidence after temperature scaling.",
            "The study `published` has no condition `v2`.",
        ]
        assert [view.scaling for view in views([RECORD.panel], ["id", "v2"], BOTH)] == ["before"]
        assert views([RECORD.panel], ["all"], ["after"]) == []

    def test_a_condition_that_no_study_has_is_refused(self) -> None:
        with pytest.raises(ClipsafeError, match=r"No study has the condition 'factor_poze'; .* all, id,"):
            views([RECORD.panel], ["factor_poze"], BOTH)

    def test_the_largest_set_stands_for_the_whole(self) -> None:
        few = views([RECORD.panel], ["factor_style", "factor_background"], BOTH)[0]
        assert few.whole == "factor_background"
        assert few.parts == ["factor_background", "factor_style"]

    def test_factors_and_shifts_are_parts(self) -> None:
        assert parts_of(["id", "factor_pose", "natural", "sketches"]) == ["factor_pose", "sketches"]

    def test_a_condition_that_a_model_lacks_is_left_out(self) -> None:
        cube = RECORD.panel.cube.copy(deep=True)
        cube["ece_debiased"].loc[{"model": cube["model"].values[0], "condition": "factor_pose"}] = np.nan
        partial = views([Panel("partial", cube, RECORD.panel.models)], ["all"], BOTH)[0]
        assert "factor_pose" not in partial.parts
        assert len(partial.parts) == 15

    def test_what_is_quoted_without_bins_is_not_shown(self) -> None:
        cube = RECORD.panel.cube.copy(deep=True)
        after = cube.assign_coords(scaling=["after"]).where(False)
        both = xr.concat([cube, after], "scaling", data_vars="minimal")
        for name in ("bin_count", "bin_confidence", "bin_hits"):
            both[name].loc[{"model": both["model"].values[0]}] = np.nan
        kept = with_bins(Panel("partly", both, RECORD.panel.models))
        assert kept.cube["model"].values.tolist() == kept.models["model"].values.tolist()
        assert kept.models["model"].values.tolist() == RECORD.panel.models["model"].values[1:].tolist()
        assert kept.cube["scaling"].values.tolist() == ["before"]
        both["bin_count"][:] = np.nan
        assert with_bins(Panel("none", both, RECORD.panel.models)).models.sizes["model"] == 0

    def test_of_many_models_the_most_accurate_of_each_group_are_shown(self) -> None:
        copies = [RECORD.panel.models["model"].values + f" {number}" for number in range(3)]
        cube = xr.concat([RECORD.panel.cube.assign_coords(model=names) for names in copies], "model")
        models = xr.concat([RECORD.panel.models.assign_coords(model=names) for names in copies], "model")
        many = Panel("many", cube, models)
        shown = views([many], ["all"], BOTH)[0].models
        assert shown["group"].values.tolist() == ["standard", "contrastive", "other"]
        assert shown["model"].values[1] == "imagenet-x-images:DINO 0"
        assert left_out_parts([many], ["all"], ["before"]) == [
            "The study `many` has 12 models; the figures show the most accurate of each group."
        ]


class TestScaled:
    """A study that has confidences before and after scaling."""

    @pytest.fixture
    def shown(self, models: xr.Dataset) -> list[View]:
        return views([scaled_panel(models)], ["all"], BOTH)

    def test_scaling_moves_errors_and_no_accuracy(self, shown: list[View]) -> None:
        assert [view.title for view in shown] == ["scaled, before scaling", "scaled, after scaling"]
        two = [chapter.judge_view(view, **HOW) for view in shown]
        assert (two[1]["error"].sel(condition="id") < two[0]["error"].sel(condition="id")).all()
        xr.testing.assert_equal(two[0]["accuracy"], two[1]["accuracy"])

    def test_whole_sets_stand_first_and_then_the_largest(self, shown: list[View]) -> None:
        assert in_order(shown[0].cube) == ["id", "factor_pose", "factor_color", "v2"]
        turned = shown[0].cube.sel(condition=["v2", "factor_pose", "id"])
        assert in_order(turned) == ["id", "factor_pose", "v2"]


def found_for(**values: object) -> Calibration:
    return calibration(check_parameters("calibration", values))


@pytest.fixture(scope="module")
def found() -> Calibration:
    return found_for()


class TestReal:
    """What is said of real networks, and that it is said of no other."""

    def test_networks_of_the_record(self, found: Calibration) -> None:
        real = found.real
        assert (real.study, real.whole, real.models, real.beyond) == ("`published`", "all images", "4", "4")
        assert (real.best.name, real.worst.name) == ("ViT", "SimCLR")
        assert str(real.worst.error) == percent(0.0544)
        assert (real.number, real.errors) == ("several", f"{percent(0.02)} to {percent(0.054)}")
        assert (real.sure, str(real.worst.sure)) == (f"80 to {percent(0.87, 0)}", percent(0.748))
        assert (str(real.best.gap), str(real.worst.gap)) == ("−0.2", "+4.6")
        assert (real.by_chance, real.cancels, real.orders, real.sets) == ("none", "yes", "one", "several")

    def test_the_largest_floor_and_the_largest_error(self, found: Calibration) -> None:
        floor, largest = found.real.floor, found.real.largest
        assert (floor.name, floor.images, floor.value.percent(0)) == ("style", "43", percent(0.17, 0))
        assert (largest.network, largest.name, str(largest.value)) == ("SimCLR", "color", percent(0.084))
        assert largest.value.interval == f"{percent(0.07)} to {percent(0.095)}"

    def test_ranks_say_for_whom_the_error_falls(self, found: Calibration) -> None:
        ranks = found.real.ranks
        assert (ranks.parts, ranks.large_parts, ranks.small) == ("16", "4", "most")
        assert (ranks.falling, ranks.others, ranks.bar) == ("3 of 4", "ViT", percent(0.975))
        assert ranks.each.startswith("DINO −0.64, ")
        assert (ranks.lowest, ranks.highest) == ("−0.98", "−0.02")
        assert ranks.large_each.endswith(f"ViT +0.80 ({percent(0.52, 0)} of the draws)")
        assert found_for(confidence=0.5).real.ranks.bar == percent(0.75, 0)

    @pytest.mark.parametrize("studies", [["miniature", "published"], ["published"]])
    def test_the_record_speaks_whatever_study_stands_first(
        self, found: Calibration, studies: list[str]
    ) -> None:
        assert found_for(studies=studies).real == found.real

    @pytest.mark.parametrize(
        "values", [{"studies": ["miniature"]}, {"scaling": ["after"]}, {"groups": ["clip_zero_shot"]}]
    )
    def test_a_drawn_world_never_speaks_for_the_record(self, values: dict[str, object]) -> None:
        drawn = found_for(**values)
        for value in (drawn.real.models, drawn.real.best.error, drawn.real.floor.name, drawn.real.by_chance):
            assert isinstance(value, Missing)
            assert value.reason == "no confidences of real networks are shown"
        assert drawn.sizes.study == "`miniature`"

    def test_one_set_stands_for_all_and_some_errors_are_chance(self) -> None:
        pose = found_for(conditions=["factor_pose"])
        assert (pose.real.whole, pose.real.sets) == ("pose", "one")
        assert pose.whole_sets == "pose (`published`)"
        assert (pose.real.beyond, pose.real.by_chance, pose.real.orders) == ("3", "some", "several")
        assert isinstance(pose.real.cancels, Missing)
        assert isinstance(pose.real.ranks.parts, Missing)
        assert isinstance(pose.correlated, Missing)

    def test_of_a_single_network_only_the_best_is_said(self) -> None:
        alone = found_for(studies=["published"], groups=["standard"])
        assert (alone.real.models, alone.real.best.name) == ("1", "resnet50.tv_in1k")
        assert (alone.real.number, alone.sizes.number) == ("one", "one")
        assert alone.real.errors == str(alone.real.best.error)
        for value in (alone.real.worst.name, alone.real.orders, alone.sizes.worst.name, alone.sizes.told):
            assert isinstance(value, Missing)

    def test_errors_that_may_all_be_chance(self) -> None:
        chance = RECORD.judged.assign(low=RECORD.judged["low"] * 0)
        assert real_of(RECORD.view, chance, RECORD.ranks, 0.95).by_chance == "all"

    def test_without_a_set_of_5000_images_nothing_is_the_largest(self) -> None:
        small = RECORD.judged.assign(claimed=RECORD.judged["claimed"] & False)
        assert isinstance(real_of(RECORD.view, small, RECORD.ranks, 0.95).largest.value, Missing)

    def test_nobody_is_left_where_the_error_falls_for_each(self) -> None:
        falling = real_of(
            RECORD.view, RECORD.judged, RECORD.ranks.assign(falling=RECORD.ranks["falling"] * 0 + 1), 0.95
        )
        assert falling.ranks.falling == "4 of 4"
        assert isinstance(falling.ranks.others, Missing)


class TestSizes:
    def test_without_a_study_nothing_is_said(self) -> None:
        assert isinstance(sizes_of("mine", {}).perfect, Missing)

    def test_the_record(self, found: Calibration) -> None:
        sizes = found.sizes
        assert (sizes.study, sizes.told) == ("`published`", "worst")
        assert (sizes.best.tells, sizes.worst.tells) == ("25,000", "2,500")
        assert (str(sizes.perfect), str(sizes.best.small)) == (percent(0.054), percent(0.059))

    @pytest.mark.parametrize(
        ("apart", "told"),
        [
            ((True, True), "both"),
            ((True, False), "best"),
            ((False, True), "worst"),
            ((False,) * 2, "neither"),
        ],
    )
    def test_which_models_5000_images_tell(self, apart: tuple[bool, bool], told: str) -> None:
        made = {
            name: one.assign(low=one["low"] * 0 + is_apart, high=one["high"] * 0 + 0.5)
            for (name, one), is_apart in zip(RECORD.simulated.items(), apart, strict=True)
        }
        sizes = sizes_of("mine", made)
        assert sizes.told == told
        assert sizes.best.tells == ("300" if apart[0] else "more than 50,000")


class TestResult:
    def test_a_page_without_any_data_is_refused(self) -> None:
        with pytest.raises(ClipsafeError, match="Nothing to show: the study published has no model of these"):
            found_for(studies=["published"], groups=["human"])

    def test_what_is_shown_is_named(self, found: Calibration) -> None:
        assert found.whole_sets == "all images (`published`) and natural (`miniature`)"
        assert found.scalings == "before"
        assert found_for(scaling=["after"]).scalings == "after"

    def test_fewer_bins_are_asked_of_one_view(self, found: Calibration) -> None:
        view = found.shown[0]
        xr.testing.assert_equal(found.judge(view, 15), found.judged[view.title])
        assert (found.judge(view, 3)["floor"] < found.judge(view, 15)["floor"]).all()

    def test_a_study_of_ones_own_is_real_where_it_is_measured(
        self, models: xr.Dataset, tmp_path: Path
    ) -> None:
        write_cube(scaled_cube(), tmp_path / "mine" / "calibration.nc")
        write_cube(models, tmp_path / "mine" / "models.nc")
        mine = found_for(studies=[str(tmp_path / "mine"), "miniature"])
        assert mine.real.study == "`mine`"
        assert (mine.real.best.name, mine.real.worst.name) == ("resnet50", "ViT-B-32.openai")
        assert mine.lab.scaling == found_for(studies=["miniature"]).lab.scaling

    def test_two_conditions_are_too_few_for_ranks(self, tmp_path: Path) -> None:
        names = RECORD.panel.models["model"].values[1:3]
        few = RECORD.panel.cube.sel(model=names, condition=["id", "factor_style"])
        write_cube(few, tmp_path / "few" / "calibration.nc")
        described = find_study("published").read("models").sel(model=names)
        write_cube(described, tmp_path / "few" / "models.nc")
        found = found_for(studies=[str(tmp_path / "few")], n_bins=3, binning="equal_mass")
        assert isinstance(found.real.ranks.falling, Missing)
        assert isinstance(found.lab.knob("batch").error, Missing)
        assert isinstance(found.real.largest.value, Value)
