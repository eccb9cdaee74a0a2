"""Other prompts from kept embeddings: a classifier is a mean of text embeddings, so no network is run."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.calibration import expected_calibration_error
from clipsafe_utils.metrics.draws import draw_weights
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.metrics.ood import detection
from clipsafe_utils.metrics.ood_scores import maximum_softmax
from clipsafe_utils.metrics.reliability import reliability_bins

MEASURED = ("accuracy", "auroc", "ece")
"""Properties that kept images give."""

Measures = dict[str, Array]
"""By the names of `MEASURED`: accuracy, mean AUROC by maximum softmax, ECE."""


def logits_of_prompts(
    embeddings: xr.Dataset, model: str, classifier: ArrayLike | None = None
) -> xr.DataArray:
    """Return the logits of one model, dims (image, class), with the coordinates set and label.

    `classifier`, shape (classes, width), holds mean text embeddings of a reader's own prompts, of any norm;
    left out, it is the model's own.
    """
    of_model = _of_model(embeddings, model)
    own = of_model["classifier"].transpose("class", "width").values
    rows = np.asarray(own if classifier is None else classifier, np.float32)
    if rows.shape != own.shape:
        raise ValueError(f"classifier: expected the shape {own.shape}, got {rows.shape}.")
    values = of_model["embedding"].transpose("image", "width").values.astype(np.float32)
    logits = values @ (np.float32(of_model["logit_scale"]) * unit(rows)).T
    coordinates = {name: of_model[name] for name in ("class", "set", "label")}
    return xr.DataArray(logits, coordinates, ("image", "class"))


def mean_of_templates(embeddings: xr.Dataset, model: str, templates: Sequence[str]) -> NDArray[np.float32]:
    """Return the mean text embeddings of kept templates, as open_clip builds a zero-shot classifier.

    Shape (classes, width), of unit norm.
    """
    kept = _of_model(embeddings, model)["template_embedding"].transpose("template", "class", "width")
    known = kept["template"].values.tolist()
    for template in templates:
        if template not in known:
            raise ClipsafeError(f"There is no embedding of the template '{template}'.")
    chosen = kept.values[[known.index(template) for template in templates]]
    return unit(chosen.astype(np.float32).mean(axis=0))


def has_templates(embeddings: xr.Dataset, templates: Sequence[str]) -> bool:
    """Return whether the text embeddings of all of some templates were kept."""
    known = embeddings["template"].values.tolist() if "template_embedding" in embeddings else []
    return set(templates) <= set(known)


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the rows of an array at unit norm, in single precision."""
    wide = rows.astype(np.float32)
    scaled: NDArray[np.float32] = wide / np.linalg.norm(wide, axis=-1, keepdims=True)
    return scaled


def _of_model(embeddings: xr.Dataset, model: str) -> xr.Dataset:
    if model not in embeddings["model"].values:
        known = ", ".join(map(str, embeddings["model"].values))
        raise ClipsafeError(f"There are no embeddings of '{model}'; the models are {known}.")
    return embeddings.sel(model=model)


class KeptImages:
    """The images of one model in a cube `embeddings`, as plain arrays: xarray would copy labels each time.

    Images without a label are out of distribution. Beside the estimate stand `replicates` draws of the
    images, the same for all models and prompts.
    """

    def __init__(self, embeddings: xr.Dataset, model: str, replicates: int = 0) -> None:
        of_model = embeddings.sel(model=model)
        self._values = of_model["embedding"].transpose("image", "width").values.astype(np.float32)
        self._scale = np.float32(of_model["logit_scale"])
        # The model's own classifier, and the single templates that were kept; shape (classes, width).
        self.usual = of_model["classifier"].transpose("class", "width").values.astype(np.float32)
        self.singles: dict[str, NDArray[np.float32]] = {}
        if "template_embedding" in of_model:
            single = of_model["template_embedding"].transpose("template", "class", "width")
            rows = single.values.astype(np.float32)
            self.singles = dict(zip(of_model["template"].values.astype(str).tolist(), rows, strict=True))
        label, names = of_model["label"].values, of_model["set"].values.astype(str)
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
        """Return `Measures`, shape (1 + replicates,), under the mean text embeddings of some prompts.

        They may have any norm. AUROC is averaged over sets; calibration has 15 equal-width bins.
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
        values = (
            bins.hits.sum(axis=-1) / bins.count.sum(axis=-1),
            np.mean(areas, axis=0),
            expected_calibration_error(bins),
        )
        return dict(zip(MEASURED, values, strict=True))

    def measure_templates(self, templates: Sequence[str]) -> Measures:
        """Return the same under the mean of some kept templates."""
        return self.measure(np.mean([self.singles[template] for template in templates], axis=0))
