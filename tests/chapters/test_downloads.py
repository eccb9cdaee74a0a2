"""What a reader can take away is all there, and every link leads to it."""

from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

from clipsafe_utils.address import Repository
from clipsafe_utils.chapters.downloads import citation, downloads, result, tables
from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.cubes.studies import REPOSITORY, list_studies
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing.compile import attach_cubes

ADDRESS = Repository("https://github.com/me/book", "main")
KEYS = {
    "title": "T",
    "version": "1",
    "date-released": "2026-01-02",
    "authors": [{"name": "A"}],
    "license": "X",
}


@pytest.fixture(scope="module")
def cubes() -> list[result.CubeFile]:
    return result.cube_files()


def test_every_cube_of_every_study_is_listed(cubes: list[result.CubeFile]) -> None:
    assert [one.name for one in cubes] == [
        f"{study.name}/{path.name}"
        for study in list_studies()
        for cube in study.cubes
        for path in study.files(cube)
    ]
    # What is share-alike is a file of its own.
    assert {one.licence for one in cubes if ".by-sa" in one.name} == {"CC BY-SA 4.0"}
    assert all(one.bytes == (REPOSITORY / "cubes" / one.name).stat().st_size for one in cubes)
    assert all(one.licence and one.dims for one in cubes)


def test_a_small_cube_is_beside_the_page_and_a_large_one_in_the_repository(
    cubes: list[result.CubeFile], tmp_path: Path
) -> None:
    attach_cubes(REPOSITORY, tmp_path)
    links = BeautifulSoup(tables.cubes_table(cubes, ADDRESS).markup, "html.parser").select("a")
    assert [link.text for link in links] == [one.name for one in cubes]
    beside = [str(link["href"]) for link in links if str(link["href"]).startswith("../")]
    attached = {file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*.nc")}
    assert {address.removeprefix("../") for address in beside} == attached
    assert 0 < len(beside) < len(cubes)
    assert sum(file.stat().st_size for file in tmp_path.rglob("*.nc")) < 8_000_000
    for link, one in zip(links, cubes, strict=True):
        if one.bytes > result.SITE_LIMIT:
            assert link["href"] == f"https://github.com/me/book/raw/main/cubes/{one.name}"
        else:
            assert (tmp_path / "cubes" / one.name).read_bytes() == (
                REPOSITORY / "cubes" / one.name
            ).read_bytes()


def test_a_site_of_a_repository_without_cubes_gets_none(tmp_path: Path) -> None:
    attach_cubes(tmp_path, tmp_path / "site")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schema_names_every_variable_and_its_dims(name: str) -> None:
    soup = BeautifulSoup(tables.schema_table(SCHEMAS[name]).markup, "html.parser")
    rows = {row.th.text: [cell.text for cell in row.select("td")] for row in soup.select("tbody tr")}
    variables = (*SCHEMAS[name].variables, *SCHEMAS[name].optional)
    assert list(rows) == [one.name for one in variables]
    for one in variables:
        dims, holds, _, what = rows[one.name]
        assert dims == ", ".join(one.dims)
        assert holds.endswith("may be missing") == (one in SCHEMAS[name].optional)
        assert what == one.long_name


def test_each_notebook_has_a_link_of_its_own_to_each_place() -> None:
    shown = tables.notebooks_table([Path("book/01-a.ipynb"), Path("book/02-b.ipynb")], ADDRESS)
    links = BeautifulSoup(shown.markup, "html.parser").select("a")
    assert len({link.text for link in links}) == len({str(link["href"]) for link in links}) == 6
    assert links[0]["href"] == "https://github.com/me/book/raw/main/book/01-a.ipynb"
    assert [link.text for link in links[3:]] == ["02-b.ipynb", "02-b on Colab", "02-b on Binder"]


def test_what_is_listed_is_there() -> None:
    found = downloads()
    assert found.notebooks
    assert all((REPOSITORY / notebook).is_file() for notebook in found.notebooks)
    assert all(notebook.name[0].isdigit() for notebook in found.notebooks)
    assert found.number == str(len(found.cubes))
    assert found.beside == str(sum(one.bytes <= result.SITE_LIMIT for one in found.cubes))
    assert found.repository.url in found.bibtex


def test_the_citation_is_that_of_the_file() -> None:
    written = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text())
    found = citation.read_citation(REPOSITORY)
    words, entry = citation.in_words(found), citation.as_bibtex(found, "https://example.org")
    for text in (written["title"], written["version"], str(written["date-released"])[:4]):
        assert text in words
        assert text in entry
    assert "?. " not in words
    assert entry.count("{") == entry.count("}")


def test_a_person_is_cited_by_both_names() -> None:
    people = [{"given-names": "Ada", "family-names": "L"}, {"name": "The others"}]
    assert citation.in_words(KEYS | {"authors": people}).startswith("Ada L and The others (2026).")


@pytest.mark.parametrize("key", KEYS)
def test_what_a_citation_lacks_is_named(tmp_path: Path, key: str) -> None:
    (tmp_path / "CITATION.cff").write_text(yaml.safe_dump({k: v for k, v in KEYS.items() if k != key}))
    with pytest.raises(ClipsafeError, match=rf"CITATION\.cff: lacks the key '{key}', which a citation needs"):
        citation.read_citation(tmp_path)


@pytest.mark.parametrize("content", [None, "a: [\n"], ids=["missing", "not YAML"])
def test_a_citation_that_cannot_be_read_is_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "CITATION.cff").write_text(content)
    with pytest.raises(ClipsafeError, match=r"CITATION\.cff: cannot be read as YAML\."):
        citation.read_citation(tmp_path)


def test_an_entry_of_bibtex() -> None:
    assert citation.as_bibtex(KEYS, "https://x.org/r").splitlines() == [
        "@software{clipsafe2026,",
        "  author = {{A}},",
        "  title = {T},",
        "  version = {1},",
        "  year = {2026},",
        "  url = {https://x.org/r},",
        "}",
    ]
    assert citation.in_words(KEYS) == "A (2026). T. Version 1."
