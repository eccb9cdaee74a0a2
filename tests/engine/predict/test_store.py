import dataclasses
import os
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("zarr")

from clipsafe_engine.predict import arrays
from clipsafe_engine.predict.store import Predictions, PredictionStore
from clipsafe_utils.errors import ClipsafeError

MODEL, DATASET = "open_clip:ViT-B/32@laion2b.s34b", "v2/matched-frequency"
PROVENANCE = {"weights": "0f", "preprocessing": "1a"}


def predictions(images=10, width=3, dtype="float16", seed=0, **changes):
    rng = np.random.default_rng(seed)
    made = Predictions(
        MODEL,
        DATASET,
        "logits",
        rng.normal(size=(images, width)).astype(dtype),
        rng.integers(0, width, images),
        np.array([f"{i}/ä.png" for i in range(images)]),
        PROVENANCE,
    )
    return dataclasses.replace(made, **changes)


def sharded_writer(store, made, shard_images=4, **changes):
    arguments = {
        "kind": made.kind,
        "labels": made.labels,
        "image_ids": made.image_ids,
        "width": made.values.shape[1],
        "dtype": made.values.dtype.name,
        "provenance": made.provenance,
        "shard_images": shard_images,
    }
    return store.writer(made.model, made.dataset, **(arguments | changes))


def files(root: Path) -> dict[str, bytes]:
    """Every file of the store with its bytes."""
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def entry_of(store) -> Path:
    (entry,) = (store.folder / "predictions").glob("*/*/*.zarr")
    return entry


@pytest.fixture
def store(tmp_path):
    return PredictionStore(tmp_path / "store")


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("ids", ["text", "numbers"])
def test_what_is_written_is_read(store, dtype, ids):
    made = predictions(dtype=dtype)
    if ids == "numbers":
        made = dataclasses.replace(made, image_ids=np.arange(10, dtype=np.int32) * 3)
    store.write(made)
    read = PredictionStore(store.folder).read(MODEL, DATASET)
    assert (read.model, read.dataset, read.kind, read.provenance) == (MODEL, DATASET, "logits", PROVENANCE)
    assert read.values.dtype == dtype
    np.testing.assert_array_equal(read.values, made.values)
    np.testing.assert_array_equal(read.labels, made.labels)
    np.testing.assert_array_equal(read.image_ids, made.image_ids)
    assert read.image_ids.dtype.kind == ("i" if ids == "numbers" else "U")


def test_several_labels_an_image_are_kept(store):
    labels = np.array([[0, 1], [2, -1]])
    store.write(predictions(images=2, labels=labels))
    np.testing.assert_array_equal(store.read(MODEL, DATASET).labels, labels)


def test_names_are_listed_and_only_finished_data_sets(store):
    store.write(predictions())
    store.write(predictions(model="..", dataset="a:b"))
    sharded_writer(store, predictions(dataset="begun"))
    assert store.models() == ("..", MODEL)
    assert store.datasets(MODEL) == (DATASET,)
    assert store.datasets("..") == ("a:b",)
    assert store.datasets("nobody") == ()


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20))
def test_any_name_is_one_folder_and_comes_back(name):
    folder = arrays.folder_name(name)
    assert folder not in (".", "..")
    assert "/" not in folder
    assert arrays.plain_name(folder) == name


def test_two_models_share_one_table_of_images(store):
    store.write(predictions())
    store.write(predictions(model="other"))
    assert len(list((store.folder / "images").glob("*/*.zarr"))) == 1
    assert store.read(MODEL, DATASET).labels is store.read("other", DATASET).labels


def test_shards_resume_and_end_with_the_same_bytes(store, tmp_path):
    made = predictions()
    first = sharded_writer(store, made)
    assert first.missing == (0, 1, 2)
    assert first.rows(2) == slice(8, 10)
    first.write(1, made.values[4:8])
    assert not store.is_done(MODEL, DATASET, PROVENANCE)
    before = arrays.shard_file(entry_of(store), 1).stat().st_mtime_ns

    again = sharded_writer(PredictionStore(store.folder), made)
    assert again.missing == (0, 2)
    for shard in (2, 0):
        again.write(shard, made.values[again.rows(shard)])
    assert arrays.shard_file(entry_of(store), 1).stat().st_mtime_ns == before
    assert store.is_done(MODEL, DATASET, PROVENANCE)

    undisturbed = PredictionStore(tmp_path / "undisturbed")
    writer = sharded_writer(undisturbed, made)
    for shard in writer.missing:
        writer.write(shard, made.values[writer.rows(shard)])
    assert files(store.folder) == files(undisturbed.folder)
    np.testing.assert_array_equal(store.read(MODEL, DATASET).values, made.values)


