import dataclasses

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("zarr")
pytest.importorskip("open_clip")

import torch

from clipsafe_engine.datasets import decoding
from clipsafe_engine.models.prompts import PromptSet
from clipsafe_engine.predict import jobs, pixels
from clipsafe_engine.predict.jobs import Part, outstanding, rounds
from clipsafe_engine.predict.predict import predict
from clipsafe_engine.predict.run import Settings
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.errors import ClipsafeError
from tests.engine.predict.tiny import MODELS, Folder, TinyModel, TinyNetwork, bytes_of, draw_images

SETTINGS = Settings(batch_images=4, threads=2, shard_images=4, prompts=(PromptSet("one", ("a {}.",)),))


@pytest.fixture
def sets(tmp_path):
    return [
        Folder("first", draw_images(tmp_path / "first", 11)),
        Folder("second", draw_images(tmp_path / "second", 5, seed=1)),
    ]


@pytest.fixture
def store(tmp_path):
    return PredictionStore(tmp_path / "store")


def plain_loop(model, images):
    """What a person would write: one image, one transform, one model at a time."""
    network, transform = TinyNetwork(model), model.transform
    rows = [network.forward(transform(decoding.decoded(images, k))[None]) for k in range(len(images))]
    return np.concatenate(rows)


def test_values_are_those_of_a_plain_loop(store, sets):
    summary = predict(MODELS, sets, store, SETTINGS)
    assert (summary.images, summary.passes) == (16, 48)
    for model in MODELS:
        for dataset in sets:
            images = dataset.open()
            read = store.read(model.name, dataset.name)
            assert read.kind == model.kind
            assert read.values.dtype == np.float32
            np.testing.assert_array_equal(read.image_ids, images.image_ids)
            np.testing.assert_array_equal(read.labels, images.labels)
            np.testing.assert_allclose(read.values, plain_loop(model, images), rtol=0, atol=1e-6)


def test_an_image_is_read_once_for_all_models_and_cut_once_a_crop(store, sets, monkeypatch):
    reads, cuts = [], []
    read, cut = type(sets[0].open()).read, pixels.Crop.__call__

    def counting_read(self, index):
        reads.append((self.name, index))
        return read(self, index)

    def counting_cut(self, image):
        cuts.append(self)
        return cut(self, image)

    monkeypatch.setattr(type(sets[0].open()), "read", counting_read)
    monkeypatch.setattr(pixels.Crop, "__call__", counting_cut)
    predict(MODELS, sets, store, SETTINGS)
    assert len(reads) == len(set(reads)) == 16
    assert len(cuts) == 2 * 16  # three models, two of them with the same crop


def test_a_second_run_loads_nothing_and_a_new_model_runs_alone(store, sets, tmp_path):
    log = tmp_path / "log"
    logged = [dataclasses.replace(model, log=log) for model in MODELS]
    predict(logged, sets, store, SETTINGS)
    log.unlink()
    assert predict(logged, sets, store, SETTINGS).images == 0
    assert not log.exists()
    summary = predict([*logged, TinyModel("new", 9, log=log)], sets, store, SETTINGS)
    assert log.read_text() == "new\n"
    assert summary.passes == 16


def test_other_weights_make_another_entry(store, sets):
    predict(MODELS[:1], sets, store, SETTINGS)
    changed = dataclasses.replace(MODELS[0], seed=5)
    predict([changed], sets, store, SETTINGS)
    with pytest.raises(ClipsafeError, match="2 entries of different provenance"):
        store.read(changed.name, "first")


def test_other_labels_make_another_entry(store, sets):
    predict(MODELS[:1], sets, store, SETTINGS)
    (sets[0].place / "new.png").write_bytes((sets[0].place / "0001.png").read_bytes())
    assert predict(MODELS[:1], sets, store, SETTINGS).images == 12


