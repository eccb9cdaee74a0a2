"""The one picture of the README: the headline figure of chapter 1, as a PNG on white."""

from pathlib import Path

from clipsafe_utils.chapters.factor_robustness.figures import residuals
from clipsafe_utils.files import replacing
from clipsafe_utils.findings.factors.result import factor_robustness
from clipsafe_utils.parameters import check_parameters

POSTER = Path("book", "_static", "headline.png")


def write_poster(root: Path) -> Path:
    """Draw the headline figure of `published`, the same bytes for the same cubes; return its file."""
    found = factor_robustness(check_parameters("factor-robustness", {"studies": ["published"]}))
    path = root / POSTER
    with replacing(path) as temporary:
        temporary.write_bytes(residuals(found).png)
    return path
