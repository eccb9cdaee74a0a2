"""What chapter 4 draws, tabulates and tells of its findings, and that it runs on what a study has."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.chapters.calibration import descriptions as alt
from clipsafe_utils.chapters.calibration import laboratory_tables, tables
from clipsafe_utils.chapters.training_texts import describe_ladder
from clipsafe_utils.cubes import write_cube
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.figures import calibration as figures
from clipsafe_utils.figures import calibration_scaling, causes
from clipsafe_utils.figures import calibration_trials as trial_figures
from clipsafe_utils.findings.calibration import errors as chapter
from clipsafe_utils.findings.calibration.laboratory import PROPERTIES, STEPS
from clipsafe_utils.findings.calibration.result import Calibration
from clipsafe_utils.findings.calibration.scaling_change import change_of_groups, scaling_change
from clipsafe_utils.findings.calibration.views import View, leading, views
from clipsafe_utils.findings.ladder import RUNGS
from clipsafe_utils.findings.trainings import Trainings, tables_of_studies
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.publishing.chapters import find_chapter
from clipsafe_utils.publishing.render import render_chapter
from clipsafe_utils.publishing.texts import text_of_page
from clipsafe_utils.say import NOT_MEASURED
from tests.chapters.calibration_cubes import (
    BOTH,
    CONDITIONS,
    HOW,
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


class TestScaled:
    """A study that has confidences before and after scaling."""

    @pytest.fixture
    def shown(self, models: xr.Dataset) -> list[View]:
        return views([scaled_panel(models)], ["all"], BOTH)

    def test_table_has_the_scores_that_the_record_lacks(self, shown: list[View]) -> None:
        chosen = check_parameters("calibration", {"confidence": 0.9})
        (made,) = tables.variants_tables(Calibration(chosen, [], [], shown, {}))
        assert made.markup.count('<th scope="row">') == 4
        assert NOT_MEASURED not in made.markup
        assert f"{TEMPERATURES['b']:.2f}" in made.markup
        assert "90\N{NO-BREAK SPACE}% intervals" in made.markup

    def test_figures_have_a_row_a_view(self, shown: list[View]) -> None:
        judged = {view.title: chapter.judge_view(view, **HOW) for view in shown}
        ranks = {view.title: chapter.rank_correlations(view, 0.95) for view in shown}
        drawn = figures.conditions(judged)
        assert [axes.get_title(loc="left") for axes in drawn.axes[::2]] == list(judged)
        parts = {view.title: judged[view.title].sel(condition=view.parts) for view in shown}
        drawn = figures.against_accuracy(parts, ranks)
        assert [block.get_suptitle() for block in drawn.subfigs] == [f"Study: {title}" for title in judged]
        assert drawn.axes[0].get_title(loc="left").startswith("a\nall 3: ρ")


class TestFigures:
    def test_reliability_has_a_panel_a_model(self) -> None:
        panels = chapter.reliability_panels([RECORD.view], 5, "equal_mass")
        axes = figures.reliability(panels, 0.95).axes
        assert [one.get_title(loc="left") for one in axes] == ["DINO", "ResNet50", "SimCLR", "ViT"]
        assert "DINO: 100\N{NO-BREAK SPACE}% of the images" in alt.describe_reliability(panels)

    def test_conditions_are_sorted_by_size_and_small_ones_are_hollow(self) -> None:
        plain, debiased = figures.conditions({RECORD.view.title: RECORD.judged}).axes
        labels = [label.get_text() for label in plain.get_yticklabels()]
        assert labels[0] == "multiple objects (40)"
        assert labels[-1] == "all images (50,000)"
        faces = debiased.collections[1].get_facecolor()
        assert (faces[:12, 3] == 0).all()
        assert (faces[12:, 3] == 1).all()
        assert "pose, 15,064 images: 0.9" in alt.describe_conditions({RECORD.view.title: RECORD.judged})

    def test_limits_show_every_mark(self) -> None:
        parts = {RECORD.view.title: RECORD.judged.sel(condition=RECORD.view.parts)}
        axes = figures.against_accuracy(parts, {RECORD.view.title: RECORD.ranks}).axes[0]
        assert axes.get_ylim()[0] == 0
        assert axes.get_ylim()[1] > 100 * RECORD.judged["high"].sel(condition=RECORD.view.parts).max()
        assert alt.describe_against_accuracy({RECORD.view.title: RECORD.ranks}).count("(") == 4

    def test_sizes_name_the_best_and_the_worst(self) -> None:
        axes = trial_figures.sizes(RECORD.simulated, chapter.FEWEST_IMAGES).axes
        assert [one.get_title(loc="left") for one in axes] == ["ViT", "SimCLR"]
        assert axes[0].get_ylim()[1] > 100 * max(
            one["high"].max().item() for one in RECORD.simulated.values()
        )
        assert alt.describe_sizes(RECORD.simulated).count("if calibrated") == 4

    def test_a_study_with_nothing_draws_nothing(self) -> None:
        empty = chapter.reliability_panels([], 15, "equal_width")
        drawn = [
            figures.reliability(empty, 0.95),
            figures.conditions({}),
            figures.against_accuracy({}, {}),
            trial_figures.sizes({}, 5000),
        ]
        assert [figure.axes for figure in drawn] == [[], [], [], []]
        told = (
            alt.describe_reliability(empty),
            alt.describe_conditions({}),
            alt.describe_against_accuracy({}),
            alt.describe_sizes({}),
        )
        assert set(told) == {"No study has confidences."}
        assert alt.describe_scaling({}) == "No study has confidences before and after scaling."

    def test_an_interval_of_shares_starts_at_0(self) -> None:
        assert tables.interval_of_shares(-0.001, 0.0234) == "0.0 to 2.3\N{NO-BREAK SPACE}%"


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

    def test_each_study_has_a_row_and_the_zero_line(self, panel: Panel) -> None:
        moved = change_of_groups(scaling_change([panel], 0.95))
        left, right = calibration_scaling.scaling_changes(moved).axes
        labels = [label.get_text() for label in left.get_yticklabels()]
        assert (labels[0], labels[-1]) == ("natural", "mean of shifts")
        marks = [one.get_offsets()[:, 0] for one in right.collections[1::2]]
        np.testing.assert_allclose(marks[0], [-1.5, -1.5, 1, 1, 1, 1], atol=1e-9)
        assert "CLIP, zero-shot: natural −15.0" in alt.describe_scaling(moved)
        assert calibration_scaling.scaling_changes({}).axes == []

    def test_ladder_can_be_drawn_and_told(self, trainings: dict[str, Trainings]) -> None:
        rungs = tables_of_studies(trainings, PROPERTIES, Trainings.ladder)
        assert len(causes.ladder(rungs, RUNGS).axes) == 3
        assert "trained on wit: a 0.55, b 0.60, c 0.65, d 0.75." in describe_ladder(rungs)

    def test_studies_stand_in_blocks_of_their_own(self, models: xr.Dataset) -> None:
        one = scaled_panel(models)
        both = [one, Panel("other", one.cube, one.models)]
        shown = leading(views(both, ["all"], BOTH))
        assert [(view.study, view.scaling) for view in shown] == [("scaled", "before"), ("other", "before")]
        drawn = figures.reliability(chapter.reliability_panels(shown, 15, "equal_width"), 0.95)
        assert [block.get_suptitle() for block in drawn.subfigs] == ["Study: scaled", "Study: other"]
        assert [len(block.axes) for block in drawn.subfigs] == [2, 2]


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
class TestChapter:
    def test_without_confidences_digits_and_ladder_stay(self, models: xr.Dataset, tmp_path: Path) -> None:
        folder = tmp_path / "trained"
        _write_trainings(models, folder)
        text = _render(folder, tmp_path / "trained.ipynb", {})
        assert "The study `trained` has no cube `calibration`" in text
        assert "No study here has confidences to show." in text
        assert "strongest blur, after" in text
        assert "trained on wit: a 0.55" in text
        assert NOT_MEASURED not in _sentences(text)

    def test_runs_with_the_ladder(self, models: xr.Dataset, tmp_path: Path) -> None:
        folder = tmp_path / "lab"
        write_cube(scaled_cube(), folder / "calibration.nc")
        _write_trainings(models, folder)
        text = _render(folder, tmp_path / "lab.ipynb", {})
        assert "no cube" not in text
        assert "trained on wit: a 0.55" in text
        assert "higher by 10.0 points" in text
        assert NOT_MEASURED not in _sentences(text)

    def test_runs_before_and_after(self, models: xr.Dataset, tmp_path: Path) -> None:
        write_cube(scaled_cube(), tmp_path / "scaled" / "calibration.nc")
        write_cube(models, tmp_path / "scaled" / "models.nc")
        text = _render(tmp_path / "scaled", tmp_path / "scaled.ipynb", {"confidence": 0.8})
        assert "left out" not in text
        assert f"v2, {CONDITIONS['v2']} images" in text


def _sentences(text: str) -> str:
    """Leave out what the page says of the record whatever is shown, and its tables."""
    return "\n".join(line for line in text.splitlines() if " | " not in line and "*not measured*" not in line)
