"""Chapter 4 in the laboratory: the ladder, the knobs, and the models that were trained there."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from scipy.stats import rankdata

from clipsafe_utils.chapters.calibration.bins import stored_bins
from clipsafe_utils.chapters.calibration.scaling_change import SHIFTS, home
from clipsafe_utils.chapters.causes.analysis import ladder
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.figures.causes import Panel as Property
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.draws import centred_interval

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

FACTORS: Mapping[str, tuple[object, ...]] = {
    "training_source": ("wit", "laion"),
    "training_images": (4096.0, 16384.0, 65536.0),
    "architecture": ("resnet_xs", "resnet_s", "convnext_s"),
}
"""What the recipe crosses: a zero-shot CLIP of every combination, at equal samples seen."""

CLIP, STANDARD = "clip_zero_shot", "standard"
ALIKE = 0.02
"""Models whose accuracies differ by less are compared."""


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


def shares_of_spread(panel: Panel, confidence: float) -> pd.DataFrame:
    """Part the spread of calibration among zero-shot CLIPs by what they were trained on and with.

    The recipe crosses sources, quantities and architectures (`FACTORS`), one training a cell, so the sum of
    squares about the mean falls apart into three main effects and a rest: what the factors do together, and
    the seeds.

    Parameters
    ----------
    panel : Panel
        Of the cube `calibration`.
    confidence : float
        Level of the intervals, over images.

    Returns
    -------
    DataFrame
        Columns property, factor (also "rest"), value, low and high; empty where a cell of the crossing is
        missing.
    """
    cells = _crossed(panel.models)
    columns = ["property", "factor", "value", "low", "high"]
    if cells is None or not {NATURAL, OWN} <= {*panel.cube["condition"].values.tolist()}:
        return pd.DataFrame(columns=columns)
    cube = panel.cube.sel(scaling="before")
    rows = []
    for name, values in {
        TEMPERATURE: cube["temperature"],
        ERROR: cube["ece_debiased"].sel(condition=NATURAL),
        ERROR_OWN: cube["ece_debiased"].sel(condition=OWN),
        NLL: cube["nll"].sel(condition=NATURAL),
    }.items():
        shares = _main_effects(values.transpose("draw", "model").values[:, cells])
        low, high = centred_interval(shares, confidence)
        for place, factor in enumerate([*FACTORS, "rest"]):
            ends = np.clip([low[place], high[place]], 0, 1)
            rows.append((name, factor, shares[0, place], *ends))
    return pd.DataFrame(rows, columns=columns)


def _crossed(models: xr.Dataset) -> Array | None:
    """Find the model of every cell; the shape is that of the crossing."""
    described = [models[name].values.tolist() for name in FACTORS]
    places: dict[tuple[object, ...], int] = {}
    for row, key in enumerate(zip(*described, strict=True)):
        if models["group"].values[row] == CLIP:
            places.setdefault(key, row)
    cells = [places.get(key) for key in _product()]
    if any(cell is None for cell in cells):
        return None
    return np.array(cells).reshape([len(levels) for levels in FACTORS.values()])


def _product() -> list[tuple[object, ...]]:
    return [tuple(row) for row in pd.MultiIndex.from_product(list(FACTORS.values()))]


def _main_effects(values: Array) -> Array:
    """Share of each factor and of the rest, shape (draws, factors + 1), from values (draws, *levels)."""
    axes = range(1, values.ndim)
    centred = values.astype(np.float64) - values.mean(axis=tuple(axes), keepdims=True)
    total = (centred**2).mean(axis=tuple(axes))
    effects = [
        (centred.mean(axis=tuple(other for other in axes if other != axis)) ** 2).mean(axis=-1)
        for axis in axes
    ]
    shares = np.stack([*effects, total - np.sum(effects, axis=0)], axis=-1)
    return np.asarray(np.divide(shares, total[:, None], out=np.zeros_like(shares), where=total[:, None] > 0))


def pairs_alike(panel: Panel) -> tuple[int, int]:
    """Count pairs of a zero-shot CLIP and a standard network that are about equally accurate.

    Returns
    -------
    better, pairs : int
        In how many of the pairs the CLIP has the smaller debiased error before scaling, on the whole set.
    """
    cube = _at_home(panel)
    accuracy, error = (cube[name].values.astype(np.float64) for name in ("accuracy", "ece_debiased"))
    clips, standard = (np.flatnonzero(panel.models["group"].values == name) for name in (CLIP, STANDARD))
    alike = np.abs(accuracy[clips, None] - accuracy[None, standard]) < ALIKE
    better = error[clips, None] < error[None, standard]
    return int((alike & better).sum()), int(alike.sum())


def above_standard(panel: Panel) -> tuple[int, int]:
    """Count zero-shot CLIPs whose debiased error is above that of the median standard network.

    Returns
    -------
    above, models : int
        Before scaling, on the whole set; 0 of 0 without networks to compare with.
    """
    error = _at_home(panel)["ece_debiased"].values
    clips, standard = (error[panel.models["group"].values == name] for name in (CLIP, STANDARD))
    if not standard.size:
        return 0, 0
    return int((clips > np.median(standard)).sum()), int(clips.size)


def _at_home(panel: Panel) -> xr.Dataset:
    name = home(panel.cube["condition"].values.tolist())
    return panel.cube[["accuracy", "ece_debiased"]].isel(draw=0).sel(condition=name, scaling="before")


def trend_under_shift(panel: Panel, change: xr.Dataset) -> tuple[float, float] | None:
    """Rank correlation of NLL with debiased error over zero-shot CLIPs, on the mean of shifts.

    Parameters
    ----------
    panel : Panel
        Of the cube `calibration`.
    change : xarray.Dataset
        Of the same study, as `scaling_change` returns it.

    Returns
    -------
    tuple of float, or None
        Before and after scaling; None for fewer than three CLIPs or without shifts.
    """
    clips = change.isel(model=panel.models["group"].values == CLIP)
    if clips.sizes["model"] < 3 or SHIFTS not in clips["condition"].values:
        return None
    clips = clips.sel(condition=SHIFTS)
    rho = []
    for scaling in ("before", "after"):
        ranks = [rankdata(clips[scaling].sel(score=name)) for name in ("nll", "ece_debiased")]
        rho.append(float(np.corrcoef(ranks)[0, 1]))
    return rho[0], rho[1]
