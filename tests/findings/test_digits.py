"""Chapter 5's experiment with digits: the rows, the shifts, the scores, and what is said of them."""

import numpy as np
import pytest
import xarray as xr
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from clipsafe_utils.chapters.calibration import figures, tables
from clipsafe_utils.findings.calibration import digits
from clipsafe_utils.findings.calibration.digits_result import Digits, Judged
from clipsafe_utils.metrics.temperature import fit_temperature
from tests.metrics.simulated import softmax

TEMPERATURE_RANGE = (2.0, 4.0)


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    pixels, labels = load_digits(return_X_y=True)
    return pixels / 16, labels


@pytest.fixture(scope="module")
def rows(data: tuple[np.ndarray, np.ndarray]) -> digits.Split:
    return digits.split_rows(data[1].size, seed=0, split_seed=0)


@pytest.fixture(scope="module")
def classifier(data: tuple[np.ndarray, np.ndarray], rows: digits.Split) -> LogisticRegression:
    """The classifier of the chapter."""
    model = LogisticRegression(C=1e5, tol=1e-8, solver="newton-cholesky")
    return model.fit(data[0][rows.train], data[1][rows.train])


@pytest.fixture(scope="module")
def temperature(
    classifier: LogisticRegression, data: tuple[np.ndarray, np.ndarray], rows: digits.Split
) -> float:
    logits = classifier.decision_function(data[0][rows.fit])
    return fit_temperature(logits, data[1][rows.fit]).temperature.item()


@pytest.fixture(scope="module")
def trials(
    classifier: LogisticRegression,
    data: tuple[np.ndarray, np.ndarray],
    rows: digits.Split,
    temperature: float,
) -> xr.Dataset:
    return digits.run_trials(
        classifier.decision_function,
        data[0][rows.test],
        data[1][rows.test],
        temperature,
        n_bins=15,
        binning="equal_width",
        seed=0,
    )


def test_every_row_has_one_use(rows: digits.Split) -> None:
    together = np.concatenate([rows.train, rows.fit, rows.test])
    assert np.sort(together).tolist() == list(range(1797))
    assert (rows.train.size, rows.fit.size, rows.test.size) == (300, 748, 749)
    other = digits.split_rows(1797, seed=0, split_seed=1)
    assert (other.train == rows.train).all()
    assert set(other.fit) != set(rows.fit)
    assert set(digits.split_rows(1797, seed=1, split_seed=0).train) != set(rows.train)


def test_noise_grows_along_one_pattern_and_blur_keeps_the_ink(data: tuple[np.ndarray, np.ndarray]) -> None:
    pixels = data[0][:50]
    weak, strong = (digits.shifted(pixels, "noise", strength, seed=4) - pixels for strength in (0.1, 0.3))
    np.testing.assert_allclose(3 * weak, strong)
    assert strong.std() == pytest.approx(0.3, rel=0.05)
    blurred = digits.shifted(pixels, "blur", 0.6, seed=4)
    np.testing.assert_allclose(blurred.sum(axis=1), pixels.sum(axis=1))
    assert (blurred.max(axis=1) < pixels.max(axis=1)).all()
    dot = np.eye(1, 64, 27)
    assert digits.shifted(dot, "blur", 0.6, 0).max() == pytest.approx(0.44, abs=0.005)
    assert (digits.shifted(dot, "noise", 0, 0) == dot).all()
    with pytest.raises(ValueError, match="shift: expected one of noise, blur"):
        digits.shifted(pixels, "rotation", 1, seed=0)


def test_scores_are_those_of_the_textbook(
    classifier: LogisticRegression,
    data: tuple[np.ndarray, np.ndarray],
    rows: digits.Split,
    temperature: float,
    trials: xr.Dataset,
) -> None:
    labels = data[1][rows.test]
    after = trials.sel(shift="noise", level=0, scaling="after").isel(draw=0)
    probability = softmax(classifier.decision_function(data[0][rows.test]) / temperature)
    assert after["nll"].item() == pytest.approx(log_loss(labels, probability))
    truth = np.eye(10)[labels]
    assert after["brier"].item() == pytest.approx(((probability - truth) ** 2).sum(axis=1).mean())
    gap = probability.max(axis=1).mean() - (probability.argmax(axis=1) == labels).mean()
    assert after["overconfidence"].item() == pytest.approx(gap)


def test_a_temperature_changes_no_answer_and_its_own_has_the_lowest_nll(trials: xr.Dataset) -> None:
    accuracy = trials["accuracy"].isel(draw=0)
    assert (accuracy == accuracy.sel(scaling="before")).all()
    nll = trials["nll"].isel(draw=0)
    assert (nll.sel(scaling="own") <= nll + 1e-9).all()


