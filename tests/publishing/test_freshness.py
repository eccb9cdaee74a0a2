"""A second build renders nothing, unless something that a page may show has changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clipsafe_utils.publishing import freshness
from clipsafe_utils.publishing.freshness import hash_of_sources, is_rendered, note_rendered

SHOWN = (
    "_config.yml",
    "benchmarks/book.json",
    "book/01-a.ipynb",
    "clipsafe_utils/cubes/schema.py",
    "notebooks/01-a.md",
    "results/mine/factors.nc",
    "weights/zoo.csv",
)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path / "results"))
    for name in SHOWN:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("old")
    note_rendered(tmp_path, hash_of_sources(tmp_path))
    return tmp_path


def test_nothing_has_changed(repository: Path) -> None:
    assert is_rendered(repository)
    (repository / "book" / ".ipynb_checkpoints").mkdir()
    (repository / "book" / ".ipynb_checkpoints" / "01-a.ipynb").write_text("by Jupyter")
    (repository / "README.md").write_text("no page shows it")
    assert is_rendered(repository)


@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.parametrize("change", [lambda path: path.write_text("new"), Path.unlink], ids=["edited", "gone"])
def test_what_a_page_may_show_has_changed(
    repository: Path, name: str, change: Callable[[Path], object]
) -> None:
    change(repository / name)
    assert not is_rendered(repository)


def test_a_new_file_a_moved_one_and_another_package(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "notebooks" / "02-b.md").write_text("old")
    assert not is_rendered(repository)
    (repository / "notebooks" / "02-b.md").unlink()
    assert is_rendered(repository)
    (repository / "results" / "mine").rename(repository / "results" / "yours")
    assert not is_rendered(repository)
    (repository / "results" / "yours").rename(repository / "results" / "mine")
    monkeypatch.setattr(freshness, "distributions", list)
    assert not is_rendered(repository)


def test_what_changes_while_pages_are_rendered_makes_them_old(repository: Path) -> None:
    sources = hash_of_sources(repository)
    (repository / "clipsafe_utils" / "cubes" / "schema.py").write_text("edited meanwhile")
    note_rendered(repository, sources)
    assert not is_rendered(repository)
