"""What a table of a page says, without the markup that keeps a cell on one line."""

from clipsafe_utils.show.shown import Shown


def cells_of(shown: Shown) -> str:
    """Return the markup of a table without the spans inside its cells."""
    return shown.markup.replace('<span class="together">', "").replace("</span>", "")
