"""Averaging the weights of two models, as WiSE-FT does (Wortsman et al. 2022)."""

from pathlib import Path
from typing import Any

from torch import Tensor

from clipsafe_engine.lab.training.objectives import as_classifier, load_network
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.errors import ClipsafeError


def average(world: World, zero_shot: Path, fine_tuned: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Average a zero-shot CLIP and its fine-tuned form, half and half, running statistics included.

    Parameters
    ----------
    world : World
        Gives the prompts of the zero-shot classifier.
    zero_shot, fine_tuned : Path
        Weight files of the two.

    Returns
    -------
    dict of str to Tensor
        State of the averaged network.
    dict
        Its description.

    Raises
    ------
    ClipsafeError
        If the two are not a CLIP and what was made of it.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> average(load_world(), Path("nowhere.safetensors"), Path("tuned.safetensors"))
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nowhere.safetensors: there is no such weight file.
    """
    clip, before = load_network(world, zero_shot)
    tuned, after = load_network(world, fine_tuned)
    forms = (before["form"], after["form"], after["classes"])
    if forms != ("clip", "clip_classifier", world.classes) or after.get("start") != before.get("name"):
        raise ClipsafeError(f"{fine_tuned}: expected a model fine-tuned from {zero_shot}.")
    start = as_classifier(world, clip, before["architecture"], "labels")
    end = tuned.state_dict()
    state = {
        name: (tensor + end[name]) / 2 if tensor.is_floating_point() else tensor
        for name, tensor in start.state_dict().items()
    }
    return state, dict(after)
