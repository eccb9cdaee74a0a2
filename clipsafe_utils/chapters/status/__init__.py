"""The page on what the book was made from."""

from clipsafe_utils.chapters.status import tables
from clipsafe_utils.chapters.status.result import laboratory_seeds

__all__ = ["laboratory_seeds", "tables"]
