"""What is to be run: which shards of which data sets lack the predictions of which models."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

from clipsafe_engine.datasets.image_list import ImageList
from clipsafe_engine.predict.interfaces import ModelReference
from clipsafe_engine.predict.store import PredictionStore
from clipsafe_utils.errors import ClipsafeError


@dataclass(frozen=True)
class Part:
    """One of several equal shares of the work: shard k of all belongs to part k mod `count`.

    Examples
    --------
    >>> Part.parse("2/3")
    Part(number=2, count=3)
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> "Part":
        """Read ``i/n``.

        Raises
        ------
        ClipsafeError
            If it is not two numbers with 1 <= i <= n.
        """
        number, _, count = text.partition("/")
        if not (number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
            raise ClipsafeError(f"--shard {text}: expected i/n, the i-th of n parts, for example 1/4.")
        return cls(int(number), int(count))


WHOLE = Part(1, 1)
MODELS_AT_ONCE = 32
"""Each model that is loaded keeps the predictions of a shard, 16 MB with 1,000 classes."""


@dataclass(frozen=True, eq=False)
class Job:
    """The images of one shard, and the models that have not seen them."""

    images: ImageList
    shard: int
    rows: range
    models: tuple[ModelReference, ...]


def entry_provenance(model: ModelReference, images: ImageList) -> Mapping[str, str]:
    """Return the identity of an entry: what makes the model's values, and which images they are of."""
    return {**model.provenance(), "data": data_hash(images)}


@lru_cache(maxsize=64)
def data_hash(images: ImageList) -> str:
    """Hash what is known of the images before any is opened: ids, labels and the border that is cut.

    Examples
    --------
    >>> import numpy as np
    >>> from clipsafe_engine.datasets.sources import Members
    >>> one = ImageList("a", np.array(["x"]), np.array([0]), Members(()))
    >>> two = ImageList("a", np.array(["x"]), np.array([1]), Members(()))
    >>> data_hash(one) == data_hash(two)
    False
    """
    said = [images.name, images.image_ids.tolist(), images.labels.tolist(), images.crop_border]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def outstanding(
    store: PredictionStore,
    models: Sequence[ModelReference],
    images: Sequence[ImageList],
    shard_images: int,
    part: Part = WHOLE,
) -> Iterator[Job]:
    """Yield the shards of this part that some model has not seen, in a fixed order; looks at no value."""
    number = 0
    for one in images:
        every = range(len(one))
        provenances = {model: entry_provenance(model, one) for model in models}
        missing = {model: store.missing(model.name, one.name, provenances[model]) for model in models}
        for shard, first in enumerate(every[::shard_images]):
            if number % part.count == part.number - 1:
                behind = tuple(m for m in models if missing[m] is None or shard in (missing[m] or ()))
                if behind:
                    yield Job(one, shard, every[first : first + shard_images], behind)
            number += 1


class Loadable(Protocol):
    """What has a size and asks for a way of cutting images."""

    @property
    def name(self) -> str:
        """The model."""

    @property
    def parameters(self) -> int:
        """Numbers that it holds."""

    @property
    def preprocessing(self) -> str:
        """Its crop in words."""


LoadableModel = TypeVar("LoadableModel", bound=Loadable)


def rounds(models: Sequence[LoadableModel], parameters: int) -> list[tuple[LoadableModel, ...]]:
    """Cut models into groups that are loaded together; models with the same crop stand side by side.

    Parameters
    ----------
    models : sequence of Loadable
        All models.
    parameters : int
        Most numbers that the models of a group hold together; a larger model is a group of its own.
    """
    ordered = sorted(models, key=lambda model: (model.preprocessing, model.name))
    groups: list[list[LoadableModel]] = []
    held = parameters + 1
    for model in ordered:
        if held + model.parameters > parameters or len(groups[-1]) == MODELS_AT_ONCE:
            groups.append([])
            held = 0
        groups[-1].append(model)
        held += model.parameters
    return [tuple(group) for group in groups]
