"""Chapter 1 says what the cube says, keeps quiet where it cannot, and never leaves a number out."""

from itertools import product

import numpy as np
import pytest
import statsmodels.api as sm
import xarray as xr
from scipy import stats
from statsmodels.stats.multitest import multipletests

from clipsafe_utils.cubes import GROUPS, HEADLINE_FACTORS, OVERALL, clip_models
from clipsafe_utils.cubes.panels import Panel, read_panels
from clipsafe_utils.findings.factors import residuals as chapter
from clipsafe_utils.metrics.labelled import effective_robustness

STUDY = "published"
HEADLINE = {"selection": "top", "axes": "raw", "reference": "overall", "fit": "huber"}


@pytest.fixture(scope="module")
def panel() -> Panel:
    panels = read_panels([STUDY], "factors", list(GROUPS))
    return chapter.with_a_line(panels, HEADLINE_FACTORS, "top", "standard", "raw")[0][0]


@pytest.fixture(scope="module")
def result(panel: Panel) -> xr.Dataset:
    return effective_robustness(panel.cube, panel.models, factor_names=HEADLINE_FACTORS)


@pytest.fixture(scope="module")
def choices(panel: Panel) -> xr.Dataset:
    return chapter.every_choice(panel, "standard")


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
    outside = np.abs(said["residual"]) > said["half_width"]
    assert not ((said["verdict"] != "within") & ~outside).any()
    assert ((said["verdict"] == "within") & outside).any()


def test_an_unsupported_residual_gets_no_verdict(panel: Panel, result: xr.Dataset) -> None:
    unsupported = result.assign(measured=xr.zeros_like(result["measured"]))
    said = chapter.verdicts(unsupported, panel.models)
    assert (said["verdict"] == "not measured").all()
    assert said["residual"].isnull().all()


def test_a_source_is_judged_by_the_mean_of_its_measured_clips() -> None:
    """Against a loop: four CLIPs of two sources, of which one is not measured on one factor."""
    random = np.random.default_rng(0)
    dims, shape, sources = ("model", "factor"), (4, 2), ["wit", "laion", "wit", "wit"]
    measured = np.ones(shape, bool)
    measured[2, 0] = False
    values = {
        "residual": random.normal(0, 0.1, shape),
        "scale": random.uniform(0.005, 0.02, shape),
        "freedom": random.integers(4, 12, shape),
        "measured": measured,
    }
    names = {"model": list("abcd"), "factor": ["pose", "color"]}
    judged = xr.Dataset({name: (dims, value) for name, value in values.items()}, names, {"confidence": 0.9})
    text = {"group": ["clip_zero_shot"] * 4, "training_source": sources}
    found = chapter.verdicts(judged, xr.Dataset({name: ("model", value) for name, value in text.items()}))
    p_values, sides = [], []
    for source, factor in product(("laion", "wit"), names["factor"]):
        here = np.flatnonzero((np.array(sources) == source) & judged["measured"].sel(factor=factor).values)
        kept = judged.sel(factor=factor).isel(model=here)
        mean, scale = kept["residual"].values.mean(), kept["scale"].values.mean()
        freedom = kept["freedom"].values.min()
        one = found.sel(source=source, factor=factor)
        assert one["residual"] == pytest.approx(mean)
        assert one["half_width"] == pytest.approx(stats.t.isf(0.05, freedom) * scale)
        p_values.append(2 * stats.t.sf(abs(mean) / scale, freedom))
        sides.append("above" if mean > 0 else "below")
    rejected = multipletests(p_values, 0.05, method="holm")[0]
    assert found["verdict"].values.ravel().tolist() == np.where(rejected, sides, "within").tolist()
    assert 0 < rejected.sum() < 4


def test_every_choice_holds_the_headline(result: xr.Dataset, choices: xr.Dataset) -> None:
    assert choices["residual"].sizes["fit"] == 3
    assert not choices["residual"].isnull().any()
    headline = choices["residual"].sel(**HEADLINE)
    expected = result["residual"].sel(model=headline["model"].values)
    xr.testing.assert_allclose(headline.drop_vars(list(HEADLINE)), expected.transpose(*headline.dims))


def test_lines_pass_through_the_residuals(panel: Panel, result: xr.Dataset) -> None:
    drawn = chapter.baseline_lines(result, panel.models, "standard").sel(factor="pose")
    name = clip_models(panel.models)["model"].values[0]
    one = result.sel(model=name, factor="pose")
    at, line = drawn["reference_accuracy"].values, drawn["predicted"].values
    predicted = np.interp(one["reference_accuracy"].item(), at, line)
    assert one["accuracy"].item() - predicted == pytest.approx(one["residual"].item(), abs=1e-6)


def test_the_band_is_that_of_the_families_near_and_ends_where_they_are_few(
    panel: Panel, result: xr.Dataset
) -> None:
    drawn = chapter.baseline_lines(result, panel.models, "standard").sel(factor="pose")
    standard = result.sel(factor="pose").isel(model=(panel.models["group"] == "standard").values)
    family = panel.models["family"].sel(model=standard["model"]).values
    numbers = set()
    for at, half in zip(drawn["reference_accuracy"].values, drawn["half_width"].values, strict=True):
        near = (np.abs(standard["reference_accuracy"] - at) <= 0.1).values
        squares = [
            float((standard["residual"].values[near & (family == name)] ** 2).mean())
            for name in np.unique(family[near])
        ]
        numbers.add(len(squares))
        scale = stats.t.isf(0.025, len(squares) - 1) * np.mean(squares) ** 0.5
        assert half == pytest.approx(scale if len(squares) >= 5 else np.nan, nan_ok=True)
    assert min(numbers) < 5


