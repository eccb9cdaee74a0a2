"""Chapter 1 says what the cube says, keeps quiet where it cannot, and never leaves a number out."""

import numpy as np
import pytest
import statsmodels.api as sm
import xarray as xr

from clipsafe_utils.chapters.factor_robustness import analysis as chapter
from clipsafe_utils.chapters.factor_robustness import words
from clipsafe_utils.chapters.formats import NOT_MEASURED
from clipsafe_utils.cubes import GROUPS, HEADLINE_FACTORS, clip_models
from clipsafe_utils.cubes.panels import Panel, read_panels
from clipsafe_utils.figures import factor_robustness as figures
from clipsafe_utils.metrics.labelled import effective_robustness

STUDY = "published"
HEADLINE = {"selection": "top", "axes": "raw", "reference": "overall", "fit": "huber"}


@pytest.fixture(scope="module")
def panel() -> Panel:
    return read_panels([STUDY], "factors", list(GROUPS))[0]


@pytest.fixture(scope="module")
def result(panel: Panel) -> xr.Dataset:
    return effective_robustness(panel.cube, panel.models, factor_names=HEADLINE_FACTORS)


@pytest.fixture(scope="module")
def choices(panel: Panel) -> xr.Dataset:
    return chapter.every_choice(panel, list(HEADLINE_FACTORS), "standard")


def test_residuals_agree_with_statsmodels(panel: Panel, result: xr.Dataset) -> None:
    share = (panel.cube["hits"] / panel.cube["images"]).sel(selection="top")
    standard = (panel.models["group"] == "standard").values
    x, y = share.sel(factor="overall").values, share.sel(factor="subcategory").values
    norm = sm.robust.norms.HuberT(1.345)
    fit = sm.RLM(y[standard], sm.add_constant(x[standard]), M=norm).fit()
    clips = np.isin(panel.models["model"].values, clip_models(panel.models)["model"].values)
    expected = y[clips] - fit.predict(sm.add_constant(x[clips], has_constant="add"))
    found = result["residual"].sel(factor="subcategory").values[clips]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_signs_are_those_of_the_protocol(result: xr.Dataset, panel: Panel) -> None:
    residual = result["residual"].sel(model=clip_models(panel.models)["model"].values)
    for factor in ("smaller", "shape", "subcategory", "texture", "larger", "color"):
        assert (residual.sel(factor=factor) > 0).all()
    for factor in ("pose", "partial_view"):
        assert (residual.sel(factor=factor) < 0).all()


def test_weighted_residuals_add_up_to_about_zero(panel: Panel, result: xr.Dataset) -> None:
    total = chapter.contributions(panel, result).sum("factor")
    assert (np.abs(total) < 0.005).all()
    assert np.abs(result["residual"].sel(factor="subcategory")).max() > 0.05


def test_verdicts_are_stricter_than_the_bars(panel: Panel, result: xr.Dataset) -> None:
    said = chapter.verdicts(result, panel.models)
    clips = result.sel(model=said["model"].values)
    outside = np.abs(clips["residual"]) > clips["half_width"]
    assert not ((said != "within") & ~outside).any()
    assert ((said == "within") & outside).any()


def test_an_unsupported_residual_gets_no_verdict(panel: Panel, result: xr.Dataset) -> None:
    unsupported = result.assign(measured=xr.zeros_like(result["measured"]))
    assert (chapter.verdicts(unsupported, panel.models) == "not measured").all()


def test_every_choice_holds_the_headline(result: xr.Dataset, choices: xr.Dataset) -> None:
    assert choices["residual"].sizes["fit"] == 3
    assert not choices["residual"].isnull().any()
    headline = choices["residual"].sel(**HEADLINE)
    expected = result["residual"].sel(model=headline["model"].values)
    xr.testing.assert_allclose(headline.drop_vars(list(HEADLINE)), expected.transpose(*headline.dims))


def test_every_number_of_the_prose_is_there(panel: Panel, result: xr.Dataset, choices: xr.Dataset) -> None:
    results = {STUDY: result}
    means = chapter.group_residuals(results, {STUDY: panel.models}, 0.95)
    numbers = words.numbers([panel], results, {STUDY: choices}, means, "standard")
    assert tuple(numbers) == words.KEYS
    assert NOT_MEASURED not in numbers.values()
    assert numbers["factors-records"] == "384"
    assert numbers["factors-clips"] == "2"
    assert numbers["factors-down-names"] == "pose"
    assert set(words.numbers([], {}, {}, {}, "standard").values()) == {NOT_MEASURED}


def test_a_study_without_clip_leaves_its_numbers_out(panel: Panel, result: xr.Dataset) -> None:
    kept = ~panel.models["group"].isin(["clip_zero_shot"]).values
    fewer = Panel(STUDY, panel.cube.isel(model=kept), panel.models.isel(model=kept))
    numbers = words.numbers([fewer], {STUDY: result.isel(model=kept)}, {}, {}, "standard")
    assert numbers["factors-standard"] == "93"
    assert numbers["factors-up"] == NOT_MEASURED


def test_table_has_a_row_a_factor(panel: Panel, result: xr.Dataset, choices: xr.Dataset) -> None:
    markup = words.residual_table(panel, result, choices).markup
    assert markup.count('<th scope="row">') == len(HEADLINE_FACTORS)
    assert "15,064" in markup


def test_lines_pass_through_the_residuals(panel: Panel, result: xr.Dataset) -> None:
    drawn = chapter.baseline_lines(result, panel.models, "standard").sel(factor="pose")
    name = clip_models(panel.models)["model"].values[0]
    one = result.sel(model=name, factor="pose")
    predicted = np.interp(one["reference_accuracy"].item(), drawn["reference_accuracy"].values, drawn.values)
    assert one["accuracy"].item() - predicted == pytest.approx(one["residual"].item(), abs=1e-6)


def test_figures_draw_one_panel_a_study(panel: Panel, result: xr.Dataset, choices: xr.Dataset) -> None:
    two = {STUDY: result, "again": result}
    models = dict.fromkeys(two, panel.models)
    assert len(figures.residuals(two, models).axes) == 2
    assert len(figures.groups(chapter.group_residuals(two, models, 0.95)).axes) == 2
    drawn = chapter.baseline_lines(result, panel.models, "standard")
    assert (
        sum(axes.get_visible() for axes in figures.lines(result, panel.models, drawn, "standard").axes) == 10
    )
    axes = figures.every_choice(choices, HEADLINE).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()][-1] == "pose"
    assert figures.residuals({}, {}).axes == []


def test_alternative_texts_name_what_is_drawn(panel: Panel, result: xr.Dataset, choices: xr.Dataset) -> None:
    models = {STUDY: panel.models}
    assert "pose −3.2 and −2.8 against ±0.9" in words.describe_residuals({STUDY: result}, models)
    assert words.describe_lines(result, panel.models).endswith("Every line rises.")
    assert words.describe_choices(choices).count("to") >= len(HEADLINE_FACTORS)
    assert "families: 1," in words.describe_groups(chapter.group_residuals({STUDY: result}, models, 0.95))
