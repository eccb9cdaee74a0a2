from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("zarr")

from clipsafe_engine.lab.measure.embeddings import write_embeddings
from clipsafe_engine.lab.world.prompts import read_prompt_sets, read_single_templates
from clipsafe_engine.predict.store import Predictions, PredictionStore
from clipsafe_utils.cubes import read_cube
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.prompts.embedded import logits_of_prompts, mean_of_templates
from clipsafe_utils.measuring.cubes import Facts
from tests.lab.measure import stand_ins
from tests.lab.measure.laboratories import Laboratory

pytestmark = pytest.mark.xdist_group("laboratory")  # made once, in one worker

IMAGES = {"natural": 300, "textures": 50, "fooling_labels": 20}
FACTS = Facts("test", "proxy", "CC0", "made by a test")
TEMPLATES = {"one/0": "one", "one/1": "two"}
SHIPPED = Path(__file__).parents[3] / "weights" / "clip-resnet_xs-wit-64k-s0.safetensors"


@pytest.fixture
def path(laboratory: Laboratory, tmp_path: Path) -> Path:
    path = tmp_path / "embeddings.nc"
    write_embeddings(
        laboratory.store,
        ["clip-a"],
        path,
        FACTS,
        class_names=laboratory.world.class_names,
        templates=TEMPLATES,
        images=IMAGES,
    )
    return path


def test_logits_are_those_of_the_full_predictions_in_half_precision(
    laboratory: Laboratory, path: Path
) -> None:
    cube = read_cube(path)
    assert cube["embedding"].dtype == np.float16
    head = laboratory.store.read_classifier("clip-a", "default").values
    logits = logits_of_prompts(cube, "clip-a")
    own = logits_of_prompts(cube, "clip-a", 3 * head)
    for name, wanted in IMAGES.items():
        here = (cube["set"] == name).values
        assert here.sum() == wanted
        place = cube["place"].values[here]
        stored = laboratory.store.read("clip-a", name)
        full = stand_ins.SCALE * stored.values[place] @ head.T
        assert logits.values[here] == pytest.approx(full, abs=0.02)
        assert own.values[here] == pytest.approx(full, abs=0.01)
        assert (cube["label"].values[here] == stored.labels[place]).all()
    natural = own[(cube["set"] == "natural").values]
    assert 0.5 < float((natural.argmax("class") == natural["label"]).mean()) < 1


def test_single_templates_are_the_classifiers_of_their_text(laboratory: Laboratory, path: Path) -> None:
    cube = read_cube(path)
    kept = cube["template_embedding"]
    assert kept.dtype == np.float16
    assert dict(zip(kept["template"].values, cube["template_set"].values, strict=True)) == TEMPLATES
    for template in TEMPLATES:
        stored = laboratory.store.read_classifier("clip-a", template).values
        assert kept.sel(model="clip-a", template=template).values == pytest.approx(stored, abs=1e-3)


def test_the_mean_of_single_templates_is_the_classifier_of_their_set(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    from clipsafe_engine.lab.training.evaluation import zero_shot
    from clipsafe_engine.lab.training.objectives import load_network

    world, store = laboratory.world, PredictionStore(tmp_path / "store")
    clip, _ = load_network(world, SHIPPED)
    sets, singles = read_prompt_sets(world), read_single_templates(world)
    kept = {name: sets[name] for name in ("default", "one", "five", "thirty", "bad", "drawing")}
    for name, templates in (kept | {template: (template,) for template in singles}).items():
        store.write_classifier("clip", name, *zero_shot(world, clip, templates), {"weights": "shipped"})
    rows, labels = np.eye(3, 64, dtype=np.float32), np.arange(3)
    store.write(Predictions("clip", "natural", "embeddings", rows, labels, labels, {"weights": "shipped"}))
    path, names = tmp_path / "embeddings.nc", world.class_names
    write_embeddings(
        store, ["clip"], path, FACTS, class_names=names, templates=singles, images={"natural": 3}
    )
    cube = read_cube(path)
    for name, templates in kept.items():
        averaged = mean_of_templates(cube, "clip", templates)
        assert averaged == pytest.approx(store.read_classifier("clip", name).values, abs=2e-4)


def test_bad_questions_are_answered_in_one_sentence(path: Path) -> None:
    cube = read_cube(path)
    with pytest.raises(ClipsafeError, match="no embeddings of 'net-b'; the models are clip-a"):
        logits_of_prompts(cube, "net-b")
    with pytest.raises(ClipsafeError, match=r"no embedding of the template 'a \{\}'\."):
        mean_of_templates(cube, "clip-a", ["a {}"])
    with pytest.raises(ValueError, match=r"classifier: expected the shape \(24, 16\), got \(24, 8\)"):
        logits_of_prompts(cube, "clip-a", np.ones((24, 8)))


@pytest.mark.parametrize(
    ("model", "template", "images", "words"),
    [
        ("net-b", "one/0", IMAGES, "'net-b' has 960 rows of logits on 'natural'; expected at least"),
        ("clip-a", "one/0", {"textures": 121}, "'clip-a' has 120 rows of embeddings on 'textures'; expected"),
        ("clip-a", "a {}", IMAGES, r"no classifiers of 'clip-a' on 'a \{\}'\."),
    ],
)
def test_what_the_store_lacks_is_named_and_nothing_is_written(
    laboratory: Laboratory, tmp_path: Path, model: str, template: str, images: dict[str, int], words: str
) -> None:
    spoilt, names = tmp_path / "spoilt" / "embeddings.nc", laboratory.world.class_names
    with pytest.raises(ClipsafeError, match=words):
        write_embeddings(
            laboratory.store,
            [model],
            spoilt,
            FACTS,
            class_names=names,
            templates={template: "one"},
            images=images,
        )
    assert not spoilt.parent.exists()
