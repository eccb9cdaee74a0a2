"""A claim is asked only where a study holds what it needs; what is missing is named."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import xarray as xr

from clipsafe_utils.claims.reading import NotMeasuredError, Reader, refuse_without
from clipsafe_utils.cubes import Study, find_study, write_cube


@pytest.fixture
def study(factors: xr.Dataset, models: xr.Dataset, tmp_path: Path) -> Study:
    write_cube(factors, tmp_path / "mine" / "factors.nc")
    write_cube(models, tmp_path / "mine" / "models.nc")
    return find_study(str(tmp_path / "mine"))


def _asked(study: Study, cube: str, groups: Sequence[str], training_sources: int = 1) -> str:
    """Return why a study cannot be asked; empty where it can."""
    try:
        refuse_without(Reader(study), cube, tuple(groups), training_sources)
    except NotMeasuredError as reason:
        return str(reason)
    return ""


def _two_clips(models: xr.Dataset, sources: Sequence[str]) -> xr.Dataset:
    models["group"] = ("model", ["clip_zero_shot"] * 2, models["group"].attrs)
    models["training_source"] = ("model", list(sources), models["training_source"].attrs)
    return models


def test_what_holds_all_groups_can_be_asked(study: Study) -> None:
    assert _asked(study, "factors", ["clip_zero_shot", "standard"]) == ""


def test_what_is_missing_is_named(study: Study) -> None:
    assert _asked(study, "shape_bias", ["standard"]) == "no cube shape_bias"
    assert _asked(study, "factors", ["clip_zero_shot", "human"]) == (
        "no model of the group 'People' in the cube factors"
    )
    assert _asked(study, "factors", ["clip_zero_shot"], 2) == (
        "CLIPs of one training source only in the cube factors"
    )


def test_sources_are_counted_among_the_first_group_alone(study: Study, models: xr.Dataset) -> None:
    # The standard network's own source is not one of CLIPs.
    assert "one training source" in _asked(study, "factors", ["clip_zero_shot", "standard"], 2)
    write_cube(_two_clips(models, ["WIT", "LAION-2B"]), study.path("models"))
    assert _asked(study, "factors", ["clip_zero_shot"], 2) == ""
    write_cube(_two_clips(models, ["WIT", "WIT"]), study.path("models"))
    assert "one training source" in _asked(study, "factors", ["clip_zero_shot"], 2)


def test_a_network_is_asked_once_and_a_cube_read_once(study: Study, models: xr.Dataset) -> None:
    models["checkpoint"] = ("model", ["same", "same"], models["checkpoint"].attrs)
    write_cube(models, study.path("models"))
    reader = Reader(study)
    panel = reader.needed("factors")
    assert panel.models["model"].values.tolist() == ["a"]
    # The cube as it is keeps both readings.
    assert reader.cube("factors")["model"].values.tolist() == ["a", "b"]
    assert reader.panel("factors") is panel
    assert reader.cube("factors") is reader.cube("factors")
    assert (reader.panel("ood"), reader.cube("ood")) == (None, None)
    with pytest.raises(NotMeasuredError, match=r"^no cube ood$"):
        reader.needed("ood")


def test_what_does_not_say_that_it_was_measured_is_a_proxy(study: Study, models: xr.Dataset) -> None:
    assert not Reader(study).is_proxy
    write_cube(models.assign_attrs(evidence="proxy"), study.path("models"))
    assert Reader(study).is_proxy


@pytest.mark.parametrize(("name", "is_proxy"), [("published", False), ("field", False), ("miniature", True)])
def test_the_committed_studies_say_what_they_are(name: str, is_proxy: bool) -> None:
    assert Reader(find_study(name)).is_proxy is is_proxy
