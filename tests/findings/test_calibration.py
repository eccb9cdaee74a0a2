"""Chapter 4 says what the cube says, keeps quiet where it cannot, and never leaves a number out."""

from pathlib import Path

import nbformat
import numpy as np
import pytest
import xarray as xr
from scipy import stats

from clipsafe_utils.chapters.calibration import descriptions as alt
from clipsafe_utils.chapters.calibration import words
from clipsafe_utils.chapters.formats import NOT_MEASURED, percent
from clipsafe_utils.cubes import GROUPS, find_study, write_cube
from clipsafe_utils.cubes.panels import Panel, read_panels
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.figures import calibration as figures
from clipsafe_utils.figures import calibration_trials as trial_figures
from clipsafe_utils.findings.calibration import errors as chapter
from clipsafe_utils.findings.calibration.bins import images_to_tell, stored_bins
from clipsafe_utils.findings.calibration.laboratory import PROPERTIES
from clipsafe_utils.findings.calibration.views import View, left_out_parts, views
from clipsafe_utils.publishing.chapters import find_chapter
from clipsafe_utils.publishing.render import render_chapter
from tests.chapters.calibration_cubes import CONDITIONS, TEMPERATURES, scaled_cube, scaled_panel
from tests.chapters.synthetic_causes import synthetic_causes

HOW = {"n_bins": 15, "binning": "equal_width", "seed": 0, "confidence": 0.95}
BOTH = ["before", "after"]


@pytest.fixture(scope="module")
def panel() -> Panel:
    return read_panels(["published"], "calibration", list(GROUPS))[0]


@pytest.fixture(scope="module")
def view(panel: Panel) -> View:
    return views([panel], ["all"], BOTH)[0]


@pytest.fixture(scope="module")
def judged(view: View) -> xr.Dataset:
    return chapter.judge_view(view, **HOW)


@pytest.fixture(scope="module")
def ranks(view: View) -> xr.Dataset:
    return chapter.rank_correlations(view, 0.95)


@pytest.fixture(scope="module")
def simulated(view: View) -> dict[str, xr.Dataset]:
    return chapter.sample_sizes(view, **HOW)


class TestNumbers:
    def test_bins_give_the_error_that_the_record_stores(self, view: View, judged: xr.Dataset) -> None:
        stored = view.cube.isel(draw=0)
        # The record keeps eight decimals.
        np.testing.assert_allclose(judged["ece"], stored["ece"], rtol=0, atol=1e-8)
        np.testing.assert_allclose(judged["floor"], stored["ece_floor"], rtol=0.08)
        equal_mass = chapter.judge_view(view, **(HOW | {"binning": "equal_mass"}))["ece"]
        whole = {"condition": "id"}
        np.testing.assert_allclose(equal_mass.sel(whole), stored["ece_equal_mass"].sel(whole), atol=1e-3)

    def test_claims_need_5000_images(self, judged: xr.Dataset) -> None:
        claimed = judged["condition"].values[judged["claimed"].values].tolist()
        factors = ("pose", "background", "pattern", "color")
        assert claimed == ["id", "id_annotated", *(f"factor_{name}" for name in factors)]

    def test_a_negative_error_is_shown_as_0_inside_its_interval(self, judged: xr.Dataset) -> None:
        assert (judged["error"] == 0).any()
        assert (judged["low"] <= judged["high"]).all()
        assert (judged["low"].where(judged["error"] == 0, 0) == 0).all()

    def test_ranks_are_spearmans(self, view: View, judged: xr.Dataset, ranks: xr.Dataset) -> None:
        error = view.cube["ece_debiased"].isel(draw=0)
        for name in judged["model"].values:
            for choice, parts in (("all", view.parts), ("large", view.parts[:4])):
                pair = [array.sel(model=name, condition=parts) for array in (judged["accuracy"], error)]
                expected = stats.spearmanr(*pair).statistic
                assert ranks["rho"].sel(model=name, choice=choice).item() == pytest.approx(expected)
        assert ranks["parts"].values.tolist() == [16, 4]

    def test_ranks_of_two_parts_mean_nothing(self, panel: Panel) -> None:
        few = views([panel], ["id", "factor_pose", "factor_style"], BOTH)[0]
        assert chapter.rank_correlations(few, 0.95)["rho"].isnull().all()

    def test_every_number_of_the_prose_is_there(
        self, view: View, judged: xr.Dataset, ranks: xr.Dataset, simulated: dict[str, xr.Dataset]
    ) -> None:
        numbers = words.numbers([view], {view.title: judged}, {view.title: ranks}, simulated, 0.95)
        assert tuple(numbers) == words.KEYS
        assert NOT_MEASURED not in numbers.values()
        assert numbers["calibration-beyond-chance"] == numbers["calibration-models"] == "4"
        assert (numbers["calibration-best"], numbers["calibration-worst"]) == ("ViT", "SimCLR")
        assert numbers["calibration-worst-error"] == percent(0.0544)
        assert numbers["calibration-ranks-falling"] == "3"
        assert numbers["calibration-ranks-others"] == "ViT"
        assert set(words.numbers([], {}, {}, {}, 0.95).values()) == {NOT_MEASURED}


