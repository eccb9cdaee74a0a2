"""Metrics and statistics: NumPy arrays in, NumPy arrays out; `labelled` takes cubes and names dims."""

from clipsafe_utils.lazy import lazily

_HERE = "clipsafe_utils.metrics"
_HOMES = {
    f"{_HERE}.accuracies": ("accuracy", "error_ratio"),
    f"{_HERE}.bin_errors": ("errors_of_bins",),
    f"{_HERE}.calibration": (
        *("calibration_floor", "debiased_calibration_error", "debiased_interval"),
        *("expected_calibration_error", "root_mean_square_calibration_error"),
    ),
    f"{_HERE}.calibration_variants": ("classwise_calibration_error", "equal_mass_calibration_error"),
    f"{_HERE}.correlation": (
        *("partial_correlation", "partial_correlation_interval"),
        *("rank_correlation", "rank_correlation_interval", "slope_interval"),
    ),
    f"{_HERE}.draws": ("centred_interval", "draw_weights", "reflected_interval"),
    f"{_HERE}.families": ("difference_of_groups", "jackknife_over_families", "mean_over_families"),
    f"{_HERE}.fits": ("fit_line", "fit_local"),
    f"{_HERE}.intervals": ("holm", "wilson_interval"),
    f"{_HERE}.logits": ("summarise_logits",),
    f"{_HERE}.ood": ("detection",),
    f"{_HERE}.ood_scores": (
        *("energy", "maximum_concept_matching", "maximum_logit", "maximum_softmax", "negative_entropy"),
    ),
    f"{_HERE}.proper_scores": ("brier_decomposition", "brier_score", "negative_log_likelihood"),
    f"{_HERE}.reliability": ("reliability_bins",),
    f"{_HERE}.robustness": ("effective_robustness",),
    f"{_HERE}.runs": ("contrast_of_runs", "difference_of_runs", "mean_of_runs"),
    f"{_HERE}.cue_decisions": ("shape_bias", "shape_bias_interval", "share_decided"),
    f"{_HERE}.temperature": ("fit_temperature", "temperature_draws"),
}
__all__, __getattr__ = lazily(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
