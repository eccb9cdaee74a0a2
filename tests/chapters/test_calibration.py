"""What chapter 5 draws, tabulates and tells of its findings, and that it runs on what a study has."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.chapters.calibration import figures, laboratory_tables, tables
from clipsafe_utils.cubes import write_cube
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.findings.calibration import errors as chapter
from clipsafe_utils.findings.calibration.alike import read_alike
from clipsafe_utils.findings.calibration.laboratory import PROPERTIES, STEPS
from clipsafe_utils.findings.calibration.result import Calibration
from clipsafe_utils.findings.calibration.scaling_change import change_of_groups, scaling_change
from clipsafe_utils.findings.calibration.temperatures import Temperatures, read_temperatures
from clipsafe_utils.findings.calibration.views import leading, views
from clipsafe_utils.findings.trainings import Trainings
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.publishing.chapters import find_chapter
from clipsafe_utils.publishing.render import render_chapter
from clipsafe_utils.publishing.texts import text_of_page
from clipsafe_utils.say import NOT_MEASURED
from clipsafe_utils.show.encoding import group_look
from tests.chapters.calibration_cubes import (
    BOTH,
    CONDITIONS,
    RECORD,
    TEMPERATURES,
    scaled_cube,
    scaled_panel,
)
from tests.chapters.synthetic_causes import synthetic_causes
from tests.findings.test_calibration_laboratory import STARTS, lab_panel


@pytest.fixture
def panel() -> Panel:
    return lab_panel()


@pytest.fixture
def trainings() -> dict[str, Trainings]:
    return {"lab": Trainings(synthetic_causes(STARTS), 0.95)}


def found_of(panels: list[Panel], trainings: dict[str, Trainings] | None = None) -> Calibration:
    chosen = check_parameters("calibration", {"confidence": 0.9})
    return Calibration(chosen, panels, [], views(panels, ["all"], BOTH), trainings or {})


@pytest.fixture(scope="module")
def record() -> Calibration:
    return found_of([RECORD.panel])


@pytest.fixture
def scaled(models: xr.Dataset) -> Calibration:
    return found_of([scaled_panel(models)])


class TestTables:
    def test_scores_that_the_record_lacks_have_a_table_of_their_own(self, scaled: Calibration) -> None:
        errors, scores = tables.variants_tables(scaled)
        assert errors.markup.count('<th scope="row">') == scores.markup.count('<th scope="row">') == 4
        assert NOT_MEASURED not in errors.markup + scores.markup
        assert f"{TEMPERATURES['b']:.2f}" in scores.markup
        assert "90\N{NO-BREAK SPACE}% intervals" in errors.markup

    def test_no_table_says_only_that_nothing_is_measured(self, record: Calibration) -> None:
        (errors,) = tables.variants_tables(record)
        assert NOT_MEASURED not in errors.markup

    def test_an_interval_of_shares_starts_at_0(self) -> None:
        assert tables.interval_of_shares(-0.001, 0.0234) == "0.0 to 2.3\N{NO-BREAK SPACE}%"


class TestFrames:
    def test_reliability_has_a_panel_a_model_and_a_mark_a_bin_with_images(self) -> None:
        panels = chapter.reliability_panels([RECORD.view], 5, "equal_mass")
        frame = figures.reliability_frame(panels, 0.95)
        assert list(dict.fromkeys(frame["panel"])) == ["DINO", "resnet50.tv_in1k", "SimCLR", "ViT"]
        assert frame["value"].between(frame["low"], frame["high"]).all()
        np.testing.assert_allclose(frame.groupby("panel")["weight"].sum(), 1)
        empty = panels.assign(bin_count=panels["bin_count"] * (panels["bin"] > 1))
        assert len(figures.reliability_frame(empty, 0.95)) == len(frame) - 8

    def test_no_panel_of_sets_has_two_models_of_one_group(self, record: Calibration) -> None:
        frame = figures.conditions_frame(record)
        names = {"published: DINO, resnet50.tv_in1k, ViT", "published: SimCLR"}
        assert set(frame["panel"]) == names
        assert not frame.duplicated(["panel", "side", "row", "look"]).any()

    def test_sets_stand_by_size_and_small_ones_are_hollow(self, record: Calibration) -> None:
        frame = figures.conditions_frame(record)
        rows = list(dict.fromkeys(frame["row"]))
        assert (rows[0], rows[-1]) == ("all images (50,000)", "multiple objects (40)")
        assert list(dict.fromkeys(frame["row"][frame["decided"]])) == rows[:6]
        ece, debiased = (frame[frame["side"] == side] for side in ("ECE", "debiased error"))
        assert ece["low"].isna().all()
        assert (ece["band_low"] == 0).all()
        assert debiased["band_high"].isna().all()
        assert (debiased["value"] <= debiased["high"]).all()

    def test_ranks_stand_over_each_model(self, record: Calibration) -> None:
        frame = figures.parts_frame(record)
        headings = list(dict.fromkeys(frame["panel"]))
        assert headings[0] == "DINO\nall 16: ρ −0.64\nlarge 4: ρ −1.00"
        assert (frame.groupby("panel")["decided"].sum() == 4).all()
        few = replace(record, views=views([RECORD.panel], ["factor_pose", "factor_style"], BOTH))
        assert {name.split("\n")[1] for name in figures.parts_frame(few)["panel"]} == {"too few parts for ρ"}

    def test_the_chart_has_every_scaling_and_set_with_its_interval(self, scaled: Calibration) -> None:
        frame = figures.every_frame(scaled)
        assert list(dict.fromkeys(frame["side"])) == ["before scaling", "after scaling"]
        assert f"v2, {CONDITIONS['v2']} images" in set(frame["panel"])
        assert (frame["decided"] == ~frame["panel"].str.contains("800|400")).all()
        assert frame["value"].between(frame["low"], frame["high"]).all()
        (panel,) = scaled.panels
        cube = panel.cube.copy(deep=True)
        cube["ece_debiased"].loc[{"model": "b", "scaling": "before", "condition": "id"}] = np.nan
        partial = figures.every_frame(found_of([replace(panel, cube=cube)]))
        kept = partial[(partial["side"] == "before scaling") & partial["panel"].str.startswith("all images")]
        assert kept["name"].tolist() == ["resnet50"]

    def test_sizes_name_the_best_and_the_worst(self) -> None:
        frame = figures.sizes_frame(RECORD.simulated)
        assert list(dict.fromkeys(frame["panel"])) == ["ViT", "SimCLR"]
        assert list(dict.fromkeys(frame["look"])) == ["group/other", "ink/ideal", "group/contrastive"]
        assert frame["value"].between(frame["band_low"], frame["band_high"]).all()

    def test_figures_are_drawn_with_their_sources(self, scaled: Calibration) -> None:
        for draw in (figures.reliability, figures.conditions, figures.against_accuracy, figures.sizes):
            assert "Source: study test" in draw(scaled).markup

    def test_a_study_with_nothing_draws_nothing(self) -> None:
        nothing = found_of([])
        for draw in (figures.reliability, figures.conditions, figures.against_accuracy, figures.sizes):
            assert "not measured yet: confidences" in draw(nothing).markup
        assert "before and after scaling" in figures.scaling_changes(nothing).markup
        assert "not measured yet: the ladder" in figures.ladder(nothing).markup


class TestLaboratory:
    def test_steps_and_knobs_stand_in_one_table(self, trainings: dict[str, Trainings]) -> None:
        markup = laboratory_tables.steps_table(trainings, 0.95).markup
        assert markup.count('<th scope="row">') == len(STEPS) + 3
        assert "batch: 64 to 1,024 (d, wit)" in markup
        assert NOT_MEASURED not in markup
        assert laboratory_tables.steps_table({}, 0.95).markup.count("<td>") == 0

    def test_several_studies_are_told_apart(self, trainings: dict[str, Trainings]) -> None:
        both = trainings | {"bare": Trainings(synthetic_causes({"accuracy": 0.5}), 0.95)}
        markup = laboratory_tables.steps_table(both, 0.95).markup
        assert markup.count("<td>bare</td>") == len(STEPS)
        assert markup.count("<td>lab</td>") == len(STEPS) + 3

    def test_groups_stand_in_a_fold(self, panel: Panel) -> None:
        markup = laboratory_tables.groups_table(change_of_groups(scaling_change([panel], 0.95))).markup
        assert markup.startswith("<details>")
        assert "30.0\N{NO-BREAK SPACE}% → 15.0\N{NO-BREAK SPACE}%" in markup
        assert "60.0\N{NO-BREAK SPACE}% → 70.0\N{NO-BREAK SPACE}%" in markup

    def test_a_group_has_a_mark_with_its_range_in_each_set(self, panel: Panel) -> None:
        frame = figures.scaling_frame(change_of_groups(scaling_change([panel], 0.95)))
        rows = list(dict.fromkeys(frame["row"]))
        assert (rows[0], rows[-1]) == ("natural", "mean of shifts")
        sizes = panel.models["group"].to_series().value_counts().rename(group_look)
        assert (frame["is_range"] == (frame["look"].map(sizes) > 1)).all()  # one model has no range
        clips = frame[frame["look"] == "group/clip_zero_shot"]
        nll, error = (clips[clips["side"] == side]["value"].to_numpy() for side in ("NLL", "debiased error"))
        np.testing.assert_allclose(nll, [-1.5, -1.5, 1, 1, 1, 1], atol=1e-9)
        assert error[0] == pytest.approx(-15)

    def test_the_ladder_is_drawn_with_its_source(self, trainings: dict[str, Trainings]) -> None:
        markup = figures.ladder(found_of([], trainings)).markup
        assert "wit: a: labels 0.55 (0.53 to 0.57), b: labels read off captions 0.60" in markup

    def test_studies_are_told_apart(self, models: xr.Dataset) -> None:
        one = scaled_panel(models)
        both = found_of([one, Panel("other", one.cube, one.models)])
        shown = leading(both.views)
        assert [(view.study, view.scaling) for view in shown] == [("scaled", "before"), ("other", "before")]
        frame = figures.reliability_frame(both.reliability, 0.9)
        assert list(dict.fromkeys(zip(frame["study"], frame["panel"], strict=True))) == [
            ("scaled", "resnet50"),
            ("scaled", "ViT-B-32.openai"),
            ("other", "resnet50"),
            ("other", "ViT-B-32.openai"),
        ]


@pytest.fixture(scope="module")
def clips() -> Calibration:
    groups = ["clip_zero_shot", "clip_fine_tuned", "standard"]
    chosen = check_parameters("calibration", {"confidence": 0.9})
    return Calibration(
        chosen,
        [],
        [],
        [],
        {},
        read_alike(["published"], groups),
        read_temperatures(["published"], groups),
    )


class TestRealClips:
    def test_a_panel_before_and_after_and_a_look_a_group(self, clips: Calibration) -> None:
        frame = figures.alike_frame(clips, "ece")
        assert list(dict.fromkeys(frame["panel"])) == ["before scaling", "after scaling"]
        looks = {"group/clip_zero_shot", "group/clip_fine_tuned", "group/standard"}
        assert set(frame["look"]) == looks
        here = (frame["name"] == "ViT-B-32.openai") & (frame["panel"] == "before scaling")
        np.testing.assert_allclose(frame.loc[here, ["x", "value"]], [[63.716, 2.3568]], atol=1e-3)
        np.testing.assert_allclose(figures.alike_frame(clips, "gap").loc[here, "value"], [-0.934], atol=1e-3)

    def test_a_panel_a_fitter_and_a_look_a_source(self, clips: Calibration) -> None:
        frame = figures.temperatures_frame(clips)
        assert len(frame) == 19
        assert set(frame["look"]) == {"source/WIT", "source/LAION-400M", "source/LAION-2B"}
        assert "LAION-2B, 2,320 million images" in set(frame["label"])

    def test_quoted_facts_have_no_line_of_other_terms(self, clips: Calibration) -> None:
        for draw in (figures.alike, figures.gaps, figures.temperatures):
            markup = draw(clips).markup
            assert "facts quoted from Hierarchical Selective Classification" in markup
            assert "CC BY-NC" not in markup

    def test_a_clip_without_neighbours_has_no_median(self, clips: Calibration) -> None:
        markup = tables.alike_table(clips).markup
        assert markup.count('<th scope="row">') == 9
        assert markup.count("–") == 4

    def test_without_the_quoted_rows_nothing_is_drawn(self) -> None:
        for draw in (figures.alike, figures.gaps, figures.temperatures):
            assert "not measured yet" in draw(found_of([])).markup


def _render(folder: Path, output: Path, parameters: dict[str, object]) -> str:
    study = {"studies": [str(folder)]}
    render_chapter(find_chapter(REPOSITORY, "calibration"), output, study | parameters)
    return text_of_page(output)


def _write_trainings(models: xr.Dataset, folder: Path) -> None:
    """Write trainings that differ in one thing, described as the first of the models."""
    cube = synthetic_causes(dict.fromkeys(PROPERTIES, 0.5))
    trained = models.isel(model=[0] * cube.sizes["model"]).assign_coords(model=cube["model"].values)
    write_cube(cube, folder / "causes.nc")
    write_cube(xr.concat([models, trained], "model", combine_attrs="override"), folder / "models.nc")


@pytest.mark.slow
@pytest.mark.usefixtures("no_kernel")
class TestChapter:
    def test_without_confidences_digits_and_ladder_stay(self, models: xr.Dataset, tmp_path: Path) -> None:
        folder = tmp_path / "trained"
        _write_trainings(models, folder)
        text = _render(folder, tmp_path / "trained.ipynb", {})
        assert "The study `trained` has no cube `calibration`" in text
        assert "No study here has confidences to show." in text
        assert "Gap under blur: as it is" in text
        assert "wit: a: labels 0.55" in text
        assert NOT_MEASURED not in _sentences(text)

    def test_runs_with_the_ladder(self, models: xr.Dataset, tmp_path: Path) -> None:
        folder = tmp_path / "lab"
        write_cube(scaled_cube(), folder / "calibration.nc")
        _write_trainings(models, folder)
        text = _render(folder, tmp_path / "lab.ipynb", {})
        assert "no cube" not in text
        assert "wit: a: labels 0.55" in text
        assert "higher by 10.0 points" in text
        assert NOT_MEASURED not in _sentences(text)

    def test_runs_before_and_after(self, models: xr.Dataset, tmp_path: Path) -> None:
        write_cube(scaled_cube(), tmp_path / "scaled" / "calibration.nc")
        write_cube(models, tmp_path / "scaled" / "models.nc")
        text = _render(tmp_path / "scaled", tmp_path / "scaled.ipynb", {"confidence": 0.8})
        assert "left out" not in text
        assert f"v2 ({CONDITIONS['v2']})" in text


def _sentences(text: str) -> str:
    """Leave out what the page says of the record whatever is shown, and its tables."""
    return "\n".join(line for line in text.splitlines() if " | " not in line and "*not measured*" not in line)


def test_one_model_has_no_range_and_one_network_no_plural() -> None:
    one = xr.Dataset(
        {name: (("score", "model", "condition"), np.full((3, 1, 1), 0.1)) for name in ("before", "after")},
        {"score": ["ece_debiased", "nll", "brier"], "model": ["a"], "condition": ["id"]},
    )
    change = one.assign(verdict=one["before"] * 0, group=("model", ["standard"]))
    frame = figures.scaling_frame(change_of_groups({"mine": change}))
    assert frame[["low", "high"]].isna().all(axis=None)
    rows = [("wide", "WIT"), ("wide", "LAION-2B"), ("one", "own data")]
    table = pd.DataFrame(
        [{"study": "s", "fitter": fitter, "source": source, "temperature": 0.68} for fitter, source in rows]
    )
    assert Temperatures(table).others == "0.68 (one, one network of own data)"
