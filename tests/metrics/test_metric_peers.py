"""Agreement with other libraries where definitions agree, and each known difference where they do not.

scikit-learn comes with the test extra. The others need torch: install netcal, pytorch-ood, torchmetrics,
torch-uncertainty and uncertainty-calibration to run them all.
"""

from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import brier_score_loss, log_loss

from clipsafe_utils.metrics.calibration import (
    debiased_calibration_error,
    expected_calibration_error,
    root_mean_square_calibration_error,
)
from clipsafe_utils.metrics.calibration_variants import (
    classwise_calibration_error,
    equal_mass_calibration_error,
)
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.ood import detection
from clipsafe_utils.metrics.proper_scores import brier_score, negative_log_likelihood
from clipsafe_utils.metrics.reliability import bin_of, reliability_bins
from clipsafe_utils.metrics.temperature import fit_temperature
from tests.metrics.simulated import logits_and_labels, softmax

CLASSES = 50
LOGITS, LABELS = logits_and_labels(6000, CLASSES, 1.3)
PROBABILITIES = softmax(LOGITS)
SUMMARY = summarise_logits(LOGITS, LABELS)
CORRECT = SUMMARY.prediction == LABELS
BINS = reliability_bins(SUMMARY.confidence, CORRECT)
# Detection scores near 25, as CLIP's largest logits are.
RANDOM = np.random.default_rng(0)
KNOWN, OTHER = RANDOM.normal(26, 2, 3000), RANDOM.normal(23, 2, 2000)
DETECTION = detection(KNOWN, OTHER)

# The peers warn on import and of their buffers; that is theirs.
pytestmark = pytest.mark.filterwarnings("ignore")


def peer(module: str) -> Any:
    return pytest.importorskip(
        module, reason=f"compares with {module}, which is not installed", exc_type=ImportError
    )


def pooled(torch: Any) -> tuple[Any, Any]:
    scores = torch.tensor(np.append(KNOWN, OTHER))
    return scores, torch.tensor(np.append(np.ones(KNOWN.size, int), np.zeros(OTHER.size, int)))


class TestScikitLearn:
    def test_nll_and_brier(self):
        nll = negative_log_likelihood(SUMMARY.label_log_probability)
        assert nll == pytest.approx(log_loss(LABELS, PROBABILITIES), abs=1e-6)
        brier = brier_score(SUMMARY.label_log_probability, SUMMARY.sum_squared_probability)
        expected = brier_score_loss(LABELS, PROBABILITIES, scale_by_half=False)
        assert brier == pytest.approx(expected, abs=1e-6)

    def test_temperature(self):
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.frozen import FrozenEstimator

        class Itself(ClassifierMixin, BaseEstimator):
            def fit(self, _, labels):
                self.classes_ = np.unique(labels)
                return self

            def decision_function(self, logits):
                return logits

            def predict(self, logits):
                return self.classes_[logits.argmax(axis=1)]

        double = LOGITS.astype(np.float64)
        model = FrozenEstimator(Itself().fit(double, LABELS))
        fitted = CalibratedClassifierCV(model, method="temperature").fit(double, LABELS)
        inverse = fitted.calibrated_classifiers_[0].calibrators[0].beta_
        # It stops a little early.
        assert fit_temperature(LOGITS, LABELS).temperature == pytest.approx(1 / inverse, rel=1e-4)


class TestNetcal:
    def test_errors(self):
        metrics = peer("netcal.metrics")
        ece = metrics.ECE(15).measure(PROBABILITIES, LABELS)
        assert expected_calibration_error(BINS) == pytest.approx(ece, abs=1e-6)
        equal_mass = metrics.ECE(15, equal_intervals=False).measure(PROBABILITIES, LABELS)
        assert equal_mass_calibration_error(SUMMARY.confidence, CORRECT) == pytest.approx(
            equal_mass, abs=1e-6
        )

    def test_temperature_in_float64(self):
        model = peer("netcal.scaling").TemperatureScaling()
        model.fit(PROBABILITIES, LABELS)
        temperature = fit_temperature(LOGITS, LABELS).temperature
        assert temperature == pytest.approx(1 / model.temperature[0], rel=1e-6)

    def test_known_difference_float32_probabilities_are_not_fitted(self):
        model = peer("netcal.scaling").TemperatureScaling()
        model.fit(PROBABILITIES.astype(np.float32), LABELS)
        assert model.temperature[0] == pytest.approx(1)
        assert fit_temperature(LOGITS, LABELS).temperature == pytest.approx(1.3, rel=0.02)


