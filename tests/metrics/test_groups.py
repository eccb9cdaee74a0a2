"""Means of groups of models, worked by hand."""

import numpy as np
import pytest
import xarray as xr

from clipsafe_utils.metrics.groups import group_means

MODELS = xr.Dataset(
    {
        "group": ("model", ["standard"] * 3),
        "family": ("model", ["VGG", "VGG", "ResNet"]),
        "training_source": ("model", ["IN-1k"] * 3),
    },
    coords={"model": ["vgg11", "vgg16", "resnet50"]},
)
GAIN = xr.DataArray([1.0, 3.0, 8.0], coords={"model": MODELS["model"]})


def test_each_family_counts_once_and_groups_without_a_model_are_left_out() -> None:
    found = group_means(GAIN.expand_dims(factor=["pose"]), MODELS, ["clip_zero_shot", "standard"])
    assert found["mean"].sel(group="standard", factor="pose") == 5
    assert found["group"].values.tolist() == ["standard"]
    assert (found["families"].item(), found["decided"].item()) == (2, False)


def test_one_family_gives_no_interval() -> None:
    found = group_means(GAIN[:2], MODELS.isel(model=[0, 1]), ["standard"])
    assert (found["low"].item(), found["mean"].item(), found["high"].item()) == (-np.inf, 2, np.inf)


def test_groups_without_any_model_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^groups: expected at least one with a model, got \['other'\]"):
        group_means(GAIN, MODELS, ["other"])
