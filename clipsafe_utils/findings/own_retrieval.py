"""A reader's own CLIPs beside those whose recall the record states: they are counted nowhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clipsafe_utils.findings.calibration.alike import LIKE
from clipsafe_utils.findings.own_models import own_names, who_of
from clipsafe_utils.say import Text, count, percent

_ALONE = "no CLIP is that near"


@dataclass(frozen=True)
class OwnRecall:
    """The recall at 1 of an own CLIP by set and direction."""

    name: str
    study: str
    rows: pd.DataFrame  # one a set and direction
    recalls: Text  # each, and of how many CLIPs of like accuracy how many recall less

    @property
    def within(self) -> Text:
        """By how many points the accuracy of those CLIPs differs at most."""
        return Text(f"{100 * LIKE:.0f}")

    @property
    def who(self) -> Text:
        """The CLIP and its study as a sentence names them."""
        return who_of(self.name, self.study)


def own_recalls(own: Mapping[str, pd.DataFrame], record: pd.DataFrame) -> Iterator[OwnRecall]:
    """Say what each own CLIP recalls; another evaluation of the same network is not beside it."""
    for study, table in own.items():
        models = dict(list(table.groupby("model", sort=False)))
        for name, rows in zip(own_names([str(row) for row in models]), models.values(), strict=True):
            said = (
                f"{row['task']} {percent(row['recall'])} ({_beside(row, record)})"
                for _, row in rows.iterrows()
            )
            yield OwnRecall(name, study, rows, Text("; ".join(said)))


def _beside(row: pd.Series, record: pd.DataFrame) -> str:
    near = np.abs(record["accuracy"] - row["accuracy"]) < LIKE
    is_other = record["checkpoint"] != row["checkpoint"]
    others = record[near & is_other & (record["task"] == row["task"])]["recall"]
    return count(int((others < row["recall"]).sum()), len(others)) if len(others) else _ALONE
