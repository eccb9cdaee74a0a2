"""What the page of chapter 2 shows: its tables and figures."""

from clipsafe_utils.chapters.shape_bias import experiments, figures, tables

__all__ = ["experiments", "figures", "tables"]
