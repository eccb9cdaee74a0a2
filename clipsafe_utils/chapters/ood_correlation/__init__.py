"""What the page on OOD correlation shows: its tables and figures."""

from clipsafe_utils.chapters.ood_correlation import figures, tables
from clipsafe_utils.show.tables import folded

__all__ = ["figures", "folded", "tables"]
