"""What the ledger, its closing page and its appendix show: tables, figures and their alternative texts."""

from clipsafe_utils.chapters.claims import descriptions as alt
from clipsafe_utils.chapters.claims import open_tables, tables, trust_tables
from clipsafe_utils.figures import claims as figures

__all__ = ["alt", "figures", "open_tables", "tables", "trust_tables"]
