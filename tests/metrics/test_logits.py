import tracemalloc
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from clipsafe_utils.metrics.logit_blocks import BLOCK_VALUES, blocks
from clipsafe_utils.metrics.logits import LogitSummary, summarise_logits
from tests.metrics.simulated import logits_and_labels, softmax

logit_arrays = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=st.floats(-60, 60)
)


def columns(summary: LogitSummary) -> dict[str, np.ndarray]:
    return {field.name: getattr(summary, field.name) for field in fields(summary)}


def test_three_classes_by_hand():
    # Powers 4, 2, 2 of 8.
    summary = summarise_logits(np.log([[4.0, 2.0, 2.0]]), labels=[1])
    assert summary.prediction == 0
    assert summary.confidence == pytest.approx(0.5)
    assert summary.maximum_logit == pytest.approx(np.log(4))
    assert summary.log_sum_exp == pytest.approx(np.log(8))
    assert summary.sum_squared_probability == pytest.approx(1 / 4 + 2 / 16)
    assert summary.entropy == pytest.approx(0.5 * np.log(2) + 0.5 * np.log(4))
    assert summary.label_log_probability == pytest.approx(np.log(0.25))


def test_agrees_with_the_textbook_in_float64_and_nearly_in_float32():
    logits, labels = logits_and_labels(300, 1000)
    probabilities = softmax(logits)
    double = summarise_logits(logits.astype(np.float64), labels)
    np.testing.assert_allclose(double.confidence, probabilities.max(axis=1), rtol=1e-12)
    np.testing.assert_allclose(double.sum_squared_probability, (probabilities**2).sum(axis=1), rtol=1e-12)
    entropy = -(probabilities * np.log(probabilities)).sum(axis=1)
    np.testing.assert_allclose(double.entropy, entropy, rtol=1e-9)
    label = probabilities[np.arange(300), labels]
    np.testing.assert_allclose(np.exp(double.label_log_probability), label, rtol=1e-12)
    single = summarise_logits(logits, labels)
    for name, column in columns(single).items():
        np.testing.assert_allclose(column, columns(double)[name], rtol=3e-6, atol=1e-7, err_msg=name)


def test_a_confidence_that_float32_rounds_to_one_stays_below_one():
    logits = np.array([[30.0, 0.0], [30.0, 5.0]], dtype=np.float32)
    assert (softmax(logits).astype(np.float32).max(axis=1) == 1).all()
    summary = summarise_logits(logits, labels=[0, 0])
    np.testing.assert_allclose(1 - summary.confidence, [np.exp(-30), np.exp(-25)], rtol=2e-3)
    np.testing.assert_allclose(-summary.label_log_probability, [np.exp(-30), np.exp(-25)], rtol=1e-6)
    assert summary.confidence[0] > summary.confidence[1]


def test_logits_that_are_far_apart_do_not_overflow():
    summary = summarise_logits(np.array([[1e30, -1e30], [-1e30, 1e30]]), labels=[1, 1])
    np.testing.assert_array_equal(summary.confidence, [1, 1])
    np.testing.assert_array_equal(summary.label_log_probability, [-2e30, 0])


