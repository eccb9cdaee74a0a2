"""Real weights on real images: the engine does what a plain loop by timm does, image by image."""

import json
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("timm")
pytest.importorskip("zarr")

import timm
import torch
from PIL import Image
from timm.data import create_transform, resolve_model_data_config

from clipsafe_engine.datasets.opening import open_images
from clipsafe_engine.field import commands, run
from clipsafe_engine.field.parity import Parity, parity_of, plain_decisions
from clipsafe_engine.field.wheels import WHEELS, renamed, timm_weights
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.schema import CUE_CLASSES
from clipsafe_utils.cubes.storage import content_hash
from clipsafe_utils.cubes.studies import REPOSITORY, Study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.data_sets import data_set
from tests.engine.predict.tiny import REAL_IMAGES

has_wheels = pytest.mark.skipif(
    any(find_spec(wheel.package.replace("-", "_")) is None for wheel in WHEELS),
    reason="needs the wheels of the extra `field`",
)
has_images = pytest.mark.skipif(not REAL_IMAGES.is_dir(), reason="needs the real images")
EVERY_TENTH = 10


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every tenth of the real images."""
    root = tmp_path_factory.mktemp("images")
    for name in (run.SAMPLES, run.CUES):
        listed = open_images(data_set(name), REAL_IMAGES)
        for row in range(0, len(listed), EVERY_TENTH):
            path = Path(listed.place(row))
            target = root / path.relative_to(REAL_IMAGES)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    return root


@pytest.fixture(scope="module")
def made(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("store")
    run.run_models(few, store)
    return store


def cue_decision(probabilities: torch.Tensor) -> str:
    """Decide as the toolbox of the cue-conflict images does, from the table of the classes itself."""
    import csv

    table = REPOSITORY / "clipsafe_utils" / "registry" / "classes.csv"
    with table.open() as stream:
        rows = list(csv.DictReader(stream))
    means = {
        cue: probabilities[[k for k, row in enumerate(rows) if row["cue_conflict"] == cue]].mean().item()
        for cue in CUE_CLASSES
    }
    return max(means, key=means.__getitem__)


@has_wheels
@has_images
@pytest.mark.slow
@pytest.mark.parametrize("wheel", WHEELS, ids=lambda wheel: wheel.model)
def test_logits_predictions_and_decisions_are_those_of_a_plain_timm_loop(wheel, few, made) -> None:
    network = timm.create_model(f"{wheel.architecture}.{wheel.tag}").eval()
    shipped = torch.load(wheel.file(), weights_only=True)
    tensors = [value for name, value in shipped.items() if "num_batches" not in name]
    named = [name for name in network.state_dict() if "num_batches" not in name]
    network.load_state_dict(dict(zip(named, tensors, strict=True)), strict=False)
    transform = create_transform(**resolve_model_data_config(network))
    for name in (run.SAMPLES, run.CUES):
        read, listed = PredictionStore(made).read(wheel.model, name), open_images(data_set(name), few)
        assert len(read.values) == len(listed) == 40
        decided = np.array(CUE_CLASSES)[run.decided(read.values)]
        for row in range(len(listed)):
            with torch.inference_mode(), Image.open(listed.place(row)) as image:
                logits = network(transform(image.convert("RGB"))[None])[0]
            np.testing.assert_allclose(read.values[row], logits.numpy(), rtol=0, atol=1e-4)
            assert read.values[row].argmax() == logits.argmax()
            assert decided[row] == cue_decision(logits.double().softmax(0))


@has_wheels
@has_images
@pytest.mark.slow
def test_weights_are_real(made) -> None:
    # Far above chance, and no more than that: most of the samples were probably trained on.
    for wheel in WHEELS:
        read = PredictionStore(made).read(wheel.model, run.SAMPLES)
        assert (read.values.argmax(1) == read.labels).mean() > 0.6


@has_wheels
@has_images
@pytest.mark.slow
def test_the_command_writes_what_the_study_holds(few, made, tmp_path) -> None:
    app = typer.Typer()
    app.command()(commands.field)
    folder = tmp_path / "field"
    result = CliRunner().invoke(
        app, [str(few), "-o", str(folder), "--predictions", str(made), "--json"], catch_exceptions=False
    )
    said = json.loads(result.stdout)
    assert {one["same_predictions"] for one in said["parity"]} == {40}
    study = find_study(str(folder))
    study.check()
    assert study.cubes == ("models", "shape_bias") == tuple(said["cubes"])
    counted = study.read("shape_bias")["count"].sum(("cue_class", "decision"))
    conflicts = open_images(data_set(run.CUES), few).columns["conflict"].sum()
    assert counted.values.tolist() == [conflicts] * len(WHEELS)
    assert str(few) not in str(study.read("models").to_dict())


@has_wheels
@has_images
@pytest.mark.slow
def test_the_committed_cubes_are_reproduced(tmp_path) -> None:
    committed = find_study(run.STUDY)
    run.run_models(REAL_IMAGES, tmp_path / "store")
    parity = [Parity(wheel.model, "both", 800, 0.0, 800, 800) for wheel in WHEELS]
    run.write_field(REAL_IMAGES, tmp_path / "store", tmp_path / "field", parity)
    for name in committed.cubes:
        made_now = Study(run.STUDY, tmp_path / "field").read(name)
        assert content_hash(made_now) == content_hash(committed.read(name)), name


def test_the_committed_study_claims_shape_bias_alone() -> None:
    study = find_study(run.STUDY)
    study.check()
    assert study.cubes == ("models", "shape_bias")
    for name in study.cubes:
        cube = study.read(name)
        assert cube.attrs["evidence"] == "measured"
        assert "no accuracy, calibration or detection" in cube.attrs["claims"]
        assert "800 images equal those of a plain timm loop" in cube.attrs["parity"]


def test_no_cube_is_written_where_the_two_disagree(tmp_path) -> None:
    off = Parity("lite0", "cue-conflict", 400, 0.1, 400, 399)
    with pytest.raises(ClipsafeError, match="400 predictions and 399 decisions of 400 equal"):
        run.write_field(tmp_path, tmp_path, tmp_path / "cubes", [off])
    assert not (tmp_path / "cubes").exists()


def test_parity_counts_images_and_finds_the_largest_difference() -> None:
    ours, theirs = np.array([[1.0, 2.0], [3.0, 1.0]]), np.array([[1.5, 2.0], [0.5, 1.0]])
    found = parity_of("m", "d", (ours, np.array(["cat", "dog"])), (theirs, np.array(["cat", "cat"])))
    assert (found.images, found.same_predictions, found.same_decisions) == (2, 1, 1)
    assert found.largest_difference == 2.5


def test_a_cue_class_of_many_classes_has_no_advantage() -> None:
    # 0.3 alone beats 0.35 over two classes; the largest sum would say dog.
    logits = np.log(np.array([[0.3, 0.2, 0.15, 0.35]], np.float32))
    assert plain_decisions(logits, {"cat": [0], "dog": [1, 2]}).tolist() == ["cat"]


@pytest.mark.parametrize(("shipped", "said"), [(1, "'nothing' does not fit 'b'"), (3, "'c' does not fit")])
def test_weights_of_another_number_of_tensors_are_refused(shipped, said) -> None:
    tensors = {name: torch.ones(2) for name in "abc"[:shipped]}
    with pytest.raises(ClipsafeError, match=rf"w\.pth: {said}"):
        renamed(tensors, {"a": torch.ones(2), "b": torch.ones(2)}, "w.pth")


@has_wheels
def test_another_file_than_the_one_of_the_study_is_refused() -> None:
    with pytest.raises(ClipsafeError, match="not the weights that this study is about"):
        timm_weights(replace(WHEELS[0], digest="0" * 64))
