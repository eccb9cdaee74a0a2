"""Heights above a line, on a line that is known."""

import numpy as np
import pytest
from scipy.special import ndtr, ndtri

from clipsafe_utils.metrics.heights import heights_above_line
from clipsafe_utils.metrics.robustness import effective_robustness

X = np.array([0.50, 0.52, 0.54, 0.56, 0.58, 0.60, 0.55, 0.57, 0.90])
FAMILIES = np.array([*"abcdefxyz"])
BASELINE = np.arange(X.size) < 6
ON_LINE = ndtr(ndtri(X) - 0.5)


def test_a_model_above_a_line_on_probit_axes_has_that_height() -> None:
    lifted = ON_LINE + np.array([0, 0, 0, 0, 0, 0, 0.1, -0.2, 0])
    found = heights_above_line([X], [lifted], FAMILIES, BASELINE)[0]
    assert found[:8] == pytest.approx([0, 0, 0, 0, 0, 0, 0.1, -0.2], abs=1e-9)
    assert np.isnan(found[8])


def test_heights_are_residuals_of_effective_robustness() -> None:
    up = ON_LINE + 0.02 * np.random.default_rng(0).normal(size=X.size)
    judged = effective_robustness(X, up, FAMILIES, BASELINE, "huber", "probit", 0.95)
    found = heights_above_line([X], [up], FAMILIES, BASELINE)[0]
    assert found[6:8] == pytest.approx(judged.residual[6:8])
    assert (np.isnan(found[6:]) == ~judged.measured[6:]).all()


def test_each_draw_has_its_own_line_and_the_support_of_the_estimate() -> None:
    shift = np.array([0.0, 0.03])[:, None]
    x = np.stack([X, X + 0.005])
    found = heights_above_line(x, np.stack([ON_LINE, ON_LINE]) + shift, FAMILIES, BASELINE)
    for draw in (0, 1):
        one = heights_above_line(x[[draw]], ON_LINE[None] + shift[draw], FAMILIES, BASELINE)[0]
        assert found[draw, :8] == pytest.approx(one[:8])


def test_fewer_than_five_families_hold_up_no_line() -> None:
    few = np.where(FAMILIES == "f", "e", np.where(FAMILIES == "b", "a", FAMILIES))
    assert np.isnan(heights_above_line([X], [ON_LINE], few, BASELINE)).all()


def test_shares_that_probit_axes_cannot_show_draw_no_line_and_get_no_height() -> None:
    x, up = np.append(X, [1.0, 0.55]), np.append(ON_LINE, [0.5, 1.0])
    found = heights_above_line([x], [up], [*FAMILIES, "v", "w"], np.append(BASELINE, [True, True]))[0]
    assert found[:6] == pytest.approx(np.zeros(6), abs=1e-9)
    assert np.isnan(found[9])
    assert found[10] == pytest.approx(1 - ndtr(ndtri(0.55) - 0.5))


def test_a_missing_value_has_no_height_and_draws_no_line() -> None:
    up = ON_LINE.copy()
    up[[0, 6]] = np.nan
    found = heights_above_line([X], [up], FAMILIES, BASELINE)[0]
    assert np.isnan(found[[0, 6]]).all()
    assert found[7] == pytest.approx(0, abs=1e-9)


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match=r"^x: expected shape \(draws, models\), got \(9,\)"):
        heights_above_line(X, ON_LINE, FAMILIES, BASELINE)
    with pytest.raises(ValueError, match=r"^families: expected 9 labels"):
        heights_above_line([X], [ON_LINE], FAMILIES[:3], BASELINE)
    with pytest.raises(ValueError, match=r"^in_baseline: expected 9 labels"):
        heights_above_line([X], [ON_LINE], FAMILIES, BASELINE[:3])
