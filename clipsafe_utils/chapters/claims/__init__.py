"""What the ledger, its closing page and its appendix show: tables and figures."""

from clipsafe_utils.chapters.claims import figures, open_tables, rule_tables, tables, trust_tables

__all__ = ["figures", "open_tables", "rule_tables", "tables", "trust_tables"]
