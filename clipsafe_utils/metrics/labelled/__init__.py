"""Metrics of labelled cubes: the array functions of `metrics`, with names for dims in and out."""

from clipsafe_utils.metrics.labelled.calibration import calibration_of_logits
from clipsafe_utils.metrics.labelled.detection import detection_of_scores
from clipsafe_utils.metrics.labelled.factors import effective_robustness, factor_accuracy, reference_accuracy
from clipsafe_utils.metrics.labelled.shape_bias import shape_bias_by_class, shape_bias_table

__all__ = [
    "calibration_of_logits",
    "detection_of_scores",
    "effective_robustness",
    "factor_accuracy",
    "reference_accuracy",
    "shape_bias_by_class",
    "shape_bias_table",
]
