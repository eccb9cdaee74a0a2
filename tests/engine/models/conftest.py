"""Small models on disk, and a hub that holds what a test puts there and cannot be reached."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.engine.models.small_clips import TOWERS, small_entry, write_configurations


@pytest.fixture(scope="session")
def small_clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the weights of each small CLIP under the name of its entry."""
    torch = pytest.importorskip("torch")
    open_clip = pytest.importorskip("open_clip")
    from safetensors.torch import save_file

    from clipsafe_engine.models import clips

    folder = tmp_path_factory.mktemp("clips")
    configurations = tmp_path_factory.mktemp("configurations")
    write_configurations(configurations)
    open_clip.add_model_config(configurations)
    torch.manual_seed(0)
    for tower in TOWERS:
        entry = small_entry(tower)
        save_file(clips.build(entry).state_dict(), folder / f"{entry.name}.safetensors")
    return folder


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, Path], Path]:
    """Empty cache of the hub, without a network; the value puts a file into it as a download does."""
    constants = pytest.importorskip("huggingface_hub").constants
    cache = tmp_path / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)

    def put(repository: str, name: str, file: Path) -> Path:
        folder = cache / f"models--{repository.replace('/', '--')}"
        blob = folder / "blobs" / hashlib.sha256(file.read_bytes()).hexdigest()
        snapshot = folder / "snapshots" / ("0" * 40) / name
        for path in (blob, snapshot, folder / "refs" / "main"):
            path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, blob)
        snapshot.symlink_to(blob)
        (folder / "refs" / "main").write_text("0" * 40)
        return snapshot

    return put


@pytest.fixture
def images() -> list[Image.Image]:
    """Noise in landscape, portrait, square, and smaller than any network wants."""
    generator = np.random.default_rng(0)
    sides = ((375, 500), (500, 333), (224, 224), (61, 47))
    return [Image.fromarray(generator.integers(0, 256, (*side, 3), np.uint8)) for side in sides]
