"""What the page of the full study shows: what was found, and its tables."""

from clipsafe_utils.chapters.full_study import tables
from clipsafe_utils.chapters.full_study.result import full_study

__all__ = ["full_study", "tables"]
