"""A reader's own model is judged by the line of the record, and counted nowhere."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils import factor_robustness, parameters_of
from clipsafe_utils.chapters.factor_robustness import figures
from clipsafe_utils.findings.factors.result import FactorRobustness
from clipsafe_utils.findings.own_models import standing
from clipsafe_utils.show.encoding import is_own
from tests.own_study import on_line, write_own, write_record

UP = 0.70


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cubes")
    write_record(folder)
    write_own(folder / "mine", "standard", "a", 0.65, UP)
    write_own(folder / "far", "clip_zero_shot", "own", 0.99, 0.99)
    return folder


@pytest.fixture(scope="module", autouse=True)
def _made_up_record(root: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIPSAFE_CUBES", str(root))
        yield


def found(*studies: str) -> FactorRobustness:
    return factor_robustness(parameters_of("factor-robustness", {"studies": ["published", *studies]}))


@pytest.fixture(scope="module")
def alone(_made_up_record: None) -> FactorRobustness:
    return found()


@pytest.fixture(scope="module")
def beside(_made_up_record: None) -> FactorRobustness:
    return found("mine", "far")


def test_residual_is_the_height_above_the_records_line(beside: FactorRobustness) -> None:
    result, _ = beside.own["mine"]
    np.testing.assert_allclose(result["residual"].values, UP - on_line(np.array(0.65)), atol=1e-9)
    np.testing.assert_allclose(result["reference_accuracy"].values, 0.65)
    # A network of the record of the same family has the same line and, as accurate, the same bar.
    assert beside.left_out == []


def test_one_far_off_stands_apart_and_one_beyond_the_line_is_not_measured(beside: FactorRobustness) -> None:
    near, far = beside.standings
    assert near.model == "one"
    assert {word for _, word in near.on} == {"above"}
    assert {word for _, word in far.on} == {"unknown"}
    assert "above the line on pose, " in near.stands
    assert far.stands.startswith("not measured, since no line reaches its accuracy, on pose")


def test_it_is_counted_nowhere_even_as_a_standard_network(
    alone: FactorRobustness, beside: FactorRobustness
) -> None:
    assert repr(beside.real) == repr(alone.real)
    assert (beside.networks, beside.who) == (alone.networks, alone.who)
    for name in ("results", "lines", "means"):
        one, other = getattr(beside, name), getattr(alone, name)
        assert list(one) == list(other)
        for study in one:
            xr.testing.assert_identical(one[study], other[study])


def test_it_is_a_star_in_the_records_panels(alone: FactorRobustness, beside: FactorRobustness) -> None:
    lines = figures.accuracies_frame(beside)
    stars = lines[lines["look"] == "yours/0"]
    assert set(stars["study"]) == {"published"}
    assert set(stars["panel"]) == set(lines["panel"])
    np.testing.assert_allclose(stars[["x", "value"]].values, [[65.0, 100 * UP]] * len(stars))
    assert lines[lines["look"] != "yours/0"].equals(figures.accuracies_frame(alone))
    every = figures.residuals_frame(beside)
    own = every[every["look"].map(is_own)]
    assert set(own["look"]) == {"yours/0", "yours/1"}
    assert set(own["study"]) == {"published"}
    near = own[own["look"] == "yours/0"]
    half = 100 * beside.own["mine"][0]["half_width"].sel(factor="pose").item()
    np.testing.assert_allclose(near[["band_low", "band_high"]].values[0], [-half, half])
    assert every[~every["look"].map(is_own)].equals(figures.residuals_frame(alone))


def test_holms_correction_is_over_all_that_a_model_was_judged_on() -> None:
    p_value = np.array([0.02, 0.03, 0.9, np.nan])
    height = np.array([0.1, -0.1, 0.1, np.nan])
    measured = np.array([True, True, True, False])
    one = standing("m", "s", ["p", "q", "r", "t"], height, p_value, measured)
    assert dict(one.on) == {"p": "within", "q": "within", "r": "within", "t": "unknown"}
    two = standing("m", "s", ["p", "q"], height[:2], p_value[:2], measured[:2])
    assert dict(two.on) == {"p": "above", "q": "below"}
