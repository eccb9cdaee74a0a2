"""Predictions of untrained networks on a small world: right, resumable, of the listed weights only."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("zarr")

from clipsafe_engine.lab.predict.run import predict_zoo  # noqa: E402
from clipsafe_engine.lab.predict.sets import OWN_IMAGES, OWN_SOURCE, images_of, world_hash  # noqa: E402
from clipsafe_engine.lab.training.evaluation import outputs, zero_shot  # noqa: E402
from clipsafe_engine.lab.training.ledger import Row  # noqa: E402
from clipsafe_engine.lab.training.objectives import _FORMS, load_network  # noqa: E402
from clipsafe_engine.lab.training.recipe import Recipe  # noqa: E402
from clipsafe_engine.lab.training.weights import write_weights  # noqa: E402
from clipsafe_engine.lab.world.prompts import read_prompt_sets, read_single_templates  # noqa: E402
from clipsafe_engine.lab.world.renderer import render  # noqa: E402
from clipsafe_engine.lab.world.sets import TEST_SETS  # noqa: E402
from clipsafe_engine.lab.world.world import World  # noqa: E402
from clipsafe_engine.predict.store import PredictionStore  # noqa: E402
from clipsafe_utils.errors import ClipsafeError  # noqa: E402
from clipsafe_utils.files import sha256  # noqa: E402
from tests.lab.measure.stand_ins import SEED, small_world  # noqa: E402

MODELS = {"clip": ("clip", 0), "wide": ("classifier", 48), "tuned": ("clip_classifier", 24)}


def keep(world: World, weights: Path, name: str, form: str, classes: int) -> Row:
    torch.manual_seed(len(name))
    recipe = Recipe(
        name, "resnet_xs", "wit" if form == "clip" else "labels", form if form == "clip" else "labels"
    )
    path = weights / f"{name}.safetensors"
    network = _FORMS[form](world, "resnet_xs", classes)
    write_weights(path, network.state_dict(), {**recipe.described(), "form": form, "classes": classes})
    return Row.of(recipe, sha256(path), 0.5, 1.0)


class Place:
    """A small world, weights and where their predictions go."""

    def __init__(self, folder: Path) -> None:
        self.world = small_world(folder / "world")
        self.weights = folder / "weights"
        self.store = folder / "store"
        self.rows = [keep(self.world, self.weights, name, *kind) for name, kind in MODELS.items()]

    def predict(self, rows: list[Row] | None = None, seed: int = SEED) -> list[str]:
        done: list[str] = []
        predict_zoo(
            self.rows if rows is None else rows,
            self.weights,
            self.store,
            seed,
            world_folder=self.world.folder,
            advance=done.append,
        )
        return done

    def files(self) -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in self.store.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def predicted(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("predicted"))
    done = place.predict()
    assert sorted(done) == sorted([*TEST_SETS, "wit", "labels"])
    return place


@pytest.fixture
def place(predicted: Place) -> Iterator[Place]:
    """Give what was predicted, and put back what a test changes."""
    kept = predicted.store.with_name("kept")
    shutil.copytree(predicted.store, kept)
    prompts = predicted.world.folder / "prompts.toml"
    text = prompts.read_text()
    yield predicted
    prompts.write_text(text)
    shutil.rmtree(predicted.store)
    kept.rename(predicted.store)


@pytest.mark.slow
@pytest.mark.parametrize(
    "dataset", ["natural", "unseen_glyphs", "adversarial_wit", "cue_conflict", OWN_SOURCE]
)
def test_rows_are_what_the_networks_say(predicted: Place, dataset: str) -> None:
    store = PredictionStore(predicted.store)
    for row in predicted.rows:
        network, described = load_network(predicted.world, predicted.weights / f"{row.name}.safetensors")
        found = store.read(f"miniature:{row.name}", dataset)
        table, labels = images_of(predicted.world, row.source if dataset == OWN_SOURCE else dataset, SEED)
        assert (found.labels == labels).all()
        assert found.provenance == {"weights": row.weights, "images": world_hash(predicted.world, SEED)}
        assert found.values.dtype == np.float32
        some = np.random.default_rng(0).choice(len(labels), 60, replace=False)
        directly = outputs(network, described["form"], render(predicted.world, table.rows(some)))
        if described["form"] == "clip":
            assert found.kind == "embeddings"
            assert np.linalg.norm(found.values, axis=1) == pytest.approx(1, abs=1e-5)
        else:
            assert found.kind == "logits"
            assert found.values.shape[1] == 24
            directly = directly[:, :24]
        assert found.values[some] == pytest.approx(directly, abs=1e-4)
    assert len(store.read("miniature:clip", OWN_SOURCE).labels) == OWN_IMAGES


@pytest.mark.slow
def test_clips_have_a_classifier_of_each_prompt_set_and_single_template(predicted: Place) -> None:
    store = PredictionStore(predicted.store)
    singles = read_single_templates(predicted.world)
    sets = read_prompt_sets(predicted.world) | {template: (template,) for template in singles}
    assert set(store.prompt_sets("miniature:clip")) == set(sets)
    assert store.prompt_sets("miniature:tuned") == ()
    clip, _ = load_network(predicted.world, predicted.weights / "clip.safetensors")
    for name, templates in sets.items():
        kept = store.read_classifier("miniature:clip", name)
        values, scale = zero_shot(predicted.world, clip, templates)
        assert kept.values == pytest.approx(values, abs=1e-6)
        assert kept.logit_scale == pytest.approx(scale)


@pytest.mark.slow
def test_what_is_there_is_not_computed_again(place: Place) -> None:
    before = place.files()
    lost = [
        next((place.store / "predictions").glob("*wide/natural")),
        next((place.store / "classifiers").glob("*clip/sale")),
    ]
    for folder in lost:
        shutil.rmtree(folder)
    place.predict()
    after = place.files()
    assert set(after) == set(before)
    again = {path for path in after if after[path] != before[path]}
    assert again == {path for path in before if any(folder in path.parents for folder in lost)}


@pytest.mark.slow
def test_other_prompts_give_another_classifier_though_all_images_are_seen(place: Place) -> None:
    path = place.world.folder / "prompts.toml"
    path.write_text(path.read_text().replace('one = ["a photo of a {}"]', 'one = ["the {}"]'))
    assert read_prompt_sets(place.world)["one"] == ("the {}",)
    place.predict()
    found = PredictionStore(place.store).prompt_sets("miniature:clip")
    entries = list((place.store / "classifiers").glob("*clip/one/*"))
    assert len(entries) == 2  # the old one beside the new
    assert set(found) == {*read_prompt_sets(place.world), *read_single_templates(place.world)}
    with pytest.raises(ClipsafeError, match="2 entries of different provenance"):
        PredictionStore(place.store).read_classifier("miniature:clip", "one")


@pytest.mark.slow
def test_a_seed_without_chosen_rows_is_an_error(place: Place) -> None:
    with pytest.raises(ClipsafeError, match=r"-5\.json: no rows were chosen for this seed"):
        place.predict(seed=5)


def test_weights_that_are_not_the_list_s_are_refused(tmp_path: Path) -> None:
    place = Place(tmp_path)
    path = place.weights / "wide.safetensors"
    whole = path.read_bytes()
    for damage in (whole[:-1], whole[:-1] + bytes([whole[-1] ^ 1])):
        path.write_bytes(damage)
        with pytest.raises(
            ClipsafeError,
            match=r"wide\.safetensors: expected the weights of 'miniature:wide' with the SHA-256",
        ):
            place.predict()
    path.unlink()
    with pytest.raises(ClipsafeError, match=r"wide\.safetensors: expected the weights of"):
        place.predict()
    encoder = replace(place.rows[0], loss="contrastive")
    with pytest.raises(ClipsafeError, match=r"clip\.safetensors: is an encoder, which has no classes"):
        place.predict([encoder])
    assert not place.store.exists()
