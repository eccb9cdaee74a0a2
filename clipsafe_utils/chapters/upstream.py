"""The page on faults that were met in other people's files."""

import pandas as pd

from clipsafe_utils.record.faults import Fault, faults
from clipsafe_utils.say import Text
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import stacked, table

_COMMIT_LENGTH = 12


def number_of_faults() -> Text:
    """Say how many faults there are."""
    return Text(len(faults()))


def number_of_repositories() -> Text:
    """Say in how many repositories they are."""
    return Text(len({fault.repository for fault in faults()}))


def faults_by(how: str) -> Shown:
    """Tabulate the faults that were found in a way, a table each, with a sentence for its owner.

    Examples
    --------
    >>> "A run without eval()" in faults_by("code").markup
    True
    """
    return stacked(_shown(fault) for fault in faults() if fault.by == how)


def _shown(fault: Fault) -> Shown:
    where = f"{fault.repository}/{fault.file}".replace("/", " / ")  # Long paths break there.
    lines = {
        "Rows": ", ".join(fault.rows),
        "What is wrong": fault.wrong,
        "How we found it": fault.seen,
        "In our cubes": fault.here,
        "To its owner": fault.owner,
    }
    frame = pd.DataFrame(lines.items(), columns=["Where", f"{where}, commit {fault.commit[:_COMMIT_LENGTH]}"])
    return table(frame, f"{fault.title}.")
