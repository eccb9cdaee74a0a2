import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from clipsafe_utils.metrics import temperature
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.likelihood import ImageLikelihoods
from clipsafe_utils.metrics.temperature import HIGHEST, LOWEST, fit_temperature, temperature_draws
from tests.metrics.simulated import logits_and_labels


def by_bisection(logits: np.ndarray, labels: np.ndarray) -> float:
    """Temperature in float64, where SciPy finds that the slope of NLL crosses 0."""
    images = ImageLikelihoods(logits.astype(np.float64), labels)
    return 1 / brentq(lambda inverse: images.at(inverse).slope.sum(), 1e-3, 1e3, xtol=1e-13, rtol=1e-13)


def test_two_classes_by_hand():
    # Three of four right at odds 9 = 3 ** T: T = 2.
    fit = fit_temperature(np.log([[9.0, 1.0]] * 4), [0, 0, 0, 1])
    assert fit.temperature == pytest.approx(2)
    assert fit.nll == pytest.approx(-(3 * np.log(3 / 4) + np.log(1 / 4)) / 4)
    assert fit.converged
    assert fit.bound == ""
    assert abs(fit.gradient) < 1e-3  # of the last pass, one step before


@pytest.mark.parametrize("truth", [0.02, 0.4, 1.0, 1.3, 6.0, 90.0])
def test_the_temperature_of_simulated_logits_is_found(truth):
    logits, labels = logits_and_labels(4000, 30, truth)
    fit = fit_temperature(logits, labels)
    assert fit.temperature == pytest.approx(truth, rel=0.05)
    assert fit.temperature == pytest.approx(by_bisection(logits, labels), rel=1e-6)
    assert fit.converged


def test_the_first_guess_from_a_sample_does_not_change_the_answer():
    logits, labels = logits_and_labels(temperature._SAMPLE_STEP * temperature._SMALLEST_SAMPLE, 10, 1.3)
    fit = fit_temperature(logits, labels)
    assert fit.temperature == pytest.approx(by_bisection(logits, labels), rel=1e-6)
    assert fit.passes <= 5


def test_a_sample_without_errors_does_not_lead_the_fit_astray():
    images = temperature._SAMPLE_STEP * temperature._SMALLEST_SAMPLE
    logits = np.zeros((images, 2))
    logits[:, 0] = 3.0
    labels = np.zeros(images, dtype=int)
    labels[1 :: temperature._SAMPLE_STEP] = 1
    fit = fit_temperature(logits, labels)
    assert fit.temperature == pytest.approx(3 / np.log(15), rel=1e-7)


def test_nearly_perfect_models_do_not_make_newton_crawl():
    # One error in a million: the slope falls like an exponential over most of the way.
    logits = np.zeros((20_000, 2))
    logits[:, 0] = 1.0
    labels = np.zeros(20_000, dtype=int)
    labels[7] = 1
    fit = fit_temperature(logits, labels)
    assert fit.temperature == pytest.approx(1 / np.log(19_999), rel=1e-7)
    assert fit.passes < 25


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_a_perfect_model_gets_the_lowest_temperature(precision):
    logits = np.eye(3, dtype=precision)
    fit = fit_temperature(logits, [0, 1, 2])
    assert fit.temperature == LOWEST
    assert fit.bound == "lowest"
    assert fit.converged
    assert fit.nll == pytest.approx(0, abs=1e-100)


def test_a_minimum_below_the_range_gets_the_lowest_temperature():
    logits = np.array([[1e-4, 0.0]] * 3)
    fit = fit_temperature(logits, [0, 0, 1])
    assert (fit.temperature, fit.bound, fit.converged) == (LOWEST, "lowest", True)
    assert fit.gradient < 0


def test_labels_below_the_others_get_the_highest_temperature():
    logits, _ = logits_and_labels(200, 5)
    fit = fit_temperature(logits, logits.argmin(axis=1))
    assert (fit.temperature, fit.bound, fit.converged) == (HIGHEST, "highest", True)
    assert fit.gradient > 0


def test_constant_logits_keep_temperature_one():
    fit = fit_temperature(np.full((4, 5), 7.0), [0, 1, 2, 3])
    assert (fit.temperature, fit.bound, fit.converged) == (1, "", True)
    assert fit.nll == pytest.approx(np.log(5))
    assert fit.gradient == 0


def test_a_fit_that_runs_out_of_passes_says_so(monkeypatch):
    monkeypatch.setattr(temperature, "MOST_PASSES", 2)
    logits, labels = logits_and_labels(500, 10, 8.0)
    fit = fit_temperature(logits, labels)
    assert not fit.converged
    assert fit.passes == 2


def test_models_are_fitted_one_by_one():
    logits, labels = logits_and_labels(300, 8)
    models = np.stack([logits, 2 * logits, np.zeros_like(logits)]).reshape(3, 1, 300, 8)
    fits = fit_temperature(models, labels)
    assert fits.temperature.shape == (3, 1)
    single = fit_temperature(logits, labels)
    assert fits.temperature[0, 0] == single.temperature
    assert fits.nll[1, 0] == pytest.approx(single.nll)
    np.testing.assert_array_equal(fits.bound[:, 0], ["", "", ""])


