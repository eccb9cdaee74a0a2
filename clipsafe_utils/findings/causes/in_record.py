"""Chapter 7 in the record: what its sentences say of pairs of real CLIPs that differ in one thing."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from clipsafe_utils.findings.causes import record
from clipsafe_utils.findings.causes.effects import estimate_of
from clipsafe_utils.findings.causes.filters import Filters, read_filters
from clipsafe_utils.findings.causes.nesting import nesting, shared, written
from clipsafe_utils.findings.causes.record import QUANTITY, TUNING, record_effects
from clipsafe_utils.findings.shift.clouds import Clouds
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import Missing, Text, count, listed, points

_NONE = Missing("no study has real CLIPs under shift")


@dataclass(frozen=True)
class RecordChange:
    """What one change does to CLIPs of the record, all else equal: in words, decided or not."""

    id: Text
    at_equal: Text
    unlike_batches: Text  # in how many pairs, of those whose names state both batch sizes


@dataclass(frozen=True, eq=False)
class InRecord:
    """What the first study of real models says."""

    study: str  # empty where there is none, and everything is missing
    clouds: Clouds  # its models, by shift
    confidence: float

    @property
    def name(self) -> Text:
        """Name of the study."""
        return Text(f"`{self.study}`") if self.study else _NONE

    @cached_property
    def effects(self) -> pd.DataFrame:
        """What each cause does to accuracy."""
        return record_effects(self.clouds, self.confidence)

    @property
    def zero_shot(self) -> pd.DataFrame:
        """The effects between zero-shot CLIPs; fine-tuning has its figure elsewhere."""
        return self.effects[self.effects["kind"] != TUNING]

    @cached_property
    def changes(self) -> dict[str, RecordChange]:
        """What each of `record.CAUSES` does, by its title."""
        rows = {(row["cause"], row["property"]): in_words(row) for _, row in self.effects.iterrows()}
        none = Missing("there are too few pairs, or no line")
        batches = {
            row["cause"]: count(row["unlike"], row["stated"])
            for _, row in self._read.iterrows()
            if row["stated"]
        }
        return {
            one.title: RecordChange(
                rows.get((one.title, "id"), none),
                rows.get((one.title, "at_equal"), none),
                batches.get(one.title, Missing("no name states a batch size")),
            )
            for one in record.CAUSES
        }

    @cached_property
    def filters(self) -> Filters:
        """CLIPs of a pool, filtered and not."""
        return read_filters(self.clouds, self.confidence)

    @property
    def causes(self) -> Text:
        """How many causes can be read from the record."""
        return Text(len(self._read)) if len(self._read) else _NONE

    @property
    def decided(self) -> Text:
        """Kinds of causes that families enough tell."""
        return self._kinds(self._is_decided)

    @property
    def decided_here(self) -> Text:
        """Those of them between zero-shot CLIPs."""
        return self._kinds(self._is_decided & (self._read["kind"] != TUNING))

    @property
    def undecided(self) -> Text:
        """Kinds of causes with too few families."""
        return self._kinds(~self._is_decided)

    @property
    def decides(self) -> Literal["some", "all", "none"] | Missing:
        """Whether the record has families enough for some, all or none of its causes."""
        if not len(self._read):
            return _NONE
        return "all" if self._is_decided.all() else "some" if self._is_decided.any() else "none"

    @property
    def shifts(self) -> Text:
        """The shifts behind the means under shift."""
        return listed([shift_title(name) for name in record.shifts_of(self.clouds)]) if self.clouds else _NONE

    @property
    def wit_higher(self) -> Text:
        """Shifts on which WIT stands higher than LAION-400M at equal accuracy."""
        return self._wit[0]

    @property
    def wit_lower(self) -> Text:
        """Shifts on which it stands lower."""
        return self._wit[1]

    @property
    def has_zero_shot(self) -> bool:
        """Whether any zero-shot CLIP is among them."""
        return any(bool((cloud["group"] == "clip_zero_shot").any()) for cloud in self.clouds.values())

    @cached_property
    def encoders(self) -> pd.DataFrame | None:
        """Zero-shot CLIPs of each line of encoders on each training source."""
        return nesting(self.clouds) if self.has_zero_shot else None

    @property
    def on_one_crawl(self) -> Text:
        """Lines of encoders that stand on one crawl alone."""
        return _NONE if self.encoders is None else written(self.encoders)

    @property
    def on_several_crawls(self) -> Text:
        """Lines of encoders that stand on more than one crawl."""
        return _NONE if self.encoders is None else listed(shared(self.encoders))

    @property
    def image_steps(self) -> list[float]:
        """What each step to more images does to accuracy."""
        return self._read.loc[self._read["kind"] == QUANTITY, "value"].astype(float).tolist()

    @cached_property
    def _wit(self) -> tuple[Text, Text]:
        return record.higher_and_lower(self.clouds)

    @property
    def _read(self) -> pd.DataFrame:
        return self.effects[self.effects["property"] == "id"]

    @property
    def _is_decided(self) -> pd.Series:
        return self._read["decided"].astype(bool)

    def _kinds(self, chosen: pd.Series) -> Text:
        return listed(kind.lower() for kind in dict.fromkeys(self._read["kind"][chosen]))


def in_words(row: pd.Series) -> Text:
    """Write a change with its interval; with too few families, the pairs that share its sign."""
    if row["decided"]:
        return estimate_of(row).in_full(1)
    value, each = float(row["value"]), np.array(row["each"])
    same = count(int((np.sign(each) == np.sign(value)).sum()), each.size)
    families = f"{row['families']} {'family' if row['families'] == 1 else 'families'}"
    return Text(f"{points(value)} points (undecided, {families}; same sign in {same} pairs)")
