"""Accuracy under distribution shift: the counts of every source on one set of conditions."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.record import imagenet_testbed, open_clip_results, scaling_laws, timm_results
from clipsafe_utils.record.conditions import CONDITIONS, FACTS, Evaluations
from clipsafe_utils.record.sources import fetch
from clipsafe_utils.record.tables import Locate

READERS: Mapping[str, Callable[[Locate], Evaluations]] = {
    "open_clip": open_clip_results.read_evaluations,
    "scaling-laws": scaling_laws.read_evaluations,
    "timm": timm_results.read_evaluations,
    "imagenet-testbed": imagenet_testbed.read_evaluations,
}
"""What reads each source, in the order of preference."""

FOLDERS = (
    open_clip_results.RESULTS,
    open_clip_results.PROFILE,
    scaling_laws.RESULTS,
    scaling_laws.DESIGNS,
    f"{timm_results.FOLDER}/results-",
    imagenet_testbed.RESULTS,
)
"""What the paths of the raw files begin with."""

_NOT_REPORTED = "the source of the row does not report this condition"


def shift_counts() -> dict[str, xr.Dataset]:
    """Build the counts of every source.

    Returns
    -------
    dict of str to xarray.Dataset
        By source, in the order of preference; `hits` and `images` with the dims model, condition, NaN
        where the source does not report the condition, and `FACTS` with the dim model.

    Raises
    ------
    ClipsafeError
        If a raw file has a fault.
    """
    evaluations = {source: read(fetch) for source, read in READERS.items()}
    attributes = {"rounding": rounding(evaluations), "not_measured": _NOT_REPORTED}
    datasets = {}
    for source, one in evaluations.items():
        dataset = as_dataset(one)
        dataset["hits"].attrs = attributes
        dataset["images"].attrs = {"not_measured": _NOT_REPORTED}
        datasets[source] = dataset
    return datasets


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


def rounding(evaluations: Mapping[str, Evaluations]) -> str:
    """Say which counts are not exact, and by how much they may be off.

    Examples
    --------
    >>> from clipsafe_utils.record.conditions import Counts
    >>> facts = pd.DataFrame(index=["a"])
    >>> rounding({"x": Evaluations({"r": Counts(pd.Series({"a": 3.0}), 30_000, 1)}, facts)})
    'exact, but for x: r may be off by 1 (of 30,000 images)'
    """
    inexact = []
    for source, one in evaluations.items():
        off = [
            f"{name} may be off by {counts.off_by} (of {counts.images:,} images)"
            for name, counts in one.counts.items()
            if counts.off_by
        ]
        if off:
            inexact.append(f"{source}: {', '.join(off)}")
    return f"exact, but for {'; '.join(inexact)}" if inexact else "exact"
