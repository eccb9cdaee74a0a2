"""The statistics of the claims: each takes a study and choices; it returns an effect or why there is none."""

from collections.abc import Callable, Mapping

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.effects import Effect
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics import calibration, detection, factors, prompts, shape, shifts

Statistic = Callable[[Reader, Choices], Effect | str]

STATISTICS: Mapping[str, Statistic] = {
    function.__name__: function
    for function in (
        factors.share_of_factors_above,
        factors.residual_on_pose,
        factors.residual_on_partial_view,
        factors.source_on_factors,
        factors.curated_on_factors,
        shape.shape_bias_of_clip,
        shape.shape_bias_after_fine_tuning,
        calibration.pairs_not_better_calibrated,
        calibration.worst_calibrated_clip,
        calibration.source_and_quantity_beyond_half,
        calibration.trend_after_scaling,
        calibration.scaling_under_shift,
        calibration.source_on_calibration,
        detection.accuracy_and_detection,
        detection.source_on_detection,
        detection.procedure_on_detection,
        detection.curated_on_detection,
        detection.curated_on_accuracy,
        prompts.fewer_prompts_on_detection,
        prompts.fewer_prompts_on_calibration,
        prompts.fewer_prompts_on_factors,
        shifts.accuracy_and_shift,
        shifts.fine_tuning_under_shift,
    )
}
"""All statistics by name."""
