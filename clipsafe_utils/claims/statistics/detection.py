"""Statistics of the claims on out-of-distribution detection: AUROC, averaged over kinds of set."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import HANLEY_MCNEIL, UNKNOWN, Evidence, among
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.statistics.cases import of_first, of_pairs
from clipsafe_utils.claims.statistics.contrasts import curated_contrast, source_contrast, within_less_across
from clipsafe_utils.claims.statistics.detection_scores import CUBE, Areas, areas_together
from clipsafe_utils.claims.statistics.plain_accuracy import PlainAccuracy, plain_accuracy
from clipsafe_utils.claims.statistics.register import statistic
from clipsafe_utils.findings.clip_pairs import LABEL_TRAINED
from clipsafe_utils.findings.model_pairs import procedure_contrasts
from clipsafe_utils.metrics.heights import heights_above_line


@statistic
def accuracy_and_detection(reader: Reader, choices: Choices) -> Evidence:
    """Rank correlation of accuracy in distribution and AUROC, within a training source less across models."""
    areas = areas_together(reader, choices)
    models, accuracy = plain_accuracy(reader).beside(reader.needed(CUBE).models)
    if not models.sizes["model"]:
        raise NotMeasuredError("no network whose detection and accuracy are known")
    return within_less_across(accuracy[0], [one.of(models) for one in areas], models)


@statistic
def source_on_detection(reader: Reader, choices: Choices) -> Evidence:
    """Compare the AUROC of CLIPs of two training sources that are alike in all else."""
    return _with_errors(_of_most_cases(source_contrast, _detection(reader, choices)), reader)


@statistic
def procedure_on_detection(reader: Reader, choices: Choices) -> Evidence:
    """Compare the AUROC of what two procedures of fine-tuning made of the same CLIP, by contrast."""
    detected = _detection(reader, choices)
    names = dict.fromkeys(name for one in detected for name in procedure_contrasts(one.models))
    evidence = {}
    for name in names:
        with suppress(NotMeasuredError):
            of_contrast = _of_most_cases(partial(_contrast, name), detected)
            evidence[name] = _with_errors(replace(of_contrast, readings=2), reader)
    if not evidence:
        raise NotMeasuredError("no CLIP fine-tuned by two procedures whose detection is known")
    return among(evidence)


@statistic
def curated_on_detection(reader: Reader, choices: Choices) -> Evidence:
    """Compare the AUROC of CLIPs of curated with those of web sources."""
    return _with_errors(_of_most_cases(curated_contrast, areas_together(reader, choices)), reader)


def _contrast(name: str, values: xr.DataArray, models: xr.Dataset, errors: xr.DataArray | None) -> Evidence:
    pairs = procedure_contrasts(models).get(name)
    if not pairs:
        raise NotMeasuredError(f"no pair of the contrast {name}")
    return of_pairs(values, models, pairs, of_first, errors=errors)


def _of_most_cases(
    ask: Callable[[xr.DataArray, xr.Dataset, xr.DataArray | None], Evidence], areas: Sequence[Areas]
) -> Evidence:
    """Ask of each group of sets alone, and return the answer of most cases: no pair is compared across."""
    answers, reasons = [], []
    for one in areas:
        try:
            answers.append(ask(one.values, one.models, one.errors))
        except NotMeasuredError as reason:
            reasons.append(reason)
    if not answers:
        raise reasons[0]
    return max(answers, key=lambda evidence: len(evidence.cases))


def _with_errors(evidence: Evidence, reader: Reader) -> Evidence:
    """Add the floor, and say how the chance over images is known."""
    by_numbers = evidence.images_error == UNKNOWN and any(case.error for case in evidence.cases)
    known = HANLEY_MCNEIL if by_numbers else evidence.images_error
    return replace(evidence, floor=reader.floor(CUBE), images_error=known)


def _detection(reader: Reader, choices: Choices) -> list[Areas]:
    """Return AUROC or its height above the line of the networks that were measured on the same sets."""
    areas = areas_together(reader, choices)
    if choices.detection == "as_it_is":
        return areas
    plain = plain_accuracy(reader)
    return [_above_line(one, plain) for one in areas]


def _above_line(areas: Areas, plain: PlainAccuracy) -> Areas:
    models, accuracy = plain.beside(areas.models)
    area = areas.values.sel(model=models["model"].values).transpose("draw", "model")
    # Draws are paired where a study has them for both; else accuracy is taken as it is.
    x = accuracy if len(accuracy) == area.sizes["draw"] else accuracy[:1]
    baseline = np.isin(models["group"].values, LABEL_TRAINED)
    heights = heights_above_line(x, area.values, models["family"].values, baseline)
    return replace(areas, values=area.copy(data=heights), models=models)
