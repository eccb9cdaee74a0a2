"""Chapter 2 says what the cube says."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.chapters.group_sizes import group_sizes
from clipsafe_utils.chapters.shape_bias import descriptions, tables
from clipsafe_utils.chapters.training_texts import describe_ladder
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.panels import Panel, read_panels
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.figures import shape_bias as figures
from clipsafe_utils.findings.shape import observers as analysis
from clipsafe_utils.metrics.labelled import shape_bias_table
from clipsafe_utils.say import percent

STUDY = "published"


@pytest.fixture(scope="module")
def panel() -> Panel:
    return read_panels([STUDY], "shape_bias", list(GROUPS))[0]


@pytest.fixture(scope="module")
def result(panel: Panel) -> xr.Dataset:
    return shape_bias_table(panel.cube)


@pytest.fixture(scope="module")
def classes(panel: Panel) -> dict[str, xr.Dataset]:
    return analysis.class_means([panel], 0.95)


def test_each_person_is_a_family(panel: Panel) -> None:
    assert (
        '<th scope="row">People</th><td class="number">10</td><td class="number">10</td>'
        in group_sizes(panel).markup
    )


def test_figures_and_their_texts(panel: Panel, result: xr.Dataset, classes: dict[str, xr.Dataset]) -> None:
    shown, models = {STUDY: result}, {STUDY: panel.models}
    bias, decided = figures.observers(shown, models).axes
    names = [label.get_text() for label in bias.get_yticklabels()]
    assert names[0] == "vgg16"
    assert "alexnet (Caffe)" in names
    assert len(names) == 26
    assert decided.get_xlabel() == "decided, %"
    people = f"People: 10 observers, shape bias {percent(0.92, 0)} to {percent(0.99, 0)}."
    assert people in descriptions.describe_observers(shown, models)
    assert len(figures.by_class(classes).axes) == 1
    assert "for airplane" in descriptions.describe_classes(classes)
    figures.observers({}, {})
    figures.by_class({})


def test_table_of_groups_gives_no_interval_over_one_family(panel: Panel, result: xr.Dataset) -> None:
    markup = tables.groups_table(result, panel.models, STUDY, 0.95).markup
    assert "<td>none</td>" in markup
    assert markup.count('<th scope="row">') == 4


def test_without_decisions_figures_and_panels_are_empty_in_words() -> None:
    said = {descriptions.describe_observers({}, {}), descriptions.describe_classes({})}
    assert said == {"No study has decisions on cue-conflict images."}
    nothing_trained = {descriptions.describe_doses({}), describe_ladder({})}
    assert nothing_trained == {"No study has the cube of causes."}
    assert analysis.chosen_panels([], ["cat"], "mean") == ([], [])


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


def test_a_crowded_study_has_a_row_for_each_group_and_source(panel: Panel, result: xr.Dataset) -> None:
    names = [f"{name}-{copy}" for copy in (0, 1) for name in result["model"].values]
    crowd = xr.concat([result, result], "model").assign_coords(model=names)
    models = xr.concat([panel.models, panel.models], "model").assign_coords(model=names)
    figure = figures.observers({"few": result, "many": crowd}, {"few": panel.models, "many": models})
    few, _, many, _ = figure.axes
    assert (few.get_title(loc="left"), many.get_title(loc="left")) == ("few", "many")
    assert len(few.get_yticklabels()) == 26
    assert len(many.get_yticklabels()) == len(
        set(zip(models["group"].values, models["training_source"].values, strict=True))
    )
    shown = sum(np.shape(drawn.get_offsets())[0] for drawn in many.collections)
    assert shown == 52
    assert len(figure.legends[0].get_texts()) == len(np.unique(models["group"]))


def test_only_groups_that_decide_have_intervals_by_class(classes: dict[str, xr.Dataset]) -> None:
    axes = figures.by_class(classes).axes[0]
    means = classes[STUDY]
    intervals = [drawn for drawn in axes.collections if hasattr(drawn, "get_segments")]
    assert len(intervals) == int(means["decided"].sum()) < means.sizes["group"]
