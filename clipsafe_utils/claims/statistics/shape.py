"""Statistics of the claims about shape bias."""

from dataclasses import replace

import numpy as np

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.effects import Effect, of_families, of_pairs
from clipsafe_utils.claims.reading import Reader
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.clip_pairs import Pairs
from clipsafe_utils.findings.model_pairs import (
    BY_IN_12K,
    FAR,
    IN_1K,
    NEAR,
    STRONG,
    families_of_pairs,
    fine_tuned_pairs,
)
from clipsafe_utils.findings.shape.laboratory import BIAS, population
from clipsafe_utils.findings.shape.observers import chosen_panels
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.labelled import shape_bias_table

FULL = (STRONG, IN_1K, BY_IN_12K, NEAR, FAR)
"""Procedures that fine-tune all weights for as long as is usual."""

_RULE = "mean"


def shape_bias_of_clip(reader: Reader, choices: Choices) -> Effect | str:  # noqa: ARG001
    """Mean over training sources of zero-shot CLIPs less that over families of standard networks."""
    panel = _panel(reader)
    if isinstance(panel, str):
        return panel
    found = population(shape_bias_table(panel.cube), panel.models, 0.95)
    if found is None:
        return "no zero-shot CLIP or no standard network that decides by shape or texture"
    return of_families(found, "training source")


def shape_bias_after_fine_tuning(reader: Reader, choices: Choices) -> Effect | str:  # noqa: ARG001
    """Mean change of shape bias within the pairs of that procedure of `FULL` which has most."""
    panel = _panel(reader)
    if isinstance(panel, str):
        return panel
    made = fine_tuned_pairs(panel.models)
    procedures = [procedure for procedure in FULL if procedure in made]
    if not procedures:
        return "no zero-shot CLIP with what was made of it by full fine-tuning"
    procedure = max(procedures, key=lambda name: len(made[name]))
    pairs = made[procedure]
    effect = of_pairs(_changes(reader, panel, pairs), *families_of_pairs(panel.models, pairs))
    return replace(effect, which=procedure)


def _panel(reader: Reader) -> Panel | str:
    """Return the decisions that count, of the models that decided any image by shape or texture."""
    panel = reader.panel("shape_bias")
    if panel is None:
        return "no cube shape_bias"
    kept, _ = chosen_panels([panel], ("all",), _RULE)
    return kept[0] if kept else f"no model that decides by shape or texture, by the rule {_RULE}"


def _changes(reader: Reader, panel: Panel, pairs: Pairs) -> Array:
    """Return the change of each pair, shape (draws, pairs) if the laboratory has them all, else (pairs,)."""
    before, after = ([pair[end] for pair in pairs] for end in (0, 1))
    causes = reader.cube("causes")
    if causes is not None and {*before, *after} <= set(causes["model"].values.tolist()):
        bias = causes["value"].sel(property=BIAS).transpose("draw", "model")
    else:
        bias = shape_bias_table(panel.cube)["shape_bias"]
    return np.asarray(bias.sel(model=after).values - bias.sel(model=before).values, np.float64)