class TestProse:
    """Sentences of the chapter that no number carries."""

    def test_the_vit_errs_both_ways_and_the_average_hides_it(self, view: View) -> None:
        bins = stored_bins(view.cube.sel(condition="id", model="imagenet-x-images:ViT"))
        gap = bins.confidence_sum - bins.hits
        assert (gap[:6] < 0).all()
        assert (gap[11:] > 0).all()
        assert abs(chapter.mean_gap(view).sel(model="imagenet-x-images:ViT")) < 0.002

    def test_no_variant_changes_the_order_of_the_models(self, view: View) -> None:
        whole = view.cube.isel(draw=0).sel(condition="id")
        variants = ("ece", "ece_equal_mass", "ece_rms", "ece_debiased")
        assert len({tuple(np.argsort(whole[name].values)) for name in variants}) == 1

    def test_5000_images_tell_a_bad_model_but_not_a_good_one(self, simulated: dict[str, xr.Dataset]) -> None:
        good, bad = (images_to_tell(one) for one in simulated.values())
        assert bad is not None
        assert good is not None
        assert bad <= chapter.FEWEST_IMAGES < good

    def test_a_single_bin_makes_the_best_model_look_nearly_perfect(self, view: View) -> None:
        one = chapter.judge_view(view, **(HOW | {"n_bins": 1})).sel(condition="id")
        assert one["ece"].min() < 0.002
        three = chapter.judge_view(view, **(HOW | {"n_bins": 3})).sel(condition="id")
        fifteen = chapter.judge_view(view, **HOW).sel(condition="id")
        assert (three["floor"] < fifteen["floor"] / 1.9).all()
        assert (three["ece"] > 0.9 * fifteen["ece"]).all()

    def test_half_of_the_images_are_in_the_last_bin(self, view: View) -> None:
        count = view.cube["bin_count"].sel(condition="id")
        assert (abs(count.isel(bin=-1) / count.sum("bin") - 0.5) < 0.12).all()


