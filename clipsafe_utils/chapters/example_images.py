"""Example images of the test sets, from the drawn world: what a chapter counts, seen first."""

from collections.abc import Sequence

from clipsafe_engine.lab.chapters.miniature_world.sheets import COUNTERPARTS, factor_strips
from clipsafe_utils.show.contact_sheets import Sheet, Strip, contact_sheet

SHIFTED = (
    *("natural", "redrawn_plain", "renditions", "adversarial_labels", "sketches", "controlled"),
    *("sequences", "stylised"),
)
UNKNOWN = ("natural", "unseen_glyphs", "scenes_known", "scenes_unseen", "textures", "fooling_labels")


def factor_examples() -> Sheet:
    """Show the plain set and each factor, a row each."""
    return contact_sheet(factor_strips())


def set_examples(names: Sequence[str]) -> Sheet:
    """Show some test sets, a row each, beside the real set whose place each takes."""
    return contact_sheet(
        [
            Strip(name, name.replace("_", " "), counterpart, f"Eight images of {name}: {made}.")
            for name, (counterpart, made) in COUNTERPARTS.items()
            if name in names
        ]
    )
