"""Statistics of the claims that this book adds: accuracy under distribution shift."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.effects import Effect
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.statistics.contrasts import (
    fully_fine_tuned,
    mean_of_pairs,
    most_doubtful,
    within_each_source,
)
from clipsafe_utils.claims.statistics.register import statistic
from clipsafe_utils.findings.calibration.views import kinds_of
from clipsafe_utils.findings.clip_pairs import LABEL_TRAINED
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS, read_clouds
from clipsafe_utils.metrics.heights import heights_above_line
from clipsafe_utils.registry.set_names import shift_title


@statistic
def accuracy_and_shift(reader: Reader, choices: Choices) -> Effect:
    """Correlate accuracy in distribution and under shift over zero-shot CLIPs, within a training source.

    Of the source and shift for which it is most in doubt.
    """
    effects = {
        f"{source}, {shift_title(shift)}": effect
        for shift, cloud in _clouds(reader).items()
        for source, effect in within_each_source(cloud, shift, choices).items()
    }
    if not effects:
        raise NotMeasuredError(f"no training source with {FEWEST_CLIPS} CLIPs under a shift")
    return most_doubtful(effects)


@statistic
def fine_tuning_under_shift(reader: Reader, choices: Choices) -> Effect:  # noqa: ARG001
    """Mean change of accuracy under shift, at equal accuracy in distribution, by full fine-tuning.

    It is the height above the line of networks trained on labels, in the mean over the kinds of shift that
    fine-tuned CLIPs met, within the pairs of that procedure which has most. Images add no error.
    """
    clouds = {
        shift: cloud
        for shift, cloud in _clouds(reader).items()
        if int((cloud["group"] == "clip_fine_tuned").sum()) >= FEWEST_CLIPS
    }
    if not clouds:
        raise NotMeasuredError(f"no shift under which {FEWEST_CLIPS} fine-tuned CLIPs were measured")
    heights, models = _mean_heights(clouds)
    procedure, pairs = fully_fine_tuned(models)
    return replace(mean_of_pairs(heights, models, pairs), which=procedure)


@lru_cache(maxsize=1)  # Of the study that is asked now: both claims, and every choice, begin with it.
def _clouds(reader: Reader) -> Mapping[str, xr.Dataset]:
    folder = str(reader.study.folder.resolve())
    return next(iter(read_clouds([folder], reader.groups).values()), {})


def _mean_heights(clouds: Mapping[str, xr.Dataset]) -> tuple[xr.DataArray, xr.Dataset]:
    """Average heights over kinds of shift, for the models that were measured under all of them."""
    first = next(iter(clouds.values()))
    measured = [set(cloud["model"].values.tolist()) for cloud in clouds.values()]
    everywhere = [name for name in first["model"].values.tolist() if all(name in names for names in measured)]
    by_shift = {shift: _heights(cloud).sel(model=everywhere) for shift, cloud in clouds.items()}
    of_kinds = [
        np.mean([by_shift[shift].values for shift in shifts], axis=0)
        for shifts in kinds_of(list(clouds)).values()
    ]
    mean = xr.DataArray(np.mean(of_kinds, axis=0)[None], {"model": everywhere}, ("draw", "model"))
    return mean, first.sel(model=everywhere)


def _heights(cloud: xr.Dataset) -> xr.DataArray:
    baseline = np.isin(cloud["group"].values, LABEL_TRAINED)
    x, y = (cloud[name].values[None] for name in "xy")
    heights = heights_above_line(x, y, cloud["family"].values, baseline)[0]
    return xr.DataArray(heights, {"model": cloud["model"].values})
