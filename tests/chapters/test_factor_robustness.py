"""Chapter 1 shows what was found: its frames of marks, its tables."""

import math
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from clipsafe_utils.chapters.factor_robustness import figures, tables
from clipsafe_utils.cubes import GROUPS, HEADLINE_FACTORS, clip_models
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.factors import residuals as analysis
from clipsafe_utils.findings.factors.label_rules import READINGS
from clipsafe_utils.findings.factors.result import FactorRobustness, factor_robustness
from clipsafe_utils.metrics.labelled import effective_robustness
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.say import points
from tests.markup import cells_of

STUDY = "published"
CLIPS = ["RN50.openai", "ViT-B-32.openai", "ViT-B-16.openai"]
ORDER = [factor.replace("_", " ") for factor in HEADLINE_FACTORS]
"""Of the factors, in every figure and table."""


@pytest.fixture(scope="module")
def found() -> FactorRobustness:
    return factor_robustness(check_parameters("factor-robustness", {"studies": [STUDY]}))


@pytest.fixture(scope="module")
def panel(found: FactorRobustness) -> Panel:
    return found.panels[0]


@pytest.fixture(scope="module")
def result(found: FactorRobustness) -> xr.Dataset:
    return found.results[STUDY]


@pytest.fixture(scope="module")
def choices(found: FactorRobustness) -> xr.Dataset:
    return found.choices[STUDY]


def crowd(panel: Panel, times: int = 4) -> Panel:
    """Repeat the three CLIPs of a study under other names, so that they are too many for names."""
    clips = clip_models(panel.models)["model"].values
    others = panel.models["model"].values[~np.isin(panel.models["model"].values, clips)]
    names = [*others, *np.repeat(clips, times)]
    new = [*others, *(f"{name} {place}" for name in clips for place in range(times))]
    return Panel(
        "crowd",
        panel.cube.sel(model=names).assign_coords(model=new),
        panel.models.sel(model=names).assign_coords(model=new),
    )


def judged(panel: Panel) -> xr.Dataset:
    return effective_robustness(panel.cube, panel.models, factor_names=analysis.factors_of(panel))


def rows_of(frame: pd.DataFrame) -> list[list[str]]:
    """Give the rows of every panel, in their order."""
    return [list(dict.fromkeys(part["row"])) for _, part in frame.groupby("panel", sort=False)]


def test_a_clip_has_a_panel_with_intervals_and_the_bar_of_a_new_family(
    panel: Panel, result: xr.Dataset
) -> None:
    frame = figures.clips_frame([(STUDY, STUDY, result, panel.models)])
    assert list(dict.fromkeys(frame["panel"])) == [f"{STUDY}: {name}" for name in CLIPS]
    assert rows_of(frame) == [ORDER] * 3
    assert set(frame["look"]) == {"group/clip_zero_shot"}
    assert frame["value"].between(frame["low"], frame["high"]).all()
    pose = frame[frame["row"] == "pose"]
    assert pose["value"].round(1).tolist() == [-3.2, -2.8, -2.4]
    assert pose["band_high"].round(1).tolist() == [1.6, 1.3, 0.6]
    assert (frame["band_low"] == -frame["band_high"]).all()


def test_a_residual_that_is_not_measured_is_hollow(panel: Panel, result: xr.Dataset) -> None:
    unknown = result.assign(measured=result["measured"] & (result["factor"] != "pose"))
    frame = figures.clips_frame([(STUDY, STUDY, unknown, panel.models)])
    assert set(frame["row"][~frame["decided"]]) == {"pose"}
    assert set(frame["row"][frame["band_high"].isna()]) == {"pose"}


def test_many_clips_share_a_panel_that_counts_those_measured(panel: Panel) -> None:
    many = crowd(panel)
    judged_crowd = judged(many)
    clips = clip_models(many.models)["model"].values
    # Wide bars of CLIPs that are not measured widen no other's.
    absent = judged_crowd["model"].isin(clips[:3])
    part = judged_crowd.assign(
        measured=judged_crowd["measured"] & ~absent,
        half_width=judged_crowd["half_width"].where(~absent, np.inf),
    )
    frame = figures.clips_frame([("crowd", "crowd", part, many.models)])
    assert set(frame["panel"]) == {"crowd: 9 of 12 CLIPs measured"}
    assert len(frame) == 9 * len(ORDER)
    assert rows_of(frame) == [ORDER]
    assert frame["low"].isna().all()
    assert frame.loc[frame["row"] == "pose", "band_high"].round(1).unique().tolist() == [1.6]
    nobody = part.assign(measured=part["measured"] & False)
    assert figures.clips_frame([("crowd", "crowd", nobody, many.models)]).empty


