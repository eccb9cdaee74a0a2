"""The same statistics as other libraries make them, for those that are installed."""

import importlib.util
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
from measuring import Inputs, timed
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score, roc_curve

Works = dict[str, dict[str, Callable[[], Any]]]

CLASSWISE = "class-wise ECE, beyond the pass"
EQUAL_MASS = "equal-mass ECE"
WITH_SOFTMAX = " + softmax"
"""Ends the name of work that is given probabilities, or what is made of them."""


def softmax(inputs: Inputs) -> tuple[float, float]:
    """Seconds of the unit of all ratios, and of the same into memory that is there; NaN without torch."""
    if not installed("torch"):
        return np.nan, np.nan
    import torch

    torch.set_num_threads(1)
    logits = torch.from_numpy(inputs.logits)
    out = torch.empty_like(logits)
    into_memory = timed(lambda: torch.softmax(logits, dim=1, out=out) is None)
    return timed(lambda: torch.softmax(logits, dim=1) is None).seconds, into_memory.seconds


def peers(inputs: Inputs) -> Works:
    """Name the statistics, and in each the libraries and their work."""
    works: Works = defaultdict(dict)
    probabilities = inputs.probabilities()
    add_scikit_learn(works, inputs, probabilities)
    if installed("torch"):
        add_torchmetrics(works, inputs)
        add_torch_uncertainty(works, inputs, probabilities)
        add_pytorch_ood(works, inputs, probabilities)
    if installed("netcal"):
        add_netcal(works, inputs, probabilities)
    return works


def installed(module: str) -> bool:
    """Whether a library can be imported."""
    return importlib.util.find_spec(module) is not None


def pooled(inputs: Inputs) -> tuple[np.ndarray, np.ndarray]:
    """Scores of known and of other images, and which are known."""
    scores = np.append(inputs.known, inputs.other)
    return scores, np.repeat([1, 0], [inputs.known.size, inputs.other.size])


def add_scikit_learn(works: Works, inputs: Inputs, probabilities: np.ndarray) -> None:
    """Add scikit-learn, which has no calibration error."""
    classes = np.arange(probabilities.shape[1])
    scores, known = pooled(inputs)

    def fpr(positive: np.ndarray, score: np.ndarray) -> float:
        false, true, _ = roc_curve(positive, score, drop_intermediate=False)
        return false[np.argmax(true >= 0.95)]

    library = "scikit-learn"
    works["NLL"][library + WITH_SOFTMAX] = lambda: log_loss(inputs.labels, probabilities, labels=classes)
    works["Brier score"][library + WITH_SOFTMAX] = lambda: brier_score_loss(
        inputs.labels, probabilities, labels=classes, scale_by_half=False
    )
    works["temperature"][library] = lambda: temperature_by_scikit_learn(inputs)
    works["AUROC"][library] = lambda: roc_auc_score(known, scores)
    works["AUPR"][library] = lambda: average_precision_score(known, scores)
    works["FPR95, ID positive"][library] = lambda: fpr(known, scores)
    works["FPR95, OOD positive"][library] = lambda: fpr(1 - known, -scores)


def add_torchmetrics(works: Works, inputs: Inputs) -> None:
    """Add torchmetrics, which takes scores from 0 to 1 as they are and all others through a sigmoid."""
    if not installed("torchmetrics"):
        return
    import torch
    from torchmetrics.functional import classification
    from torchmetrics.functional.text import perplexity

    logits, labels = torch.from_numpy(inputs.logits), torch.from_numpy(inputs.labels)
    scores, known = (torch.from_numpy(array) for array in pooled(inputs))
    mapped = (scores - scores.min()) / (scores.max() - scores.min())

    def error(norm: str) -> Any:
        return classification.multiclass_calibration_error(
            logits, labels, num_classes=logits.shape[1], n_bins=15, norm=norm
        )

    library = "torchmetrics"
    works["ECE"][library] = lambda: error("l1")
    works["RMS calibration error"][library] = lambda: error("l2")
    works["NLL"][library] = lambda: torch.log(perplexity(logits[None], labels[None]))
    works["AUROC"][f"{library}, scores mapped to 0..1"] = lambda: classification.binary_auroc(mapped, known)
    works["AUROC"][f"{library}, scores as they are"] = lambda: classification.binary_auroc(
        scores.float(), known
    )
    works["AUPR"][f"{library}, scores mapped to 0..1"] = lambda: classification.binary_average_precision(
        mapped, known
    )


