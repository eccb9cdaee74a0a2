"""The one picture of the README: the headline figure of chapter 1, as a PNG on white."""

from pathlib import Path

from clipsafe_utils.cubes import GROUPS, HEADLINE_FACTORS
from clipsafe_utils.cubes.panels import read_panels
from clipsafe_utils.figures.factor_robustness import residuals
from clipsafe_utils.figures.style import house_style
from clipsafe_utils.files import replacing
from clipsafe_utils.metrics.labelled import effective_robustness

POSTER = Path("book", "_static", "headline.png")
DOTS_PER_INCH = 130


def write_poster(root: Path) -> Path:
    """Draw the headline figure of `published`, the same bytes for the same cubes; return its file."""
    panel = read_panels(["published"], "factors", list(GROUPS))[0]
    result = effective_robustness(panel.cube, panel.models, factor_names=HEADLINE_FACTORS)
    figure = residuals({panel.study: result}, {panel.study: panel.models})
    path = root / POSTER
    with house_style(), replacing(path) as temporary:
        figure.savefig(temporary, dpi=DOTS_PER_INCH, facecolor="white", metadata={"Software": None})
    return path
