import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clipsafe_utils.metrics.cue_decisions import shape_bias, shape_bias_interval, share_decided
from clipsafe_utils.metrics.intervals import wilson_interval

by_class = arrays(np.int64, 16, elements=st.integers(0, 37))


def test_by_hand():
    assert shape_bias(206, 754) == pytest.approx(0.214583, abs=1e-6)
    assert share_decided(206, 754, 1200) == 0.8
    assert shape_bias([0, 9], [9, 0]).tolist() == [0.0, 1.0]


@given(st.integers(0, 600), st.integers(0, 600), st.integers(1, 9))
def test_bias_mirrors_and_showing_every_image_again_changes_nothing(shape, texture, times):
    if shape + texture == 0:
        shape = 1
    bias = shape_bias(shape, texture)
    assert shape_bias(texture, shape) == pytest.approx(1 - bias)
    assert shape_bias(times * shape, times * texture) == pytest.approx(bias)
    assert share_decided(shape, texture, shape + texture) == 1


def test_an_interval_by_hand():
    # Pooled 30 : 70. Left out in turn 20 : 20 and 10 : 50, with 0.5 added to each.
    low, high = shape_bias_interval([10, 20], [50, 20])
    left_out = np.log([20.5 / 20.5, 10.5 / 50.5])
    half = 12.706205 * np.sqrt(0.5 * ((left_out - left_out.mean()) ** 2).sum())
    centre = np.log(30.5 / 70.5)
    assert low == pytest.approx(1 / (1 + np.exp(half - centre)), rel=1e-5)
    assert high == pytest.approx(1 / (1 + np.exp(-half - centre)), rel=1e-5)


@given(by_class, by_class)
def test_an_interval_holds_the_bias_mirrors_and_does_not_depend_on_order(shape, texture):
    shape[0] += 1
    low, high = shape_bias_interval(shape, texture)
    assert 0 <= low <= shape_bias(shape.sum(), texture.sum()) <= high <= 1
    mirrored_low, mirrored_high = shape_bias_interval(texture[::-1], shape[::-1])
    np.testing.assert_allclose([mirrored_low, mirrored_high], [1 - high, 1 - low], atol=1e-12)


@given(by_class, by_class)
def test_an_interval_over_classes_is_never_narrower_than_one_over_images(shape, texture):
    texture[0] += 1
    low, high = shape_bias_interval(shape, texture)
    image_low, image_high = wilson_interval(shape.sum(), shape.sum() + texture.sum())
    assert low <= image_low
    assert image_high <= high


def test_a_model_that_sees_only_shape_has_an_interval_up_to_1():
    low, high = shape_bias_interval(np.full(16, 60), np.zeros(16))
    assert high == 1
    assert 0.99 < low < 1


def test_people_are_pooled_along_their_axis():
    random = np.random.default_rng(0)
    shape, texture = random.integers(20, 60, (10, 16)), random.integers(0, 15, (10, 16))
    low, high = shape_bias_interval(shape, texture, axis=0)
    assert low.shape == (16,)
    for one_class in (0, 15):
        alone = shape_bias_interval(shape[:, one_class], texture[:, one_class])
        assert (low[one_class], high[one_class]) == alone


def test_one_class_says_nothing_of_others():
    low, high = shape_bias_interval([[30], [40]], [[40], [30]])
    assert low.tolist() == [0.0, 0.0]
    assert high.tolist() == [1.0, 1.0]


def test_intervals_are_batched():
    random = np.random.default_rng(0)
    shape, texture = random.integers(0, 38, (2, 3, 2, 16))
    low, high = shape_bias_interval(shape, texture)
    for row in np.ndindex(3, 2):
        assert (low[row], high[row]) == shape_bias_interval(shape[row], texture[row])
