"""What chapter 1 says of the laboratory, on cubes whose every number is known."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from clipsafe_utils.chapters.factor_robustness import laboratory_words as words
from clipsafe_utils.chapters.formats import NOT_MEASURED
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.figures import causes as figures
from clipsafe_utils.figures.factor_robustness import residuals
from clipsafe_utils.findings.factors import laboratory
from clipsafe_utils.findings.ladder import RUNGS, axis_of
from tests.chapters.synthetic_causes import synthetic_causes

STARTS = {
    "relative_pose_typical": 0.5,
    "relative_pose_random": 0.4,
    "relative_texture_typical": 0.6,
    "relative_background_typical": 0.9,
    "relative_background_random": 0.8,
}
IMAGES, PLAIN_HITS = 1000, 500
ACCURACIES = [0.50, 0.58, 0.66, 0.74, 0.82, 0.90]
"""Of six standard networks, a family each; all lie within reach of one another."""


@pytest.fixture(scope="module")
def cube() -> xr.Dataset:
    return synthetic_causes(STARTS)


def population(clips: dict[float, float]) -> Panel:
    """Draw standard networks whose relative accuracy on pose is 0.2 + x, and CLIPs (x: relative accuracy)."""
    overall = np.array([*ACCURACIES, *clips])
    relative = np.array([*(0.2 + x for x in ACCURACIES), *clips.values()])
    hits = np.zeros((3, overall.size, 2))
    hits[0] = np.stack([overall * IMAGES - 10, overall * IMAGES], axis=1)
    hits[1:] = np.stack([relative * PLAIN_HITS, np.full(overall.size, PLAIN_HITS)], axis=1)
    names = [f"model {place}" for place in range(overall.size)]
    groups = ["standard"] * len(ACCURACIES) + ["clip_zero_shot"] * len(clips)
    counts = xr.Dataset(
        {
            "hits": (("selection", "model", "factor"), hits.round().astype(int)),
            "images": (("selection", "model", "factor"), np.full(hits.shape, IMAGES)),
        },
        coords={
            "selection": ["top", "alone_typical", "alone_random"],
            "model": names,
            "factor": ["pose", "overall"],
        },
        attrs={"evidence": "proxy"},
    )
    text = {"group": groups, "family": names, "checkpoint": names, "architecture": ["resnet_xs"] * len(names)}
    models = xr.Dataset({name: ("model", value) for name, value in text.items()}, coords={"model": names})
    return Panel("drawn", counts, models.assign(training_source=("model", ["wit"] * len(names))))


def judged(panel: Panel, kind: str = "typical textures") -> xr.Dataset:
    return laboratory.relative_residuals(panel, "top", "standard", "huber", 0.95)[kind].sel(factor="pose")


def test_a_residual_is_relative_accuracy_above_the_line() -> None:
    found = judged(population({0.70: 0.95, 0.74: 0.84}))
    # The line says 0.90 at 0.70 and 0.94 at 0.74; relative accuracies of standard networks go up to 1.1.
    np.testing.assert_allclose(found["residual"][-2:], [0.05, -0.10], atol=1e-9)
    np.testing.assert_allclose(found["residual"][:-2], 0, atol=1e-9)
    np.testing.assert_allclose(found["accuracy"][-2:], [0.95, 0.84])
    assert found["accuracy"].max() > 1


def test_off_the_range_of_standard_networks_nothing_is_measured() -> None:
    found = judged(population({0.45: 0.6, 0.70: 0.9, 0.95: 1.1}))
    # Within ten points of 0.70 lie 0.66, 0.74 and no more: three are too few.
    assert found["measured"][-3:].values.tolist() == [False, False, False]
    dense = population({0.45: 0.6, 0.70: 0.9})
    dense.cube["hits"].loc[{"selection": "top", "model": dense.models["model"][:6], "factor": "overall"}] = [
        600, 640, 680, 720, 760, 800,
    ]  # fmt: skip
    assert judged(dense)["measured"][-2:].values.tolist() == [False, True]


def test_both_kinds_of_texture_are_judged_and_drawn_without_names() -> None:
    panel = population({0.70: 0.95})
    found = laboratory.relative_residuals(panel, "top", "standard", "huber", 0.95)
    assert list(found) == list(laboratory.TEXTURES.values())
    figure = residuals(found, dict.fromkeys(found, panel.models), "relative accuracy")
    assert [axes.get_title(loc="left") for axes in figure.axes] == list(found)
    assert figure.axes[0].get_xlabel().startswith("relative accuracy above")
    assert figure.axes[0].get_legend_handles_labels()[1] == ["CLIP, zero-shot (0 of 1 measured)"]


def test_a_study_without_one_factor_sets_has_none() -> None:
    panel = population({0.70: 0.95})
    plain = Panel("drawn", panel.cube.sel(selection=["top"]), panel.models)
    assert laboratory.relative_residuals(plain, "top", "standard", "huber", 0.95) == {}


def test_a_model_that_knows_no_plain_image_leaves_the_kind_out() -> None:
    panel = population({0.70: 0.95})
    panel.cube["hits"].loc[{"selection": "alone_random", "model": "model 0"}] = 0
    assert list(laboratory.relative_residuals(panel, "top", "standard", "huber", 0.95)) == [
        "typical textures"
    ]


def test_steps_change_one_thing(cube: xr.Dataset) -> None:
    found = laboratory.steps(cube, 0.95)
    assert {factor for _, factor, _ in found} == {"pose", "texture", "background"}
    # Of wit 0.1 and of rung d 0.4 of the start.
    images = found["images", "pose", "alone_typical"]
    language = found["language", "pose", "alone_random"]
    assert images is not None
    assert language is not None
    assert images.estimate == pytest.approx(0.1 * 0.5)
    assert language.estimate == pytest.approx(0.4 * 0.4)
    assert ("images", "texture", "alone_random") not in found


def test_doses_compare_the_ends_of_a_knob(cube: xr.Dataset) -> None:
    found = laboratory.dose_steps(cube, 0.95)
    assert set(found) == {
        (knob, kind) for knob in laboratory.DOSES for kind in ("alone_typical", "alone_random")
    }
    lowest, highest, estimate = found["rotation_sd", "alone_random"]
    assert (lowest, highest) == (2.0, 30.0)
    assert estimate.estimate == pytest.approx(0.1 * 0.4)


def test_numbers_are_those_of_the_steps(cube: xr.Dataset) -> None:
    numbers = words.numbers(cube, [], {}, {}, {}, 0.95)
    assert tuple(numbers) == words.KEYS
    half = 100 * stats.t.ppf(0.975, 4) * np.sqrt(2 * (0.01 * 0.5) ** 2 / 3)
    assert numbers["factors-lab-pose-images"] == f"higher by 5.0 points ({5 - half:.1f} to {5 + half:.1f})"
    assert numbers["factors-lab-pose-language"].startswith("higher by 20.0 points")
    assert numbers["factors-lab-texture-language"].startswith("higher by 24.0 points")
    assert numbers["factors-lab-rotation-levels"] == "from 2 to 30 degrees"
    assert numbers["factors-lab-background-levels"] == "from 0 to 90 %"
    assert numbers["factors-lab-background"].startswith("higher by 9.0 points")
    assert (numbers["factors-lab-compared"], numbers["factors-lab-language-larger"]) == ("5", "5")
    assert numbers["factors-lab-images-larger"] == "0"
    assert numbers["factors-lab-images-decided"] == "5"


def test_where_a_cell_is_missing_nothing_is_claimed(cube: xr.Dataset) -> None:
    no_clip = cube.isel(model=cube["rung"].values != "d")
    numbers = words.numbers(no_clip, [], {}, {}, {}, 0.95)
    assert numbers["factors-lab-pose-language"] == NOT_MEASURED
    assert numbers["factors-lab-compared"] == NOT_MEASURED
    assert numbers["factors-lab-pose-images"].startswith("higher by 5.0")


def means_of_clips(**values: float) -> xr.Dataset:
    return xr.Dataset(
        {"mean": (("group", "factor"), [list(values.values())])},
        coords={"group": ["clip_zero_shot"], "factor": list(values)},
    )


def test_signs_are_compared_with_the_record_by_factor() -> None:
    drawn = population({0.70: 0.95})
    record = Panel("record", drawn.cube.assign_attrs(evidence="measured"), drawn.models)
    results = {
        "drawn": xr.Dataset({"measured": (("model", "factor"), np.ones((7, 1), bool))}, drawn.models.coords)
    }
    means = {
        "record": means_of_clips(pose=-0.03, partial_view=-0.01, texture=0.04, shape=0.05),
        "drawn": means_of_clips(texture=0.01, shape=-0.02, pose=-0.041, partial_view=-0.3),
    }
    alone = {"random textures": means_of_clips(pose=0.024)}
    numbers = words.numbers(None, [record, drawn], results, means, alone, 0.95)
    assert numbers["factors-lab-same-sign"] == "texture, pose and partial view"
    assert numbers["factors-lab-other-sign"] == "shape"
    assert numbers["factors-lab-pose"] == "−4.1"
    assert numbers["factors-lab-pose-alone"] == NOT_MEASURED
    assert numbers["factors-lab-pose-alone-random"] == "+2.4"
    assert (numbers["factors-lab-clips"], numbers["factors-lab-measured"]) == ("1", "1")
    without_record = words.numbers(None, [drawn], results, means, alone, 0.95)
    assert without_record["factors-lab-same-sign"] == NOT_MEASURED
    assert without_record["factors-lab-pose"] == "−4.1"


def test_the_table_has_a_row_a_factor_and_says_what_is_missing(cube: xr.Dataset) -> None:
    markup = words.steps_table(cube, 0.95).markup
    assert markup.count('<th scope="row">') == 3
    row = markup.split('<th scope="row">texture</th>')[1].split("</tr>")[0]
    assert "+24.0 (" in row
    assert row.count(NOT_MEASURED) == 2


def test_figures_and_their_words_follow_the_tables(cube: xr.Dataset) -> None:
    rungs = laboratory.ladder_tables({"drawn": cube}, 0.95)
    assert len(figures.ladder(rungs, RUNGS).axes) == 3
    said = words.describe_rows(rungs, "rung", "source")
    assert "pose, typical textures: labels at a 50, wit at a 55, laion at a 60" in said
    responses = laboratory.dose_tables({"drawn": cube}, "rotation_sd", 0.95)
    assert len(figures.doses(responses, *axis_of("rotation_sd")).axes) == 2
    assert "at 2.0 40, CLIP's contrastive loss at 8.0 60" in words.describe_rows(responses, "level", "loss")
    two = laboratory.ladder_tables({"drawn": cube, "mine": cube}, 0.95)
    assert [panel.title for panel in two][::3] == [
        "pose, typical textures (drawn)",
        "pose, typical textures (mine)",
    ]
    nothing = laboratory.ladder_tables({}, 0.95)
    assert words.describe_rows(nothing, "rung", "source") == "No study has these trainings."
    assert len(figures.ladder(nothing, RUNGS).axes) == 3


def test_what_was_put_in_is_what_the_recipe_says() -> None:
    knobs = pytest.importorskip("clipsafe_utils.lab.world.world").load_world().image_knobs
    for knob, values in laboratory.PUT_IN.items():
        assert values == tuple(getattr(knobs[source], knob) for source in ("labels", "wit", "laion"))
