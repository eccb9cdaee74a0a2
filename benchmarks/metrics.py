"""Time the metrics on logits against the libraries that are installed, on one thread.

Command: python benchmarks/metrics.py [--images 50000] [--classes 1000] [--json FILE]
Run time: two minutes with torch, torchmetrics, netcal and pytorch-ood; half a minute without.
Expected: ratios above 1: how many times longer the peer takes for the same value.
"""

import argparse
import importlib.util
import json
import os
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # read when NumPy is imported

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score, roc_curve

from clipsafe_utils.metrics.calibration import calibration_floor, expected_calibration_error
from clipsafe_utils.metrics.calibration_variants import (
    classwise_calibration_error,
    equal_mass_calibration_error,
)
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.ood import detection
from clipsafe_utils.metrics.reliability import reliability_bins
from clipsafe_utils.metrics.temperature import fit_temperature, temperature_draws

RUNS = 3
LONG = 2.0
"""Seconds beyond which a call is timed once."""

COLUMNS = "all columns of each image, in one pass"
ECE = "ECE from logits"
ECE_OF_COLUMNS = "ECE from stored confidences"
EQUAL_MASS = "equal-mass ECE from stored confidences"
SCORES = "NLL and Brier score from logits"
TEMPERATURE = "temperature"
DETECTION = "AUROC, AUPR and both FPR95"

Work = Callable[[], Any]


class Inputs:
    """Logits of a model that is nearly calibrated, and detection scores near CLIP's largest logits."""

    def __init__(self, images: int, classes: int) -> None:
        random = np.random.default_rng(0)
        logits = 2 * random.standard_normal((images, classes), dtype=np.float32)
        logits[np.arange(images), random.integers(0, classes, images)] += random.uniform(2, 16, images)
        summary = summarise_logits(logits)
        self.logits, self.confidence = logits, summary.confidence
        other_class = (summary.prediction + 1) % classes
        self.correct = random.random(images) < summary.confidence
        self.labels = np.where(self.correct, summary.prediction, other_class)
        powers = np.exp(logits - summary.maximum_logit[:, None])
        self.probabilities = powers / powers.sum(axis=1, keepdims=True)
        self.known, self.other = random.normal(26, 2, images), random.normal(23, 2, images)
        self.pooled = np.append(self.known, self.other)
        self.is_known = np.repeat([1, 0], images)


