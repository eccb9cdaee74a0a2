"""What a study that stands in for real models cannot be asked: what was built into it, and what it lacks.

A check reads the study and the drawn world, and returns the measured reason; an empty one where there is
none.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache

import numpy as np

from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.lab.world.knobs import ImageKnobs
from clipsafe_utils.lab.world.prompts import read_prompt_sets
from clipsafe_utils.lab.world.world import load_world

TRAINED_LOGIT_SCALE = 100.0
"""Of a CLIP that was trained to the end: where OpenAI's recipe clips it."""

FEWEST_WORDS = 0.5
"""Distinct words for each template; with fewer, the templates say the same in another order."""


_world = cache(load_world)  # A check is asked with every claim and every choice.


def sources_drawn_apart(reader: Reader) -> str:
    """Say in how many knobs the training sources of the CLIPs were drawn to differ."""
    world = _world()
    clips = reader.models.isel(model=(reader.models["group"] == "clip_zero_shot").values)
    drawn = [
        name for name in np.unique(clips["training_source"].values).tolist() if name in world.image_knobs
    ]
    if len(drawn) < 2:
        return ""
    names = [field.name for field in fields(ImageKnobs) if field.name != "classes"]
    apart = sum(len({getattr(world.image_knobs[source], name) for source in drawn}) > 1 for name in names)
    if not apart:
        return ""
    return (
        f"the sources {' and '.join(drawn)} were drawn to differ, in {apart} of {len(names)} knobs of images"
    )


def logit_scale_short(reader: Reader) -> str:
    """Say how far the logit scale of the CLIPs is from that of trained ones."""
    embeddings = reader.cube("embeddings")
    if embeddings is None:
        return "no cube embeddings says how large the logit scale of its CLIPs is"
    scales = embeddings["logit_scale"].values
    if scales.max() >= TRAINED_LOGIT_SCALE / 2:
        return ""
    return (
        f"the logit scale of its CLIPs is {scales.min():.0f} to {scales.max():.0f}, that of trained CLIPs "
        f"{TRAINED_LOGIT_SCALE:.0f}"
    )


def templates_say_the_same(reader: Reader) -> str:  # noqa: ARG001
    """Say how few words the largest set of templates is made of."""
    templates = max(read_prompt_sets(_world()).values(), key=len)
    words = {word for template in templates for word in template.replace("{}", "").split()}
    if len(words) >= FEWEST_WORDS * len(templates):
        return ""
    return f"its {len(templates)} templates are {len(words)} words in different order, of one content"


CHECKS: Mapping[str, Callable[[Reader], str]] = {
    "sources": sources_drawn_apart,
    "logit_scale": logit_scale_short,
    "templates": templates_say_the_same,
}
"""The checks by name."""
