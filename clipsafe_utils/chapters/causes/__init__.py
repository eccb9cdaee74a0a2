"""What the page of chapter 6 shows: its tables, figures and their alternative texts."""

from clipsafe_utils.chapters.causes import descriptions as alt
from clipsafe_utils.chapters.causes import tables
from clipsafe_utils.figures import causes as figures
from clipsafe_utils.figures import causes_matrix as matrix
from clipsafe_utils.findings.causes.effects import HEADLINE, HEADLINE_TITLES
from clipsafe_utils.findings.causes.in_laboratory import KNOB_TITLES
from clipsafe_utils.findings.causes.record import MEASURES
from clipsafe_utils.findings.ladder import RUNGS

__all__ = ["HEADLINE", "HEADLINE_TITLES", "KNOB_TITLES", "MEASURES", "RUNGS"]
__all__ += ["alt", "figures", "matrix", "tables"]
