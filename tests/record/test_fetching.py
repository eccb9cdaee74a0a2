"""Raw files without a mirror: each comes once, whole and as pinned, or a sentence says what is missing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record import published, sources
from clipsafe_utils.record.public_sources import PUBLIC_SOURCES
from clipsafe_utils.record.sources import fetch, fetch_all, raw_files, raw_paths
from tests.attack.kill import bytes_below
from tests.record.raw_server import CONTENTS, Repositories, pinned, place, serving

RAWS = pinned(CONTENTS)
PATHS = list(RAWS)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "clipsafe"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repositories]:
    """Have the tiny files for raw files, and a server that gives them."""
    with serving(Repositories({place(raw): CONTENTS[path] for path, raw in RAWS.items()})) as repositories:
        monkeypatch.delenv("CLIPSAFE_MIRROR", raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setattr(sources, "raw_files", lambda: RAWS)
        monkeypatch.setattr(sources, "SERVER", repositories.address)
        monkeypatch.setattr(sources, "RETRIES", 0)
        yield repositories


def files_in(cache: Path) -> dict[str, bytes]:
    """Return what the cache holds; folders do not count."""
    return {name: content for name, content in bytes_below(cache).items() if not name.endswith("/")}


def test_every_file_is_asked_for_once_and_lies_as_in_a_mirror(
    server: Repositories, cache: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fetch_all(PATHS)
    assert sorted(server.asked) == sorted(server.contents)
    assert files_in(cache) == CONTENTS
    fetch_all(PATHS)
    # Readers take names of models from names of files.
    assert [fetch(path) for path in PATHS] == [cache / path for path in PATHS]
    assert len(server.asked) == len(PATHS)
    monkeypatch.setenv("CLIPSAFE_MIRROR", str(cache))
    fetch_all(PATHS)
    assert capfd.readouterr() == ("", "")


def test_one_file_comes_when_it_is_read(server: Repositories, cache: Path) -> None:
    assert fetch(PATHS[3]).read_bytes() == CONTENTS[PATHS[3]]
    assert list(files_in(cache)) == [PATHS[3]]
    assert server.asked == [place(RAWS[PATHS[3]])]


def test_what_came_stays_and_the_rest_comes_later(server: Repositories, cache: Path) -> None:
    server.given = 3
    with pytest.raises(ClipsafeError, match="the server answers 503") as caught:
        fetch_all(PATHS)
    came = files_in(cache)
    assert len(came) == 3
    assert came.items() <= CONTENTS.items()
    assert "raw files still missing: 5; run the same command again" in str(caught.value)
    server.given = None
    server.asked.clear()
    fetch_all(PATHS)
    assert sorted(server.asked) == sorted(place(RAWS[path]) for path in CONTENTS.keys() - came.keys())
    assert files_in(cache) == CONTENTS


def test_a_connection_that_breaks_is_made_again(
    server: Repositories, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.breaks = 1
    with pytest.raises(ClipsafeError, match=r"the connection fails: \w+\); raw files still missing: 1;"):
        fetch_all(PATHS[:1])
    assert files_in(cache) == {}
    server.breaks = 1
    monkeypatch.setattr(sources, "RETRIES", 1)
    fetch_all(PATHS[:1])
    assert files_in(cache) == {PATHS[0]: CONTENTS[PATHS[0]]}
    assert len(server.asked) == 3


def test_a_file_that_is_gone_is_named_with_what_to_do(server: Repositories, cache: Path) -> None:
    gone = RAWS[PATHS[5]]
    del server.contents[place(gone)]
    with pytest.raises(ClipsafeError) as caught:
        fetch_all(PATHS)
    told = str(caught.value)
    assert told.startswith(f"{server.address}{place(gone)}: cannot be downloaded (the server answers 404); ")
    assert f"or set CLIPSAFE_MIRROR to a folder that holds {gone.path}; " in told
    assert told.endswith(f"an archive may have it: https://archive.softwareheritage.org/{gone.swhid}")
    assert PATHS[5] not in files_in(cache)


def test_a_file_that_was_altered_is_refused_and_not_kept(server: Repositories, cache: Path) -> None:
    altered = RAWS[PATHS[0]]
    server.contents[place(altered)] = b"x" * altered.bytes
    with pytest.raises(ClipsafeError, match="was altered: its SHA-256 is not the pinned one"):
        fetch(altered.path)
    assert files_in(cache) == {}
    assert not list(cache.glob(".*"))


@pytest.mark.parametrize("content", [b"half", b"x" * len(CONTENTS[PATHS[0]])])
def test_a_wrong_file_in_the_cache_comes_again(server: Repositories, cache: Path, content: bytes) -> None:
    fetch_all(PATHS)
    (cache / PATHS[0]).write_bytes(content)
    fetch_all(PATHS)
    assert server.asked[len(PATHS) :] == [place(RAWS[PATHS[0]])]
    assert files_in(cache) == CONTENTS


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("blocked", [PATHS[0], f"{PATHS[0]}/a folder", "."])
def test_what_is_in_the_way_in_the_cache_is_named(cache: Path, blocked: str) -> None:
    in_the_way = cache / blocked
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("mine") if blocked == "." else in_the_way.mkdir(parents=True)
    with pytest.raises(ClipsafeError, match=r"cannot be written \((Is a directory|File exists)\)\.$"):
        fetch_all(PATHS[:1])
    assert in_the_way.exists()


@pytest.mark.usefixtures("server")
def test_without_a_network_the_first_file_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "SERVER", "http://127.0.0.1:9")
    with pytest.raises(ClipsafeError, match=r"fails: ConnectionError\); raw files still missing: 8;"):
        fetch_all(PATHS)


class TestNeededPaths:
    def test_all_cubes_need_what_their_sources_declare(self) -> None:
        needed = published.needed_paths()
        assert len(needed) == len(set(needed))
        assert set(needed) == {path for cube in published.CUBES for path in published.needed_paths(cube)}
        assert set(published.needed_paths("shifts")) < set(needed) <= set(raw_files())

    @pytest.mark.parametrize("source", PUBLIC_SOURCES)
    def test_files_of_a_source_that_is_left_out_are_not_needed(self, source: str) -> None:
        def declared(name: str) -> set[str]:
            return {
                path
                for reading in PUBLIC_SOURCES[name].cubes.values()
                for path in raw_files()
                if path.startswith(reading.files)
            }

        others = set().union(*(declared(name) for name in PUBLIC_SOURCES if name != source))
        assert set(published.needed_paths(without=[source])) == others

    def test_tables_of_imagenet_x_belong_to_one_source_each(self) -> None:
        needed = published.needed_paths(without=["imagenet-x-toolbox"])
        assert not [path for path in needed if "modelvshuman/class" in path and "imagenetx" in path]
        assert set(raw_paths("imagenetx/results/val/top_factor/imagenet_testbed")) <= set(needed)
