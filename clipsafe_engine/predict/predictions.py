"""What one model says about one data set, and the zero-shot classifier that reads its embeddings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["embeddings", "logits"]
StoredDtype = Literal["float16", "float32"]


@dataclass(frozen=True, eq=False)
class Predictions:
    """What one model says about the images of one data set.

    Parameters
    ----------
    model, dataset : str
        Their names.
    kind : "embeddings" or "logits"
        What the values are.
    values : array of float16 or float32 (images, classes) or (images, width)
        Logits, or image embeddings of unit norm. The row of an image that could not be read is NaN.
    labels : array of int64 (images,) or (images, labels)
        Classes of the data set.
    image_ids : array of int64 or str (images,)
        Names of the images within the data set.
    provenance : mapping of str to str
        Hashes of all that made the values: weights, preprocessing, code, data.
    """

    model: str
    dataset: str
    kind: Kind
    values: NDArray[np.floating[Any]]
    labels: NDArray[np.int64]
    image_ids: NDArray[Any]
    provenance: Mapping[str, str]

    @property
    def is_readable(self) -> NDArray[np.bool_]:
        """Which images could be read (images,)."""
        readable: NDArray[np.bool_] = ~np.isnan(self.values[:, 0])
        return readable

    def of_readable_images(self) -> "Predictions":
        """Return the predictions without the images that could not be read."""
        kept = self.is_readable
        if kept.all():
            return self
        return replace(
            self, values=self.values[kept], labels=self.labels[kept], image_ids=self.image_ids[kept]
        )


@dataclass(frozen=True, eq=False)
class Classifier:
    """The zero-shot classifier of one model for one set of prompts: unit-norm rows (classes, width)."""

    values: NDArray[np.floating[Any]]
    logit_scale: float
    provenance: Mapping[str, str]
