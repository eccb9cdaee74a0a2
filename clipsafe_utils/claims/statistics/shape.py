"""Statistics of the claims about shape bias."""

from dataclasses import replace

import numpy as np

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.effects import Effect, of_families, of_pairs
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.statistics.contrasts import fully_fine_tuned
from clipsafe_utils.claims.statistics.register import statistic
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.clip_pairs import Pairs
from clipsafe_utils.findings.model_pairs import families_of_pairs
from clipsafe_utils.findings.shape.laboratory import BIAS, population
from clipsafe_utils.findings.shape.observers import chosen_panels
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.labelled import shape_bias_table

_RULE = "mean"


@statistic
def shape_bias_of_clip(reader: Reader, choices: Choices) -> Effect:  # noqa: ARG001
    """Mean over training sources of zero-shot CLIPs less that over families of standard networks."""
    panel = _panel(reader)
    difference = population(shape_bias_table(panel.cube), panel.models, 0.95)
    if difference is None:
        raise NotMeasuredError("no zero-shot CLIP or no standard network that decides by shape or texture")
    return of_families(difference, "training source")


@statistic
def shape_bias_after_fine_tuning(reader: Reader, choices: Choices) -> Effect:  # noqa: ARG001
    """Mean change of shape bias within the pairs of that procedure of full fine-tuning which has most."""
    panel = _panel(reader)
    procedure, pairs = fully_fine_tuned(panel.models)
    effect = of_pairs(_changes(reader, panel, pairs), *families_of_pairs(panel.models, pairs))
    return replace(effect, which=procedure)


def _panel(reader: Reader) -> Panel:
    """Return the decisions that count, of the models that decided any image by shape or texture."""
    kept, _ = chosen_panels([reader.needed("shape_bias")], ("all",), _RULE)
    if not kept:
        raise NotMeasuredError(f"no model that decides by shape or texture, by the rule {_RULE}")
    return kept[0]


def _changes(reader: Reader, panel: Panel, pairs: Pairs) -> Array:
    """Return the change of each pair, shape (draws, pairs) if the laboratory has them all, else (pairs,)."""
    before, after = ([pair[end] for pair in pairs] for end in (0, 1))
    causes = reader.cube("causes")
    if causes is not None and {*before, *after} <= set(causes["model"].values.tolist()):
        bias = causes["value"].sel(property=BIAS).transpose("draw", "model")
    else:
        bias = shape_bias_table(panel.cube)["shape_bias"]
    return np.asarray(bias.sel(model=after).values - bias.sel(model=before).values, np.float64)
