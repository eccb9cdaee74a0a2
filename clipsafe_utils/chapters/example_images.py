"""Example images of the test sets, from the drawn world: what a chapter counts, seen first."""

from collections.abc import Sequence

from clipsafe_utils.cubes.schema import HEADLINE_FACTORS
from clipsafe_utils.registry.drawn_sets import SETS
from clipsafe_utils.show.contact_sheets import Sheet, Strip, contact_sheet

SHIFTED = (
    *("natural", "redrawn_plain", "renditions", "adversarial_labels", "sketches", "controlled"),
    *("sequences", "stylised"),
)
UNKNOWN = ("natural", "unseen_glyphs", "scenes_known", "scenes_unseen", "textures", "fooling_labels")
_FACTORS = {
    "plain": "nothing changed: where the others start",
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


def factor_examples() -> Sheet:
    """Show the plain set and each factor, a row each."""
    return contact_sheet(factor_strips())


def set_examples(names: Sequence[str]) -> Sheet:
    """Show some test sets, a row each, beside the real set whose place each takes."""
    return contact_sheet(
        [
            Strip(
                item.name,
                item.name.replace("_", " "),
                item.counterpart,
                f"Eight images of {item.name}: {item.made}.",
            )
            for item in SETS
            if item.name in names
        ]
    )
