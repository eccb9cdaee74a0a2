"""Everything in the cube `calibration` for one model and condition, each draw at a temperature of its own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.bin_errors import errors_of_bins
from clipsafe_utils.metrics.calibration_variants import equal_mass_calibration_error
from clipsafe_utils.metrics.classwise import classwise_errors, sums_of_logits
from clipsafe_utils.metrics.images import at_least_one, image_weights
from clipsafe_utils.metrics.logit_blocks import class_labels, class_positions, class_scores, kept_classes
from clipsafe_utils.metrics.logits import LogitSummary, summarise_logits
from clipsafe_utils.metrics.proper_scores import brier_score, negative_log_likelihood
from clipsafe_utils.metrics.reliability import N_BINS, ReliabilityBins, bin_of, bin_sums
from clipsafe_utils.metrics.temperature_bands import Band, temperature_bands


@dataclass(frozen=True)
class CalibrationDraws:
    """Calibration of one model under one condition."""

    by_draw: dict[str, Array]  # (draws,): accuracy, nll, brier and errors, by variable of the cube
    confidence: Array  # (images,), in draw 0
    correct: NDArray[np.bool_]  # (images,): whether the prediction, which no temperature changes, is right


def calibration_draws(
    logits: ArrayLike,
    labels: ArrayLike,
    weights: ArrayLike,
    temperature: ArrayLike,
    *,
    class_mask: ArrayLike | None = None,
    n_bins: int = N_BINS,
) -> CalibrationDraws:
    """Measure the calibration of one model under one condition in every draw, at the draw's own temperature.

    Draw 0 is measured at its own temperature. In the others a probability is within 1e-7 of what a pass at
    their own temperature would give, and NLL and Brier score within a few times that; the logits' float32 may
    round more. An image whose confidence comes so near to the edge of a bin may fall on its other side: of n
    images, one such moves the ECE by up to 2 / n.
    """
    scores = class_scores("logits", logits)
    if scores.ndim != 2:
        raise ValueError(f"logits: expected the shape (images, classes), got {scores.shape}.")
    images, classes = scores.shape
    kept = kept_classes(class_mask, classes)
    true = class_positions(class_labels(labels, (images,), classes), kept, classes)
    drawn = image_weights("weights", weights, images)
    if np.shape(temperature) != (len(drawn),):
        raise ValueError(
            f"temperature: expected {len(drawn)}, one for each draw, got the shape {np.shape(temperature)}."
        )
    at_least_one("n_bins", n_bins)
    bands = temperature_bands(temperature)
    by_band, first_of_band = [], []
    for band in bands:
        summaries = [
            summarise_logits(scores, labels, class_mask=class_mask, temperature=float(value))
            for value in band.temperatures
        ]
        first_of_band.append(summaries[0])
        correct = summaries[0].prediction == kept[true]
        of_band = drawn[band.draws]
        sums = sums_of_logits(scores, summaries, band, of_band, kept, n_bins)
        by_band.append(
            {
                **_proper_scores(summaries, band, of_band),
                **_errors_of_top_class(summaries, band, of_band, correct, n_bins),
                "ece_classwise": classwise_errors(sums, true, of_band, band.shares, n_bins),
            }
        )
    order = np.argsort(np.concatenate([band.draws for band in bands]))
    by_draw = {name: np.concatenate([part[name] for part in by_band])[order] for name in by_band[0]}
    return CalibrationDraws(by_draw, first_of_band[0].confidence, correct)


def measures_of_bins(bins: ReliabilityBins) -> dict[str, Array]:
    """Accuracy and the errors of `BIN_ERRORS`, by variable of the cube; of bins (..., bins), shape (...)."""
    return {
        "accuracy": bins.hits.sum(axis=-1) / bins.count.sum(axis=-1),
        **errors_of_bins(bins),
    }


def _proper_scores(
    summaries: list[LogitSummary], band: Band, weights: NDArray[np.integer]
) -> dict[str, Array]:
    label = np.stack([summary.label_log_probability for summary in summaries])
    squares = np.stack([summary.sum_squared_probability for summary in summaries])
    nll = np.vecdot(band.shares, negative_log_likelihood(label, weights))
    brier = np.vecdot(band.shares, brier_score(label, squares, weights))
    return {"nll": np.maximum(nll, 0), "brier": np.clip(brier, 0, 2)}


def _errors_of_top_class(
    summaries: list[LogitSummary],
    band: Band,
    weights: NDArray[np.integer],
    correct: NDArray[np.bool_],
    n_bins: int,
) -> dict[str, Array]:
    at_nodes = np.stack([summary.confidence for summary in summaries])
    sums = np.empty((3, len(weights), n_bins))
    equal_mass = np.empty(len(weights))
    for draw, drawn in enumerate(weights):
        confidence = np.clip(band.shares[draw] @ at_nodes, 0, 1)
        columns = drawn.astype(np.float64), drawn * correct.astype(np.float64), drawn * confidence
        sums[:, draw] = bin_sums(bin_of(confidence, n_bins), columns, None, n_bins)
        equal_mass[draw] = equal_mass_calibration_error(confidence, correct, drawn[None], n_bins)[0]
    return {"ece_equal_mass": equal_mass, **measures_of_bins(ReliabilityBins(*sums))}
