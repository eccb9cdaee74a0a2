"""What the page of chapter 1 shows: its tables and figures."""

from clipsafe_utils.chapters.factor_robustness import figures, tables
from clipsafe_utils.metrics.intervals import ALPHA
from clipsafe_utils.show.tables import first_open, folded

__all__ = ["ALPHA", "figures", "first_open", "folded", "tables"]