def test_blocks_do_not_show():
    logits, labels = logits_and_labels(3 * BLOCK_VALUES // 1000 + 7, 1000)
    whole = summarise_logits(logits, labels)
    for start in (0, 100, len(logits) - 1):
        one = summarise_logits(logits[start : start + 1], labels[start : start + 1])
        for name, column in columns(one).items():
            assert column[0] == columns(whole)[name][start], name


def test_blocks_cover_all_images_even_where_one_image_fills_a_block():
    assert blocks(5, BLOCK_VALUES // 2) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert blocks(2, 2 * BLOCK_VALUES) == [slice(0, 1), slice(1, 2)]


def test_the_mask_is_applied_before_the_softmax_and_classes_keep_their_numbers():
    logits = np.array([[9.0, 1.0, 0.0, 3.0]])
    masked = summarise_logits(logits, [3], class_mask=np.array([False, True, True, True]))
    sliced = summarise_logits(logits[:, 1:], [2])
    assert masked.prediction == 3
    for name, column in columns(sliced).items():
        if name != "prediction":
            np.testing.assert_array_equal(column, columns(masked)[name], err_msg=name)


def test_temperature_divides_the_logits():
    logits, labels = logits_and_labels(50, 30)
    scaled = summarise_logits(logits.astype(np.float64), labels, temperature=1.7)
    divided = summarise_logits(logits.astype(np.float64) / 1.7, labels)
    for name, column in columns(divided).items():
        np.testing.assert_allclose(columns(scaled)[name], column, rtol=1e-12, err_msg=name)


def test_leading_axes_and_missing_labels():
    logits, _ = logits_and_labels(12, 5)
    summary = summarise_logits(logits.reshape(3, 4, 5))
    np.testing.assert_array_equal(summary.confidence.ravel(), summarise_logits(logits).confidence)
    assert summary.prediction.shape == (3, 4)
    assert np.isnan(summary.label_log_probability).all()


def test_the_first_of_equal_logits_is_the_prediction():
    assert summarise_logits(np.array([[0.0, 2.0, 2.0]])).prediction == 1


def test_input_is_left_as_it_was():
    logits, labels = logits_and_labels(20, 10)
    before = logits.copy()
    summarise_logits(logits, labels, temperature=2, class_mask=np.ones(10, dtype=bool))
    np.testing.assert_array_equal(logits, before)


@pytest.mark.parametrize("class_mask", [None, np.arange(1000) % 5 == 0])
def test_half_precision_is_float32_of_the_same_values(class_mask):
    logits, labels = logits_and_labels(2 * BLOCK_VALUES // 1000 + 9, 1000)
    half = logits.astype(np.float16)
    half[0, :3] = [0, 6e-8, -6e-8]  # below the smallest normal number
    widened = half.astype(np.float32)
    if class_mask is not None:
        labels = labels // 5 * 5
    found = columns(summarise_logits(half, labels, class_mask=class_mask, temperature=1.3))
    for name, column in columns(
        summarise_logits(widened, labels, class_mask=class_mask, temperature=1.3)
    ).items():
        np.testing.assert_allclose(found[name], column, rtol=1e-12, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_overflowed_half_precision_is_named(value):
    half = np.zeros((5, 4), dtype=np.float16)
    half[3, 2] = value
    with pytest.raises(ValueError, match=r"^logits: .* got others for image 3 \(float16 ends at 65504\)"):
        summarise_logits(half)


def test_half_precision_is_never_widened_as_a_whole():
    half = np.zeros((4000, 1000), dtype=np.float16)
    summarise_logits(half[:10])  # what is made once is made now
    tracemalloc.start()
    summarise_logits(half)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < half.nbytes / 2


@given(logit_arrays)
def test_probabilities_keep_their_bounds(logits):
    summary = summarise_logits(logits)
    classes = logits.shape[1]
    assert (summary.confidence >= (1 - 1e-12) / classes).all()
    assert (summary.confidence <= 1).all()
    assert (summary.entropy >= -1e-12).all()
    assert (summary.entropy <= np.log(classes) + 1e-12).all()
    assert (summary.log_sum_exp >= summary.maximum_logit).all()
    assert (summary.sum_squared_probability <= summary.confidence + 1e-12).all()


@given(logit_arrays, st.floats(-50, 50))
def test_adding_a_constant_changes_no_probability(logits, constant):
    plain, moved = summarise_logits(logits), summarise_logits(logits + constant)
    np.testing.assert_allclose(moved.confidence, plain.confidence, rtol=1e-10)
    np.testing.assert_allclose(moved.log_sum_exp, plain.log_sum_exp + constant, rtol=1e-10, atol=1e-10)


@given(logit_arrays, st.randoms(use_true_random=False))
def test_the_order_of_the_classes_does_not_matter(logits, random):
    order = list(range(logits.shape[1]))
    random.shuffle(order)
    np.testing.assert_allclose(
        summarise_logits(logits[:, order]).confidence, summarise_logits(logits).confidence, rtol=1e-12
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_named(value):
    logits, labels = logits_and_labels(300, 1000)
    logits[277, 3] = value
    with pytest.raises(ValueError, match=r"^logits: expected finite numbers, got others for image 277"):
        summarise_logits(logits, labels)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        (
            {"logits": np.zeros((2, 3), dtype=np.int64)},
            "logits: expected float16, float32 or float64, got int64",
        ),
        ({"logits": np.zeros((2, 3), dtype=">f2")}, "logits: expected float16, float32 or float64, got >f2"),
        ({"logits": np.zeros(3)}, "logits: expected the shape"),
        ({"logits": np.zeros((0, 3))}, "logits: expected the shape"),
        ({"labels": [0]}, "labels: expected the shape"),
        ({"labels": [0, 3]}, "labels: expected class numbers from 0 to 2"),
        ({"labels": [-1, 0]}, "labels: expected class numbers from 0 to 2"),
        ({"labels": [0.0, 1.0]}, "labels: expected class numbers"),
        (
            {"labels": [0, 2], "class_mask": [True, True, False]},
            "labels: expected classes that class_mask keeps, got 2",
        ),
        ({"class_mask": [True, True]}, "class_mask: expected 3 truth values"),
        ({"class_mask": [0, 1, 2]}, "class_mask: expected 3 truth values"),
        ({"class_mask": [False, False, False]}, "class_mask: expected 3 truth values"),
        ({"temperature": 0.0}, "temperature: expected a positive number"),
        ({"temperature": np.nan}, "temperature: expected a positive number"),
    ],
)
def test_wrong_arguments_are_named(keywords, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        summarise_logits(**({"logits": np.zeros((2, 3))} | keywords))
