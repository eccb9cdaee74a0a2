"""Cells of experiments: worked by hand, what was not trained, and where they are read from."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from clipsafe_utils.cubes.storage import write_cube
from clipsafe_utils.findings.experiments.cells import Experiments, of_seeds, read_experiments
from clipsafe_utils.say import Missing, Value
from tests.findings.experiment_cubes import biases, made_up, without_study

UPPER, LOWER = of_seeds("one-s{seed}"), of_seeds("other-s{seed}")
TWO = {"one-s{seed}": 0.7, "other-s{seed}": 0.5}


def test_a_difference_is_that_of_welch_where_the_images_agree() -> None:
    found = biases(TWO).difference("shape_bias", UPPER, LOWER)
    one, other = (np.array([mean, mean + 0.01, mean - 0.01]) for mean in (0.7, 0.5))
    expected = stats.ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert isinstance(found, Value)
    assert found.estimate == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_over_sources_the_interval_is_that_of_the_sources() -> None:
    trained = biases({f"{name}-{source}-s{{seed}}": level for name, source, level in _SOURCES})
    pairs = [tuple(of_seeds(f"{name}-{source}-s{{seed}}") for name in ("up", "low")) for source in "abc"]
    found = trained.over_sources("shape_bias", [(upper, lower) for upper, lower in pairs])
    expected = stats.ttest_1samp([0.1, 0.2, 0.6], 0).confidence_interval(0.95)
    assert isinstance(found, Value)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert (found.units, found.unit) == (3, "source")


_SOURCES = [
    *(("low", source, 0.3) for source in "abc"),
    *(("up", source, level) for source, level in zip("abc", (0.4, 0.5, 0.9), strict=True)),
]


def test_what_was_not_trained_is_left_out_and_said() -> None:
    trained = biases(TWO, seeds=2)
    assert trained.seeds([UPPER]) == "2 of 3"
    assert trained.draws("shape_bias", UPPER).shape[1] == 2
    assert isinstance(trained.mean("shape_bias", of_seeds("nobody-s{seed}")), Missing)
    assert isinstance(trained.mean("temperature", UPPER), Missing)
    assert isinstance(trained.over_sources("shape_bias", [(UPPER, of_seeds("nobody-s{seed}"))]), Missing)


def test_a_property_that_one_study_lacks_is_missing_there_alone() -> None:
    zoo = made_up({"one-s{seed}": {"shape_bias": 0.7}}, "miniature")
    trained = made_up({"other-s{seed}": {"shape_bias": 0.5, "logit_scale": 20.0}})
    found = Experiments([without_study(zoo), without_study(trained)], 0.95)
    difference, scale = found.difference("shape_bias", UPPER, LOWER), found.mean("logit_scale", LOWER)
    assert isinstance(difference, Value)
    assert isinstance(scale, Value)
    assert (difference.estimate, scale.estimate) == pytest.approx((0.2, 20.0))
    assert isinstance(found.mean("logit_scale", UPPER), Missing)


def test_the_study_stands_beside_the_zoo_and_is_asked_for_with_it(tmp_path: Path) -> None:
    for study in ("miniature", "experiments", "mine"):
        (tmp_path / study).mkdir()
        write_cube(
            made_up({f"{study}-s{{seed}}": {"shape_bias": 0.5}}, study), tmp_path / study / "causes.nc"
        )
    found = read_experiments([str(tmp_path / "mine"), str(tmp_path / "miniature")], 0.95)
    assert found.trained(of_seeds("miniature-s{seed}") + of_seeds("experiments-s{seed}", [0])) == (
        *of_seeds("miniature-s{seed}"),
        "experiments-s0",
    )
    assert not found.trained(of_seeds("mine-s{seed}"))
    assert not read_experiments([str(tmp_path / "mine")], 0.95)
    (tmp_path / "experiments" / "causes.nc").unlink()
    assert not read_experiments([str(tmp_path / "miniature")], 0.95)
