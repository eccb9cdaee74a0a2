"""`DATA_LICENSES.md` names every source, under its terms, with the cubes that are made from it."""

import re

import pytest

from clipsafe_utils.cubes import read_cube
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.record.clip_calibration import NOTEBOOK
from clipsafe_utils.record.sources import raw_files

FILES = [*raw_files().values(), NOTEBOOK]
REPOSITORIES = sorted({raw.repository for raw in FILES})


def rows_of(repository: str) -> list[str]:
    lines = (REPOSITORY / "DATA_LICENSES.md").read_text(encoding="utf-8").splitlines()
    name = repository.removeprefix("pypi:")
    return [line for line in lines if line.startswith("| ") and f"`{name}`" in line]


@pytest.fixture(scope="module")
def cited() -> dict[str, str]:
    """Give what the variables of each file of cubes cite."""
    files = sorted((REPOSITORY / "cubes" / "published").glob("*.nc"))
    return {
        path.name: " ".join(str(one.attrs.get("source", "")) for one in read_cube(path).variables.values())
        for path in files
        if path.name != "models.nc"  # It describes the models of all.
    }


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_a_source_stands_there_under_its_terms(repository: str) -> None:
    rows = rows_of(repository)
    assert rows
    licences = {raw.licence for raw in FILES if raw.repository == repository}
    for licence in licences:
        terms = re.split(r"[ (;]*[(;]", licence)[0].strip()
        assert any(terms in row for row in rows), terms


@pytest.mark.parametrize("repository", REPOSITORIES)
def test_the_cubes_that_it_went_into_are_named(repository: str, cited: dict[str, str]) -> None:
    name = repository.removeprefix("pypi:")
    named = set(re.findall(r"cubes/published/([\w.-]+\.nc)", " ".join(rows_of(repository))))
    assert named - {"models.nc"} == {cube for cube, source in cited.items() if name in source}