class TestTorchmetrics:
    def errors(self, confidence: np.ndarray, correct: np.ndarray, norm: str) -> float:
        functional = peer("torchmetrics.functional.classification")
        torch = peer("torch")
        # Confidences of the predicted class against hits; float64, because float32 sums are off by 2e-5.
        return float(
            functional.binary_calibration_error(
                torch.tensor(confidence), torch.tensor(correct).int(), n_bins=15, norm=norm
            )
        )

    def test_errors_in_float64(self):
        ece = self.errors(SUMMARY.confidence, CORRECT, "l1")
        assert expected_calibration_error(BINS) == pytest.approx(ece, abs=1e-6)
        rms = self.errors(SUMMARY.confidence, CORRECT, "l2")
        assert root_mean_square_calibration_error(BINS) == pytest.approx(rms, abs=1e-6)

    def test_known_difference_a_confidence_of_one_gets_a_bin_of_its_own(self):
        # Gaps of opposite sign that our last bin joins: 0.95 right and 1.0 wrong.
        confidence, correct = np.array([0.95, 1.0]), np.array([True, False])
        assert self.errors(confidence, correct, "l1") == pytest.approx((0.05 + 1) / 2)
        assert expected_calibration_error(reliability_bins(confidence, correct)) == pytest.approx(0.95 / 2)

    def test_known_difference_confidences_that_float32_rounds_to_one(self):
        torch, functional = peer("torch"), peer("torchmetrics.functional.classification")
        # Ten images at 1 - 1e-9, one wrong, and ten at 0.96, all right: one bin for us, two in float32.
        logits = np.zeros((20, 2), dtype=np.float32)
        logits[:10, 0], logits[10:, 0] = -np.log(1e-9), np.log(0.96 / 0.04)
        labels = np.zeros(20, dtype=int)
        labels[0] = 1
        summary = summarise_logits(logits, labels)
        ours = expected_calibration_error(reliability_bins(summary.confidence, summary.prediction == labels))
        theirs = float(
            functional.multiclass_calibration_error(
                torch.tensor(logits), torch.tensor(labels), num_classes=2, n_bins=15
            )
        )
        assert summary.confidence.max() < 1
        assert ours == pytest.approx((1 - 0.4) / 20, abs=1e-6)
        assert theirs == pytest.approx((1 + 0.4) / 20, abs=1e-6)

    def test_auroc_of_scores_between_0_and_1(self):
        torch, functional = peer("torch"), peer("torchmetrics.functional.classification")
        scores, labels = pooled(torch)
        mapped = (scores - scores.min()) / (scores.max() - scores.min())
        assert DETECTION.auroc == pytest.approx(float(functional.binary_auroc(mapped, labels)), abs=1e-6)
        precision = float(functional.binary_average_precision(mapped, labels))
        assert DETECTION.aupr == pytest.approx(precision, abs=1e-6)

    def test_known_difference_a_hidden_sigmoid_saturates_on_logits(self):
        torch, functional = peer("torch"), peer("torchmetrics.functional.classification")
        scores, labels = pooled(torch)
        assert float(functional.binary_auroc(scores.float(), labels)) == pytest.approx(0.5, abs=0.01)
        assert DETECTION.auroc == pytest.approx(0.84, abs=0.01)


