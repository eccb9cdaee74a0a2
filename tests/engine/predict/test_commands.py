"""The verb on files of one's own: small timm networks and CLIPs from a CSV, images in an official layout."""

import csv
import json
import shutil
from dataclasses import asdict

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("zarr")
pytest.importorskip("open_clip")

import timm
import torch
from safetensors.torch import save_file

from clipsafe_engine.datasets.decoding import decoded
from clipsafe_engine.datasets.opening import open_images
from clipsafe_engine.models.loading import load_model
from clipsafe_engine.models.prompts import prompt_set
from clipsafe_engine.predict import commands
from clipsafe_engine.predict.catalogue_models import Running, find_models
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.catalogue import ModelEntry, catalogue
from clipsafe_utils.registry.data_sets import data_set
from tests.engine.models.conftest import small_clips  # noqa: F401  # a fixture
from tests.engine.models.small_clips import TOWERS, small_entry
from tests.engine.predict.tiny import REAL_IMAGES, bytes_of, draw_images

TIMM = ("test_vit", "test_efficientnet")

app = typer.Typer()
app.command()(commands.predict)


@app.callback()
def _several() -> None:
    """Keep the name of the verb."""


def clipsafe(*arguments):
    result = CliRunner().invoke(app, ["predict", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture(scope="module")
def own(tmp_path_factory, small_clips):  # noqa: F811
    """A CSV of small models with their weights beside it."""
    folder = tmp_path_factory.mktemp("own")
    entries = []
    for name in TIMM:
        torch.manual_seed(0)
        save_file(timm.create_model(name).state_dict(), folder / f"{name}.safetensors")
        entries.append(
            ModelEntry(
                name,
                "timm",
                name,
                "standard",
                "ViT",
                "small",
                "IN-1k",
                160,
                f"file:{name}.safetensors",
                "r160_in1k",
            )
        )
    for tower in TOWERS:
        shutil.copy(small_clips / f"small-{tower}.safetensors", folder)
        entries.append(small_entry(tower, f"file:small-{tower}.safetensors", ""))
    path = folder / "own.csv"
    rows = [
        {key: "" if value is None else value for key, value in asdict(entry).items()} for entry in entries
    ]
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    draw_images(folder / "SUN" / "images", 9)
    draw_images(folder / "Places" / "images", 6, seed=1)
    return folder


def names(own):
    return [name for name in catalogue(own) if name not in catalogue()]


def selected(own):
    return ["--own", own, *(part for name in names(own) for part in ("--model", name))]


@pytest.fixture(scope="module")
def made(own, root, tmp_path_factory):
    store = tmp_path_factory.mktemp("made") / "store"
    result = clipsafe(root, "-o", store, *selected(own), "--prompts", "1", "--device", "cpu", "--json")
    return store, json.loads(result.stdout)


def test_every_kind_of_model_is_run(own, made):
    store, summary = made
    assert (summary["images"], summary["passes"], summary["unreadable"]) == (15, 15 * 8, [])
    assert set(PredictionStore(store).models()) == set(names(own))


@pytest.mark.parametrize("name", [*TIMM, *(f"small-{tower}" for tower in TOWERS)])
def test_values_are_those_of_the_loaded_model_and_its_own_transform(own, root, made, name):
    model, images = load_model(catalogue(own)[name]), open_images(data_set("sun"), root)
    batch = torch.stack([model.transform(decoded(images, k)) for k in range(len(images))])
    read = PredictionStore(made[0]).read(name, "sun")
    np.testing.assert_allclose(read.values, model.forward(batch), rtol=0, atol=2e-5)
    assert read.provenance["weights"] == model.weights_hash
    assert read.kind == model.kind
    if model.kind == "embeddings":
        np.testing.assert_allclose(np.linalg.norm(read.values, axis=1), 1, atol=1e-5)
        head = PredictionStore(made[0]).read_classifier(name, "1")
        np.testing.assert_allclose(head.values, model.classifier(prompt_set("1")), rtol=0, atol=1e-6)
        assert head.logit_scale == pytest.approx(model.logit_scale)


@pytest.mark.slow
def test_a_second_run_does_nothing_and_shards_merge_by_copying(own, root, made, tmp_path):
    store, _ = made
    options = [*selected(own), "--prompts", "1", "--device", "cpu", "--json"]
    again = json.loads(clipsafe(root, "-o", store, *options).stdout)
    assert again["images"] == 0
    for number in (1, 2):
        clipsafe(root, "-o", tmp_path / str(number), *options, "--shard", f"{number}/2")
        shutil.copytree(tmp_path / str(number), tmp_path / "merged", dirs_exist_ok=True)
    assert bytes_of(tmp_path / "1") != bytes_of(store)
    assert bytes_of(tmp_path / "merged") == bytes_of(store)


def test_a_changed_file_of_weights_is_another_entry(own, root, tmp_path):
    folder = tmp_path / "own"
    shutil.copytree(own.parent, folder)
    options = [
        "--own",
        folder / "own.csv",
        "--model",
        "test_vit",
        "--data",
        "sun",
        "--device",
        "cpu",
        "--json",
    ]
    clipsafe(root, "-o", tmp_path / "store", *options)
    torch.manual_seed(1)
    save_file(timm.create_model("test_vit").state_dict(), folder / "test_vit.safetensors")
    assert json.loads(clipsafe(root, "-o", tmp_path / "store", *options).stdout)["images"] == 9
    with pytest.raises(ClipsafeError, match="2 entries of different provenance"):
        PredictionStore(tmp_path / "store").read("test_vit", "sun")


def test_precision_is_another_entry_close_by(own, made, tmp_path):
    (found,) = find_models([catalogue(own)["test_vit"]], None, Running(precision="bfloat16"), tmp_path)
    batch = torch.zeros(2, 3, 160, 160)
    exact = load_model(catalogue(own)["test_vit"]).forward(batch)
    mixed = found.load().forward(batch)
    assert found.provenance() != PredictionStore(made[0]).read("test_vit", "sun").provenance
    assert mixed.dtype == np.float32
    assert 0 < np.abs(mixed - exact).max() < 0.1 * np.abs(exact).max()


def test_hashes_of_unchanged_files_are_not_taken_again(own, tmp_path, monkeypatch):
    from clipsafe_engine.predict import catalogue_models

    entries = [catalogue(own)[name] for name in names(own)]
    first = find_models(entries, None, Running(), tmp_path)
    monkeypatch.setattr(catalogue_models, "weights_hash", None)
    assert find_models(entries, None, Running(), tmp_path) == first
    (tmp_path / "weights.json").write_text("broken")
    with pytest.raises(TypeError):
        find_models(entries, None, Running(), tmp_path)


def test_a_broken_image_is_told_and_left_out(own, root, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(root, data)
    broken = data / "SUN" / "images" / "0003.png"
    broken.write_bytes(b"no image")
    options = ["--own", own, "--model", "test_vit", "--data", "sun", "--device", "cpu"]
    result = clipsafe(data, "-o", tmp_path / "store", *options)
    assert str(broken) in result.stdout
    assert "1 images are broken and left out" in result.stdout
    assert (~PredictionStore(tmp_path / "store").read("test_vit", "sun").is_readable).sum() == 1


def test_a_plan_from_measured_rates(own, root, tmp_path):
    rates = tmp_path / "rates.json"
    one = ["--own", own, "--model", "test_vit", "--device", "cpu", "--rates", rates]
    with pytest.raises(ClipsafeError, match=r"rates\.json: no rates"):
        clipsafe(root, *one, "--plan")
    said = clipsafe(root, *one, "--calibrate", "--batch", 2).stdout
    assert "Rates of 1 models" in said
    options = ["--rates", rates, "--data", "sun", "--data", "imagenet-o", "--json", "--plan"]
    whole = json.loads(clipsafe(root, *options).stdout)
    assert (whole["models"], whole["images"], whole["estimated"]) == (210, 12_000, 210)
    assert whole["passes"] == 210 * 12_000
    assert whole["reads"] == 12_000 * (whole["reads"] // 12_000) > 12_000
    widths = 159 * 1000 + sum(
        embedding_width(entry) for entry in catalogue().values() if entry.library == "open_clip"
    )
    assert whole["storage"] == 12_000 * 4 * widths
    shared = json.loads(clipsafe(root, *options, "--workers", 64).stdout)
    assert shared["hours"] == pytest.approx(whole["hours"] / 64)
    assert "Plan" in clipsafe(root, "--rates", rates, "--model", "test_vit", "--own", own, "--plan").stdout


def embedding_width(entry):
    from open_clip import get_model_config

    return get_model_config(entry.model)["embed_dim"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"machine": 1}'])
def test_rates_that_are_none_are_refused(root, tmp_path, content):
    (tmp_path / "rates.json").write_text(content)
    with pytest.raises(ClipsafeError, match=r"rates\.json: expected rates"):
        clipsafe(root, "--plan", "--rates", tmp_path / "rates.json")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere: no such folder"),
        (["ROOT", "--model", "x"], "--model x: no such model"),
        (["ROOT", "--data", "x"], "no data set 'x'"),
        (["ROOT", "--shard", "3/2"], "expected i/n"),
        (["ROOT", "--precision", "int8"], "expected float32, bfloat16, float16"),
        (["ROOT", "--device", "cuda:99"], "PyTorch cannot use it"),
        (["ROOT", "--prompts", "no.txt"], "no such file of prompts"),
        (["ROOT", "--model", "test_vit", "--cluster", "other"], "expected slurm"),
        (["ROOT", "--model", "test_vit", "--scheduler", "nonsense://here"], "does not answer"),
        (["EMPTY"], "holds no data set that we know"),
    ],
)
def test_mistakes_are_one_sentence(own, root, tmp_path, arguments, said):
    places = {"ROOT": root, "EMPTY": tmp_path}
    with pytest.raises(ClipsafeError, match=said):
        clipsafe(*(places.get(part, part) for part in arguments), "--own", own, "-o", tmp_path / "store")


def test_a_scheduler_that_does_not_answer_leaves_dask_as_it_was(own, root, tmp_path):
    dask = pytest.importorskip("dask")
    options = ["--own", own, "--model", "test_vit", "--scheduler", "nonsense://here"]
    with pytest.raises(ClipsafeError, match="does not answer"):
        clipsafe(root, *options, "-o", tmp_path / "store")
    assert dask.config.get("scheduler", None) is None


def test_slurm_is_asked_for_by_name(own, root, tmp_path):
    import importlib.util

    if importlib.util.find_spec("dask_jobqueue"):
        pytest.skip("dask-jobqueue is installed")
    with pytest.raises(ClipsafeError, match="needs dask-jobqueue"):
        clipsafe(root, "--own", own, "--model", "test_vit", "-o", tmp_path / "s", "--cluster", "slurm")


@pytest.mark.slow
def test_a_real_scheduler_gives_the_same_bytes(own, root, made, tmp_path):
    distributed = pytest.importorskip("distributed")
    arguments = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0", "processes": False}
    with distributed.LocalCluster(**arguments) as cluster:
        options = [*selected(own), "--prompts", "1", "--device", "cpu", "--json"]
        address = cluster.scheduler_address
        result = clipsafe(root, "-o", tmp_path / "store", *options, "--scheduler", address)
    assert json.loads(result.stdout)["images"] == 15
    assert bytes_of(tmp_path / "store") == bytes_of(made[0])


@pytest.mark.skipif(not REAL_IMAGES.is_dir(), reason="needs the real images")
@pytest.mark.slow
def test_real_images_give_the_decisions_of_timms_own_loop(own, tmp_path):
    from timm.data import create_transform, resolve_model_data_config

    options = [
        "--own",
        own,
        "--model",
        "test_vit",
        "--model",
        "test_efficientnet",
        "--device",
        "cpu",
        "--json",
    ]
    summary = json.loads(clipsafe(REAL_IMAGES, "-o", tmp_path, *options).stdout)
    assert summary["images"] == 800
    images = open_images(data_set("imagenet-samples"), REAL_IMAGES)
    for name in TIMM:
        network = timm.create_model(f"{name}.r160_in1k", pretrained=False).eval()
        network.load_state_dict(load_model(catalogue(own)[name]).network.state_dict())
        transform = create_transform(**resolve_model_data_config(network))
        read = PredictionStore(tmp_path).read(name, "imagenet-samples").values
        with torch.inference_mode():
            theirs = np.concatenate(
                [network(transform(decoded(images, k))[None]).numpy() for k in range(len(images))]
            )
        np.testing.assert_array_equal(read.argmax(1), theirs.argmax(1))
        np.testing.assert_allclose(read, theirs, rtol=0, atol=2e-5)
