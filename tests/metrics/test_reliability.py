import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.reliability import bin_of, reliability_bins
from tests.metrics.simulated import confidences


@pytest.mark.parametrize("n_bins", [1, 3, 7, 15, 100])
def test_edges_belong_to_the_bin_below_and_the_ends_to_the_outer_bins(n_bins):
    edges = np.arange(n_bins + 1) / n_bins
    np.testing.assert_array_equal(bin_of(edges[1:], n_bins), np.arange(n_bins))
    np.testing.assert_array_equal(bin_of(np.nextafter(edges[:-1], 1), n_bins), np.arange(n_bins))
    np.testing.assert_array_equal(bin_of(np.array([0.0, 1.0]), n_bins), [0, n_bins - 1])


def test_four_images_by_hand():
    bins = reliability_bins([0.0, 0.2, 0.21, 1.0], [True, False, True, False], n_bins=5)
    np.testing.assert_array_equal(bins.count, [2, 1, 0, 0, 1])
    np.testing.assert_array_equal(bins.hits, [1, 1, 0, 0, 0])
    np.testing.assert_allclose(bins.confidence_sum, [0.2, 0.21, 0, 0, 1])
    np.testing.assert_allclose(bins.mean_confidence, [0.1, 0.21, 0.5, 0.7, 1])


def test_weights_count_as_copies_also_over_leading_axes():
    random = np.random.default_rng(0)
    confidence = random.random((2, 3, 40))
    correct = random.random((2, 3, 40)) < confidence
    weights = draw_weights("set", range(40), 4)
    bins = reliability_bins(confidence, correct, weights)
    assert bins.count.shape == (5, 2, 3, 15)
    for draw in range(5):
        copies = [np.repeat(array, weights[draw], axis=-1) for array in (confidence, correct)]
        expanded = reliability_bins(*copies)
        np.testing.assert_array_equal(bins.count[draw], expanded.count)
        np.testing.assert_array_equal(bins.hits[draw], expanded.hits)
        np.testing.assert_allclose(bins.confidence_sum[draw], expanded.confidence_sum, rtol=1e-12)


@given(st.integers(1, 20), st.integers(0, 2**32))
def test_counts_add_up_and_means_stay_in_their_bins(n_bins, seed):
    random = np.random.default_rng(seed)
    confidence = np.append(confidences(30, random), [0, 1])
    bins = reliability_bins(confidence, random.random(32) < confidence, n_bins=n_bins)
    assert bins.count.sum() == 32
    assert (bins.hits <= bins.count).all()
    low = np.arange(n_bins) / n_bins
    assert (bins.mean_confidence >= low - 1e-12).all()
    assert (bins.mean_confidence <= low + 1 / n_bins + 1e-12).all()


def test_no_bin_is_refused():
    with pytest.raises(ValueError, match=r"^n_bins: expected 1 or more, got 0"):
        reliability_bins([0.5], [True], n_bins=0)
