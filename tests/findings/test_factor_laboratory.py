"""What chapter 1 says of the laboratory, on cubes whose every number is known."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from clipsafe_utils.chapters.factor_robustness import figures, tables
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.findings.factors import laboratory
from clipsafe_utils.findings.factors.laboratory import laboratory_of, population_of, steps_of
from clipsafe_utils.findings.factors.result import FactorRobustness
from clipsafe_utils.findings.trainings import Trainings
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import NOT_MEASURED, Missing, Text, listed
from tests.chapters.synthetic_causes import synthetic_causes
from tests.markup import cells_of

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


def densely(panel: Panel) -> Panel:
    """Move the standard networks so close together that a line is held between them."""
    here = {"selection": "top", "model": panel.models["model"][:6], "factor": "overall"}
    panel.cube["hits"].loc[here] = [600, 640, 680, 720, 760, 800]
    return panel


def found_of(**cubes: xr.Dataset) -> FactorRobustness:
    trained = {study: Trainings(cube, 0.95) for study, cube in cubes.items()}
    return FactorRobustness(check_parameters("factor-robustness", {}), [], [], {}, trained, Text(0))


def judged(panel: Panel, kind: str = "alone_typical") -> xr.Dataset:
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
    dense = densely(population({0.45: 0.6, 0.70: 0.9}))
    assert judged(dense)["measured"][-2:].values.tolist() == [False, True]


def test_both_kinds_of_texture_are_judged_and_drawn_without_names() -> None:
    panel = population({0.66: 0.95, 0.70: 0.95})
    found = laboratory.relative_residuals(panel, "top", "standard", "huber", 0.95)
    assert list(found) == list(laboratory.TEXTURES)
    everywhere = {kind: one.assign(measured=one["measured"] | True) for kind, one in found.items()}
    judged_kinds = [("drawn", kind, one, panel.models) for kind, one in everywhere.items()]
    frame = figures.clips_frame(judged_kinds)
    assert list(dict.fromkeys(frame["panel"])) == [f"{kind}: 2 of 2 CLIPs measured" for kind in found]
    assert frame["low"].isna().all()


def test_a_study_without_one_factor_sets_has_none() -> None:
    panel = population({0.70: 0.95})
    plain = Panel("drawn", panel.cube.sel(selection=["top"]), panel.models)
    assert laboratory.relative_residuals(plain, "top", "standard", "huber", 0.95) == {}


def test_a_model_that_knows_no_plain_image_leaves_the_kind_out() -> None:
    panel = population({0.70: 0.95})
    panel.cube["hits"].loc[{"selection": "alone_random", "model": "model 0"}] = 0
    assert list(laboratory.relative_residuals(panel, "top", "standard", "huber", 0.95)) == ["alone_typical"]


def test_steps_change_one_thing(cube: xr.Dataset) -> None:
    steps = steps_of(Trainings(cube, 0.95)).set_index(["factor", "kind"])
    assert set(steps.index.get_level_values("factor")) == {"pose", "texture", "background"}
    # Of wit 0.1 and of rung d 0.4 of the start.
    assert steps.loc[("pose", "alone_typical"), "images"].estimate == pytest.approx(0.1 * 0.5)
    assert steps.loc[("pose", "alone_random"), "language"].estimate == pytest.approx(0.4 * 0.4)
    assert isinstance(steps.loc[("texture", "alone_random"), "images"], Missing)


def test_the_laboratory_says_what_the_steps_say(cube: xr.Dataset) -> None:
    lab = laboratory_of(Trainings(cube, 0.95))
    half = 100 * stats.t.ppf(0.975, 4) * np.sqrt(2 * (0.01 * 0.5) ** 2 / 3)
    assert lab.images.pose.moved == f"higher by 5.0 points ({5 - half:.1f} to {5 + half:.1f})"
    assert lab.language.pose.moved.startswith("higher by 20.0 points")
    assert lab.language.texture.moved.startswith("higher by 24.0 points")
    compared = lab.compared
    assert (compared.pairs, compared.images, compared.language) == ("5", "0", "5")
    assert (compared.images_decided, compared.language_decided) == ("5", "5")
    assert compared.chance.startswith("5")


def test_knobs_compare_their_ends(cube: xr.Dataset) -> None:
    lab = laboratory_of(Trainings(cube, 0.95))
    assert [(knob.low, knob.high) for knob in (lab.rotation, lab.background)] == [("2", "30"), ("0", "90")]
    assert lab.rotation.random.size() == "4.0"
    assert lab.background.typical.moved.startswith("higher by 9.0 points")


def test_where_a_cell_is_missing_nothing_is_claimed(cube: xr.Dataset) -> None:
    lab = laboratory_of(Trainings(cube.isel(model=cube["rung"].values != "d"), 0.95))
    assert lab.language.pose.moved == NOT_MEASURED
    assert lab.compared.pairs == NOT_MEASURED
    assert lab.images.pose.moved.startswith("higher by 5.0")


def test_a_property_that_was_not_measured_is_missing(cube: xr.Dataset) -> None:
    unknown = cube.copy(deep=True)
    unknown["value"].loc[{"property": "relative_pose_typical"}] = np.nan
    lab = laboratory_of(Trainings(unknown, 0.95))
    assert lab.images.pose.moved == lab.rotation.typical.moved == NOT_MEASURED
    assert lab.images.pose_random.moved.startswith("higher by 4.0")


def means_of_clips(**values: float) -> xr.Dataset:
    return xr.Dataset(
        {"mean": (("group", "factor"), [list(values.values())])},
        coords={"group": ["clip_zero_shot"], "factor": list(values)},
    )


def test_signs_are_compared_with_the_record_by_factor() -> None:
    drawn = population({0.70: 0.95})
    measured = xr.Dataset({"measured": (("model", "factor"), np.ones((7, 1), bool))}, drawn.models.coords)
    record = means_of_clips(pose=-0.03, partial_view=-0.01, texture=0.04, shape=0.05)
    means = means_of_clips(texture=0.01, shape=-0.02, pose=-0.041, partial_view=-0.3)
    alone = {"alone_random": means_of_clips(pose=0.024)}
    found = population_of(drawn, {"alone_random": measured}, means, record, alone)
    assert (found.same_sign, found.other_sign) == ("texture, pose and partial view", "shape")
    assert (str(found.pose), str(found.alone), str(found.alone_random)) == ("−4.1", NOT_MEASURED, "+2.4")
    assert (found.measured, found.signs) == ("1 of 1", "both")
    turned = population_of(drawn, {}, means, -means, alone)
    assert (turned.measured, turned.signs, turned.same_sign) == (NOT_MEASURED, "other", "no factor")
    without_record = population_of(drawn, {}, means, None, alone)
    assert without_record.same_sign == NOT_MEASURED
    assert str(without_record.pose) == "−4.1"


def test_the_table_has_a_row_a_factor_and_says_what_is_missing(cube: xr.Dataset) -> None:
    markup = cells_of(tables.steps_table(Trainings(cube, 0.95), "drawn"))
    assert markup.count('<th scope="row">') == 3
    row = markup.split('<th scope="row">texture</th>')[1].split("</tr>")[0]
    assert "+24.0 (" in row
    assert row.count(NOT_MEASURED) == 2


def test_figures_follow_the_tables(cube: xr.Dataset) -> None:
    found = found_of(drawn=cube.assign_attrs(study="drawn", licence="CC0: made here"))
    said = figures.ladder(found).markup
    assert "pose, typical textures: labels: a: labels 50.0" in said
    assert "study drawn, made here, CC0" in said
    said = figures.doses(found, "rotation_sd").markup
    assert "pose, random textures: CLIP&#x27;s contrastive loss: " in said
    nothing = found_of()
    assert nothing.lab.images.pose.moved == nothing.population.measured == NOT_MEASURED


def test_panels_of_several_drawn_worlds_keep_their_own_models() -> None:
    worlds = [densely(population({0.70: 0.95})), densely(population({0.74: 0.84, 0.70: 0.95}))]
    attrs = {"study": "drawn", "licence": "CC0: made here", "evidence": "proxy"}
    panels = [
        Panel(study, one.cube.assign_attrs(attrs), one.models)
        for study, one in zip("ab", worlds, strict=True)
    ]
    chosen = check_parameters("factor-robustness", {})
    found = FactorRobustness(chosen, panels, [], {}, {}, Text(0))
    assert [one.sizes["model"] for kinds in found.alone.values() for one in kinds.values()] == [7, 7, 8, 8]
    said = figures.alone(found).markup
    assert "typical textures, (a): 1 of 1 CLIPs measured" in said
    assert "random textures, (b): 2 of 2 CLIPs measured" in said


def test_what_was_put_in_is_what_the_recipe_says() -> None:
    knobs = pytest.importorskip("clipsafe_engine.lab.world.world").load_world().image_knobs
    page = (REPOSITORY / "notebooks" / "01-factor-robustness.md").read_text(encoding="utf-8")
    for knob, scale, what in (
        ("texture_correlation", 100, " % of the images carry the texture typical of their class"),
        ("background_correlation", 100, " % a typical background"),
        ("rare_glyphs", 100, " % a rare shape"),
        ("rotation_sd", 1, " degrees"),
    ):
        values = (f"{scale * getattr(knobs[source], knob):g}" for source in ("labels", "wit", "laion"))
        assert f"{listed(values)}{what}" in page.replace("\N{NO-BREAK SPACE}", " ")
