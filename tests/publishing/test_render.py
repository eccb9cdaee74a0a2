"""Rendering: the same bytes every time, and an old page that only a good run replaces."""

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.filling import texts_in
from clipsafe_utils.publishing import render
from clipsafe_utils.publishing.chapters import Chapter
from clipsafe_utils.publishing.render import render_all, render_chapter

OLD = "the old page"


@pytest.fixture
def old_page(tiny: Chapter) -> Path:
    tiny.published.write_text(OLD)
    return tiny.published


@pytest.fixture
def without_kernel(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Let papermill return its notebook as it is; give the arguments of each call."""
    calls: list[dict[str, Any]] = []

    def execute(notebook: NotebookNode, output: None, **arguments: Any) -> NotebookNode:
        assert output is None
        calls.append(arguments)
        return notebook

    monkeypatch.setattr(render.papermill, "execute_notebook", execute)
    return calls


def add_cell(chapter: Chapter, code: str) -> None:
    with chapter.source.open("a") as source:
        source.write(f"\n```{{code-cell}}\n{code}\n```\n")


def assert_left_alone(page: Path) -> None:
    assert page.read_text() == OLD
    assert [path.name for path in page.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.slow
def test_rendering_twice_gives_the_same_bytes(tiny: Chapter, tmp_path: Path) -> None:
    first, second = tmp_path / "first.ipynb", tmp_path / "second.ipynb"
    render_chapter(tiny, first)
    render_chapter(tiny, second)
    assert hashlib.sha256(first.read_bytes()).digest() == hashlib.sha256(second.read_bytes()).digest()
    notebook = nbformat.read(first, as_version=4)
    assert [
        cell.id for cell in notebook.cells if "injected-parameters" in cell.metadata.get("tags", [])
    ] == []
    assert texts_in(notebook) == {"how_many": "2"}
    assert notebook.cells[2].outputs[0].text.endswith("and more\n")


@pytest.mark.slow
def test_an_override_is_shown_after_the_defaults(tiny: Chapter, tmp_path: Path) -> None:
    output = tmp_path / "mine" / "tiny.ipynb"
    render_chapter(tiny, output, {"words": ["three"]})
    cells = nbformat.read(output, as_version=4).cells
    assert cells[1].source.startswith('words = ["one", "two"]')
    assert cells[2].source == '# Parameters\nwords = ["three"]\n'
    assert cells[3].outputs[0].text.startswith("{'three'}")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("number = 1\nnumber / 0", "fails: ZeroDivisionError: division by zero"),
        ("raise SystemExit(0)", "ends in SystemExit; remove its cause"),
        ("import warnings\n\nwarnings.warn('take care')", "writes to stderr: .*UserWarning: take care"),
        ("import os\n\nos._exit(1)", "Python died while it ran"),
    ],
)
def test_a_bad_run_leaves_the_old_page(tiny: Chapter, old_page: Path, code: str, complaint: str) -> None:
    add_cell(tiny, code)
    with pytest.raises(ClipsafeError, match=complaint) as error:
        render_chapter(tiny, old_page)
    assert str(error.value).startswith(f"{tiny.source}: ")
    assert_left_alone(old_page)


@pytest.mark.slow
def test_the_place_of_an_error_is_named(tiny: Chapter, old_page: Path) -> None:
    add_cell(tiny, "missing_name")
    line = tiny.source.read_text().splitlines().index("missing_name") + 1
    with pytest.raises(ClipsafeError, match=rf"01-tiny\.md: cell 6 \(line {line}\) fails: NameError"):
        render_chapter(tiny, old_page, {"words": ["three"]})


@pytest.mark.slow
def test_all_chapters_are_tried_and_each_failure_is_told(small_book: Path) -> None:
    good, bad, worse = (small_book / "notebooks" / f"0{n}-{name}.md" for n, name in enumerate("abc"))
    header = (small_book / "notebooks" / "01-tiny.md").read_text().split("(ch-tiny)=")[0]
    good.write_text(header + "# Good\n")
    bad.write_text(header + "```{code-cell}\nraise ValueError('bad')\n```\n")
    worse.write_text(header + "```{code-cell}\nraise ValueError('worse')\n```\n")
    done: list[str] = []
    with pytest.raises(ClipsafeError) as error:
        render_all([Chapter(bad), Chapter(good), Chapter(worse)], jobs=2, report=done.append)
    assert done == ["a"]
    assert Chapter(good).published.is_file()
    assert [line.split(" fails: ")[1] for line in str(error.value).splitlines()] == [
        "ValueError: bad",
        "ValueError: worse",
    ]


@pytest.mark.slow
def test_a_process_that_is_killed_is_told_in_a_sentence(tiny: Chapter, old_page: Path) -> None:
    source = tiny.source.with_name("02-killer.md")
    source.write_text(tiny.source.read_text())
    add_cell(Chapter(source), "import os, signal\n\nos.kill(os.getppid(), signal.SIGKILL)")
    with pytest.raises(ClipsafeError, match="is there memory for 2 at once"):
        render_all([Chapter(source)], jobs=2)
    assert_left_alone(old_page)


@pytest.mark.slow
def test_an_interrupt_starts_no_further_chapter(small_book: Path) -> None:
    header = (small_book / "notebooks" / "01-tiny.md").read_text().split("(ch-tiny)=")[0]
    chapters = [Chapter(small_book / "notebooks" / f"0{n}-page.md") for n in range(5)]
    for chapter in chapters:
        chapter.source.write_text(header + "# A page\n")

    def interrupt(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_all(chapters, jobs=1, report=interrupt)
    assert chapters[0].published.is_file()
    assert not chapters[-1].published.exists()


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"word": ["three"]}, r"no parameter 'word'; the parameters are words\."),
        ({"words": "three"}, r"write a list as \{words: \[three\]\}\."),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_runs(
    tiny: Chapter,
    old_page: Path,
    without_kernel: list[dict[str, Any]],
    parameters: dict[str, object],
    complaint: str,
) -> None:
    with pytest.raises(ClipsafeError, match=complaint):
        render_chapter(tiny, old_page, parameters)
    assert without_kernel == []
    assert_left_alone(old_page)


def _full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["write_text", "replace"])
@pytest.mark.usefixtures("without_kernel")
def test_a_full_disk_leaves_the_old_page(
    tiny: Chapter, old_page: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(Path, step, _full)
    with pytest.raises(ClipsafeError, match=r"01-tiny\.ipynb: cannot be written \(No space left on device\)"):
        render_chapter(tiny, old_page)
    assert_left_alone(old_page)


def test_a_folder_of_cubes_is_found_from_the_folder_of_the_reader(
    tiny: Chapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_kernel: list[dict[str, Any]]
) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(render, "check_parameters", lambda *_: None)
    render_chapter(tiny, tmp_path / "out.ipynb", {"studies": ["./mine", "published"]})
    assert without_kernel[0]["parameters"] == {"studies": [str(mine), "published"]}


def test_an_unknown_study_is_refused_before_anything_runs(
    tmp_path: Path, without_kernel: list[dict[str, Any]]
) -> None:
    with pytest.raises(ClipsafeError, match="no such study"):
        render_chapter(Chapter(tmp_path / "02-shape-bias.md"), tmp_path / "x.ipynb", {"studies": ["nowhere"]})
    assert without_kernel == []


def test_the_kernel_depends_neither_on_chance_nor_on_its_user(
    tiny: Chapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: dict[str, str] = {}

    def execute(notebook: NotebookNode, _: None, **__: Any) -> NotebookNode:
        inside.update(os.environ)
        return notebook

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLIPSAFE_CUBES", "cubes")
    monkeypatch.setenv("IPYTHONDIR", "mine")
    monkeypatch.setattr(render.papermill, "execute_notebook", execute)
    before = dict(os.environ)
    render_chapter(tiny, tmp_path / "out.ipynb")
    assert inside["PYTHONHASHSEED"] == "0"
    assert inside["IPYTHONDIR"] != "mine"
    assert inside["CLIPSAFE_CUBES"] == str(tmp_path / "cubes")
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("failure", "complaint"),
    [
        (lambda: render.CellTimeoutError("", None), "a cell runs for more than 600 seconds"),
        (lambda: DeadKernelError("Kernel died"), "is there enough memory"),
        (lambda: render.NoSuchKernel("python3"), "install the extra 'book'"),
    ],
)
def test_what_stops_a_kernel_is_told_in_a_sentence(
    tiny: Chapter,
    old_page: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: Callable[[], Exception],
    complaint: str,
) -> None:
    def execute(*_: object, **__: object) -> None:
        raise failure()

    monkeypatch.setattr(render.papermill, "execute_notebook", execute)
    with pytest.raises(ClipsafeError, match=complaint):
        render_chapter(tiny, old_page)
    assert_left_alone(old_page)
