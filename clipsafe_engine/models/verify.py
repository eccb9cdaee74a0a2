"""Comparing measured with published accuracy: the test that a model was built and fed as it should be."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.metrics.intervals import wilson_interval
from clipsafe_utils.registry.catalogue import ModelEntry

CONDITION = "id"
"""The condition of the cube `shifts` that published top-1 is of: the ImageNet validation set."""


@dataclass(frozen=True)
class Comparison:
    """Measured and published top-1 of one model, percent.

    Attributes
    ----------
    model : str
        Row of the study.
    measured, low, high : float
        Measured top-1 and its interval.
    published : float
        What the catalogue says.
    """

    model: str
    measured: float
    low: float
    high: float
    published: float

    @property
    def is_off(self) -> bool:
        """Whether the published value is outside the interval."""
        return not self.low <= self.published <= self.high


def compare_top1(entries: Iterable[ModelEntry], study: Study, confidence: float = 0.95) -> list[Comparison]:
    """Compare the top-1 that a study measured on the ImageNet validation set with the published one.

    A CLIP with the wrong activation falls three points short; wrong preprocessing costs one or more.

    Parameters
    ----------
    entries : iterable of ModelEntry
        The models to compare; those that the study lacks, or that have no published top-1, are left out.
    study : Study
        Has the cubes `models` and `shifts`.
    confidence : float
        Of the interval (Wilson's).

    Returns
    -------
    list of Comparison
        One for each row of the study that has a model's weights at the model's input size.

    Raises
    ------
    ClipsafeError
        If a cube or the condition `id` is missing, or no model can be compared.

    Examples
    --------
    >>> from clipsafe_utils.cubes import find_study
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> vgg = compare_top1([catalogue()["vgg16_bn.tv_in1k"]], find_study("published"))[0]
    >>> vgg.model, f"{vgg.measured:.2f}", vgg.is_off
    ('timm:vgg16_bn.tv_in1k@224', '73.35', False)
    """
    shifts = study.read("shifts")
    if CONDITION not in shifts["condition"].values:
        raise ClipsafeError(f"{study.path('shifts')}: the condition '{CONDITION}' is missing.")
    counts = shifts.sel(condition=CONDITION).to_dataframe()
    models = study.read("models").to_dataframe()
    rows = models.join(counts[["hits", "images"]]).dropna(subset=["hits", "images"])
    rows = rows[rows["images"] > 0]
    published = {(entry.name, entry.input_size): entry.in1k_top1 for entry in entries if entry.in1k_top1}
    rows["published"] = [
        published.get(key) for key in zip(rows["checkpoint"], rows["image_size"], strict=True)
    ]
    rows = rows.dropna(subset=["published"])
    if rows.empty:
        raise ClipsafeError(f"{study.path('shifts')}: none of the models has a published top-1 to compare.")
    interval = wilson_interval(rows["hits"], rows["images"], confidence)
    percents = 100 * np.stack([rows["hits"] / rows["images"], *interval], axis=1)
    return [
        Comparison(str(model), measured, low, high, top1)
        for (model, top1), (measured, low, high) in zip(
            rows["published"].items(), percents.tolist(), strict=True
        )
    ]
