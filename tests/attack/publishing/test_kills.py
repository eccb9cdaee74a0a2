"""Rendering and compiling, killed at any step: a reader has a site, and the next run ends well (D6, D11)."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing.chapters import Chapter
from clipsafe_utils.publishing.compile import compile_book
from tests.attack import kill
from tests.attack.effort import effort
from tests.attack.publishing import light

SITES = {"html", "site-1", "site-2"}
RENDERS = (("render", "tiny", "-y", "{}", "-o", "mine"), ("render",))


def build_of(root: Path) -> Path:
    return root / "_build"


def shown(root: Path) -> dict[str, bytes]:
    """Return what a reader of the site finds."""
    return kill.bytes_below(build_of(root) / "html")


def put_old_site(root: Path) -> None:
    """Leave what versions without a link left: a folder, and the scratch of a run that was killed."""
    for folder in ("html", ".compile-abc/old"):
        (build_of(root) / folder).mkdir(parents=True)
        (build_of(root) / folder / "index.html").write_text(f"the old site{light.LAST}")


def has_a_whole_site(folder: Path) -> bool:
    return (folder / "index.html").read_text().endswith(light.LAST)


def test_compile_over_a_site(small_book: Path) -> None:
    stand_in = light.before(small_book)
    undisturbed = kill.run(["compile"], build_of(small_book), before=stand_in)
    assert undisturbed.returncode == 0, undisturbed.stderr
    whole = shown(small_book)
    steps = kill.steps_of(kill.run(["compile"], build_of(small_book), before=stand_in))
    for at in kill.moments(steps, effort(3, steps)):
        assert kill.was_killed(kill.run(["compile"], build_of(small_book), at, stand_in))
        assert shown(small_book) == whole
    assert kill.run(["compile"], build_of(small_book), before=stand_in).returncode == 0
    assert shown(small_book) == whole
    assert {path.name for path in build_of(small_book).iterdir()} == SITES


def test_compile_over_a_folder_of_an_older_version(small_book: Path, tmp_path: Path) -> None:
    put_old_site(small_book)
    copy = tmp_path / "copy"
    shutil.copytree(small_book, copy, symlinks=True)
    steps = kill.steps_of(kill.run(["compile"], build_of(copy), before=light.before(copy)))
    whole = shown(copy)
    assert {path.name for path in build_of(copy).iterdir()} == SITES
    for at in kill.moments(steps, effort(3, steps)):
        shutil.rmtree(copy)
        shutil.copytree(small_book, copy, symlinks=True)
        assert kill.was_killed(kill.run(["compile"], build_of(copy), at, light.before(copy)))
        assert any(has_a_whole_site(folder) for folder in build_of(copy).glob("[hs]*") if folder.exists())
    assert kill.run(["compile"], build_of(copy), before=light.before(copy)).returncode == 0
    assert shown(copy) == whole
    assert {path.name for path in build_of(copy).iterdir()} == SITES


def test_render_with_parameters_of_a_reader(small_book: Path, tmp_path: Path) -> None:
    stand_in, temporary = light.before(small_book), tmp_path / "temporary"
    temporary.mkdir()

    def run(folder: Path, at: int | None = None) -> subprocess.CompletedProcess[str]:
        render = ["render", "tiny", "-y", "{words: [a]}", "-o", str(folder)]
        return kill.run(render, tmp_path, at, stand_in, TMPDIR=str(temporary))

    steps = kill.steps_of(run(tmp_path / "whole"))
    whole = kill.bytes_below(tmp_path / "whole")
    assert sorted(whole) == ["01-tiny.html", "01-tiny.ipynb"]
    for at in kill.moments(steps, effort(3, steps)):
        assert kill.was_killed(run(tmp_path / "killed", at))
    assert run(tmp_path / "killed").returncode == 0
    assert kill.bytes_below(tmp_path / "killed") == whole
    # To see whether a folder can be written, Python writes four bytes, and may be killed before they go.
    assert set(kill.bytes_below(temporary).values()) <= {b"blat"}


def test_book(small_book: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(small_book, copy, symlinks=True)
    steps = kill.steps_of(kill.run(["book"], copy, before=light.before(copy)))
    whole, site = kill.bytes_below(copy, but=["_build/"]), shown(copy)
    for at in kill.moments(steps, effort(3, steps)):
        ended = kill.run(["book"], small_book, at, light.before(small_book))
        # What an earlier run has rendered is not rendered again, so a later one takes fewer steps.
        assert kill.was_killed(ended) or ended.returncode == 0, ended.stderr
    assert kill.run(["book"], small_book, before=light.before(small_book)).returncode == 0
    assert kill.bytes_below(small_book, but=["_build/"]) == whole
    assert shown(small_book) == site
    assert {path.name for path in build_of(small_book).iterdir()} <= SITES | {"rendered.json"}


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the real command on a book; what still runs when the test ends is ended."""
    started: list[subprocess.Popen[bytes]] = []

    def start(root: Path, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        code = f"{light.before(root, real=True)}\nfrom clipsafe_utils.cli import main\nmain()"
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, **environment, "PYTHONPATH": str(Path(__file__).parents[3])},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def helper(process: subprocess.Popen[bytes], word: str) -> list[psutil.Process]:
    """Return all helpers of a process, once one of them was started with a word."""
    found: list[psutil.Process] = []

    def is_named(one: psutil.Process) -> bool:
        with suppress(psutil.Error):  # It may have ended meanwhile.
            return any(word in part for part in one.cmdline())
        return False

    def is_there() -> bool:
        found[:] = psutil.Process(process.pid).children(recursive=True)
        return any(is_named(one) for one in found)

    wait_for(is_there)
    return found


