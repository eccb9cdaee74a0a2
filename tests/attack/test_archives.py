"""Tar files that were made to break their reader: one sentence, and nothing outside the folder (D12)."""

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from clipsafe_engine.datasets.sources import tar_members
from clipsafe_engine.datasets.unpacking import unpack
from clipsafe_utils.errors import ClipsafeError
from tests.engine.datasets.trees import encoded, write_tar

BLOCK = tarfile.BLOCKSIZE
END = bytes(2 * BLOCK)
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


def header(name: str = "set/a.jpg", size: int = 0, kind: bytes = tarfile.REGTYPE, mode: int = 0o644) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.type, member.mode = size, kind, mode
    return member.tobuf(tarfile.GNU_FORMAT)


def with_pax(record: bytes) -> bytes:
    """A file after an extended header of one record, as it stands."""
    padded = record.ljust(BLOCK, b"\0")
    return header("pax", len(record), tarfile.XHDTYPE) + padded + header() + END


def pax(key: bytes, value: bytes) -> bytes:
    body = b" " + key + b"=" + value + b"\n"
    length = next(n for n in range(len(body), len(body) + 9) if len(str(n)) + len(body) == n)
    return str(length).encode() + body


HOSTILE = {
    "a time beyond all numbers": with_pax(pax(b"mtime", b"1e400")),
    "a time that is none": with_pax(pax(b"mtime", b"nan")),
    "a record that lies about its length": with_pax(b"30 path=set/a\0b\n".ljust(30, b"\0")),
    "a name with a zero in it": with_pax(pax(b"path", b"set/a\0b")),
    "a size of 5,000 digits": with_pax(pax(b"size", b"9" * 400)),
    "a size that is negative": with_pax(pax(b"size", b"-1")),
    "a sparse file that is none": with_pax(pax(b"GNU.sparse.map", b"0,x")),
    "another sparse file that is none": with_pax(
        pax(b"GNU.sparse.major", b"1") + pax(b"GNU.sparse.minor", b"0")
    ),
    "a record without an end": with_pax(b"99999 path=a"),
    "a file of 8 EiB": header(size=2**63) + END,
    "a name that is too long": with_pax(pax(b"path", b"a" * 400)),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_header_that_lies_is_one_sentence(tmp_path: Path, kind: str) -> None:
    archive = tmp_path / "a.tar"
    archive.write_bytes(HOSTILE[kind])
    with pytest.raises(ClipsafeError) as caught:
        unpack(archive, tmp_path / "to")
    told = str(caught.value)
    assert told.startswith(f"{archive}: ")
    assert told.endswith(".")
    assert "\n" not in told
    assert {path.name for path in tmp_path.iterdir()} == {"a.tar", "to"}


@pytest.mark.parametrize("kind", [kind for kind in HOSTILE if "sparse" in kind or "size" in kind])
def test_a_shard_whose_headers_lie_is_one_sentence(tmp_path: Path, kind: str) -> None:
    (tmp_path / "0.tar").write_bytes(HOSTILE[kind])
    with pytest.raises(ClipsafeError, match=r"0\.tar: cannot be read as a tar file \(.*\)\.$"):
        tar_members(tmp_path / "0.tar")


def test_less_than_nothing_does_not_make_room_for_a_bomb(tmp_path: Path) -> None:
    folder = pax(b"size", b"-%d" % 10**15)
    debt = header("pax", len(folder), tarfile.XHDTYPE) + folder.ljust(BLOCK, b"\0")
    content = debt + header("set", kind=tarfile.DIRTYPE) + header("set/a", 2**26) + bytes(2**26) + END
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(content, 1))
    with pytest.raises(ClipsafeError, match=r"a member says that it has -1,?0+ bytes"):
        unpack(tmp_path / "a.tar.gz", tmp_path / "to")


@pytest.mark.parametrize(
    "content",
    [bytes(1024), bytes(10240), gzip.compress(bytes(1024))],
    ids=["1 KiB", "10 KiB", "packed"],
)
def test_an_archive_that_holds_nothing_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(
        ClipsafeError, match=r"a\.tar: holds nothing, a tar file with files in it was expected"
    ):
        unpack(tmp_path / "a.tar", tmp_path / "to")


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "nothing"])
def test_what_is_no_plain_file_is_named_at_once(tmp_path: Path, kind: str) -> None:
    archive = tmp_path / "a.tar"
    if kind == "pipe":
        os.mkfifo(archive)
    elif kind == "device":
        archive.symlink_to(os.devnull)
    elif kind == "folder":
        archive.mkdir()
    with pytest.raises(ClipsafeError, match=r"a\.tar: cannot be unpacked \((not a plain file|No such file)"):
        unpack(archive, tmp_path / "to")


def test_a_link_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "to").symlink_to(tmp_path / "nowhere")
    with pytest.raises(ClipsafeError, match=r"a\.tar: cannot be unpacked \(File exists\)"):
        unpack(write_tar(tmp_path / "a.tar", {"set/a": b"a"}), tmp_path / "to")


def test_no_program_gets_the_rights_of_its_owner(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(header("set/tool", mode=0o6777) + END)
    unpack(tmp_path / "a.tar", tmp_path / "to")
    mode = (tmp_path / "to" / "set" / "tool").stat().st_mode
    assert not mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWOTH)


@pytest.mark.parametrize("packer", ["bz2", "xz"])
def test_other_packers_are_read_and_their_cuts_and_flips_refused(tmp_path: Path, packer: str) -> None:
    plain = write_tar(tmp_path / "p.tar", {f"set/{n}": encoded((n, 0, 0)) for n in range(3)}).read_bytes()
    whole = PACKERS[packer](plain)
    archive = tmp_path / "a.tar"
    archive.write_bytes(whole)
    unpack(archive, tmp_path / "whole")
    for number, keep in enumerate(range(1, len(whole), len(whole) // 12)):
        archive.write_bytes(whole[:keep])
        with pytest.raises(ClipsafeError, match="is not a whole tar file"):
            unpack(archive, tmp_path / f"cut{number}")
    for number, at in enumerate(range(8, len(whole) - 20, len(whole) // 12)):
        archive.write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
        with pytest.raises(ClipsafeError):
            unpack(archive, tmp_path / f"flipped{number}")


@pytest.mark.parametrize("packer", PACKERS)
def test_a_bomb_stops_at_its_limit(tmp_path: Path, packer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clipsafe_engine.datasets.unpacking.ALLOWANCE", 2**16)
    stream = io.BytesIO(header("set/a", 2**22) + bytes(2**22) + END)
    (tmp_path / "a.tar").write_bytes(PACKERS[packer](stream.getvalue()))
    with pytest.raises(ClipsafeError, match=r"a\.tar: unpacks to more than"):
        unpack(tmp_path / "a.tar", tmp_path / "to")
    assert not list((tmp_path / "to").rglob("*"))
