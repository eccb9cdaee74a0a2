"""What the page of chapter 1 shows: its tables and figures."""

from clipsafe_utils.chapters.factor_robustness import figures, tables
from clipsafe_utils.figures.tables import first_open
from clipsafe_utils.findings.factors.residuals import ALPHA

__all__ = ["ALPHA", "figures", "first_open", "tables"]
