"""Where the knobs of the world's training sources stand."""

from clipsafe_utils.lab.student.knobs import OF_TRAINING
from clipsafe_utils.lab.training.recipe import Recipe
from clipsafe_utils.lab.world.knobs import IMAGE_KNOBS
from clipsafe_utils.lab.world.sources import source_parts
from clipsafe_utils.lab.world.world import World
from clipsafe_utils.say import Text

_NONE = Text("–")


def knob_values(world: World, source: str, knob: str) -> Text:
    """Write where a knob of a source stands; where rows take turns, both values.

    Parameters
    ----------
    world : World
        The world.
    source : str
        One of its training sources.
    knob : str
        Of its images or captions.

    Examples
    --------
    >>> from clipsafe_utils.lab.world.world import load_world
    >>> world = load_world()
    >>> [knob_values(world, source, "wrong") for source in ("labels", "wit", "mixed", "labels_wide_far")]
    [0, 0.05, 0.05 / 0.08, –]
    """
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
    """Write where a knob stands in a source, or in the recipe of every source.

    Examples
    --------
    >>> from clipsafe_utils.lab.world.world import load_world
    >>> stands_at(load_world(), "wit", "wrong"), stands_at(load_world(), "wit", "images")
    (0.05, 65,536)
    """
    if knob in OF_TRAINING:
        return Text(f"{getattr(Recipe('usual', 'resnet_xs', source, 'clip'), knob):,}")
    return knob_values(world, source, knob)
