"""A claim is asked only where a study holds what it needs; what is missing is named."""

from dataclasses import replace
from pathlib import Path

import pytest
import xarray as xr

from clipsafe_utils.claims.reading import NotMeasuredError, Reader, evidence
from clipsafe_utils.claims.registry import Claim, find_claim
from clipsafe_utils.cubes import Study, find_study, write_cube


@pytest.fixture
def study(factors: xr.Dataset, models: xr.Dataset, tmp_path: Path) -> Study:
    write_cube(factors, tmp_path / "mine" / "factors.nc")
    write_cube(models, tmp_path / "mine" / "models.nc")
    return find_study(str(tmp_path / "mine"))


def _asked(claim: Claim, reader: Reader) -> str:
    """Return what the study is, or why it cannot be asked."""
    try:
        return evidence(claim, reader)
    except NotMeasuredError as reason:
        return str(reason)


def test_what_can_be_asked_is_measured(study: Study) -> None:
    assert evidence(find_claim("F1"), Reader(study)) == "measured"


def test_a_stand_in_is_a_proxy(study: Study, factors: xr.Dataset) -> None:
    write_cube(factors.assign_attrs(evidence="proxy"), study.path("factors"))
    assert evidence(find_claim("F1"), Reader(study)) == "proxy"


def test_what_is_missing_is_named(study: Study) -> None:
    assert _asked(find_claim("F4"), Reader(study)) == "CLIPs of 1 training source only"
    assert _asked(find_claim("F5"), Reader(study)) == "no cube shape_bias"


def test_a_missing_group_is_named(study: Study, models: xr.Dataset) -> None:
    models["group"] = ("model", ["standard", "other"], models["group"].attrs)
    write_cube(models, study.path("models"))
    assert _asked(find_claim("F1"), Reader(study)) == "no model of the group 'CLIP, zero-shot'"


def test_a_group_that_may_not_speak_is_missing(study: Study) -> None:
    clips, people = Reader(study, ("clip_zero_shot",)), Reader(study, ("human",))
    assert _asked(find_claim("F1"), clips) == "no model of the group 'Standard (labels only)'"
    assert _asked(find_claim("F1"), people) == "no cube factors"


def test_a_source_counts_once(study: Study, models: xr.Dataset) -> None:
    models["group"] = ("model", ["clip_zero_shot"] * 2, models["group"].attrs)
    models["training_source"] = ("model", ["WIT", "LAION"], models["training_source"].attrs)
    write_cube(models, study.path("models"))
    two: Claim = replace(find_claim("F4"), groups=("clip_zero_shot",))
    assert evidence(two, Reader(study)) == "measured"
    assert "source only" in _asked(replace(two, training_sources=3), Reader(study))


def test_a_cube_is_read_once(study: Study) -> None:
    reader = Reader(study)
    assert reader.panel("factors") is reader.panel("factors")
    assert reader.cube("factors") is reader.cube("factors")
    assert reader.panel("ood") is None


def test_the_published_record_says_what_it_lacks() -> None:
    published = Reader(find_study("published"))
    assert {_asked(find_claim(name), published) for name in ("F1", "F2", "F3")} == {"measured"}
    for name in ("F5", "F8", "F13"):
        with pytest.raises(NotMeasuredError, match=r"^(no |CLIPs of 1 )"):
            evidence(find_claim(name), published)
