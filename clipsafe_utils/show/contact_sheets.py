"""Contact sheets: rows of a name and a strip of drawn images.

The strips are PNGs of the repository, for the book is made without what draws them. They go into the page
itself, with all that places them, so that a notebook that is taken along keeps them.
"""

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError

FOLDER = REPOSITORY / "book" / "_static" / "miniature"
"""Where `clipsafe_engine.lab.world.contact_sheets` puts the strips."""

_ROW = (
    "display: flex; flex-wrap: wrap; align-items: center; gap: 0.1rem 0.75rem; "
    "margin-bottom: 0.6rem; text-align: start"
)
_LABEL = "flex: 1 0 11rem; line-height: 1.3"
_NOTE = "display: block; font-size: 0.8rem"
# No padding or background: the theme would lay a card under a picture in the dark.
_STRIP = (
    "flex: 100 1 18rem; min-width: 0; max-width: 540px; height: auto; padding: 0; background: none; "
    "image-rendering: pixelated"
)


@dataclass(frozen=True)
class Strip:
    """One row of a contact sheet.

    Attributes
    ----------
    name : str
        The picture is `book/_static/miniature/<name>.png`.
    label, note : str
        What stands beside it; the note is smaller.
    alt : str
        What a reader who cannot see it should know.
    """

    name: str
    label: str
    note: str
    alt: str


@dataclass(frozen=True)
class Sheet:
    """A contact sheet as a notebook shows it."""

    markup: str

    def __repr__(self) -> str:
        return "<contact sheet>"

    def _repr_html_(self) -> str:
        return self.markup


def contact_sheet(strips: Sequence[Strip], folder: Path = FOLDER) -> Sheet:
    """Put strips below each other, each beside its label, or on a phone below it.

    Parameters
    ----------
    strips : sequence of Strip
        The rows.
    folder : Path
        Holds the pictures.

    Raises
    ------
    ClipsafeError
        If a picture is missing.

    Examples
    --------
    >>> contact_sheet([]).markup
    '<div class="themed-figure"></div>'
    """
    return Sheet(f'<div class="themed-figure">{"".join(_row(strip, folder) for strip in strips)}</div>')


def _row(strip: Strip, folder: Path) -> str:
    path = folder / f"{strip.name}.png"
    try:
        picture = base64.b64encode(path.read_bytes()).decode("ascii")
    except OSError as error:
        raise ClipsafeError(
            f"{path}: cannot be read; python -m clipsafe_engine.lab.world.contact_sheets draws it."
        ) from error
    label = f"<code>{html.escape(strip.label)}</code>"
    note = f'<span style="{_NOTE}">{html.escape(strip.note)}</span>'
    # The class keeps the theme from changing the colours in the dark.
    image = (
        f'<img class="dark-light" style="{_STRIP}" alt="{html.escape(strip.alt, quote=True)}" '
        f'src="data:image/png;base64,{picture}">'
    )
    return f'<div style="{_ROW}"><div style="{_LABEL}">{label}{note}</div>{image}</div>'
