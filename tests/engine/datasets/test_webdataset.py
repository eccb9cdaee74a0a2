"""The shards of CLIP_benchmark: class numbers of the copy, several shards, and what may be wrong."""

from pathlib import Path

import numpy as np
import pytest

from clipsafe_engine.datasets.decoding import decoded
from clipsafe_engine.datasets.opening import open_images
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import data_set
from clipsafe_utils.registry.label_maps import merging, subset
from tests.engine.datasets.trees import WNIDS, encoded, with_red_border, write, write_shards, write_tar


@pytest.mark.parametrize(
    ("name", "copy"),
    [
        ("imagenet", "imagenet1k"),
        ("imagenet-v2-matched-frequency", "imagenetv2"),
        ("imagenet-sketch", "imagenet_sketch"),
    ],
)
def test_a_class_number_of_a_1000_class_copy_is_the_index(tmp_path: Path, name: str, copy: str) -> None:
    write_shards(tmp_path, copy, [[10, 2], [999]])
    images = open_images(data_set(name), tmp_path)
    assert images.image_ids.tolist() == ["s0000000", "s0000001", "s0000002"]
    assert images.labels.tolist() == [10, 2, 999]
    assert images.read(2) == encoded((999 % 200, 90, 2), kind="WEBP")
    assert "1.tar" in images.place(2)


@pytest.mark.parametrize("name", ["imagenet-r", "imagenet-a"])
def test_a_class_number_of_r_and_a_counts_their_200(tmp_path: Path, name: str) -> None:
    write_shards(tmp_path, name, [[0, 199, 17]], kind="jpeg")
    images = open_images(data_set(name), tmp_path)
    classes = subset(name.replace("-", "_"))
    assert images.labels.tolist() == classes[[0, 199, 17]].tolist()
    assert images.label_space is not None
    assert images.label_space.tolist() == classes.tolist()


def test_objectnet_counts_its_folders_and_keeps_its_border_until_decoded(tmp_path: Path) -> None:
    names = merging("objectnet").names
    clock = names.index("alarm_clock")
    folder = write_shards(tmp_path, "objectnet", [[clock]])
    write_tar(
        folder / "test" / "0.tar", {"s0000000.png": with_red_border(), "s0000000.cls": str(clock).encode()}
    )
    images = open_images(data_set("objectnet"), tmp_path)
    assert images.is_right(np.array([530])).all()
    assert (np.asarray(decoded(images, 0)) == 128).all()


def test_imagenet_o_has_no_label(tmp_path: Path) -> None:
    write_shards(tmp_path, "imagenet-o", [[3]])
    images = open_images(data_set("imagenet-o"), tmp_path)
    assert images.labels.tolist() == [-1]
    assert images.columns["nominal_class"].tolist() == [int(subset("imagenet_o")[3])]


def test_textures_are_the_test_split_only_and_named_by_a_file(tmp_path: Path) -> None:
    folder = write_shards(tmp_path, "vtab-dtd", [[1, 0]])
    write(folder / "classnames.txt", b"banded\nbubbly\n")
    item = data_set("textures")
    images = open_images(item, tmp_path)
    assert images.columns["texture"].tolist() == ["bubbly", "banded"]
    assert images.columns["overlaps_imagenet"].tolist() == [True, False]
    assert (item.expected_images(folder), item.images) == (1880, 5640)


def test_the_official_layout_comes_first(tmp_path: Path) -> None:
    write_shards(tmp_path, "imagenet-r", [[0]])
    write(tmp_path / "imagenet-r" / WNIDS[subset("imagenet_r")[7]] / "art_0.jpg")
    assert open_images(data_set("imagenet-r"), tmp_path).labels.tolist() == [int(subset("imagenet_r")[7])]


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = write_shards(tmp_path, "imagenet-r", [[0], [1]])
    (folder / "test" / "1.tar").unlink()
    with pytest.raises(ClipsafeError, match=r"1\.tar: no such file; .*nshards\.txt tells of 2 shards"):
        open_images(data_set("imagenet-r"), tmp_path)


def test_a_shard_that_is_cut_off_is_named(tmp_path: Path) -> None:
    folder = write_shards(tmp_path, "imagenet-r", [[0, 1, 2]])
    shard = folder / "test" / "0.tar"
    shard.write_bytes(shard.read_bytes()[:700])
    with pytest.raises(ClipsafeError, match=r"0\.tar: (is cut off|cannot be read)"):
        open_images(data_set("imagenet-r"), tmp_path)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"s0.webp": b"x"}, "sample s0 lacks its image or its class number"),
        ({"s0.cls": b"1"}, "sample s0 lacks its image or its class number"),
        ({"s0.webp": b"x", "s0.cls": b"200"}, "expected a number from 0 to 199, got b'200'"),
        ({"s0.webp": b"x", "s0.cls": b"-1"}, "expected a number from 0 to 199"),
        ({"s0.webp": b"x", "s0.cls": b""}, "expected a number from 0 to 199"),
        ({"readme.txt": b"x"}, "holds no image"),
    ],
)
def test_a_bad_shard_is_named(tmp_path: Path, files: dict[str, bytes], words: str) -> None:
    folder = write_shards(tmp_path, "imagenet-r", [[0]])
    write_tar(folder / "test" / "0.tar", files)
    with pytest.raises(ClipsafeError, match=rf"0\.tar.*{words}"):
        open_images(data_set("imagenet-r"), tmp_path)


@pytest.mark.parametrize("content", [None, b"", b"many", b"0"])
def test_the_number_of_shards_must_be_told(tmp_path: Path, content: bytes | None) -> None:
    path = write_shards(tmp_path, "imagenet-r", [[0]]) / "test" / "nshards.txt"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(ClipsafeError, match=r"nshards\.txt: expected the number of shards"):
        open_images(data_set("imagenet-r"), tmp_path)
