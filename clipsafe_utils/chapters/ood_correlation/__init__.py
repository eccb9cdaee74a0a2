"""What the page of chapter 3 shows: its tables and figures."""

from clipsafe_utils.chapters.ood_correlation import figures, laboratory_tables, shift_figures, tables
from clipsafe_utils.metrics.accuracies import to_axis
from clipsafe_utils.metrics.baseline import predict_baseline
from clipsafe_utils.show.tables import folded

__all__ = [
    "figures",
    "folded",
    "laboratory_tables",
    "predict_baseline",
    "shift_figures",
    "tables",
    "to_axis",
]