class TestViews:
    def test_what_a_study_lacks_is_said_in_words(self, panel: Panel) -> None:
        said = left_out_parts([panel], ["id", "v2"], BOTH)
        assert said == [
            "The study `published` has no confidences after temperature scaling: they are left out.",
            "The study `published` has no condition `v2`.",
        ]
        assert [view.scaling for view in views([panel], ["id", "v2"], BOTH)] == ["before"]
        assert views([panel], ["all"], ["after"]) == []

    def test_a_condition_that_no_study_has_is_refused(self, panel: Panel) -> None:
        with pytest.raises(ClipsafeError, match=r"No study has the condition 'factor_poze'; .* all, id,"):
            views([panel], ["factor_poze"], BOTH)

    def test_the_largest_set_stands_for_the_whole(self, panel: Panel) -> None:
        few = views([panel], ["factor_style", "factor_background"], BOTH)[0]
        assert few.whole == "factor_background"
        assert few.parts == ["factor_background", "factor_style"]

    def test_a_condition_that_a_model_lacks_is_left_out(self, panel: Panel) -> None:
        cube = panel.cube.copy(deep=True)
        cube["ece_debiased"].loc[{"model": cube["model"].values[0], "condition": "factor_pose"}] = np.nan
        partial = views([Panel("partial", cube, panel.models)], ["all"], BOTH)[0]
        assert "factor_pose" not in partial.parts
        assert len(partial.parts) == 15

    def test_of_many_models_the_most_accurate_of_each_group_are_shown(self, panel: Panel) -> None:
        copies = [panel.models["model"].values + f" {number}" for number in range(3)]
        cube = xr.concat([panel.cube.assign_coords(model=names) for names in copies], "model")
        models = xr.concat([panel.models.assign_coords(model=names) for names in copies], "model")
        many = Panel("many", cube, models)
        shown = views([many], ["all"], BOTH)[0].models
        assert shown["group"].values.tolist() == ["contrastive", "standard", "other"]
        assert shown["model"].values[0] == "imagenet-x-images:DINO 0"
        assert left_out_parts([many], ["all"], ["before"]) == [
            "The study `many` has 12 models; the figures show the most accurate of each group."
        ]


class TestScaled:
    """A study that has confidences before and after scaling."""

    @pytest.fixture
    def shown(self, models: xr.Dataset) -> list[View]:
        return views([scaled_panel(models)], ["all"], BOTH)

    def test_both_are_shown_side_by_side(self, shown: list[View]) -> None:
        assert [view.title for view in shown] == ["scaled, before scaling", "scaled, after scaling"]
        panels = chapter.reliability_panels(shown, 15, "equal_width")
        assert panels["title"].values.tolist() == ["a, before", "a, after", "b, before", "b, after"]
        two = [chapter.judge_view(view, **HOW) for view in shown]
        assert (two[1]["error"].sel(condition="id") < two[0]["error"].sel(condition="id")).all()
        xr.testing.assert_equal(two[0]["accuracy"], two[1]["accuracy"])

    def test_table_has_the_scores_that_the_record_lacks(self, shown: list[View]) -> None:
        markup = words.variants_table(shown, 0.9).markup
        assert markup.count('<th scope="row">') == 4
        assert NOT_MEASURED not in markup
        assert f"{TEMPERATURES['b']:.2f}" in markup

    def test_figures_have_a_row_a_view(self, shown: list[View]) -> None:
        judged = {view.title: chapter.judge_view(view, **HOW) for view in shown}
        ranks = {view.title: chapter.rank_correlations(view, 0.95) for view in shown}
        drawn = figures.conditions(judged)
        assert [axes.get_title(loc="left") for axes in drawn.axes[::2]] == list(judged)
        parts = {view.title: judged[view.title].sel(condition=view.parts) for view in shown}
        drawn = figures.against_accuracy(parts, ranks)
        assert [block.get_suptitle() for block in drawn.subfigs] == [f"Study: {title}" for title in judged]
        assert drawn.axes[0].get_title(loc="left").startswith("a\nall 3: ρ")

    def test_a_study_with_one_scaling_writes_no_scaling_above(self, models: xr.Dataset) -> None:
        one = views([scaled_panel(models, ("before",))], ["all"], BOTH)
        titles = chapter.reliability_panels(one, 15, "equal_width")["title"]
        assert titles.values.tolist() == ["a", "b"]


