"""Statistics of the claims about visual factors: residuals from the line of standard networks."""

from functools import lru_cache

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.effects import Effect, of_families, of_pairs, strongest
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.statistics.register import statistic
from clipsafe_utils.cubes import HEADLINE_FACTORS, families_between_groups
from clipsafe_utils.findings.clip_pairs import Pairs
from clipsafe_utils.findings.factors.residuals import with_a_line
from clipsafe_utils.findings.model_pairs import curated_pairs, families_of_pairs, source_twins
from clipsafe_utils.metrics.families import jackknife_over_families, mean_over_families
from clipsafe_utils.metrics.labelled import effective_robustness

Judged = tuple[xr.Dataset, xr.Dataset]
"""`effective_robustness` of a study, and its cube `models` in the same order."""

_LINE = "standard"
_HALF = len(HEADLINE_FACTORS) / 2


@statistic
def share_of_factors_above(reader: Reader, choices: Choices) -> Effect:
    """Count the ten factors on which zero-shot CLIPs stand above the line of standard networks, less five.

    Here and below: the mean over training sources, of CLIPs for which the line is supported.
    """
    judged = _judge(reader, choices, HEADLINE_FACTORS)
    return _over_sources(judged, (judged[0]["residual"] > 0).sum("factor") - _HALF)


@statistic
def residual_on_pose(reader: Reader, choices: Choices) -> Effect:
    """Average the residuals of zero-shot CLIPs on pose."""
    return _residual(reader, choices, "pose")


@statistic
def residual_on_partial_view(reader: Reader, choices: Choices) -> Effect:
    """Average the residuals of zero-shot CLIPs on partial view."""
    return _residual(reader, choices, "partial_view")


@statistic
def source_on_factors(reader: Reader, choices: Choices) -> Effect:
    """Compare the residuals of CLIPs of two training sources that are alike in all else.

    Taken is that of the ten factors where the mean difference is furthest from zero in its own errors,
    corrected for the choice.
    """
    judged = _judge(reader, choices, _factors_of(reader))
    twins, (first, second) = source_twins(judged[1])
    changes, by_pair = _changes(judged, twins, "the training source alone")
    return strongest(
        {
            f"{factor.replace('_', ' ')}, {second} less {first}": of_pairs(
                changes.sel(factor=factor).values, *by_pair
            )
            for factor in changes["factor"].values.tolist()
        }
    )


@statistic
def curated_on_factors(reader: Reader, choices: Choices) -> Effect:
    """Compare residuals of CLIPs of curated with those of web sources, in the mean over the ten factors."""
    judged = _judge(reader, choices, _factors_of(reader))
    changes, by_pair = _changes(judged, curated_pairs(judged[1]), "the curation of the source alone")
    return of_pairs(changes.mean("factor").values, *by_pair)


@lru_cache(maxsize=4)
def _judge(reader: Reader, choices: Choices, factors: tuple[str, ...]) -> Judged:
    """Judge once for the claims that follow each other and ask the same."""
    kept, sentences = with_a_line([reader.needed("factors")], factors, choices.selection, _LINE, choices.axes)
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
    )
    return result.transpose("model", "factor"), kept[0].models


def _factors_of(reader: Reader) -> tuple[str, ...]:
    known = reader.needed("factors").cube["factor"].values.tolist()
    return tuple(name for name in HEADLINE_FACTORS if name in known)


def _residual(reader: Reader, choices: Choices, factor: str) -> Effect:
    judged = _judge(reader, choices, (factor,))
    return _over_sources(judged, judged[0]["residual"].sel(factor=factor))


def _over_sources(judged: Judged, values: xr.DataArray) -> Effect:
    result, models = judged
    here = (models["group"].values == "clip_zero_shot") & result["measured"].all("factor").values
    if not here.any():
        raise NotMeasuredError("no zero-shot CLIP where the line is supported")
    of_clips, sources = values.values[here], families_between_groups(models)[here]
    mean = jackknife_over_families(lambda keep: mean_over_families(of_clips[keep], sources[keep]), sources)
    return of_families(mean, "training source")


def _changes(judged: Judged, pairs: Pairs, what: str) -> tuple[xr.DataArray, tuple[list[str], str]]:
    """Return changes of residuals within the pairs that were measured, and `families_of_pairs` of these."""
    result, models = judged
    measured = result["measured"].all("factor")
    names = set(measured["model"].values[measured.values].tolist())
    kept = [pair for pair in pairs if names.issuperset(pair)]
    if not kept:
        where = " where the line is supported" if pairs else ""
        raise NotMeasuredError(f"no two CLIPs{where} that differ in {what}")
    before, after = (result["residual"].sel(model=[pair[end] for pair in kept]) for end in (0, 1))
    changes = after.copy(data=np.asarray(after.values - before.values))
    return changes, families_of_pairs(models, kept)