def assert_all_end(helpers: list[psutil.Process]) -> None:
    """A kernel looks for its parent once a second."""
    assert psutil.wait_procs(helpers, timeout=15)[1] == []


@pytest.mark.slow
def test_jupyter_book_ends_with_a_killed_compile(small_book: Path, tiny: Chapter, start: Start) -> None:
    shutil.copyfile(tiny.source.with_name("01-tiny.md"), tiny.published.with_suffix(".md"))
    (build_of(small_book) / "html").mkdir(parents=True)
    (build_of(small_book) / "html" / "index.html").write_text(f"the old site{light.LAST}")
    process = start(small_book, "compile")
    helpers = helper(process, "clipsafe_utils.publishing.jupyter_book")
    wait_for(lambda: list(build_of(small_book).glob(".clipsafe-*/_build")))
    process.kill()
    process.wait()
    assert_all_end(helpers)
    assert has_a_whole_site(build_of(small_book) / "html")
    assert kill.run(["compile"], small_book, before=light.before(small_book)).returncode == 0
    assert {path.name for path in build_of(small_book).iterdir()} == SITES


@pytest.mark.slow
@pytest.mark.parametrize("arguments", RENDERS[: effort(1, 2)], ids=len)
def test_kernels_end_with_a_killed_render_and_their_keys_go(
    small_book: Path,
    tiny: Chapter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    start: Start,
    arguments: tuple[str, ...],
) -> None:
    with tiny.source.open("a") as source:
        source.write("\n```{code-cell}\nimport time\n\ntime.sleep(120)\n```\n")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.chdir(tmp_path)
    process = start(small_book, *arguments, TMPDIR=str(temporary))
    helpers = helper(process, "ipykernel_launcher")
    wait_for(lambda: list(temporary.glob(".clipsafe-*/**/*.json")))
    process.kill()
    process.wait()
    assert_all_end(helpers)
    assert kill.bytes_below(temporary) != {}
    again = ["render", "tiny", "-y", "{}", "-o", "mine"]
    ended = kill.run(again, tmp_path, before=light.before(small_book), TMPDIR=str(temporary))
    assert ended.returncode == 0, ended.stderr
    assert kill.bytes_below(temporary) == {}


@pytest.mark.slow
def test_two_real_books_at_once_after_a_killed_one_give_the_bytes_of_one(
    small_book: Path, tmp_path: Path, start: Start
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(small_book, copy, symlinks=True)
    words = ("ipykernel_launcher", "clipsafe_utils.publishing.jupyter_book")
    for word in words[: effort(1, 2)]:
        process = start(copy, "book", "--jobs", "1")
        helpers = helper(process, word)
        process.kill()
        process.wait()
        assert_all_end(helpers)
    (copy / "book" / ".01-tiny.ipynb.x.ipynb").write_text('{"cells": [')  # As versions of before left it.
    books = [start(root, "book", "--jobs", "1") for root in (copy, copy, small_book)]
    assert [book.wait(120) for book in books] == [0, 0, 0]
    for name in ("book/01-tiny.ipynb", "_build/html/book/01-tiny.html", "_build/html/book/intro.html"):
        assert (copy / name).read_bytes() == (small_book / name).read_bytes()
    assert {path.name for path in build_of(copy).iterdir()} == SITES | {"rendered.json"}
    assert {path.name for path in (copy / "book").glob(".*")} == {".01-tiny.ipynb.x.ipynb"}


def test_the_site_of_a_killed_run_is_no_site_of_the_next(small_book: Path) -> None:
    """A run that finds two sites and no link takes one that is whole."""
    (build_of(small_book) / "site-1" / "book").mkdir(parents=True)
    (build_of(small_book) / "site-2").mkdir()
    (build_of(small_book) / "site-2" / "index.html").write_text("whole")
    (small_book / "_config.yml").unlink()
    with pytest.raises(ClipsafeError, match="not found"):
        compile_book(small_book)
    assert os.readlink(build_of(small_book) / "html") == "site-2"
