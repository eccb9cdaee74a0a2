import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clipsafe_utils.metrics.draws import centred_interval, draw_weights, reflected_interval


def test_draw_zero_is_the_estimate_and_the_shape_is_that_of_a_cube():
    weights = draw_weights("set", range(10))
    assert weights.shape == (201, 10)
    assert weights.dtype == np.uint8
    np.testing.assert_array_equal(weights[0], 1)


def test_weights_are_poisson_with_mean_and_variance_one():
    weights = draw_weights("set", range(20_000), replicates=50)[1:]
    shares = np.bincount(weights.ravel(), minlength=5)[:5] / weights.size
    expected = np.exp(-1) / np.array([1, 1, 2, 6, 24])
    # A million draws: four standard errors are below 0.002.
    np.testing.assert_allclose(shares, expected, atol=0.002)
    assert weights.mean() == pytest.approx(1, abs=0.004)
    assert weights.var() == pytest.approx(1, abs=0.008)


def test_images_and_draws_are_independent():
    weights = draw_weights("set", range(4000), replicates=100)[1:].astype(float)
    between_draws = np.corrcoef(weights)[np.triu_indices(100, 1)]
    # 4,950 correlations of standard error 1 / sqrt(4000).
    assert between_draws.std() == pytest.approx(1 / np.sqrt(4000), rel=0.05)
    assert abs(between_draws).max() < 5 / np.sqrt(4000)
    neighbours = np.corrcoef(weights[:, :-1].ravel(), weights[:, 1:].ravel())[0, 1]
    assert abs(neighbours) < 5 / np.sqrt(weights.size)
    assert weights.sum(axis=1).var() == pytest.approx(4000, rel=0.6)


@settings(max_examples=30)  # texts that all differ are slow to make up
@given(st.lists(st.text(max_size=5), min_size=1, max_size=8, unique=True), st.randoms(use_true_random=False))
def test_the_weight_of_an_image_depends_on_its_own_id_only(ids, random):
    weights = dict(zip(ids, draw_weights("set", ids, 5).T.tolist(), strict=True))
    others = [*ids, "one more image"]
    random.shuffle(others)
    again = dict(zip(others, draw_weights("set", others, 5).T.tolist(), strict=True))
    assert {image: again[image] for image in ids} == weights


def test_more_draws_leave_the_first_as_they_were():
    np.testing.assert_array_equal(draw_weights("set", range(9), 3), draw_weights("set", range(9), 7)[:4])


def test_namespaces_differ():
    one, other = draw_weights("one", range(500), 1)[1], draw_weights("other", range(500), 1)[1]
    assert (one != other).any()


def test_weights_never_change():
    weights = draw_weights("imagenet", [f"{number}.JPEG" for number in range(1000)])
    digest = hashlib.sha256(weights.tobytes()).hexdigest()
    assert digest == "ebabb6e6b79ddac85860951de01c407bb3fb408f5a16ebc372b31ff3c4ab06f6"


@pytest.mark.parametrize(
    ("ids", "replicates", "message"),
    [([], 3, "image_ids: expected at least one"), (["a"], -1, "replicates: expected 0")],
)
def test_wrong_draws_are_named(ids, replicates, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        draw_weights("set", ids, replicates)


def test_reflected_interval_by_hand():
    # 39 replicates 1 .. 39: quantile 0.025 is the first, 0.975 the last.
    low, high = reflected_interval([10.0, *range(1, 40)])
    assert (low, high) == (pytest.approx(2 * 10 - 39), pytest.approx(2 * 10 - 1))


def test_centred_interval_by_hand():
    low, high = centred_interval([10.0, *range(1, 40)])
    assert (low, high) == (pytest.approx(10 + 20 - 39), pytest.approx(10 + 20 - 1))


def test_intervals_keep_trailing_axes():
    values = np.random.default_rng(0).normal(size=(41, 2, 3))
    for interval in (reflected_interval, centred_interval):
        low, high = interval(values, 0.9)
        assert low.shape == (2, 3)
        assert (low < high).all()
        assert low[1, 2] == pytest.approx(interval(values[:, 1, 2], 0.9)[0])


@pytest.mark.parametrize(
    ("values", "confidence", "message"),
    [
        ([1.0, 2.0], 0.95, "values: expected the estimate and at least two replicates"),
        (1.0, 0.95, "values: expected the estimate"),
        ([1.0, np.nan, 2.0], 0.95, "values: expected finite"),
        ([1.0, 2.0, 3.0], 1.0, "confidence: expected a share"),
    ],
)
@pytest.mark.parametrize("interval", [reflected_interval, centred_interval])
def test_wrong_intervals_are_named(interval, values, confidence, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        interval(values, confidence)
