"""Statistics of the claims that this book adds: accuracy under distribution shift."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import BINOMIAL, Evidence
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.statistics.cases import of_first, of_pairs
from clipsafe_utils.claims.statistics.contrasts import COMPARED, fully_fine_tuned, within_less_across
from clipsafe_utils.claims.statistics.plain_accuracy import PlainAccuracy, plain_accuracy
from clipsafe_utils.claims.statistics.register import statistic
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.findings.calibration.views import kinds_of
from clipsafe_utils.findings.clip_pairs import LABEL_TRAINED
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS, read_clouds
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.correlation import rank_correlation
from clipsafe_utils.metrics.heights import heights_above_line

_CUBE = "shifts"


@statistic
def accuracy_and_shift(reader: Reader, choices: Choices) -> Evidence:  # noqa: ARG001
    """Rank correlation of accuracy in distribution and under shift, within a source less across models.

    In the mean over kinds of shift.
    """
    plain = plain_accuracy(reader)
    return within_less_across(plain.shares.isel(draw=0).values, _by_kind(reader, plain), plain.models)


@statistic
def fine_tuning_under_shift(reader: Reader, choices: Choices) -> Evidence:  # noqa: ARG001
    """Change of accuracy under shift, at equal accuracy in distribution, by full fine-tuning.

    It is the height above the line of networks trained on labels, in the mean over the kinds of shift that
    fine-tuned CLIPs met, within the pairs of that procedure which has most.
    """
    return _fine_tuned(reader)


def fine_tuning_by_shift(reader: Reader) -> dict[str, Evidence]:
    """Return the same under each shift alone, within the same pairs."""
    return {shift: _fine_tuned(reader, [shift]) for shift in _met(reader)}


def fine_tuning_without(reader: Reader, shift: str) -> Evidence:
    """Return the same without one shift, within the same pairs."""
    return _fine_tuned(reader, [name for name in _met(reader) if name != shift])


def _fine_tuned(reader: Reader, shifts: Collection[str] | None = None) -> Evidence:
    heights, errors, models = mean_heights(reader, shifts)
    procedure, pairs = fully_fine_tuned(models)
    evidence = of_pairs(heights, models, pairs, of_first, errors=errors)
    return replace(evidence, which=procedure, images_error=BINOMIAL, floor=reader.floor(_CUBE), readings=2)


def rank_correlations_across(reader: Reader, groups: Sequence[str] = COMPARED) -> list[float]:
    """Return the rank correlation of both accuracies across some groups, by kind of shift; NaN for few."""
    plain = plain_accuracy(reader)
    x = plain.shares.isel(draw=0).values
    compared = np.isin(plain.models["group"].values, list(groups))
    kinds = [(y, compared & np.isfinite(y)) for y in _by_kind(reader, plain)]
    return [
        float(rank_correlation(x[here], y[here])) if here.sum() >= FEWEST_CLIPS else np.nan
        for y, here in kinds
    ]


def _by_kind(reader: Reader, plain: PlainAccuracy) -> list[Array]:
    """Return accuracy under each kind of shift, of the models of which it is known in distribution."""
    clouds = _clouds(reader)
    if not clouds:
        raise NotMeasuredError(f"no shift under which {FEWEST_CLIPS} CLIPs were measured")
    names = plain.models["checkpoint"].values.tolist()
    return [np.mean([_along(clouds[shift], names) for shift in shifts], axis=0) for shifts in _kinds(clouds)]


@lru_cache(maxsize=1)  # Of the study that is asked now: both claims begin with it.
def _clouds(reader: Reader) -> Mapping[str, xr.Dataset]:
    folder = str(reader.study.folder.resolve())
    return next(iter(read_clouds([folder], tuple(GROUPS)).values()), {})


def _along(cloud: xr.Dataset, checkpoints: list[str]) -> Array:
    """Return accuracy under a shift of some networks, NaN where it was not measured."""
    under = dict(zip(cloud["checkpoint"].values.tolist(), cloud["y"].values.tolist(), strict=True))
    return np.array([under.get(name, np.nan) for name in checkpoints])


def _met(reader: Reader) -> dict[str, xr.Dataset]:
    """Return the shifts that fine-tuned CLIPs met."""
    clouds = {
        shift: cloud
        for shift, cloud in _clouds(reader).items()
        if int((cloud["group"] == "clip_fine_tuned").sum()) >= FEWEST_CLIPS
    }
    if not clouds:
        raise NotMeasuredError(f"no shift under which {FEWEST_CLIPS} fine-tuned CLIPs were measured")
    return clouds


def mean_heights(
    reader: Reader, shifts: Collection[str] | None = None
) -> tuple[xr.DataArray, xr.DataArray, xr.Dataset]:
    """Average heights over the kinds of shift that fine-tuned CLIPs met, of models measured under all.

    Returns heights, their binomial standard errors, and who the models are; with `shifts`, the mean is over
    these alone, of the same models.
    """
    clouds = _met(reader)
    first = next(iter(clouds.values()))
    measured = [set(cloud["model"].values.tolist()) for cloud in clouds.values()]
    everywhere = [name for name in first["model"].values.tolist() if all(name in names for names in measured)]
    clouds = {shift: cloud for shift, cloud in clouds.items() if shifts is None or shift in shifts}
    if not clouds:
        raise NotMeasuredError("none of these shifts was measured")
    heights = {shift: _heights(cloud).sel(model=everywhere) for shift, cloud in clouds.items()}
    variances = {shift: _variance(cloud).sel(model=everywhere) for shift, cloud in clouds.items()}
    kinds = _kinds(clouds)
    weight = {shift: 1 / len(shifts) / len(kinds) for shifts in kinds for shift in shifts}
    mean = xr.concat([weight[name] * heights[name] for name in clouds], "shift").sum("shift", skipna=False)
    variance = xr.concat([weight[name] ** 2 * variances[name] for name in clouds], "shift").sum("shift")
    return mean, variance**0.5, first.sel(model=everywhere)


def _kinds(clouds: Mapping[str, xr.Dataset]) -> list[list[str]]:
    return list(kinds_of(list(clouds)).values())


def _heights(cloud: xr.Dataset) -> xr.DataArray:
    baseline = np.isin(cloud["group"].values, LABEL_TRAINED)
    x, y = (cloud[name].values[None] for name in "xy")
    heights = heights_above_line(x, y, cloud["family"].values, baseline)[0]
    return xr.DataArray(heights, {"model": cloud["model"].values}, ("model",))


def _variance(cloud: xr.Dataset) -> xr.DataArray:
    share = cloud["y"].values
    return xr.DataArray(
        share * (1 - share) / cloud["images"].values, {"model": cloud["model"].values}, ("model",)
    )
