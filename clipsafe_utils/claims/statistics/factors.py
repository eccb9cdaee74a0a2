"""Statistics of the claims about visual factors: residuals from the line of standard networks."""

from functools import lru_cache

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.effects import Effect, of_families, of_pairs, strongest
from clipsafe_utils.claims.reading import Reader
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


def share_of_factors_above(reader: Reader, choices: Choices) -> Effect | str:
    """Count the ten factors on which zero-shot CLIPs stand above the line of standard networks, less five.

    Here and below: the mean over training sources, of CLIPs for which the line is supported.
    """
    judged = _judge(reader, choices, HEADLINE_FACTORS)
    if isinstance(judged, str):
        return judged
    return _over_sources(judged, (judged[0]["residual"] > 0).sum("factor") - _HALF)


def residual_on_pose(reader: Reader, choices: Choices) -> Effect | str:
    """Average the residuals of zero-shot CLIPs on pose."""
    return _residual(reader, choices, "pose")


def residual_on_partial_view(reader: Reader, choices: Choices) -> Effect | str:
    """Average the residuals of zero-shot CLIPs on partial view."""
    return _residual(reader, choices, "partial_view")


def source_on_factors(reader: Reader, choices: Choices) -> Effect | str:
    """Compare the residuals of CLIPs of two training sources that are alike in all else.

    Taken is that of the ten factors where the mean difference is furthest from zero in its own errors,
    corrected for the choice.
    """
    judged = _judge(reader, choices, _factors_of(reader))
    if isinstance(judged, str):
        return judged
    twins, sources = source_twins(judged[1])
    pairs = _supported(judged, twins)
    if not pairs:
        return _no_pairs(twins, "the training source alone")
    changed = _changes(judged, pairs)
    by_pair = families_of_pairs(judged[1], pairs)
    return strongest(
        {
            f"{factor.replace('_', ' ')}, {sources[1]} less {sources[0]}": of_pairs(
                changed.sel(factor=factor).values, *by_pair
            )
            for factor in changed["factor"].values.tolist()
        }
    )


def curated_on_factors(reader: Reader, choices: Choices) -> Effect | str:
    """Compare residuals of CLIPs of curated with those of web sources, in the mean over the ten factors."""
    judged = _judge(reader, choices, _factors_of(reader))
    if isinstance(judged, str):
        return judged
    found = curated_pairs(judged[1])
    pairs = _supported(judged, found)
    if not pairs:
        return _no_pairs(found, "the curation of the source alone")
    return of_pairs(_changes(judged, pairs).mean("factor").values, *families_of_pairs(judged[1], pairs))


@lru_cache(maxsize=4)
def _judge(reader: Reader, choices: Choices, factors: tuple[str, ...]) -> Judged | str:
    """Judge once for the claims that follow each other and ask the same."""
    panel = reader.panel("factors")
    if panel is None:
        return "no cube factors"
    kept, sentences = with_a_line([panel], factors, choices.selection, _LINE, choices.axes)
    if sentences:
        # The chapter adds that it draws no panel.
        return sentences[0].partition(": its panel")[0].rstrip(".")
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
    panel = reader.panel("factors")
    known = [] if panel is None else panel.cube["factor"].values.tolist()
    return tuple(name for name in HEADLINE_FACTORS if name in known)


def _residual(reader: Reader, choices: Choices, factor: str) -> Effect | str:
    judged = _judge(reader, choices, (factor,))
    if isinstance(judged, str):
        return judged
    return _over_sources(judged, judged[0]["residual"].sel(factor=factor))


def _over_sources(judged: Judged, values: xr.DataArray) -> Effect | str:
    result, models = judged
    here = (models["group"].values == "clip_zero_shot") & result["measured"].all("factor").values
    if not here.any():
        return "no zero-shot CLIP where the line is supported"
    of_clips, sources = values.values[here], families_between_groups(models)[here]
    found = jackknife_over_families(lambda keep: mean_over_families(of_clips[keep], sources[keep]), sources)
    return of_families(found, "training source")


def _supported(judged: Judged, pairs: Pairs) -> Pairs:
    measured = judged[0]["measured"].all("factor")
    names = set(measured["model"].values[measured.values].tolist())
    return [pair for pair in pairs if names.issuperset(pair)]


def _no_pairs(pairs: Pairs, what: str) -> str:
    where = " where the line is supported" if pairs else ""
    return f"no two CLIPs{where} that differ in {what}"


def _changes(judged: Judged, pairs: Pairs) -> xr.DataArray:
    before, after = (judged[0]["residual"].sel(model=[pair[end] for pair in pairs]) for end in (0, 1))
    return after.copy(data=np.asarray(after.values - before.values))
