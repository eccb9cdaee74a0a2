"""Servers, disks and folders that mean harm: one sentence, nothing but .downloads is written (D12)."""

import gc
import hashlib
import io
import os
import re
import shutil
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from clipsafe_engine.datasets.downloading import WORKPLACE, download
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import DataSet, data_set
from tests.attack.hostile import answer, answering
from tests.engine.datasets.servers import Served, serving
from tests.engine.datasets.trees import encoded, write_tar

DIGITS = "9" * 5000
REDIRECT = "302 Found"


def sun(address: str, size: int = 0, checksum: str = "") -> DataSet:
    return replace(data_set("sun"), archive=address, bytes=size, checksum=checksum)


def refused(item: DataSet, root: Path) -> str:
    """Download what must not come: the sentence; nothing but the workplace is there."""
    with pytest.raises(ClipsafeError) as caught:
        download(item, root)
    told = str(caught.value)
    assert told.endswith(".")
    assert "\n" not in told
    assert {path.name for path in root.iterdir()} <= {WORKPLACE}
    return told


LYING = {
    "a length of 5,000 digits": (answer("200 OK", f"Content-Length: {DIGITS}"), "tells a length of '9999"),
    "a length that is negative": (answer("200 OK", "Content-Length: -5"), "tells a length of '-5'"),
    "a length that is no number": (answer("200 OK", "Content-Length: \xb2"), "tells a length of"),
    "a file larger than any disk": (
        answer("200 OK", f"Content-Length: {10**17}"),
        "bytes of disk where .* are free",
    ),
    "a thousand headers": (answer("200 OK", *(f"X-{n}: a" for n in range(1000))), "cannot be reached"),
    "a header without an end": (answer("200 OK", f"X: {'a' * 10**6}"), "cannot be reached"),
    "no HTTP": (b"\0\1\2 nothing\r\n\r\n", "cannot be reached"),
    "nothing": (b"", "cannot be reached"),
    "a redirection to a file": (
        answer(REDIRECT, "Location: file:///etc/hostname"),
        "the server answers 302",
    ),
    "a redirection in a circle": (
        answer(REDIRECT, "Location: http://127.0.0.1:{port}/SUN.tar.gz"),
        "the server answers 302",
    ),
    "a redirection to no address": (answer(REDIRECT, "Location: http://[::1/x"), "cannot be reached"),
    "a redirection to no port": (answer(REDIRECT, "Location: http://127.0.0.1:99999/x"), "cannot be reached"),
    "a redirection to no host": (answer(REDIRECT, f"Location: http://{'a' * 300}.b/"), "cannot be reached"),
    "another part than was asked for": (
        answer("206 Partial Content", "Content-Range: bytes 7-9/10", "Content-Length: 3", body=b"abc"),
        "another part of the file",
    ),
    "a chunk of a length that is none": (
        answer("200 OK", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\nzz\r\nabc"),
        "broke off after 3 bytes; run the same command again",
    ),
    "a chunk whose length has no end": (
        answer("200 OK", "Transfer-Encoding: chunked", body=b"f" * 10**6),
        "broke off after 0 bytes",
    ),
    "a body that is cut": (
        answer("200 OK", "Content-Length: 9", body=b"abc"),
        "broke off after 3 of 9 bytes",
    ),
}


@pytest.mark.parametrize("kind", LYING)
def test_a_server_that_lies_is_one_sentence(tmp_path: Path, kind: str) -> None:
    content, words = LYING[kind]
    with answering(content) as address:
        told = refused(sun(address), tmp_path)
    assert re.search(words, told), told
    gc.collect()  # What was left open would complain here.


@pytest.mark.parametrize("published", [True, False])
def test_a_file_that_the_disk_has_no_room_for_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, published: bool
) -> None:
    content = write_tar(tmp_path / "made.tar", {"SUN/images/a.jpg": encoded()}).read_bytes()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    with serving(Served(content, declared=not published), "SUN.tar.gz") as served:
        told = refused(sun(served.address, len(content) if published else 0), tmp_path / "root")
    assert told.endswith(f"SUN.tar.gz.part: needs {len(content):,} bytes of disk where 1,000 are free.")
    assert list((tmp_path / "root" / WORKPLACE).iterdir()) == []


def test_what_is_there_of_a_file_needs_no_more_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = write_tar(tmp_path / "made.tar", {"SUN/images/a.jpg": encoded()}).read_bytes()
    with serving(Served(content, cut_after=[len(content) - 500, 0]), "SUN.tar.gz") as served:
        with pytest.raises(ClipsafeError, match="broke off"):
            download(sun(served.address), tmp_path / "root")
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=500))
        assert download(sun(served.address), tmp_path / "root")[0].is_dir()


@pytest.mark.parametrize("target", ["nowhere", "somewhere"])
def test_a_link_in_the_way_is_named_before_anything_is_fetched(tmp_path: Path, target: str) -> None:
    (tmp_path / "somewhere").mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "SUN").symlink_to(tmp_path / target)
    with pytest.raises(ClipsafeError, match=r"SUN: is in the way and lacks images; move it elsewhere\."):
        download(sun("http://127.0.0.1:9/SUN.tar.gz"), root)
    assert os.readlink(root / "SUN") == str(tmp_path / target)
    assert not (root / WORKPLACE).exists()


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_workplace_that_is_no_folder_is_named(tmp_path: Path, kind: str) -> None:
    place = tmp_path / WORKPLACE
    place.write_text("mine") if kind == "file" else place.symlink_to(tmp_path / "nowhere")
    told = refused(sun("http://127.0.0.1:9/SUN.tar.gz"), tmp_path)
    assert re.search(r"SUN\.tar\.gz: cannot be written \((File exists|Not a directory)\)", told)


def tar_of(name: str, kind: bytes = tarfile.REGTYPE) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/hostname"
        archive.addfile(member)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: tar_of("../evil"), "would leave the folder; nothing is kept"),
        (lambda: tar_of("SUN/images", tarfile.SYMTYPE), "is a link or a device"),
        (lambda: tar_of("SUN/images/a.jpg", tarfile.LNKTYPE), "is a link or a device"),
    ],
)
def test_a_right_checksum_does_not_make_an_archive_safe(
    tmp_path: Path, content: Callable[[], bytes], words: str
) -> None:
    made = content()
    with serving(Served(made), "SUN.tar.gz") as served:
        checksum = f"sha256:{hashlib.sha256(made).hexdigest()}"
        assert words in refused(sun(served.address, len(made), checksum), tmp_path / "root")
    assert {path.name for path in tmp_path.iterdir()} == {"root"}
    assert [path.name for path in (tmp_path / "root" / WORKPLACE).iterdir()] == ["SUN.tar.gz"]
