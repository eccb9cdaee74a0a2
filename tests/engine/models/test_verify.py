"""Verifying: published top-1 outside the interval of the measured one is flagged."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from clipsafe_engine.models.verify import compare_top1
from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.storage import write_cube
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.catalogue import catalogue
from tests.conftest import labelled

NAMES = ("ViT-B-32.openai", "vgg16_bn.tv_in1k")
PUBLISHED = (63.32, 73.354)


def study(folder: Path, models: xr.Dataset, hits: tuple[float, float], images: int = 10_000) -> Study:
    counts = np.array([hits, (0, 0)], float).T
    shifts = xr.Dataset(
        {
            "hits": (("model", "condition"), counts),
            "images": (("model", "condition"), np.full((2, 2), float(images))),
        },
        coords={"model": list(NAMES), "condition": ["id", "a"]},
    )
    described = models.assign_coords(model=list(NAMES))
    described["checkpoint"] = described["checkpoint"].copy(data=list(NAMES))
    described["image_size"] = described["image_size"].copy(data=[224.0, 224.0])
    write_cube(labelled(described, "models"), folder / "models.nc")
    write_cube(labelled(shifts, "shifts"), folder / "shifts.nc")
    return Study("test", folder)


def test_right_models_pass(tmp_path: Path, models: xr.Dataset) -> None:
    found = compare_top1(catalogue().values(), study(tmp_path, models, (6332, 7335)))
    assert {each.model: each.published for each in found} == dict(zip(NAMES, PUBLISHED, strict=True))
    assert not any(each.is_off for each in found)


def test_the_wrong_activation_is_flagged(tmp_path: Path, models: xr.Dataset) -> None:
    found = {
        each.model: each for each in compare_top1(catalogue().values(), study(tmp_path, models, (6032, 7335)))
    }
    assert found["ViT-B-32.openai"].is_off
    assert not found["vgg16_bn.tv_in1k"].is_off


def test_interval_by_hand(tmp_path: Path, models: xr.Dataset) -> None:
    # Wilson's at 8 of 10, from the documentation of the interval.
    found = compare_top1(catalogue().values(), study(tmp_path, models, (8, 9), images=10))[0]
    assert (found.measured, round(found.low, 1), round(found.high, 1)) == (80.0, 49.0, 94.3)


def test_another_size_is_another_measurement(tmp_path: Path, models: xr.Dataset) -> None:
    made = study(tmp_path, models, (6332, 7335))
    described = made.read("models").copy(deep=True)
    described["image_size"][1] = 288
    write_cube(described, made.path("models"))
    assert [each.model for each in compare_top1(catalogue().values(), made)] == ["ViT-B-32.openai"]


def test_the_published_record_agrees_with_the_catalogue() -> None:
    compared = compare_top1(catalogue().values(), find_study("published"))
    # The record has some CLIPs under fewer prompts, too, by which they are less accurate.
    fewer = ("/one template", "/bare name")
    found = [each for each in compared if not each.model.endswith(fewer)]
    assert 0 < len(compared) - len(found) < 50
    assert len({each.model for each in found}) == len(found) >= 210
    assert max(abs(each.measured - each.published) for each in found) < 0.2
    assert not any(each.is_off for each in found)


def test_no_condition_id(tmp_path: Path, models: xr.Dataset) -> None:
    made = study(tmp_path, models, (6332, 7335))
    write_cube(made.read("shifts").sel(condition=["a"]), made.path("shifts"))
    with pytest.raises(ClipsafeError, match=r"shifts.nc: the condition 'id' is missing\."):
        compare_top1(catalogue().values(), made)


def test_no_model_in_common(tmp_path: Path, models: xr.Dataset) -> None:
    made = study(tmp_path, models, (6332, 7335))
    with pytest.raises(ClipsafeError, match="none of the models has a published top-1 to compare"):
        compare_top1([catalogue()["RN50.openai"]], made)
