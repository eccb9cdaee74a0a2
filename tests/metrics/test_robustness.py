import numpy as np
import pytest

from clipsafe_utils.metrics.baseline import FITS, SPREADS, predict_baseline, prediction_interval, support
from clipsafe_utils.metrics.intervals import student_p_value
from clipsafe_utils.metrics.robustness import effective_robustness

RANDOM = np.random.default_rng(0)
SIZES = [1, 2, 3, 3, 4, 5]
BASELINE_FAMILIES = np.repeat(list("abcdef"), SIZES)
FAMILIES = np.append(BASELINE_FAMILIES, ["clip", "clip", "b"])
IN_BASELINE = np.arange(21) < 18
X = RANDOM.uniform(0.55, 0.85, 21)
Y = 0.1 + 0.8 * X + 0.02 * RANDOM.normal(size=(2, 21))


def test_residuals_from_the_other_families_by_hand():
    families = ["a", "b", "b", "c", "d"]
    x, y = [0.5, 0.6, 0.6, 0.7, 0.8], [0.2, 0.2, 0.4, 0.4, 0.7]
    residuals = effective_robustness(x, y, families, [True] * 5, "least_squares").residual
    # Without d: means 0.6 and 0.3, slope 0.02 / 0.02.
    assert residuals[4] == pytest.approx(0.7 - (0.3 + 0.2))
    # Without c: means 0.625 and 0.375, slope 0.0825 / 0.0475.
    assert residuals[3] == pytest.approx(0.4 - (0.375 + 0.075 * 0.0825 / 0.0475))


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(("axes", "spread"), [("raw", "near"), ("probit", "near"), ("raw", "pooled")])
def test_every_model_is_judged_by_the_baseline_families_other_than_its_own(fit, axes, spread):
    found = effective_robustness(X, Y, FAMILIES, IN_BASELINE, fit, axes, 0.9, spread=spread)
    baseline_alone = X[IN_BASELINE], Y[:, IN_BASELINE], BASELINE_FAMILIES, [True] * 18, fit, axes
    left_out = effective_robustness(*baseline_alone).residual
    np.testing.assert_array_equal(found.residual[:, IN_BASELINE], left_out)
    for model in (0, 7, 18, 20):
        judges = IN_BASELINE & ~np.isin(FAMILIES, FAMILIES[model])
        one = slice(model, model + 1)
        predicted = predict_baseline(X[judges], Y[:, judges], X[one], fit, axes)
        half, scale, freedom = prediction_interval(
            X[judges], found.residual[:, judges], FAMILIES[judges], X[one], spread, 0.9
        )
        near = support(X[judges], FAMILIES[judges], X[one])
        np.testing.assert_allclose(found.predicted[:, one], predicted)
        np.testing.assert_allclose(found.residual[:, one], Y[:, one] - predicted)
        np.testing.assert_allclose(found.half_width[:, one], half)
        np.testing.assert_allclose(found.scale[:, one], scale)
        assert (found.freedom[:, one] == freedom).all()
        np.testing.assert_allclose(
            found.p_value[:, one], student_p_value(found.residual[:, one], scale, freedom)
        )
        assert (found.families_in_support[:, model] == near).all()


def test_no_model_moves_its_own_judgement_nor_its_kins():
    moved = Y.copy()
    moved[:, 3:6] = 0.01
    before = effective_robustness(X, Y, FAMILIES, IN_BASELINE)
    after = effective_robustness(X, moved, FAMILIES, IN_BASELINE)
    kin = np.isin(FAMILIES, FAMILIES[3])
    np.testing.assert_array_equal(after.predicted[:, kin], before.predicted[:, kin])
    assert (after.predicted[:, ~kin] != before.predicted[:, ~kin]).all()


def test_the_interval_and_the_p_value_say_the_same():
    found = effective_robustness(X, Y, FAMILIES, IN_BASELINE, confidence=0.8)
    outside = np.abs(found.residual) > found.half_width
    assert outside.any()
    np.testing.assert_array_equal(outside, found.p_value < 0.2)


def test_a_residual_is_measured_only_where_five_families_are_near():
    x = np.append(np.linspace(0.61, 0.79, 6), [0.7, 0.4, 0.95])
    found = effective_robustness(x, 0.9 * x, [*"abcdef", "g", "h", "i"], np.arange(9) < 6, "least_squares")
    assert found.families_in_support.tolist() == [0, 3, 4, 4, 3, 0, 6, 0, 0]
    assert found.measured.tolist() == [False] * 6 + [True, False, False]
    assert found.freedom.tolist() == [0, 2, 3, 3, 2, 0, 5, 0, 0]
    assert np.isinf(found.half_width).tolist() == (found.freedom == 0).tolist()
    assert (found.p_value[found.freedom == 0] == 1).all()


def test_a_far_family_moves_the_pooled_scale_alone():
    x = np.append(np.linspace(0.5, 0.6, 6), [0.9, 0.55])
    y = np.append(0.9 * x[:6] + [0.01, -0.01] * 3, [0.5, 0.5])
    near, pooled = (
        effective_robustness(x, y, list("abcdefgh"), np.arange(8) < 7, spread=spread) for spread in SPREADS
    )
    assert (near.residual == pooled.residual).all()
    assert (near.freedom[-1], pooled.freedom[-1]) == (5, 6)
    assert near.scale[-1] == pytest.approx(np.sqrt((near.residual[:6] ** 2).mean()))
    assert pooled.scale[-1] == pytest.approx(np.sqrt((near.residual[:7] ** 2).mean()))


def test_judgements_do_not_depend_on_the_order_of_models():
    order = np.random.default_rng(1).permutation(21)
    found = effective_robustness(X, Y, FAMILIES, IN_BASELINE)
    shuffled = effective_robustness(X[order], Y[:, order], FAMILIES[order], IN_BASELINE[order])
    for name in ("residual", "half_width", "p_value", "scale", "freedom", "families_in_support"):
        np.testing.assert_allclose(getattr(shuffled, name), getattr(found, name)[:, order], atol=1e-9)


def test_the_reference_may_differ_by_part():
    x = np.stack([X, X - 0.02])
    found = effective_robustness(x, Y, FAMILIES, IN_BASELINE)
    alone = effective_robustness(x[1], Y[1], FAMILIES, IN_BASELINE)
    np.testing.assert_allclose(found.residual[1], alone.residual, atol=1e-12)
    np.testing.assert_array_equal(found.families_in_support[1], alone.families_in_support)
    np.testing.assert_allclose(found.scale[1], alone.scale)


def test_judging_some_models_leaves_their_judgement_as_it_is():
    some = np.isin(FAMILIES, ["clip", "c"])
    every = effective_robustness(X, Y, FAMILIES, IN_BASELINE)
    found = effective_robustness(X, Y, FAMILIES, IN_BASELINE, judged=some)
    for name, values in vars(every).items():
        np.testing.assert_array_equal(vars(found)[name][..., some], values[..., some])
    assert not found.measured[..., ~some].any()
    np.testing.assert_array_equal(found.residual, every.residual)