class TestPytorchOod:
    def test_auroc_and_both_directions_of_fpr(self):
        torch, functional = peer("torch"), peer("pytorch_ood.metrics.functional")
        scores, labels = pooled(torch)
        marks = torch.where(labels == 1, 0, -1)  # there, OOD is high and has a negative label
        assert DETECTION.auroc == pytest.approx(float(functional.auroc(-scores, marks)), abs=1e-6)
        ood_positive = float(functional.fpr_at_tpr(-scores, marks))
        assert DETECTION.fpr95_ood_positive == pytest.approx(ood_positive, abs=1e-6)
        id_positive = float(functional.fpr_at_tpr(scores, -1 - marks))
        assert DETECTION.fpr95_id_positive == pytest.approx(id_positive, abs=1e-6)

    def test_known_difference_its_fpr_has_the_other_positive_class(self):
        torch, functional = peer("torch"), peer("pytorch_ood.metrics.functional")
        scores, labels = pooled(torch)
        theirs = float(functional.fpr_at_tpr(-scores, torch.where(labels == 1, 0, -1)))
        assert abs(DETECTION.fpr95_id_positive - theirs) > 0.03

    def test_known_difference_its_precision_is_joined_by_trapezes(self):
        torch, functional = peer("torch"), peer("pytorch_ood.metrics.functional")
        scores, marks = torch.tensor([3.0, 2.0, 1.0]), torch.tensor([0, -1, 0])
        # Points (0, 1), (1/2, 1), (1/2, 1/2), (1, 2/3).
        assert float(functional.aupr(-scores, marks, positive="id")) == pytest.approx(
            1 / 2 + (1 / 2 + 2 / 3) / 4
        )
        assert detection([3.0, 1.0], [2.0]).aupr == pytest.approx(1 / 2 + (2 / 3) / 2)

    def test_known_difference_its_temperature_stops_early(self):
        torch, detector = peer("torch"), peer("pytorch_ood.detector")
        model = detector.TemperatureScaling(None)
        model.fit_logits(torch.tensor(LOGITS), torch.tensor(LABELS))
        assert float(model.t) == pytest.approx(1.1, abs=0.02)
        assert fit_temperature(LOGITS, LABELS).temperature == pytest.approx(1.3, rel=0.02)


class TestTorchUncertainty:
    def computed(self, metric: Any, *arguments: Any) -> float:
        metric.update(*arguments)
        return float(metric.compute())

    def test_both_directions_of_fpr(self):
        torch, metrics = peer("torch"), peer("torch_uncertainty.metrics")
        scores, labels = pooled(torch)
        id_positive = self.computed(metrics.FPR95(pos_label=1), scores, labels)
        assert DETECTION.fpr95_id_positive == pytest.approx(id_positive, abs=1e-6)
        ood_positive = self.computed(metrics.FPR95(pos_label=1), -scores, 1 - labels)
        assert DETECTION.fpr95_ood_positive == pytest.approx(ood_positive, abs=1e-6)

    def test_brier_nll_and_classwise_error(self):
        torch, metrics = peer("torch"), peer("torch_uncertainty.metrics")
        probabilities, labels = torch.tensor(PROBABILITIES), torch.tensor(LABELS)
        brier = brier_score(SUMMARY.label_log_probability, SUMMARY.sum_squared_probability)
        assert brier == pytest.approx(
            self.computed(metrics.BrierScore(CLASSES), probabilities, labels), abs=1e-6
        )
        nll = negative_log_likelihood(SUMMARY.label_log_probability)
        assert nll == pytest.approx(self.computed(metrics.CategoricalNLL(), probabilities, labels), abs=1e-6)
        classwise = self.computed(metrics.ClasswiseCalibrationError(CLASSES), probabilities, labels)
        assert classwise_calibration_error(PROBABILITIES, LABELS) == pytest.approx(classwise, abs=1e-6)

    def test_known_difference_its_temperature_stops_early(self):
        torch, scaling = peer("torch"), peer("torch_uncertainty.post_processing")
        data = torch.utils.data.TensorDataset(torch.tensor(LOGITS), torch.tensor(LABELS))
        model = scaling.TemperatureScaler()
        model.fit(torch.utils.data.DataLoader(data, batch_size=len(data)), progress=False)
        off = float(model.temperature[0]) / fit_temperature(LOGITS, LABELS).temperature - 1
        assert 1e-4 < abs(off) < 2e-3


class TestUncertaintyCalibration:
    def test_debiased_error(self):
        utilities = peer("calibration.utils")
        index = bin_of(SUMMARY.confidence, 15)
        pairs = [
            list(zip(SUMMARY.confidence[index == n_bin], CORRECT[index == n_bin].astype(float), strict=True))
            for n_bin in range(15)
            if (index == n_bin).any()
        ]
        assert debiased_calibration_error(BINS) == pytest.approx(utilities.unbiased_l2_ce(pairs), abs=1e-9)
