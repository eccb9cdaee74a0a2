"""From weights on the disk to a card, by the store or by the documented format: both say the same."""

import json
import shutil
import tomllib
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from PIL import Image
from typer.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("zarr")
pytest.importorskip("open_clip")

import timm
import torch
from safetensors.torch import save_file

from clipsafe_utils.cli import app
from clipsafe_utils.cubes import read_cube
from clipsafe_utils.cubes.schema import CUE_CLASSES
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.catalogue import ModelEntry
from clipsafe_utils.registry.label_maps import index_of_wnid, subset
from tests.cards.made import write_record
from tests.engine.models.conftest import small_clips  # noqa: F401  # a fixture
from tests.engine.models.small_clips import small_entry

CLIP, CLASSIFIER = "small-vit", "test_vit"
SETS = ("imagenet-a", "cue-conflict")


def clipsafe(*arguments: object) -> str:
    """Run a command; return all that it prints."""
    result = CliRunner().invoke(app, [str(part) for part in arguments])
    if result.exception is not None:
        raise result.exception
    return result.output


def draw(path: Path, random: np.random.Generator) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(random.integers(0, 256, (40, 40, 3), np.uint8)).save(path)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image of each class of ImageNet-A, and two conflicts of each shape: no ImageNet."""
    root, random = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    wnids = list(index_of_wnid())
    for index in subset("imagenet_a").tolist():
        draw(root / "imagenet-a" / wnids[index] / "0.png", random)
    for place, shape in enumerate(CUE_CLASSES):
        for step in (1, 2):
            texture = CUE_CLASSES[(place + step) % len(CUE_CLASSES)]
            draw(root / "cue-conflict" / shape / f"{shape}{step}-{texture}1.png", random)
    return root


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, small_clips: Path) -> Path:  # noqa: F811
    """A table with a CLIP and a classifier, whose weights lie beside it."""
    folder = tmp_path_factory.mktemp("own")
    torch.manual_seed(0)
    network = timm.create_model(CLASSIFIER)
    torch.nn.init.normal_(network.head.weight)  # Else logits are as small as cosines.
    save_file(network.state_dict(), folder / "own.safetensors")
    shutil.copy(small_clips / f"{CLIP}.safetensors", folder)
    made_by = ("standard", "ViT", "small", "IN-1k", 160, "file:own.safetensors", "r160_in1k")
    entries = [
        ModelEntry(CLASSIFIER, "timm", CLASSIFIER, *made_by),
        small_entry("vit", f"file:{CLIP}.safetensors", ""),
    ]
    pd.DataFrame([asdict(entry) for entry in entries]).to_csv(folder / "own.csv", index=False)
    return folder / "own.csv"


@pytest.fixture(scope="module")
def made(images: Path, own: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The store and the documented format of both models, and what the command printed."""
    folder = tmp_path_factory.mktemp("made")
    chosen = [part for name in (CLIP, CLASSIFIER) for part in ("--model", name)]
    chosen += [part for name in SETS for part in ("--data", name)]
    places = ["-o", folder / "store", "--for-import", folder / "handed"]
    return folder, clipsafe(
        "predict", images, "--own", own, *chosen, "--prompts", 1, "--device", "cpu", *places
    )


@pytest.mark.parametrize("model", [CLIP, CLASSIFIER])
def test_store_and_documented_format_count_the_same_and_end_in_a_card(
    made: tuple[Path, str],
    images: Path,
    own: Path,
    model: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, _ = made
    by_store, by_format = tmp_path / "by-store", tmp_path / "by-format"
    options = ["--own", own, "--model", model, "--prompts", 1, "--draws", 4, "--jobs", 1]
    clipsafe("measure", images, "--predictions", folder / "store", *options, "-o", by_store)
    clipsafe("import", folder / "handed" / model, "--draws", 4, "-o", by_format)
    counted = {}
    for study in (by_store, by_format):
        shifts, cues = (read_cube(study / f"{name}.nc").isel(model=0) for name in ("shifts", "shape_bias"))
        assert shifts["images"].sel(condition="a") == 200
        decided = cues["count"].sum("cue_class").sel(decision=["shape", "texture", "other"])
        counted[study] = [int(shifts["hits"].sel(condition="a")), *map(int, decided)]
    monkeypatch.setenv("CLIPSAFE_CUBES", str(write_record(tmp_path / "record")))
    for study in (by_store, by_format):
        said = json.loads(clipsafe("card", study, "--json"))
        assert said["checkpoint"] == model
        assert {line["key"] for line in said["lines"] if line["row"]} >= {"shift:a", "shape_bias"}
    assert counted[by_store] == counted[by_format]
    assert sum(counted[by_store][1:]) == 32


def test_measure_takes_a_folder_of_the_documented_format(
    made: tuple[Path, str], tmp_path: Path, own: Path
) -> None:
    handed = made[0] / "handed" / CLASSIFIER
    for verb in ("measure", "import"):
        clipsafe(verb, handed, "--draws", 2, "-o", tmp_path / verb / "mine")
    for path in sorted((tmp_path / "import" / "mine").glob("*.nc")):
        xr.testing.assert_identical(read_cube(path), read_cube(tmp_path / "measure" / "mine" / path.name))
    with pytest.raises(ClipsafeError, match=r"model\.toml: says what the model is; leave --model"):
        clipsafe("measure", handed, "--own", own)


def test_what_is_handed_over_names_no_path(made: tuple[Path, str], own: Path) -> None:
    text = (made[0] / "handed" / CLIP / "model.toml").read_text()
    said = tomllib.loads(text)
    assert (said["name"], said["scores"], said["prompt_set"]) == (CLIP, "cosines", "1")
    assert said["scale"] > 1
    assert str(own.parent) not in text


def test_texts_are_told_before_an_image_is_read(made: tuple[Path, str]) -> None:
    assert f"{CLIP}: embedding 1,000 texts, 1 of each class." in made[1]
