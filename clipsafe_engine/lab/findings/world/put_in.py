"""What was put into a world, counted, and where the knobs of its training sources stand."""

from collections.abc import Mapping
from dataclasses import dataclass

from clipsafe_engine.lab.student.knobs import OF_TRAINING
from clipsafe_engine.lab.training.recipe import Recipe, read_groups
from clipsafe_engine.lab.world.material import seed_called
from clipsafe_engine.lab.world.palette import PATTERNS, ROLES
from clipsafe_engine.lab.world.sources import source_parts
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.registry.knobs import IMAGE_KNOBS
from clipsafe_utils.say import Text, Value


@dataclass(frozen=True)
class PutIn:
    """What was put into a world."""

    classes: int
    concepts: int
    unseen: int  # kinds of thing that no source shows
    patterns: int
    colours: int
    words: int
    grounds: Mapping[str, int]  # backgrounds by their role: known, unseen or painted
    recipes: int
    shipped: int  # networks whose weights are in the repository
    development: int
    reported: int  # seeds of the images that the world was tuned on, and that are shown
    typical: Mapping[str, Value]  # share of the images of a source with the typical texture


def put_into(world: World) -> PutIn:
    """Count what was put into a world."""
    recipes = [recipe for group in read_groups().values() for recipe in group]
    return PutIn(
        classes=world.classes,
        concepts=len(world.concepts),
        unseen=len(world.unseen),
        patterns=len(PATTERNS),
        colours=len(world.palette.colours),
        words=len(world.language.words),
        grounds={role: len(world.palette.with_role(role)) for role in ROLES},
        recipes=len(recipes),
        shipped=sum(recipe.shipped for recipe in recipes),
        development=seed_called(world.folder, "development"),
        reported=seed_called(world.folder, "reported"),
        typical={
            source: Value(knobs.texture_correlation, scale="number")
            for source, knobs in world.image_knobs.items()
        },
    )


def knob_values(world: World, source: str, knob: str) -> Text:
    """Write where a knob of a source stands; where rows take turns, both values."""
    parts = source_parts(world, source)
    holders = (
        [world.image_knobs[name] for name in parts.images]
        if knob in IMAGE_KNOBS
        else [world.caption_knobs[name] for name in parts.captions]
    )
    values = [getattr(holder, knob) for holder in holders]
    written = [("no", "yes")[value] if isinstance(value, bool) else f"{value:g}" for value in values]
    return Text(" / ".join(dict.fromkeys(written)) or "–")


def stands_at(world: World, source: str, knob: str) -> Text:
    """Write where a knob stands in a source, or in the recipe of every source."""
    if knob in OF_TRAINING:
        return Text(f"{getattr(Recipe('usual', 'resnet_xs', source, 'clip'), knob):,}")
    return knob_values(world, source, knob)
