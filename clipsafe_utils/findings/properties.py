"""How a property of a model is called and scaled wherever it is shown."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Property:
    """A property of a model: its title, its axis, and what its numbers are multiplied by."""

    title: str
    axis: str
    scale: float = 100.0
    is_share: bool = False  # whether no interval may leave 0 and 1
    is_positive: bool = False  # whether no interval may go below 0
    smallest: float = 0.0  # changes smaller than this do not matter; a figure of changes says so in grey


SURFACE = ("pattern", "color", "texture")
"""Factors of the surface: where textures are random already, another one changes nothing."""


def relative_accuracy(factor: str) -> str:
    """Return the property that a factor is read by: that with random textures, where they can tell."""
    return f"relative_{_on_factor(factor)}"


def accuracy_on(factor: str) -> str:
    """Return the property that is accuracy on the same images, not held against the plain ones."""
    return f"accuracy_{_on_factor(factor)}"


def _on_factor(factor: str) -> str:
    return f"{factor}_{'typical' if factor in SURFACE else 'random'}"
