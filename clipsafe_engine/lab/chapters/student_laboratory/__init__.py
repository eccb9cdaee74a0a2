"""What the page of the student's laboratory shows: its tables, figures, and a training."""

from clipsafe_engine.lab.chapters.miniature_world.world_tables import captions_table
from clipsafe_engine.lab.chapters.student_laboratory import figures, mistakes, tables
from clipsafe_engine.lab.chapters.student_laboratory.training import train_if_asked
from clipsafe_utils.show.tables import folded

__all__ = ["captions_table", "figures", "folded", "mistakes", "tables", "train_if_asked"]
