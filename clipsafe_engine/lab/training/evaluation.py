"""Running a network of the zoo over images, and its accuracy on the development set."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from clipsafe_engine.lab.training.networks import prepare, text_classifier
from clipsafe_engine.lab.world.captions import prompt_tokens
from clipsafe_engine.lab.world.material import seed_called
from clipsafe_engine.lab.world.renderer import render
from clipsafe_engine.lab.world.sets import make_test_set
from clipsafe_engine.lab.world.world import World

_BATCH = 256
_DEVELOPMENT_IMAGES = 4800


def outputs(network: Any, form: str, images: Tensor) -> NDArray[np.float32]:
    """Run a network over images, in single precision.

    Parameters
    ----------
    network : Module
        As `load_network` gives it.
    form : str
        Its form.
    images : Tensor of uint8, shape (images, 3, 32, 32)

    Returns
    -------
    ndarray of float32
        Of a CLIP: embeddings of length 1, shape (images, 64); else logits, shape (images, classes).

    Examples
    --------
    >>> from clipsafe_engine.lab.training.networks import make_classifier
    >>> network = make_classifier("resnet_xs", 24).eval()
    >>> outputs(network, "classifier", torch.zeros(3, 3, 32, 32, dtype=torch.uint8)).shape
    (3, 24)
    """
    run = network.encode_image if form == "clip" else network
    with torch.inference_mode():
        parts = [run(prepare(images[start : start + _BATCH])) for start in range(0, len(images), _BATCH)]
        joined = torch.cat(parts)
        if form == "clip":
            joined = functional.normalize(joined, dim=-1)
    values: NDArray[np.float32] = joined.numpy()
    return values


def zero_shot(world: World, clip: Any, templates: tuple[str, ...]) -> tuple[NDArray[np.float32], float]:
    """Return the zero-shot classifier of some prompts, shape (classes, 64), and the logit scale.

    Examples
    --------
    >>> from clipsafe_engine.lab.training.networks import make_clip
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> classifier, scale = zero_shot(load_world(), make_clip(load_world(), "resnet_xs"), ("a {}",))
    >>> classifier.shape, round(scale, 1)
    ((24, 64), 14.3)
    """
    prompts = torch.from_numpy(prompt_tokens(world, templates))
    return text_classifier(clip, prompts).numpy(), float(clip.logit_scale.exp().item())


def development_accuracy(world: World, network: nn.Module, described: Mapping[str, Any]) -> float:
    """Return the accuracy on images of the development seed; NaN for an encoder.

    A quarter of the natural test set of that seed. Nothing reported is measured on it.

    Examples
    --------
    >>> from clipsafe_engine.lab.training.networks import make_classifier
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> network = make_classifier("resnet_xs", 24).eval()
    >>> development_accuracy(load_world(), network, {"form": "classifier"}) < 0.2
    True
    """
    if described["form"] == "encoder":
        return float("nan")
    made = make_test_set(world, "natural", seed_called(world.folder, "development"))
    rows = slice(_DEVELOPMENT_IMAGES)
    values = outputs(network, described["form"], render(world, made.parameters.rows(rows)))
    if described["form"] == "clip":
        values = values @ zero_shot(world, network, world.language.templates)[0].T
    return float((values[:, : world.classes].argmax(axis=1) == made.labels[rows]).mean())
