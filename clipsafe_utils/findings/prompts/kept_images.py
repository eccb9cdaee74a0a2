"""Accuracy, detection and calibration on the kept images, for the many prompts that a chapter tries."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.findings.prompts.embedded import unit
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.calibration import debiased_calibration_error
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.ood import detection
from clipsafe_utils.metrics.ood_scores import maximum_softmax
from clipsafe_utils.metrics.reliability import reliability_bins

MEASURED = ("accuracy", "auroc", "ece")
"""Properties that kept images give."""

Measures = dict[str, Array]
"""By the names of `MEASURED`: accuracy, mean AUROC by maximum softmax, debiased calibration error."""


class KeptImages:
    """The images of one model in a cube `embeddings`, as plain arrays: xarray would copy labels at each step.

    Parameters
    ----------
    embeddings : Dataset
        The cube. Images without a label are out of distribution.
    model : str
        One of its models.
    replicates : int
        Draws of the images beside the estimate; the same for all models and prompts.

    Attributes
    ----------
    usual : ndarray of float32, shape (classes, width)
        The model's own classifier, that of the usual set.
    singles : dict of str to ndarray of float32, shape (classes, width)
        Embeddings of the single templates that were kept.
    """

    def __init__(self, embeddings: xr.Dataset, model: str, replicates: int = 0) -> None:
        here = embeddings.sel(model=model)
        self._values = here["embedding"].transpose("image", "width").values.astype(np.float32)
        self._scale = np.float32(here["logit_scale"])
        self.usual = here["classifier"].transpose("class", "width").values.astype(np.float32)
        self.singles: dict[str, NDArray[np.float32]] = {}
        if "template_embedding" in here:
            single = here["template_embedding"].transpose("template", "class", "width")
            rows = single.values.astype(np.float32)
            self.singles = dict(zip(here["template"].values.astype(str).tolist(), rows, strict=True))
        label, names = here["label"].values, here["set"].values.astype(str)
        self._known = label >= 0
        self._label = label[self._known].astype(np.int64)
        self._others = {
            name: (names == name) & ~self._known for name in dict.fromkeys(names[~self._known].tolist())
        }
        self._weights = {
            name: draw_weights(f"kept/{name}", range(int(chosen.sum())), replicates)
            for name, chosen in {"": self._known, **self._others}.items()
        }

    def measure(self, classifier: NDArray[np.floating]) -> Measures:
        """Measure the model under some prompts.

        Parameters
        ----------
        classifier : ndarray, shape (classes, width)
            Text embeddings of the prompts, averaged over those of a class; any norm.

        Returns
        -------
        dict of str to ndarray, shape (1 + replicates,)
            As `Measures` says. AUROC is averaged over sets; calibration has 15 equal-width bins.
        """
        logits = self._values @ (self._scale * unit(classifier)).T
        summary = summarise_logits(logits)
        score, weights = maximum_softmax(summary), self._weights[""]
        known = score[self._known]
        bins = reliability_bins(known, summary.prediction[self._known] == self._label, weights)
        areas = [
            detection(known, score[chosen], weights, self._weights[name]).auroc
            for name, chosen in self._others.items()
        ]
        found = (
            bins.hits.sum(axis=-1) / bins.count.sum(axis=-1),
            np.mean(areas, axis=0),
            debiased_calibration_error(bins),
        )
        return dict(zip(MEASURED, found, strict=True))

    def measure_templates(self, templates: Sequence[str]) -> Measures:
        """Measure the model under the mean of some kept templates; as `measure`."""
        return self.measure(np.mean([self.singles[template] for template in templates], axis=0))


def models_of(embeddings: xr.Dataset) -> list[str]:
    """Return the names of the models.

    Examples
    --------
    >>> models_of(xr.Dataset(coords={"model": ["a", "b"]}))
    ['a', 'b']
    """
    return [str(name) for name in embeddings["model"].values]
