from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("zarr")

from clipsafe_utils.cubes import read_cube
from clipsafe_utils.engine.measure.cubes import Facts
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.lab.measure.embeddings import logits_of_prompts, write_embeddings
from tests.lab.measure import stand_ins
from tests.lab.measure.laboratories import Laboratory

IMAGES = {"natural": 300, "textures": 50, "fooling_labels": 20}
FACTS = Facts("test", "proxy", "CC0", "made by a test")


@pytest.fixture
def path(laboratory: Laboratory, tmp_path: Path) -> Path:
    path = tmp_path / "embeddings.nc"
    write_embeddings(
        laboratory.store, ["clip-a"], path, FACTS, class_names=laboratory.world.class_names, images=IMAGES
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


def test_bad_questions_are_answered_in_one_sentence(
    laboratory: Laboratory, path: Path, tmp_path: Path
) -> None:
    cube = read_cube(path)
    with pytest.raises(ClipsafeError, match="no embeddings of 'net-b'; the models are clip-a"):
        logits_of_prompts(cube, "net-b")
    with pytest.raises(ValueError, match=r"classifier: expected the shape \(24, 16\), got \(24, 8\)"):
        logits_of_prompts(cube, "clip-a", np.ones((24, 8)))
    spoilt = tmp_path / "spoilt" / "embeddings.nc"
    names = laboratory.world.class_names
    with pytest.raises(ClipsafeError, match="'net-b' has 960 rows of logits on 'natural'; expected at least"):
        write_embeddings(laboratory.store, ["net-b"], spoilt, FACTS, class_names=names, images=IMAGES)
    with pytest.raises(ClipsafeError, match="'clip-a' has 120 rows of embeddings on 'textures'; expected at"):
        write_embeddings(
            laboratory.store, ["clip-a"], spoilt, FACTS, class_names=names, images={"textures": 121}
        )
    assert not spoilt.parent.exists()