def test_the_chart_shows_every_model_that_is_measured(found: FactorRobustness, result: xr.Dataset) -> None:
    frame = figures.models_frame(found)
    assert list(dict.fromkeys(frame["panel"])) == ORDER
    assert len(frame) == int(result["measured"].sum())
    assert set(CLIPS) < set(frame["name"])
    assert frame["row"].iloc[0] == GROUPS["clip_zero_shot"]
    assert set(frame["row"]) <= set(GROUPS.values())


def test_accuracies_lie_near_their_line(found: FactorRobustness, result: xr.Dataset) -> None:
    frame, lines = figures.accuracies_frame(found), figures.lines_frame(found)
    assert list(dict.fromkeys(frame["panel"])) == list(dict.fromkeys(lines["panel"])) == ORDER
    for factor, line in lines.groupby("panel"):
        of_factor = frame[frame["panel"] == factor]
        assert of_factor["x"].between(line["x"].min() - 2, line["x"].max() + 2).all()
        clips = of_factor[of_factor["name"].isin(CLIPS)]
        above = clips["value"].to_numpy() - np.interp(clips["x"], line["x"], line["value"])
        name = str(factor).replace(" ", "_")
        models = clip_models(found.models[STUDY])["model"].values
        np.testing.assert_allclose(above, 100 * result["residual"].sel(model=models, factor=name), atol=1e-4)
    beside = lines["high"] - lines["value"]
    assert (beside.dropna() > 0).all()
    np.testing.assert_allclose(beside, lines["value"] - lines["low"])
    at_clips = lines["x"].between(58, 68)
    assert beside[at_clips].notna().all()
    assert beside[~at_clips].isna().any()
    hollow = frame[~frame["decided"]]
    assert len(hollow) > 0
    assert not set(CLIPS) & set(hollow["name"])


def test_groups_count_their_families_and_one_family_is_not_bounded(found: FactorRobustness) -> None:
    means = {"a": found.means[STUDY], "b": found.means[STUDY].sel(group=["contrastive"])}
    frame = figures.groups_frame(means)
    assert rows_of(frame) == [ORDER, ORDER]
    assert "CLIP, zero-shot (1, 0)" in set(frame["label"])
    assert "Self-supervised (8, 8)" in set(frame["label"])
    clips = frame[frame["look"] == "group/clip_zero_shot"]
    assert not clips["decided"].any()
    assert (clips["low"] == -math.inf).all()
    assert (clips["high"] == math.inf).all()
    assert np.isfinite(frame.loc[frame["decided"], ["low", "high"]]).all(axis=None)


def test_every_choice_is_a_small_mark_on_the_range_of_all(choices: xr.Dataset) -> None:
    frame = figures.choices_frame({STUDY: choices})
    assert list(dict.fromkeys(frame["panel"])) == [f"{STUDY}: {name}" for name in CLIPS]
    assert rows_of(frame) == [ORDER] * 3
    means, singles = (frame[frame["mark"] == mark] for mark in ("mean", "single"))
    assert len(singles) == 24 * len(means)
    assert means["is_range"].all()
    assert not singles["is_range"].any()
    assert means["value"].between(means["low"], means["high"]).all()
    pose = means[means["row"] == "pose"].iloc[0]
    assert [round(pose[end], 1) for end in ("low", "value", "high")] == [-6.1, -3.2, -0.5]
    assert "top, raw, overall, huber" in set(singles["note"])


def test_choices_of_a_crowd_have_a_panel_a_group(choices: xr.Dataset) -> None:
    names = [f"{name} {place}" for name in choices["model"].values for place in range(4)]
    many = choices.isel(model=np.repeat([0, 1, 2], 4)).assign_coords(model=names)
    frame = figures.choices_frame({"crowd": many})
    assert set(frame["panel"]) == {"crowd: CLIP, zero-shot, mean of 12"}
    assert figures.choices_frame({"crowd": many.assign(measured=many["measured"] & False)}).empty


def test_a_reading_is_a_side_with_means_over_bars_and_small_clips(found: FactorRobustness) -> None:
    frame = figures.readings_frame(found.readings)
    assert list(dict.fromkeys(frame["side"])) == [READINGS[name].words for name in figures.DRAWN]
    assert rows_of(frame) == [ORDER]
    means, singles = (frame[frame["mark"] == mark] for mark in ("mean", "single"))
    assert len(singles) == len(CLIPS) * len(means) == len(CLIPS) * len(figures.DRAWN) * len(ORDER)
    pose = means[means["row"] == "pose"]
    assert pose["value"].round(1).tolist() == [-2.8, -1.7, -2.3, -0.1]
    assert pose["note"].tolist() == ["below", "within", "below", "within"]
    assert singles["band_high"].isna().all()
    averages = singles.groupby(["side", "row"])["value"].mean()
    np.testing.assert_allclose(averages, means.set_index(["side", "row"])["value"].loc[averages.index])
    assert figures.readings_frame({}).empty


