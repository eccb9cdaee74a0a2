"""What the page on distribution shift shows: its tables and figures."""

from clipsafe_utils.chapters.distribution_shift import figures, tables
from clipsafe_utils.metrics.accuracies import to_axis
from clipsafe_utils.metrics.baseline import predict_baseline
from clipsafe_utils.show.tables import folded

__all__ = ["figures", "folded", "predict_baseline", "tables", "to_axis"]