def test_unfinished_entry_is_refused_by_name(store):
    made = predictions()
    sharded_writer(store, made).write(0, made.values[:4])
    with pytest.raises(ClipsafeError, match=r"matched-frequency.*2 shards are missing"):
        store.read(MODEL, DATASET)


def test_a_changed_weight_makes_another_entry(store):
    changed = {**PROVENANCE, "weights": "ff"}
    old, new = predictions(), predictions(seed=1, provenance=changed)
    store.write(old)
    assert not store.is_done(MODEL, DATASET, changed)
    sharded_writer(store, new)
    np.testing.assert_array_equal(store.read(MODEL, DATASET).values, old.values)
    store.write(dataclasses.replace(new, dataset="elsewhere"))

    writer = sharded_writer(store, new)
    for shard in writer.missing:
        writer.write(shard, new.values[writer.rows(shard)])
    with pytest.raises(ClipsafeError, match="2 entries of different provenance"):
        store.read(MODEL, DATASET)
    np.testing.assert_array_equal(store.read(MODEL, DATASET, changed).values, new.values)
    np.testing.assert_array_equal(store.read(MODEL, DATASET, PROVENANCE).values, old.values)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"labels": np.zeros(10, int)}, "images"),
        ({"dtype": "float32"}, "dtype"),
        ({"shard_images": 5}, "shard_images"),
        ({"kind": "embeddings"}, "kind"),
        ({"width": 4}, "shape"),
    ],
)
def test_an_entry_is_never_mixed(store, changes, named):
    made = predictions()
    sharded_writer(store, made)
    with pytest.raises(ClipsafeError, match=f"begun with other .*{named}"):
        sharded_writer(store, made, **changes)


def test_images_that_could_not_be_read_are_left_out_on_request(store):
    made = predictions()
    made.values[[2, 5]] = np.nan
    store.write(made)
    read = store.read(MODEL, DATASET)
    assert np.flatnonzero(~read.is_readable).tolist() == [2, 5]
    kept = read.of_readable_images()
    assert kept.image_ids.tolist() == [name for i, name in enumerate(made.image_ids) if i not in (2, 5)]
    assert not np.isnan(kept.values).any()
    assert len(kept.labels) == 8


@pytest.mark.parametrize("constant", [0.0, np.nan])
def test_a_shard_of_one_value_is_stored(store, constant):
    store.write(predictions(values=np.full((10, 3), constant, "float16")))
    assert store.is_done(MODEL, DATASET, PROVENANCE)
    np.testing.assert_array_equal(store.read(MODEL, DATASET).values, constant)


@pytest.mark.parametrize("value", [np.inf, -np.inf, 70000.0])
def test_a_value_that_does_not_fit_is_refused(store, value):
    made = predictions(dtype="float32")
    made.values[3, 1] = value
    with pytest.raises(ClipsafeError, match="infinite or does not fit float16"):
        sharded_writer(store, made, dtype="float16").write(0, made.values[:4])


def test_half_a_row_that_is_not_a_number_is_refused(store):
    made = predictions()
    made.values[3, 1] = np.nan
    with pytest.raises(ClipsafeError, match="not a number"):
        store.write(made)


def test_a_shard_of_the_wrong_shape_is_refused(store):
    with pytest.raises(ValueError, match="shape"):
        sharded_writer(store, predictions()).write(2, np.zeros((4, 3)))


def test_image_ids_must_be_unique(store):
    with pytest.raises(ValueError, match="unique"):
        store.write(predictions(image_ids=np.zeros(10, int)))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda data: data[:5] + b"\x01\x02" + data[7:], "damaged"),
        (lambda data: data[:-8], "damaged"),
        (lambda _: b"", "1 shards are missing"),
    ],
)
def test_a_damaged_shard_is_named(store, damage, said):
    store.write(predictions())
    path = arrays.shard_file(entry_of(store), 0)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ClipsafeError, match=said):
        store.read(MODEL, DATASET)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"{}"])
