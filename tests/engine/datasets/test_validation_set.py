"""The validation set: the same ids and labels from every layout and from every kind of label file."""

import pickle
import random
from pathlib import Path

import numpy as np
import pytest

from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.datasets.opening import open_images
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import data_set
from tests.engine.datasets.trees import WNIDS, encoded, validation_name, write, write_kit, write_tar

LABELS = [7, 999, 0, 7, 12]
KIT_ORDER = random.Random(3).sample(range(1000), 1000)


def flat(root: Path) -> Path:
    for number in range(1, 6):
        write(root / "imagenet" / "val" / validation_name(number), encoded((number, 0, 0)))
    return root / "imagenet"


def opened(root: Path) -> ImageList:
    return open_images(data_set("imagenet"), root)


def assert_whole(images: ImageList) -> None:
    assert images.image_ids.tolist() == [validation_name(number) for number in range(1, 6)]
    assert images.labels.tolist() == LABELS
    assert [images.read(i) for i in range(5)] == [encoded((number, 0, 0)) for number in range(1, 6)]


def test_class_folders(tmp_path: Path) -> None:
    for number, label in enumerate(LABELS, 1):
        write(tmp_path / "imagenet" / "val" / WNIDS[label] / validation_name(number), encoded((number, 0, 0)))
    assert_whole(opened(tmp_path))


@pytest.mark.parametrize("packed", [False, True])
def test_flat_with_the_development_kit_whose_numbers_are_no_indices(tmp_path: Path, packed: bool) -> None:
    write_kit(flat(tmp_path), LABELS, KIT_ORDER, packed)
    assert_whole(opened(tmp_path))


@pytest.mark.parametrize("folder", ["", "imagenet"])
def test_the_tar_file_as_it_is_handed_out(tmp_path: Path, folder: str) -> None:
    shuffled = [3, 1, 5, 2, 4]
    files = {validation_name(number): encoded((number, 0, 0)) for number in shuffled}
    write_tar(tmp_path / folder / "ILSVRC2012_img_val.tar", files)
    write_kit(tmp_path / folder, LABELS, KIT_ORDER, packed=True)
    images = opened(tmp_path)
    assert_whole(images)
    assert_whole(pickle.loads(pickle.dumps(images)))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "filename_label.csv",
            "file_name,label\n" + "".join(f"{validation_name(n)},{LABELS[n - 1]}\n" for n in (4, 1, 2, 3, 5)),
        ),
        ("val.txt", "".join(f"{validation_name(n)} {LABELS[n - 1]}\n" for n in range(1, 6))),
        ("imagenet_2012_validation_synset_labels.txt", "".join(f"{WNIDS[label]}\n" for label in LABELS)),
    ],
)
def test_flat_with_a_label_file(tmp_path: Path, name: str, text: str) -> None:
    write(flat(tmp_path) / name, text.encode())
    assert_whole(opened(tmp_path))


def test_flat_without_labels_says_what_is_expected(tmp_path: Path) -> None:
    flat(tmp_path)
    with pytest.raises(
        ClipsafeError, match=r"expected ILSVRC2012_devkit_t12\.tar\.gz or one of filename_label\.csv"
    ):
        opened(tmp_path)


@pytest.mark.parametrize(
    "line", ["a.JPEG 3", f"{validation_name(2)} 1000", f"{validation_name(2)} -1", "", "1 2 3"]
)
def test_a_bad_line_of_a_label_file_is_named(tmp_path: Path, line: str) -> None:
    write(flat(tmp_path) / "val.txt", f"{validation_name(1)} 7\n{line}\n".encode())
    with pytest.raises(ClipsafeError, match=r"val\.txt: line 2: expected an image name and a label"):
        opened(tmp_path)


def test_an_image_without_a_label_is_named(tmp_path: Path) -> None:
    write(flat(tmp_path) / "val.txt", f"{validation_name(1)} 7\n".encode())
    with pytest.raises(ClipsafeError, match=f"no label for the image {validation_name(2)}"):
        opened(tmp_path)


@pytest.mark.parametrize("broken", ["archive", "meta", "truth"])
def test_a_broken_kit_is_named(tmp_path: Path, broken: str) -> None:
    folder = flat(tmp_path)
    if broken == "archive":
        write_kit(folder, LABELS, KIT_ORDER, packed=True)
        path = folder / "ILSVRC2012_devkit_t12.tar.gz"
        path.write_bytes(path.read_bytes()[:300])
        words = "is not the whole development kit"
    else:
        write_kit(folder, LABELS, KIT_ORDER, packed=False)
        name, words = {
            "meta": ("meta.mat", "is not that of the development kit"),
            "truth": ("ILSVRC2012_validation_ground_truth.txt", "line 1: 'seven' is no class of the kit"),
        }[broken]
        (folder / "ILSVRC2012_devkit_t12" / "data" / name).write_bytes(b"seven\n")
    with pytest.raises(ClipsafeError, match=words):
        opened(tmp_path)


def test_a_folder_that_is_no_class_is_named(tmp_path: Path) -> None:
    write(tmp_path / "imagenet" / "val" / "tench" / validation_name(1))
    with pytest.raises(ClipsafeError, match=r"tench: expected a folder that is named by a WordNet id"):
        opened(tmp_path)


def test_an_image_in_two_class_folders_is_refused(tmp_path: Path) -> None:
    for label in (1, 2):
        write(tmp_path / "imagenet" / "val" / WNIDS[label] / validation_name(1))
    with pytest.raises(ClipsafeError, match="appears twice"):
        opened(tmp_path)


@pytest.mark.parametrize("keep", [200, 512, 700, 1536])
def test_a_tar_file_that_is_cut_off_is_named(tmp_path: Path, keep: int) -> None:
    tar = write_tar(tmp_path / "ILSVRC2012_img_val.tar", {validation_name(1): encoded()})
    write(tmp_path / "val.txt", f"{validation_name(1)} 7\n".encode())
    tar.write_bytes(tar.read_bytes()[:keep])
    with pytest.raises(
        ClipsafeError, match=r"ILSVRC2012_img_val\.tar: (is cut off|cannot be read as a tar file)"
    ):
        opened(tmp_path)


@pytest.mark.slow
def test_labels_are_those_that_torchvision_reads_from_the_same_kit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = pytest.importorskip("torchvision.datasets.imagenet")
    write_kit(flat(tmp_path), LABELS, KIT_ORDER, packed=True)
    monkeypatch.setattr(
        theirs, "_verify_archive", lambda *_: None
    )  # it would refuse any kit but the real one
    theirs.parse_devkit_archive(str(tmp_path / "imagenet"))
    _, wnids = theirs.load_meta_file(str(tmp_path / "imagenet"))
    assert [WNIDS[label] for label in opened(tmp_path).labels] == list(np.array(wnids))
