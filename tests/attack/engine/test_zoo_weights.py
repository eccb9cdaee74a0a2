"""Weight files of the zoo that mean harm: no code runs, and what is wrong is named with the file (D12).

Files that are cut, empty, of another architecture, or lack a tensor: `tests/lab/training/test_weights.py`.
"""

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("torch")

import torch
from safetensors.torch import load_file, save_file

from clipsafe_engine.lab.predict.run import predict_zoo
from clipsafe_engine.lab.training.ledger import Row, read_ledger
from clipsafe_engine.lab.training.loop import train
from clipsafe_engine.lab.training.networks import make_classifier
from clipsafe_engine.lab.training.objectives import load_network
from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_engine.lab.training.weights import read_description, write_weights
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.errors import ClipsafeError
from tests.attack.engine.test_weights import HEADERS, PICKLES, Payload
from tests.lab.training.conftest import tiny, world  # noqa: F401  # fixtures

RECIPE = Recipe("a", "resnet_xs", "labels", "labels")
DESCRIPTION = {**RECIPE.described(), "form": "classifier", "classes": 24}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / "a.safetensors"
    write_weights(path, make_classifier("resnet_xs", 24).state_dict(), DESCRIPTION)
    return path


def refused(world: World, path: Path) -> str:  # noqa: F811
    with pytest.raises(ClipsafeError) as caught:
        load_network(world, path)
    told = str(caught.value)
    assert told.startswith(str(path))
    assert told.endswith(".")
    assert "\n" not in told
    return told


def test_a_whole_file_is_loaded(world: World, path: Path) -> None:  # noqa: F811
    assert load_network(world, path)[1] == DESCRIPTION


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PICKLES)
def test_code_in_a_weight_file_is_never_run(world: World, path: Path, name: str) -> None:  # noqa: F811
    note = path.with_name("the payload ran")
    path.write_bytes(PICKLES[name](Payload(note)))
    refused(world, path)
    assert not note.exists()


def test_code_in_a_checkpoint_is_never_run(
    tmp_path: Path,
    world: World,  # noqa: F811
    tiny: Callable[..., Recipe],  # noqa: F811
) -> None:
    note = tmp_path / "the payload ran"
    for content in (pickle.dumps(Payload(note)), PICKLES["zip.pth"](Payload(note))):
        (tmp_path / "a.checkpoint").write_bytes(content)
        with pytest.raises(ClipsafeError, match=r"a\.checkpoint: expected a whole checkpoint; delete it"):
            train(world, tiny("a", "labels"), tmp_path, print)
    assert not note.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a.checkpoint"]


@pytest.mark.parametrize("kind", HEADERS)
def test_a_header_that_lies_is_one_sentence(world: World, path: Path, kind: str) -> None:  # noqa: F811
    path.write_bytes(HEADERS[kind])
    assert "expected a whole weight file of the zoo" in refused(world, path)


def describe(path: Path, described: str) -> None:
    save_file(load_file(path), path, {"description": described})


@pytest.mark.parametrize(
    "described", ["null", "7", '"text"', "[]", "true", "", "{", "NaN", "[" * 100_000, '{"a":' * 100_000]
)
def test_a_description_that_is_none_is_named(world: World, path: Path, described: str) -> None:  # noqa: F811
    describe(path, described)
    assert "weight file of the zoo" in refused(world, path)
    with pytest.raises(ClipsafeError):
        read_description(path)


@pytest.mark.parametrize(
    ("entry", "value", "words"),
    [
        ("loss", "hinge", "description, loss: expected one of clip, labels, caption_labels"),
        ("loss", 7, "description, loss: expected a text, got 7"),
        ("source", 7, "description, source: expected a text, got 7"),
        ("source", ["wit"], "description, source: expected a text"),
        ("name", "../../x", "description, name: expected letters, digits"),
        ("start", None, "description, start: expected a text, got None"),
        ("images", -1, "description, images: expected a number from 256"),
        ("images", "many", "description, images: expected a whole number, got 'many'"),
        ("samples", 1e300, "description, samples: expected a whole number"),
        ("seed", True, "description, seed: expected a whole number, got True"),
        ("batch", 10**30, "description, batch: expected a number from 2 to 65536"),
        ("learning_rate", float("nan"), "description, learning_rate: expected a number from 0 to 1, got nan"),
        ("knobs", {"rotation_sd": "far"}, "description, knobs: expected a table of numbers"),
        ("architecture", "../../x", "describes no network that the zoo can make"),
        ("architecture", "hf-hub:evil/x", "describes no network that the zoo can make"),
        ("classes", 2**62, "describes no network|has shape"),
        ("classes", -1, "describes no network|has shape"),
        ("form", "../x", "describes no network that the zoo can make"),
    ],
)
def test_an_entry_that_no_recipe_has_is_named(
    world: World,  # noqa: F811
    path: Path,
    entry: str,
    value: object,
    words: str,
) -> None:
    describe(path, json.dumps(DESCRIPTION | {entry: value}))
    told = refused(world, path)
    assert any(word in told for word in words.split("|")), told


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("ending", ["head.bias", "head.weight/scale"])
def test_a_value_that_is_not_finite_is_refused_with_its_tensor(
    world: World,  # noqa: F811
    path: Path,
    ending: str,
    value: str,
) -> None:
    tensors = load_file(path)
    tensors[ending][-1] = float(value)
    save_file(tensors, path, {"description": json.dumps(DESCRIPTION)})
    assert refused(world, path).endswith(f"the tensor '{ending}' holds a value that is not a finite number.")


def test_complex_numbers_are_refused(world: World, path: Path) -> None:  # noqa: F811
    tensors = load_file(path)
    tensors["head.bias"] = tensors["head.bias"].to(torch.complex64)
    save_file(tensors, path, {"description": json.dumps(DESCRIPTION)})
    assert "'head.bias' has dtype torch.complex64; expected torch.float32" in refused(world, path)


def in_place_of(path: Path, kind: str) -> None:
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(os.devnull if kind == "device" else "nowhere")


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "dangling link"])
def test_what_is_no_plain_file_is_named_at_once(
    world: World,  # noqa: F811
    path: Path,
    tiny: Callable[..., Recipe],  # noqa: F811
    kind: str,
) -> None:
    in_place_of(path, kind)
    assert "there is no such weight file" in refused(world, path)
    row = Row.of(RECIPE, "0f", 0.5, 1.0)
    with pytest.raises(ClipsafeError, match=r"a\.safetensors: expected the weights of 'miniature:a'"):
        predict_zoo([row], path.parent, path.parent / "store", 71, jobs=1, world_folder=world.folder)
    if kind != "dangling link":  # a list or a checkpoint that is not there is none
        in_place_of(path.with_name("zoo.csv"), kind)
        with pytest.raises(ClipsafeError, match=r"zoo\.csv: cannot be read"):
            read_ledger(path.parent)
        in_place_of(path.with_name("b.checkpoint"), kind)
        with pytest.raises(ClipsafeError, match=r"b\.checkpoint: expected a whole checkpoint"):
            train(world, tiny("b", "labels"), path.parent, print)
