"""The statistics of the claims: each takes a study and choices; it returns an effect or why there is none."""

from clipsafe_utils.claims.statistics import calibration, detection, factors, prompts, shape, shifts
from clipsafe_utils.claims.statistics.register import STATISTICS

__all__ = ["STATISTICS", "calibration", "detection", "factors", "prompts", "shape", "shifts"]
