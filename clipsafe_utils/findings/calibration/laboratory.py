"""Chapter 4 in the laboratory: the ladder, the knobs, and the models that were trained there."""

from collections.abc import Mapping

import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.calibration.bins import stored_bins
from clipsafe_utils.findings.ladder import ladder
from clipsafe_utils.findings.properties import Property

NATURAL, OWN = "natural", "own_source"
"""The clean test set, and held-out images of a model's own source."""

TEMPERATURE = "temperature"
ERROR, ERROR_OWN = "ece_debiased_before_natural", "ece_debiased_before_own_source"
NLL = "nll_before_natural"

PROPERTIES = {
    TEMPERATURE: Property("Temperature: below 1, too unsure", "temperature", 1.0),
    ERROR: Property("Debiased error, clean test", "%"),
    ERROR_OWN: Property("Debiased error, own source", "%"),
}
"""What the figure of the ladder shows."""

CLIP, STANDARD = "clip_zero_shot", "standard"


def ladder_tables(causes: Mapping[str, xr.Dataset], confidence: float) -> dict[Property, pd.DataFrame]:
    """Tabulate `PROPERTIES` along the ladder of the first study that has them.

    Examples
    --------
    >>> [table.empty for table in ladder_tables({}, 0.95).values()]
    [True, True, True]
    """
    found = {}
    for name, panel in PROPERTIES.items():
        cubes = [cube for cube in causes.values() if name in cube["property"].values]
        found[panel] = ladder(cubes[0], name, confidence) if cubes else _NO_ROWS
    return found


_NO_ROWS = pd.DataFrame(columns=["rung", "source", "value", "low", "high", "runs", "seeds"])


def mean_gaps(panel: Panel, group: str) -> dict[str, float]:
    """Return mean confidence less accuracy before scaling, averaged over the models of a group.

    Returns
    -------
    dict of str to float
        By condition, of `NATURAL` and `OWN` those that the study has; empty without models of the group.
    """
    chosen = panel.models["group"].values == group
    present = [name for name in (NATURAL, OWN) if name in panel.cube["condition"].values]
    if not chosen.any() or "before" not in panel.cube["scaling"].values:
        return {}
    cube = panel.cube.isel(model=chosen).sel(scaling="before")
    found = {}
    for name in present:
        bins = stored_bins(cube.sel(condition=name).transpose("model", "bin", ...))
        gap = (bins.confidence_sum - bins.hits).sum(axis=-1) / bins.count.sum(axis=-1)
        found[name] = float(gap.mean())
    return found
