"""Every metric refuses bad input with a ValueError that begins with the name of the argument."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from clipsafe_utils.metrics.accuracies import accuracy, error_ratio, from_axis, to_axis
from clipsafe_utils.metrics.baseline import predict_baseline, prediction_interval, support
from clipsafe_utils.metrics.cue_decisions import shape_bias, shape_bias_interval, share_decided
from clipsafe_utils.metrics.families import (
    difference_of_groups,
    jackknife_over_families,
    mean_over_families,
)
from clipsafe_utils.metrics.fits import fit_line, fit_local
from clipsafe_utils.metrics.intervals import holm, student_p_value, wilson_interval
from clipsafe_utils.metrics.robustness import effective_robustness

SHARES = [0.5, 0.6, 0.7, 0.8]
FAMILIES = ["a", "b", "c", "d"]
FIRST_TWO = [True, True, False, False]

GOOD: dict[Callable[..., Any], dict[str, Any]] = {
    accuracy: {"hits": [1, 2], "images": [3, 3]},
    wilson_interval: {"hits": [1, 2], "images": [3, 3], "confidence": 0.95},
    shape_bias: {"shape_hits": [1, 2], "texture_hits": [3, 3]},
    share_decided: {"shape_hits": [1, 2], "texture_hits": [3, 3], "images": [9, 9]},
    shape_bias_interval: {"shape_hits": [1, 2], "texture_hits": [3, 3], "confidence": 0.95},
    error_ratio: {"part_accuracy": [0.1, 0.2], "overall_accuracy": [0.3, 0.4]},
    to_axis: {"accuracy": SHARES, "axes": "probit"},
    from_axis: {"value": SHARES, "axes": "probit"},
    holm: {"p_values": SHARES},
    student_p_value: {"estimate": SHARES, "scale": SHARES, "degrees_of_freedom": 3},
    mean_over_families: {"values": SHARES, "families": FAMILIES},
    difference_of_groups: {
        "values": SHARES,
        "families": FAMILIES,
        "in_first": FIRST_TWO,
        "confidence": 0.95,
    },
    fit_line: {"x": SHARES, "y": SHARES, "method": "huber"},
    fit_local: {"x": SHARES, "y": SHARES, "at": SHARES, "span": 1.0},
    predict_baseline: {"x": SHARES, "y": SHARES, "at": SHARES, "fit": "huber", "axes": "raw"},
    prediction_interval: {
        "x": SHARES,
        "residuals": SHARES,
        "families": FAMILIES,
        "at": SHARES,
        "spread": "near",
        "confidence": 0.95,
    },
    support: {"x": SHARES, "families": FAMILIES, "at": SHARES},
    effective_robustness: {
        "x": SHARES,
        "y": SHARES,
        "families": FAMILIES,
        "in_baseline": [True, True, True, False],
        "fit": "huber",
        "axes": "raw",
        "confidence": 0.95,
    },
}
COUNTS = ("hits", "images", "shape_hits", "texture_hits")
ACCURACIES = ("part_accuracy", "overall_accuracy", "accuracy", "p_values", "x", "y", "at")
FITS = (fit_line, fit_local)
"""A line may run through any numbers; all else that has these names takes shares."""

NUMBERS = ("value", "values", "estimate", "scale", "residuals", *COUNTS, *ACCURACIES)


def arguments(*names: str) -> list[Any]:
    """Every function and argument of these names, as test parameters."""
    return [
        pytest.param(function, name, id=f"{function.__name__}-{name}")
        for function, good in GOOD.items()
        for name in names
        if name in good
    ]


def refused(function: Callable[..., Any], name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=rf"^([\w ]+[,+] )?{name}\b"):
        function(**{**GOOD[function], name: value})


@pytest.mark.parametrize("function", GOOD, ids=lambda function: function.__name__)
def test_good_arguments_are_accepted(function):
    function(**GOOD[function])


@pytest.mark.parametrize(("function", "name"), arguments(*NUMBERS))
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, "text", None])
def test_what_is_not_a_finite_number_is_named(function, name, wrong):
    refused(function, name, [wrong, *GOOD[function][name][1:]])


@pytest.mark.parametrize(("function", "name"), arguments(*NUMBERS))
def test_an_empty_array_is_named(function, name):
    refused(function, name, [])


@pytest.mark.parametrize(("function", "name"), arguments(*COUNTS))
@pytest.mark.parametrize("wrong", [-1, 0.5])
def test_what_is_not_a_count_is_named(function, name, wrong):
    refused(function, name, [wrong, *GOOD[function][name][1:]])


@pytest.mark.parametrize(
    ("function", "name"), [case for case in arguments(*ACCURACIES) if case.values[0] not in FITS]
)
@pytest.mark.parametrize("wrong", [-0.01, 1.01])
def test_what_is_not_a_share_is_named(function, name, wrong):
    refused(function, name, [wrong, *GOOD[function][name][1:]])


@pytest.mark.parametrize(("function", "name"), arguments("families", "in_first", "in_baseline"))
@pytest.mark.parametrize(
    "wrong", [["a", "b", "c"], [["a", "b", "c", "d"]], ["a", "b", "c", ""], ["a", "b", "c", None]]
)
def test_missing_labels_are_named(function, name, wrong):
    refused(function, name, wrong)


@pytest.mark.parametrize(("function", "name"), arguments("confidence"))
@pytest.mark.parametrize("wrong", [0, 1, 95, np.nan])
def test_a_confidence_that_is_no_share_is_named(function, name, wrong):
    refused(function, name, wrong)


@pytest.mark.parametrize(("function", "name"), arguments("axes", "fit", "method"))
def test_an_unknown_choice_is_named(function, name):
    refused(function, name, "cubic")


@pytest.mark.parametrize(
    ("function", "name"),
    arguments("hits", "shape_hits", "part_accuracy", "estimate", "y"),
)
def test_shapes_that_do_not_match_are_named(function, name):
    good = GOOD[function]
    with pytest.raises(ValueError, match=rf"\b{name}\b.*expected"):
        function(**{**good, name: [*good[name], good[name][0]]})


@pytest.mark.parametrize(
    ("function", "name"), arguments("p_values", "values", "x", "residuals", "in_first", "in_baseline")
)
def test_a_single_number_is_named_where_an_axis_is_needed(function, name):
    refused(function, name, 0.5)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: accuracy([0], [0]), "images"),
        (lambda: accuracy([4], [3]), "hits"),
        (lambda: wilson_interval([0], [0]), "images"),
        (lambda: share_decided([2], [2], [3]), "shape_hits"),
        (lambda: share_decided([0], [0], [0]), "images"),
        (lambda: shape_bias([1, 0], [1, 0]), "shape_hits"),
        (lambda: shape_bias_interval([0, 0], [0, 0]), "shape_hits"),
        (lambda: shape_bias_interval([1, 2], [1, 2], axis=1), "axis"),
        (lambda: error_ratio(0.5, 1.0), "overall_accuracy"),
        (lambda: to_axis([0.5, 1.0], "probit"), "accuracy"),
        (lambda: to_axis([0.5, 0.0], "probit"), "accuracy"),
        (lambda: student_p_value(1.0, -1.0, 4), "scale"),
        (lambda: student_p_value(1.0, 1.0, -1), "degrees_of_freedom"),
        (lambda: fit_line([0.5, 0.5], [0.1, 0.2], "huber"), "x"),
        (lambda: fit_local([0.5, 0.6], [0.1, 0.2], [0.5], span=1.0), "span"),
        (lambda: fit_local(SHARES, SHARES, [0.5], span=1.1), "span"),
        (lambda: support(SHARES, FAMILIES, [0.5], width=0.0), "width"),
        (lambda: predict_baseline([0.0, 0.5], [0.1, 0.2], [0.5], "huber", "probit"), "x"),
        (lambda: predict_baseline([0.1, 0.5], [0.1, 1.0], [0.5], "huber", "probit"), "y"),
        (lambda: predict_baseline([0.1, 0.5], [0.1, 0.2], [1.0], "huber", "probit"), "at"),
        (lambda: effective_robustness(SHARES, SHARES, ["a"] * 4, [True] * 4), "families"),
        (lambda: effective_robustness(SHARES, SHARES, FAMILIES, [False] * 4), "in_baseline"),
        (lambda: effective_robustness(SHARES, SHARES, FAMILIES, [1, 1, 1, 0]), "in_baseline"),
        (lambda: difference_of_groups(SHARES, FAMILIES, [True] * 4), "in_first"),
        (lambda: difference_of_groups(SHARES, FAMILIES, [1, 1, 0, 0]), "in_first"),
        (lambda: jackknife_over_families(lambda _: np.nan, FAMILIES), "statistic"),
        (lambda: jackknife_over_families(lambda _: 1.0, FAMILIES, ["g"] * 3), "groups"),
        (lambda: jackknife_over_families(lambda _: 1.0, ["a", "", "b"]), "families"),
        (lambda: jackknife_over_families(lambda _: 1.0, FAMILIES, confidence=1.0), "confidence"),
    ],
)
def test_what_has_no_answer_is_named(call, name):
    with pytest.raises(ValueError, match=rf"^{name}\b"):
        call()
