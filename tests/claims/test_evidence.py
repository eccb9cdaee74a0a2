"""The evidence matrix says measured only where a study holds what a finding needs."""

from pathlib import Path

import pytest
import xarray as xr

from clipsafe_utils.claims.evidence import evidence, evidence_matrix, findings
from clipsafe_utils.cubes import GROUPS, SCHEMAS, Study, find_study, write_cube
from clipsafe_utils.parameters import CHAPTER_PARAMETERS


@pytest.fixture
def study(factors: xr.Dataset, models: xr.Dataset, tmp_path: Path) -> Study:
    write_cube(factors, tmp_path / "mine" / "factors.nc")
    write_cube(models, tmp_path / "mine" / "models.nc")
    return find_study(str(tmp_path / "mine"))


def _status(finding_id: str, study: Study) -> tuple[str, str]:
    return evidence(next(finding for finding in findings() if finding.id == finding_id), study)


def test_findings_are_complete_and_refer_to_what_exists() -> None:
    assert [finding.id for finding in findings()] == [f"F{number}" for number in range(1, 22)]
    for finding in findings():
        assert finding.sentence.endswith(".")
        assert finding.seen in {"paper", "summary", "follow-up"}
        assert bool(finding.out_of_scope) != bool(finding.cube)
        assert finding.cube in {*SCHEMAS, ""}
        assert set(finding.groups) <= set(GROUPS)
        assert finding.chapter in {*CHAPTER_PARAMETERS, ""}


def test_measured_with_how_much(study: Study) -> None:
    assert _status("F1", study) == ("measured", "1 CLIPs of 1 family")


def test_a_stand_in_is_a_proxy(study: Study, factors: xr.Dataset) -> None:
    write_cube(factors.assign_attrs(evidence="proxy"), study.path("factors"))
    assert _status("F1", study)[0] == "proxy"


def test_what_is_missing_is_named(study: Study) -> None:
    assert _status("F4", study) == ("not available", "CLIPs of 1 training source only")
    assert _status("F5", study) == ("not available", "no cube shape_bias")
    assert _status("F17", study)[0] == "not available"


def test_a_missing_group_is_named(study: Study, models: xr.Dataset) -> None:
    models["group"] = ("model", ["standard", "other"], models["group"].attrs)
    write_cube(models, study.path("models"))
    assert _status("F1", study) == ("not available", "no model of the group 'CLIP, zero-shot'")


def test_the_published_record_says_what_it_lacks() -> None:
    published = find_study("published")
    matrix = evidence_matrix([published]).set_index("Finding")["published"]
    status = {row.split()[0]: cell.split(":")[0] for row, cell in matrix.items()}
    assert status["F1"] == status["F2"] == status["F3"] == "measured"
    assert status["F5"] == status["F6"] == status["F8"] == status["F13"] == "not available"
