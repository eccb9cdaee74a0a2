"""Where the knobs of the world's training sources stand."""

from clipsafe_utils.lab.student.knobs import OF_TRAINING
from clipsafe_utils.lab.training.recipe import Recipe
from clipsafe_utils.lab.world.knobs import IMAGE_KNOBS
from clipsafe_utils.lab.world.sources import source_parts
from clipsafe_utils.lab.world.world import World
from clipsafe_utils.say import Text

_NONE = Text("–")


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
    return Text(" / ".join(dict.fromkeys(written)) or _NONE)


def stands_at(world: World, source: str, knob: str) -> Text:
    """Write where a knob stands in a source, or in the recipe of every source."""
    if knob in OF_TRAINING:
        return Text(f"{getattr(Recipe('usual', 'resnet_xs', source, 'clip'), knob):,}")
    return knob_values(world, source, knob)
