"""Statistics of the claims about visual factors: residuals from the line of standard networks."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import BINOMIAL, Evidence, among
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.statistics.cases import (
    COUPLE,
    LINEAGE,
    Unit,
    of_both,
    of_networks,
    of_pairs,
    of_second,
)
from clipsafe_utils.claims.statistics.register import statistic
from clipsafe_utils.cubes import HEADLINE_FACTORS
from clipsafe_utils.findings.clip_pairs import Pairs
from clipsafe_utils.findings.factors.residuals import with_a_line, with_label_rule
from clipsafe_utils.findings.model_pairs import curated_pairs, source_twins
from clipsafe_utils.metrics.baseline import prediction_interval
from clipsafe_utils.metrics.labelled import effective_robustness

Judged = tuple[xr.Dataset, xr.Dataset, xr.DataArray]
"""`effective_robustness` of a study, its cube `models` in the same order, and the images of each factor."""

_LINE = "standard"
_CUBE = "factors"
_HALF = len(HEADLINE_FACTORS) / 2


@statistic
def share_of_factors_above(reader: Reader, choices: Choices) -> Evidence:
    """Count the factors of ten on which each zero-shot CLIP stands above the line, less five.

    Its chance is what a standard network of a new family would count, near the CLIP's accuracy.
    """
    result, models, _ = judged_factors(reader, choices, HEADLINE_FACTORS)
    counts = (result["residual"] > 0).sum("factor").values - _HALF
    accuracy = result["reference_accuracy"].mean("factor").values
    standard, here = (models["group"] == _LINE).values, _clips_on_the_line(result, models)
    _, scale, freedom = prediction_interval(
        accuracy[standard],
        counts[standard],
        models["family"].values[standard],
        accuracy[here],
        choices.spread,
    )
    return _of_networks(models, here, counts, scale, freedom)


@statistic
def residual_on_pose(reader: Reader, choices: Choices) -> Evidence:
    """Take the residual of each zero-shot CLIP on pose; its chance is that of a new standard family."""
    return _residual(reader, choices, "pose")


@statistic
def residual_on_partial_view(reader: Reader, choices: Choices) -> Evidence:
    """Take the residual of each zero-shot CLIP on partial view; chance is that of a new standard family."""
    return _residual(reader, choices, "partial_view")


@statistic
def source_on_factors(reader: Reader, choices: Choices) -> Evidence:
    """Compare the residuals of CLIPs of two training sources that are alike in all else, by factor."""
    judged = judged_factors(reader, choices, _factors_of(reader))
    twins, (first, second) = source_twins(judged[1])
    kept = _measured_pairs(judged, twins, "the training source alone")
    return among(
        {
            f"{factor.replace('_', ' ')}, {second} less {first}": _change(
                reader, judged, [factor], kept, of_both, COUPLE
            )
            for factor in judged[0]["factor"].values.tolist()
        }
    )


@statistic
def curated_on_factors(reader: Reader, choices: Choices) -> Evidence:
    """Compare residuals of CLIPs of curated with those of web sources, in the mean over the ten factors."""
    judged = judged_factors(reader, choices, _factors_of(reader))
    kept = _measured_pairs(judged, curated_pairs(judged[1]), "the curation of the source alone")
    return _change(reader, judged, judged[0]["factor"].values.tolist(), kept, of_second, LINEAGE)


@lru_cache(maxsize=4)
def judged_factors(reader: Reader, choices: Choices, factors: tuple[str, ...]) -> Judged:
    """Judge once for the claims that follow each other and ask the same."""
    panel = with_label_rule(reader.needed(_CUBE), choices.label_rule, choices.selection)
    if panel is None:
        raise NotMeasuredError(f"no answers counted by the label rule {choices.label_rule}")
    kept, sentences = with_a_line([panel], factors, choices.selection, _LINE, choices.axes)
    if sentences:
        # The chapter adds that it draws no panel.
        raise NotMeasuredError(sentences[0].partition(": its panel")[0].rstrip("."))
    result = effective_robustness(
        kept[0].cube,
        kept[0].models,
        factor_names=factors,
        selection=choices.selection,
        baseline_group=_LINE,
        axes=choices.axes,
        reference=choices.reference,
        fit=choices.fit,
        spread=choices.spread,
    )
    images = kept[0].cube["images"].sel(selection=choices.selection, drop=True)
    return result.transpose("model", "factor"), kept[0].models, images


def _factors_of(reader: Reader) -> tuple[str, ...]:
    known = reader.needed(_CUBE).cube["factor"].values.tolist()
    return tuple(name for name in HEADLINE_FACTORS if name in known)


def _residual(reader: Reader, choices: Choices, factor: str) -> Evidence:
    result, models, _ = judged_factors(reader, choices, (factor,))
    of_factor = result.sel(factor=factor)
    here = _clips_on_the_line(result, models)
    values, scale, freedom = (of_factor[name].values for name in ("residual", "scale", "freedom"))
    evidence = _of_networks(models, here, values, scale[here], freedom[here])
    return replace(evidence, floor=reader.floor(_CUBE), readings=1)


def _clips_on_the_line(result: xr.Dataset, models: xr.Dataset) -> np.ndarray:
    here = (models["group"].values == "clip_zero_shot") & result["measured"].all("factor").values
    if not here.any():
        raise NotMeasuredError("no zero-shot CLIP where the line is supported")
    return np.asarray(here)


def _of_networks(
    models: xr.Dataset, here: np.ndarray, values: np.ndarray, scale: np.ndarray, freedom: np.ndarray
) -> Evidence:
    clips = models.isel(model=here)
    effects = xr.DataArray(values[here], {"model": clips["model"].values}, ("model",))
    return replace(of_networks(effects, clips, scale, freedoms=freedom), images_error=BINOMIAL)


def _measured_pairs(judged: Judged, pairs: Pairs, what: str) -> Pairs:
    measured = judged[0]["measured"].all("factor")
    names = set(measured["model"].values[measured.values].tolist())
    kept = [pair for pair in pairs if names.issuperset(pair)]
    if not kept:
        where = " where the line is supported" if pairs else ""
        raise NotMeasuredError(f"no two CLIPs{where} that differ in {what}")
    return kept


def _change(
    reader: Reader, judged: Judged, factors: list[str], pairs: Pairs, unit: Unit, unit_is: str
) -> Evidence:
    """Take how residuals, in the mean over factors, change within pairs; chance is in the images."""
    result, models, all_images = judged
    of_factors = result.sel(factor=factors)
    share = of_factors["accuracy"]
    images = all_images.sel(factor=factors)
    variance = (share * (1 - share) / images).sum("factor") / len(factors) ** 2
    evidence = of_pairs(of_factors["residual"].mean("factor"), models, pairs, unit, unit_is, variance**0.5)
    return replace(evidence, images_error=BINOMIAL, floor=reader.floor(_CUBE), readings=2)
