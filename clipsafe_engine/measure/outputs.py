"""What one model says of one set of images, read from the store and checked against the plan."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.measuring.outputs import Outputs, merged, right_answers
from clipsafe_utils.measuring.plan import ImageSet

if TYPE_CHECKING:
    from clipsafe_engine.predict.store import Classifier, Predictions, PredictionStore


class ModelOutputs:
    """The outputs of one model.

    Parameters
    ----------
    store : PredictionStore
        Where the predictions are.
    model : str
        Name of the model.
    prompts : str
        Which classifier turns embeddings into logits.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from clipsafe_engine.predict.store import Predictions, PredictionStore
    >>> with TemporaryDirectory() as folder:
    ...     store, labels = PredictionStore(Path(folder)), np.arange(2)
    ...     store.write(
    ...         Predictions("m", "v2", "logits", np.eye(2, dtype="f4"), labels, labels, {"weights": "0f"})
    ...     )
    ...     ModelOutputs(store, "m", "default").read(ImageSet("v2", "v2")).logits.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, store: "PredictionStore", model: str, prompts: str) -> None:
        self.store, self.model, self.prompts = store, model, prompts
        self._classifiers: dict[str, Classifier] = {}
        self._last: Predictions | None = None

    def read(self, images: ImageSet) -> Outputs:
        """Read the outputs on a set.

        Raises
        ------
        ClipsafeError
            If there is no such entry, or it is unfinished or damaged, or holds other images than the plan, or
            its classifier is missing.
        """
        return self.outputs(self.predictions(images), images)

    def predictions(self, images: ImageSet) -> "Predictions":
        """Read what is stored of a data set, once for sets that follow each other; errors as in `read`."""
        if self._last is None or self._last.dataset != images.dataset:
            self._last = None  # else two data sets would be in memory
            self._last = self.store.read(self.model, images.dataset)
        found = self._last
        if images.labels is not None and not np.array_equal(found.labels, images.labels):
            raise ClipsafeError(
                f"{self.store.folder}: the labels of {self.model!r} on {images.dataset!r} are not those of "
                f"the {len(images.labels)} images of the plan; predict again."
            )
        return found

    def outputs(self, found: "Predictions", images: ImageSet, prompts: str = "") -> Outputs:
        """Make logits of what is stored, with some prompts or the usual ones; errors as in `read`."""
        kept = found.is_readable if images.rows is None else found.is_readable & images.rows
        if not kept.any():
            raise ClipsafeError(
                f"{self.store.folder}: {self.model!r} could read no image of {images.dataset!r}."
            )
        values = found.values if kept.all() else found.values[kept]
        scale = None
        if found.kind == "embeddings":
            head = self.classifier(prompts or self.prompts)
            scale = head.logit_scale
            values = logits_of_embeddings(values, head.values, scale)
        if images.answers is not None:
            values = merged(values, images.answers)
        units = found.image_ids if images.units is None else images.units
        truth = right_answers(images, found.labels)
        return Outputs(values, truth[kept], units[kept], images.namespace, kept, scale)

    def classifier(self, prompts: str) -> "Classifier":
        """Read a classifier, once.

        Raises
        ------
        ClipsafeError
            If it is missing or damaged.
        """
        if prompts not in self._classifiers:
            self._classifiers[prompts] = self.store.read_classifier(self.model, prompts)
        return self._classifiers[prompts]


def logits_of_embeddings(
    embeddings: NDArray[np.floating], classifier: NDArray[np.floating], logit_scale: float
) -> NDArray[np.float32]:
    """Return cosine similarities times the scale, in float32.

    Parameters
    ----------
    embeddings : ndarray, shape (images, width)
        Unit norm.
    classifier : ndarray, shape (classes, width)
        Unit norm.
    logit_scale : float
        The model's own.

    Examples
    --------
    >>> logits_of_embeddings(np.eye(2), np.array([[0.6, 0.8]]), 10.0).ravel()
    array([6., 8.], dtype=float32)
    """
    head = np.float32(logit_scale) * classifier.astype(np.float32)
    return embeddings.astype(np.float32) @ head.T
