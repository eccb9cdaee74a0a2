"""No loader of open_clip or timm is handed a name that resolves to a hub or to a folder (D2)."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

pytest.importorskip("torch")

from clipsafe_engine.models import classifiers, clips
from clipsafe_engine.models.check import resolve
from clipsafe_engine.models.loading import load_model
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.catalogue import ModelEntry, catalogue

STEPS: dict[str, Callable[[ModelEntry], object]] = {
    "build": lambda entry: clips.build(entry, device="meta"),
    "transform": clips.transform_of,
    "tokenizer": lambda entry: clips.text_tower(entry, SimpleNamespace()),  # type: ignore[arg-type]
    "hub files": lambda entry: clips.hub_files(replace(entry, resolves_via="open_clip.list_pretrained")),
    "load": load_model,
}


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A folder whose tokenizer would run code, and a stand-in of transformers that says what it was asked."""
    asked: list[str] = []

    class AutoTokenizer:
        @staticmethod
        def from_pretrained(name: str, **options: object) -> None:
            asked.append(f"{name} {options}")

    stand_in = ModuleType("transformers")
    stand_in.AutoTokenizer = AutoTokenizer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "transformers", stand_in)
    tower = {"image_size": 32, "layers": 1, "width": 32, "patch_size": 8}
    text = {"hf_tokenizer_name": "evil", "tokenizer_kwargs": {"trust_remote_code": True}}
    described = {"model_cfg": {"embed_dim": 8, "vision_cfg": tower, "text_cfg": text}, "preprocess_cfg": {}}
    (tmp_path / "ld").mkdir()
    (tmp_path / "ld" / "open_clip_config.json").write_text(json.dumps(described))
    monkeypatch.chdir(tmp_path)
    return asked


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("model", ["local-dir:ld", "hf-hub:evil/repo"])
def test_open_clip_gets_only_what_it_lists(trap: list[str], step: str, model: str) -> None:
    entry = replace(catalogue()["ViT-B-32.openai"], name="mine", model=model)
    with pytest.raises(ClipsafeError, match="mine"):
        STEPS[step](entry)
    assert resolve(entry).fault == f"{clips.fault_of(entry)}"
    assert "has no architecture" in str(clips.fault_of(entry))
    assert trap == []


@pytest.mark.parametrize("model", ["local-dir:ld", "hf-hub:evil/repo"])
def test_timm_gets_only_what_it_lists(trap: list[str], model: str) -> None:
    entry = replace(catalogue()["vgg16_bn.tv_in1k"], name="mine", model=model)
    for step in (classifiers.build, classifiers.transform_of, classifiers.hub_files, load_model):
        with pytest.raises(ClipsafeError, match="mine"):
            step(entry)
    assert trap == []
