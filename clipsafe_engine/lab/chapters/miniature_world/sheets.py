"""Which strips of drawn images the page shows, what each stands for, and how many images each set has."""

from collections.abc import Sequence

import pandas as pd

from clipsafe_engine.lab.world.material import Counts, counts
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.registry.drawn_sets import CONFLICT, FOREIGN, NATURAL, SETS, SHIFTS, DrawnSet
from clipsafe_utils.show.contact_sheets import Strip
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

_SOURCES = {
    "labels": "curated: things look as they should",
    "labels_wide_near": "twice the classes, some near the unseen",
    "labels_wide_far": "twice the classes, none near the unseen",
    "wit": "web: more varied, captions with errors",
    "laion": "web: most varied, more errors",
}


def source_strips() -> list[Strip]:
    """Return a strip for each kind of training images."""
    return [
        Strip(f"source-{name}", name, note, f"Eight training images of {name}. {note.capitalize()}.")
        for name, note in _SOURCES.items()
    ]


def shift_strips(world: World) -> list[Strip]:
    """Return a strip for the in-distribution test and each shift."""
    return _of_sets(world, (NATURAL, *SHIFTS))


def foreign_strips(world: World) -> list[Strip]:
    """Return a strip for each set out of distribution, and for the cue conflict."""
    return _of_sets(world, (*FOREIGN, CONFLICT))


def sets_table(world: World) -> Shown:
    """Tabulate every test set."""
    sizes = counts(world.folder)
    rows = [(item.name, f"{_images(sizes, item):,}", item.counterpart, item.made) for item in SETS]
    alone = (
        "<factor>_<texture>",
        f"2 x {1 + len(HEADLINE_FACTORS)} x {sizes.one_factor:,}",
        "none",
        "plain, or one factor moved; textures typical or random",
    )
    return table(
        pd.DataFrame([rows[0], alone, *rows[1:]], columns=["Set", "Images", "Counterpart", "How it is made"]),
        "Every test set, how many images it has, and the real one whose place it takes.",
    )


def _of_sets(world: World, sets: Sequence[DrawnSet]) -> list[Strip]:
    sizes = counts(world.folder)
    return [
        Strip(
            item.name,
            item.name,
            f"{item.counterpart}; {_images(sizes, item):,} images",
            f"Eight images of {item.name}, the counterpart of {item.counterpart}: {item.made}.",
        )
        for item in sets
    ]


def _images(sizes: Counts, item: DrawnSet) -> int:
    number: int = getattr(sizes, item.count)
    return number * (2 * sizes.sequence_reach + 1) if item.name == "sequences" else number
