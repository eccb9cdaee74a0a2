"""Chapter 2 says what the cube says."""

from dataclasses import replace

import pytest
import xarray as xr

from clipsafe_utils.chapters.group_sizes import group_sizes
from clipsafe_utils.chapters.shape_bias import figures, tables
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.panels import Panel, read_panels
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.shape import observers as analysis
from clipsafe_utils.findings.shape.result import ShapeBias, shape_bias
from clipsafe_utils.findings.shape.skill import SETS
from clipsafe_utils.metrics.labelled import shape_bias_table
from clipsafe_utils.parameters import check_parameters

STUDY = "published"


@pytest.fixture(scope="module")
def panel() -> Panel:
    return read_panels([STUDY], "shape_bias", list(GROUPS))[0]


@pytest.fixture(scope="module")
def result(panel: Panel) -> xr.Dataset:
    return shape_bias_table(panel.cube)


@pytest.fixture(scope="module")
def found() -> ShapeBias:
    return shape_bias(check_parameters("shape-bias", {"studies": [STUDY]}))


def test_each_person_is_a_family(panel: Panel) -> None:
    assert (
        '<th scope="row">People</th><td class="number">10</td><td class="number">10</td>'
        in group_sizes(panel).markup
    )


def few(found: ShapeBias) -> ShapeBias:
    """Leave people and networks with ImageNet labels alone: few enough to name all."""
    panel = found.panels[0]
    kept = panel.models["group"].isin(["human", "standard"]).values
    one = Panel(STUDY, panel.cube.isel(model=kept), panel.models.isel(model=kept))
    tables_ = {STUDY: found.tables[STUDY].isel(model=kept)}
    return replace(found, panels=[one], tables=tables_, models={STUDY: one.models})


def test_an_observer_has_a_row_with_its_interval_beside_what_it_decided(found: ShapeBias) -> None:
    frame = figures.observers_frame(few(found))
    bias, decided = (frame[frame["side"] == side] for side in ("shape bias", "decided"))
    assert bias["row"].tolist() == decided["row"].tolist()
    assert len(bias) == bias["row"].nunique() == few(found).tables[STUDY].sizes["model"]
    assert bias["row"].iloc[-1] == "vgg16"
    assert {"person 3", "alexnet-caffe"} <= set(bias["row"])
    assert bias["value"].is_monotonic_decreasing
    assert bias["value"].between(bias["low"], bias["high"]).all()
    assert decided["low"].isna().all()


def test_in_a_crowd_clips_have_rows_of_their_own_and_other_kinds_one(found: ShapeBias) -> None:
    bias = figures.observers_frame(found).query("side == 'shape bias'")
    clips = bias[bias["look"].isin(["group/clip_zero_shot", "group/clip_fine_tuned"])]
    assert len(clips) == clips["row"].nunique() == 13
    assert clips["low"].notna().all()
    assert bias.drop(clips.index)["low"].isna().all()
    assert bias["row"].iloc[0] == "People"
    assert bias["row"].iloc[10] == "EVA01-g-14"
    assert {"ViT-B-16 (WIT)", "ViT-B-16 (LAION-400M)", "ViT-L-14-336, in12k+in1k"} <= set(clips["row"])
    others = bias[bias["look"] == "group/other"]["row"].value_counts()
    assert others.to_dict() == {"LLaVA": 5, "Suspect run": 1}


def test_a_pair_has_a_row_and_prompts_share_one(found: ShapeBias) -> None:
    frame = figures.pairs_frame(found)
    assert frame["panel"].unique().tolist() == [
        "fine-tuned on ImageNet",
        "another encoder or training source",
        "asked in another way",
    ]
    hollow = frame[~frame["decided"]]
    assert hollow["row"].str.contains("before: 16 names").all()
    assert len(hollow) == 3
    prompts = frame[frame["row"].str.startswith("prompts")]
    assert prompts["row"].value_counts().to_dict() == {"prompts: one template": 7, "prompts: bare name": 7}
    assert prompts["low"].isna().all()
    others = frame.drop(prompts.index)
    assert others["value"].between(others["low"], others["high"]).all()
    assert others["value"].between(others["band_low"], others["band_high"]).all()


def test_skill_has_a_mark_a_network_and_set_and_one_for_people(found: ShapeBias) -> None:
    frame = figures.skill_frame(found)
    assert frame["panel"].unique().tolist() == list(SETS.values())
    people = frame[frame["look"] == "group/human"]
    assert people["panel"].tolist() == list(SETS.values())
    assert people["is_range"].all()
    assert people["x"].round(1).unique().tolist() == [95.9]
    assert people["value"].between(people["low"], people["high"]).all()
    assert frame["x"].between(0, 100).all()
    assert frame["value"].between(0, 100).all()
    rows = found.skill.frame
    assert len(frame) == rows["bias"].notna().sum() + len(people)


def test_tables_name_every_clip_and_every_observer(found: ShapeBias) -> None:
    clips = tables.clips_table(found).markup
    assert clips.count('<th scope="row">') == 13
    assert '<th scope="row">ViT-L-14-336.openai</th>' in clips
    every = tables.observers_table(found).markup
    assert every.count('<th scope="row">') == found.tables[STUDY].sizes["model"]
    assert every.count("Suspect run") == 1
    pairs = tables.pairs_table(found).markup
    assert f"All {len(found.evaluations.comparisons)} comparisons one by one" in pairs
    assert pairs.count("fine-tuned on ImageNet, and how they were asked") == 3