def test_what_the_prose_says_of_the_shifts(trials: xr.Dataset, temperature: float) -> None:
    low, high = TEMPERATURE_RANGE
    assert low < temperature < high
    strongest = trials.isel(level=-1, draw=0)
    gap = strongest["overconfidence"]
    noise, blur = (gap.sel(shift=shift) for shift in ("noise", "blur"))
    assert 0.05 < noise.sel(scaling="after") < noise.sel(scaling="before")
    assert blur.sel(scaling="after") < -0.05 < 0 < blur.sel(scaling="before")
    assert (abs(gap.sel(scaling="own")) < 0.03).all()
    spread = strongest["spread"].isel(scaling=0)
    clean = trials["spread"].isel(shift=0, level=0, scaling=0)
    assert spread.sel(shift="noise") > clean > spread.sel(shift="blur")
    own = strongest["temperature"].sel(scaling="own")
    assert own.sel(shift="noise") > temperature > own.sel(shift="blur")


def test_changes_are_paired(trials: xr.Dataset) -> None:
    clean = trials.isel(shift=0, level=0)
    estimate, low, high = digits.change(clean, "nll", 0.95)
    assert low < estimate < high < 0
    ends = digits.with_intervals(clean, 0.95)["overconfidence_high"]
    starts = digits.with_intervals(clean, 0.95)["overconfidence_low"]
    _, low, high = digits.change(clean, "overconfidence", 0.95)
    assert high - low < (ends - starts).min()
    assert digits.change(clean, "accuracy", 0.95) == (0, 0, 0)


@pytest.fixture(scope="module")
def tried(trials: xr.Dataset) -> Digits:
    return Digits(trials, 749, 0.95)


def test_what_is_said_of_clean_images(tried: Digits, trials: xr.Dataset, temperature: float) -> None:
    clean = tried.clean
    assert clean.after["temperature"].estimate == temperature
    assert clean.before["accuracy"] == clean.after["accuracy"]
    assert clean.nll.side == tried.noise.nll.side == "down"
    assert clean.nll.estimate == pytest.approx(clean.after["nll"].estimate - clean.before["nll"].estimate)
    floor = trials.isel(shift=0, level=0)["ece_floor"].sel(scaling="after").item()
    assert clean.after["floor"].estimate == floor


def test_one_temperature_leaves_two_opposite_errors(tried: Digits) -> None:
    assert (tried.opposite, tried.answers) == ("yes", "two")
    assert tried.noise.own.estimate > tried.blur.own.estimate
    assert tried.noise.after["gap"].estimate > 0 > tried.blur.after["gap"].estimate


def test_errors_of_one_sign_are_not_opposite(trials: xr.Dataset) -> None:
    alike = trials.sel(shift=["noise", "noise"]).assign_coords(shift=["noise", "blur"])
    same = Digits(alike, 749, 0.95)
    assert (same.opposite, same.answers) == ("no", "one")


@pytest.mark.parametrize(("shift", "side"), [(0.3, "up"), (-0.3, "down"), (0.0, "neither")])
def test_a_change_needs_an_interval_on_one_side_of_zero(shift: float, side: str) -> None:
    random = np.random.default_rng(0)
    before = 1 + 0.01 * random.standard_normal(41)
    nll = np.stack([before, before + shift + 0.01 * random.standard_normal(41)], axis=1)
    trials = xr.Dataset({"nll": (("draw", "scaling"), nll)}, {"scaling": ["before", "after"]})
    assert Judged(trials, 0.95).nll.side == side


def test_table_makes_no_claim_from_ece(trials: xr.Dataset) -> None:
    markup = tables.digits_table(Digits(trials, 749, 0.999)).markup
    assert markup.count('<th scope="row">') == 7
    assert markup.count("no claim") == 2
    assert "99.9\N{NO-BREAK SPACE}% interval" in markup


def test_a_score_under_a_shift_has_a_panel_with_a_curve_a_temperature(trials: xr.Dataset) -> None:
    frame = figures.shifts_frame(digits.with_intervals(trials, 0.95))
    panels = ["NLL under noise", "NLL under blur", "Gap under noise", "Gap under blur"]
    assert list(dict.fromkeys(frame["panel"])) == panels
    assert list(dict.fromkeys(frame["look"])) == ["ink", "temperature/clean", "temperature/own"]
    assert frame["value"].between(frame["low"], frame["high"]).all()
    blur = frame[(frame["panel"] == "Gap under blur") & (frame["look"] == "temperature/clean")]
    assert blur["x"].tolist() == [0.0, 0.4, 0.6, 0.8]
    gap = trials["overconfidence"].sel(shift="blur", scaling="after").isel(level=-1, draw=0).item()
    assert blur["value"].iloc[-1] == pytest.approx(100 * gap)


def test_each_shift_has_its_own_axis(tried: Digits) -> None:
    markup = figures.shifts(tried).markup
    assert markup.count(">noise, share of paper to ink<") == markup.count(">blur, width in pixels<") == 2
    assert "Gap under blur: as it is: 2.8 (" in markup