@settings(max_examples=40)
@given(st.floats(0.05, 20), st.integers(0, 1000))
def test_scaling_the_logits_scales_the_temperature(scale, seed):
    logits, labels = logits_and_labels(200, 6, seed=seed)
    double = logits.astype(np.float64)
    plain, scaled = fit_temperature(double, labels), fit_temperature(scale * double, labels)
    assert scaled.temperature == pytest.approx(scale * plain.temperature, rel=1e-6)
    assert scaled.nll == pytest.approx(plain.nll, rel=1e-9)


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_order_and_copies_change_nothing(seed):
    logits, labels = logits_and_labels(200, 6, seed=seed)
    order = np.random.default_rng(seed).permutation(np.tile(np.arange(200), 2))
    again = fit_temperature(logits[order], labels[order])
    assert again.temperature == pytest.approx(fit_temperature(logits, labels).temperature, rel=1e-5)


def test_draws_are_the_fits_of_the_images_as_often_as_they_are_drawn():
    logits, labels = logits_and_labels(2000, 20, 1.3)
    weights = draw_weights("set", range(2000), 12)
    draws = temperature_draws(logits, labels, weights)
    expected = [by_bisection(np.repeat(logits, row, axis=0), np.repeat(labels, row)) for row in weights]
    np.testing.assert_allclose(draws.temperature, expected, rtol=1e-6)
    assert draws.interpolated.all()
    assert draws.converged.all()
    single = fit_temperature(logits, labels)
    assert draws.temperature[0] == pytest.approx(single.temperature, rel=1e-6)
    assert draws.estimate == single


def test_draws_of_few_images_are_fitted_on_their_own_where_they_must_be():
    logits, labels = logits_and_labels(12, 3, 1.0, seed=1)
    weights = draw_weights("few", range(12), 60)
    draws = temperature_draws(logits, labels, weights)
    for found, row in zip(draws.temperature, weights, strict=True):
        copies = np.repeat(np.arange(12), row)
        assert found == pytest.approx(fit_temperature(logits[copies], labels[copies]).temperature, rel=1e-5)
    alone = draws.temperature[~draws.interpolated]
    assert (alone == LOWEST).any()
    assert (alone > LOWEST).any()
    assert draws.converged.all()


def test_a_draw_that_was_fitted_alone_and_did_not_converge_says_so(monkeypatch):
    logits, labels = logits_and_labels(12, 3, 1.0, seed=1)
    weights = draw_weights("few", range(12), 60)
    monkeypatch.setattr(temperature, "MOST_PASSES", 3)
    draws = temperature_draws(logits, labels, weights)
    assert not draws.converged.all()
    assert draws.converged[draws.interpolated].all()


def test_draws_of_perfect_and_constant_models():
    weights = draw_weights("set", range(5), 3)
    labels = np.arange(5) % 3
    perfect = temperature_draws(np.eye(3)[labels], labels, weights)
    np.testing.assert_array_equal(perfect.temperature, LOWEST)
    assert perfect.estimate.bound == "lowest"
    constant = temperature_draws(np.zeros((5, 3)), labels, weights)
    np.testing.assert_array_equal(constant.temperature, 1)
    assert not constant.interpolated.any()


def test_half_precision_is_float32_of_the_same_values():
    logits, labels = logits_and_labels(500, 20, 1.3)
    half, weights = logits.astype(np.float16), draw_weights("set", range(500), 5)
    widened = half.astype(np.float32)
    fit = fit_temperature(half, labels)
    assert fit.temperature == pytest.approx(fit_temperature(widened, labels).temperature, rel=1e-12)
    assert fit.temperature == pytest.approx(by_bisection(half, labels), rel=1e-6)
    np.testing.assert_allclose(
        temperature_draws(half, labels, weights).temperature,
        temperature_draws(widened, labels, weights).temperature,
        rtol=1e-12,
    )


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match=r"^logits: expected float16, float32 or float64, got int64"):
        fit_temperature(np.zeros((2, 3), dtype=np.int64), [0, 1])
    with pytest.raises(ValueError, match=r"^logits: .* got others for image 1 \(float16 ends at 65504\)"):
        fit_temperature(np.array([[1, 0], [np.inf, 0]], dtype=np.float16), [1, 0])
    with pytest.raises(ValueError, match=r"^labels: expected the shape \(2,\)"):
        fit_temperature(np.zeros((2, 3)), [0, 1, 2])
    with pytest.raises(ValueError, match=r"^logits: expected finite numbers, got others for image 1"):
        fit_temperature(np.array([[1.0, 0.0], [np.nan, 0.0], [0.0, 1.0]]), [1, 0, 0])
    with pytest.raises(ValueError, match=r"^weights: expected the shape \(draws, 2\)"):
        temperature_draws(np.zeros((2, 3)), [0, 1], [[1, 1, 1]])
