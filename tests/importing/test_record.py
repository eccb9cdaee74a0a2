"""What others published image by image, imported as it is, gives the numbers of the record."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clipsafe_utils.cubes import find_study
from clipsafe_utils.importing.recognising import IN_RECORD
from clipsafe_utils.record.imagenet_x import ANNOTATIONS_FOLDER
from clipsafe_utils.record.sources import fetch
from clipsafe_utils.registry.label_maps import index_of_wnid
from clipsafe_utils.registry.validation_set import validation_labels, validation_name
from tests.conftest import REPOSITORY
from tests.importing.made import folder, hits_of, imported

BURNS = "model-vs-human-burns/raw-data/imagenet_validation/imagenet_validation_clip_session-1.csv"
THIERINGER = "model-vs-human-thieringer/raw-data/cue-conflict/cue-conflict_clip-16_session-1.csv"


def copied(mirror: Path, path: Path, name: str, to: Path) -> None:
    shutil.copyfile(mirror / path, to / f"{name}.csv")


@pytest.mark.slow
def test_burns_file_gives_the_factors_of_the_record(mirror: Path, tmp_path: Path) -> None:
    copied(mirror, Path(BURNS), "imagenet-val", folder(tmp_path))
    found = imported(tmp_path, with_factors=True)
    own = found.cubes["factors"].isel(model=0)
    theirs = find_study("published").read("factors").sel(model="burns:clip")
    for name in ("hits", "images", "hits_inside"):
        expected = theirs[name].reindex_like(own[name]).transpose(*own[name].dims)
        np.testing.assert_array_equal(own[name], expected)
    assert "burns:clip" in found.cubes["models"].attrs[IN_RECORD].splitlines()
    assert found.cubes["models"]["checkpoint"].item() == "ViT-B-16.openai"
    table = pd.read_csv(mirror / BURNS)
    assert hits_of(found.cubes, "id") == (int((table["object_response"] == table["category"]).sum()), 50_000)


def test_thieringers_file_gives_the_shape_bias_of_the_record(mirror: Path, tmp_path: Path) -> None:
    copied(mirror, Path(THIERINGER), "cue-conflict", folder(tmp_path))
    own = imported(tmp_path, draws=200).cubes["shape_bias"].isel(model=0)
    theirs = find_study("published").read("shape_bias").sel(model="thieringer:clip-16")
    np.testing.assert_array_equal(own["count"], theirs["count"])
    np.testing.assert_array_equal(own["draw_count"], theirs["draw_count"])
    assert own["read_out"].item() == theirs["read_out"].item()
    conflict = pd.read_csv(mirror / THIERINGER)
    cues = conflict["imagename"].str.extract(r"([a-z]+)\d+-([a-z]+)\d+")
    differ = cues[0] != cues[1]
    conflict, cues = conflict[differ], cues[differ]
    shape = int((conflict["object_response"] == cues[0]).sum())
    texture = int((conflict["object_response"] == cues[1]).sum())
    of_all = own["count"].sum("cue_class")
    assert shape / (shape + texture) == pytest.approx(float(of_all[0] / (of_all[0] + of_all[1])))


def test_the_labels_are_those_of_imagenet_x_and_of_tensorflow() -> None:
    stored = validation_labels().astype("<u2").tobytes()
    readme = (REPOSITORY / "clipsafe_utils" / "registry" / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256(stored).hexdigest() in readme
    theirs = pd.read_csv(fetch(f"{ANNOTATIONS_FOLDER}/filename_label.csv")).set_index("file_name")["label"]
    names = [validation_name(number) for number in range(1, 50_001)]
    np.testing.assert_array_equal(validation_labels(), theirs.loc[names])
    # The first lines of tensorflow/models, imagenet_2012_validation_synset_labels.txt.
    wnids = list(index_of_wnid())
    first = ["n01751748", "n09193705", "n02105855", "n04263257", "n03125729", "n01735189"]
    assert [wnids[label] for label in validation_labels()[:6]] == first
