"""Each official layout gives the right labels; each trap has a test that fails without its handling."""

from pathlib import Path

import numpy as np
import pytest

from clipsafe_engine.datasets.decoding import decoded
from clipsafe_engine.datasets.layouts import LAYOUTS
from clipsafe_engine.datasets.opening import open_images
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.registry.data_sets import data_set, data_sets
from clipsafe_utils.registry.label_maps import index_of_wnid, merging, subset
from tests.engine.datasets.trees import WNIDS, encoded, with_red_border, write

V2 = ("imagenet-v2-matched-frequency", "imagenet-v2-threshold-0.7", "imagenet-v2-top-images")
FOLDERS_OF_R = [WNIDS[i] for i in subset("imagenet_r")[:2]]


def test_every_set_has_a_known_layout_and_a_folder() -> None:
    assert all(item.layout in LAYOUTS and item.folders for item in data_sets().values())
    assert len(data_sets()) == 17


@pytest.mark.parametrize("name", V2)
def test_a_folder_of_v2_is_its_label_though_ten_sorts_before_two(tmp_path: Path, name: str) -> None:
    place = tmp_path / data_set(name).folders[0]
    for label in (2, 10, 999):
        write(place / str(label) / f"{label:040x}.jpeg")
    images = open_images(data_set(name), tmp_path)
    by_folder = {
        str(path).split("/")[0]: int(label)
        for path, label in zip(images.image_ids, images.labels, strict=True)
    }
    assert by_folder == {"2": 2, "10": 10, "999": 999}
    assert list(images.image_ids) == sorted(images.image_ids)


def test_images_that_the_variants_of_v2_share_are_drawn_together(tmp_path: Path) -> None:
    weights = []
    for number, name in enumerate(V2):
        place = tmp_path / data_set(name).folders[0]
        write(place / "7" / "0af3f1b55de791c4144e2fb6d7dfe96dfc22d3fc.jpeg")
        write(place / "1" / f"{number:040x}.jpeg")
        images = open_images(data_set(name), tmp_path)
        drawn = draw_weights(data_set(name).draws, images.image_ids, replicates=20)
        weights.append(drawn[:, images.labels == 7][:, 0])
    assert (weights[0] == weights[1]).all()
    assert (weights[0] == weights[2]).all()


@pytest.mark.parametrize("folder", ["1000", "07", "n01440764", "-1"])
def test_v2_refuses_a_folder_that_is_no_label(tmp_path: Path, folder: str) -> None:
    write(tmp_path / "imagenetv2-top-images-format-val" / folder / "a.jpeg")
    with pytest.raises(ClipsafeError, match=r"not named by a number from 0 to 999"):
        open_images(data_set("imagenet-v2-top-images"), tmp_path)


@pytest.mark.parametrize("name", ["imagenet-r", "imagenet-a"])
def test_r_and_a_are_scored_over_their_200_classes(tmp_path: Path, name: str) -> None:
    classes = subset(name.replace("-", "_"))
    label = int(classes[5])
    write(tmp_path / name / WNIDS[label] / "0.000012_a _ b_0.4.jpg")
    images = open_images(data_set(name), tmp_path)
    assert images.labels.tolist() == [label]
    assert images.label_space is not None
    assert images.label_space.tolist() == classes.tolist()
    # The strongest of all 1,000 is a class that the set has no image of; among the 200 the label wins.
    logits = np.zeros(1000)
    logits[np.setdiff1d(np.arange(1000), classes)[0]], logits[label] = 9, 5
    decided = images.label_space[logits[images.label_space].argmax()]
    assert images.is_right(np.array([decided])).tolist() == [True]
    with pytest.raises(ValueError, match="label space"):
        images.is_right(np.array([logits.argmax()]))


def test_r_refuses_a_class_outside_its_200(tmp_path: Path) -> None:
    outside = next(wnid for wnid, i in index_of_wnid().items() if i not in subset("imagenet_r"))
    write(tmp_path / "imagenet-r" / outside / "art_0.jpg")
    with pytest.raises(ClipsafeError, match=f"{outside}: the folder is not named by"):
        open_images(data_set("imagenet-r"), tmp_path)


