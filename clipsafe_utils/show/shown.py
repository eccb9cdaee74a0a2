"""What a page shows: the markup of a figure or a table, with a picture for hosts that show no SVG."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """A figure, or a table, as a notebook shows it."""

    markup: str
    png: bytes = b""

    def __repr__(self) -> str:
        return "<figure>" if self.png else "<table>"

    def _repr_html_(self) -> str:
        return self.markup

    def _repr_png_(self) -> bytes | None:
        return self.png or None
