"""Small trees in the official layouts of the data sets, of real JPEG, PNG and WebP files."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

from clipsafe_utils.registry.label_maps import index_of_wnid

WNIDS = tuple(index_of_wnid())
KIT = "ILSVRC2012_devkit_t12"


def encoded(colour: tuple[int, int, int] = (40, 90, 160), kind: str = "JPEG", size: int = 24) -> bytes:
    """A picture with some grain, so that a file has a few hundred bytes to be cut."""
    grain = np.random.default_rng(sum(colour)).integers(0, 30, (size, size, 3))
    stream = io.BytesIO()
    Image.fromarray((np.array(colour) + grain).clip(0, 255).astype(np.uint8)).save(stream, kind)
    return stream.getvalue()


def write(path: Path, content: bytes | None = None) -> Path:
    """Write an image, of the format that its name asks for, or any other content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = {".png": "PNG", ".webp": "WEBP"}.get(path.suffix, "JPEG")
    path.write_bytes(encoded(kind=kind) if content is None else content)
    return path


def with_red_border(size: int = 32) -> bytes:
    """A grey PNG with the border of one pixel of red that every image of ObjectNet has."""
    pixels = np.full((size, size, 3), 128, np.uint8)
    for side in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        side[:] = (255, 0, 0)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def validation_name(number: int) -> str:
    return f"ILSVRC2012_val_{number:08d}.JPEG"


def kit_files(labels: list[int], kit_order: list[int]) -> tuple[bytes, bytes]:
    """The ground truth and meta.mat of a development kit.

    `kit_order` holds, for the numbers 1, 2, ... of the kit, the index among the sorted WordNet ids.
    """
    kind = [("ILSVRC2012_ID", "O"), ("WNID", "O"), ("words", "O"), ("gloss", "O"), ("num_children", "O")]
    rows = [(number, WNIDS[index], "words", "gloss", 0) for number, index in enumerate(kit_order, 1)]
    rows.append((len(kit_order) + 1, "n00001740", "entity", "a node above the classes", 2))
    stream = io.BytesIO()
    savemat(stream, {"synsets": np.array(rows, dtype=kind)})
    truth = "".join(f"{kit_order.index(label) + 1}\n" for label in labels)
    return truth.encode(), stream.getvalue()


def write_kit(folder: Path, labels: list[int], kit_order: list[int], packed: bool) -> None:
    truth, meta = kit_files(labels, kit_order)
    files = {
        f"{KIT}/data/ILSVRC2012_validation_ground_truth.txt": truth,
        f"{KIT}/data/meta.mat": meta,
    }
    if packed:
        write_tar(folder / f"{KIT}.tar.gz", files, "w:gz")
        return
    for name, content in files.items():
        write(folder / name, content)


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def write_shards(root: Path, name: str, shards: list[list[int]], kind: str = "webp") -> Path:
    """Shards as CLIP_benchmark's converter writes them; each number is the class of a sample."""
    folder = root / f"wds_{name}"
    number = 0
    for shard, classes in enumerate(shards):
        files = {}
        for label in classes:
            files[f"s{number:07d}.{kind}"] = encoded((label % 200, 90, number), kind=kind.upper())
            files[f"s{number:07d}.cls"] = str(label).encode()
            number += 1
        write_tar(folder / "test" / f"{shard}.tar", files)
    write(folder / "test" / "nshards.txt", f"{len(shards)}\n".encode())
    return folder


def write_vid_robust(
    root: Path, labels: dict[str, list[int]], sets: dict[str, list[str]], missing: tuple[str, ...] = ()
) -> Path:
    folder = root / "imagenet_vid_ytbb_robust" / "imagenet-vid-robust"
    for frame in labels:
        if frame not in missing:
            write(folder / frame)
    write(folder / "metadata" / "labels.json", json.dumps(labels).encode())
    write(folder / "metadata" / "pmsets.json", json.dumps(sets).encode())
    return folder
