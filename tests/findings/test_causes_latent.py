"""The first axis of all properties: hand-made clouds, and the same by a singular value decomposition."""

from dataclasses import replace

import numpy as np
import pytest

from clipsafe_utils.findings.causes.effects import read_laboratories
from clipsafe_utils.findings.causes.latent import READ, one_axis, principal_axis
from clipsafe_utils.say import Missing, Value

LEVEL = 0.95


def once(values: np.ndarray) -> np.ndarray:
    return np.ones(len(values), int)


def test_properties_that_are_one_thing_are_one_axis() -> None:
    ability = np.arange(6.0)
    shares, loadings = principal_axis(
        np.stack([ability, -2 * ability, 3 * ability + 1], axis=1), once(ability), 0
    )
    assert shares == pytest.approx([1, 0, 0])
    assert loadings == pytest.approx([1, -1, 1])


def test_two_properties_have_the_axis_of_their_correlation() -> None:
    values = np.random.default_rng(0).normal(size=(40, 2)) @ [[1, 0.5], [0, 1]]
    r = np.corrcoef(values.T)[0, 1]
    shares, loadings = principal_axis(values, once(values), 0)
    assert shares == pytest.approx([(1 + r) / 2, (1 - r) / 2])
    assert loadings == pytest.approx([np.sqrt((1 + r) / 2)] * 2)


def test_a_weight_is_a_training_repeated() -> None:
    random = np.random.default_rng(1)
    values, weights = random.normal(size=(12, 4)), random.integers(0, 3, 12)
    for weighted, repeated in zip(
        principal_axis(values, weights, 2),
        principal_axis(np.repeat(values, weights, axis=0), np.ones(weights.sum(), int), 2),
        strict=True,
    ):
        assert weighted == pytest.approx(repeated)


def test_the_study_s_axis_is_that_of_a_singular_value_decomposition() -> None:
    laboratory = read_laboratories(["miniature"])["miniature"]
    axis = one_axis(laboratory, LEVEL)
    cube = laboratory.causes["value"].isel(draw=0)
    values = np.stack(
        [cube.sel(property=list(need.parts)).mean("property") for need in READ.values()], axis=1
    )
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    left, sizes, _ = np.linalg.svd(scaled, full_matrices=False)
    assert isinstance(axis.share, Value)
    assert not isinstance(axis.loadings, Missing)
    assert axis.share.estimate == pytest.approx(sizes[0] ** 2 / (sizes**2).sum(), abs=1e-6)
    by_key = axis.loadings.set_index("property")["value"]
    score = left[:, 0] * np.sign(np.corrcoef(left[:, 0], values[:, list(READ).index("shape_bias")])[0, 1])
    for place, key in enumerate(READ):
        assert by_key[key] == pytest.approx(np.corrcoef(score, values[:, place])[0, 1], abs=1e-5)
    assert (axis.loadings["low"] <= axis.loadings["value"]).all()
    assert (axis.loadings["value"] <= axis.loadings["high"]).all()


def test_an_axis_is_told_from_chance() -> None:
    laboratory = read_laboratories(["miniature"])["miniature"]
    assert one_axis(laboratory, LEVEL).is_more_than_chance == "yes"
    noise = np.random.default_rng(0).normal(size=laboratory.causes["value"].isel(draw=0).shape)
    cube = laboratory.causes.isel(draw=slice(21))
    shuffled = replace(laboratory, causes=cube.assign(value=cube["value"] * 0 + noise))
    assert one_axis(shuffled, LEVEL).is_more_than_chance == "no"


def test_without_trainings_nothing_is_said() -> None:
    axis = one_axis(None, LEVEL)
    assert isinstance(axis.share, Missing)
    assert isinstance(axis.is_more_than_chance, Missing)
