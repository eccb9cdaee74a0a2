import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import HuberRegressor
from statsmodels.nonparametric.smoothers_lowess import lowess

from clipsafe_utils.metrics.fits import LOCAL_SPAN, fit_line, fit_local

METHODS = ("huber", "least_squares")


def cloud(models, seed, shape=(), outliers=0.1):
    """Accuracies near a line, some of them far off."""
    random = np.random.default_rng(seed)
    x = random.uniform(0.5, 0.9, (*shape, models))
    far = random.random(x.shape) < outliers
    return x, 0.1 + 0.9 * x + 0.01 * random.normal(size=x.shape) + 0.1 * far


def test_least_squares_by_hand():
    line = fit_line([0, 1, 2], [1, 2, 6], "least_squares")
    assert (line.intercept.item(), line.slope.item()) == pytest.approx((0.5, 2.5))


def test_huber_by_hand():
    # Eight points at +-1 about y = 0 and one far above at the centre of x: the slope is 0, and the height
    # solves 4 (1 - h) - 4 (1 + h) + k s = 0 with s = (1 + h) / 0.67449, the median distance being 1 + h.
    x = [1, 1, 2, 2, 3, 4, 4, 5, 5]
    y = [1, -1, -1, 1, 100, 1, -1, -1, 1]
    line = fit_line(x, y, "huber")
    per_scale = 1.345 / 0.6744897501960817
    assert line.slope == pytest.approx(0, abs=1e-8)
    assert line.intercept == pytest.approx(per_scale / (8 - per_scale), abs=1e-8)


@pytest.mark.parametrize("models", [8, 20, 83])
@pytest.mark.parametrize("seed", range(5))
def test_lines_agree_with_statsmodels(models, seed):
    x, y = cloud(models, seed)
    design = sm.add_constant(x)
    robust = sm.RLM(y, design, M=sm.robust.norms.HuberT(1.345)).fit(conv="coefs", tol=1e-12, maxiter=2000)
    plain = sm.OLS(y, design).fit()
    for method, params in (("huber", robust.params), ("least_squares", plain.params)):
        line = fit_line(x, y, method)
        assert [line.intercept.item(), line.slope.item()] == pytest.approx(params, abs=1e-6)


def test_huber_is_near_scikit_learns_which_has_another_scale():
    x, y = cloud(83, 0)
    y[x < 0.6] += 0.1 * (np.random.default_rng(0).random((x < 0.6).sum()) < 0.3)
    peer = HuberRegressor(epsilon=1.345, alpha=0, max_iter=1000).fit(x[:, None], y)
    assert fit_line(x, y, "huber").slope == pytest.approx(peer.coef_[0], abs=0.02)
    assert abs(fit_line(x, y, "least_squares").slope - peer.coef_[0]) > 0.04


@pytest.mark.parametrize("span", [0.3, 0.5, LOCAL_SPAN, 1.0])
def test_the_local_fit_agrees_with_statsmodels(span):
    x, y = cloud(40, 1)
    at = np.append(np.linspace(0.45, 0.95, 13), x[:5])
    expected = lowess(y, x, frac=span, it=0, xvals=at)
    np.testing.assert_allclose(fit_local(x, y, at, span), expected, atol=1e-9)


@pytest.mark.parametrize("models", [4, 8])
def test_the_local_fit_of_points_on_a_line_is_the_line(models):
    x = np.random.default_rng(0).uniform(0.5, 0.9, models)
    at = np.linspace(0.3, 1.0, 9)
    np.testing.assert_allclose(fit_local(x, 3 - 2 * x, at, span=0.9), 3 - 2 * at, atol=1e-9)


def test_the_local_fit_is_the_mean_where_the_neighbours_share_one_x():
    x, y = [0.5, 0.5, 0.5, 0.5, 0.9], [1.0, 2.0, 3.0, 6.0, 9.0]
    assert fit_local(x, y, [0.5], span=0.6) == pytest.approx([3.0])


