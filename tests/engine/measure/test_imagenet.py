"""The study `imagenet` on lists of the official form and logits of 1,000 classes, by the sets' own rules."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("zarr")
if find_spec("imagenet_x") is None:
    pytest.skip("needs the annotations of the extra `record`", allow_module_level=True)

from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.datasets.sources import Members
from clipsafe_engine.datasets.vid_robust import frame_sets
from clipsafe_engine.measure.imagenet import measure_imagenet, plan_of_lists
from clipsafe_engine.predict.store import Predictions, PredictionStore
from clipsafe_utils.cubes import FACTORS, read_cube
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.imagenet_x import read_annotations
from clipsafe_utils.registry.catalogue import catalogue
from clipsafe_utils.registry.label_maps import merging, subset

RANDOM = np.random.default_rng(0)
ENTRY = catalogue()["RN50.openai"]
HOME_IMAGES = 3000


def listed(name: str, labels: np.ndarray, ids: list[str] | None = None, **facts: object) -> ImageList:
    """List images without files."""
    return ImageList(
        name,
        np.array(ids or [f"{k:05d}" for k in range(len(labels))]),
        labels,
        Members(()),
        **facts,  # type: ignore[arg-type]
    )


def home() -> ImageList:
    known = read_annotations("top").labels
    chosen = known.iloc[np.sort(RANDOM.permutation(len(known))[:HOME_IMAGES])]
    return listed("imagenet", chosen.to_numpy(np.int64), list(chosen.index))


def vid_robust(sets: int = 20) -> ImageList:
    classes = merging("imagenet_vid_robust")
    right = np.full((3 * sets, 2), -1)
    right[:, 0] = np.repeat(RANDOM.integers(0, 30, sets), 3)
    right[::3, 1] = (right[::3, 0] + 1) % 30
    ids = [f"val/v{k // 3:02d}/{k % 3}.JPEG" for k in range(3 * sets)]
    columns = {
        "right_classes": right,
        "anchor": np.array([ids[3 * (k // 3) + 1] for k in range(3 * sets)]),
        "offset": np.arange(3 * sets) % 3 - 1,
    }
    labels = classes.first_index()[right[:, 0]]
    facts = {"label_space": classes.indices, "merged": classes, "merge": "max", "columns": columns}
    return listed("imagenet-vid-robust", labels, ids, **facts)


def cue_conflict(images: int = 64) -> ImageList:
    classes = merging("cue_conflict")
    shape, texture = np.arange(images) % 16, (np.arange(images) // 4) % 16
    columns = {
        "shape": np.array(classes.names)[shape],
        "texture": np.array(classes.names)[texture],
        "conflict": shape != texture,
    }
    facts = {"label_space": classes.indices, "merged": classes, "merge": "mean", "columns": columns}
    return listed("cue-conflict", classes.first_index()[shape], **facts)


def data_sets() -> dict[str, ImageList]:
    objectnet = merging("objectnet")
    r = subset("imagenet_r")
    shared = [f"{k}/shared.jpeg" for k in range(50)]
    lists = [
        home(),
        listed("imagenet-v2-matched-frequency", np.arange(50), shared),
        listed("imagenet-v2-top-images", np.arange(40), shared[:40]),
        listed("imagenet-r", r[RANDOM.integers(0, 200, 80)], label_space=r),
        listed(
            "objectnet",
            objectnet.first_index()[RANDOM.integers(0, 113, 80)],
            label_space=objectnet.indices,
            merged=objectnet,
            merge="max",
        ),
        vid_robust(),
        cue_conflict(),
        listed("textures", np.full(60, -1)),
        listed("imagenet-o", np.full(60, -1)),
    ]
    return {images.name: images for images in lists}


def logits_on(images: ImageList) -> np.ndarray:
    values = RANDOM.standard_normal((len(images), 1000)).astype(np.float32)
    known = images.labels >= 0
    values[np.flatnonzero(known), images.labels[known]] += 3
    return values


@pytest.fixture(scope="module")
def study(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Study, dict[str, ImageList], dict[str, np.ndarray]]:
    folder = tmp_path_factory.mktemp("imagenet")
    lists = data_sets()
    logits = {name: logits_on(images) for name, images in lists.items()}
    store = PredictionStore(folder / "store")
    for name, images in lists.items():
        made_by = {"weights": "w"}
        store.write(
            Predictions(ENTRY.name, name, "logits", logits[name], images.labels, images.image_ids, made_by)
        )
    plan = plan_of_lists(lists)
    measure_imagenet(folder / "store", [ENTRY], plan, folder / "cubes", folder / "work", replicates=4, jobs=1)
    return Study("imagenet", folder / "cubes"), lists, logits


def decided(images: ImageList, logits: np.ndarray) -> np.ndarray:
    space = np.arange(1000) if images.label_space is None else images.label_space
    return space[logits[:, space].argmax(axis=1)]


def test_hits_are_those_of_each_sets_own_rules(study) -> None:  # type: ignore[no-untyped-def]
    cubes, lists, logits = study
    cubes.check()
    shifts = cubes.read("shifts").isel(model=0)
    for name, condition in (
        ("imagenet-v2-matched-frequency", "v2_matched_frequency"),
        ("imagenet-v2-top-images", "v2_top_images"),
        ("imagenet-r", "r"),
        ("objectnet", "objectnet"),
    ):
        images = lists[name]
        right = images.is_right(decided(images, logits[name]))
        found = shifts.sel(condition=condition)
        assert (found["hits"], found["images"]) == (right.sum(), len(images))
    frames = lists["imagenet-vid-robust"]
    judged = frame_sets(frames, frames.is_right(decided(frames, logits["imagenet-vid-robust"])))
    for condition, whole in (("vid_robust_pm0", judged.pm0), ("vid_robust_pm10", judged.pm10)):
        found = shifts.sel(condition=condition)
        assert (found["hits"], found["images"]) == (whole.sum(), 20)
    assert judged.pm0.sum() > judged.pm10.sum()


def test_same_class_subsets_are_of_the_tested_half(study) -> None:  # type: ignore[no-untyped-def]
    cubes, lists, logits = study
    shifts = cubes.read("shifts").isel(model=0)
    labels, values = lists["imagenet"].labels, logits["imagenet"]
    half = ~plan_of_lists(lists).in_distribution.fits  # type: ignore[union-attr]
    assert shifts["images"].sel(condition="id") == half.sum() == HOME_IMAGES // 2
    for condition, space in (
        ("id_r200", subset("imagenet_r")),
        ("id_a200", subset("imagenet_a")),
        ("id_objectnet113", merging("objectnet").indices),
    ):
        rows = half & np.isin(labels, space)
        right = space[values[:, space].argmax(axis=1)] == labels
        found = shifts.sel(condition=condition)
        assert (found["hits"], found["images"]) == (right[rows].sum(), rows.sum())
        assert rows.sum() > 100


def test_factors_are_those_of_imagenet_x(study) -> None:  # type: ignore[no-untyped-def]
    cubes, lists, logits = study
    images = lists["imagenet"]
    right = logits["imagenet"].argmax(axis=1) == images.labels
    factors = cubes.read("factors").isel(model=0)
    assert factors["factor"].values.tolist() == list(FACTORS)
    for selection in ("top", "multi"):
        flags = read_annotations(selection).flags.loc[images.image_ids]
        for factor in ("pose", "texture", "darker", "overall"):
            found = factors.sel(selection=selection, factor=factor)
            here = flags[factor].to_numpy()
            assert (found["hits"], found["images"]) == (right[here].sum(), here.sum())


def test_shape_bias_leaves_out_images_without_a_conflict(study) -> None:  # type: ignore[no-untyped-def]
    cubes, lists, logits = study
    images, classes = lists["cue-conflict"], merging("cue_conflict")
    powers = np.exp(logits["cue-conflict"].astype(float))
    members = [classes.indices[classes.numbers == number] for number in range(16)]
    means = np.stack([powers[:, rows].mean(axis=1) for rows in members], axis=1)
    answer = np.array(classes.names)[means.argmax(axis=1)]
    conflict = images.columns["conflict"]
    count = cubes.read("shape_bias")["count"].isel(model=0)
    assert count.sum() == conflict.sum() == 60
    for decision in ("shape", "texture"):
        hits = (answer == images.columns[decision]) & conflict
        assert count.sel(decision=decision).sum() == hits.sum()


def test_variants_of_v2_share_the_weights_of_shared_images(study) -> None:  # type: ignore[no-untyped-def]
    drawn = study[0].read("shifts")["draw_images"]
    first, second = (drawn.sel(condition=name) for name in ("v2_matched_frequency", "v2_top_images"))
    # Ten images are in the first alone: what they weigh is the whole difference.
    assert (first >= second).all()
    assert (first - second).sel(draw=0) == 10


def test_sets_of_ood_images_and_calibrated_conditions(study) -> None:  # type: ignore[no-untyped-def]
    cubes = study[0]
    assert cubes.read("ood")["ood_set"].values.tolist() == ["textures", "imagenet_o"]
    conditions = cubes.read("calibration")["condition"].values.tolist()
    assert conditions == ["id", "v2_matched_frequency", "v2_top_images", "r", "objectnet", "vid_robust"]
    assert cubes.read("models")["checkpoint"].item() == ENTRY.name


def test_without_imagenet_only_shape_bias_is_measured(tmp_path: Path) -> None:
    images = cue_conflict()
    store = PredictionStore(tmp_path / "store")
    values = logits_on(images)
    store.write(Predictions(ENTRY.name, images.name, "logits", values, images.labels, images.image_ids, {}))
    plan = plan_of_lists({images.name: images})
    measure_imagenet(
        store.folder,
        [ENTRY],
        plan,
        tmp_path / "field",
        tmp_path / "work",
        study="field",
        replicates=2,
        jobs=1,
    )
    assert Study("field", tmp_path / "field").cubes == ("models", "shape_bias")
    assert read_cube(tmp_path / "field" / "shape_bias.nc").attrs["study"] == "field"
    with pytest.raises(ClipsafeError, match="nothing to measure without imagenet, cue-conflict or a shifted"):
        plan_of_lists({"textures": listed("textures", np.full(3, -1))})
    with pytest.raises(ClipsafeError, match="There is no model to measure"):
        measure_imagenet(store.folder, [], plan, tmp_path / "none", tmp_path / "work")
