"""Archives that mean harm, or are broken, unpack nothing outside their folder."""

import io
import tarfile
from pathlib import Path

import pytest

from clipsafe_engine.datasets.unpacking import ALLOWANCE, unpack
from clipsafe_utils.errors import ClipsafeError
from tests.engine.datasets.trees import encoded, write_tar


def with_member(path: Path, member: tarfile.TarInfo, content: bytes = b"") -> Path:
    member.size = len(content)
    with tarfile.open(path, "w") as archive:
        archive.addfile(member, io.BytesIO(content))
    return path


def outside(folder: Path, within: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if within not in (path, *path.parents) and path.is_file()}


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_a_plain_archive_unpacks(tmp_path: Path, mode: str) -> None:
    unpack(
        write_tar(tmp_path / "a.tar", {"set/images/a.jpg": b"a", "set/b.txt": b"b"}, mode), tmp_path / "to"
    )
    assert (tmp_path / "to" / "set" / "images" / "a.jpg").read_bytes() == b"a"


@pytest.mark.parametrize("name", ["../evil", "set/../../evil", "set/../../../evil"])
def test_no_path_leaves_the_folder(tmp_path: Path, name: str) -> None:
    archive = write_tar(tmp_path / "a.tar", {"set/a.jpg": b"a", name: b"evil"})
    with pytest.raises(ClipsafeError, match="would leave the folder"):
        unpack(archive, tmp_path / "deep" / "to")
    assert outside(tmp_path, tmp_path / "deep" / "to") == {archive}


def test_an_absolute_path_lands_in_the_folder(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "a.tar", {f"{tmp_path}/evil": b"evil"})
    unpack(archive, tmp_path / "to")
    assert outside(tmp_path, tmp_path / "to") == {archive}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_no_links_and_no_devices(tmp_path: Path, kind: bytes) -> None:
    member = tarfile.TarInfo("set/link")
    member.type, member.linkname = kind, "a.jpg"
    with pytest.raises(ClipsafeError, match="set/link: is a link or a device"):
        unpack(with_member(tmp_path / "a.tar", member), tmp_path / "to")


def test_no_more_than_an_archive_may_hold(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "a.tar.gz", {f"set/{n}": bytes(2**20) for n in range(20)}, "w:gz")
    assert archive.stat().st_size < 2**20
    with pytest.raises(ClipsafeError, match="unpacks to more than"):
        unpack(archive, tmp_path / "to")
    written = sum(path.stat().st_size for path in (tmp_path / "to").rglob("*") if path.is_file())
    assert written <= 4 * archive.stat().st_size + ALLOWANCE


def test_many_empty_files_count_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clipsafe_engine.datasets.unpacking.ALLOWANCE", 0)
    archive = write_tar(tmp_path / "a.tar.gz", {f"set/{n}": b"" for n in range(2000)}, "w:gz")
    with pytest.raises(ClipsafeError, match="unpacks to more than"):
        unpack(archive, tmp_path / "to")


def test_a_file_that_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"<html>moved</html>")
    with pytest.raises(ClipsafeError, match="is not a whole tar file"):
        unpack(tmp_path / "a.tar", tmp_path / "to")


def test_an_archive_that_is_cut_anywhere_is_refused(tmp_path: Path) -> None:
    files = {f"set/{n}": encoded((n, 0, 0)) for n in range(3)}
    for mode in ("w", "w:gz"):
        whole = write_tar(tmp_path / "a.tar", files, mode).read_bytes()
        # After the zeros that end it a plain tar file is padded; of a packed one every byte counts.
        content = sum(512 + -(-len(file) // 512) * 512 for file in files.values())
        last = content + 511 if mode == "w" else len(whole) - 1
        for number, keep in enumerate([*range(1, last, last // 40), 512, content - 512, content, last]):
            if keep > last:
                continue
            (tmp_path / "a.tar").write_bytes(whole[:keep])
            with pytest.raises(ClipsafeError, match="is not a whole tar file"):
                unpack(tmp_path / "a.tar", tmp_path / f"{mode[2:]}{number}")


def test_a_packed_archive_with_any_bit_flipped_is_refused(tmp_path: Path) -> None:
    files = {f"set/{n}": encoded((n, 0, 0)) for n in range(3)}
    whole = write_tar(tmp_path / "a.tar", files, "w:gz").read_bytes()
    header = 10 + len("a.tar") + 1  # of gzip: name and time, which no checksum covers
    for number, at in enumerate(range(header, len(whole), len(whole) // 60)):
        flipped = bytearray(whole)
        flipped[at] ^= 16
        (tmp_path / "a.tar").write_bytes(flipped)
        with pytest.raises(ClipsafeError):
            unpack(tmp_path / "a.tar", tmp_path / str(number))


def test_a_plain_archive_with_a_damaged_header_in_its_middle_is_refused(tmp_path: Path) -> None:
    whole = bytearray(write_tar(tmp_path / "a.tar", {"set/a": b"a", "set/b": b"b"}).read_bytes())
    whole[1024 + 150] ^= 1
    (tmp_path / "a.tar").write_bytes(whole)
    with pytest.raises(ClipsafeError, match="is not a whole tar file"):
        unpack(tmp_path / "a.tar", tmp_path / "to")


def test_a_member_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "a.tar", {"set": b"a file", "set/a.jpg": b"in it"})
    with pytest.raises(ClipsafeError, match=r"a\.tar: cannot be unpacked"):
        unpack(archive, tmp_path / "to")