@pytest.mark.parametrize("method", METHODS)
def test_a_batch_is_its_rows(method):
    x, y = cloud(15, 2, shape=(3, 2))
    line = fit_line(x, y, method)
    at = np.linspace(0.4, 1, 4)
    local = fit_local(x, y, at)
    for row in np.ndindex(3, 2):
        alone = fit_line(x[row], y[row], method)
        assert line.slope[row] == pytest.approx(alone.slope, abs=1e-12)
        assert line.predict(at)[row] == pytest.approx(alone.predict(at), abs=1e-12)
        assert local[row] == pytest.approx(fit_local(x[row], y[row], at), abs=1e-12)


def test_one_x_serves_many_rows_of_y():
    x, _ = cloud(15, 3)
    _, y = cloud(15, 4, shape=(2,))
    assert fit_line(x, y, "huber").slope[1] == pytest.approx(fit_line(x, y[1], "huber").slope)


@given(st.integers(0, 1000), st.sampled_from(METHODS), st.floats(0.1, 10), st.floats(-2, 2))
def test_fits_follow_changes_of_unit_and_order(seed, method, factor, shift):
    x, y = cloud(20, seed)
    line = fit_line(x, y, method)
    order = np.random.default_rng(seed).permutation(x.size)
    moved = fit_line(x[order], factor * y[order] + shift, method)
    at = np.linspace(0.4, 1.0, 5)
    np.testing.assert_allclose(moved.predict(at), factor * line.predict(at) + shift, atol=1e-6)
    moved_local = fit_local(x[order], factor * y[order] + shift, at)
    np.testing.assert_allclose(moved_local, factor * fit_local(x, y, at) + shift, atol=1e-9)


@given(st.integers(0, 1000), st.sampled_from(METHODS))
def test_duplicating_every_model_changes_no_line(seed, method):
    x, y = cloud(12, seed)
    once, twice = fit_line(x, y, method), fit_line(np.tile(x, 2), np.tile(y, 2), method)
    assert twice.intercept == pytest.approx(once.intercept, abs=1e-6)
    assert twice.slope == pytest.approx(once.slope, abs=1e-6)


def test_most_models_on_one_line_outvote_the_rest():
    x = np.linspace(0.5, 0.9, 9)
    y = 2 * x
    y[[2, 5]] += 0.5
    assert fit_line(x, y, "huber").predict([0.0, 1.0]) == pytest.approx([0, 2], abs=1e-6)
    assert fit_line(x, np.full(9, 0.7), "huber").predict([0.1]) == pytest.approx([0.7])


def test_a_fit_that_would_jump_for_ever_between_two_scales_settles():
    x = [0.62675916, 0.74827239, 0.81379516, 0.68543527, 0.66405805, 0.70846495, 0.644685, 0.67304302]
    x += [0.70774993, 0.73695276, 0.77158852, 0.70863693, 0.64448199, 0.72770666, 0.73927682, 0.73794088]
    x += [0.69142882, 0.70151105, 0.66325034]
    y = [0.69609614, 0.80057809, 0.85299631, 0.72701701, 0.70991523, 0.74544075, 0.69441679, 0.74228478]
    y += [0.7700503, 0.79341256, 0.82112117, 0.7707599, 0.71943595, 0.78601569, 0.79527182, 0.79420306]
    y += [0.75699341, 0.7650592, 0.73445063]
    line = fit_line(x, y, "huber")
    distance = np.abs(np.array(y) - line.predict(x))
    limit = 1.345 * np.median(distance) / 0.6744897501960817
    pull = np.clip(np.array(y) - line.predict(x), -limit, limit)
    assert [pull.sum(), (pull * x).sum()] == pytest.approx([0, 0], abs=1e-8)


def test_a_fit_that_does_not_settle_says_so(monkeypatch):
    monkeypatch.setattr("clipsafe_utils.metrics.fits._MOST_ROUNDS", 2)
    with pytest.raises(ValueError, match=r"^y: the Huber fit does not settle"):
        fit_line(*cloud(20, 0), "huber")
