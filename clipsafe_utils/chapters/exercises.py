"""Exercises that check themselves: what is given, drawn by a seed, and what says whether an answer is right.

A class gets variants by the parameter `seed` of a page. What is right is computed from what is given, and is
neither on the page nor in what the check prints.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from clipsafe_utils.cubes import HEADLINE_FACTORS
from clipsafe_utils.metrics.calibration import expected_calibration_error
from clipsafe_utils.metrics.cue_decisions import shape_bias, share_decided
from clipsafe_utils.metrics.intervals import student_quantile
from clipsafe_utils.metrics.reliability import ReliabilityBins

NOT_YET, RIGHT = "Not yet", "Right"
_POSE = "pose"


@dataclass(frozen=True)
class Check:
    """Says of an answer whether it is right, and of several numbers which are.

    Examples
    --------
    >>> check = Check((0.5, 2.0), 0.01)
    >>> check(...)
    Not yet: put your answer, 2 numbers, in place of the dots.
    >>> check((0.5, 3))
    Not yet: number 2 is not right.
    >>> check((0.5, -2))
    Not yet: number 2 has the wrong sign.
    >>> check((0.501, 2))
    Right.
    """

    right: tuple[float, ...] = field(repr=False)
    tolerance: float

    def __call__(self, answer: object) -> None:
        """Say it."""
        print(self._said_of(answer))

    def _said_of(self, answer: object) -> str:
        wanted = len(self.right)
        numbers = "a number" if wanted == 1 else f"{wanted} numbers"
        if answer is ...:
            return f"{NOT_YET}: put your answer, {numbers}, in place of the dots."
        try:
            given = np.atleast_1d(np.asarray(answer, dtype=np.float64))
        except (TypeError, ValueError):
            return f"{NOT_YET}: the answer is {numbers}."
        if given.shape != (wanted,):
            return f"{NOT_YET}: the answer is {numbers}."
        off = ~self._agree(given)
        if not off.any():
            return f"{RIGHT}."
        places = (np.flatnonzero(off) + 1).tolist()
        single = "the number" if wanted == 1 else f"number {places[0]}"
        which = single if len(places) == 1 else f"numbers {' and '.join(map(str, places))}"
        return f"{NOT_YET}: {which} {self._slip(given, off)}."

    def _agree(self, given: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.abs(given - self.right) <= self.tolerance

    def _slip(self, given: NDArray[np.float64], off: NDArray[np.bool_]) -> str:
        """Name the usual slips; nothing that says what is right."""
        several = int(off.sum()) > 1
        if several and self._agree(given[::-1]).all():
            return "are right in the other order"
        if self._agree(-given)[off].all():
            return "have the wrong sign" if several else "has the wrong sign"
        if self._agree(given / 100)[off].all() or self._agree(given * 100)[off].all():
            return f"{'are' if several else 'is'} off by a factor of 100: mind the unit"
        return "are not right" if several else "is not right"


def residuals_but_one(seed: int) -> tuple[pd.DataFrame, Check]:
    """Give the share of images and the residual, in points, of ten factors; that on pose is asked for."""
    random = np.random.default_rng(seed)
    names = sorted(HEADLINE_FACTORS, key=lambda name: name == _POSE)
    others = (0.75 * random.dirichlet(np.full(len(names) - 1, 2.0))).round(3)
    pose = 1 - others.sum()
    residuals = random.normal(0, 3, others.size).round(1)
    columns = {"share": np.round([*others, pose], 3), "residual": [*residuals, np.nan]}
    return pd.DataFrame(columns, names), Check((float(-(others @ residuals) / pose),), 0.05)


def decisions(seed: int) -> tuple[pd.Series, Check]:
    """Give what an observer decided 1,200 images by; shape bias and share decided are asked for."""
    random = np.random.default_rng(seed)
    shape, texture = int(random.integers(15, 60)), int(random.integers(2, 15))
    images = 1200
    given = pd.Series({"shape": shape, "texture": texture, "another class": images - shape - texture})
    right = shape_bias(shape, texture).item(), share_decided(shape, texture, images).item()
    return given, Check(right, 0.0051)


def above_a_probit_line(seed: int) -> tuple[pd.DataFrame, Check]:
    """Give networks on a line on probit axes, and a CLIP; its height above it in points is asked for."""
    random = np.random.default_rng(seed)
    inside = np.sort(random.uniform(0.55, 0.85, 5))
    intercept, slope = random.uniform(-1.2, -0.6), random.uniform(1.0, 1.3)
    under_shift = ndtr(intercept + slope * ndtri(inside))
    clip = random.uniform(0.6, 0.8), random.uniform(0.5, 0.7)
    names = [*(f"network {place}" for place in range(1, 6)), "CLIP"]
    columns = {"in distribution": [*inside, clip[0]], "under shift": [*under_shift, clip[1]]}
    given = pd.DataFrame(columns, names).round(4)
    right = 100 * (clip[1] - ndtr(intercept + slope * ndtri(clip[0])))
    return given, Check((float(right),), 0.1)


def area_to_reach(seed: int) -> tuple[float, Check]:
    """Give an AUROC; how far apart the means of two normal heaps of scores must be is asked for."""
    area = (0.95, 0.90, 0.85, 0.80, 0.75)[seed % 5]
    return area, Check((float(np.sqrt(2) * ndtri(area)),), 0.05)


def bins_of_a_model(seed: int) -> tuple[pd.DataFrame, Check]:
    """Give five bins of confidence; ECE with them and with a single bin is asked for, as shares."""
    random = np.random.default_rng(seed)
    images = random.integers(5, 40, 5) * 10
    confidence = np.array([0.25, 0.45, 0.6, 0.75, 0.95])
    gaps = np.array([-1, -1, 1, 1, 1]) * random.uniform(0.03, 0.12, 5)
    hits = (images * np.clip(confidence - gaps, 0, 1)).round()
    given = pd.DataFrame({"images": images, "mean confidence": confidence, "hits": hits.astype(int)})
    sums = np.stack([images, hits, images * confidence])
    right = [
        expected_calibration_error(ReliabilityBins(*columns)).item()
        for columns in (sums, sums.sum(axis=1, keepdims=True))
    ]
    return given, Check(tuple(right), 0.0006)


def two_templates(seed: int) -> tuple[pd.Series, Check]:
    """Give the cosines of an image with two templates, and of these; that with their average is asked for."""
    random = np.random.default_rng(seed)
    first, second = random.uniform(0.2, 0.3, 2).round(3)
    alike = round(random.uniform(0.5, 0.9), 3)
    names = ("image and template 1", "image and template 2", "template 1 and template 2")
    given = pd.Series([first, second, alike], names)
    return given, Check((float((first + second) / np.sqrt(2 + 2 * alike)),), 0.0006)


def clips_in_pairs(seed: int) -> tuple[pd.DataFrame, Check]:
    """Give CLIPs; pairs that differ in the encoder alone, and the mean gain of ViT-B/16, are asked for."""
    random = np.random.default_rng(seed)
    kinds = [(f"source {name}", samples) for name in "ABC" for samples in (13, 34)]
    rows = [
        (*kind, encoder, round(random.normal(level, 2), 1))
        for kind in kinds
        for encoder, level in (("ViT-B/32", 60), ("ViT-B/16", 66))
    ]
    # Some lose their pair, so that the means of all rows differ by another number.
    without = random.permutation(len(kinds))[: random.integers(2, 5)]
    lost = 2 * without + random.integers(2, size=without.size)
    kept = [row for place, row in enumerate(rows) if place not in lost]
    given = pd.DataFrame(kept, columns=["source", "samples", "encoder", "accuracy"])
    gains = given.pivot(index=["source", "samples"], columns="encoder", values="accuracy").dropna()
    gain = (gains["ViT-B/16"] - gains["ViT-B/32"]).mean()
    return given, Check((float(len(gains)), float(gain)), 0.051)


def effects_of_lineages(seed: int) -> tuple[pd.DataFrame, Check]:
    """Give the effects of ten networks of two lineages; the interval of their mean is asked for."""
    random = np.random.default_rng(seed)
    lineages = np.repeat(["lineage 1", "lineage 2"], [7, 3])
    levels = dict(zip(("lineage 1", "lineage 2"), random.uniform(0.03, 0.10, 2), strict=True))
    effects = [round(levels[name] + random.normal(0, 0.005), 3) for name in lineages.tolist()]
    given = pd.DataFrame({"lineage": lineages, "effect": effects})
    of_lineages = given.groupby("lineage")["effect"].mean()
    error = of_lineages.std() / np.sqrt(len(of_lineages))
    half = student_quantile(0.95, len(of_lineages) - 1).item() * error
    return given, Check((float(of_lineages.mean() - half), float(of_lineages.mean() + half)), 0.002)
