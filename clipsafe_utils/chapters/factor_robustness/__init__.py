"""What the page of chapter 1 shows: its tables, figures and their alternative texts."""

from clipsafe_utils.chapters.factor_robustness import descriptions as alt
from clipsafe_utils.chapters.factor_robustness import tables
from clipsafe_utils.figures import causes as training_figures
from clipsafe_utils.figures import factor_robustness as figures
from clipsafe_utils.figures import hover_views
from clipsafe_utils.figures.tables import first_open, stacked
from clipsafe_utils.findings.factors.residuals import ALPHA, HEADLINE, choices_of_groups
from clipsafe_utils.findings.ladder import RUNGS, axis_of

__all__ = [
    "ALPHA",
    "HEADLINE",
    "RUNGS",
    "alt",
    "axis_of",
    "choices_of_groups",
    "figures",
    "first_open",
    "hover_views",
    "stacked",
    "tables",
    "training_figures",
]
