"""Chapter 3: correlation within a training source, and what the source adds at equal accuracy."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.cubes.selection import of_any_source, of_source
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS, Clouds
from clipsafe_utils.metrics.accuracies import to_axis
from clipsafe_utils.metrics.baseline import predict_baseline
from clipsafe_utils.metrics.correlation import (
    partial_correlation_interval,
    rank_correlation_interval,
    slope_interval,
)
from clipsafe_utils.metrics.families import (
    MINIMUM_FAMILIES,
    Estimate,
    jackknife_over_families,
    mean_over_families,
)
from clipsafe_utils.metrics.intervals import ALPHA, holm
from clipsafe_utils.metrics.robustness import EffectiveRobustness, effective_robustness
from clipsafe_utils.say import Missing, Said, Value

TOGETHER = "these sources together"
GRID = "LAION grid"
FINE_TUNED = "fine-tuned CLIPs"
STANDARD = "standard networks"
EVERYONE = "all networks"
"""Sets of models beside the training sources."""

BESIDE_SHIFTS = (TOGETHER, GRID, STANDARD)
BESIDE_DETECTION = (FINE_TUNED, STANDARD, EVERYONE)
"""Those that are shown with the shifts, and with detection."""

LINES = ("standard", "other sources")
"""What a CLIP is held against: standard networks, or the CLIPs of the other sources shown."""

_GRID_POINTS = 60
_NAN = np.array(np.nan)
_UNKNOWN = Estimate(_NAN, _NAN, _NAN, _NAN, families=0, decided=False)
_QUANTITIES = ("samples_seen", "training_images")
COMPARED = ("clip_zero_shot", "clip_fine_tuned", "standard", "more_data", "contrastive")
"""Groups of which `EVERYONE` speaks, as in the ledger."""

_GROUPS = {FINE_TUNED: COMPARED[1:2], STANDARD: COMPARED[2:3], EVERYONE: COMPARED}


def within_sources(
    clouds: Clouds, sources: Sequence[str], confidence: float, beside: Sequence[str] = BESIDE_SHIFTS
) -> xr.Dataset:
    """Correlate the two accuracies of one study within each training source, and in some sets beside them.

    Dims shift and set: `clips` and `families`; `slope` of the line on probit axes, `rank` correlation, and
    the correlation on probit axes at `fixed` samples seen and images to learn from, each with `_low`, `_high`
    and `_decided`; `stated` counts the models whose quantities are known. NaN with fewer than five models.
    """
    if not clouds:
        return xr.Dataset(coords={"shift": [], "set": []})
    rows = [
        [
            _correlate(cloud.isel(model=mask), families[mask], confidence)
            for mask, families in _sets(cloud, sources, beside).values()
        ]
        for cloud in clouds.values()
    ]
    return xr.Dataset(
        {
            name: (("shift", "set"), [[row[name] for row in of_shift] for of_shift in rows])
            for name in rows[0][0]
        },
        coords={"shift": list(clouds), "set": [*sources, *beside]},
    )


def _sets(
    cloud: xr.Dataset, sources: Sequence[str], beside: Sequence[str]
) -> dict[str, tuple[NDArray[np.bool_], NDArray[np.str_]]]:
    """Find who is in each set, and the families that count there; of all sources together, the sources."""
    family, shown = cloud["family"].values, of_any_source(cloud, sources)
    others = {
        TOGETHER: (shown, cloud["training_source"].values),
        GRID: (shown & cloud["in_grid"].values, family),
    }
    return {
        name: others[name] if name in others else (of_set(cloud, name), family)
        for name in (*sources, *beside)
    }


def of_set(cloud: xr.Dataset, name: str) -> NDArray[np.bool_]:
    """Return a mask of the models of a training source, or of a set beside the sources."""
    return np.isin(cloud["group"].values, _GROUPS[name]) if name in _GROUPS else of_source(cloud, name)


def _correlate(models: xr.Dataset, families: NDArray[np.str_], confidence: float) -> dict[str, float]:
    x, y = (to_axis(models[name].values, "probit", name) if families.size else families for name in "xy")
    held = np.log([models[name].values for name in _QUANTITIES])
    stated = np.isfinite(held).all(axis=0)
    if np.unique(held[1, stated]).size < 2:
        # What does not vary is fixed anyway, and would cost a degree of freedom.
        held = held[:1]
    estimates = dict.fromkeys(("slope", "rank", "fixed"), _UNKNOWN)
    if families.size >= FEWEST_CLIPS:
        estimates["slope"] = slope_interval(x, y, families, confidence)
        estimates["rank"] = rank_correlation_interval(x, y, families, confidence)
    if stated.sum() >= FEWEST_CLIPS:
        estimates["fixed"] = partial_correlation_interval(
            x[stated], y[stated], held[:, stated], families[stated], confidence
        )
    row: dict[str, float] = {
        "clips": families.size,
        "families": np.unique(families).size,
        "stated": int(stated.sum()),
    }
    for name, one in estimates.items():
        row |= {name: float(one.estimate), f"{name}_low": float(one.low), f"{name}_high": float(one.high)}
        row[f"{name}_decided"] = one.decided
    return row


def line_of_standard(cloud: xr.Dataset) -> xr.DataArray:
    """Read the line of the standard networks on a grid, for drawing: accuracy under the shift.

    Dim x: accuracy in distribution, over the range of the networks; empty where there are too few families.
    """
    standard = cloud.isel(model=(cloud["group"] == "standard").values)
    if np.unique(standard["family"]).size < MINIMUM_FAMILIES:
        return xr.DataArray(np.empty(0), coords={"x": np.empty(0)}, dims="x")
    x = standard["x"].values
    grid = np.linspace(x.min(), x.max(), _GRID_POINTS)
    predicted = predict_baseline(x, standard["y"].values, grid, "huber", "probit")
    return xr.DataArray(predicted, coords={"x": grid}, dims="x")


def judge(
    cloud: xr.Dataset, in_baseline: NDArray[np.bool_], judged: NDArray[np.bool_], confidence: float = 0.95
) -> EffectiveRobustness | None:
    """Hold some models of a cloud against the line of others, a Huber fit on probit axes.

    Arrays of shape (judged models,). None where the line has fewer than five families: nothing is measured.
    """
    families = cloud["family"].values
    if np.unique(families[in_baseline]).size < MINIMUM_FAMILIES or not judged.any():
        return None
    x, y = cloud["x"].values, cloud["y"].values
    judgement = effective_robustness(
        x, y, families, in_baseline, "huber", "probit", confidence, judged=judged
    )
    return _cut(judgement, judged)


def _cut(judged: EffectiveRobustness, here: NDArray[np.bool_]) -> EffectiveRobustness:
    return EffectiveRobustness(**{name: values[..., here] for name, values in vars(judged).items()})


def offsets(clouds: Clouds, sources: Sequence[str], confidence: float) -> xr.Dataset:
    """Average, over the families of each source, how far its CLIPs are off two lines.

    Dims shift, source and line (`LINES`): `mean` residual over families with `low`, `high`, `families` and
    `decided`; `half_width`, within which a network of a new family of the line's own falls; `clips`, those of
    them that are `measured`, `above` the line, and `outside` that range after Holm's correction over all
    CLIPs and shifts. NaN where no CLIP is measured.
    """
    judged: dict[tuple[str, str, str], EffectiveRobustness | None] = {}
    for shift, cloud in clouds.items():
        shown = of_any_source(cloud, sources)
        by_standard = judge(cloud, of_set(cloud, STANDARD), shown, confidence)
        for source in sources:
            own = of_source(cloud, source)
            if own.any():
                judged[shift, source, LINES[0]] = by_standard and _cut(by_standard, own[shown])
                judged[shift, source, LINES[1]] = judge(cloud, shown & ~own, own, confidence)
    if not judged:
        return xr.Dataset(coords={"shift": [], "source": [], "line": list(LINES)})
    outside: dict[tuple[str, ...], int] = {}
    for line in LINES:
        outside |= _outside({key: one for key, one in judged.items() if key[2] == line})
    rows = []
    for (shift, source, line), one in judged.items():
        families = clouds[shift]["family"].values[of_source(clouds[shift], source)]
        row = _offset(one, families, confidence).assign(outside=outside.get((shift, source, line), 0))
        rows.append(row.expand_dims(shift=[shift], source=[source], line=[line]))
    joined = xr.combine_by_coords(rows)
    assert isinstance(joined, xr.Dataset)
    shifts = [name for name in clouds if name in joined["shift"].values]
    present = [name for name in sources if name in joined["source"].values]
    return joined.sel(shift=shifts, source=present, line=list(LINES))


def _offset(one: EffectiveRobustness | None, families: NDArray[np.str_], confidence: float) -> xr.Dataset:
    measured = np.zeros(families.size, dtype=bool) if one is None else one.measured
    counted = {"clips": families.size, "measured": int(measured.sum())}
    if one is None or not measured.any():
        empty = dict.fromkeys(("mean", "low", "high", "half_width"), np.nan)
        return xr.Dataset(counted | empty | {"families": 0, "decided": False, "above": 0})
    residual, family = one.residual[measured], families[measured]
    estimate = jackknife_over_families(
        lambda keep: mean_over_families(residual[keep], family[keep]), family, confidence=confidence
    )
    return xr.Dataset(
        counted
        | {"mean": float(estimate.estimate), "low": float(estimate.low), "high": float(estimate.high)}
        | {"families": estimate.families, "decided": estimate.decided}
        | {"half_width": float(one.half_width[measured].max()), "above": int((residual > 0).sum())}
    )


def mean_of(row: xr.Dataset, reason: str) -> Said:
    """Return the mean over families in a row of `offsets` or `compare_pairs`, or why there is none."""
    mean, low, high = (row[name].item() for name in ("mean", "low", "high"))
    if not np.isfinite(mean):
        return Missing(reason)
    return Value(mean, low, high, "difference", int(row["families"]), "family")


def _outside(judged: Mapping[tuple[str, str, str], EffectiveRobustness | None]) -> dict[tuple[str, ...], int]:
    """Count the CLIPs outside the range of new families, corrected over all that are judged by one line."""
    p_values = {key: one.p_value[one.measured] for key, one in judged.items() if one is not None}
    everything = np.concatenate([*p_values.values(), []])
    if everything.size == 0:
        return {}
    rejected = np.split(holm(everything) < ALPHA, np.cumsum([p.size for p in p_values.values()])[:-1])
    return {key: int(part.sum()) for key, part in zip(p_values, rejected, strict=True)}