class TestFigures:
    def test_reliability_has_a_panel_a_model(self, view: View) -> None:
        panels = chapter.reliability_panels([view], 5, "equal_mass")
        axes = figures.reliability(panels, 0.95).axes
        assert [one.get_title(loc="left") for one in axes] == ["DINO", "ResNet50", "SimCLR", "ViT"]
        assert "DINO: 100\N{NO-BREAK SPACE}% of the images" in alt.describe_reliability(panels)

    def test_conditions_are_sorted_by_size_and_small_ones_are_hollow(
        self, view: View, judged: xr.Dataset
    ) -> None:
        plain, debiased = figures.conditions({view.title: judged}).axes
        labels = [label.get_text() for label in plain.get_yticklabels()]
        assert labels[0] == "multiple objects (40)"
        assert labels[-1] == "all images (50,000)"
        faces = debiased.collections[1].get_facecolor()
        assert (faces[:12, 3] == 0).all()
        assert (faces[12:, 3] == 1).all()
        assert "pose, 15,064 images: 0.9" in alt.describe_conditions({view.title: judged})

    def test_limits_show_every_mark(self, view: View, judged: xr.Dataset, ranks: xr.Dataset) -> None:
        parts = {view.title: judged.sel(condition=view.parts)}
        axes = figures.against_accuracy(parts, {view.title: ranks}).axes[0]
        assert axes.get_ylim()[0] == 0
        assert axes.get_ylim()[1] > 100 * judged["high"].sel(condition=view.parts).max()
        assert alt.describe_against_accuracy({view.title: ranks}).count("(") == 4

    def test_sizes_name_the_best_and_the_worst(self, simulated: dict[str, xr.Dataset]) -> None:
        axes = trial_figures.sizes(simulated, chapter.FEWEST_IMAGES).axes
        assert [one.get_title(loc="left") for one in axes] == ["ViT", "SimCLR"]
        assert axes[0].get_ylim()[1] > 100 * max(one["high"].max().item() for one in simulated.values())
        assert alt.describe_sizes(simulated).count("if calibrated") == 4

    def test_a_study_with_nothing_draws_nothing(self) -> None:
        empty = chapter.reliability_panels([], 15, "equal_width")
        drawn = [
            figures.reliability(empty, 0.95),
            figures.conditions({}),
            figures.against_accuracy({}, {}),
            trial_figures.sizes({}, 5000),
        ]
        assert [figure.axes for figure in drawn] == [[], [], [], []]


def _render(folder: Path, output: Path, parameters: dict[str, object]) -> str:
    study = {"studies": [str(folder)]}
    render_chapter(find_chapter(REPOSITORY, "calibration"), output, study | parameters)
    cells = nbformat.read(output, as_version=4).cells
    outputs = [one for cell in cells for one in cell.get("outputs", [])]
    return "\n".join(str(one.get("data", one.get("text"))) for one in outputs)


@pytest.mark.slow
class TestChapter:
    def test_runs_without_the_cube(self, models: xr.Dataset, tmp_path: Path) -> None:
        write_cube(models, tmp_path / "bare" / "models.nc")
        text = _render(tmp_path / "bare", tmp_path / "bare.ipynb", {})
        assert "The study `bare` has no cube `calibration`" in text
        assert "No study has confidences." in text
        assert "strongest blur, after" in text

    def test_runs_on_two_models_and_two_conditions(self, panel: Panel, tmp_path: Path) -> None:
        names = panel.models["model"].values[1:3]
        few = panel.cube.sel(model=names, condition=["id", "factor_style"])
        write_cube(few, tmp_path / "few" / "calibration.nc")
        described = find_study("published").read("models").sel(model=names)
        write_cube(described, tmp_path / "few" / "models.nc")
        text = _render(tmp_path / "few", tmp_path / "few.ipynb", {"n_bins": 3, "binning": "equal_mass"})
        assert NOT_MEASURED in text
        assert "too few parts" in text

    def test_runs_with_the_ladder(self, models: xr.Dataset, tmp_path: Path) -> None:
        folder = tmp_path / "lab"
        write_cube(scaled_cube(), folder / "calibration.nc")
        write_cube(models, folder / "models.nc")
        write_cube(synthetic_causes(dict.fromkeys(PROPERTIES, 0.5)), folder / "causes.nc")
        text = _render(folder, tmp_path / "lab.ipynb", {})
        assert "no cube" not in text
        assert "trained on wit: a 0.55" in text
        assert "higher by 10.0 points" in text

    def test_runs_before_and_after(self, models: xr.Dataset, tmp_path: Path) -> None:
        write_cube(scaled_cube(), tmp_path / "scaled" / "calibration.nc")
        write_cube(models, tmp_path / "scaled" / "models.nc")
        text = _render(tmp_path / "scaled", tmp_path / "scaled.ipynb", {"confidence": 0.8})
        assert "left out" not in text
        assert f"v2, {CONDITIONS['v2']} images" in text
