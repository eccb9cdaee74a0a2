"""Accuracy under distribution shift: the counts of every source on one set of conditions."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.record.conditions import CONDITIONS, FACTS, Evaluations
from clipsafe_utils.record.sources import fetch
from clipsafe_utils.record.tables import Locate

ReadEvaluations = Callable[[Locate], Evaluations]
"""What reads the tables of a source."""

OFF_BY = "off_by"
"""Attribute of the hits of a source: which of its counts are not exact."""

_NOT_REPORTED = "the source of the row does not report this condition"


def shift_counts(read: ReadEvaluations) -> xr.Dataset:
    """Build the counts of a source.

    Parameters
    ----------
    read : callable
        Reads its tables.

    Returns
    -------
    xarray.Dataset
        `hits` and `images` with the dims model, condition, NaN where the source does not report the
        condition, and `FACTS` with the dim model.

    Raises
    ------
    ClipsafeError
        If a raw file has a fault.
    """
    evaluations = read(fetch)
    dataset = as_dataset(evaluations)
    dataset["hits"].attrs = {OFF_BY: off_by(evaluations), "not_measured": _NOT_REPORTED}
    dataset["images"].attrs = {"not_measured": _NOT_REPORTED}
    return dataset


def as_dataset(evaluations: Evaluations) -> xr.Dataset:
    """Lay the counts of one source out over all conditions.

    Parameters
    ----------
    evaluations : Evaluations
        What the source reports.

    Returns
    -------
    xarray.Dataset
        As in `shift_counts`; the coordinate `condition` says in its attributes what each condition is.

    Examples
    --------
    >>> from clipsafe_utils.record.conditions import Counts
    >>> facts = pd.DataFrame(np.nan, index=["a"], columns=list(FACTS))
    >>> counts = {"id": Counts(pd.Series({"a": 40_000.0}), 50_000, 0)}
    >>> as_dataset(Evaluations(counts, facts))["hits"].sel(model="a", condition="id").item()
    40000.0
    """
    models = evaluations.facts.index
    hits = pd.DataFrame(np.nan, index=models, columns=list(CONDITIONS))
    images = hits.copy()
    for condition, counts in evaluations.counts.items():
        hits[condition] = counts.hits.reindex(models)
        images[condition] = hits[condition].where(hits[condition].isna(), counts.images)
    meanings = {name: condition.meaning for name, condition in CONDITIONS.items()}
    dims = ("model", "condition")
    return xr.Dataset(
        {"hits": (dims, hits.to_numpy()), "images": (dims, images.to_numpy())}
        | {fact: ("model", evaluations.facts[fact].to_numpy(dtype=float)) for fact in FACTS},
        coords={"model": models.to_numpy(), "condition": ("condition", list(CONDITIONS), meanings)},
    )


def off_by(evaluations: Evaluations) -> str:
    """Say which counts of a source are not exact, and by how much they may be off; "" where all are.

    Examples
    --------
    >>> from clipsafe_utils.record.conditions import Counts
    >>> facts = pd.DataFrame(index=["a"])
    >>> off_by(Evaluations({"r": Counts(pd.Series({"a": 3.0}), 30_000, 1)}, facts))
    'r may be off by 1 (of 30,000 images)'
    """
    return ", ".join(
        f"{name} may be off by {counts.off_by} (of {counts.images:,} images)"
        for name, counts in evaluations.counts.items()
        if counts.off_by
    )


def rounding(parts: Mapping[str, xr.Dataset]) -> dict[str, str]:
    """Say of all sources together which counts are not exact, as an attribute of the joined hits.

    Parameters
    ----------
    parts : mapping of str to xarray.Dataset
        `shift_counts` by source.
    """
    inexact = [f"{source}: {off}" for source, part in parts.items() if (off := part["hits"].attrs[OFF_BY])]
    said = f"exact, but for {'; '.join(inexact)}" if inexact else "exact"
    return {"rounding": said, "not_measured": _NOT_REPORTED}
