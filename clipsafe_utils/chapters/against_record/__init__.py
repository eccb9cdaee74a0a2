"""What the page of the laboratory against the record shows: its figure and its tables."""

from clipsafe_utils.chapters.against_record import figures, tables

__all__ = ["figures", "tables"]
