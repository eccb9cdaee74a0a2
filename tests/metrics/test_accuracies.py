import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from clipsafe_utils.metrics.accuracies import AXES, accuracy, error_ratio, from_axis, to_axis

shares = st.floats(0, 1)
inner_shares = st.floats(1e-6, 1 - 1e-6)
images = st.integers(1, 50_000)


def test_by_hand():
    assert accuracy(3, 4) == 0.75
    assert error_ratio(0.7, 0.85) == pytest.approx(2.0)
    assert to_axis(0.975, "probit") == pytest.approx(1.959964, abs=1e-6)
    assert from_axis(-1.0, "probit") == pytest.approx(0.158655, abs=1e-6)


@given(st.data(), images, st.integers(1, 20))
def test_showing_every_image_again_changes_nothing(data, shown, times):
    hits = data.draw(st.integers(0, shown))
    assert accuracy(hits * times, shown * times) == pytest.approx(accuracy(hits, shown))


def test_no_hits_and_all_hits_are_0_and_1():
    assert accuracy([0, 7], [7, 7]).tolist() == [0.0, 1.0]


def test_arrays_broadcast():
    hits = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(accuracy(hits, 10), hits / 10)


@given(shares, st.floats(0, 0.999))
def test_the_error_ratio_is_1_where_the_part_is_like_the_whole(part, overall):
    ratio = error_ratio(part, overall)
    assert error_ratio(overall, overall) == 1
    assert (ratio > 1) == (1 - part > 1 - overall)


@given(st.lists(inner_shares, min_size=1), st.sampled_from(AXES))
def test_an_axis_there_and_back(values, axes):
    np.testing.assert_allclose(from_axis(to_axis(values, axes), axes), values, atol=1e-12)


@given(inner_shares)
def test_probit_agrees_with_the_normal_distribution_and_is_symmetric(share):
    assert to_axis(share, "probit") == pytest.approx(norm.ppf(share), abs=1e-9)
    assert to_axis(share, "probit") == pytest.approx(-to_axis(1 - share, "probit"), abs=1e-6)


def test_raw_axes_leave_accuracies_as_they_are_even_past_1():
    assert to_axis([0.0, 1.0], "raw").tolist() == [0.0, 1.0]
    assert from_axis([1.02], "raw").tolist() == [1.02]
