"""Chapter 6: for each property that a user may need, the cause that moves it most, study by study."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.causes.words import cell_of
from clipsafe_utils.chapters.formats import level
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.causes.effects import NEEDS, Need, effects, estimate_of, strongest
from clipsafe_utils.findings.causes.record import record_effects
from clipsafe_utils.findings.clip_pairs import LABEL_TRAINED
from clipsafe_utils.findings.shift.clouds import Clouds
from clipsafe_utils.findings.shift.laboratory import ACCURACY, SHIFTS, Laboratory
from clipsafe_utils.metrics.heights import heights_above_line

NOT_KNOWN = "–"
AT_EQUAL = "at_equal"

ROWS: Mapping[str, str] = {
    "accuracy": NEEDS["accuracy"].name,
    "accuracy_shifts": NEEDS["accuracy_shifts"].name,
    AT_EQUAL: "the same, at equal accuracy",
    **{key: one.name for key, one in NEEDS.items() if not key.startswith("accuracy")},
}
"""What a user may need, by its key."""

_KEYS_OF_RECORD = {"id": "accuracy", "shift": "accuracy_shifts", AT_EQUAL: AT_EQUAL}


def laboratory_needs(laboratory: Laboratory | None, confidence: float) -> dict[str, str]:
    """Write, for each property, the cause with the largest effect.

    Parameters
    ----------
    laboratory : Laboratory or None
        None where there is none.
    confidence : float
        Level of the intervals that are written. The one that must leave zero out is wider: it holds for all
        causes at once, since the largest of many effects is a choice.

    Returns
    -------
    dict of str to str
        By key of `ROWS`; properties that no cause moves so surely are left out.

    Examples
    --------
    >>> laboratory_needs(None, 0.95)
    {}
    """
    if laboratory is None:
        return {}
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


def record_needs(found: pd.DataFrame) -> dict[str, str]:
    """Write the same of the record; `found` is as `record.record_effects` returns it."""
    return _largest(found.assign(property=found["property"].map(_KEYS_OF_RECORD)))


def read_needs(
    records: Mapping[str, Clouds],
    laboratories: Mapping[str, Laboratory],
    found: pd.DataFrame,
    confidence: float,
) -> dict[str, dict[str, str]]:
    """Return the needs of every study that can speak of causes, by study.

    Parameters
    ----------
    records, laboratories : mapping
        By study, as `record.read_record` and `effects.read_laboratories` return them.
    found : DataFrame
        `record.record_effects` of the first record, which need not be worked out again.
    confidence : float
        Level of the intervals.
    """
    written = {
        study: record_needs(record_effects(clouds, confidence) if place else found)
        for place, (study, clouds) in enumerate(records.items())
    }
    return written | {study: laboratory_needs(one, confidence) for study, one in laboratories.items()}


def _largest(rows: pd.DataFrame) -> dict[str, str]:
    written = {}
    for key in dict.fromkeys(rows["property"]):
        kept = strongest(rows, key, "sure")
        if len(kept):
            row = kept.iloc[0]
            cause = f"{row['cause']} ({row['kind'].lower()})"
            written[str(key)] = f"{cause}: {cell_of(estimate_of(row))}"
    return written


def needs_table(by_study: Mapping[str, Mapping[str, str]], confidence: float) -> ThemedTable:
    """Tabulate the causes with the largest effects, a column a study.

    Parameters
    ----------
    by_study : mapping of str to mapping of str to str
        As `laboratory_needs` and `record_needs` return them.
    confidence : float
        Level of the intervals that are written.
    """
    rows = [
        {"If you need": title} | {study: found.get(key, NOT_KNOWN) for study, found in by_study.items()}
        for key, title in ROWS.items()
    ]
    return table(
        pd.DataFrame(rows, columns=["If you need", *by_study]),
        f"Look at: the cause with the largest effect, in points, with its {level(confidence)} interval, "
        "among those whose interval leaves zero out (in the laboratory, one that holds for all causes at "
        f"once). {NOT_KNOWN} : not known, or nothing so sure. In calibration a minus is an error that "
        "shrinks. A step's size was our choice, so this orders these steps, not causes as such.",
    )
