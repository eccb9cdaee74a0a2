"""What the page of chapter 7 shows: its tables and figures."""

from clipsafe_utils.chapters.causes import experiments, figures, tables
from clipsafe_utils.findings.causes.effects import HEADLINE
from clipsafe_utils.findings.causes.in_laboratory import KNOB_TITLES
from clipsafe_utils.show.tables import folded

__all__ = ["HEADLINE", "KNOB_TITLES", "experiments", "figures", "folded", "tables"]
