"""Statistics of the claims on out-of-distribution detection: AUROC, averaged over kinds of set."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import HANLEY_MCNEIL, UNKNOWN, Evidence, among
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.statistics.cases import of_first, of_pairs
from clipsafe_utils.claims.statistics.contrasts import curated_contrast, source_contrast, within_less_across
from clipsafe_utils.claims.statistics.detection_scores import auroc_errors, mean_auroc
from clipsafe_utils.claims.statistics.plain_accuracy import plain_accuracy
from clipsafe_utils.claims.statistics.register import statistic
from clipsafe_utils.findings.clip_pairs import LABEL_TRAINED
from clipsafe_utils.findings.model_pairs import procedure_contrasts
from clipsafe_utils.metrics.heights import heights_above_line

_CUBE = "ood"


@statistic
def accuracy_and_detection(reader: Reader, choices: Choices) -> Evidence:
    """Rank correlation of accuracy in distribution and AUROC, within a training source less across models."""
    panel = reader.needed(_CUBE)
    area = mean_auroc(panel.cube, choices).isel(draw=0)
    models, accuracy = plain_accuracy(reader).beside(panel.models)
    if not models.sizes["model"]:
        raise NotMeasuredError("no network whose detection and accuracy are known")
    return within_less_across(accuracy[0], [area.sel(model=models["model"].values).values], models)


@statistic
def source_on_detection(reader: Reader, choices: Choices) -> Evidence:
    """Compare the AUROC of CLIPs of two training sources that are alike in all else."""
    return _with_errors(source_contrast(*_detection(reader, choices), _errors(reader, choices)), reader)


@statistic
def procedure_on_detection(reader: Reader, choices: Choices) -> Evidence:
    """Compare the AUROC of what two procedures of fine-tuning made of the same CLIP, by contrast."""
    values, models = _detection(reader, choices)
    errors, evidence = _errors(reader, choices), {}
    for name, pairs in procedure_contrasts(models).items():
        with suppress(NotMeasuredError):
            of_contrast = replace(of_pairs(values, models, pairs, of_first, errors=errors), readings=2)
            evidence[name] = _with_errors(of_contrast, reader)
    if not evidence:
        raise NotMeasuredError("no CLIP fine-tuned by two procedures whose detection is known")
    return among(evidence)


@statistic
def curated_on_detection(reader: Reader, choices: Choices) -> Evidence:
    """Compare the AUROC of CLIPs of curated with those of web sources."""
    panel = reader.needed(_CUBE)
    area, errors = mean_auroc(panel.cube, choices), _errors(reader, choices)
    return _with_errors(curated_contrast(area, panel.models, errors), reader)


def _errors(reader: Reader, choices: Choices) -> xr.DataArray | None:
    return auroc_errors(reader.needed(_CUBE).cube, choices)


def _with_errors(evidence: Evidence, reader: Reader) -> Evidence:
    """Add the floor, and say how the chance over images is known."""
    by_numbers = evidence.images_error == UNKNOWN and any(case.error for case in evidence.cases)
    known = HANLEY_MCNEIL if by_numbers else evidence.images_error
    return replace(evidence, floor=reader.floor(_CUBE), images_error=known)


def _detection(reader: Reader, choices: Choices) -> tuple[xr.DataArray, xr.Dataset]:
    """Return AUROC or its height above the line, dims draw and model, and who the models are."""
    panel = reader.needed(_CUBE)
    area, models = mean_auroc(panel.cube, choices), panel.models
    if choices.detection == "as_it_is":
        return area, models
    models, accuracy = plain_accuracy(reader).beside(models)
    area = area.sel(model=models["model"].values).transpose("draw", "model")
    # Draws are paired where a study has them for both; else accuracy is taken as it is.
    x = accuracy if len(accuracy) == area.sizes["draw"] else accuracy[:1]
    baseline = np.isin(models["group"].values, LABEL_TRAINED)
    return area.copy(data=heights_above_line(x, area.values, models["family"].values, baseline)), models
