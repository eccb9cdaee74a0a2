"""What prediction asks of models and data sets.

A *reference* names something without opening it. References are small, hashable and can be pickled: they
travel to the workers of a cluster and are opened there.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.models.prompts import PromptSet
from clipsafe_engine.models.transforms import Transform
from clipsafe_engine.predict.predictions import Classifier, Kind

if TYPE_CHECKING:
    import torch


class Model(Protocol):
    """A network with weights, ready to run."""

    @property
    def kind(self) -> Kind:
        """What it gives: logits, or embeddings of unit norm."""

    @property
    def device(self) -> "torch.device":
        """Where it runs."""

    @property
    def transform(self) -> Transform:
        """Its own preprocessing."""

    def forward(self, batch: "torch.Tensor") -> NDArray[np.float32]:
        """Return (images, classes) or (images, width) for (images, 3, side, side)."""

    def classifier(self, prompts: PromptSet) -> Classifier:
        """Return the zero-shot classifier of a set of prompts, where it gives embeddings."""


class ModelReference(Protocol):
    """A model that can be loaded."""

    @property
    def name(self) -> str:
        """What it is called in the store."""

    @property
    def kind(self) -> Kind:
        """What it gives."""

    @property
    def parameters(self) -> int:
        """How many numbers it holds; how many models are loaded together depends on it."""

    @property
    def preprocessing(self) -> str:
        """Its transform in words: models of equal words stand side by side."""

    def provenance(self) -> Mapping[str, str]:
        """Return the hashes of all that makes its values but the images: weights, preprocessing, code."""

    def load(self) -> Model:
        """Read the weights."""

    def __hash__(self) -> int: ...


class DatasetReference(Protocol):
    """A data set that can be opened."""

    @property
    def name(self) -> str:
        """What it is called in the store."""

    def open(self) -> ImageList:
        """Find its images."""

    def __hash__(self) -> int: ...
