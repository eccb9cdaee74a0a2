"""Killed at any step and run again, a command ends in the same bytes and leaves nothing else (D11)."""

import hashlib
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from clipsafe_engine.datasets.downloading import WORKPLACE, download
from clipsafe_engine.lab.training.ledger import CURVES, read_ledger
from clipsafe_utils import files
from clipsafe_utils.cubes import find_study, read_cube
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import alone_at, replacing, scratch_folder
from clipsafe_utils.registry.data_sets import DataSet, data_set
from tests.attack import kill, work
from tests.attack.effort import effort
from tests.engine.datasets.servers import Served, serving
from tests.engine.datasets.trees import encoded, write, write_tar
from tests.record.raw_server import CONTENTS, Repositories, pinned, place
from tests.record.raw_server import serving as serving_raw_files


def hold(folder: Path, ready: Event, stop: Event) -> None:
    with scratch_folder(folder) as mine:
        (mine / "half").write_text("of it")
        ready.set()
        stop.wait(60)


def test_what_a_live_run_writes_stays_and_what_a_killed_one_left_goes(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, stop = context.Event(), context.Event()
    process = context.Process(target=hold, args=(tmp_path, ready, stop))
    process.start()
    assert ready.wait(60)
    with scratch_folder(tmp_path):
        assert len(list(tmp_path.iterdir())) == 2
    assert len(list(tmp_path.iterdir())) == 1
    process.kill()
    process.join()
    assert len(list(tmp_path.iterdir())) == 1
    with replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("whole")
    assert kill.bytes_below(tmp_path) == {"a.txt": b"whole"}


def test_a_folder_that_is_taken_for_abandoned_before_its_lock_is_held_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, made = files.tempfile.mkdtemp, []

    def make_and_lose(**options: object) -> str:
        made.append(make(**options))
        if len(made) == 1:
            os.rmdir(made[0])
        return str(made[-1])

    monkeypatch.setattr(files.tempfile, "mkdtemp", make_and_lose)
    with scratch_folder(tmp_path) as folder:
        assert folder.is_dir()
        assert str(folder) == made[1]


def test_a_disk_without_locks_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(files.fcntl, "flock", refuse)
    (tmp_path / f"{files._SCRATCH}another").mkdir()
    with replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{files._SCRATCH}another", "a.txt"]


EXPORT = ("cubes", "export", "shape_bias", "--study", "published", "-o")


def test_export(tmp_path: Path) -> None:
    undisturbed = kill.run([*EXPORT, str(tmp_path / "whole")], tmp_path / "whole")
    whole = kill.bytes_below(tmp_path / "whole")
    killed = tmp_path / "killed"
    moments = kill.moments(kill.steps_of(undisturbed), effort(3, 8))
    assert all(kill.was_killed(kill.run([*EXPORT, str(killed)], killed, at)) for at in moments)
    assert kill.run([*EXPORT, str(killed)], killed).returncode == 0
    assert kill.bytes_below(killed) == whole


def test_record(tmp_path: Path) -> None:
    study = find_study("published")
    cubes = {name: read_cube(study.path(name)) for name in (*work.published.FILES, "models")}
    steps = kill.call(work.record, cubes, tmp_path / "whole", below=tmp_path / "whole").steps
    whole = kill.bytes_below(tmp_path / "whole")
    assert sorted(whole) == sorted(f"{name}.nc" for name in cubes)
    killed = tmp_path / "killed"
    for at in kill.moments(steps, effort(3, steps)):
        assert kill.call(work.record, cubes, killed, below=killed, at=at).was_killed
    kill.call(work.record, cubes, killed, below=killed)
    assert kill.bytes_below(killed) == whole


def test_raw_files(tmp_path: Path) -> None:
    served = {place(raw): CONTENTS[path] for path, raw in pinned(CONTENTS).items()}
    with serving_raw_files(Repositories(served)) as repositories:

        def fetched(cache: Path, at: int | None = None) -> kill.Called:
            return kill.call(work.fetch_raw_files, CONTENTS, repositories.address, cache, below=cache, at=at)

        steps = fetched(tmp_path / "whole").steps
        for at in kill.moments(steps, effort(6, steps)):
            cache = tmp_path / str(at)
            run = fetched(cache, at)
            # Four files come at a time: two runs differ by a step or two in who makes a folder.
            assert run.was_killed or run.steps < at
            whole = kill.bytes_below(cache, but=[f"clipsafe/{files._SCRATCH}"])
            assert whole.items() <= kill.bytes_below(tmp_path / "whole").items(), at
            fetched(cache)
            assert kill.bytes_below(cache) == kill.bytes_below(tmp_path / "whole"), at


@pytest.fixture
def sun(tmp_path: Path) -> Iterator[DataSet]:
    images = {f"SUN/images/{n}.jpg": encoded((n, 0, 0), size=48) for n in range(4)}
    archive = write_tar(tmp_path / "made" / "SUN.tar.gz", images, "w:gz").read_bytes()
    with serving(Served(archive), "SUN.tar.gz") as served:
        digest = f"sha256:{hashlib.sha256(archive).hexdigest()}"
        yield replace(data_set("sun"), archive=served.address, bytes=len(archive), checksum=digest)


def test_download(tmp_path: Path, sun: DataSet) -> None:
    steps = kill.call(work.fetch, sun, tmp_path / "whole", below=tmp_path / "whole").steps
    whole = kill.bytes_below(tmp_path / "whole")
    assert f"{WORKPLACE}/" in whole
    for at in kill.moments(steps, effort(40, steps)):
        root = tmp_path / str(at)
        assert kill.call(work.fetch, sun, root, below=root, at=at).was_killed
        kill.call(work.fetch, sun, root, below=root)
        assert kill.bytes_below(root) == whole, at


def test_a_download_of_another_version_never_goes_on_with_the_old_bytes(tmp_path: Path, sun: DataSet) -> None:
    """Killed between the new version's name and its first byte, the old bytes stood under the new name."""
    root = tmp_path / "root"
    for at in range(1, 12):
        part = write(root / WORKPLACE / "SUN.tar.gz.part", b"of another version")
        write(part.with_name(f"{part.name}.version"), b'"another"')
        if not kill.call(work.fetch, replace(sun, checksum=""), root, below=root, at=at).was_killed:
            break
        kill.call(work.fetch, replace(sun, checksum=""), root, below=root)
        assert len(list((root / "SUN" / "images").iterdir())) == 4
        (root / "SUN").rename(tmp_path / f"done{at}")


def test_two_trainings_at_once_lose_no_row(tmp_path: Path) -> None:
    kill.together((work.add_rows, (tmp_path, "a", 15)), (work.add_rows, (tmp_path, "b", 15)))
    names = {f"{letter}{number}" for letter in "ab" for number in range(15)}
    assert read_ledger(tmp_path).keys() == names
    assert {line.split(",")[0] for line in (tmp_path / CURVES).read_text().splitlines()[1:]} == names
    assert sorted(path.name for path in tmp_path.iterdir()) == [CURVES, "zoo.csv"]


def test_a_copy_of_the_world(tmp_path: Path) -> None:
    steps = kill.call(work.copy, tmp_path / "whole" / "world", below=tmp_path / "whole").steps
    whole = kill.bytes_below(tmp_path / "whole")
    for at in kill.moments(steps, effort(6, steps)):
        killed = tmp_path / str(at)
        assert kill.call(work.copy, killed / "world", below=killed, at=at).was_killed
        kill.call(work.copy, killed / "world", below=killed)
        assert kill.bytes_below(killed) == whole, at


def test_a_second_download_of_the_same_set_is_refused_while_the_first_goes_on(
    tmp_path: Path, sun: DataSet
) -> None:
    archive = tmp_path / WORKPLACE / "SUN.tar.gz"
    with alone_at(archive):
        with pytest.raises(ClipsafeError, match=r"SUN\.tar\.gz: another run works at it; wait until"):
            download(sun, tmp_path)
        assert not (tmp_path / "SUN").exists()
    download(sun, tmp_path)
    assert list(archive.parent.iterdir()) == []
