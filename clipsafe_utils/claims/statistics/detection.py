"""Statistics of the claims on out-of-distribution detection: AUROC, averaged over kinds of set."""

from contextlib import suppress

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.effects import Effect, strongest
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.statistics.contrasts import (
    NOT_IN_PAIRS,
    curated_contrast,
    mean_of_pairs,
    most_doubtful,
    source_contrast,
    within_each_source,
)
from clipsafe_utils.claims.statistics.detection_scores import (
    accuracy_in_distribution,
    detection_cloud,
    mean_auroc,
)
from clipsafe_utils.claims.statistics.register import statistic
from clipsafe_utils.findings.clip_pairs import LABEL_TRAINED
from clipsafe_utils.findings.model_pairs import procedure_contrasts
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS
from clipsafe_utils.metrics.heights import heights_above_line
from clipsafe_utils.registry.set_names import DETECTION


@statistic
def accuracy_and_detection(reader: Reader, choices: Choices) -> Effect:
    """Correlate accuracy in distribution and AUROC over zero-shot CLIPs, within the most doubtful source."""
    effects = within_each_source(detection_cloud(reader, choices), DETECTION, choices)
    if not effects:
        raise NotMeasuredError(
            f"no training source with {FEWEST_CLIPS} CLIPs whose detection and accuracy are known"
        )
    return most_doubtful(effects)


@statistic
def source_on_detection(reader: Reader, choices: Choices) -> Effect:
    """Compare the AUROC of CLIPs of two training sources that are alike in all else."""
    return source_contrast(*_detection(reader, choices))


@statistic
def procedure_on_detection(reader: Reader, choices: Choices) -> Effect:
    """Compare the AUROC of what two procedures of fine-tuning made of the same CLIP.

    Taken is the contrast that is furthest from zero in its own errors, corrected for the choice.
    """
    values, models = _detection(reader, choices)
    contrasts = procedure_contrasts(models)
    effects = {}
    for name, pairs in contrasts.items():
        with suppress(NotMeasuredError):
            effects[name] = mean_of_pairs(values, models, pairs)
    if not effects:
        raise NotMeasuredError(NOT_IN_PAIRS if contrasts else "no CLIP fine-tuned by two procedures")
    return strongest(effects)


@statistic
def curated_on_detection(reader: Reader, choices: Choices) -> Effect:
    """Compare the AUROC of CLIPs of curated with those of web sources."""
    return curated_contrast(*_detection(reader, choices))


@statistic
def curated_on_accuracy(reader: Reader, choices: Choices) -> Effect:  # noqa: ARG001
    """Compare the accuracy in distribution of CLIPs of curated with those of web sources."""
    return curated_contrast(*accuracy_in_distribution(reader))


def _detection(reader: Reader, choices: Choices) -> tuple[xr.DataArray, xr.Dataset]:
    """Return AUROC or its height above the line, dims draw and model, and who the models are."""
    panel = reader.needed("ood")
    area, models = mean_auroc(panel.cube, choices), panel.models
    if choices.detection == "as_it_is":
        return area, models
    all_accuracies, measured = accuracy_in_distribution(reader)
    known = np.isin(models["model"].values, measured["model"].values)
    models, area = models.isel(model=known), area.isel(model=known).transpose("draw", "model")
    accuracy = all_accuracies.sel(model=models["model"].values).transpose("draw", "model").values
    # Draws are paired where a study has them for both; else accuracy is taken as it is.
    x = accuracy if len(accuracy) == area.sizes["draw"] else accuracy[:1]
    baseline = np.isin(models["group"].values, LABEL_TRAINED)
    return area.copy(data=heights_above_line(x, area.values, models["family"].values, baseline)), models
