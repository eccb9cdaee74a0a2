"""Bytes of images reach three decoders and no program; pipes and devices are no images (D3, D12)."""

import io
import os
import stat
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from clipsafe_engine.datasets.checking import check_images
from clipsafe_engine.datasets.decoding import FORMATS, decoded, fault_of
from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.datasets.sources import Files, tar_members
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import data_set

PACKAGES = ("clipsafe_engine", "clipsafe_utils")
POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"


def encoded(form: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.zeros((12, 12, 3), np.uint8)).save(stream, form)
    return stream.getvalue()


def images_of(folder: Path, *names: str) -> ImageList:
    return ImageList("some", np.array(names), np.zeros(len(names), np.int64), Files(folder, names))


def put(folder: Path, name: str, content: bytes) -> ImageList:
    (folder / name).write_bytes(content)
    return images_of(folder, name)


@pytest.fixture
def ghostscript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in for Ghostscript with a program that notes that it was started; the note's path."""
    note = tmp_path / "started"
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "gs"
    program.write_text(f"#!/bin/sh\necho started >> {note}\nexit 1\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return note


def test_postscript_under_the_name_of_a_jpeg_starts_nothing(tmp_path: Path, ghostscript: Path) -> None:
    images = put(tmp_path, "n01440764_eps.JPEG", POSTSCRIPT)
    assert fault_of(images.read(0)) == "not an image"
    with pytest.raises(ClipsafeError, match=r"n01440764_eps\.JPEG: is not a whole image \(not an image\)"):
        decoded(images, 0)
    assert not ghostscript.exists()


@pytest.mark.parametrize("form", ["GIF", "TIFF", "BMP", "PPM", "ICO", "TGA", "PDF", "EPS"])
def test_other_formats_are_no_images(tmp_path: Path, form: str, ghostscript: Path) -> None:
    images = put(tmp_path, "a.JPEG", encoded(form))
    assert fault_of(images.read(0)) is not None
    with pytest.raises(ClipsafeError, match=r"a\.JPEG: is not a whole image"):
        decoded(images, 0)
    assert not ghostscript.exists()


@pytest.mark.parametrize("form", FORMATS)
def test_the_three_formats_are_read_under_any_name(tmp_path: Path, form: str) -> None:
    images = put(tmp_path, "a.JPEG", encoded(form))
    assert fault_of(images.read(0)) is None
    assert decoded(images, 0).size == (12, 12)


def test_every_opening_of_an_image_names_its_formats(repository: Path) -> None:
    sources = [path for package in PACKAGES for path in (repository / package).rglob("*.py")]
    lines = [line for path in sources for line in path.read_text(encoding="utf-8").splitlines()]
    openings = [line for line in lines if "Image.open(" in line]
    assert openings
    assert all("formats=" in line for line in openings)


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_what_is_no_plain_file_is_named_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.JPEG"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to(os.devnull)
    else:
        path.mkdir()
    with pytest.raises(ClipsafeError, match=r"x\.JPEG: cannot be read \(not a plain file\)"):
        images_of(tmp_path, "x.JPEG").read(0)
    with pytest.raises(ClipsafeError, match=r"x\.JPEG: cannot be read as a tar file"):
        tar_members(path)


def test_a_pipe_in_a_data_set_does_not_stop_the_check(tmp_path: Path) -> None:
    found = data_set("sun")
    sun = tmp_path / found.folders[0]
    sun.mkdir(parents=True)
    put(sun, "a.jpg", encoded("JPEG"))
    os.mkfifo(sun / "b.jpg")
    images = images_of(sun, "a.jpg", "b.jpg")
    faults = check_images(found, tmp_path, images).faults
    assert any("b.jpg: cannot be read (not a plain file)" in fault for fault in faults)


def saved(mode: str, form: str, size: int = 24, **options: object) -> bytes:
    stream = io.BytesIO()
    picture = Image.fromarray(np.arange(size * size, dtype=np.uint8).reshape(size, size))
    (picture if mode == "L" else picture.convert(mode)).save(stream, form, **options)
    return stream.getvalue()


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG that says how large it is and holds what it is given."""
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), *chunks, (b"IEND", b"")]
    written = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(written)


def rotated() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return saved("RGB", "JPEG", exif=exif)


def moving() -> bytes:
    stream = io.BytesIO()
    frames = [Image.new("RGB", (24, 24), (n, 0, 0)) for n in range(3)]
    frames[0].save(stream, "PNG", save_all=True, append_images=frames[1:])
    return stream.getvalue()


def with_text(length: int) -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("note", "a" * length, zip=True)
    return saved("RGB", "PNG", pnginfo=notes)


WHOLE: dict[str, Callable[[], bytes]] = {
    "CMYK": lambda: saved("CMYK", "JPEG"),
    "grey JPEG": lambda: saved("L", "JPEG"),
    "grey PNG": lambda: saved("L", "PNG"),
    "grey with alpha": lambda: saved("LA", "PNG"),
    "palette": lambda: saved("P", "PNG"),
    "one bit": lambda: saved("1", "PNG"),
    "16 bits": lambda: saved("I;16", "PNG"),
    "alpha": lambda: saved("RGBA", "WEBP"),
    "progressive": lambda: saved("RGB", "JPEG", progressive=True),
    "one pixel": lambda: saved("L", "PNG", size=1),
    "turned by EXIF": rotated,
    "moving": moving,
    "a short note": lambda: with_text(100),
}
BROKEN: dict[str, Callable[[], bytes]] = {
    "nothing": bytes,
    "SVG": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "HTML": lambda: b"<!DOCTYPE html><title>404</title>",
    "900 megapixels": lambda: png(30_000, 30_000, (b"IDAT", zlib.compress(bytes(9_000)))),
    "144 megapixels": lambda: png(12_000, 12_000, (b"IDAT", zlib.compress(bytes(9_000)))),
    "no pixels": lambda: png(0, 0, (b"IDAT", b"")),
    "a note of 64 MiB": lambda: with_text(2**26),
    "a wrong sum": lambda: saved("L", "PNG")[:-20] + bytes(20),
    "half a JPEG": lambda: half(saved("RGB", "JPEG")),
    "half a PNG": lambda: half(saved("RGB", "PNG")),
    "half a WebP": lambda: half(saved("RGB", "WEBP")),
    "a start alone": lambda: b"\xff\xd8\xff\xe0",
}


@pytest.mark.parametrize("kind", WHOLE)
def test_odd_images_are_images_to_the_check_and_to_the_decoder(tmp_path: Path, kind: str) -> None:
    images = put(tmp_path, "a.JPEG", WHOLE[kind]())
    assert fault_of(images.read(0)) is None
    assert decoded(images, 0).mode == "RGB"


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_images_are_none_to_the_check_and_to_the_decoder(tmp_path: Path, kind: str) -> None:
    images = put(tmp_path, "a.JPEG", BROKEN[kind]())
    fault = fault_of(images.read(0))
    assert fault
    assert "\n" not in fault
    with pytest.raises(ClipsafeError, match=r"a\.JPEG: is not a whole image \(.*\)\.$"):
        decoded(images, 0)
