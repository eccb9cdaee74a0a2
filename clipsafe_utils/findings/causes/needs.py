"""Chapter 7: for each property that a user may need, the cause that moves it most, study by study."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.findings.causes.effects import NEEDS, Need, effects, estimate_of, strongest
from clipsafe_utils.findings.clip_pairs import LABEL_TRAINED
from clipsafe_utils.findings.shift.laboratory import ACCURACY, SHIFTS, Laboratory
from clipsafe_utils.metrics.heights import heights_above_line
from clipsafe_utils.say import Value

AT_EQUAL = "at_equal"

ROWS: Mapping[str, str] = {
    "accuracy": NEEDS["accuracy"].title,
    "accuracy_shifts": NEEDS["accuracy_shifts"].title,
    AT_EQUAL: "the same, at equal accuracy",
    **{key: need.title for key, need in NEEDS.items() if not key.startswith("accuracy")},
}
"""What a user may need, by its key."""

_KEYS_OF_RECORD = {"id": "accuracy", "shift": "accuracy_shifts", AT_EQUAL: AT_EQUAL}


@dataclass(frozen=True)
class Largest:
    """The cause that moves a property most: its title, its kind, and the change."""

    cause: str
    kind: str
    change: Value


def laboratory_needs(laboratory: Laboratory, confidence: float) -> dict[str, Largest]:
    """Return, for each property, the cause with the largest effect, by key of `ROWS`.

    Its interval has the level `confidence`. The one that must leave zero out is wider: it holds for all
    causes at once, since the largest of many effects is a choice. Properties that no cause moves so surely
    are left out.
    """
    wanted = {**NEEDS, AT_EQUAL: Need(ROWS[AT_EQUAL], (AT_EQUAL,))}
    return _largest(effects(with_heights(laboratory), wanted, confidence))


def with_heights(laboratory: Laboratory) -> Laboratory:
    """Add the property `AT_EQUAL`: accuracy under shift above the line of networks trained on labels.

    Where the line is not supported a height is NaN. A laboratory without both accuracies is left as it is.
    """
    if not laboratory.has(ACCURACY, SHIFTS):
        return laboratory
    models, value = laboratory.models, laboratory.causes["value"]
    names = models["model"].values.tolist()
    heights = heights_above_line(
        laboratory.draws(ACCURACY, names),
        laboratory.draws(SHIFTS, names),
        models["family"].values.astype(str),
        np.isin(models["group"].values, LABEL_TRAINED),
    )
    shape = value.sel(property=SHIFTS, model=names).transpose("draw", "model")
    added = shape.copy(data=heights).assign_coords(property=AT_EQUAL).expand_dims("property")
    causes = laboratory.causes.drop_dims("property").assign(value=xr.concat([value, added], "property"))
    return Laboratory(causes, models)


def record_needs(table: pd.DataFrame) -> dict[str, Largest]:
    """Return the same of the record; `found` is as `record.record_effects` returns it."""
    return _largest(table.assign(property=table["property"].map(_KEYS_OF_RECORD)))


def _largest(rows: pd.DataFrame) -> dict[str, Largest]:
    first = {key: strongest(rows, key, "sure").head(1) for key in dict.fromkeys(rows["property"])}
    return {
        str(key): Largest(row["cause"], row["kind"], estimate_of(row))
        for key, kept in first.items()
        for _, row in kept.iterrows()
    }
