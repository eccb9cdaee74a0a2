import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.cubes.validation import validate
from clipsafe_utils.metrics.calibration import calibration_floor
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.labelled import calibration_of_logits
from clipsafe_utils.metrics.labelled.calibration import (
    ESTIMATE_ONLY,
    calibration_rules,
    columns_of_estimate,
)
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.reliability import reliability_bins
from clipsafe_utils.metrics.temperature import LOWEST, fit_temperature
from tests.conftest import labelled
from tests.metrics.simulated import logits_and_labels
from tests.metrics.test_calibration_draws import plain

IMAGES, CLASSES, REPLICATES = 1500, 25, 20
HALF = IMAGES // 2
BY_DRAW = ("accuracy", "nll", "brier", "ece", "ece_equal_mass", "ece_classwise", "ece_debiased", "ece_rms")


@pytest.fixture(scope="module")
def halves() -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """A model that is too sure by a temperature of 1.5: half of the images to measure, half to fit."""
    logits, labels = logits_and_labels(IMAGES, CLASSES, 1.5)
    weights = draw_weights("set", range(IMAGES), REPLICATES)
    double = logits.astype(np.float64)
    return {
        "measure": (double[:HALF], labels[:HALF], weights[:, :HALF]),
        "fit": (double[HALF:], labels[HALF:], weights[:, HALF:]),
    }


@pytest.fixture(scope="module")
def found(halves) -> xr.Dataset:
    return calibration_of_logits(*halves["measure"], fit=halves["fit"])


def test_it_holds_the_variables_of_the_cube_for_one_model_and_condition(found):
    dims = {
        variable.name: tuple(dim for dim in variable.dims if dim not in ("model", "condition"))
        for variable in SCHEMAS["calibration"].variables
    }
    assert {name: array.dims for name, array in found.data_vars.items()} == dims
    assert found["draw"].values.tolist() == list(range(1 + REPLICATES))
    assert found["scaling"].values.tolist() == ["before", "after"]
    assert found["bin"].values.tolist() == list(range(15))


def test_a_cube_made_of_it_is_valid(found):
    by_model = found.expand_dims(model=["a"]).transpose("draw", "model", "scaling", "bin")
    conditions = by_model.drop_vars("temperature").expand_dims(condition=["id"])
    cube = conditions.assign(temperature=by_model["temperature"])
    reason = found["ece_floor"].attrs["not_measured"]
    cube = labelled(cube, "calibration")
    cube["ece_floor"].attrs["not_measured"] = reason
    validate(cube, "calibration")


def test_draws_are_refits_of_the_images_as_often_as_they_are_drawn(halves, found):
    logits, labels, weights = halves["measure"]
    fit_logits, fit_labels, fit_weights = halves["fit"]
    for draw in (0, 7, REPLICATES):
        copies, fit_copies = (np.repeat(np.arange(HALF), row[draw]) for row in (weights, fit_weights))
        temperature = fit_temperature(fit_logits[fit_copies], fit_labels[fit_copies]).temperature
        assert found["temperature"][draw] == pytest.approx(float(temperature), rel=1e-6)
        for scaling, used in (("before", 1.0), ("after", float(temperature))):
            expected = plain(logits[copies], labels[copies], None, used)
            for name in BY_DRAW:
                value = found[name].sel(draw=draw, scaling=scaling)
                assert value == pytest.approx(float(expected[name]), abs=1e-6), (draw, scaling, name)


def test_scaling_changes_no_decision_and_mends_the_rest(found):
    estimate = found.isel(draw=0)
    before, after = estimate.sel(scaling="before"), estimate.sel(scaling="after")
    assert found["temperature"].values == pytest.approx(1.5, rel=0.2)
    np.testing.assert_array_equal(
        found["accuracy"].sel(scaling="before"), found["accuracy"].sel(scaling="after")
    )
    for name in ("nll", "brier", "ece", "ece_equal_mass", "ece_classwise", "ece_debiased", "ece_rms"):
        assert after[name] < before[name], name


def test_bins_and_floor_are_those_of_the_estimate(halves, found):
    logits, labels, _ = halves["measure"]
    for scaling, used in (("before", 1.0), ("after", found["temperature"].values[0])):
        summary = summarise_logits(logits, temperature=used)
        bins = reliability_bins(summary.confidence, summary.prediction == labels)
        one = found.sel(scaling=scaling)
        np.testing.assert_array_equal(one["bin_count"], bins.count)
        np.testing.assert_array_equal(one["bin_hits"], bins.hits)
        np.testing.assert_allclose(one["bin_confidence"], bins.mean_confidence)
        assert one["ece_floor"][0] == pytest.approx(float(calibration_floor(summary.confidence)))
    assert found["ece_floor"].isel(draw=slice(1, None)).isnull().all()
    assert found["ece_floor"].attrs["not_measured"] == ESTIMATE_ONLY


