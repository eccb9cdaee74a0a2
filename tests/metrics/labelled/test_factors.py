import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.metrics import robustness
from clipsafe_utils.metrics.intervals import wilson_interval
from clipsafe_utils.metrics.labelled import effective_robustness, factor_accuracy, reference_accuracy

FACTORS = ["pose", "texture", "overall"]
FAMILIES = [*"aabbccddee", "clip"]
GROUPS = ["standard"] * 10 + ["clip_zero_shot"]
MODELS = [f"model {i}" for i in range(11)]
DIMS = ("selection", "model", "factor")


@pytest.fixture
def factors():
    random = np.random.default_rng(0)
    images = np.tile([400, 100, 1000], (2, 11, 1))
    ability = np.linspace(0.55, 0.8, 11)[:, None]
    hits = random.binomial(images[..., :2], ability)
    rest = random.binomial(500, ability[:, 0], (2, 11))
    return xr.Dataset(
        {"hits": (DIMS, np.dstack([hits, hits.sum(-1) + rest])), "images": (DIMS, images)},
        {"selection": ["top", "multi"], "model": MODELS, "factor": FACTORS},
    )


@pytest.fixture
def models():
    return xr.Dataset(
        {"group": ("model", ["other", *GROUPS]), "family": ("model", ["z", *FAMILIES])},
        {"model": ["not evaluated", *MODELS]},
    )


def judge(factors, models, **choices):
    return effective_robustness(factors, models, **{"factor_names": ["pose", "texture"], **choices})


def test_accuracy_and_its_references_by_hand():
    factors = xr.Dataset(
        {"hits": (DIMS, [[[30, 50]]]), "images": (DIMS, [[[40, 100]]])},
        {"selection": ["top"], "model": ["m"], "factor": ["pose", "overall"]},
    )
    assert factor_accuracy(factors, "top").sel(factor="pose").item() == 0.75
    assert reference_accuracy(factors, "top", "overall").item() == 0.5
    assert reference_accuracy(factors, "top", "without_factor").item() == pytest.approx(20 / 60)


def test_accuracy_keeps_dims_and_says_what_it_is(factors):
    found = factor_accuracy(factors, "multi")
    assert found.dims == ("model", "factor")
    assert found.attrs == {"long_name": "Accuracy", "units": "1"}
    expected = factors.hits.sel(selection="multi") / factors.images.sel(selection="multi")
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("reference", ["overall", "without_factor"])
def test_reference_accuracy_has_a_column_for_every_factor(factors, reference):
    found = reference_accuracy(factors, "top", reference)
    assert dict(found.sizes) == {"model": 11, "factor": 2}
    assert (found.sel(factor="pose") == found.sel(factor="texture")).all() == (reference == "overall")


def test_count_weighted_residuals_of_least_squares_lines_sum_to_0(factors, models):
    """The arithmetic that the chapter explains: parts that make up the whole cannot all be up."""
    rest = factors.sel(factor="overall") - factors.sel(factor=["pose", "texture"]).sum("factor")
    parts = xr.concat([factors, rest.assign_coords(factor="rest")], "factor")
    names = ["pose", "texture", "rest"]
    found = effective_robustness(parts, models, factor_names=names, fit="least_squares")
    weights = parts.images.sel(selection="top", factor=names)
    assert np.abs(found.residual).max() > 0.01
    np.testing.assert_allclose((found.residual * weights).sum("factor"), 0, atol=1e-9)


@pytest.mark.parametrize(("fit", "spread"), [("huber", "near"), ("local", "pooled")])
@pytest.mark.parametrize("reference", ["overall", "without_factor"])
def test_effective_robustness_is_that_of_the_arrays(factors, models, fit, spread, reference):
    choices = {"fit": fit, "spread": spread, "axes": "probit", "confidence": 0.9}
    found = judge(factors, models, reference=reference, **choices)
    x = reference_accuracy(factors, "top", reference).transpose("factor", "model").values
    y = factor_accuracy(factors, "top").sel(factor=["pose", "texture"]).transpose("factor", "model").values
    in_baseline = np.array(GROUPS) == "standard"
    expected = robustness.effective_robustness(x, y, FAMILIES, in_baseline, **choices)
    for name, values in vars(expected).items():
        np.testing.assert_array_equal(found[name].values, values.T)
    np.testing.assert_array_equal(found.accuracy.values, y.T)
    np.testing.assert_array_equal(found.reference_accuracy.values, x.T)


