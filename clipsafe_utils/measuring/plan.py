"""What a study measures: its sets of images, and what each of them is for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

SPLIT_SEED = 0
"""Seed of the half of the in-distribution images that fits temperatures."""


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images of one data set of the store.

    Attributes
    ----------
    dataset : str
        Name in the store.
    namespace : str
        As in `clipsafe_utils.metrics.draws`; sets that share images have it in common.
    labels : ndarray of int64, shape (images,), optional
        The labels that the store must hold. Left out, whatever it holds is taken.
    units : ndarray, shape (images,), optional
        What names an image in the draws; frames of one sequence share theirs. Left out, the ids of the store.
    answers : ndarray of int64, shape (classes,), optional
        The answer that each class of the models stands for: 0, 1, ..., or -1 for a class that is none. Left
        out, each class is an answer of its own.
    truth : ndarray of int64, shape (images,) or (images, answers), optional
        The right answers, filled up with -1. Left out, what the labels stand for.
    rows : ndarray of bool, shape (images,), optional
        The images of the data set that are meant. Left out, all.
    """

    dataset: str
    namespace: str
    labels: NDArray[np.int64] | None = None
    units: NDArray[Any] | None = None
    answers: NDArray[np.int64] | None = None
    truth: NDArray[np.int64] | None = None
    rows: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Condition:
    """A labelled set on which accuracy is measured.

    Attributes
    ----------
    images : ImageSet
        The set.
    calibrated : bool
        Whether calibration is measured too.
    asked : mapping of str to ndarray of bool, shape (images,)
        For sequences, by name of the outcome: the frames that must all be right for the unit to be a hit.
        Empty where each image counts by itself; the outcome then has the name of the condition.
    """

    images: ImageSet
    calibrated: bool = True
    asked: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class InDistribution:
    """The set on which models are at home: part of it fits temperatures, the rest is a condition.

    Attributes
    ----------
    images : ImageSet
        The set.
    fits : ndarray of bool, shape (images,)
        The images that fit temperatures.
    condition : str
        Name of the rest.
    """

    images: ImageSet
    fits: NDArray[np.bool_]
    condition: str


@dataclass(frozen=True, eq=False)
class CueConflict:
    """Images of the shape of one class in the texture of another.

    Attributes
    ----------
    images : ImageSet
        Its labels are the cue classes of the shapes.
    textures : ndarray of int64, shape (images,)
        The cue class of the texture; nowhere that of the shape.
    names : tuple of str
        The cue classes.
    cue_classes : ndarray of int64, shape (classes,), optional
        The cue class that each class of the models stands for, -1 for none; the one with the largest mean
        probability is decided for. Left out, the classes are the cue classes.
    """

    images: ImageSet
    textures: NDArray[np.int64]
    names: tuple[str, ...]
    cue_classes: NDArray[np.int64] | None = None


@dataclass(frozen=True, eq=False)
class Part:
    """Images that show a factor: rows of a condition, or of the in-distribution set where it is empty."""

    condition: str = ""
    rows: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """All that is measured of one model.

    Attributes
    ----------
    in_distribution : InDistribution, optional
        The home of the models. Without it, only accuracy under shift and shape bias are measured.
    conditions : mapping of str to Condition
        By name.
    shifts : tuple of str
        The outcomes of the cube `shifts`.
    factors : mapping of str to mapping of str to Part
        By selection and factor.
    ood : mapping of str to ImageSet
        By name, images of no class.
    cue_conflict : CueConflict, optional
        For shape bias.
    prompts : str
        Which classifier makes logits of the embeddings of a CLIP.
    prompt_sets : mapping of str to tuple of str
        By name, the classifiers of its subsets, for the cube `prompts`.
    prompt_selection : str
        The selection whose factors the cube `prompts` counts.
    """

    in_distribution: InDistribution | None = None
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    shifts: tuple[str, ...] = ()
    factors: Mapping[str, Mapping[str, Part]] = field(default_factory=dict)
    ood: Mapping[str, ImageSet] = field(default_factory=dict)
    cue_conflict: CueConflict | None = None
    prompts: str = "default"
    prompt_sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prompt_selection: str = "top"

    @property
    def image_sets(self) -> tuple[ImageSet, ...]:
        """Every set that is measured."""
        home = () if self.in_distribution is None else (self.in_distribution.images,)
        cue_conflict = () if self.cue_conflict is None else (self.cue_conflict.images,)
        conditions = (condition.images for condition in self.conditions.values())
        return (*home, *conditions, *self.ood.values(), *cue_conflict)

    @property
    def classifiers(self) -> tuple[str, ...]:
        """Every classifier that is needed of a model with embeddings."""
        return tuple(
            dict.fromkeys([self.prompts, *(name for names in self.prompt_sets.values() for name in names)])
        )


def fitting_half(images: int, seed: int = SPLIT_SEED) -> NDArray[np.bool_]:
    """Choose the half of the images that fits temperatures.

    Examples
    --------
    >>> fitting_half(5).sum()
    np.int64(2)
    """
    half = np.zeros(images, dtype=np.bool_)
    half[np.random.default_rng(seed).permutation(images)[: images // 2]] = True
    return half
