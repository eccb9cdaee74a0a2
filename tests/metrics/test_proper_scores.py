from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.proper_scores import brier_decomposition, brier_score, negative_log_likelihood
from tests.metrics.simulated import logits_and_labels, softmax

decisions = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30)


def recomposed(parts):
    return (
        parts.reliability
        - parts.resolution
        + parts.uncertainty
        + parts.within_bin_variance
        - parts.within_bin_covariance
    )


def test_scores_by_hand():
    # Probabilities (3/4, 1/4) with label 0 and (1/2, 1/2) with label 1.
    summary = summarise_logits(np.log([[3.0, 1.0], [1.0, 1.0]]), [0, 1])
    nll = negative_log_likelihood(summary.label_log_probability)
    assert nll == pytest.approx((np.log(4 / 3) + np.log(2)) / 2)
    brier = brier_score(summary.label_log_probability, summary.sum_squared_probability)
    assert brier == pytest.approx((2 / 16 + 2 / 4) / 2)


def test_scores_are_their_definitions():
    logits, labels = logits_and_labels(500, 20, temperature=1.5)
    summary = summarise_logits(logits.astype(np.float64), labels)
    probabilities, truth = softmax(logits), np.eye(20)[labels]
    nll = negative_log_likelihood(summary.label_log_probability)
    assert nll == pytest.approx(-np.log(probabilities[np.arange(500), labels]).mean(), rel=1e-12)
    brier = brier_score(summary.label_log_probability, summary.sum_squared_probability)
    assert brier == pytest.approx(((probabilities - truth) ** 2).sum(axis=1).mean(), rel=1e-12)


def test_decomposition_by_hand():
    # Two bins of two; accuracy 1/2. Left: mean 0.2, hits 0; right: mean 0.8, hits 1.
    parts = brier_decomposition([0.1, 0.3, 0.7, 0.9], [False, False, True, True], n_bins=2)
    assert parts.reliability == pytest.approx(0.04)
    assert parts.resolution == pytest.approx(0.25)
    assert parts.uncertainty == pytest.approx(0.25)
    assert parts.within_bin_variance == pytest.approx(0.01)
    assert parts.within_bin_covariance == pytest.approx(0, abs=1e-15)
    assert parts.score == pytest.approx(0.05)


@given(decisions, st.integers(1, 20))
def test_the_parts_add_up(images, n_bins):
    confidence, correct = (np.array(column, dtype=float) for column in zip(*images, strict=True))
    parts = brier_decomposition(confidence, correct, n_bins=n_bins)
    assert parts.score == pytest.approx(((confidence - correct) ** 2).mean(), abs=1e-12)
    assert recomposed(parts) == pytest.approx(parts.score, abs=1e-12)
    assert parts.reliability >= 0
    assert parts.resolution >= 0


def test_weights_count_as_copies():
    random = np.random.default_rng(0)
    confidence = random.random((2, 60))
    correct = random.random((2, 60)) < confidence
    weights = draw_weights("set", range(60), 3)
    parts = brier_decomposition(confidence, correct, weights)
    np.testing.assert_allclose(recomposed(parts), parts.score, rtol=1e-12)
    for draw in range(4):
        copies = brier_decomposition(
            *(np.repeat(array, weights[draw], axis=-1) for array in (confidence, correct))
        )
        for field in fields(parts):
            np.testing.assert_allclose(
                getattr(parts, field.name)[draw], getattr(copies, field.name), atol=1e-12, err_msg=field.name
            )


def test_the_brier_score_of_sure_and_right_images_does_not_round_below_zero():
    logits = np.zeros((400, 2))
    logits[:, 0] = np.linspace(5, 40, 400)
    summary = summarise_logits(logits, np.zeros(400, dtype=int))
    columns = zip(summary.label_log_probability, summary.sum_squared_probability, strict=True)
    assert min(brier_score([label], [squares]) for label, squares in columns) == 0


def test_wrong_scores_are_named():
    with pytest.raises(ValueError, match=r"^label_log_probability: expected 0 or less, got 0.5"):
        negative_log_likelihood([-1.0, 0.5])
    with pytest.raises(ValueError, match=r"^label_log_probability: expected finite"):
        negative_log_likelihood([np.nan])
    with pytest.raises(ValueError, match=r"^sum_squared_probability: expected the shape \(2,\), got \(1,\)"):
        brier_score([-1.0, -2.0], [0.5])
