"""Raw files of the record that are not those that were pinned: named with the pin, and nothing is written.

That a mirror is missing, a file of it is missing, half there or another one, and that `clipsafe record` then
writes nothing, is shown by `tests/record/test_record.py` and `tests/test_cli.py`.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.sources import fetch

PATH = "imagenetx/model_predictions/base/DINO.csv"
PIN = r"facebookresearch/imagenetx@[0-9a-f]{8} .*DINO\.csv sha256:[0-9a-f]{12}"


def flip_one_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def drop_one_byte(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def in_place_of(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        path.unlink()
        make(path)

    return replace


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (flip_one_bit, f"was altered; its SHA-256 is not that of {PIN}"),
        (drop_one_byte, "[0-9,]+ bytes where .* were expected; the copy is not whole"),
        (in_place_of(Path.mkdir), f"no such file; expected {PIN}"),
        (in_place_of(os.mkfifo), f"no such file; expected {PIN}"),
        (in_place_of(lambda path: path.symlink_to("nowhere")), f"no such file; expected {PIN}"),
    ],
)
def test_a_file_that_is_not_the_pinned_one_is_named(
    mirror: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[Path], object],
    words: str,
) -> None:
    copy = tmp_path / PATH
    copy.parent.mkdir(parents=True)
    copy.write_bytes((mirror / PATH).read_bytes())
    monkeypatch.setenv("CLIPSAFE_MIRROR", str(tmp_path))
    assert fetch(PATH) == copy
    damage(copy)
    with pytest.raises(ClipsafeError, match=rf"DINO\.csv: {words}"):
        fetch(PATH)
