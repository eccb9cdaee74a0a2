"""What was put into a world, counted."""

from collections.abc import Mapping
from dataclasses import dataclass

from clipsafe_utils.lab.training.recipe import read_groups
from clipsafe_utils.lab.world.material import seed_called
from clipsafe_utils.lab.world.palette import PATTERNS, ROLES
from clipsafe_utils.lab.world.world import World
from clipsafe_utils.say import Value


@dataclass(frozen=True)
class PutIn:
    """What was put into a world.

    Attributes
    ----------
    classes, concepts, unseen : int
        Classes that are tested, what can be seen, and kinds of thing that no source shows.
    patterns, colours, words : int
        What textures are made of, and captions.
    grounds : mapping of str to int
        Backgrounds by their role: known, unseen or painted.
    recipes, shipped : int
        Networks that are trained in it, and those whose weights are in the repository.
    development, reported : int
        Seeds of the images that it was tuned on, and that are shown.
    typical : mapping of str to Value
        Share of the images of a source with the typical texture.
    """

    classes: int
    concepts: int
    unseen: int
    patterns: int
    colours: int
    words: int
    grounds: Mapping[str, int]
    recipes: int
    shipped: int
    development: int
    reported: int
    typical: Mapping[str, Value]


def put_into(world: World) -> PutIn:
    """Count what was put into a world.

    Examples
    --------
    >>> from clipsafe_utils.lab.world.world import load_world
    >>> put_into(load_world()).classes
    24
    """
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
