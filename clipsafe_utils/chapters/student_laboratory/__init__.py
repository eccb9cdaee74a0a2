"""What the page of the student's laboratory shows: its tables, figures, their texts, and a training."""

from clipsafe_utils.chapters.miniature_world.world_tables import captions_table
from clipsafe_utils.chapters.student_laboratory import descriptions as alt
from clipsafe_utils.chapters.student_laboratory import mistakes, tables
from clipsafe_utils.chapters.student_laboratory.training import train_if_asked
from clipsafe_utils.figures import causes as training_figures
from clipsafe_utils.figures import student_laboratory as figures
from clipsafe_utils.figures.tables import folded

__all__ = ["alt", "captions_table", "figures", "folded", "mistakes"]
__all__ += ["tables", "train_if_asked", "training_figures"]
