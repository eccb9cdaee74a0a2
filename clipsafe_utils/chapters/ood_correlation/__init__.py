"""What the page on OOD correlation shows: its tables and figures."""

from clipsafe_utils.chapters.ood_correlation import figures, tables
from clipsafe_utils.chapters.ood_correlation.equal_range import at_equal_range
from clipsafe_utils.show.tables import folded

__all__ = ["at_equal_range", "figures", "folded", "tables"]