@pytest.mark.parametrize(
    ("name", "folder"), [("imagenet-sketch", "sketch"), ("stylized-imagenet", "stylized-imagenet/val")]
)
def test_sets_of_all_1000_classes(tmp_path: Path, name: str, folder: str) -> None:
    write(tmp_path / folder / WNIDS[999] / "sketch_1.JPEG")
    write(tmp_path / folder / WNIDS[0] / "sketch_0.JPEG")
    images = open_images(data_set(name), tmp_path)
    assert images.labels.tolist() == [0, 999]
    assert images.label_space is None


def test_hidden_and_other_files_are_no_images(tmp_path: Path) -> None:
    folder = tmp_path / "imagenet-r" / FOLDERS_OF_R[0]
    write(folder / "art_0.jpg")
    write(folder / "._art_0.jpg", b"left by a file system")
    write(folder / ".directory", b"")
    write(tmp_path / "imagenet-r" / "README.txt", b"as in the archive")
    assert open_images(data_set("imagenet-r"), tmp_path).image_ids.tolist() == [
        f"{FOLDERS_OF_R[0]}/art_0.jpg"
    ]


def test_an_image_outside_the_class_folders_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "imagenet-r" / "stray.jpg")
    with pytest.raises(ClipsafeError, match=r"stray\.jpg: expected images in class folders only"):
        open_images(data_set("imagenet-r"), tmp_path)


def test_a_linked_folder_is_read(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / FOLDERS_OF_R[0] / "art_0.jpg")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "imagenet-r").symlink_to(tmp_path / "elsewhere")
    assert len(open_images(data_set("imagenet-r"), tmp_path / "root")) == 1


def test_a_missing_and_an_empty_set_are_named(tmp_path: Path) -> None:
    with pytest.raises(ClipsafeError, match=r"holds no ImageNet-R; expected .*imagenet-r"):
        open_images(data_set("imagenet-r"), tmp_path)
    (tmp_path / "imagenet-r").mkdir()
    with pytest.raises(ClipsafeError, match="holds no image"):
        open_images(data_set("imagenet-r"), tmp_path)


def test_objectnet_maps_113_folders_to_125_classes(tmp_path: Path) -> None:
    place = tmp_path / "objectnet-1.0" / "images"
    write(place / "alarm_clock" / "0a1b.png")
    write(place / "t-shirt" / "77.png")
    write(place / "air_freshener" / "5d.png")  # one of the 200 folders that ImageNet has no class for
    images = open_images(data_set("objectnet"), tmp_path)
    assert images.image_ids.tolist() == ["alarm_clock/0a1b.png", "t-shirt/77.png"]
    assert images.label_space is not None
    assert len(images.label_space) == 125
    # 409 is an analog clock and 530 a digital one: ObjectNet's alarm clock is either.
    for clock in (409, 530):
        assert images.is_right(np.array([clock, 610])).tolist() == [True, True]
    assert images.is_right(np.array([892 if 892 in images.label_space else 531, 851])).tolist() == [
        False,
        False,
    ]


def test_the_largest_logit_of_the_125_decides_as_merging_by_max_does() -> None:
    logits = np.random.default_rng(0).normal(size=(500, 1000))
    merged = merging("objectnet")
    by_max = np.stack(
        [logits[:, merged.indices[merged.numbers == n]].max(axis=1) for n in range(113)], axis=1
    )
    assert (merged.numbers[logits[:, merged.indices].argmax(axis=1)] == by_max.argmax(axis=1)).all()


def test_the_red_border_of_objectnet_is_gone_once_decoded(tmp_path: Path) -> None:
    write(tmp_path / "objectnet-1.0" / "images" / "tray" / "a.png", with_red_border(32))
    picture = decoded(open_images(data_set("objectnet"), tmp_path), 0)
    assert picture.size == (28, 28)
    assert (np.asarray(picture) == 128).all()


def test_objectnet_without_any_folder_of_use(tmp_path: Path) -> None:
    write(tmp_path / "objectnet-1.0" / "images" / "air_freshener" / "a.png")
    with pytest.raises(ClipsafeError, match="none of the 113 folders"):
        open_images(data_set("objectnet"), tmp_path)


