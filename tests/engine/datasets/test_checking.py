"""`clipsafe datasets --check` names each fault: counts, classes, broken images, layouts that are none."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clipsafe_engine.datasets.checking import check_images, list_images
from clipsafe_engine.datasets.commands import check, check_data_sets, download_data_set, show_data_sets
from clipsafe_engine.datasets.decoding import decoded, fault_of
from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.datasets.opening import open_images
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import data_set, data_sets
from tests.engine.datasets.trees import WNIDS, encoded, write, write_shards, write_vid_robust


def whole_cue_conflict(root: Path) -> None:
    classes = data_set("cue-conflict")
    assert classes.images == 1280
    from clipsafe_utils.cubes.schema import CUE_CLASSES

    content = encoded(kind="PNG", size=8)
    for shape in CUE_CLASSES:
        for texture in CUE_CLASSES:
            for number in range(5):
                write(root / "cue-conflict" / shape / f"{shape}{number}-{texture}1.png", content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_whole_image_has_no_fault_and_a_cut_one_has(kind: str) -> None:
    content = encoded(kind=kind, size=64)
    assert fault_of(content) is None
    for keep in (0, 1, 10, len(content) // 3, len(content) // 2, len(content) * 9 // 10):
        assert fault_of(content[:keep]) is not None, keep


def test_a_png_with_a_flipped_bit_has_a_fault() -> None:
    content = bytearray(encoded(kind="PNG", size=64))
    content[len(content) // 2] ^= 4
    assert fault_of(bytes(content)) is not None


def test_a_cmyk_jpeg_and_a_png_by_another_name_are_images(tmp_path: Path) -> None:
    # The validation set has one of each; both must come out as RGB.
    stream = io.BytesIO()
    Image.new("CMYK", (16, 16), (10, 20, 30, 40)).save(stream, "JPEG")
    write(tmp_path / "SUN" / "images" / "cmyk.jpg", stream.getvalue())
    write(tmp_path / "SUN" / "images" / "png.jpg", encoded(kind="PNG"))
    images = open_images(data_set("sun"), tmp_path)
    for index in range(2):
        assert fault_of(images.read(index)) is None
        assert decoded(images, index).mode == "RGB"


def test_a_broken_image_cannot_be_decoded_and_is_named(tmp_path: Path) -> None:
    write(tmp_path / "SUN" / "images" / "a.jpg", encoded(size=64)[:300])
    with pytest.raises(ClipsafeError, match=r"a\.jpg: is not a whole image \("):
        decoded(open_images(data_set("sun"), tmp_path), 0)


def test_a_picture_too_large_to_be_meant_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    write(tmp_path / "SUN" / "images" / "a.jpg", encoded(size=12))
    write(tmp_path / "SUN" / "images" / "b.jpg", encoded(size=64))
    images = open_images(data_set("sun"), tmp_path)
    for index in range(2):
        assert "decompression bomb" in str(fault_of(images.read(index)))
        with pytest.raises(ClipsafeError, match="decompression bomb"):
            decoded(images, index)


def test_a_whole_set_is_complete_and_the_others_are_missing(tmp_path: Path) -> None:
    whole_cue_conflict(tmp_path)
    reports = {report.name: report for report in check(tmp_path)}
    assert set(reports) == set(data_sets())
    assert (reports["cue-conflict"].state, reports["cue-conflict"].faults) == ("complete", ())
    assert {report.state for name, report in reports.items() if name != "cue-conflict"} == {"missing"}


def test_each_fault_of_a_set_is_a_sentence(tmp_path: Path) -> None:
    whole_cue_conflict(tmp_path)
    place = tmp_path / "cue-conflict"
    (place / "cat" / "cat0-dog1.png").unlink()
    (place / "dog" / "dog2-cat1.png").write_bytes(b"<html>")
    truncated = place / "truck" / "truck4-car1.png"
    truncated.write_bytes(truncated.read_bytes()[:40])
    (report,) = [report for report in check(tmp_path) if report.name == "cue-conflict"]
    assert (report.state, report.images, report.expected) == ("at fault", 1279, 1280)
    assert len(report.faults) == 3
    assert report.faults[0].endswith("holds 1,279 images where a whole copy has 1,280.")
    assert report.faults[1].endswith("dog2-cat1.png: is not a whole image (not an image).")
    assert "truck4-car1.png: is not a whole image" in report.faults[2]


def test_classes_without_an_image_are_counted(tmp_path: Path) -> None:
    write(tmp_path / "sketch" / WNIDS[1] / "sketch_0.JPEG")
    write(tmp_path / "objectnet-1.0" / "images" / "tray" / "a.png")
    write_vid_robust(tmp_path, {"val/v/000001.JPEG": [1, 2]}, {"val/v/000001.JPEG": []})
    faults = {report.name: report.faults for report in check(tmp_path)}
    assert faults["imagenet-sketch"][1].endswith("999 of 1,000 classes have no image, the first is 0.")
    assert faults["objectnet"][1].endswith("112 of 113 classes have no image, the first is alarm_clock.")
    assert faults["imagenet-vid-robust"][1].endswith("28 of 30 classes have no image, the first is airplane.")


def test_a_layout_that_is_none_is_a_fault(tmp_path: Path) -> None:
    write(tmp_path / "imagenet-r" / "tench" / "a.jpg")
    found = list_images(data_set("imagenet-r"), tmp_path)
    assert not isinstance(found, ImageList)
    assert (found.state, found.images, found.expected) == ("at fault", 0, 30000)
    assert "tench: the folder is not named by" in found.faults[0]


def test_shards_are_held_against_their_own_number(tmp_path: Path) -> None:
    folder = write_shards(tmp_path, "vtab-dtd", [[0]])
    write(folder / "classnames.txt", b"banded\n")
    item = data_set("textures")
    report = check_images(item, tmp_path, open_images(item, tmp_path))
    assert report.faults == (f"{folder}: holds 1 images where a whole copy has 1,880.",)


def test_an_image_that_vanishes_while_it_is_checked_is_a_fault(tmp_path: Path) -> None:
    path = write(tmp_path / "SUN" / "images" / "a.jpg")
    images = open_images(data_set("sun"), tmp_path)
    path.unlink()
    assert "cannot be read" in check_images(data_set("sun"), tmp_path, images).faults[1]


def test_the_command_prints_every_fault_and_ends_in_a_complaint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / "SUN" / "images" / "a.jpg", b"")
    for as_json in (False, True):
        with pytest.raises(ClipsafeError, match="2 faults, named above"):
            check_data_sets(tmp_path, as_json)
        said = capsys.readouterr().out
        if as_json:
            rows = {row["name"]: row for row in json.loads(said)}
            assert rows["sun"]["state"] == "at fault"
            assert rows["sun"]["faults"][1].endswith("a.jpg: is not a whole image (empty file).")
        else:
            assert "a.jpg: is not a whole image (empty file)." in said
            assert "1 of 10,000" in said


def test_a_root_without_a_fault_is_no_complaint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    check_data_sets(tmp_path, as_json=False)
    assert "missing" in capsys.readouterr().out
    with pytest.raises(ClipsafeError, match="no such folder"):
        check_data_sets(tmp_path / "absent", as_json=False)


def test_the_list_says_what_is_published_and_what_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    show_data_sets(as_json=True)
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["imagenet-a"]["bytes"] == 687_552_512
    assert rows["imagenet-a"]["checksum"].startswith("sha256:3bb36322")
    assert (rows["cue-conflict"]["bytes"], rows["cue-conflict"]["checksum"]) == ("not published",) * 2
    assert rows["imagenet-sketch"]["images"] == 50_889
    assert all(
        row["licence"] and row["page"].startswith("https://") and row["archive"] for row in rows.values()
    )
    show_data_sets(as_json=False)
    said = capsys.readouterr().out
    assert "imagenet-a: ImageNet-A, 7,500 images, shift\n    licence     repository MIT" in said
    assert "    bytes       687552512\n    checksum    sha256:3bb36322" in said


def test_checksums_have_the_length_of_their_kind() -> None:
    for item in data_sets().values():
        kind, _, digits = item.checksum.partition(":")
        assert not item.checksum or (len(digits) == {"sha256": 64, "md5": 32}[kind] and int(digits, 16))


def test_the_download_command_knows_its_sets(tmp_path: Path) -> None:
    with pytest.raises(ClipsafeError, match="There is no data set 'imagenet-z'"):
        download_data_set("imagenet-z", tmp_path)


def test_the_real_images_here_are_whole(repository: Path) -> None:
    root = repository.parent / "shared" / "images"
    if not root.is_dir():
        pytest.skip("needs the real images beside the repository")
    for name in ("cue-conflict", "imagenet-samples"):
        item = data_set(name)
        images = open_images(item, root)
        assert all(fault_of(images.read(index)) is None for index in np.arange(0, len(images), 40))
