"""What share of the spread among real CLIPs goes with the training source, and what with the encoder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from clipsafe_utils.findings.prompts.real import FEWER, RealPrompts
from clipsafe_utils.findings.shift.clouds import FEWEST_CLIPS, ID
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.baseline import predict_baseline
from clipsafe_utils.metrics.intervals import ALPHA
from clipsafe_utils.metrics.relabelling import chance_of_more, indicators, share_of_spread, shares_by_chance
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import Missing, Said, Text, Value, listed

SOURCE, ENCODER, SIZE = "training source", "image encoder", "size of source"
"""What a spread is parted by: labels, and the logarithm of the images of the source as one number."""

SHIFTS = ("r", "sketch")
EVERY, LARGE = "of every source", "of large sources"
"""The CLIPs looked at: all, and those whose sources are as large as OpenAI's."""

LARGE_IMAGES = 4e8

OUTCOMES: Mapping[str, str] = {
    ID: "accuracy in distribution",
    **{name: f"{shift_title(name)}, at equal accuracy" for name in SHIFTS},
}
"""What spreads: accuracy, and the height above the line that these CLIPs draw themselves."""

_COLUMNS = ["clips", "outcome", "by", "share", "median", "high", "p_value"]
_NONE = Missing("no study has enough real CLIPs of several sources under one set of prompts")


@dataclass(frozen=True, eq=False)
class SourceShares:
    """Shares of the spread of each outcome, beside those that labels dealt out at random account for."""

    # A row a set of CLIPs, outcome and `by`: share, then median and 95th percentile by chance, p-value.
    table: pd.DataFrame
    who: pd.DataFrame = field(default_factory=pd.DataFrame)  # a row a CLIP
    source_lines: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(len(self.table))

    def share(self, by: str, outcome: str = ID, clips: str = EVERY) -> Said:
        """Return the share of a spread that goes with something."""
        return self._said("share", by, outcome, clips)

    def by_chance(self, by: str, outcome: str = ID, clips: str = EVERY) -> Said:
        """Return what labels at random account for in the median."""
        return self._said("median", by, outcome, clips)

    def most_by_chance(self, by: str, outcome: str = ID, clips: str = EVERY) -> Said:
        """Return what labels at random account for at the most in 95 of 100 relabellings."""
        return self._said("high", by, outcome, clips)

    def beyond_chance(
        self, by: str, *outcomes: str, clips: str = EVERY
    ) -> Literal["yes", "some", "no"] | Missing:
        """Whether a share is beyond chance, at 5 % and each by itself: for each outcome, some or none."""
        rows = [self._row(by, outcome, clips) for outcome in outcomes or (ID,)]
        if not all(len(row) for row in rows):
            return _NONE
        clear = [row["p_value"].item() < ALPHA for row in rows]
        return "yes" if all(clear) else "some" if any(clear) else "no"

    def number(self, what: str, clips: str = EVERY) -> Text:
        """Return how many CLIPs there are (`checkpoint`), or how many a `source` or `encoder`."""
        if not (self.table["clips"] == clips).any():
            return _NONE
        return Text(chosen(self.who, clips)[what].nunique())

    @property
    def on_one_source(self) -> Text:
        """Encoders that stand on one source alone."""
        sources = self.who.groupby("encoder")["source"].nunique() if self else pd.Series(dtype=int)
        return listed(str(name) for name in sources.index[sources == 1])

    def _said(self, column: str, by: str, outcome: str, clips: str) -> Said:
        row = self._row(by, outcome, clips)
        return Value(row[column].item()) if len(row) else _NONE

    def _row(self, by: str, outcome: str, clips: str) -> pd.DataFrame:
        asked = {"by": by, "outcome": outcome, "clips": clips}
        return self.table[(self.table[list(asked)] == pd.Series(asked)).all(axis=1)]


def chosen(who: pd.DataFrame, clips: str) -> pd.DataFrame:
    """Return the CLIPs of a set."""
    return who if clips == EVERY else who[who["images"] >= LARGE_IMAGES]


def source_shares(found: RealPrompts, seed: int) -> SourceShares:
    """Part the spread among the CLIPs that one team asked with one set of prompts, eighty templates."""
    rows = found.table[found.table["prompt_set"] == FEWER[0]]
    keys = ["checkpoint", "source", "images"]
    who = rows.pivot(index=keys, columns="condition", values="before").reset_index()
    who["encoder"] = [str(name).partition(".")[0] for name in who["checkpoint"]]
    table = [row for clips in (EVERY, LARGE) for row in _shares(chosen(who, clips), clips, seed)]
    return SourceShares(pd.DataFrame(table, columns=_COLUMNS), who, found.source_lines)


def _shares(who: pd.DataFrame, clips: str, seed: int) -> list[dict[str, object]]:
    if len(who) < FEWEST_CLIPS or min(who["source"].nunique(), who["encoder"].nunique()) < 2:
        return []
    parted = {
        SOURCE: indicators(who["source"].to_numpy(str)),
        ENCODER: indicators(who["encoder"].to_numpy(str)),
    }
    parted[SIZE] = np.log(who[["images"]].to_numpy(float))
    rows: list[dict[str, object]] = []
    for outcome in OUTCOMES:
        values = _outcome(who, outcome)
        for by, columns in parted.items():
            share, dealt = float(share_of_spread(values, columns)), shares_by_chance(values, columns, seed)
            median, high = np.quantile(dealt, [0.5, 0.95])
            numbers = {
                "share": share,
                "median": median,
                "high": high,
                "p_value": chance_of_more(share, dealt),
            }
            rows.append({"clips": clips, "outcome": outcome, "by": by} | numbers)
    return rows


def _outcome(who: pd.DataFrame, outcome: str) -> Array:
    x = who[ID].to_numpy(float)
    if outcome == ID:
        return x
    # The line of standard networks ends far above the CLIPs of small sources.
    y = who[outcome].to_numpy(float)
    return np.asarray(y - predict_baseline(x, y, x, "huber", "probit"))
