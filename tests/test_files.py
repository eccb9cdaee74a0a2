"""Locks, hashes and plain files; what kills and full disks do is in tests/attack."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from clipsafe_utils.files import (
    clear_scratch,
    is_held,
    one_at_a_time,
    open_plain,
    read_plain,
    replacing,
    scratch_folder,
    sha256,
)


def test_a_scratch_folder_is_held_in_its_block_and_gone_after_it(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        (folder / "half").write_text("of it")
        assert is_held(folder)
        assert not is_held(tmp_path)
    assert list(tmp_path.iterdir()) == []
    clear_scratch(tmp_path / "nowhere")


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    with replacing(tmp_path / "new" / "a.txt") as temporary:
        temporary.write_text("whole")
    assert (tmp_path / "new" / "a.txt").read_text() == "whole"


def test_waiting_for_others_leaves_nothing(tmp_path: Path) -> None:
    with one_at_a_time(tmp_path / "made"):
        assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.parametrize("read", [open_plain, read_plain])
def test_a_device_is_no_plain_file(read: Callable[[Path], object]) -> None:
    with pytest.raises(OSError, match=r"not a plain file: '/dev/null'"):
        read(Path(os.devnull))


def test_the_hash_of_nothing() -> None:
    assert sha256(Path(os.devnull)).startswith("e3b0c442")
