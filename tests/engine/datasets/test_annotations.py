"""ImageNet-X for the validation set: joined by name, prototypes out, classes compared."""

from pathlib import Path

import numpy as np
import pytest

from clipsafe_engine.datasets.annotations import factor_flags
from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.datasets.opening import open_images
from clipsafe_utils.cubes.schema import FACTORS
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import data_set
from tests.engine.datasets.trees import WNIDS, validation_name, write, write_shards

pytest.importorskip("imagenet_x", reason="its wheel ships the annotations")

LARGER, COLOUR, PROTOTYPE = "ILSVRC2012_val_00004487.JPEG", "ILSVRC2012_val_00003963.JPEG", None


@pytest.fixture(scope="module")
def prototype() -> str:
    from clipsafe_utils.record.sources import fetch

    lines = fetch("imagenetx/annotations/prototypical_paths.csv").read_text().split()
    return next(word for line in lines for word in line.split(",") if word.startswith("ILSVRC2012_val"))


def labels_of(names: list[str]) -> dict[str, int]:
    from clipsafe_utils.record.sources import fetch

    lines = fetch("imagenetx/annotations/filename_label.csv").read_text().splitlines()[1:]
    return {name: int(label) for name, label in (line.split(",") for line in lines) if name in names}


def tree(root: Path, names: list[str]) -> ImageList:
    for name, label in labels_of(names).items():
        write(root / "imagenet" / "val" / WNIDS[label] / name)
    return open_images(data_set("imagenet"), root)


def test_factors_are_joined_by_the_name_of_the_file(tmp_path: Path, prototype: str) -> None:
    images = tree(tmp_path, [LARGER, COLOUR, prototype])
    flags = factor_flags(images, "top")
    assert flags.shape == (3, len(FACTORS))
    rows = dict(zip(images.image_ids.tolist(), flags, strict=True))
    told = {name: [f for f, flag in zip(FACTORS, row, strict=True) if flag] for name, row in rows.items()}
    assert told == {LARGER: ["larger", "overall"], COLOUR: ["color", "overall"], prototype: []}


def test_another_class_than_the_annotated_one_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "imagenet" / "val" / WNIDS[0] / LARGER)
    with pytest.raises(ClipsafeError, match="has the label 0 where ImageNet-X says 762; 1 images disagree"):
        factor_flags(open_images(data_set("imagenet"), tmp_path), "top")


def test_shards_lose_the_names_and_that_is_said(tmp_path: Path) -> None:
    write_shards(tmp_path, "imagenet1k", [[762]])
    with pytest.raises(ClipsafeError, match="ImageNet-X names none of its images"):
        factor_flags(open_images(data_set("imagenet"), tmp_path), "multi")


def test_the_flat_layout_labelled_by_their_file_agrees(tmp_path: Path) -> None:
    names = [LARGER, COLOUR, validation_name(293)]
    for name in names:
        write(tmp_path / "imagenet" / "val" / name)
    lines = "".join(f"{name},{label}\n" for name, label in labels_of(names).items())
    write(tmp_path / "imagenet" / "filename_label.csv", f"file_name,label\n{lines}".encode())
    flags = factor_flags(open_images(data_set("imagenet"), tmp_path), "multi")
    assert np.count_nonzero(flags[:, -1]) >= 2
