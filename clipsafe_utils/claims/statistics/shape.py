"""Statistics of the claims about shape bias."""

from dataclasses import replace

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import BINOMIAL, Evidence, standard_error_of
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.statistics.cases import of_first, of_networks, of_pairs
from clipsafe_utils.claims.statistics.contrasts import fully_fine_tuned
from clipsafe_utils.claims.statistics.register import statistic
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.shape.observers import chosen_panels
from clipsafe_utils.metrics.families import jackknife_over_families, mean_over_families
from clipsafe_utils.metrics.labelled import shape_bias_table

_RULE = "mean"
_CUBE = "shape_bias"
_FEWEST_FAMILIES = 2


@statistic
def shape_bias_of_clip(reader: Reader, choices: Choices) -> Evidence:  # noqa: ARG001
    """Shape bias of each zero-shot CLIP less the mean over families of standard networks.

    Chance is in the decided images, and in that mean: a jackknife over its families.
    """
    panel = _panel(reader)
    bias, error = _bias(panel)
    group, families = panel.models["group"].values, panel.models["family"].values
    clips, standard = group == "clip_zero_shot", group == "standard"
    if not clips.any() or np.unique(families[standard]).size < _FEWEST_FAMILIES:
        raise NotMeasuredError(
            "no zero-shot CLIP or too few standard networks that decide by shape or texture"
        )
    of_standard, families = bias.values[standard], families[standard]
    mean = jackknife_over_families(
        lambda keep: mean_over_families(of_standard[keep], families[keep]), families
    )
    of_clips = panel.models.isel(model=clips)
    of_mean = standard_error_of(mean)
    errors = np.hypot(error.values[clips], of_mean)
    # Welch and Satterthwaite: only the part of the mean has few degrees of freedom.
    freedoms = (mean.families - 1) * (errors / of_mean) ** 4
    evidence = of_networks(bias.isel(model=clips) - float(mean.estimate), of_clips, errors, freedoms=freedoms)
    return replace(evidence, images_error=BINOMIAL, floor=reader.floor(_CUBE), readings=1)


@statistic
def shape_bias_after_fine_tuning(reader: Reader, choices: Choices) -> Evidence:  # noqa: ARG001
    """Change of shape bias within the pairs of that procedure of full fine-tuning which has most."""
    panel = _panel(reader)
    procedure, pairs = fully_fine_tuned(panel.models)
    bias, error = _bias(panel)
    evidence = of_pairs(bias, panel.models, pairs, of_first, errors=error)
    return replace(evidence, which=procedure, images_error=BINOMIAL, floor=reader.floor(_CUBE), readings=2)


def shape_biases(reader: Reader) -> tuple[xr.DataArray, xr.Dataset]:
    """Return shape bias of every network that decides by shape or texture, and who they are."""
    panel = _panel(reader)
    return _bias(panel)[0], panel.models


def shape_biases_with_errors(reader: Reader) -> tuple[xr.DataArray, xr.DataArray, xr.Dataset]:
    """Return `shape_biases` with their binomial standard errors over the images that were decided."""
    panel = _panel(reader)
    return *_bias(panel), panel.models


def _panel(reader: Reader) -> Panel:
    """Return the decisions that count, of the models that decided any image by shape or texture."""
    kept, _ = chosen_panels([reader.needed(_CUBE)], ("all",), _RULE)
    if not kept:
        raise NotMeasuredError(f"no model that decides by shape or texture, by the rule {_RULE}")
    return kept[0]


def _bias(panel: Panel) -> tuple[xr.DataArray, xr.DataArray]:
    """Return shape bias by model, and its binomial standard error over the images that were decided."""
    table = shape_bias_table(panel.cube)
    bias, decided = table["shape_bias"], table["shape_hits"] + table["texture_hits"]
    return bias, (bias * (1 - bias) / decided) ** 0.5