def test_effective_robustness_describes_itself(factors, models):
    found = judge(factors, models, selection="multi")
    assert dict(found.sizes) == {"model": 11, "factor": 2}
    assert found.model.values.tolist() == MODELS
    assert all(variable.attrs["long_name"] for variable in found.values())
    assert {variable.attrs["units"] for variable in found.values()} == {"1"}
    assert found.measured.dtype == bool
    assert found.attrs == {
        "selection": "multi",
        "baseline_group": "standard",
        "axes": "raw",
        "reference": "overall",
        "fit": "huber",
        "spread": "near",
        "confidence": 0.95,
    }


def test_the_interval_over_images_is_wilsons_about_the_prediction(factors, models):
    found = judge(factors, models).sel(factor="texture")
    chosen = factors.sel(selection="top", factor="texture")
    low, high = wilson_interval(chosen.hits, chosen.images)
    np.testing.assert_allclose(found.image_low, low - found.predicted)
    np.testing.assert_allclose(found.image_high, high - found.predicted)


def test_models_are_matched_by_name_not_by_place(factors, models):
    expected = judge(factors, models)
    xr.testing.assert_allclose(judge(factors, models.isel(model=slice(None, None, -1))), expected)
    shuffled = judge(factors.isel(model=slice(None, None, -1)), models)
    xr.testing.assert_allclose(shuffled.sel(model=expected.model), expected)


@pytest.mark.parametrize(
    ("choices", "name"),
    [
        ({"factor_names": ["colour"]}, "factor_names"),
        ({"factor_names": ["overall"]}, "factor_names"),
        ({"selection": "all"}, "selection"),
        ({"baseline_group": "human"}, "baseline_group"),
        ({"reference": "mean"}, "reference"),
        ({"axes": "log"}, "axes"),
        ({"fit": "cubic"}, "fit"),
        ({"spread": "far"}, "spread"),
        ({"confidence": 95}, "confidence"),
    ],
)
def test_unknown_choices_are_named(factors, models, choices, name):
    with pytest.raises(ValueError, match=f"^{name}: expected"):
        judge(factors, models, **choices)


def test_a_model_without_a_row_is_named(factors, models):
    with pytest.raises(ValueError, match=r"^models: .*'model 3'"):
        judge(factors, models.drop_sel(model="model 3"))


@pytest.mark.parametrize("name", ["hits", "images"])
def test_counts_that_were_not_measured_are_named(factors, models, name):
    factors[name] = factors[name].where(factors.model != "model 3")
    with pytest.raises(ValueError, match=f"^{name}: expected finite numbers"):
        judge(factors, models)
    with pytest.raises(ValueError, match=f"^{name}: expected finite numbers"):
        factor_accuracy(factors, "top")


def test_a_factor_on_every_image_leaves_nothing_without_it(factors):
    factors["images"][:, :, 0] = 1000
    with pytest.raises(ValueError, match=r"^images: expected at least 1"):
        reference_accuracy(factors, "top", "without_factor")


def test_a_perfect_baseline_model_has_no_place_on_probit_axes(factors, models):
    factors["hits"].loc["top", "model 3", "texture"] = 100
    judge(factors, models)
    with pytest.raises(ValueError, match=r"^axes: expected 'raw', since accuracy of model 3 on texture is 1"):
        judge(factors, models, axes="probit")


def test_a_perfect_model_that_is_judged_has_a_place_on_probit_axes(factors, models):
    factors["hits"].loc["top", "model 10", "texture"] = 100
    found = judge(factors, models, axes="probit").sel(model="model 10", factor="texture")
    assert found.residual == 1 - found.predicted
