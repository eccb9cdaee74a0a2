"""What the page on distribution shift shows: its tables and figures."""

from clipsafe_utils.chapters.distribution_shift import figures, tables
from clipsafe_utils.figures.tables import folded
from clipsafe_utils.metrics.accuracies import to_axis
from clipsafe_utils.metrics.baseline import predict_baseline

__all__ = ["figures", "folded", "predict_baseline", "tables", "to_axis"]