def add_torch_uncertainty(works: Works, inputs: Inputs, probabilities: np.ndarray) -> None:
    """Add torch-uncertainty."""
    if not installed("torch_uncertainty"):
        return
    import torch
    from torch_uncertainty import metrics
    from torch_uncertainty.post_processing import TemperatureScaler

    classes = probabilities.shape[1]
    logits, labels = torch.from_numpy(inputs.logits), torch.from_numpy(inputs.labels)
    given = torch.from_numpy(probabilities)
    scores, known = (torch.from_numpy(array) for array in pooled(inputs))

    def computed(make: Callable[[], Any], *arguments: Any) -> Callable[[], float]:
        def work() -> float:
            metric = make()
            metric.update(*arguments)
            return float(metric.compute())

        return work

    def temperature() -> float:
        data = torch.utils.data.TensorDataset(logits, labels)
        model = TemperatureScaler()
        model.fit(torch.utils.data.DataLoader(data, batch_size=len(data)), progress=False)
        return float(model.temperature[0])

    def calibration_error(norm: str) -> Callable[[], float]:
        def make() -> Any:
            return metrics.CalibrationError(task="multiclass", num_classes=classes, num_bins=15, norm=norm)

        return computed(make, given, labels)

    library = "torch-uncertainty"
    works["ECE"][library + WITH_SOFTMAX] = calibration_error("l1")
    works["RMS calibration error"][library + WITH_SOFTMAX] = calibration_error("l2")
    works[EQUAL_MASS][library + WITH_SOFTMAX] = computed(
        lambda: metrics.AdaptiveCalibrationError(task="multiclass", num_classes=classes, num_bins=15),
        given,
        labels,
    )
    works[CLASSWISE][library + WITH_SOFTMAX] = computed(
        lambda: metrics.ClasswiseCalibrationError(classes), given, labels
    )
    works["NLL"][library + WITH_SOFTMAX] = computed(metrics.CategoricalNLL, given, labels)
    works["Brier score"][library + WITH_SOFTMAX] = computed(
        lambda: metrics.BrierScore(classes), given, labels
    )
    works["temperature"][library] = temperature
    works["FPR95, ID positive"][library] = computed(lambda: metrics.FPR95(pos_label=1), scores, known)
    works["FPR95, OOD positive"][library] = computed(lambda: metrics.FPR95(pos_label=1), -scores, 1 - known)


def add_pytorch_ood(works: Works, inputs: Inputs, probabilities: np.ndarray) -> None:
    """Add pytorch-ood, where OOD images score high and have a negative label."""
    if not installed("pytorch_ood"):
        return
    import torch
    from pytorch_ood.detector import TemperatureScaling
    from pytorch_ood.metrics import functional

    logits, labels = torch.from_numpy(inputs.logits), torch.from_numpy(inputs.labels)
    confidence = torch.from_numpy(probabilities.max(axis=1))
    correct = torch.from_numpy(probabilities.argmax(axis=1) == inputs.labels)
    scores, known = (torch.from_numpy(array) for array in pooled(inputs))

    def temperature() -> float:
        model = TemperatureScaling(None)
        model.fit_logits(logits, labels)
        return float(model.t)

    library = "pytorch-ood"
    works[EQUAL_MASS][library + WITH_SOFTMAX] = lambda: functional.calibration_error(
        confidence, correct.long(), p="1", beta=len(labels) // 15
    )
    works["temperature"][library] = temperature
    works["AUROC"][library] = lambda: functional.auroc(-scores, known - 1)
    works["AUPR"][library] = lambda: functional.aupr(-scores, known - 1, positive="id")
    works["FPR95, ID positive"][library] = lambda: functional.fpr_at_tpr(scores, -known)
    works["FPR95, OOD positive"][library] = lambda: functional.fpr_at_tpr(-scores, known - 1)


def add_netcal(works: Works, inputs: Inputs, probabilities: np.ndarray) -> None:
    """Add netcal, whose temperature is not fitted in float32."""
    from netcal.metrics import ECE
    from netcal.scaling import TemperatureScaling

    def temperature() -> float:
        model = TemperatureScaling()
        model.fit(double, inputs.labels)
        return 1 / model.temperature[0]

    double = probabilities.astype(np.float64)
    equal_mass = ECE(15, equal_intervals=False)
    works["ECE"]["netcal" + WITH_SOFTMAX] = lambda: ECE(15).measure(probabilities, inputs.labels)
    works[EQUAL_MASS]["netcal" + WITH_SOFTMAX] = lambda: equal_mass.measure(probabilities, inputs.labels)
    works["temperature"][f"netcal, float64{WITH_SOFTMAX}"] = temperature


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


def temperature_by_scikit_learn(inputs: Inputs) -> float:
    """Fit the temperature with scikit-learn, which takes classifiers only."""
    model = FrozenEstimator(Decisions().fit(inputs.logits, inputs.labels))
    fitted = CalibratedClassifierCV(model, method="temperature").fit(inputs.logits, inputs.labels)
    return 1 / fitted.calibrated_classifiers_[0].calibrators[0].beta_
