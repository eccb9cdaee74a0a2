"""The folder for a class: who gets what, and what is refused."""

import zipfile
from pathlib import Path

import pytest

from clipsafe_utils.chapters.teaching.judge import known_of, lineup
from clipsafe_utils.chapters.teaching.plans import reruns
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing import room
from clipsafe_utils.publishing.room import STEPS, write_judge, write_room


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in for a built book, and for the rendering of pages."""
    site = tmp_path / "clone" / "_build" / "html"
    site.mkdir(parents=True)
    (site / "index.html").write_text("the book", encoding="utf-8")

    def render(name: str, parameters: str, folder: Path) -> tuple[Path, Path]:
        for suffix in ("ipynb", "html"):
            (folder / f"{name}.{suffix}").write_text(parameters, encoding="utf-8")
        return folder / f"{name}.ipynb", folder / f"{name}.html"

    monkeypatch.setattr(room, "REPOSITORY", tmp_path / "clone")
    monkeypatch.setattr(room, "render_own", render)
    return site


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.usefixtures("book")
def test_a_room_has_all_and_students_get_no_answer(tmp_path: Path) -> None:
    done: list[str] = []
    folder = write_room(tmp_path / "room", 3, done.append)
    assert len(done) == STEPS
    assert done[-len(reruns()) :] == [rerun.chapter for rerun in reruns()], "what takes minutes comes last"
    assert {path.name for path in folder.iterdir()} == {"book.zip", "lecturer", "reruns", "students"}
    assert {path.name for path in (folder / "students").iterdir()} == {
        "guesses.html",
        "handout.html",
        "judge",
    }
    assert names_in(folder / "lecturer") == {"answer-key.html", "figures", "who-is-who.txt"}
    assert len(list((folder / "lecturer" / "figures").glob("*.svg"))) == 8
    for number, rerun in enumerate(reruns(), 1):
        place = folder / "reruns" / str(number)
        assert (place / "command.txt").read_text(encoding="utf-8").strip() == rerun.command
        assert (place / f"{rerun.chapter}.html").read_text(encoding="utf-8") == rerun.parameters
    with zipfile.ZipFile(folder / "book.zip") as packed:
        assert packed.read("index.html") == b"the book"
    told = "".join(
        path.read_text(encoding="utf-8") for path in (folder / "students").rglob("*.*") if path.is_file()
    )
    assert not any(suspect.name in told for suspect in lineup(3))
    with pytest.raises(ClipsafeError, match="is not empty"):
        write_room(folder, 3)


def test_without_a_book_there_is_no_room(book: Path, tmp_path: Path) -> None:
    (book / "index.html").unlink()
    with pytest.raises(ClipsafeError, match="make book"):
        write_room(tmp_path / "room", 0)
    assert not (tmp_path / "room").exists()


def test_the_lecturer_is_told_who_is_who_and_students_that_answers_are_drawn(tmp_path: Path) -> None:
    write_judge(tmp_path, 4)
    key = (tmp_path / "lecturer" / "who-is-who.txt").read_text(encoding="utf-8")
    for number, suspect in enumerate(lineup(4), 1):
        assert f"model-{number}: {suspect.kind}\n{suspect.name}\n" in key
        assert f"imagenet-r {100 * known_of(suspect)['imagenet-r']:.1f}" in key
    told = (tmp_path / "students" / "judge" / "README.txt").read_text(encoding="utf-8")
    assert "Their answers are not: each was drawn by chance from published" in told
    assert "CC BY-SA 4.0" in told
    assert "clipsafe import model-1 -o cubes-1 --without-factors" in told
    with pytest.raises(ClipsafeError, match="is not empty"):
        write_judge(tmp_path, 5)
