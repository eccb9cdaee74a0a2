"""The statistics of the claims: each takes a study and choices; it returns the evidence."""

from clipsafe_utils.claims.statistics import (
    calibration,
    curation,
    detection,
    factors,
    prompts,
    retrieval,
    shape,
    shifts,
)
from clipsafe_utils.claims.statistics.register import STATISTICS

__all__ = [
    "STATISTICS",
    "calibration",
    "curation",
    "detection",
    "factors",
    "prompts",
    "retrieval",
    "shape",
    "shifts",
]
