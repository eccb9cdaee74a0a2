"""Classifiers by timm: fine-tuned CLIPs and every other network with an ImageNet head."""

from functools import cache
from pathlib import Path

import timm
import torch
from timm.data.config import resolve_data_config
from timm.data.imagenet_info import ImageNetInfo, infer_imagenet_subset
from timm.models import PretrainedCfg
from torch import Tensor, nn

from clipsafe_engine.models.transforms import Transform, from_timm
from clipsafe_engine.models.weights import HubFiles
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.catalogue import ModelEntry

CLASSES = 1_000
_FILES = ("model.safetensors", "pytorch_model.bin")


def fault_of(entry: ModelEntry) -> str | None:
    """Say why the installed timm does not know an entry; None where it does.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> fault_of(catalogue()["vgg16_bn.tv_in1k"]) is None
    True
    """
    if not timm.is_model(entry.model):
        return f"timm {timm.__version__} has no architecture '{entry.model}'"
    name = _timm_name(entry)
    if name != entry.model and name not in _listed():
        return f"timm {timm.__version__} lists no weights '{name}'"
    return None


def hub_files(entry: ModelEntry) -> HubFiles | None:
    """Say where the hub has the weights of an entry.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> str(hub_files(catalogue()["vgg16_bn.tv_in1k"]))
    'timm/vgg16_bn.tv_in1k/model.safetensors'
    """
    if entry.hub_repository:
        return HubFiles(entry.hub_repository, (entry.tag,))
    config = _configuration(entry)
    if not config.hf_hub_id:
        return None
    return HubFiles(config.hf_hub_id, (config.hf_hub_filename,) if config.hf_hub_filename else _FILES)


def build(entry: ModelEntry, weights: Path | None = None, device: str = "cpu") -> nn.Module:
    """Build a network, with random weights or with those of a file.

    Parameters
    ----------
    entry : ModelEntry
        What to build.
    weights : Path, optional
        A file of weights. timm reads tensors from it and runs no code that may be in it.
    device : str
        Where; ``meta`` takes no memory.

    Returns
    -------
    torch.nn.Module
        Images to logits over its own classes, in evaluation mode.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> build(catalogue()["vgg16_bn.tv_in1k"], device="meta").num_classes
    1000
    """
    with torch.device(device):
        network: nn.Module = timm.create_model(
            _timm_name(entry),
            pretrained=weights is not None,
            pretrained_cfg_overlay={} if weights is None else {"file": str(weights), "custom_load": False},
        )
    return network.eval()


def transform_of(entry: ModelEntry) -> Transform:
    """Return the preprocessing of an entry that timm knows, without building it.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> transform_of(catalogue()["vgg16_bn.tv_in1k"]).crop.interpolation
    'bilinear'
    """
    return from_timm(resolve_data_config(pretrained_cfg=_configuration(entry).to_dict()))


def input_size_of(network: nn.Module) -> int:
    """Return the side of the images that a network takes, pixels.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> input_size_of(build(catalogue()["vgg16_bn.tv_in1k"], device="meta"))
    224
    """
    return int(resolve_data_config(model=network)["input_size"][-1])


def with_imagenet_classes(network: nn.Module) -> nn.Module:
    """Return a network whose logits are those of the 1,000 ImageNet classes in their usual order.

    Parameters
    ----------
    network : torch.nn.Module
        One that `build` made. Which classes it has is inferred from their number, as timm does.

    Raises
    ------
    ClipsafeError
        If the network lacks one of the 1,000 classes or its classes are unknown.

    Examples
    --------
    >>> with torch.device("meta"):
    ...     network = timm.create_model("test_vit", num_classes=21842)
    ...     with_imagenet_classes(network)(torch.empty(2, 3, 160, 160)).shape
    torch.Size([2, 1000])
    """
    classes: int = network.num_classes
    if classes == CLASSES:
        return network
    subset = infer_imagenet_subset(network)
    if subset is None:
        raise ClipsafeError(
            f"The network has {classes} classes, which are no known set that holds ImageNet's."
        )
    column = {name: index for index, name in enumerate(ImageNetInfo(subset).label_names())}
    names = ImageNetInfo().label_names()
    missing = [name for name in names if name not in column]
    if missing:
        raise ClipsafeError(
            f"The {classes} classes of the network lack {len(missing)} of the 1,000, for one {missing[0]}."
        )
    return _Columns(network, [column[name] for name in names])


class _Columns(nn.Module):
    columns: Tensor

    def __init__(self, network: nn.Module, columns: list[int]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("columns", torch.tensor(columns), persistent=False)

    def forward(self, batch: Tensor) -> Tensor:
        logits: Tensor = self.network(batch)
        return logits[:, self.columns]


def _timm_name(entry: ModelEntry) -> str:
    # timm takes `hf-hub:` and `local-dir:` for places to fetch a model from, with settings of its own.
    if not timm.is_model(entry.model):
        raise ClipsafeError(f"{entry.name}: timm {timm.__version__} lists no '{entry.model}'.")
    return f"{entry.model}.{entry.tag}" if entry.tag and not entry.hub_repository else entry.model


def _configuration(entry: ModelEntry) -> PretrainedCfg:
    return timm.get_pretrained_cfg(_timm_name(entry)) or PretrainedCfg()


@cache
def _listed() -> frozenset[str]:
    return frozenset(timm.list_pretrained())
