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
"""Attribute of the hits of a source: which of its counts are not exact, and by how much they may be off."""

_NOT_REPORTED = "the source of the row does not report this condition"


def shift_counts(read: ReadEvaluations) -> xr.Dataset:
    """Build the counts of a source.

    `hits` and `images` with the dims model, condition, NaN where not reported; `prompt_set` and `FACTS` with
    the dim model.
    """
    evaluations = read(fetch)
    off_by = ", ".join(
        f"{name} may be off by {counts.off_by} (of {counts.images:,} images)"
        for name, counts in evaluations.counts.items()
        if counts.off_by
    )
    dataset = as_dataset(evaluations)
    dataset["hits"].attrs = {OFF_BY: off_by, "not_measured": _NOT_REPORTED}
    dataset["images"].attrs = {"not_measured": _NOT_REPORTED}
    return dataset


def as_dataset(evaluations: Evaluations) -> xr.Dataset:
    """Lay the counts of one source out over all conditions.

    As in `shift_counts`; attributes of `condition` say what each is.
    """
    models = evaluations.facts.index
    hits = pd.DataFrame(np.nan, index=models, columns=list(CONDITIONS))
    images = hits.copy()
    for condition, counts in evaluations.counts.items():
        hits[condition] = counts.hits.reindex(models)
        images[condition] = hits[condition].where(hits[condition].isna(), counts.images)
    meanings = {name: condition.meaning for name, condition in CONDITIONS.items()}
    dims = ("model", "condition")
    prompt_sets = np.broadcast_to(np.array(evaluations.prompt_sets), len(models))
    return xr.Dataset(
        {"hits": (dims, hits.to_numpy()), "images": (dims, images.to_numpy())}
        | {"prompt_set": ("model", prompt_sets.copy())}
        | {fact: ("model", evaluations.facts[fact].to_numpy(dtype=float)) for fact in FACTS},
        coords={"model": models.to_numpy(), "condition": ("condition", list(CONDITIONS), meanings)},
    )


def rounding(parts: Mapping[str, xr.Dataset]) -> dict[str, str]:
    """Say of all sources together which counts are not exact, as attributes of the joined hits."""
    inexact = [f"{source}: {off}" for source, part in parts.items() if (off := part["hits"].attrs[OFF_BY])]
    rounding = f"exact, but for {'; '.join(inexact)}" if inexact else "exact"
    return {"rounding": rounding, "not_measured": _NOT_REPORTED}
