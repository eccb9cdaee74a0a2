"""Small CLIPs with random weights: every kind of tower that the catalogue has."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clipsafe_utils.registry.catalogue import ModelEntry

_TEXT = {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
_VIT = {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8}
_CONVNEXT = {"timm_model_name": "test_convnext", "timm_model_pretrained": False, "timm_pool": ""}

TOWERS: Mapping[str, dict[str, Any]] = {
    "vit": {"vision_cfg": _VIT},
    "vit-quickgelu": {"vision_cfg": _VIT, "quick_gelu": True},
    "vit-wide-heads": {"vision_cfg": {**_VIT, "head_width": 32, "mlp_ratio": 4.9231}},
    "resnet-quickgelu": {
        "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 8, "patch_size": None},
        "quick_gelu": True,
    },
    "convnext": {"vision_cfg": {**_CONVNEXT, "timm_proj": "linear", "image_size": 64}},
    "convnext-mlp": {"vision_cfg": {**_CONVNEXT, "timm_proj": "mlp", "image_size": 64}},
}
"""Architectures by kind of image tower: plain and wide ViTs, ModifiedResNet, ConvNeXt with both heads."""


def write_configurations(folder: Path) -> None:
    """Write what open_clip needs to know of the architectures."""
    for name, tower in TOWERS.items():
        configuration = {"embed_dim": 16, "text_cfg": _TEXT, **tower}
        (folder / f"clipsafe-test-{name}.json").write_text(json.dumps(configuration), encoding="utf-8")


def small_entry(
    tower: str, resolves_via: str = "hf_file:nobody/nowhere", tag: str = "epoch_1.pt"
) -> ModelEntry:
    """Return the row of a catalogue for one of the architectures."""
    return ModelEntry(
        name=f"small-{tower}",
        library="open_clip",
        model=f"clipsafe-test-{tower}",
        group="clip_zero_shot",
        architecture="ViT",
        family="small",
        training_source="nothing",
        input_size=int(TOWERS[tower]["vision_cfg"]["image_size"]),
        resolves_via=resolves_via,
        tag=tag,
    )
