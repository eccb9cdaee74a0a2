"""Pictures for other places: the one of the README, and the card that other sites show beside a link."""

import textwrap
from io import BytesIO
from pathlib import Path

import matplotlib.image
import yaml
from matplotlib.figure import Figure

from clipsafe_utils.chapters.factor_robustness.figures import residuals
from clipsafe_utils.chapters.quoted import figure_of
from clipsafe_utils.files import replacing
from clipsafe_utils.findings.factors.result import factor_robustness
from clipsafe_utils.parameters import check_parameters

POSTER = Path("book", "_static", "headline.png")
SHARE_CARD = Path("book", "_static", "share.png")
HEADLINE = ("intro", "fig-first-headline")
"""The figure of the first page, which a stated rule chooses there."""

SHARE_SIZE = (1200, 630)
"""Pixels: what sites that show a card ask for."""

_DPI = 100
_LEFT, _TEXT_WIDTH = 0.04, 0.36  # of the card


def write_pictures(root: Path) -> None:
    """Draw both pictures, the same bytes for the same cubes."""
    found = factor_robustness(check_parameters("factor-robustness", {"studies": ["published"]}))
    title = str(yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["title"])
    for path, png in (
        (POSTER, residuals(found).png),
        (SHARE_CARD, share_card(title, figure_of(*HEADLINE).png)),
    ):
        with replacing(root / path) as temporary:
            temporary.write_bytes(png)


def share_card(title: str, drawing: bytes) -> bytes:
    """Put a title beside a drawing, on white."""
    width, height = SHARE_SIZE
    card = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="white")
    card.text(_LEFT, 0.88, textwrap.fill(title, 16), size=34, weight="bold", va="top", linespacing=1.3)
    card.text(
        _LEFT, 0.1, "A book of numbers that\ncan be computed again", size=16, color="#444444", va="bottom"
    )
    place = card.add_axes((_LEFT + _TEXT_WIDTH, 0.04, 1 - 2 * _LEFT - _TEXT_WIDTH + 0.02, 0.92))
    place.imshow(matplotlib.image.imread(BytesIO(drawing)), interpolation="lanczos")
    place.axis("off")
    written = BytesIO()
    card.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()
