"""Statistics of the claims that this book adds: accuracy under distribution shift."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.effects import Effect, weakest
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics.contrasts import mean_of_pairs
from clipsafe_utils.claims.statistics.detection import correlated
from clipsafe_utils.claims.statistics.shape import FULL
from clipsafe_utils.findings.calibration.views import kinds_of
from clipsafe_utils.findings.clip_pairs import LABEL_TRAINED
from clipsafe_utils.findings.model_pairs import families_of_pairs, fine_tuned_pairs
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS, read_clouds
from clipsafe_utils.findings.shift.sources import within_sources
from clipsafe_utils.metrics.heights import heights_above_line
from clipsafe_utils.registry.set_names import shift_title

_UP = 1


def accuracy_and_shift(reader: Reader, choices: Choices) -> Effect | str:
    """Correlate accuracy in distribution and under shift over zero-shot CLIPs, within each training source.

    Of the source and shift for which it is most in doubt, among sources with five families where there are
    any: the rank correlation, or the partial one on probit axes. Chance is a jackknife over families.
    """
    name = "fixed" if choices.quantity == "fixed" else "rank"
    effects: dict[str, Effect] = {}
    for shift, cloud in _clouds(reader).items():
        clips = cloud.isel(model=(cloud["group"] == "clip_zero_shot").values)
        if choices.quantity == "fixed":
            stated = clips["samples_seen"].notnull() & clips["training_images"].notnull()
            clips = clips.isel(model=stated.values)
        sources, sizes = np.unique(clips["training_source"].values, return_counts=True)
        chosen = sources[sizes >= FEWEST_CLIPS].tolist()
        if chosen:
            found = within_sources({shift: clips}, chosen, 0.95, ()).sel(shift=shift)
            _, unit = families_of_pairs(clips, [(one, one) for one in clips["model"].values.tolist()])
            effects |= {
                f"{source}, {shift_title(shift)}": correlated(found.sel(set=source), name, unit)
                for source in chosen
            }
    if not effects:
        return f"no training source with {FEWEST_CLIPS} CLIPs under a shift"
    decidable = {place: effect for place, effect in effects.items() if effect.enough_units}
    return weakest(decidable or effects, _UP)


def fine_tuning_under_shift(reader: Reader, choices: Choices) -> Effect | str:  # noqa: ARG001
    """Mean change of accuracy under shift, at equal accuracy in distribution, by full fine-tuning.

    It is the height above the line of networks trained on labels, in the mean over the kinds of shift that
    fine-tuned CLIPs met, within the pairs of that procedure of `FULL` which has most. Images add no error.
    """
    clouds = {shift: cloud for shift, cloud in _clouds(reader).items() if _fine_tuned(cloud) >= FEWEST_CLIPS}
    if not clouds:
        return f"no shift under which {FEWEST_CLIPS} fine-tuned CLIPs were measured"
    heights, models = _mean_heights(clouds)
    made = fine_tuned_pairs(models)
    procedures = [procedure for procedure in FULL if procedure in made]
    if not procedures:
        return "no zero-shot CLIP with what was made of it by full fine-tuning"
    procedure = max(procedures, key=lambda name: len(made[name]))
    effect = mean_of_pairs(heights, models, made[procedure])
    return effect if isinstance(effect, str) else replace(effect, which=procedure)


@lru_cache(maxsize=1)  # Of the study that is asked now: both claims, and every choice, begin with it.
def _clouds(reader: Reader) -> Mapping[str, xr.Dataset]:
    folder = str(reader.study.folder.resolve())
    return next(iter(read_clouds([folder], reader.groups).values()), {})


def _fine_tuned(cloud: xr.Dataset) -> int:
    return int((cloud["group"] == "clip_fine_tuned").sum())


def _mean_heights(clouds: Mapping[str, xr.Dataset]) -> tuple[xr.DataArray, xr.Dataset]:
    """Average heights over kinds of shift, for the models that were measured under all of them."""
    first = next(iter(clouds.values()))
    everywhere = [
        name
        for name in first["model"].values.tolist()
        if all(name in cloud["model"].values for cloud in clouds.values())
    ]
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