def test_choices_of_a_crowd_are_means_of_those_measured_under_every_choice(choices: xr.Dataset) -> None:
    assert chapter.choices_of_groups(choices) is choices
    names = [f"{name} {place}" for name in choices["model"].values for place in range(4)]
    many = choices.isel(model=np.repeat([0, 1], 4)).assign_coords(model=names[:8])
    measured = xr.ones_like(many["measured"], bool)
    measured[{"model": 0, "factor": 0, "fit": 0}] = False
    mean = chapter.choices_of_groups(many.assign(measured=measured))
    assert mean["checkpoint"].values.tolist() == ["CLIP, zero-shot, mean of 7"]
    one, other = (choices["residual"].isel(model=place, drop=True) for place in (0, 1))
    expected = ((3 * one + 4 * other) / 7).transpose(*mean["residual"].isel(model=0, drop=True).dims)
    np.testing.assert_allclose(mean["residual"].isel(model=0), expected)
    nobody = chapter.choices_of_groups(many.assign(measured=~measured & False))
    assert nobody.sizes["model"] == 0


def test_a_study_without_a_line_is_left_out_in_words(panel: Panel) -> None:
    def said(changed: Panel, selection: str = "top", axes: str = "raw") -> list[str]:
        kept, sentences = chapter.with_a_line([changed], ["pose"], selection, "standard", axes)
        assert not kept
        return sentences

    assert said(panel, "alone_typical") == [
        "The study `published` has no selection `alone_typical`: its panel is left out."
    ]
    standard = np.flatnonzero(panel.models["group"] == "standard")
    families = panel.models["family"].values[standard]
    five = standard[np.isin(families, np.unique(families)[:5])]
    few = Panel(STUDY, panel.cube.isel(model=five), panel.models.isel(model=five))
    assert "has 5 families" in said(few)[0]
    assert "a line needs 6" in said(few)[0]
    perfect = panel.cube.copy(deep=True)
    at = {"selection": 0, "model": int(standard[0]), "factor": 0}
    perfect["hits"][at] = perfect["images"][at]
    assert "probit axes have no value" in said(Panel(STUDY, perfect, panel.models), axes="probit")[0]


def test_a_panel_is_cut_to_a_label_rule_and_to_who_was_counted_by_it(panel: Panel) -> None:
    assert "label_rule" not in panel.cube.dims
    assert chapter.with_label_rule(panel, "class", "top") is panel
    assert chapter.with_label_rule(panel, "real", "top") is None
    (whole,) = read_panels([STUDY], "factors", list(GROUPS))
    sizes = {}
    for rule, selection in product(("class", "real", "metaclass"), ("top", "multi")):
        cut = chapter.with_label_rule(whole, rule, selection)
        assert cut is not None
        assert cut.cube["model"].values.tolist() == cut.models["model"].values.tolist()
        assert cut.cube["hits"].sel(selection=selection).notnull().all()
        sizes[rule, selection] = cut.cube.sizes["model"]
    everyone = whole.cube.sizes["model"]
    of_toolbox = int(whole.cube["model"].str.startswith("imagenet-x-toolbox:").sum())
    assert sizes == {
        (rule, selection): everyone - of_toolbox * (rule != "class" and selection == "multi")
        for rule, selection in sizes
    }
    kept, sentences = chapter.with_a_line([panel], ["pose"], "top", "standard", "raw", "real")
    assert kept == []
    assert sentences == [
        "The study `published` has no answers counted by the label rule `real`: its panel is left out."
    ]


def test_factors_that_a_study_lacks_are_named(panel: Panel) -> None:
    kept, sentences = chapter.with_a_line([panel], ["pose", "person_blocking"], "top", "standard", "raw")
    assert chapter.factors_of(kept[0]) == ["pose"]
    assert kept[0].cube["factor"].values.tolist() == ["pose", OVERALL]
    assert sentences == ["The study `published` has no images for: person blocking."]
    kept, sentences = chapter.with_a_line([panel], ["darker"], "top", "standard", "raw")
    assert kept == []
    assert sentences[-1] == "The study `published` has none of these factors: its panel is left out."


def test_where_an_accuracy_is_one_there_are_no_probit_choices(panel: Panel) -> None:
    perfect = panel.cube.sel(factor=["larger", OVERALL]).copy(deep=True)
    standard = int(np.flatnonzero(panel.models["group"] == "standard")[0])
    at = {"selection": 1, "model": standard, "factor": 0}
    perfect["hits"][at] = perfect["images"][at]
    found = chapter.every_choice(Panel(STUDY, perfect, panel.models), "standard")
    assert found["axes"].values.tolist() == ["raw"]
    assert found["residual"].notnull().all()


def test_has_choices_needs_a_clip_and_both_selections(panel: Panel) -> None:
    assert chapter.has_choices(panel)
    assert not chapter.has_choices(Panel(STUDY, panel.cube.sel(selection=["top"]), panel.models))
    standard = (panel.models["group"] == "standard").values
    assert not chapter.has_choices(
        Panel(STUDY, panel.cube.isel(model=standard), panel.models.isel(model=standard))
    )


def test_the_group_that_draws_the_line_is_not_compared_with_it(panel: Panel, result: xr.Dataset) -> None:
    means = chapter.group_residuals({STUDY: result}, {STUDY: panel.models}, 0.95)[STUDY]
    assert means["group"].values.tolist() == [
        "contrastive", "more_data", "robust_intervention", "clip_zero_shot",
    ]  # fmt: skip
    robust = effective_robustness(
        panel.cube, panel.models, factor_names=HEADLINE_FACTORS, baseline_group="robust_intervention"
    )
    means = chapter.group_residuals({STUDY: robust}, {STUDY: panel.models}, 0.95)[STUDY]
    assert "standard" in means["group"].values
    assert "robust_intervention" not in means["group"].values
