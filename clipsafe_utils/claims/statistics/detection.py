"""Statistics of the claims on out-of-distribution detection: AUROC, averaged over kinds of set."""

from dataclasses import replace

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.effects import Effect, of_families, strongest, weakest
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.claims.statistics.contrasts import NO_TWINS, mean_of_pairs
from clipsafe_utils.claims.statistics.detection_scores import (
    NO_CUBE,
    accuracy_in_distribution,
    detection_cloud,
    mean_auroc,
)
from clipsafe_utils.findings.clip_pairs import LABEL_TRAINED
from clipsafe_utils.findings.model_pairs import (
    curated_pairs,
    families_of_pairs,
    procedure_contrasts,
    source_twins,
)
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS
from clipsafe_utils.findings.shift.sources import within_sources
from clipsafe_utils.metrics.families import Estimate
from clipsafe_utils.metrics.heights import heights_above_line
from clipsafe_utils.registry.set_names import DETECTION

_NO_CURATED = "no two CLIPs that differ in the curation of the source alone"
_UP = 1
"""Sign that the claim about accuracy and detection predicts."""


def accuracy_and_detection(reader: Reader, choices: Choices) -> Effect | str:
    """Correlate accuracy in distribution and AUROC over zero-shot CLIPs, within each training source.

    Of the source with five or more CLIPs for which it is most in doubt: the rank correlation, or the partial
    one on probit axes. Chance is a jackknife over families within the source.
    """
    cloud = detection_cloud(reader, choices)
    if isinstance(cloud, str):
        return cloud
    clips = cloud.isel(model=(cloud["group"] == "clip_zero_shot").values)
    if choices.quantity == "fixed":
        stated = clips["samples_seen"].notnull() & clips["training_images"].notnull()
        clips = clips.isel(model=stated.values)
    sources, sizes = np.unique(clips["training_source"].values, return_counts=True)
    chosen = sources[sizes >= FEWEST_CLIPS].tolist()
    if not chosen:
        return f"no training source with {FEWEST_CLIPS} CLIPs whose detection and accuracy are known"
    found = within_sources({DETECTION: clips}, chosen, 0.95, ()).sel(shift=DETECTION)
    name = "fixed" if choices.quantity == "fixed" else "rank"
    _, unit = families_of_pairs(clips, [(one, one) for one in clips["model"].values.tolist()])
    effects = {source: correlated(found.sel(set=source), name, unit) for source in chosen}
    # A source of few families can settle nothing, and is left to itself where another can.
    decidable = {source: effect for source, effect in effects.items() if effect.enough_units}
    return weakest(decidable or effects, _UP)


def source_on_detection(reader: Reader, choices: Choices) -> Effect | str:
    """Compare the AUROC of CLIPs of two training sources that are alike in all else."""
    found = _detection(reader, choices)
    if isinstance(found, str):
        return found
    values, models = found
    pairs, (first, second) = source_twins(models)
    if not pairs:
        return NO_TWINS
    effect = mean_of_pairs(values, models, pairs)
    return effect if isinstance(effect, str) else replace(effect, which=f"{second} less {first}")


def procedure_on_detection(reader: Reader, choices: Choices) -> Effect | str:
    """Compare the AUROC of what two procedures of fine-tuning made of the same CLIP.

    Taken is the contrast that is furthest from zero in its own errors, corrected for the choice.
    """
    found = _detection(reader, choices)
    if isinstance(found, str):
        return found
    values, models = found
    contrasts = procedure_contrasts(models)
    effects = {name: mean_of_pairs(values, models, pairs) for name, pairs in contrasts.items()}
    measured = {name: effect for name, effect in effects.items() if isinstance(effect, Effect)}
    if measured:
        return strongest(measured)
    return next(iter(effects.values()), "no CLIP fine-tuned by two procedures")


def curated_on_detection(reader: Reader, choices: Choices) -> Effect | str:
    """Compare the AUROC of CLIPs of curated with those of web sources."""
    found = _detection(reader, choices)
    if isinstance(found, str):
        return found
    values, models = found
    pairs = curated_pairs(models)
    return mean_of_pairs(values, models, pairs) if pairs else _NO_CURATED


def curated_on_accuracy(reader: Reader, choices: Choices) -> Effect | str:  # noqa: ARG001
    """Compare the accuracy in distribution of CLIPs of curated with those of web sources."""
    found = accuracy_in_distribution(reader)
    if isinstance(found, str):
        return found
    accuracy, models = found
    pairs = curated_pairs(models)
    return mean_of_pairs(accuracy, models, pairs) if pairs else _NO_CURATED


def _detection(reader: Reader, choices: Choices) -> tuple[xr.DataArray, xr.Dataset] | str:
    """Return AUROC or its height above the line, dims draw and model, and who the models are."""
    panel = reader.panel("ood")
    if panel is None:
        return NO_CUBE
    area = mean_auroc(panel.cube, choices)
    if isinstance(area, str):
        return area
    return (area, panel.models) if choices.detection == "as_it_is" else _heights(reader, area, panel.models)


def _heights(reader: Reader, area: xr.DataArray, models: xr.Dataset) -> tuple[xr.DataArray, xr.Dataset] | str:
    found = accuracy_in_distribution(reader)
    if isinstance(found, str):
        return found
    known = np.isin(models["model"].values, found[0]["model"].values)
    models, area = models.isel(model=known), area.isel(model=known).transpose("draw", "model")
    accuracy = found[0].sel(model=models["model"].values).transpose("draw", "model").values
    # Draws are paired where a study has them for both; else accuracy is taken as it is.
    x = accuracy if len(accuracy) == area.sizes["draw"] else accuracy[:1]
    baseline = np.isin(models["group"].values, LABEL_TRAINED)
    return area.copy(data=heights_above_line(x, area.values, models["family"].values, baseline)), models


def correlated(one: xr.Dataset, name: str, unit: str) -> Effect:
    """Take over one correlation, "rank" or "fixed", of `within_sources`, one shift and one set."""
    value, low, high = (np.asarray(one[f"{name}{end}"].values) for end in ("", "_low", "_high"))
    families = int(one["families"])
    found = Estimate(value, low, high, np.asarray(np.nan), families, bool(one[f"{name}_decided"]))
    return of_families(found, unit, ranked=int(one["clips"]))
