"""Image encoders of the zoo: timm architectures cut down to 32-pixel images, under names of our own."""

from typing import Any

from timm.models import register_model
from timm.models.convnext import ConvNeXt
from timm.models.resnet import BasicBlock, ResNet
from timm.models.vision_transformer import VisionTransformer
from torch import nn

from clipsafe_engine.lab.world.patterns import SIDE

HALF_PRECISION = ("resnet_xs", "resnet_s")
"""These train in bfloat16: a third faster on a processor that has it. The others are slower in it."""


def timm_name(architecture: str) -> str:
    """Return the name under which timm makes an architecture.

    Examples
    --------
    >>> import timm
    >>> timm.create_model(timm_name("resnet_xs"), num_classes=24).num_features
    96
    """
    return f"clipsafe_{architecture}"


@register_model
def clipsafe_resnet_xs(pretrained: bool = False, **options: Any) -> ResNet:  # noqa: ARG001, timm passes it
    """Make a ResNet of four basic blocks, 0.2 million parameters."""
    return _resnet((16, 32, 64, 96), options)


@register_model
def clipsafe_resnet_s(pretrained: bool = False, **options: Any) -> ResNet:  # noqa: ARG001
    """Make a ResNet of four basic blocks, 0.45 million parameters."""
    return _resnet((24, 48, 96, 128), options)


@register_model
def clipsafe_convnext_s(pretrained: bool = False, **options: Any) -> ConvNeXt:  # noqa: ARG001
    """Make a ConvNeXt with BatchNorm: with LayerNorm it learns badly at this size."""
    network = ConvNeXt(
        depths=(1, 1, 2, 1),
        dims=(32, 64, 96, 160),
        patch_size=2,
        ls_init_value=None,
        conv_mlp=True,
        norm_layer=nn.BatchNorm2d,
        **_known(options),
    )
    return _described(network, "stem.0", "head.fc")


@register_model
def clipsafe_vit_s(pretrained: bool = False, **options: Any) -> VisionTransformer:  # noqa: ARG001
    """Make a ViT of 16 tokens behind a convolutional stem (Xiao et al. 2021)."""
    width = 96
    network = VisionTransformer(
        img_size=SIDE, patch_size=8, embed_dim=width, depth=3, num_heads=3, **_known(options)
    )
    network.patch_embed.proj = nn.Sequential(
        *_convolution(3, 24), *_convolution(24, 64), nn.Conv2d(64, width, 3, stride=2, padding=1)
    )
    return _described(network, "patch_embed.proj.0", "head")


def _resnet(channels: tuple[int, ...], options: dict[str, Any]) -> ResNet:
    network = ResNet(BasicBlock, (1, 1, 1, 1), channels=channels, **_known(options))
    # A stem for small images. timm's has 64 planes whatever the channels, so the first block is remade too.
    first = channels[0]
    network.conv1 = nn.Conv2d(3, first, 3, stride=2, padding=1, bias=False)
    network.bn1 = nn.BatchNorm2d(first)
    network.maxpool = nn.Identity()
    network.layer1[0] = BasicBlock(first, first)
    network.init_weights()
    return _described(network, "conv1", "fc")


def _convolution(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()


def _known(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name in ("num_classes", "global_pool")}


def _described(network: Any, first: str, last: str) -> Any:
    network.default_cfg = network.pretrained_cfg = {
        "input_size": (3, SIDE, SIDE),
        "pool_size": None,
        "num_classes": 1000,
        "first_conv": first,
        "classifier": last,
    }
    return network