def main() -> None:
    """Time all work, print it as a table and, where asked, write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=50_000)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    options = parser.parse_args()
    inputs = Inputs(options.images, options.classes)
    theirs = peers(inputs)
    rows = []
    print(f"{'what':<50} {'seconds':>9}   {'peer':<32} {'seconds':>9} {'ratio':>8}")
    for what, function in ours(inputs).items():
        seconds = fastest(function)
        rows.append({"what": what, "seconds": seconds, "peers": {}})
        print(f"{what:<50} {seconds:9.4f}")
        for peer, peer_function in theirs[what].items():
            rows[-1]["peers"][peer] = fastest(peer_function)
            ratio = rows[-1]["peers"][peer] / seconds
            print(f"{'':<60}   {peer:<32} {rows[-1]['peers'][peer]:9.4f} {ratio:8.1f}", flush=True)
    if options.json:
        report = {"images": options.images, "classes": options.classes, "rows": rows}
        options.json.write_text(json.dumps(report, indent=2) + "\n")


def fastest(function: Work) -> float:
    """Return the seconds of the fastest of three calls, or of one where that is long."""
    seconds: list[float] = []
    while len(seconds) < RUNS and (not seconds or seconds[0] < LONG):
        begun = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def ours(inputs: Inputs) -> dict[str, Work]:
    """Name the work and how this package does it."""
    half = len(inputs.logits) // 2
    weights, other_weights = draw_weights("known", range(half)), draw_weights("other", range(half))
    return {
        "reading the logits once (the floor)": lambda: inputs.logits.sum(),
        COLUMNS: lambda: summarise_logits(inputs.logits, inputs.labels),
        ECE: lambda: ece_of_logits(inputs.logits, inputs.labels),
        ECE_OF_COLUMNS: lambda: ece(inputs.confidence, inputs.correct),
        EQUAL_MASS: lambda: equal_mass_calibration_error(inputs.confidence, inputs.correct),
        SCORES: lambda: summarise_logits(inputs.logits, inputs.labels),
        "class-wise ECE from probabilities": lambda: classwise_calibration_error(
            inputs.probabilities, inputs.labels
        ),
        "floor of ECE, 200 simulations": lambda: calibration_floor(inputs.confidence),
        TEMPERATURE: lambda: fit_temperature(inputs.logits, inputs.labels),
        DETECTION: lambda: detection(inputs.known, inputs.other),
        "200 draws of half the images: weights": lambda: draw_weights("set", range(half)),
        "200 draws: ECE": lambda: ece(inputs.confidence[:half], inputs.correct[:half], weights),
        "200 draws: temperature": lambda: temperature_draws(
            inputs.logits[:half], inputs.labels[:half], weights
        ),
        "200 draws: AUROC, AUPR and both FPR95": lambda: detection(
            inputs.known[:half], inputs.other[:half], weights, other_weights
        ),
    }


def peers(inputs: Inputs) -> dict[str, dict[str, Work]]:
    """Name the same work as installed libraries do it."""
    named: dict[str, dict[str, Work]] = defaultdict(dict)
    double = inputs.probabilities.astype(np.float64)
    named[SCORES]["scikit-learn, softmax given"] = lambda: (
        log_loss(inputs.labels, double, labels=np.arange(double.shape[1])),
        brier_score_loss(inputs.labels, double, labels=np.arange(double.shape[1])),
    )
    named[TEMPERATURE]["scikit-learn"] = lambda: temperature_by_scikit_learn(inputs)
    named[DETECTION]["scikit-learn"] = lambda: (
        roc_auc_score(inputs.is_known, inputs.pooled),
        average_precision_score(inputs.is_known, inputs.pooled),
        roc_curve(inputs.is_known, inputs.pooled),
        roc_curve(1 - inputs.is_known, -inputs.pooled),
    )
    if installed("torch"):
        add_torch(named, inputs)
    if installed("netcal"):
        from netcal.metrics import ECE as NETCAL
        from netcal.scaling import TemperatureScaling

        equal_mass = NETCAL(15, equal_intervals=False)
        named[ECE]["netcal, softmax given"] = lambda: NETCAL(15).measure(double, inputs.labels)
        named[EQUAL_MASS]["netcal, from the softmax"] = lambda: equal_mass.measure(double, inputs.labels)
        named[TEMPERATURE]["netcal, float64, softmax given"] = lambda: TemperatureScaling().fit(
            double, inputs.labels
        )
    return named


def add_torch(named: dict[str, dict[str, Work]], inputs: Inputs) -> None:
    """Add torch and what is built on it."""
    import torch

    torch.set_num_threads(1)
    logits, labels = torch.from_numpy(inputs.logits), torch.from_numpy(inputs.labels)
    named[COLUMNS]["torch.softmax alone"] = lambda: torch.softmax(logits, dim=1)
    named[SCORES]["torch cross_entropy alone"] = lambda: torch.nn.functional.cross_entropy(logits, labels)
    if installed("torchmetrics"):
        from torchmetrics.functional.classification import multiclass_calibration_error

        named[ECE]["torchmetrics"] = lambda: multiclass_calibration_error(
            logits, labels, num_classes=logits.shape[1], n_bins=15
        )
    if installed("pytorch_ood"):
        from pytorch_ood.metrics import functional

        scores, marks = -torch.from_numpy(inputs.pooled), torch.from_numpy(inputs.is_known) - 1
        named[DETECTION]["pytorch-ood, one FPR95"] = lambda: (
            functional.auroc(scores, marks),
            functional.aupr(scores, marks),
            functional.fpr_at_tpr(scores, marks),
        )


def installed(module: str) -> bool:
    """Whether a library can be imported."""
    return importlib.util.find_spec(module) is not None


def ece(confidence: np.ndarray, correct: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Take ECE from stored columns."""
    return expected_calibration_error(reliability_bins(confidence, correct, weights))


def ece_of_logits(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Take ECE from logits."""
    summary = summarise_logits(logits)
    return ece(summary.confidence, summary.prediction == labels)


class Decisions(ClassifierMixin, BaseEstimator):
    """A classifier for scikit-learn that takes logits for images."""

    def fit(self, _: np.ndarray, labels: np.ndarray) -> "Decisions":
        """Learn which classes there are."""
        self.classes_ = np.unique(labels)
        return self

    def decision_function(self, logits: np.ndarray) -> np.ndarray:
        """Return the logits."""
        return logits

    def predict(self, logits: np.ndarray) -> np.ndarray:
        """Return the class of the largest logit."""
        return self.classes_[logits.argmax(axis=1)]


def temperature_by_scikit_learn(inputs: Inputs) -> CalibratedClassifierCV:
    """Fit the temperature with scikit-learn, which takes classifiers only."""
    model = FrozenEstimator(Decisions().fit(inputs.logits, inputs.labels))
    return CalibratedClassifierCV(model, method="temperature").fit(inputs.logits, inputs.labels)


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # the peers warn of float32 sums and of their own deprecations
    main()
