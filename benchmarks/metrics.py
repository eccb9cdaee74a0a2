"""Time the metrics on logits against one torch.softmax and against other libraries, on one thread.

Command: python benchmarks/metrics.py [--images 50000] [--classes 1000]
Run time: four minutes with torch, torchmetrics, torch-uncertainty, netcal and pytorch-ood; one without.
Expected: every row that has a target meets it, and no library that gives the same value is faster.

Every statistic is timed from logits to value. To libraries that take probabilities the time of one softmax
is added. Only libraries that are installed are compared. Without torch there is no unit: the table is printed
without ratios, and not written to benchmarks/metrics.json.
"""

import argparse
import json
import os
import tracemalloc
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # read when NumPy is imported

import numpy as np
import xarray as xr
from measuring import Inputs, Timed, timed
from metric_peers import WITH_SOFTMAX, peers, softmax
from scipy.optimize import brentq

from clipsafe_utils.metrics import calibration, ood_scores
from clipsafe_utils.metrics.calibration_variants import equal_mass_calibration_error
from clipsafe_utils.metrics.classwise import classwise_errors, sums_of_logits
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.labelled import calibration_of_logits
from clipsafe_utils.metrics.likelihood import ImageLikelihoods
from clipsafe_utils.metrics.logits import LogitSummary, summarise_logits
from clipsafe_utils.metrics.ood import detection
from clipsafe_utils.metrics.proper_scores import brier_score, negative_log_likelihood
from clipsafe_utils.metrics.reliability import N_BINS, reliability_bins
from clipsafe_utils.metrics.temperature import fit_temperature
from clipsafe_utils.metrics.temperature_bands import temperature_bands

REPORT = Path(__file__).with_suffix(".json")
SOFTMAX = 1.0
"""The target of all that has no other: no longer than one torch.softmax of the same logits."""
TARGETS = {"half precision": 1.5, "temperature": 2.0}
DRAWS_TARGET, MEMORY_TARGET = 5.0, 64.0
"""Seconds, and megabytes."""
DRAWN_IMAGES, REFITS = 10_000, 20
DRAWN = ("nll", "brier", "ece", "ece_equal_mass", "ece_classwise", "ece_debiased", "ece_rms")
SAME = 1e-5
"""How far apart two values may be and count as the same."""

Row = dict[str, Any]


def main() -> None:
    """Time all work, print it as a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--classes", type=int, default=1000)
    options = parser.parse_args()
    inputs = Inputs(options.images, options.classes)
    before = softmax(inputs)
    measured = {what: timed(work) for what, work in ours(inputs).items()}
    unit, in_place = np.minimum(before, softmax(inputs)).tolist()
    print(f"{'one torch.softmax of the logits':<65} {unit:9.4f}")
    print(f"{'the same into memory that is there already':<65} {in_place:9.4f}")
    theirs = peers(inputs)
    rows = []
    for what, own in measured.items():
        rows.append(row_of(what, own, unit, theirs.get(what, {})))
        print_row(rows[-1])
    for measure in (reference, memory, draws):
        rows.append(measure(inputs))
        print_row(rows[-1])
    if np.isfinite(unit):
        softmaxes = {"softmax_seconds": unit, "softmax_into_memory_seconds": in_place}
        REPORT.write_text(json.dumps(rounded({**vars(options), **softmaxes, "rows": rows}), indent=1) + "\n")


def ours(inputs: Inputs) -> dict[str, Callable[[], Any]]:
    """Name each statistic and how it is made from logits; work without a single value ends in None."""
    logits, labels = inputs.logits, inputs.labels
    half = logits.astype(np.float16)
    summary = summarise_logits(logits, labels)

    def detected(name: str) -> Callable[[], float]:
        return lambda: getattr(detection(inputs.known, inputs.other), name)

    return {
        "one pass: all columns of each image": lambda: summarise_logits(logits, labels) and None,
        "half precision: the same pass": lambda: summarise_logits(half, labels) and None,
        "all but class-wise ECE": lambda: everything(logits, labels) and None,
        "half precision: all but class-wise ECE": lambda: everything(half, labels) and None,
        "ECE": lambda: of_bins(logits, labels, calibration.expected_calibration_error),
        "RMS calibration error": lambda: of_bins(
            logits, labels, calibration.root_mean_square_calibration_error
        ),
        "debiased calibration error": lambda: of_bins(logits, labels, calibration.debiased_calibration_error),
        "equal-mass ECE": lambda: equal_mass_calibration_error(*decided(logits, labels)),
        "floor of ECE, beyond the pass": lambda: calibration.calibration_floor(summary.confidence),
        "class-wise ECE, beyond the pass": lambda: classwise(logits, labels, summary),
        "NLL": lambda: negative_log_likelihood(summarise_logits(logits, labels).label_log_probability),
        "Brier score": lambda: brier(summarise_logits(logits, labels)),
        "temperature": lambda: fit_temperature(logits, labels).temperature,
        "AUROC": detected("auroc"),
        "AUPR": detected("aupr"),
        "FPR95, ID positive": detected("fpr95_id_positive"),
        "FPR95, OOD positive": detected("fpr95_ood_positive"),
    }


def everything(logits: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Make every statistic of calibration but class-wise ECE, and every score for detection."""
    summary = summarise_logits(logits, labels)
    correct = summary.prediction == labels
    bins = reliability_bins(summary.confidence, correct)
    return [
        calibration.expected_calibration_error(bins),
        calibration.root_mean_square_calibration_error(bins),
        calibration.debiased_calibration_error(bins),
        equal_mass_calibration_error(summary.confidence, correct),
        calibration.calibration_floor(summary.confidence),
        negative_log_likelihood(summary.label_log_probability),
        brier(summary),
        *(getattr(ood_scores, name)(summary) for name in ood_scores.SCORES if "concept" not in name),
    ]


