"""ImageNet-Vid-Robust: several labels for a frame, 288 classes merged to 30, pm-0 and pm-10."""

import json
from pathlib import Path

import numpy as np
import pytest

from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.datasets.opening import open_images
from clipsafe_engine.datasets.vid_robust import frame_sets
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import data_set
from tests.engine.datasets.trees import write_vid_robust

CAT, LIZARD, TURTLE = 9, 16, 26  # numbers among the 30
TABBY, CHAMELEON, TERRAPIN, TIGER_CAT = 281, 40, 36, 282  # ImageNet indices

A, B = "val/ILSVRC2015_val_00000000", "val/ILSVRC2015_val_00004000"
LABELS = {
    f"{A}/000442.JPEG": [TURTLE],
    f"{A}/000441.JPEG": [TURTLE],
    f"{A}/000443.JPEG": [TURTLE],
    f"{B}/000087.JPEG": [CAT, LIZARD],
    f"{B}/000077.JPEG": [CAT, LIZARD],
}
SETS = {
    f"{A}/000442.JPEG": [f"{A}/000441.JPEG", f"{A}/000443.JPEG"],
    f"{B}/000087.JPEG": [f"{B}/000077.JPEG"],
}


@pytest.fixture
def images(tmp_path: Path) -> ImageList:
    write_vid_robust(tmp_path, LABELS, SETS)
    return open_images(data_set("imagenet-vid-robust"), tmp_path)


def test_frames_know_their_anchor_and_how_far_it_is(images: ImageList) -> None:
    assert images.image_ids.tolist() == sorted(LABELS)
    assert images.columns["offset"].tolist() == [-1, 0, 1, -10, 0]
    assert images.columns["anchor"].tolist() == [f"{A}/000442.JPEG"] * 3 + [f"{B}/000087.JPEG"] * 2
    assert len(images.label_space if images.label_space is not None else ()) == 288


def test_any_label_of_a_frame_is_right_and_any_class_of_a_label(images: ImageList) -> None:
    # The last two frames show a cat and a lizard: the second label counts as much as the first.
    assert images.is_right(np.array([TERRAPIN, 33, 37, CHAMELEON, TIGER_CAT])).all()
    assert not images.is_right(np.array([TABBY, TABBY, TABBY, TERRAPIN, TERRAPIN])).any()
    assert images.labels[-1] in range(281, 286)


def test_pm10_asks_for_every_frame_and_pm0_for_the_anchor(images: ImageList) -> None:
    judged = frame_sets(images, np.array([True, True, False, True, True]))
    assert judged.anchors.tolist() == sorted(SETS)
    assert judged.pm0.tolist() == [True, True]
    assert judged.pm10.tolist() == [False, True]
    judged = frame_sets(images, np.array([True, False, True, True, True]))
    assert judged.pm0.tolist() == [False, True]


def test_pm_agrees_with_the_loop_of_the_authors(images: ImageList) -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        right = rng.random(5) < 0.7
        by_id = dict(zip(images.image_ids.tolist(), right.tolist(), strict=True))
        pm0 = [by_id[anchor] for anchor in sorted(SETS)]
        pm10 = [by_id[anchor] and all(by_id[f] for f in SETS[anchor]) for anchor in sorted(SETS)]
        judged = frame_sets(images, right)
        assert (judged.pm0.tolist(), judged.pm10.tolist()) == (pm0, pm10)


def test_a_missing_frame_is_named(tmp_path: Path) -> None:
    write_vid_robust(tmp_path, LABELS, SETS, missing=(f"{A}/000441.JPEG",))
    with pytest.raises(ClipsafeError, match=r"000441\.JPEG: is missing; 1 frames of 5 are"):
        open_images(data_set("imagenet-vid-robust"), tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("labels.json", {**LABELS, f"{A}/000441.JPEG": []}, "expected class numbers from 0 to 29"),
        ("labels.json", {**LABELS, f"{A}/000441.JPEG": [30]}, "expected class numbers from 0 to 29"),
        ("labels.json", {**LABELS, f"{A}/000441.JPEG": ["9"]}, "expected class numbers from 0 to 29"),
        ("labels.json", [1], "expected a list for each frame"),
        ("pmsets.json", {"val/../000001.JPEG": []}, r"expected val/<video>/<number>\.JPEG"),
        ("pmsets.json", {**SETS, f"{B}/000001.JPEG": [f"{A}/000441.JPEG"]}, "stands in two sets"),
        ("pmsets.json", {}, "names no frame"),
        ("pmsets.json", None, "expected JSON"),
    ],
)
def test_bad_metadata_are_named(tmp_path: Path, name: str, content: object, words: str) -> None:
    folder = write_vid_robust(tmp_path, LABELS, SETS) / "metadata"
    (folder / name).write_text("{" if content is None else json.dumps(content))
    with pytest.raises(ClipsafeError, match=rf"{name}: .*{words}"):
        open_images(data_set("imagenet-vid-robust"), tmp_path)


def test_missing_metadata_are_named(tmp_path: Path) -> None:
    (write_vid_robust(tmp_path, LABELS, SETS) / "metadata" / "labels.json").unlink()
    with pytest.raises(ClipsafeError, match=r"labels\.json: cannot be read"):
        open_images(data_set("imagenet-vid-robust"), tmp_path)
