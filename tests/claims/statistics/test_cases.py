"""From numbers of models to cases: which count, for which unit, and by what chance."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.claims.evidence import JOINT, UNKNOWN
from clipsafe_utils.claims.reading import NotMeasuredError
from clipsafe_utils.claims.statistics.cases import (
    COUPLE,
    LINEAGE,
    NETWORK,
    PAIR,
    lineages,
    of_both,
    of_first,
    of_networks,
    of_pairs,
    of_second,
    unit_means,
)
from tests.claims.statistics.small_studies import described, effects, units

SOURCES = {"a": "WIT", "b": "LAION-2B", "c": "Merged-2B", "d": "my own pairs", "e": "WIT"}
FAMILIES = {"a": "v", "b": "w", "c": "x", "d": "y", "e": "z"}
MODELS = described(
    {"checkpoint": name, "training_source": SOURCES[name], "family": FAMILIES[name]} for name in SOURCES
)
NAMES = MODELS["model"].values.tolist()
DRAWS = np.random.default_rng(0).normal(0.5, 0.1, (21, len(NAMES)))
PAIRS = [(NAMES[0], NAMES[4]), (NAMES[1], NAMES[3]), (NAMES[2], NAMES[0])]


def values(table: np.ndarray) -> xr.DataArray:
    return xr.DataArray(table, {"model": NAMES}, ("draw", "model"))


def test_lineages_of_models() -> None:
    assert lineages(MODELS) == ["WIT", "LAION", "LAION", "my own pairs", "WIT"]


def test_a_network_is_a_case_and_counts_for_its_lineage() -> None:
    evidence = of_networks(values(DRAWS), MODELS)
    assert effects(evidence) == pytest.approx(dict(zip("abcde", DRAWS[0], strict=True)))
    assert units(evidence) == dict(zip("abcde", lineages(MODELS), strict=True))
    assert [case.families for case in evidence.cases] == [(family,) for family in "vwxyz"]
    assert (evidence.case, evidence.unit, evidence.networks, evidence.families) == (NETWORK, LINEAGE, 5, 5)


def test_chance_over_images_is_the_spread_of_the_draws_but_the_first() -> None:
    evidence = of_networks(values(DRAWS), MODELS)
    assert evidence.images_error == JOINT
    assert [case.error for case in evidence.cases] == pytest.approx(DRAWS[1:].std(axis=0, ddof=1))
    by_lineage = [DRAWS[:, [0, 4]].mean(axis=1), DRAWS[:, [1, 2]].mean(axis=1), DRAWS[:, 3]]
    assert evidence.error_of_images == pytest.approx(np.mean(by_lineage, axis=0)[1:].std(ddof=1))


def test_without_draws_chance_over_images_is_unknown() -> None:
    for table in (DRAWS[:1], DRAWS[:2]):
        evidence = of_networks(values(table), MODELS)
        assert (evidence.images_error, evidence.error_of_images) == (UNKNOWN, 0)
        assert (evidence.errors() == 0).all()
    assert effects(of_networks(values(DRAWS).isel(draw=0), MODELS)) == effects(evidence)


def test_errors_that_are_known_otherwise_are_taken() -> None:
    evidence = of_networks(values(DRAWS[:1]), MODELS, np.arange(5) / 100)
    assert [case.error for case in evidence.cases] == [0, 0.01, 0.02, 0.03, 0.04]


def test_a_network_with_a_gap_is_left_out_with_its_error_and_stratum() -> None:
    holes = DRAWS.copy()
    holes[5, 1] = holes[0, 3] = np.nan
    evidence = of_networks(values(holes), MODELS, np.arange(5) / 100, list("lower"))
    assert [(case.name, case.error, case.stratum) for case in evidence.cases] == [
        ("a", 0, "l"),
        ("c", 0.02, "w"),
        ("e", 0.04, "r"),
    ]
    with pytest.raises(NotMeasuredError, match=r"^no network that was measured$"):
        of_networks(values(np.full((1, 5), np.nan)), MODELS)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (of_first, ["WIT", "LAION", "LAION"]),
        (of_second, ["WIT", "my own pairs", "WIT"]),
        (of_both, ["WIT less WIT", "my own pairs less LAION", "WIT less LAION"]),
    ],
)
def test_a_pair_counts_for_the_unit_that_is_asked_for(unit, expected: list[str]) -> None:
    evidence = of_pairs(values(DRAWS), MODELS, PAIRS, unit, COUPLE)
    assert [case.unit for case in evidence.cases] == expected
    assert (evidence.case, evidence.unit, evidence.networks) == (PAIR, COUPLE, 3)


def test_a_pair_is_what_the_second_has_more_and_has_the_encoder_of_the_first() -> None:
    evidence = of_pairs(values(DRAWS), MODELS, PAIRS, of_first)
    change = DRAWS[:, [4, 3, 0]] - DRAWS[:, :3]
    assert evidence.values == pytest.approx(change[0])
    assert [case.name for case in evidence.cases] == ["e", "d", "a"]
    assert [case.families for case in evidence.cases] == [("v",), ("w",), ("x",)]
    # Both of a pair see the same draws.
    assert evidence.errors() == pytest.approx(change[1:].std(axis=0, ddof=1))
    means = np.mean([change[:, 0], change[:, 1:].mean(axis=1)], axis=0)
    assert evidence.error_of_images == pytest.approx(means[1:].std(ddof=1))


def test_errors_of_both_of_a_pair_add_up_as_squares() -> None:
    errors = xr.DataArray([3.0, 5.0, 0.0, 4.0, 4.0], {"model": NAMES}, ("model",))
    evidence = of_pairs(values(DRAWS[:1]), MODELS, PAIRS[:2], of_first, errors=errors)
    assert [case.error for case in evidence.cases] == pytest.approx([5.0, np.sqrt(41)])


def test_order_of_dims_and_of_models_does_not_matter() -> None:
    other = values(DRAWS).isel(model=[3, 1, 4, 0, 2]).transpose("model", "draw")
    assert of_pairs(other, MODELS, PAIRS, of_first) == of_pairs(values(DRAWS), MODELS, PAIRS, of_first)
    assert effects(of_networks(other, MODELS)) == effects(of_networks(values(DRAWS), MODELS))
    assert units(of_networks(other, MODELS)) == units(of_networks(values(DRAWS), MODELS))


def test_a_pair_with_a_gap_is_left_out() -> None:
    holes = DRAWS.copy()
    holes[7, 1] = np.nan
    assert [case.families for case in of_pairs(values(holes), MODELS, PAIRS, of_first).cases] == [
        ("v",),
        ("x",),
    ]
    holes[0, [0, 3]] = np.nan
    with pytest.raises(NotMeasuredError, match=r"^no pair of which both networks were measured$"):
        of_pairs(values(holes), MODELS, PAIRS, of_first)


def test_each_unit_counts_once_in_a_mean() -> None:
    assert unit_means(np.array([[1.0, 3.0, 8.0], [0.0, 0.0, 1.0]]), ["x", "x", "y"]).tolist() == [5.0, 0.5]
