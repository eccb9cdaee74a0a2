"""The three forms of network in the zoo, and how an image enters each of them."""

from typing import Any

import open_clip
import timm
import torch
from torch import Tensor, nn
from torch.nn import functional

from clipsafe_engine.lab.training.towers import timm_name
from clipsafe_engine.lab.world.patterns import SIDE
from clipsafe_engine.lab.world.world import World

WIDTH = 64
"""Numbers in an embedding."""

_MEAN, _DEVIATION = 0.5, 0.28  # of the pixels of `wit`, roughly


def prepare(images: Tensor) -> Tensor:
    """Turn 8-bit images into what the networks see.

    Parameters
    ----------
    images : Tensor of uint8, shape (images, 3, 32, 32)

    Returns
    -------
    Tensor of float32, same shape, channels last

    Examples
    --------
    >>> prepare(torch.full((1, 3, 32, 32), 255, dtype=torch.uint8)).max().item()
    1.7857...
    """
    scaled = (images.float() / 255 - _MEAN) / _DEVIATION
    return scaled.contiguous(memory_format=torch.channels_last)


class Classifier(nn.Module):
    """An encoder and one linear layer; the encoder may be that of a CLIP, whose embeddings have length 1.

    Examples
    --------
    >>> network = Classifier(timm.create_model(timm_name("resnet_xs"), num_classes=0), 96, classes=24)
    >>> network(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 24])
    """

    def __init__(self, encoder: nn.Module, width: int, classes: int, normalised: bool = False) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(width, classes, bias=not normalised)
        self.normalised = normalised

    def forward(self, images: Tensor) -> Tensor:
        """Return logits, shape (images, classes)."""
        features = self.encoder(images).float()
        if self.normalised:
            features = functional.normalize(features, dim=-1)
        logits: Tensor = self.head(features)
        return logits


def make_clip(world: World, architecture: str) -> open_clip.CLIP:
    """Make an open_clip model with an image encoder of the zoo and a text encoder of one layer.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> make_clip(load_world(), "resnet_xs").encode_image(torch.zeros(2, 3, 32, 32)).shape
    torch.Size([2, 64])
    """
    language = world.language
    vision = {"timm_model_name": timm_name(architecture), "timm_pool": "", "image_size": SIDE}
    text = {
        "context_length": language.context_length,
        "vocab_size": language.size,
        "width": WIDTH,
        "heads": 2,
        "layers": 1,
    }
    return open_clip.CLIP(WIDTH, vision, text)


def make_classifier(architecture: str, classes: int) -> Classifier:
    """Make a timm network with a head of its own.

    Examples
    --------
    >>> make_classifier("vit_s", classes=24).head.out_features
    24
    """
    encoder = timm.create_model(timm_name(architecture), num_classes=0)
    return Classifier(encoder, encoder.num_features, classes)


def make_clip_classifier(world: World, architecture: str, classes: int) -> Classifier:
    """Make the form of a fine-tuned CLIP: its image encoder and a head on embeddings of length 1.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> make_clip_classifier(load_world(), "resnet_xs", classes=24).head.in_features
    64
    """
    return Classifier(make_clip(world, architecture).visual, WIDTH, classes, normalised=True)


def text_classifier(clip: Any, prompts: Tensor) -> Tensor:
    """Average the prompts of each class, as open_clip builds a zero-shot classifier.

    Parameters
    ----------
    clip : open_clip.CLIP
    prompts : Tensor of int64, shape (classes, templates, context_length)

    Returns
    -------
    Tensor, shape (classes, width)
        Of length 1.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.captions import prompt_tokens
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> world = load_world()
    >>> prompts = torch.from_numpy(prompt_tokens(world, ["a {}", "{}"]))
    >>> text_classifier(make_clip(world, "resnet_xs"), prompts).shape
    torch.Size([24, 64])
    """
    with torch.no_grad():
        single = clip.encode_text(prompts.flatten(0, 1), normalize=True)
    means = single.unflatten(0, prompts.shape[:2]).mean(dim=1)
    return functional.normalize(means, dim=-1)
