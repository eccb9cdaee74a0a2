"""Every command of the appendix runs, in the order of the page, on small trees and small models."""

import csv
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("open_clip")
pytest.importorskip("zarr")
pytest.importorskip("distributed")
if find_spec("imagenet_x") is None:
    pytest.skip("needs the annotations of the extra `record`", allow_module_level=True)

import timm
import torch
from safetensors.torch import save_file

from clipsafe_engine.datasets.opening import open_images
from clipsafe_utils.cli import app
from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.schema import CUE_CLASSES
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.imagenet_x import read_annotations
from clipsafe_utils.registry import data_sets as sets
from clipsafe_utils.registry.catalogue import ModelEntry, read_models
from tests.engine.datasets.trees import WNIDS, encoded, write
from tests.engine.models.conftest import small_clips  # noqa: F401  # a fixture
from tests.engine.models.small_clips import small_entry

PAGE = REPOSITORY / "notebooks" / "full-study.md"
NOT_RUN = {
    "git clone": "needs the network",
    "cd ": "the tests are there already",
    "python3 -m venv": "the tests run in one",
    "source ": "the tests run in one",
    "pip install": "needs the network; CI installs the same extras",
    "clipsafe datasets --download": "needs the network; test_downloading.py has a server",
    "clipsafe predict /data -o predictions --cluster slurm": "needs Slurm",
    "clipsafe field": "needs the real images; tests/engine/field runs it",
}
"""Lines of the page that are not run here, and why."""

SMALL = ("test_vit", "small-vit")
HOME_IMAGES = 80


def commands() -> list[str]:
    blocks = re.findall(r"^```shell\n(.*?)^```", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A validation set of annotated names, a shift, two sets out of distribution, cue conflict."""
    root = tmp_path / "data"
    labels = read_annotations("top").labels
    chosen = labels.iloc[np.sort(np.random.default_rng(0).permutation(len(labels))[:HOME_IMAGES])]
    for number, (name, label) in enumerate(chosen.items()):
        write(root / "imagenet" / "val" / WNIDS[int(label)] / str(name), encoded((number, 50, 90)))
    for label in (6, 11, 13):
        write(root / "imagenet-a" / WNIDS[label] / "a.jpg", encoded((label, 9, 9)))
    for number in range(8):
        write(root / "SUN" / "images" / f"{number}.jpg", encoded((9, number, 9)))
        write(root / "dtd" / "images" / "banded" / f"banded_{number}.jpg", encoded((9, 9, number)))
    for place, shape in enumerate(CUE_CLASSES):
        write(root / "cue-conflict" / shape / f"{shape}1-{CUE_CLASSES[place - 1]}2.png")
    return root


@pytest.fixture
def workplace(tmp_path: Path, small_clips: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    """A folder with a table of small models and their weights, and the studies of the repository."""
    torch.manual_seed(0)
    save_file(timm.create_model("test_vit").state_dict(), tmp_path / "test_vit.safetensors")
    one = ("test_vit", "timm", "test_vit", "standard", "ViT", "small", "nothing", 160)
    entries = [
        ModelEntry(*one, "file:test_vit.safetensors", "r160_in1k", in1k_top1=0.5, top1_source="made up"),
        small_entry("vit", f"file:{small_clips / 'small-vit.safetensors'}", ""),
    ]
    with (tmp_path / "own.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, asdict(entries[0]))
        writer.writeheader()
        for entry in entries:
            writer.writerow({key: "" if value is None else value for key, value in asdict(entry).items()})
    (tmp_path / "cubes").mkdir()
    for study in ("published", "miniature"):
        (tmp_path / "cubes" / study).symlink_to(REPOSITORY / "cubes" / study)
    monkeypatch.setenv("CLIPSAFE_CUBES", str(tmp_path / "cubes"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def scheduler() -> Iterator[str]:
    from distributed import LocalCluster

    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": ":0", "processes": False}
    with LocalCluster(**options) as cluster:
        yield cluster.scheduler_address


def on_small_models(line: str, data: Path, scheduler: str) -> list[str]:
    """Put the small tree in place of /data and the small models in place of the 210."""
    line = line.replace("/data", str(data)).replace("tcp://head-node:8786", scheduler)
    line = line.replace("resnet50.tv_in1k", SMALL[0]).replace("ViT-B-32.openai", SMALL[1])
    words = shlex.split(line)[1:]
    own, tiny = ["--own", "own.csv"], [part for name in SMALL for part in ("--model", name)]
    if words[0] == "predict" and "--plan" not in words:
        return [*words, *own, *tiny, "--prompts", "1", "--device", "cpu", "--batch", "16"]
    if words[0] == "measure":
        return [*words, *own, "--prompts", "1", "--draws", "4", "--jobs", "1"]
    if words[0] == "models":
        return [*words, *own, *(["--source", "nothing"] if "--check" in words else [])]
    return words


def run(line: str, words: list[str]) -> str:
    result = CliRunner().invoke(app, words)
    if isinstance(result.exception, ClipsafeError) and "datasets --check" in line:
        assert "faults, named above" in str(result.exception)
        assert "holds 80 images where a whole copy has 50,000" in result.output
    else:
        assert result.exception is None, (line, result.exception, result.output)
    return result.output


@pytest.mark.slow
def test_every_command_of_the_page_runs(workplace: Path, data: Path, scheduler: str) -> None:
    lines = commands()
    assert all(any(line.startswith(start) for line in lines) for start in NOT_RUN), "a stale exception"
    said = {}
    for line in lines:
        if line.startswith(tuple(NOT_RUN)):
            continue
        if line.startswith("clipsafe render") and find_spec("papermill") is None:
            continue  # the extra `book` is not there; tests/test_three_ways.py renders
        if line.startswith("clipsafe "):
            said[line] = run(line, on_small_models(line, data, scheduler))
        else:
            subprocess.run(line, shell=True, check=True, cwd=workplace)
    assert "2 models checked, none at fault" in said["clipsafe models --check"]
    assert "none off by more than its interval" in said["clipsafe models --verify imagenet"]
    study = find_study("imagenet")
    study.check()
    assert study.cubes == ("models", "factors", "shape_bias", "shifts", "ood", "calibration", "prompts")
    assert study.read("shifts").sel(condition="id", model=SMALL[0])["images"].item() == HOME_IMAGES // 2
    assert sorted(study.read("shape_bias")["model"].values) == sorted(SMALL)


def test_the_table_of_own_models_is_one(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(block("text"))
    entries = read_models(tmp_path / "own.csv")
    assert [entry.name for entry in entries] == ["my-resnet", "my-clip"]
    assert entries[1].own_file == tmp_path / "my-clip.pt"


def test_the_data_set_of_ones_own_can_be_opened(tmp_path: Path) -> None:
    (row,) = tomllib.loads(block("toml"))["set"]
    write(tmp_path / "my-scenes" / "1.jpg")
    assert len(open_images(sets._from_row(row), tmp_path)) == 1
