"""A reader's own model is judged by the line of the record, and counted nowhere."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import norm

from clipsafe_utils import factor_robustness, parameters_of
from clipsafe_utils.chapters.factor_robustness import figures
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.calibration.alike import Alike
from clipsafe_utils.findings.calibration.own import own_errors, own_rows
from clipsafe_utils.findings.factors.result import FactorRobustness
from clipsafe_utils.findings.own_models import standing
from clipsafe_utils.findings.shape.own import own_observers
from clipsafe_utils.findings.shift.own import judge_own_cloud, standings
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


QUANTILES = np.tile([-0.5, 0.0, 0.5, 1.0], 8)
OFF = np.tile([0.02, -0.02, -0.02, 0.02], 8)


def test_height_under_shift_is_above_the_line_of_the_record() -> None:
    """The line is -0.3 + 0.9 times the quantile of accuracy in distribution."""
    host = xr.Dataset(
        {
            "x": ("model", norm.cdf(QUANTILES)),
            "y": ("model", norm.cdf(-0.3 + 0.9 * QUANTILES + OFF)),
            "family": ("model", np.repeat(list("abcdefgh"), 4)),
            "group": ("model", ["standard"] * QUANTILES.size),
        },
        {"model": [f"h{number}" for number in range(QUANTILES.size)]},
    )
    own = xr.Dataset(
        {"x": ("model", [norm.cdf(0.25)]), "y": ("model", [0.6]), "family": ("model", ["own"])},
        {"model": ["mine:one"]},
    )
    judged = judge_own_cloud(own, host, np.zeros(QUANTILES.size, bool))
    expected = 0.6 - norm.cdf(-0.3 + 0.9 * 0.25)
    np.testing.assert_allclose(judged["height"].values, expected, atol=1e-6)
    ((stand, heights),) = standings({"mine": {"sketch": judged}})
    assert (stand.model, stand.study) == ("one", "mine")
    assert [word for _, word in stand.on] == ["above"]
    assert heights == f"+{100 * expected:.1f} points on ImageNet-Sketch"


def test_a_model_is_set_beside_the_observers_of_the_record(
    shape_bias_cube: xr.Dataset, models: xr.Dataset
) -> None:
    own = shape_bias_cube.isel(model=[1]).assign_coords(model=["mine:one"])
    own["count"].values[..., :] = [30, 30, 15]
    (one,) = own_observers(
        Panel("mine", own, models.isel(model=[1]).assign_coords(model=["mine:one"])),
        Panel("published", shape_bias_cube, models),
        0.95,
    )
    assert one.bias.estimate == 0.5
    assert one.decided.estimate == 0.8
    # The standard network goes by shape in 50 of 65 images, the CLIP in 10 of 60.
    assert one.more_than == {"standard": "0 of 1", "clip_zero_shot": "1 of 1"}


def test_errors_of_an_own_model_stand_beside_networks_of_like_accuracy() -> None:
    cube = xr.Dataset(
        {
            "accuracy": (("draw", "model", "condition", "scaling"), np.full((1, 1, 1, 2), 0.6)),
            "ece": (("draw", "model", "condition", "scaling"), [[[[0.08, 0.02]]]]),
            "temperature": (("draw", "model"), [[1.4]]),
            "bin_count": (("model", "condition", "scaling", "bin"), [[[[100.0, 100.0]] * 2]]),
            "bin_confidence": (("model", "condition", "scaling", "bin"), [[[[0.6, 0.7], [0.5, 0.7]]]]),
            "bin_hits": (("model", "condition", "scaling", "bin"), [[[[50.0, 70.0]] * 2]]),
        },
        {"model": ["mine:one"], "condition": ["id"], "scaling": ["before", "after"]},
    )
    rows = own_rows([Panel("mine", cube, cube)])
    np.testing.assert_allclose(rows["gap"], [0.05, 0.0], atol=1e-12)
    record = [
        {"scaling": scaling, "name": name, "group": "standard", "accuracy": accuracy, "ece": ece, "gap": 0.0}
        for name, accuracy in (("near", 0.61), ("also", 0.59), ("far", 0.7))
        for scaling, ece in (("before", 0.05), ("after", 0.03))
    ]
    before, after = own_errors(rows, Alike("published", pd.DataFrame(record)))
    assert before.beside == "more than that of 2 of 2 standard networks of similar accuracy"
    assert after.beside == "more than that of 0 of 2 standard networks of similar accuracy"
    assert (before.gap, before.temperature) == ("+5.0", "1.40")
