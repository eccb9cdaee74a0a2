"""What the page of chapter 3 shows: its tables, figures and their alternative texts."""

from clipsafe_utils.chapters.ood_correlation import descriptions as alt
from clipsafe_utils.chapters.ood_correlation import laboratory_tables, tables
from clipsafe_utils.figures import causes as training_figures
from clipsafe_utils.figures import hover_views
from clipsafe_utils.figures import ood_correlation as figures
from clipsafe_utils.figures import ood_laboratory as laboratory_figures
from clipsafe_utils.figures import ood_offsets as offset_figures
from clipsafe_utils.figures.tables import folded
from clipsafe_utils.findings.ladder import RUNGS
from clipsafe_utils.metrics.accuracies import to_axis
from clipsafe_utils.metrics.baseline import predict_baseline

__all__ = [
    "RUNGS",
    "alt",
    "figures",
    "folded",
    "hover_views",
    "laboratory_figures",
    "laboratory_tables",
    "offset_figures",
    "predict_baseline",
    "tables",
    "to_axis",
    "training_figures",
]
