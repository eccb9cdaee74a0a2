"""Folders of predictions of a drawn model, and what a command says of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.importing.folder import open_folder
from clipsafe_utils.importing.study import Imported, import_folder
from clipsafe_utils.registry.label_maps import index_of_wnid, merging, subset
from clipsafe_utils.registry.validation_set import validation_labels, validation_name

WNIDS = list(index_of_wnid())
DRAWS = 4


def folder(path: Path, toml: str = "", **files: str | Mapping[str, Any]) -> Path:
    """Write `model.toml` and files by data set: a text is CSV, a mapping of arrays NPZ."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "model.toml").write_text(f'name = "drawn"\n{toml}\n', encoding="utf-8")
    for name, content in files.items():
        stem = name.replace("_", "-")
        if isinstance(content, str):
            (path / f"{stem}.csv").write_text(content, encoding="utf-8")
        else:
            np.savez(path / f"{stem}.npz", **content)
    return path


def table(**columns: Sequence[object] | NDArray[Any]) -> str:
    """Write columns as CSV."""
    rows = zip(*columns.values(), strict=True)
    return "\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n"


def imported(path: Path, draws: int = DRAWS, with_factors: bool = False) -> Imported:
    """Import a folder with few draws."""
    return import_folder(open_folder(path), replicates=draws, with_factors=with_factors)


def hits_of(cubes: Mapping[str, xr.Dataset], condition: str) -> tuple[int, int]:
    """Return hits and images of a condition."""
    row = cubes["shifts"].isel(model=0).sel(condition=condition)
    return int(row["hits"]), int(row["images"])


def some_images(count: int, seed: int = 0) -> tuple[list[str], NDArray[np.int64]]:
    """Return names and classes of a random part of the validation set, in a random order."""
    numbers = np.random.default_rng(seed).permutation(50_000)[:count]
    return [validation_name(int(number) + 1) for number in numbers], validation_labels()[numbers]


def guessed(
    truth: NDArray[np.int64], share: float = 0.7, seed: int = 1, classes: int = 1000
) -> NDArray[np.int64]:
    """Return predictions of which a share is right."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(truth)) < share, truth, rng.integers(0, classes, len(truth)))


def drawn_logits(truth: NDArray[np.int64], classes: int = 1000, seed: int = 2) -> NDArray[np.float32]:
    """Return logits that are right of most images."""
    logits = np.random.default_rng(seed).normal(0, 1, (len(truth), classes)).astype(np.float32)
    logits[np.arange(len(truth)), truth] += 4
    return logits


def names_in(column: str) -> tuple[list[str], NDArray[np.int64]]:
    """Return names of a whole set of 200 classes or of ObjectNet, and their classes."""
    if column == "objectnet":
        merged = merging(column)
        folders, classes, images = list(merged.names), merged.first_index(), 18_574
    else:
        classes = subset(column)
        folders, images = [WNIDS[index] for index in classes], 30_000 if column == "imagenet_r" else 7_500
    place = np.arange(images) % len(folders)
    return [f"{folders[at]}/{number}.jpg" for number, at in enumerate(place.tolist())], classes[place]
