"""CLIPs by open_clip: an image tower and a text tower that meet in one space."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from open_clip.transform import PreprocessCfg
from torch import Tensor, nn

from clipsafe_engine.models.transforms import Transform, from_open_clip
from clipsafe_engine.models.weights import HubFiles
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.catalogue import BY_LIBRARY, ModelEntry

TEXTS_AT_ONCE = 512
"""Texts in one pass of the text tower."""

_FILES = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
_TRAINED_WITH_QUICK_GELU = "WIT"


def fault_of(entry: ModelEntry) -> str | None:
    """Say why the installed open_clip does not build an entry rightly; None where it does.

    OpenAI's weights need QuickGELU. open_clip 3 builds GELU unless the architecture asks for the other,
    and says so in a warning only: the price is three points of accuracy.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> entry = catalogue()["ViT-B-32.openai"]
    >>> fault_of(entry) is None
    True
    >>> fault_of(replace(entry, model="ViT-B-32"))
    "the weights need QuickGELU, so the model 'ViT-B-32-quickgelu'"
    """
    version = f"open_clip {open_clip.__version__}"
    if entry.model not in open_clip.list_models():
        return f"{version} has no architecture '{entry.model}'"
    config = open_clip.get_model_config(entry.model)
    of_tag = _of_tag(entry)
    if entry.tag and not of_tag and not entry.hub_repository:
        return f"{version} lists no weights '{entry.tag}' of '{entry.model}'"
    needed = of_tag.get("quick_gelu") or entry.training_source == _TRAINED_WITH_QUICK_GELU
    if needed and not config.get("quick_gelu"):
        return f"the weights need QuickGELU, so the model '{entry.model}-quickgelu'"
    return None


def hub_files(entry: ModelEntry) -> HubFiles | None:
    """Say where the hub has the weights of an entry.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> str(hub_files(catalogue()["ViT-B-32.openai"]))
    'timm/vit_base_patch32_clip_224.openai/open_clip_model.safetensors'
    """
    if entry.hub_repository:
        return HubFiles(entry.hub_repository, (entry.tag,))
    repository, _, name = _of_tag(entry).get("hf_hub", "").rpartition("/")
    return HubFiles(repository, (name,) if name else _FILES) if repository else None


def build(entry: ModelEntry, weights: Path | None = None, device: str = "cpu") -> nn.Module:
    """Build a CLIP, with random weights or with those of a file.

    Parameters
    ----------
    entry : ModelEntry
        What to build.
    weights : Path, optional
        A file of weights. open_clip reads tensors from it and runs no code that may be in it.
    device : str
        Where; ``meta`` takes no memory.

    Returns
    -------
    torch.nn.Module
        In evaluation mode.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> build(catalogue()["ViT-B-32.openai"], device="meta").visual.image_size
    (224, 224)
    """
    with torch.device(device), _without_warning_of_random_weights():
        network: nn.Module = open_clip.create_model(
            _architecture(entry),
            pretrained=None if weights is None else str(weights),
            device=device,
            weights_only=True,
        )
    return network.eval()


def transform_of(entry: ModelEntry) -> Transform:
    """Return the preprocessing of an entry that open_clip knows, without building it.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> transform_of(catalogue()["ViT-L-14.laion2b_s32b_b82k"]).mean
    (0.5, 0.5, 0.5)
    """
    size = open_clip.get_model_config(_architecture(entry))["vision_cfg"]["image_size"]
    return from_open_clip({**asdict(PreprocessCfg()), **_of_tag(entry), "size": size})


def input_size_of(network: nn.Module) -> int:
    """Return the side of the images that a CLIP takes, pixels.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> input_size_of(build(catalogue()["ViT-B-32.openai"], device="meta"))
    224
    """
    size = network.visual.image_size
    return int(size[0] if isinstance(size, tuple | list) else size)


class ImageTower(nn.Module):
    """The image tower of a CLIP: images to embeddings of length one."""

    def __init__(self, clip: nn.Module) -> None:
        super().__init__()
        self.clip = clip

    def forward(self, batch: Tensor) -> Tensor:
        """Embed images.

        Parameters
        ----------
        batch : torch.Tensor, shape (images, 3, size, size)

        Returns
        -------
        torch.Tensor, shape (images, width)
        """
        embeddings: Tensor = self.clip.encode_image(batch, normalize=True)
        return embeddings


@dataclass(frozen=True)
class TextTower:
    """The text tower of a CLIP with its tokenizer.

    Attributes
    ----------
    clip : torch.nn.Module
        The whole CLIP.
    tokenizer : callable
        Texts to tokens.
    """

    clip: nn.Module
    tokenizer: Callable[[list[str]], Tensor]

    @property
    def logit_scale(self) -> float:
        """What cosine similarities are multiplied by to become the model's own logits."""
        return float(self.clip.logit_scale.detach().exp())

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts.

        Returns
        -------
        ndarray of float32, shape (texts, width)
            Of length one each.
        """
        device = self.clip.logit_scale.device
        blocks = []
        with torch.inference_mode():
            for start in range(0, len(texts), TEXTS_AT_ONCE):
                tokens = self.tokenizer(list(texts[start : start + TEXTS_AT_ONCE])).to(device)
                blocks.append(self.clip.encode_text(tokens, normalize=True).float().cpu().numpy())
        return np.concatenate(blocks)


def text_tower(entry: ModelEntry, clip: nn.Module) -> TextTower:
    """Return the text tower of a CLIP that `build` made.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> entry = catalogue()["ViT-B-32.openai"]
    >>> text_tower(entry, build(entry, device="meta")).tokenizer(["a cat"]).shape
    torch.Size([1, 77])
    """
    return TextTower(clip, open_clip.get_tokenizer(_architecture(entry)))


def _architecture(entry: ModelEntry) -> str:
    """Return the architecture of an entry, which open_clip must list.

    open_clip takes `hf-hub:` and `local-dir:` for places to fetch a configuration from, and that may name a
    tokenizer with code of its own. A table of models comes from outside, so no such name gets there.
    """
    if entry.model not in open_clip.list_models():
        raise ClipsafeError(f"{entry.name}: open_clip {open_clip.__version__} lists no '{entry.model}'.")
    return entry.model


@cache
def _of_tag(entry: ModelEntry) -> Mapping[str, Any]:
    listed = entry.resolves_via in BY_LIBRARY or entry.own_file is not None
    return dict(open_clip.get_pretrained_cfg(_architecture(entry), entry.tag)) if listed else {}


@contextmanager
def _without_warning_of_random_weights() -> Iterator[None]:
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