def test_classifiers_are_written_for_embeddings_alone(store, sets):
    predict(MODELS, sets, store, SETTINGS)
    assert store.prompt_sets("clip:large") == ("one",)
    assert store.prompt_sets("logits/small") == ()
    read = store.read_classifier("clip:large", "one")
    assert (read.logit_scale, read.values.shape) == (10.0, (5, 7))
    assert read.provenance["weights"] == store.read("clip:large", "first").provenance["weights"]
    more = dataclasses.replace(SETTINGS, prompts=(*SETTINGS.prompts, PromptSet("two", ("a {}.", "the {}."))))
    assert predict(MODELS, sets, store, more).images == 0
    assert store.prompt_sets("clip:large") == ("one", "two")


@pytest.mark.parametrize("count", [2, 3, 7])
def test_parts_make_together_what_one_run_makes(tmp_path, sets, count):
    whole, parts = PredictionStore(tmp_path / "whole"), PredictionStore(tmp_path / "parts")
    predict(MODELS, sets, whole, SETTINGS)
    images = [
        predict(MODELS, sets, parts, SETTINGS, Part(number, count)).images for number in range(1, count + 1)
    ]
    assert sum(images) == 16
    assert bytes_of(parts.folder) == bytes_of(whole.folder)


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/3", ""])
def test_parts_that_are_none_are_refused(text):
    with pytest.raises(ClipsafeError, match="expected i/n"):
        Part.parse(text)


def test_models_of_which_one_is_ahead_end_with_the_same_bytes(tmp_path, sets):
    whole, mended = PredictionStore(tmp_path / "whole"), PredictionStore(tmp_path / "mended")
    for store in (whole, mended):
        predict(MODELS, sets, store, SETTINGS)
    lost = sorted(path for path in (mended.folder / "predictions").rglob("c.*") if "small" in str(path))[:2]
    for path in lost:
        path.unlink()
    assert predict(MODELS, sets, mended, SETTINGS).passes <= 8
    assert bytes_of(mended.folder) == bytes_of(whole.folder)


