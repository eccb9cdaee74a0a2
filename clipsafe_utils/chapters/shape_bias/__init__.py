"""What the page of chapter 2 shows: its tables, figures and their alternative texts."""

from clipsafe_utils.chapters.shape_bias import descriptions as alt
from clipsafe_utils.chapters.shape_bias import tables
from clipsafe_utils.chapters.training_texts import describe_ladder
from clipsafe_utils.figures import causes as training_figures
from clipsafe_utils.figures import hover_views
from clipsafe_utils.figures import shape_bias as figures
from clipsafe_utils.findings.ladder import RUNGS

__all__ = ["RUNGS", "alt", "describe_ladder", "figures", "hover_views", "tables", "training_figures"]
