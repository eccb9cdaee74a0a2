"""How far the confidence of a model can be believed, for the cube `calibration`."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from clipsafe_utils.importing.known_sets import HOME
from clipsafe_utils.importing.labelled import OF_ALL, Answered
from clipsafe_utils.measuring.outputs import weights_of
from clipsafe_utils.measuring.plan import SPLIT_SEED, fitting_half
from clipsafe_utils.measuring.sureness import calibration_at_home, calibration_elsewhere
from clipsafe_utils.measuring.tables import joined_conditions
from clipsafe_utils.metrics.labelled.calibration import calibration_rules
from clipsafe_utils.metrics.logits import summarise_logits
from clipsafe_utils.record.confidences import measure

FEWEST = 1000
"""Images of the validation set below which no temperature is fitted."""

SPLIT = f"temperature fitted on a half of {HOME} of seed {SPLIT_SEED}, the other half measured"
_NEEDS_EVERY_CLASS = ("nll", "brier", "ece_classwise")


def calibration_table(
    answered: Mapping[str, Answered], replicates: int
) -> tuple[xr.Dataset | None, dict[str, str], list[str]]:
    """Measure calibration; return the variables, why some are missing, and what is to be said.

    With the probabilities of every class on the validation set: all, before and after temperature scaling.
    With those of the predicted class: what can be said of them.
    """
    home = answered.get(HOME)
    if home is None or (home.outputs is None and home.confidence is None):
        return None, {}, [f"calibration is not measured: there is no confidence of {HOME}"]
    if home.outputs is not None and not home.why_no_likelihood and len(home.hits) >= FEWEST:
        whole = [one for one in answered.values() if one.outputs is not None and not one.why_no_likelihood]
        table = _of_logits(whole, replicates)
        reasons: dict[str, str] = {}
    else:
        whole = [one for one in answered.values() if one.outputs is not None or one.confidence is not None]
        whole = [one for one in whole if not one.condition.endswith(OF_ALL)]
        table = joined_conditions({one.condition: _of_confidences(one, replicates) for one in whole})
        why = home.why_no_likelihood or f"{HOME} has fewer than {FEWEST:,} images"
        reasons = dict.fromkeys((*_NEEDS_EVERY_CLASS, "temperature"), why)
    left = [one.known.name for one in answered.values() if one not in whole]
    notes = [f"{name}: calibration is not measured, its file holds less than that of {HOME}" for name in left]
    return table, reasons, notes


def _of_logits(whole: list[Answered], replicates: int) -> xr.Dataset:
    found: dict[str, xr.Dataset] = {}
    for one in whole:  # The home comes first.
        outputs = one.outputs
        assert outputs is not None
        if one.known.name == HOME:
            home = calibration_at_home(outputs, fitting_half(len(outputs.labels)), replicates)
            found[one.condition] = home
        else:
            found[one.condition] = calibration_elsewhere(outputs, home, replicates)
    return joined_conditions(found)


def _of_confidences(one: Answered, replicates: int) -> xr.Dataset:
    confidence = one.confidence
    if one.outputs is not None:
        confidence = summarise_logits(one.outputs.logits).confidence
    assert confidence is not None
    weights = weights_of(one.known.namespace, one.placed.units, replicates)
    table = measure(confidence[None], one.hits[None], weights, ["own"]).isel(model=0, drop=True)
    for name in _NEEDS_EVERY_CLASS:
        table[name] = xr.full_like(table["ece"], np.nan)
    for name, attributes in calibration_rules().items():
        table[name].attrs.update(attributes)
    return table.expand_dims(scaling=["before"]).assign(temperature=("draw", np.full(len(weights), np.nan)))
