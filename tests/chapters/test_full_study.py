"""The appendix on the full study: plans are those of the command, assumptions are called so."""

import json
from typing import Any

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.chapters.full_study import full_study, tables
from clipsafe_utils.chapters.full_study.result import PLANS as KEPT_PLANS
from clipsafe_utils.chapters.full_study.result import FullStudy, duration
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.parameters import check_parameters
from clipsafe_utils.registry.data_sets import data_sets
from clipsafe_utils.say import Missing

PLANS: dict[str, Any] = {
    "load": 1.0,
    "laptop": {
        "machine": "cpu with 2 threads",
        "cores": 2,
        "decode": 0.004,
        "crop": 0.002,
        "forward": {"resnet50": 0.05},
    },
    "gpu_assumed": {"speed": 100.0, "cores": 16, "parameters_at_once": 10**10},
    "plans": {
        machine: {
            "models": 2,
            "images": 1000,
            "reads": 1000,
            "passes": 2_000_000,
            "device_hours": hours,
            "core_hours": 0.5,
            "hours": hours,
            "storage": 8_000_000_000,
        }
        for machine, hours in (("laptop", 1000.0), ("one GPU", 10.0), ("64 GPUs", 0.25))
    },
}


def study_of(*panels: Panel) -> FullStudy:
    return FullStudy(PLANS, panels, [], 0.95)


def test_every_row_of_a_gpu_says_that_it_is_assumed() -> None:
    markup = tables.plan_table(study_of()).markup
    assert "one GPU, assumed" in markup
    assert "64 GPUs, assumed" in markup
    assert "laptop, assumed" not in markup


def test_durations_are_those_of_the_plans() -> None:
    costs = study_of().costs
    durations = [duration(PLANS["plans"]["laptop"]["hours"]), costs.one_gpu, costs.many_gpus]
    assert durations == ["41.7 days", "10.0 hours", "15 minutes"]
    assert (costs.passes, costs.storage, costs.images) == ("2 million", "8", "1,000")
    assert (costs.speed, costs.cores) == ("100", "16")


def test_rates_are_shown_in_milliseconds_with_the_load() -> None:
    markup = tables.rates_table(study_of()).markup
    assert ">50.0<" in markup
    assert ">4.0<" in markup
    assert "load of 1.0" in markup


def test_every_data_set_has_a_row() -> None:
    markup = tables.data_table().markup
    assert all(f">{name}<" in markup for name in data_sets())


def test_the_kept_plans_are_of_all_images_and_of_the_assumptions_beside_them() -> None:
    found = json.loads(KEPT_PLANS.read_text())
    images = sum(one.images for one in data_sets().values())
    for plan in found["plans"].values():
        assert (plan["models"], plan["images"], plan["passes"]) == (210, images, 210 * images)
    laptop, one, many = (found["plans"][machine] for machine in ("laptop", "one GPU", "64 GPUs"))
    assert laptop["device_hours"] == pytest.approx(one["device_hours"] * found["gpu_assumed"]["speed"])
    assert one["hours"] == pytest.approx(64 * many["hours"])
    assert one["reads"] < laptop["reads"]


def panel(**attributes: str) -> Panel:
    count = xr.DataArray(
        np.array([[[30, 60, 10], [30, 60, 10]]]),
        {"model": ["a"], "cue_class": ["cat", "dog"], "decision": ["shape", "texture", "other"]},
        ("model", "cue_class", "decision"),
    )
    return Panel("mine", xr.Dataset({"count": count}, attrs=attributes), xr.Dataset())


def test_shape_bias_stands_with_the_share_decided() -> None:
    found = study_of(panel())
    assert found.decisions["bias"][0].estimate == pytest.approx(1 / 3)
    markup = tables.decisions_table(found).markup
    assert ">95\N{NO-BREAK SPACE}% interval<" in markup
    for cell in ("mine", "a", "33.3\N{NO-BREAK SPACE}%", "90.0\N{NO-BREAK SPACE}%", "200"):
        assert f">{cell}<" in markup


def test_parity_is_what_a_cube_says_and_nothing_else() -> None:
    compared = Panel("other", panel(parity="equal on 800 images").cube, xr.Dataset())
    found = study_of(panel(), compared)
    assert (found.compared, found.parity) == ("other", "equal on 800 images")
    assert isinstance(study_of(panel()).parity, Missing)


def test_a_study_with_decisions_has_a_panel_and_no_excuse() -> None:
    chosen = {"studies": ["published"], "groups": ["standard"]}
    found = full_study(check_parameters("full-study", chosen))
    assert [one.study for one in found.panels] == ["published"]
    assert found.left_out == []


def test_durations_can_be_pictured() -> None:
    said = [duration(hours) for hours in (0.3, 7.25, 100, 20_000)]
    assert said == ["18 minutes", "7.2 hours", "4.2 days", "2.3 years"]