def test_every_edge_is_stated(found):
    for name, array in found.data_vars.items():
        assert array.attrs["long_name"], name
        assert array.attrs["units"], name
    for name in ("ece", "ece_rms", "ece_debiased", "ece_classwise", "bin_count"):
        assert found[name].attrs["bins"].startswith("15, equal width, (low, high]"), name
    assert found["ece_equal_mass"].attrs["bins"].startswith("15, bins of equally many images")
    assert "sampling variance" in found["ece_debiased"].attrs["rule"]
    assert found["ece_floor"].attrs["simulation"] == "200 rounds, seed 0"
    temperature = found["temperature"].attrs
    assert "Newton" in temperature["rule"]
    assert temperature["split"].startswith(f"fitted on {HALF} images")
    assert temperature["passes"] >= 2
    assert (temperature["draws_interpolated"], temperature["draws_fitted_alone"]) == (1 + REPLICATES, 0)
    assert temperature["draws_not_converged"] == 0
    assert temperature["bound"] == "none"
    assert "7 temperatures" in temperature["use"]
    assert found.attrs["images"] == HALF
    assert found.attrs["classes"] == "all 25"
    assert found.attrs["draws"].startswith("21; draw 0")


def test_a_given_temperature_serves_other_conditions_and_keeps_its_attributes(halves, found):
    given = calibration_of_logits(*halves["measure"], temperature=found["temperature"])
    xr.testing.assert_identical(given, found)
    numbers = calibration_of_logits(*halves["measure"], temperature=found["temperature"].values)
    xr.testing.assert_equal(numbers, found)
    assert numbers["temperature"].attrs["rule"] == "given"
    logits, labels, weights = halves["measure"]
    mask = np.arange(CLASSES) % 5 == 0
    masked = calibration_of_logits(
        logits, labels // 5 * 5, weights, temperature=found["temperature"], class_mask=mask, n_bins=10
    )
    assert masked.attrs["classes"] == "5 of 25; the others are taken out before the softmax"
    assert masked.sizes["bin"] == 10
    assert masked["ece"].attrs["bins"].startswith("10, ")
    expected = plain(logits, labels // 5 * 5, weights[:1], found["temperature"].values[0], mask, 10)
    for name, value in expected.items():
        np.testing.assert_allclose(
            masked[name].sel(draw=0, scaling="after"), value[0], rtol=1e-9, err_msg=name
        )


def test_a_perfect_model_and_a_fit_that_ends_at_the_range(halves):
    _, labels, weights = halves["measure"]
    logits = np.eye(CLASSES)[labels]
    found = calibration_of_logits(logits, labels, weights, fit=(logits, labels, weights))
    np.testing.assert_array_equal(found["temperature"], LOWEST)
    assert found["temperature"].attrs["bound"] == "lowest"
    assert found["temperature"].attrs["draws_fitted_alone"] == 1 + REPLICATES
    after = found.sel(scaling="after")
    for name in ("nll", "brier", "ece", "ece_classwise"):
        np.testing.assert_allclose(after[name], 0, atol=1e-12, err_msg=name)
    assert (after["ece_debiased"] >= 0).all()


def test_half_precision_is_float32_of_the_same_values(halves):
    logits, labels, weights = halves["measure"]
    half = logits.astype(np.float16)
    widened = half.astype(np.float32)
    found = calibration_of_logits(half, labels, weights, fit=(half, labels, weights))
    expected = calibration_of_logits(widened, labels, weights, fit=(widened, labels, weights))
    xr.testing.assert_allclose(found, expected, rtol=1e-12)


def test_columns_of_the_estimate_keep_leading_axes():
    confidence = np.random.default_rng(0).random((2, 30))
    columns = columns_of_estimate(confidence, confidence > 0.4, draws=3, n_bins=4)
    assert columns["ece_floor"].shape == (3, 2)
    np.testing.assert_array_equal(columns["ece_floor"][0], calibration_floor(confidence, 4))
    assert columns["bin_count"].shape == (2, 4)


def test_rules_name_the_number_of_bins():
    rules = calibration_rules(7)
    assert all(text["bins"].startswith("7, ") for name, text in rules.items() if name != "ece_floor")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperature": None}, "fit, temperature: expected one of them"),
        ({"fit": (np.zeros((2, 3)), [0, 1], [[1, 1]] * 2)}, "fit, temperature: expected one of them"),
        ({"weights": [[1, 2], [1, 1]]}, "weights: expected every image once in draw 0"),
        ({"temperature": [1.0]}, "temperature: expected 2, one for each draw"),
        ({"temperature": [[1.0, 1.0]]}, r"temperature: expected one for each draw, got the shape \(1, 2\)"),
        ({"temperature": [1.0, -1.0]}, "temperature: expected a positive number"),
        ({"temperature": None, "fit": (np.zeros((1, 3)), [0], [[1]])}, "temperature: expected 2"),
        ({"temperature": None, "fit": (np.zeros((1, 3)), [3], [[1]] * 2)}, "labels: expected class numbers"),
        ({"logits": np.zeros((3, 3))}, r"labels: expected the shape \(3,\)"),
        ({"n_bins": 0}, "n_bins: expected 1 or more"),
    ],
)
def test_wrong_arguments_are_named(changes, message):
    good = {
        "logits": np.zeros((2, 3)),
        "labels": [0, 1],
        "weights": [[1, 1], [2, 0]],
        "temperature": [1.0, 1.0],
    }
    with pytest.raises(ValueError, match=f"^{message}"):
        calibration_of_logits(**(good | changes))