def decided(logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Take the confidence of each image from logits, and whether the prediction is right."""
    summary = summarise_logits(logits)
    return summary.confidence, summary.prediction == labels


def of_bins(logits: np.ndarray, labels: np.ndarray, error: Callable[..., np.ndarray]) -> np.ndarray:
    """Take one calibration error from logits."""
    return error(reliability_bins(*decided(logits, labels)))


def brier(summary: LogitSummary) -> np.ndarray:
    """Take the Brier score from the columns of a pass."""
    return brier_score(summary.label_log_probability, summary.sum_squared_probability)


def classwise(logits: np.ndarray, labels: np.ndarray, summary: LogitSummary) -> float:
    """Take class-wise ECE from logits of which a pass was made."""
    once, (band,) = np.ones((1, len(labels)), dtype=np.uint8), temperature_bands([1.0])
    sums = sums_of_logits(logits, [summary], band, once, np.arange(logits.shape[1]), N_BINS)
    return classwise_errors(sums, labels, once, band.shares, N_BINS)[0]


def row_of(what: str, own: Timed, unit: float, theirs: Mapping[str, Callable[[], Any]]) -> Row:
    """Set our value and time beside those of the libraries."""
    target = next((value for name, value in TARGETS.items() if what.startswith(name)), SOFTMAX)
    row: Row = {"what": what, "value": own.value, "seconds": own.seconds, "peers": []}
    if np.isfinite(unit):
        ratio = own.seconds / unit
        row |= {"ratio": ratio, "target": target, "met": ratio <= target}
    for library, work in theirs.items():
        found = timed(work)
        seconds = found.seconds + (np.nan_to_num(unit) if library.endswith(WITH_SOFTMAX) else 0)
        row["peers"].append(
            {
                "library": library,
                "value": found.value,
                "seconds": seconds,
                "same_value": abs(found.value - own.value) <= SAME,
                "times_as_long": seconds / own.seconds,
            }
        )
    if row["peers"]:
        row["fastest"] = all(peer["times_as_long"] > 1 for peer in row["peers"] if peer["same_value"])
    return row


def rounded(value: Any) -> Any:
    """Keep seven digits of every number, through lists and dictionaries."""
    if isinstance(value, dict):
        return {name: rounded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [rounded(inner) for inner in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value


def reference(inputs: Inputs) -> Row:
    """Compare the temperature with where SciPy finds that the slope of NLL crosses 0, in float64."""
    images = ImageLikelihoods(inputs.logits.astype(np.float64), inputs.labels)
    exact = 1 / brentq(lambda inverse: images.at(inverse).slope.mean(), 0.5, 1.2, xtol=1e-12, rtol=1e-12)
    off = abs(float(fit_temperature(inputs.logits, inputs.labels).temperature) - exact)
    return {"what": "temperature, distance from float64", "value": off, "target": 1e-6, "met": off <= 1e-6}


def memory(inputs: Inputs) -> Row:
    """Measure the most that any of the statistics takes beside the logits, in either precision."""
    peaks = []
    for logits in (inputs.logits, inputs.logits.astype(np.float16)):
        summary = summarise_logits(logits, inputs.labels)
        peaks += [
            megabytes(lambda some=logits: everything(some, inputs.labels)),
            megabytes(lambda some=logits, columns=summary: classwise(some, inputs.labels, columns)),
            megabytes(lambda some=logits: fit_temperature(some, inputs.labels)),
        ]
    most = max(peaks)
    what = "most extra memory of all above, MB"
    return {"what": what, "value": most, "target": MEMORY_TARGET, "met": most <= MEMORY_TARGET}


def megabytes(work: Callable[[], Any]) -> float:
    """Return the most memory that Python and NumPy hold at once during a call, beyond what they held."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def draws(inputs: Inputs) -> Row:
    """Time the whole calibration cube of one model and condition, and compare some draws with refits."""
    fit, test = slice(0, DRAWN_IMAGES), slice(DRAWN_IMAGES, 2 * DRAWN_IMAGES)
    weights = draw_weights("set", range(2 * DRAWN_IMAGES))

    def part(images: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return inputs.logits[images], inputs.labels[images], weights[:, images]

    def work() -> xr.Dataset:
        return calibration_of_logits(*part(test), fit=part(fit))

    seconds, found = timed(lambda: work() and None).seconds, work()
    off = dict.fromkeys(("temperature", *DRAWN), 0.0)
    for draw in range(1, 1 + REFITS):
        measured, fitted = (
            [np.repeat(array, drawn[draw], axis=0) for array in (logits, labels, drawn[:1].T)]
            for logits, labels, drawn in (part(test), part(fit))
        )
        measured[2], fitted[2] = measured[2].T, fitted[2].T
        refit = calibration_of_logits(*measured, fit=tuple(fitted))
        for name in off:
            difference = np.abs(found[name].isel(draw=draw) - refit[name].isel(draw=0)).max()
            off[name] = max(off[name], float(difference))
    return {
        "what": f"200 draws of the calibration cube, {DRAWN_IMAGES} images",
        "seconds": seconds,
        "target": DRAWS_TARGET,
        "met": seconds <= DRAWS_TARGET,
        "extra_memory_megabytes": megabytes(work),
        "refits": REFITS,
        "largest_difference_from_refits": off,
    }


def print_row(row: Row) -> None:
    """Print one row of the table, and below it the libraries."""
    numbers = [
        f"{row[name]:{form}}" if row.get(name) is not None else ""
        for name, form in (("value", ".7g"), ("seconds", ".4f"), ("ratio", ".2f"), ("target", "g"))
    ]
    verdict = {True: "met", False: "MISSED"}.get(row.get("met"), "")
    verdict += {True: ", fastest", False: ", NOT THE FASTEST"}.get(row.get("fastest"), "")
    print(f"{row['what']:<52} {numbers[0]:>12} {numbers[1]:>9} {numbers[2]:>6} {numbers[3]:>6} {verdict}")
    for peer in row.get("peers", ()):
        note = "" if peer["same_value"] else "  another value"
        line = f"{peer['value']:12.7g} {peer['seconds']:9.4f}   x {peer['times_as_long']:.1f}{note}"
        print(f"    {peer['library']:<48} {line}", flush=True)
    if "extra_memory_megabytes" in row:
        print(f"    extra memory {row['extra_memory_megabytes']:.0f} MB")
        print(f"    largest difference from {REFITS} refits:")
        for name, difference in row["largest_difference_from_refits"].items():
            print(f"        {name:<15} {difference:.1e}")


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # the libraries warn of float32 sums and of their own deprecations
    main()