def test_tables_of_readings_groups_and_controls(found: FactorRobustness) -> None:
    of_readings = cells_of(tables.readings_table(found.readings[STUDY], STUDY))
    assert of_readings.count('<th scope="row">') == len(READINGS)
    assert "The group is right</th><td>WIT</td><td>−0.1 (±0.5)</td>" in of_readings
    of_groups = cells_of(tables.class_groups_table(*found.groups_of_classes[STUDY], STUDY))
    assert of_groups.count('<th scope="row">') == 17
    assert "dog</th><td>WIT</td><td>−10.4 (±2.2)</td><td>below</td>" in of_groups
    of_controls = cells_of(tables.controls_table(*found.of_real[STUDY], STUDY))
    assert of_controls.count('<th scope="row">') == 4 + 21
    below = of_controls.split('<th scope="row">vits-sinsup</th>')[1].split("</tr>")[0]
    assert below.count("not measured") == len(ORDER)


def test_figures_say_what_they_show_and_whose_numbers_they_are(found: FactorRobustness) -> None:
    shown = figures.residuals(found).markup
    assert "RN50.openai: CLIP, zero-shot: pose −3.2 (−3.9 to −2.4), bar −1.6 to 1.6, background" in shown
    assert "CC BY-NC 4.0" in shown
    assert "Standard (labels only): 94 marks" in figures.lines(found).markup
    assert "CLIP, zero-shot (1): 10 marks, from pose −2.8 to subcategory 8.3." in figures.groups(found).markup
    assert "pose −3.2 (−6.1 to −0.5)" in figures.every_choice(found).markup


def test_what_is_not_measured_has_a_figure_of_one_line(found: FactorRobustness) -> None:
    nothing = replace(found, panels=[], results={}, trainings={})
    draws = figures.residuals, figures.lines, figures.groups, figures.alone, figures.every_choice
    for draw in (*draws, figures.label_rules):
        assert "not measured yet: " in draw(nothing).markup
    assert "not measured yet: the ladder" in figures.ladder(nothing).markup
    assert "not measured yet: " in figures.doses(nothing, "rotation_sd").markup


def test_table_has_a_row_a_factor(panel: Panel, result: xr.Dataset, choices: xr.Dataset) -> None:
    markup = tables.residual_table(panel, result, choices).markup
    assert markup.count('<th scope="row">') == 2 * len(HEADLINE_FACTORS)
    verdicts, changes = markup.split("</thead>")[:2]
    assert verdicts.count('scope="col"') == 4 + len(CLIPS)
    assert changes.split("<thead>")[1].count('scope="col"') == 1 + 2 * len(CLIPS)
    assert "15,064" in markup


@pytest.mark.parametrize("kept", ["top", "multi"])
@pytest.mark.parametrize("reference", ["overall", "without_factor"])
@pytest.mark.parametrize("fit", ["huber", "local"])
def test_the_table_changes_one_choice_at_a_time(
    panel: Panel, choices: xr.Dataset, kept: str, reference: str, fit: str
) -> None:
    chosen = {"selection": kept, "reference": reference, "fit": fit, "axes": "raw"}
    result = effective_robustness(panel.cube, panel.models, factor_names=["smaller"], **chosen)
    rows = tables.residual_table(panel, result, choices).markup.split('<th scope="row">smaller</th>')[1:]
    verdict, others = ([cell.split("</td>")[0] for cell in re.split(r"<td[^>]*>", row)[1:]] for row in rows)
    first = choices.isel(model=0).sel(factor="smaller")["residual"]
    other = {"top": "multi", "multi": "top", "overall": "without_factor", "without_factor": "overall"}
    changed = [chosen, chosen | {"reference": other[reference]}, chosen | {"selection": other[kept]}]
    residual, bar = re.sub(r"<[^>]*>", "", verdict[1]).split(" ", 1)
    assert [residual, *others[:2]] == [points(first.sel(one).item()) for one in changed]
    half = result["half_width"].sel(model=choices["model"].values[0], factor="smaller").item()
    assert bar == f"(±{100 * half:.1f})"


def test_the_table_of_many_clips_has_a_few_columns(panel: Panel) -> None:
    many = crowd(panel)
    markup = tables.residual_table(many, judged(many), xr.Dataset()).markup
    head = markup.split("</thead>")[0]
    assert head.count('scope="col"') == 5
    # Pose is −3.2, −2.8 and −2.4, each four times; their one source is below.
    row = markup.split('<th scope="row">pose</th>')[1].split("</tr>")[0]
    assert "−3.2, −2.8, −2.4" in row
    assert "0, 1, 0" in row
