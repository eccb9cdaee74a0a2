"""What other wordings change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from clipsafe_utils.findings.prompts.changes import PROPERTIES, Weight, change_of, level_of, weigh
from clipsafe_utils.findings.prompts.sets import WORDINGS, by_wording, title_of
from clipsafe_utils.say import Missing, Said, Text, Value

Reading = Literal["gain", "loss", "no gain", "no loss", "undecided"]
"""What ECE and NLL, held against each other, make of a wording."""

_SOURCES = ("wit", "laion")
"""Training sources that sentences compare, whether a study has them or not."""


@dataclass(frozen=True)
class Wording:
    """What another wording changes from the usual set."""

    changes: Mapping[str, Said]  # of every property, over the CLIPs of all sources
    accuracy_on: Mapping[str, Said]  # change of accuracy, by training source
    accuracy: Said  # under this wording; as of `UsualSet`
    confidence: Said

    @property
    def weight(self) -> Weight | Missing:
        """Whether its change of accuracy matters."""
        return weigh(self.changes["accuracy"], "accuracy")

    @property
    def reading(self) -> Reading | Missing:
        """What the two errors make of it."""
        ece, nll = self.changes["ece"], self.changes["nll"]
        if isinstance(ece, Missing) or isinstance(nll, Missing):
            return Missing("one of the two errors was not measured")
        if "neither" in (ece.side, nll.side):
            return "undecided"
        if ece.side == "up":
            return "loss" if nll.side == "up" else "no loss"
        return "gain" if nll.side == "down" else "no gain"


@dataclass(frozen=True)
class Wordings:
    """Other wordings, by name, and how they compare."""

    of: Mapping[str, Wording]

    @property
    def worst(self) -> str | Missing:
        """Name of the wording with the lowest accuracy."""
        moved = {name: wording.changes["accuracy"] for name, wording in self.of.items()}
        known = {name: change.estimate for name, change in moved.items() if isinstance(change, Value)}
        return min(known, key=known.__getitem__) if known else Missing("no other wording was tried")

    @property
    def worst_title(self) -> Text:
        """What figures call the worst wording."""
        return self.worst if isinstance(self.worst, Missing) else Text(title_of(self.worst))

    @property
    def worst_change(self) -> Said:
        """What it does to accuracy."""
        return self.worst if isinstance(self.worst, Missing) else self.of[self.worst].changes["accuracy"]

    @property
    def drawing_is_worst(self) -> Literal["yes", "no"] | Missing:
        """Whether "a drawing of a" lowers accuracy most."""
        return self.worst if isinstance(self.worst, Missing) else "yes" if self.worst == "drawing" else "no"

    @property
    def only_the_name(self) -> Literal["yes", "no", "undecided"] | Missing:
        """Whether the name alone, and the words in the wrong order, change too little to matter."""
        weights = [self.of[name].weight for name in ("name_only", "scrambled")]
        if missing := _missing_of(weights):
            return missing
        if {"up", "down"} & set(weights):
            return "no"
        return "yes" if set(weights) == {"small"} else "undecided"

    @property
    def learnt_more(self) -> Literal["yes", "no"] | Missing:
        """Whether "a drawing of a" costs more where its words are learnt better: on `laion`."""
        wit, laion = (self.of["drawing"].accuracy_on[source] for source in _SOURCES)
        if isinstance(wit, Missing) or isinstance(laion, Missing):
            return Missing("no CLIPs of both sources were tested")
        return "yes" if laion.estimate < min(wit.estimate, 0) else "no"

    @property
    def opposite(self) -> Literal["yes", "no"] | Missing:
        """Whether a background is a gain, and a drawing lowers ECE without one."""
        readings = [self.of[name].reading for name in ("backgrounds", "drawing")]
        return _missing_of(readings) or ("yes" if readings == ["gain", "no gain"] else "no")


def _missing_of(answers: Iterable[str | Missing]) -> Missing | None:
    return next((answer for answer in answers if isinstance(answer, Missing)), None)


def wordings_in(changes: pd.DataFrame) -> Wordings:
    """Return what each other wording changes in `changes.changes`; what was not tried is missing."""
    sources = dict.fromkeys([*_SOURCES, *changes["source"]])
    names = dict.fromkeys([*WORDINGS, *by_wording(changes["prompt_set"].unique())])
    return Wordings(
        {
            name: Wording(
                {one: change_of(changes, name, one) for one in PROPERTIES},
                {source: change_of(changes, name, "accuracy", source) for source in sources},
                *level_of(changes, name),
            )
            for name in names
        }
    )
