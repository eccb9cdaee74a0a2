"""The registry of looks: what can be seen, told apart, and is the same in the style sheet."""

import itertools
import re

import pytest

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.show.encoding import INK, LOOKS, dark_colours

WHITE, DARK_PAGE = "#FFFFFF", "#14181E"
"""Backgrounds of the theme's pages."""

DRAWN = {key: look for key, look in LOOKS.items() if look.light != INK}
UNNAMED = "ink"
"""The look without a meaning of its own: a panel in which there is nothing to tell apart."""


def luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("key", DRAWN)
def test_every_look_is_seen_on_white_and_on_the_dark_page(key: str) -> None:
    assert contrast(LOOKS[key].light, WHITE) >= 3
    assert contrast(LOOKS[key].dark, DARK_PAGE) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_two_looks_share_colour_and_marker(theme: str) -> None:
    named = [look for key, look in LOOKS.items() if key != UNNAMED]
    for one, other in itertools.combinations(named, 2):
        assert (getattr(one, theme), one.marker) != (getattr(other, theme), other.marker), one.label


def test_the_style_sheet_has_the_dark_colours_of_the_registry() -> None:
    css = (REPOSITORY / "book" / "_static" / "book.css").read_text(encoding="utf-8")
    (block,) = re.findall(r'html\[data-theme="dark"\] \{\s*(--look-[^}]*)\}', css)
    said = dict(re.findall(r"--look-(\w+): (#\w+);", block))
    assert said == {light[1:].lower(): dark.lower() for light, dark in dark_colours().items()}
    assert len(re.findall("--look-", css)) == len(said), "and says each once"


def test_every_marker_has_a_symbol_in_the_chart() -> None:
    script = (REPOSITORY / "book" / "_static" / "chart.js").read_text(encoding="utf-8")
    (block,) = re.findall(r"const MARKERS = \{(.*?)\n  \};", script, re.DOTALL)
    named = set(re.findall(r'^    "?([^":]*)"?: \["', block, re.MULTILINE))
    assert named == {look.marker for look in LOOKS.values()}
