"""The page on what the book was made from."""

from clipsafe_engine.lab.chapters.status import laboratory_seeds
from clipsafe_utils.chapters.status import tables

__all__ = ["laboratory_seeds", "tables"]