@pytest.mark.parametrize(
    "damage", [lambda data: data[: len(data) // 2], lambda _: b"", lambda _: b"no image"]
)
def test_a_broken_image_is_named_counted_and_left_out(store, sets, damage):
    broken = sets[0].place / "0003.png"
    broken.write_bytes(damage(broken.read_bytes()))
    summary = predict(MODELS, sets, store, SETTINGS)
    (said,) = summary.unreadable
    assert str(broken) in said
    for model in MODELS:
        read = store.read(model.name, "first")
        assert np.flatnonzero(~read.is_readable).tolist() == [3]
        expected = np.delete(plain_loop_but(model, sets[0].open(), 3), 3, axis=0)
        np.testing.assert_allclose(read.of_readable_images().values, expected, rtol=0, atol=1e-6)
    assert predict(MODELS, sets, store, SETTINGS).images == 0


def plain_loop_but(model, images, left_out):
    network = TinyNetwork(model)
    rows = [
        np.zeros((1, 7))
        if k == left_out
        else network.forward(model.transform(decoding.decoded(images, k))[None])
        for k in range(len(images))
    ]
    return np.concatenate(rows)


def test_too_many_broken_images_stop_the_run(store, sets):
    for name in ("0005.png", "0007.png"):
        (sets[0].place / name).write_bytes(b"no image")
    with pytest.raises(ClipsafeError, match=r"first: more than 1 of 4 images are broken.*0007\.png"):
        predict(MODELS, sets, store, SETTINGS)
    assert store.missing("logits/small", "first", provenance(MODELS[0], sets[0])) == (1, 2)
    lenient = dataclasses.replace(SETTINGS, most_unreadable=0.5)
    assert len(predict(MODELS, sets, store, lenient).unreadable) == 2


def test_a_file_system_that_fails_stops_the_run(store, sets):
    class Vanished(Folder):
        def open(self):
            images = super().open()
            (self.place / "0003.png").unlink()
            return images

    with pytest.raises(ClipsafeError, match=r"0003\.png: cannot be read"):
        predict(MODELS, [Vanished("first", sets[0].place)], store, SETTINGS)


def provenance(model, dataset):
    return jobs.entry_provenance(model, dataset.open())


class Hungry(TinyNetwork):
    """Runs out of memory above a number of images."""

    holds = 2
    sizes: list[int]

    def forward(self, batch):
        self.sizes.append(len(batch))
        if len(batch) > self.holds:
            raise torch.OutOfMemoryError("too large")
        return super().forward(batch)


@dataclasses.dataclass(frozen=True)
class HungryModel(TinyModel):
    holds: int = 2
    sizes: list = dataclasses.field(default_factory=list, compare=False)

    def load(self):
        network = Hungry(self)
        network.holds, network.sizes = self.holds, self.sizes
        return network


def test_batches_shrink_until_they_fit(store, sets):
    model = HungryModel("hungry")
    predict([model], sets, store, dataclasses.replace(SETTINGS, batch_images=8, shard_images=8))
    assert model.sizes[:3] == [8, 4, 2]
    assert max(model.sizes[3:]) == 2
    np.testing.assert_allclose(
        store.read("hungry", "first").values, plain_loop(TinyModel("x"), sets[0].open()), rtol=0, atol=1e-6
    )


def test_an_image_that_does_not_fit_is_an_error(store, sets):
    with pytest.raises(ClipsafeError, match="hungry: one image needs more memory"):
        predict([HungryModel("hungry", holds=0)], sets, store, SETTINGS)


def test_values_that_are_not_finite_are_no_broken_images(store, sets):
    class Overflowing(TinyNetwork):
        def forward(self, batch):
            return np.full((len(batch), 7), np.nan, np.float32)

    class Model(TinyModel):
        def load(self):
            return Overflowing(self)

    with pytest.raises(ClipsafeError, match="not finite"):
        predict([Model("over")], sets, store, SETTINGS)


def test_groups_hold_what_is_allowed_and_keep_crops_together():
    models = [TinyModel(str(k), transform=MODELS[k % 3].transform, parameters=10) for k in range(9)]
    groups = rounds([*models, TinyModel("giant", parameters=1000)], 30)
    assert sorted(sum(model.parameters for model in group) for group in groups) == [30, 30, 30, 1000]
    alone = [group for group in groups if group[0].name != "giant"]
    assert all(len({model.transform for model in group}) == 1 for group in alone)
    assert max(map(len, rounds([TinyModel(str(k)) for k in range(100)], 10**9))) == jobs.MODELS_AT_ONCE


def test_progress_tells_every_image(store, sets):
    told = []
    predict(MODELS, sets, store, SETTINGS, advance=lambda pace, images: told.append((pace, images)))
    assert sum(images for _, images in told) == 16
    assert "images/s" in told[-1][0]
    assert "waiting" in told[-1][0]


@pytest.mark.slow
def test_that_a_finished_study_is_finished_is_found_in_two_seconds(tmp_path):
    import time

    from clipsafe_engine.datasets.image_list import ImageList
    from clipsafe_engine.datasets.sources import Members

    store = PredictionStore(tmp_path)
    models = [TinyModel(f"timm:{k}", k) for k in range(210)]
    counts = [
        50_000,
        *[10_000] * 3,
        30_000,
        7_500,
        50_889,
        18_574,
        22_179,
        10_000,
        10_000,
        10_000,
        5_640,
        2_000,
    ]
    images = [
        ImageList(f"set{k}", np.array([f"{i:06}.JPEG" for i in range(n)]), np.zeros(n, int), Members(()))
        for k, n in enumerate(counts)
    ]
    for one in images:
        writer = store.writer(
            "timm:0",
            one.name,
            kind="logits",
            labels=one.labels,
            image_ids=one.image_ids,
            width=1,
            dtype="float16",
            provenance=jobs.entry_provenance(models[0], one),
        )
        for shard in writer.missing:
            rows = writer.rows(shard)
            writer.write(shard, np.zeros((rows.stop - rows.start, 1)))
        first = store._entry("predictions", "timm:0", one.name, jobs.entry_provenance(models[0], one))
        for model in models[1:]:
            entry = store._entry("predictions", model.name, one.name, jobs.entry_provenance(model, one))
            entry.parent.mkdir(parents=True)
            entry.symlink_to(first)
    jobs.data_hash.cache_clear()
    began = time.process_time()
    assert list(outstanding(store, models, images, 4096)) == []
    assert time.process_time() - began < 2
