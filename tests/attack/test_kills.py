"""Killed at any step and run again, a command ends in the same bytes and leaves nothing else (D11)."""

import multiprocessing
import os
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from clipsafe_utils import files
from clipsafe_utils.files import replacing, scratch_folder
from tests.attack import kill


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
    moments = kill.moments(kill.steps_of(undisturbed), 8)
    assert all(kill.was_killed(kill.run([*EXPORT, str(killed)], killed, at)) for at in moments)
    assert kill.run([*EXPORT, str(killed)], killed).returncode == 0
    assert kill.bytes_below(killed) == whole
