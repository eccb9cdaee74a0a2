"""Downloads from a local server: resumed, checked, unpacked into place or not at all."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clipsafe_engine.datasets.downloading import WORKPLACE, download, fetch
from clipsafe_engine.datasets.opening import open_images
from clipsafe_utils import files
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import DataSet, data_set
from tests.engine.datasets.servers import Served, serving
from tests.engine.datasets.trees import encoded, write, write_tar


@pytest.fixture
def archive(tmp_path: Path) -> bytes:
    images = {f"SUN/images/{n}.jpg": encoded((n, 0, 0), size=48) for n in range(20)}
    return write_tar(tmp_path / "made" / "SUN.tar.gz", images, "w:gz").read_bytes()


@pytest.fixture
def served(archive: bytes) -> Iterator[Served]:
    with serving(Served(archive), "SUN.tar.gz") as running:
        yield running


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


def sun(served: Served, checksum: bool = True, size: bool = True) -> DataSet:
    return replace(
        data_set("sun"),
        archive=served.address,
        bytes=len(served.content) if size else 0,
        checksum=f"sha256:{hashlib.sha256(served.content).hexdigest()}" if checksum else "",
    )


def test_a_set_is_fetched_checked_unpacked_and_cleared_up_after(served: Served, root: Path) -> None:
    place, _ = download(sun(served), root)
    assert place == root / "SUN" / "images"
    assert len(open_images(sun(served), root)) == 20
    assert list((root / WORKPLACE).iterdir()) == []
    assert download(sun(served), root) == (place, "")
    assert served.ranges == [""]


def test_a_connection_that_breaks_off_goes_on_where_it_stopped(served: Served, root: Path) -> None:
    served.cut_after = [1000, 2000]
    download(sun(served), root)
    assert served.ranges == ["", "bytes=1000-", "bytes=3000-"]


def test_a_later_command_goes_on_where_an_earlier_one_stopped(served: Served, root: Path) -> None:
    served.cut_after = [1500, 0]
    with pytest.raises(ClipsafeError, match=r"broke off after 1,500 of .* the same command goes on"):
        download(sun(served), root)
    assert not (root / "SUN").exists()
    download(sun(served), root)
    assert served.ranges == ["", "bytes=1500-", "bytes=1500-"]


def test_a_file_that_changed_in_between_begins_again(served: Served, root: Path, tmp_path: Path) -> None:
    served.cut_after = [1500, 0]
    with pytest.raises(ClipsafeError):
        download(sun(served), root)
    others = {"SUN/images/new.jpg": encoded((90, 90, 90), size=200)}
    served.content = write_tar(tmp_path / "other.tar", others).read_bytes()
    download(sun(served), root)
    assert open_images(sun(served), root).image_ids.tolist() == ["new.jpg"]


@pytest.mark.parametrize("kind", ["resumes", "version"])
def test_a_server_that_cannot_resume_begins_again(served: Served, root: Path, kind: str) -> None:
    setattr(served, kind, False)
    served.cut_after = [1500]
    download(sun(served), root)
    assert len(open_images(sun(served), root)) == 20


def test_a_part_that_is_already_whole_is_taken(served: Served, root: Path) -> None:
    part = root / WORKPLACE / "SUN.tar.gz.part"
    write(part, served.content)
    write(part.with_name(f"{part.name}.version"), served.etag.encode())
    download(sun(served), root)
    assert len(open_images(sun(served), root)) == 20


def test_a_part_longer_than_the_file_is_removed(served: Served, root: Path) -> None:
    part = root / WORKPLACE / "SUN.tar.gz.part"
    write(part, served.content + b"more")
    write(part.with_name(f"{part.name}.version"), served.etag.encode())
    with pytest.raises(ClipsafeError, match=r"answers 416 .* run the same command again"):
        download(sun(served), root)
    download(sun(served), root)


def test_a_file_that_is_not_the_published_one_is_removed(served: Served, root: Path) -> None:
    item = replace(sun(served), checksum=f"md5:{'0' * 32}")
    with pytest.raises(ClipsafeError, match=rf"md5 [0-9a-f]{{32}} where {'0' * 32} is published"):
        download(item, root)
    assert not (root / "SUN").exists()
    assert list((root / WORKPLACE).iterdir()) == []


def test_a_right_md5_passes(served: Served, root: Path) -> None:
    item = replace(sun(served), checksum=f"md5:{hashlib.md5(served.content).hexdigest()}")
    assert download(item, root)[0].is_dir()


def test_without_a_published_checksum_the_sha256_is_told(served: Served, root: Path) -> None:
    assert (
        download(sun(served, checksum=False, size=False), root)[1]
        == hashlib.sha256(served.content).hexdigest()
    )


def test_another_size_than_published_stops_before_the_download(served: Served, root: Path) -> None:
    with pytest.raises(ClipsafeError, match="bytes where 17 are published"):
        download(replace(sun(served), bytes=17), root)
    assert not (root / WORKPLACE / "SUN.tar.gz.part").exists()


def test_a_server_that_tells_no_length_may_not_send_more_than_published(served: Served, root: Path) -> None:
    served.declared = False
    with pytest.raises(ClipsafeError, match="sends more than 17 bytes"):
        download(replace(sun(served), bytes=17), root)


@pytest.mark.parametrize("status", [403, 404, 503])
def test_a_refusal_is_named(served: Served, root: Path, status: int) -> None:
    served.status = status
    with pytest.raises(ClipsafeError, match=rf"SUN\.tar\.gz: the server answers {status}"):
        download(sun(served), root)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ClipsafeError, match="cannot be reached"):
        fetch("http://127.0.0.1:9/x.tar", tmp_path / "x.tar")


def test_a_set_without_an_open_address_says_how_to_get_it(root: Path) -> None:
    for name, words in (("objectnet", "accept the terms"), ("imagenet", "account at image-net.org")):
        with pytest.raises(ClipsafeError, match=f"has no open address: {words}"):
            download(data_set(name), root)


def test_an_archive_of_something_else_leaves_nothing(root: Path, tmp_path: Path) -> None:
    other = write_tar(tmp_path / "o.tar", {"Places/images/a.jpg": encoded()}).read_bytes()
    running = serving(Served(other), "SUN.tar.gz")
    with running as served, pytest.raises(ClipsafeError, match="does not hold the folder SUN/images"):
        download(sun(served), root)
    assert [path.name for path in root.iterdir()] == [WORKPLACE]


def test_a_folder_in_the_way_is_left_alone(served: Served, root: Path) -> None:
    mine = write(root / "SUN" / "notes.txt", b"mine")
    with pytest.raises(ClipsafeError, match=r"SUN: is in the way and lacks images"):
        download(sun(served), root)
    assert mine.read_bytes() == b"mine"
    assert served.ranges == []


def test_what_an_unpacking_that_was_killed_left_behind_is_cleared(served: Served, root: Path) -> None:
    write(root / WORKPLACE / f"{files._SCRATCH}a" / "unpacked" / "SUN" / "images" / "half.jpg", b"half")
    download(sun(served), root)
    assert "half.jpg" not in open_images(sun(served), root).image_ids
    assert list((root / WORKPLACE).iterdir()) == []


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9, 0.999])
def test_an_archive_that_is_cut_at_its_source_leaves_no_set(archive: bytes, root: Path, share: float) -> None:
    with serving(Served(archive[: int(share * len(archive))]), "SUN.tar.gz") as served:
        with pytest.raises(ClipsafeError, match="is not a whole tar file"):
            download(sun(served), root)
        assert not (root / "SUN").exists()
