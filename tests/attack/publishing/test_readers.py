"""Who reads, writes or has no room while a site is made: readers at every moment, races, full disks."""

import functools
import os
import shutil
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.publishing import compile as compiling
from clipsafe_utils.publishing.compile import compile_book
from tests.attack import kill
from tests.attack.effort import effort
from tests.attack.publishing import light


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def light_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compile to pages that say which compile they are of, at their start and their end.

    A reader on the way in has the time of one compile, here a tenth of a second, until the folder is reused.
    """
    number = iter(range(10**6))

    def compile_lightly(_: Path, output: Path, *, strict: bool) -> Path:
        assert strict
        name, site = f"{next(number):06d}", output / "site"
        site.mkdir()
        (site / "index.html").write_text(f"{name}{'x' * 200_000}{name}")
        time.sleep(0.1)
        return site

    monkeypatch.setattr(compiling, "run_jupyter_book", compile_lightly)


@pytest.mark.usefixtures("light_compile")
@pytest.mark.parametrize("over_http", [False, True], ids=["from disk", "over http"])
def test_a_reader_finds_a_whole_page_at_every_moment(small_book: Path, over_http: bool) -> None:
    index = compile_book(small_book)
    faults: list[str] = []
    done = threading.Event()
    handler = functools.partial(QuietHandler, directory=str(index.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/index.html"

        def page() -> str:
            return urllib.request.urlopen(url).read().decode() if over_http else index.read_text()

        def read() -> None:
            while not done.is_set():
                try:
                    text = page()
                except OSError as error:
                    faults.append(str(error))
                else:
                    if text[:6] != text[-6:] or len(text) != 200_012:
                        faults.append(text[:6])

        with ThreadPoolExecutor(2) as pool:
            readers = [pool.submit(read) for _ in range(2)]
            for _ in range(effort(20, 300)):
                compile_book(small_book)
            done.set()
            for reader in readers:
                reader.result()
        server.shutdown()
    assert faults == []


@pytest.mark.usefixtures("light_compile")
def test_many_compiles_at_once_leave_one_whole_site(small_book: Path) -> None:
    compile_book(small_book)
    with ThreadPoolExecutor(8) as pool:
        for index in pool.map(lambda _: compile_book(small_book), range(effort(40, 400))):
            assert index.read_text()[:6].isdigit()
    assert {path.name for path in index.parent.parent.iterdir()} == {"html", "site-1", "site-2"}


@pytest.mark.parametrize("most_bytes", [1_000, 20_000], ids=["notebook", "page"])
def test_a_disk_that_fills_while_a_reader_s_own_is_written_leaves_neither(
    small_book: Path, tmp_path: Path, most_bytes: int
) -> None:
    """A limit on the size of files stands in for the disk: the page is longer than the notebook."""
    (tmp_path / "temporary").mkdir()
    ended = kill.run(
        ["render", "tiny", "-y", "{}", "-o", str(tmp_path / "mine")],
        tmp_path,
        before=light.before(small_book, most_bytes=most_bytes),
        TMPDIR=str(tmp_path / "temporary"),
    )
    assert ended.returncode == 2
    said = ended.stderr.strip().splitlines()[0]
    assert said.startswith(f"clipsafe: {tmp_path}")
    assert said.endswith(": cannot be written (File too large).")
    assert "Traceback" not in ended.stderr
    assert kill.bytes_below(tmp_path / "temporary") == {}
    assert not (tmp_path / "mine").exists() or kill.bytes_below(tmp_path / "mine") == {}


@pytest.mark.slow
def test_no_file_of_the_folder_where_the_reader_stands_is_run(
    small_book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "downloads"
    here.mkdir()
    for module in (
        "jupyter_book",
        "sphinx",
        "yaml",
        "docutils",
        "clipsafe_engine",
        "clipsafe_utils",
        "myst_nb",
    ):
        (here / f"{module}.py").write_text(f"open({str(tmp_path / 'pwned')!r}, 'w')\n")
    monkeypatch.chdir(here)
    (small_book / "_toc.yml").write_text("format: jb-book\nroot: book/intro\n")
    with suppress(ClipsafeError):
        compiling.run_jupyter_book(small_book, tmp_path / "out", strict=False)
    assert not (tmp_path / "pwned").exists()
    assert (tmp_path / "out" / "_build" / "html" / "book" / "intro.html").is_file()


@pytest.fixture
def closed() -> Iterator[Path]:
    """A folder of somebody else's, which may be read but not written."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    am_root = os.geteuid() == 0
    if am_root:
        os.seteuid(65534)
    yield folder
    if am_root:
        os.seteuid(0)
    shutil.rmtree(folder)


def test_a_closed_clone_is_named(closed: Path) -> None:
    with pytest.raises(ClipsafeError, match=rf"{closed}/_build: cannot be written \(Permission denied\)\."):
        compile_book(closed)
    assert list(closed.iterdir()) == []
