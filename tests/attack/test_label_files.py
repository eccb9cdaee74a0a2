"""Files beside the images: numbers that are none, pipes and binary bytes are named at once (D12).

Lines that are no labels, broken kits, bad shards and missing ones are shown by
`tests/engine/datasets/test_validation_set.py` and `test_webdataset.py`.
"""

import gzip
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from clipsafe_engine.datasets.opening import open_images
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import data_set
from tests.attack.effort import effort
from tests.engine.datasets.trees import (
    KIT,
    encoded,
    validation_name,
    write,
    write_kit,
    write_shards,
    write_tar,
    write_vid_robust,
)

DIGITS = b"9" * 5000
FIRST = validation_name(1).encode()


def flat(root: Path) -> Path:
    write(root / "imagenet" / "val" / validation_name(1))
    return root / "imagenet"


@pytest.mark.parametrize(
    "line",
    [
        FIRST + b" " + DIGITS,
        FIRST + b" \xb2",
        FIRST + " ٣".encode(),
        FIRST + b" 1e2",
        FIRST + b" 7.0",
        FIRST + b"\0 7",
        FIRST + b" 7 7",
        b"\x89PNG\r\n\x1a\n\0\0",
        DIGITS,
    ],
)
@pytest.mark.parametrize(
    "name", ["val.txt", "filename_label.csv", "imagenet_2012_validation_synset_labels.txt"]
)
def test_a_label_that_is_no_number_of_a_class_is_named(tmp_path: Path, name: str, line: bytes) -> None:
    write(flat(tmp_path) / name, line + b"\n")
    with pytest.raises(
        ClipsafeError, match=rf"{name}: line 1: expected an image name and a label from 0 to 999"
    ):
        open_images(data_set("imagenet"), tmp_path)


@pytest.mark.parametrize("content", [DIGITS, b"-1", b"\xb2", b"+7", b"1_0", b"0x1", b"7 7", b"\0"])
def test_a_class_number_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    shard = write_shards(tmp_path, "imagenet-r", [[0]]) / "test" / "0.tar"
    write_tar(shard, {"s0.webp": encoded(kind="WEBP"), "s0.cls": content})
    with pytest.raises(
        ClipsafeError, match=r"0\.tar, s0\.cls: expected a number from 0 to 199, got b'.{1,22}'\.$"
    ):
        open_images(data_set("imagenet-r"), tmp_path)


def test_a_billion_shards_are_answered_at_once(tmp_path: Path) -> None:
    path = write_shards(tmp_path, "imagenet-r", [[0]]) / "test" / "nshards.txt"
    path.write_text("999999999\n")
    began = time.monotonic()
    with pytest.raises(
        ClipsafeError, match=r"1\.tar: no such file; .*nshards\.txt tells of 999,999,999 shards\.$"
    ):
        open_images(data_set("imagenet-r"), tmp_path)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("content", [b"1000000000", DIGITS, b"1e3", b"-1", b"\xb2", b"1 2", b"\xff"])
def test_a_number_of_shards_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    write(write_shards(tmp_path, "imagenet-r", [[0]]) / "test" / "nshards.txt", content)
    with pytest.raises(ClipsafeError, match=r"nshards\.txt: expected the number of shards") as caught:
        open_images(data_set("imagenet-r"), tmp_path)
    assert len(str(caught.value)) < len(str(tmp_path)) + 200


def shards_with(name: str) -> Callable[[Path], Path]:
    def make(root: Path) -> Path:
        folder = write_shards(root, "vtab-dtd" if name == "classnames.txt" else "imagenet-r", [[0]])
        return folder / name

    return make


def kit_with(name: str) -> Callable[[Path], Path]:
    def make(root: Path) -> Path:
        write_kit(flat(root), [0], [0], packed=False)
        return root / "imagenet" / KIT / "data" / name

    return make


