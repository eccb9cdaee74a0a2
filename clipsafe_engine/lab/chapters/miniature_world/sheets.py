"""Which strips of drawn images the page shows, what each stands for, and how many images each set has."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from clipsafe_engine.lab.world.material import Counts, counts
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.show.contact_sheets import Strip
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table


@dataclass(frozen=True)
class _Set:
    """A test set, its counterpart in the real study, and how it is made."""

    name: str
    counterpart: str
    made: str
    count: str  # the entry of `Counts`


_SHIFTS = (
    _Set("redrawn_top", "ImageNet-V2, TopImages", "drawn again; from the most typical 40 %", "redrawn"),
    _Set(
        "redrawn_threshold", "ImageNet-V2, Threshold0.7", "drawn again; from the most typical 75 %", "redrawn"
    ),
    _Set("redrawn_plain", "ImageNet-V2, MatchedFrequency", "drawn again; from all candidates", "redrawn"),
    _Set("renditions", "ImageNet-R", "silhouettes, posters and line drawings", "renditions"),
    _Set("adversarial_labels", "ImageNet-A", "named wrongly by the reference of labels", "adversarial"),
    _Set("adversarial_wit", "ImageNet-A", "named wrongly by the reference of wit", "adversarial"),
    _Set("sketches", "ImageNet-Sketch", "line drawings", "sketches"),
    _Set("controlled", "ObjectNet", "every class, background, rotation and size crossed", "controlled"),
    _Set("sequences", "ImageNet-Vid-Robust", "frames of slowly moving objects", "sequences"),
    _Set("stylised", "Stylized-ImageNet", "painted over with other patterns", "stylised"),
)
_FOREIGN = (
    _Set("unseen_glyphs", "iNaturalist", "things that no source shows", "unseen_glyphs"),
    _Set("scenes_known", "SUN", "backgrounds of the sources without an object", "scenes"),
    _Set("scenes_unseen", "Places", "new backgrounds without an object", "scenes"),
    _Set("textures", "Textures", "textures alone; half are typical of a class", "textures"),
    _Set("fooling_labels", "ImageNet-O", "unseen things that fool the reference of labels", "fooling"),
    _Set("fooling_wit", "ImageNet-O", "unseen things that fool the reference of wit", "fooling"),
)
_NATURAL = _Set("natural", "ImageNet, validation", "all factors vary, labelled as in ImageNet-X", "natural")
_CONFLICT = _Set("cue_conflict", "cue conflict", "shape of one class, texture of another", "cue_conflict")
SETS = (_NATURAL, *_SHIFTS, *_FOREIGN, _CONFLICT)  # every test set but those of one factor
COUNTERPARTS = {item.name: (item.counterpart, item.made) for item in SETS}
"""Of each test set, the real one whose place it takes, and how it is made."""

_SOURCES = {
    "labels": "curated: things look as they should",
    "labels_wide_near": "twice the classes, some near the unseen",
    "labels_wide_far": "twice the classes, none near the unseen",
    "wit": "web: more varied, captions with errors",
    "laion": "web: most varied, more errors",
}
_FACTORS = {
    "plain": "nothing moved: the start of the others",
    "pose": "turned and slanted",
    "background": "a background typical of other classes",
    "pattern": "another pattern, same colours",
    "color": "other colours, same pattern",
    "smaller": "two thirds as large",
    "shape": "outline bent",
    "partial_view": "hidden by a bar",
    "subcategory": "a rare drawing of the class",
    "texture": "another texture altogether",
    "larger": "larger than the frame",
}


def source_strips() -> list[Strip]:
    """Return a strip for each kind of training images."""
    return [
        Strip(f"source-{name}", name, note, f"Eight training images of {name}. {note.capitalize()}.")
        for name, note in _SOURCES.items()
    ]


def factor_strips() -> list[Strip]:
    """Return a strip for the plain set and each factor."""
    return [
        Strip(
            f"factor-{name}",
            name,
            _FACTORS[name],
            f"Airplane, bicycle, bird and cat with typical, then with random textures. {_FACTORS[name]}.",
        )
        for name in ("plain", *HEADLINE_FACTORS)
    ]


def shift_strips(world: World) -> list[Strip]:
    """Return a strip for the in-distribution test and each shift."""
    return _of_sets(world, (_NATURAL, *_SHIFTS))


def foreign_strips(world: World) -> list[Strip]:
    """Return a strip for each set out of distribution, and for the cue conflict."""
    return _of_sets(world, (*_FOREIGN, _CONFLICT))


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


def _of_sets(world: World, sets: Sequence[_Set]) -> list[Strip]:
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


def _images(sizes: Counts, item: _Set) -> int:
    number: int = getattr(sizes, item.count)
    return number * (2 * sizes.sequence_reach + 1) if item.name == "sequences" else number