def test_a_damaged_description_is_named(store, content):
    store.write(predictions())
    (entry_of(store) / "zarr.json").write_bytes(content)
    with pytest.raises(ClipsafeError, match=r"zarr\.json"):
        store.read(MODEL, DATASET)


def test_a_missing_entry_is_named(store):
    with pytest.raises(ClipsafeError, match="no predictions of 'x' on 'y'"):
        store.read("x", "y")
    with pytest.raises(ClipsafeError, match="no such entry"):
        store.read("x", "y", PROVENANCE)


def test_a_full_disk_is_one_sentence_and_leaves_no_shard(store, monkeypatch):
    made = predictions()
    writer = sharded_writer(store, made)

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(arrays, "write_shard", full)
    with pytest.raises(ClipsafeError, match="No space left"):
        writer.write(0, made.values[:4])
    assert writer.missing == (0, 1, 2)
    assert list((store.folder / arrays.UNFINISHED).iterdir()) == []


def test_what_a_killed_process_left_is_cleared_after_an_hour(store):
    store.write(predictions())
    fresh, old = (store.folder / arrays.UNFINISHED / name for name in ("fresh", "old"))
    for folder in (fresh, old):
        folder.mkdir()
    hours_ago = time.time() - 2 * arrays.ABANDONED_AFTER_SECONDS
    os.utime(old, (hours_ago, hours_ago))
    PredictionStore(store.folder)
    assert fresh.exists()
    assert not old.exists()


def test_a_large_shard_is_cut_into_chunks_that_divide_it(store):
    store.write(predictions(images=4100, width=1000))
    described = arrays.read_metadata(entry_of(store))
    (codec,) = described["codecs"]
    rows, _ = codec["configuration"]["chunk_shape"]
    assert 4100 % rows == 0
    assert rows * 1000 * 2 <= arrays.CHUNK_BYTES


def test_classifiers_come_back(store):
    values = np.random.default_rng(0).normal(size=(5, 8)).astype("float32")
    store.write_classifier(MODEL, "80 templates", values, 100.0, PROVENANCE)
    read = store.read_classifier(MODEL, "80 templates")
    np.testing.assert_array_equal(read.values, values)
    assert (read.logit_scale, read.provenance) == (100.0, PROVENANCE)
    assert store.prompt_sets(MODEL) == ("80 templates",)
    assert store.models() == ()
    store.write_classifier(MODEL, "80 templates", values, 50.0, {"weights": "ff"})
    with pytest.raises(ClipsafeError, match="2 entries"):
        store.read_classifier(MODEL, "80 templates")
    assert store.read_classifier(MODEL, "80 templates", {"weights": "ff"}).logit_scale == 50.0


def test_other_programs_read_it_with_zarr_alone(store):
    import zarr

    made = predictions()
    store.write(made)
    array = zarr.open_array(entry_of(store), mode="r")
    np.testing.assert_array_equal(array[...], made.values)
    assert array.attrs["model"] == MODEL


@pytest.mark.slow
def test_that_all_of_the_study_is_done_is_found_in_two_seconds(store):
    for number in range(210):
        for dataset in range(14):
            folder = store._entry("predictions", f"timm:{number}", str(dataset), PROVENANCE)
            if number == dataset == 0:
                store.write(predictions(model="timm:0", dataset="0"))
                first = files(folder)
                continue
            folder.mkdir(parents=True)
            for name, content in first.items():
                (folder / name).write_bytes(content)
    began = time.process_time()
    assert all(store.is_done(f"timm:{m}", str(d), PROVENANCE) for m in range(210) for d in range(14))
    assert time.process_time() - began < 2


def test_what_another_process_removes_meanwhile_is_no_error(store):
    """A link to nowhere stands for a folder that is gone between listing and looking at it."""
    store.write(predictions())
    (store.folder / arrays.UNFINISHED / "gone").symlink_to(store.folder / "nowhere")
    PredictionStore(store.folder)