def test_without_a_study_of_real_models_the_tables_are_empty(found: ShapeBias) -> None:
    empty = replace(found, panels=[], tables={}, models={}, every={}, skills={})
    for shown in (tables.clips_table(empty), tables.observers_table(empty), tables.pairs_table(empty)):
        assert '<th scope="row">' not in shown.markup
    assert "not measured yet" in figures.pairs(empty).markup
    assert "not measured yet" in figures.skill(empty).markup


def test_only_groups_that_decide_have_intervals_by_class(found: ShapeBias) -> None:
    frame = figures.classes_frame(found)
    means = found.classes[STUDY]
    assert frame["low"].notna().sum() == frame["decided"].sum() == int(means["decided"].sum()) * 16
    standard = frame[frame["look"] == "group/standard"]
    assert standard["value"].is_monotonic_decreasing


def test_a_crowded_study_has_a_row_for_each_group_and_source(found: ShapeBias, panel: Panel) -> None:
    names = [f"{name}-{copy}" for copy in range(4) for name in panel.models["model"].values]
    crowd, models = (
        xr.concat([one] * 4, "model").assign_coords(model=names)
        for one in (found.tables[STUDY], panel.models)
    )
    many = replace(found, tables={"many": crowd}, models={"many": models})
    bias = figures.observers_frame(many).query("side == 'shape bias'")
    assert len(bias) == 4 * panel.models.sizes["model"]
    pairs = set(zip(models["group"].values, models["training_source"].values, strict=True))
    assert bias["row"].nunique() == len(pairs)
    assert bias["low"].isna().all()


def test_figures_say_what_they_show(found: ShapeBias) -> None:
    shown = figures.observers(found)
    assert f"People: 10 marks, from person 4 {91.9} to person 9 {98.7}." in shown.markup
    assert "Suspect run 42.4" in shown.markup
    assert "derived from texture-vs-shape" in shown.markup
    empty = replace(found, panels=[], tables={}, models={})
    assert "not measured yet: decisions on cue-conflict images" in figures.observers(empty).markup


def test_table_of_groups_gives_no_interval_over_one_family(panel: Panel, result: xr.Dataset) -> None:
    markup = tables.groups_table(result, panel.models, STUDY, 0.95).markup
    assert "<td>none</td>" in markup
    assert markup.count('<th scope="row">') == 9


def as_study(panel: Panel, name: str, kept: dict[str, list[str]]) -> Panel:
    cube = panel.cube.sel(kept).copy()
    cube["count"].attrs.pop("decision_rule", None)
    return Panel(name, cube, panel.models)


def test_a_class_that_a_study_does_not_have_is_left_out_there_in_words(panel: Panel) -> None:
    drawn = as_study(panel, "drawn", {"cue_class": ["cat", "dog"]})
    panels, sentences = analysis.chosen_panels([panel, drawn], ["bear", "cat"], "mean")
    assert [one.cube["cue_class"].values.tolist() for one in panels] == [["bear", "cat"], ["cat"]]
    assert sentences == ["The study `drawn` has no class bear: left out there."]
    panels, sentences = analysis.chosen_panels([panel, drawn], ["bear"], "mean")
    assert [one.study for one in panels] == [STUDY]
    assert sentences == ["The study `drawn` has none of the classes: its panel is left out."]
    panels, sentences = analysis.chosen_panels([panel, drawn], ["all"], "mean")
    assert [one.cube.sizes["cue_class"] for one in panels] == [16, 2]
    assert sentences == []


def test_a_class_that_no_study_has_is_refused(panel: Panel) -> None:
    with pytest.raises(
        ClipsafeError, match="No study has the class 'wolf' in cue_classes; the choices are all, air"
    ):
        analysis.chosen_panels([panel], ["wolf", "cat"], "mean")


def test_observers_that_decide_nothing_are_left_out_in_words(panel: Panel) -> None:
    cube = panel.cube.copy(deep=True)
    cube["count"].loc[{"decision": ["shape", "texture"], "model": cube["model"].values[:3]}] = 0
    total = cube.sizes["model"]
    panels, sentences = analysis.chosen_panels([Panel("mine", cube, panel.models)], ["all"], "mean")
    assert panels[0].cube.sizes["model"] == panels[0].models.sizes["model"] == total - 3
    assert sentences[0].startswith(f"Of the study `mine`, 3 of {total} observers decided no image")
    cube["count"].loc[{"decision": ["shape", "texture"]}] = 0
    assert analysis.chosen_panels([Panel("mine", cube, panel.models)], ["all"], "mean")[0] == []


def test_classes_that_were_not_merged_fit_every_rule(panel: Panel) -> None:
    drawn = as_study(panel, "drawn", {})
    kept, sentences = analysis.with_decision_rule([panel, drawn], "max")
    assert [one.study for one in kept] == ["drawn"]
    assert sentences == [f"The study `{STUDY}` has no decisions by the rule `max`: its panel is left out."]