def test_cue_conflict_tells_shape_and_texture_whatever_the_toolbox_adds(tmp_path: Path) -> None:
    place = tmp_path / "cue-conflict"
    write(place / "bird" / "0001_s5n_s01_0_bird_00_bird3-bird2.png")
    write(place / "bird" / "bird1-airplane10.png")
    write(place / "knife" / "knife2-truck1.png")
    images = open_images(data_set("cue-conflict"), tmp_path)
    assert images.image_ids.tolist() == [
        "bird/bird1-airplane10.png",
        "bird/bird3-bird2.png",
        "knife/knife2-truck1.png",
    ]
    assert images.columns["shape"].tolist() == ["bird", "bird", "knife"]
    assert images.columns["texture"].tolist() == ["airplane", "bird", "truck"]
    assert images.columns["conflict"].tolist() == [True, False, True]
    assert images.merge == "mean"
    assert images.merged is not None
    assert len(images.merged.indices) == 207
    # 499 is the only knife; a bird is any of 49 classes.
    assert images.is_right(np.array([8, 145, 499])).all()
    assert Path(images.place(1)).name.startswith("0001_")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("cat/dog1-cat2.png", "lies in the folder cat"),
        ("cat/cat1.png", "expected a name such as"),
        ("cat/cat1-spoon2.png", "two of the sixteen classes"),
    ],
)
def test_cue_conflict_refuses_names_that_tell_nothing(tmp_path: Path, path: str, words: str) -> None:
    write(tmp_path / "cue-conflict" / path)
    with pytest.raises(ClipsafeError, match=words):
        open_images(data_set("cue-conflict"), tmp_path)


def test_an_image_that_stands_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "cue-conflict" / "cat" / "cat1-dog2.png")
    write(tmp_path / "cue-conflict" / "cat" / "0001_cat1-dog2.png")
    with pytest.raises(ClipsafeError, match=r"cat/cat1-dog2\.png appears twice"):
        open_images(data_set("cue-conflict"), tmp_path)


def test_all_textures_stay_and_the_overlap_with_imagenet_is_marked(tmp_path: Path) -> None:
    for texture in ("banded", "bubbly", "cobwebbed", "honeycombed", "spiralled", "polka-dotted"):
        write(tmp_path / "dtd" / "images" / texture / f"{texture}_0002.jpg")
    images = open_images(data_set("textures"), tmp_path)
    assert len(images) == 6
    assert (images.labels == -1).all()
    marked = images.columns["texture"][images.columns["overlaps_imagenet"]]
    assert marked.tolist() == ["bubbly", "cobwebbed", "honeycombed", "spiralled"]


def test_the_class_folders_of_imagenet_o_are_no_labels(tmp_path: Path) -> None:
    nominal = int(subset("imagenet_o")[3])
    write(tmp_path / "imagenet-o" / WNIDS[nominal] / "a.JPEG")
    images = open_images(data_set("imagenet-o"), tmp_path)
    assert images.labels.tolist() == [-1]
    assert images.columns["nominal_class"].tolist() == [nominal]
    assert not images.is_right(np.array([nominal])).any()


@pytest.mark.parametrize(
    ("name", "folder"), [("inaturalist", "iNaturalist"), ("sun", "SUN"), ("places", "Places")]
)
def test_the_ood_subsets_have_no_class(tmp_path: Path, name: str, folder: str) -> None:
    write(tmp_path / folder / "images" / "b.jpg", encoded((1, 2, 3)))
    write(tmp_path / folder / "images" / "a.jpg", encoded((9, 2, 3)))
    images = open_images(data_set(name), tmp_path)
    assert images.image_ids.tolist() == ["a.jpg", "b.jpg"]
    assert images.labels.tolist() == [-1, -1]
    assert images.read(1) == encoded((1, 2, 3))


def test_samples_are_labelled_by_the_beginning_of_their_names(tmp_path: Path) -> None:
    write(tmp_path / "imagenet-samples" / "n01443537_goldfish.JPEG")
    assert open_images(data_set("imagenet-samples"), tmp_path).labels.tolist() == [1]
    write(tmp_path / "imagenet-samples" / "goldfish.JPEG")
    with pytest.raises(ClipsafeError, match=r"goldfish\.JPEG: expected a name that begins with a WordNet id"):
        open_images(data_set("imagenet-samples"), tmp_path)


def test_an_unknown_set_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ClipsafeError, match="no data set 'imagenet-z'; there are imagenet, "):
        data_set("imagenet-z")


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "SUN" / "images" / "a.jpg")
    images = open_images(data_set("sun"), tmp_path)
    path.unlink()
    with pytest.raises(ClipsafeError, match=r"a\.jpg: cannot be read \(No such file"):
        images.read(0)