def frames_with(name: str) -> Callable[[Path], Path]:
    def make(root: Path) -> Path:
        frames = {"val/v/000001.JPEG": [1]}
        return write_vid_robust(root, frames, {"val/v/000001.JPEG": []}) / "metadata" / name

    return make


PLACES: dict[str, tuple[str, Callable[[Path], Path]]] = {
    "nshards": ("imagenet-r", shards_with("test/nshards.txt")),
    "a shard": ("imagenet-r", shards_with("test/0.tar")),
    "names of classes": ("textures", shards_with("classnames.txt")),
    "labels": ("imagenet", lambda root: flat(root) / "val.txt"),
    "ground truth": ("imagenet", kit_with("ILSVRC2012_validation_ground_truth.txt")),
    "meta": ("imagenet", kit_with("meta.mat")),
    "packed kit": ("imagenet", lambda root: flat(root) / f"{KIT}.tar.gz"),
    "labels of frames": ("imagenet-vid-robust", frames_with("labels.json")),
}


@pytest.mark.parametrize("kind", ["pipe", "folder", "dangling link"])
@pytest.mark.parametrize("place", PLACES)
def test_what_is_no_plain_file_is_named_at_once(tmp_path: Path, place: str, kind: str) -> None:
    name, make = PLACES[place]
    path = make(tmp_path)
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(ClipsafeError) as caught:
        open_images(data_set(name), tmp_path)
    told = str(caught.value)
    assert path.name in told or f"expected {KIT}.tar.gz or one of" in told
    assert told.endswith(".")
    assert "\n" not in told


@pytest.mark.parametrize(
    "content",
    [gzip.compress(bytes(3000)), b"\x1f\x8b", b"", bytes(1024), b"BZh9x", b"\xfd7zXZ\0"],
    ids=["zeros", "two bytes", "nothing", "plain", "bzip2", "xz"],
)
def test_a_packed_kit_that_is_none_is_one_line(tmp_path: Path, content: bytes) -> None:
    write(flat(tmp_path) / f"{KIT}.tar.gz", content)
    with pytest.raises(
        ClipsafeError, match=r"devkit_t12\.tar\.gz: is not the whole development kit \([^\n]*\)\.$"
    ):
        open_images(data_set("imagenet"), tmp_path)


def test_a_packed_kit_with_any_byte_flipped_is_whole_or_named(tmp_path: Path) -> None:
    write_kit(flat(tmp_path), [0], [0], packed=True)
    path = tmp_path / "imagenet" / f"{KIT}.tar.gz"
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
        try:
            assert len(open_images(data_set("imagenet"), tmp_path)) == 1
        except ClipsafeError as error:
            told = str(error)
            assert (KIT in told, "\n" in told) == (True, False)


def test_a_table_of_classes_with_any_byte_flipped_is_read_or_named(tmp_path: Path) -> None:
    """SciPy's reader of MAT files can end its process on such a file."""
    path = kit_with("meta.mat")(tmp_path)
    whole = path.read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // effort(10, 400))):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
        try:
            assert len(open_images(data_set("imagenet"), tmp_path)) == 1
        except ClipsafeError as error:
            told = str(error)
            assert (KIT in told, "\n" in told) == (True, False)


def test_a_table_of_frames_nested_without_end_is_named(tmp_path: Path) -> None:
    path = frames_with("pmsets.json")(tmp_path)
    path.write_text("[" * 100_000)
    with pytest.raises(ClipsafeError, match=r"pmsets\.json: expected JSON \("):
        open_images(data_set("imagenet-vid-robust"), tmp_path)


def test_a_frame_of_5000_digits_is_named(tmp_path: Path) -> None:
    path = frames_with("pmsets.json")(tmp_path)
    path.write_text(json.dumps({f"val/v/{DIGITS.decode()}.JPEG": []}))
    with pytest.raises(ClipsafeError, match=r"pmsets\.json: .*: expected val/<video>/<number>\.JPEG"):
        open_images(data_set("imagenet-vid-robust"), tmp_path)
