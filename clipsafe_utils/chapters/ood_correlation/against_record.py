"""Chapter 3: whether the laboratory points the same way as the record, finding by finding."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.causes.words import is_measured
from clipsafe_utils.chapters.formats import NOT_MEASURED, points
from clipsafe_utils.chapters.ood_correlation.words import Results
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.model_pairs import STRONG
from clipsafe_utils.findings.shift.clouds import ID
from clipsafe_utils.findings.shift.laboratory import Changes, Found
from clipsafe_utils.findings.shift.sources import LINES

Ends = list[tuple[float, float, float]]
"""Values with the ends of their intervals."""


def compare(found: Found, record: Results | None, offsets: xr.Dataset | None) -> pd.DataFrame:
    """Set findings of the record beside those of the laboratory.

    Parameters
    ----------
    found : Found
        Of the laboratory.
    record : Results or None
        Of the record.
    offsets : xarray.Dataset or None
        `offsets` of the laboratory's clouds.

    Returns
    -------
    DataFrame
        Columns what, record, laboratory and same: yes, no, undecided, or not measured. A direction is one
        that all intervals of a side share; means over families of sources, that all of them share.
    """
    strong = found.by_procedure.get(STRONG, {})
    rows = (
        (
            "zero-shot CLIPs against standard networks",
            _offset_ends(record.offsets if record else None),
            _offset_ends(offsets),
        ),
        (
            "fine-tuning at equal accuracy",
            _pair_ends(record.tuned if record else None),
            _change_ends([strong]),
        ),
        (
            "more classes before fine-tuning at equal accuracy",
            _pair_ends(record.by_way if record else None),
            _change_ends([found.near, found.far]),
        ),
    )
    columns = ["what", "record", "laboratory", "same"]
    if found.laboratory is None and record is None:
        return pd.DataFrame(columns=columns)
    return pd.DataFrame(
        [(what, _said(one), _said(other), _same(one, other)) for what, one, other in rows], columns=columns
    )


def _offset_ends(offsets: xr.Dataset | None) -> Ends:
    if offsets is None or not offsets.sizes["source"]:
        return []
    mean = offsets["mean"].sel(line=LINES[0]).values.ravel()
    return [(value, value, value) for value in mean[np.isfinite(mean)].tolist()]


def _pair_ends(compared: xr.Dataset | None) -> Ends:
    if compared is None or not compared.sizes["pair"]:
        return []
    one = compared.sel(shift=[name for name in compared["shift"].values if name != ID], measure="at_equal")
    columns = (one[name].values.tolist() for name in ("mean", "low", "high"))
    return [row for row in zip(*columns, strict=True) if np.isfinite(row[0])]


def _change_ends(found: Sequence[Changes]) -> Ends:
    means = [one["shifts_at_equal"][0] for one in found if "shifts_at_equal" in one]
    return [(one.estimate, one.low, one.high) for one in means if is_measured(one)]


def _said(ends: Ends) -> str:
    if not ends:
        return NOT_MEASURED
    low, high = (points(pick([value for value, _, _ in ends])) for pick in (min, max))
    return low if low == high else f"{low} to {high}"


def _same(one: Ends, other: Ends) -> str:
    if not (one and other):
        return NOT_MEASURED
    first, second = _direction(one), _direction(other)
    if not (first and second):
        return "undecided"
    return "yes" if first == second else "no"


def _direction(ends: Ends) -> int:
    if all(low > 0 for _, low, _ in ends):
        return 1
    return -1 if all(high < 0 for _, _, high in ends) else 0


def comparison_table(compared: pd.DataFrame) -> ThemedTable:
    """Tabulate `compare`."""
    names = {"what": "Accuracy under shift", "record": "Record", "laboratory": "Laboratory"}
    return table(
        compared.rename(columns=names | {"same": "Same direction"}),
        "Record and laboratory, in points. Ranges: over shifts, sources or ways. A side has a direction "
        "where all of its intervals leave zero out on one side; in the first row, where all means do.",
    )
