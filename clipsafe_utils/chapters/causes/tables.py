"""The tables of chapter 7."""

import numpy as np
import pandas as pd

from clipsafe_utils.findings.causes.filters import Filters
from clipsafe_utils.findings.causes.in_record import InRecord
from clipsafe_utils.findings.causes.needs import ROWS
from clipsafe_utils.findings.causes.result import Causes
from clipsafe_utils.findings.shift.clouds import ID
from clipsafe_utils.say import NOT_MEASURED, level, points
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

_NOT_KNOWN = "–"
_EQUAL = {"r": "R", "sketch": "Sketch", "a": "A"}


def nesting_table(record: InRecord) -> Shown:
    """Tabulate which encoder stands on which training source; a dash where there is no model."""
    counts = record.encoders
    shown = pd.DataFrame() if counts is None else counts.astype(str).where(counts > 0, _NOT_KNOWN)
    return table(
        shown.reset_index(names="Encoder"),
        f"Zero-shot CLIPs by line of encoders and training source, study {record.study}. One cause can be "
        "separated from another only where a row or a column has two numbers. Others: sources with fewer "
        "than five CLIPs.",
    )


def filter_table(found: Filters) -> Shown:
    """Tabulate every pair of an unfiltered pool and a filter of it."""
    rows = [
        {
            "Pool": row["pool"],
            "Filter": row["filter"],
            "Encoder": row["encoder"],
            "Samples, millions": f"{row['samples_seen'] / 1e6:,g}",
            "Batch, thousands": f"{row['batch']:.0f}",
            "In distribution": points(row[ID]),
        }
        | {f"{title}, at equal": _at_equal(row[f"{name}_at_equal"]) for name, title in _EQUAL.items()}
        for row in found.table.to_dict("records")
    ]
    return table(
        pd.DataFrame(rows),
        "The CLIP of a filtered pool less that of the pool as it is, equal in encoder, samples and batch: "
        "change of accuracy in points, and at equal accuracy, above the line of zero-shot CLIPs; "
        f"{NOT_MEASURED} where fewer than five of their families are as accurate.",
    )


def unfiltered_table(found: Filters) -> Shown:
    """Tabulate the CLIPs of filtered pools that stand in no pair."""
    names = found.left_out.rename(columns={"checkpoint": "CLIP", "why": "Why"})
    return table(names, "CLIPs of a filter of CommonPool that are in no pair.")


def _at_equal(value: float) -> str:
    return points(value) if np.isfinite(value) else NOT_MEASURED


def needs_table(shown: Causes) -> Shown:
    """Tabulate the causes with the largest effects, a column a study."""
    cells = {
        study: {
            key: f"{largest.cause} ({largest.kind.lower()}): {largest.change.with_interval}"
            for key, largest in needs.items()
        }
        for study, needs in shown.needs.items()
    }
    rows = [
        {"If you need": title} | {study: by_key.get(key, _NOT_KNOWN) for study, by_key in cells.items()}
        for key, title in ROWS.items()
    ]
    return table(
        pd.DataFrame(rows, columns=["If you need", *cells]),
        f"Look at: the cause with the largest effect, in points, with its {level(shown.record.confidence)} "
        "interval, among those whose interval excludes zero (in the laboratory, one that holds for all "
        f"causes at once). {_NOT_KNOWN} : not known, or nothing that certain. In calibration a minus is an "
        "error that shrinks. A step's size was our choice, so this orders these steps, not causes as such.",
    )
