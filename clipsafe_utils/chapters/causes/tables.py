"""The tables of chapter 7."""

import pandas as pd

from clipsafe_utils.findings.causes.in_record import InRecord
from clipsafe_utils.findings.causes.needs import ROWS
from clipsafe_utils.findings.causes.result import Causes
from clipsafe_utils.say import level
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

_NOT_KNOWN = "–"


def nesting_table(record: InRecord) -> Shown:
    """Tabulate which encoder stands on which training source; a dash where there is no model."""
    counts = record.encoders
    shown = pd.DataFrame() if counts is None else counts.astype(str).where(counts > 0, _NOT_KNOWN)
    return table(
        shown.reset_index(names="Encoder"),
        f"Zero-shot CLIPs by line of encoders and training source, study {record.study}. A cause can be "
        "told from another only where a row or a column has two numbers. Others: sources with fewer than "
        "five CLIPs.",
    )


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
        "interval, among those whose interval leaves zero out (in the laboratory, one that holds for all "
        f"causes at once). {_NOT_KNOWN} : not known, or nothing so sure. In calibration a minus is an error "
        "that shrinks. A step's size was our choice, so this orders these steps, not causes as such.",
    )
