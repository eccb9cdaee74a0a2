"""What a student changes, and the recipe of the model that follows from it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from clipsafe_engine.lab.student.knobs import OF_TRAINING, checked, written
from clipsafe_engine.lab.student.own_world import digest
from clipsafe_engine.lab.training.recipe import Recipe, world_of
from clipsafe_engine.lab.world.sources import source_parts
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.drawn_world import DATA

ARCHITECTURE = "resnet_xs"


@dataclass(frozen=True)
class Change:
    """What is changed; everything else is as in the recipe of the shipped CLIPs.

    Examples
    --------
    >>> Change({"texture_correlation": 0.9}).name
    'wit-texture_correlation_0.9-s0'
    """

    settings: Mapping[str, float] = field(default_factory=dict)
    """Where knobs stand; see `MEANINGS`."""
    source: str = "wit"
    """Whose images and captions to begin with."""
    world: Path = DATA
    """Folder of the world."""

    @property
    def is_of_own_world(self) -> bool:
        """Whether the world is another than that of the book."""
        return self.world.resolve() != DATA.resolve()

    @property
    def name(self) -> str:
        """Name of the model: all that decides its weights, so that no other model can pass for it."""
        seed = int(self.settings.get("seed", 0))
        turned = [
            f"{knob}_{written(self.settings[knob])}" for knob in sorted(self.settings) if knob != "seed"
        ]
        own = [_plain(self.world.resolve().name), digest(self.world)] if self.is_of_own_world else []
        return "-".join([*own, _plain(self.source), *turned, f"s{seed}"])

    @property
    def command(self) -> str:
        """What makes the model again."""
        settings = [f"--set {knob}={written(value)}" for knob, value in self.settings.items()]
        own = [f"--world {self.world}"] if self.is_of_own_world else []
        return " ".join(["clipsafe miniature student", *settings, f"--captions {self.source}", *own])


def recipe_of(world: World, change: Change) -> Recipe:
    """Return the recipe of a change, checked against the world.

    Where the batch is changed, the learning rate goes with its square root, as in the zoo.

    Parameters
    ----------
    world : World
        What `change.world` holds.
    change : Change
        What to change.

    Raises
    ------
    ClipsafeError
        If the source is unknown or has no captions, or a knob is unknown, out of range or at odds with
        another.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> recipe_of(load_world(), Change({"batch": 64})).rate
    0.0015
    >>> recipe_of(load_world(), Change(source="labels_wide_far"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: labels_wide_far: this source has no captions, ...
    """
    if not source_parts(world, change.source).captions:
        spoken = [name for name, parts in world.sources.items() if parts.captions]
        raise ClipsafeError(
            f"{change.source}: this source has no captions, and a CLIP learns from nothing else; those with "
            f"captions are {', '.join(spoken)}."
        )
    turned = {knob: checked(knob, value) for knob, value in change.settings.items()}
    of_training = {knob: int(value) for knob, value in turned.items() if knob in OF_TRAINING}
    of_world = tuple(sorted((knob, value) for knob, value in turned.items() if knob not in OF_TRAINING))
    recipe = Recipe(
        name=change.name,
        architecture=ARCHITECTURE,
        source=change.source,
        loss="clip",
        images=of_training.get("images", Recipe.images),
        samples=of_training.get("samples", Recipe.samples),
        seed=of_training.get("seed", Recipe.seed),
        batch=of_training.get("batch", Recipe.batch),
        knobs=of_world,
        training_group="student",
        group="other",
    )
    if recipe.batch > recipe.images:
        raise ClipsafeError(
            f"batch={recipe.batch}: is more than the {recipe.images:,} training images; a batch is a part of "
            f"them."
        )
    world_of(world, recipe)  # refuses knobs that contradict each other
    if recipe.batch == Recipe.batch:
        return recipe
    return replace(recipe, learning_rate=recipe.rate * math.sqrt(recipe.batch / Recipe.batch))


def _plain(text: str) -> str:
    return re.sub(r"[^\w.]+", "_", text).lstrip(".")
