"""The usual set of templates, and what fewer of them change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from clipsafe_utils.findings.prompts.changes import (
    EVERY,
    PROPERTIES,
    TITLES,
    TOO_SMALL,
    Tested,
    contrast,
    level_of,
    weighed,
)
from clipsafe_utils.findings.prompts.sets import NUMBERS, by_number
from clipsafe_utils.metrics.families import FEWEST_UNITS
from clipsafe_utils.say import Missing, Said, Text, Value, listed


@dataclass(frozen=True)
class UsualSet:
    """CLIPs of a study under the usual set of prompts."""

    clips: Text
    families: Text
    accuracy: Said  # mean over families, as confidence is
    confidence: Said  # accuracy less calibration error: right for models that are nowhere over-confident
    coldest: Said  # the lowest and the highest temperature that suits a CLIP
    hottest: Said
    undecided: Text  # sources with too few families to decide anything

    @property
    def off(self) -> Literal["under", "over", "both"] | Missing:
        """Whether all CLIPs are under-confident, all over-confident, or neither."""
        if isinstance(self.coldest, Missing) or isinstance(self.hottest, Missing):
            return Missing("no CLIP was tested")
        return "under" if self.hottest.estimate < 1 else "over" if self.coldest.estimate > 1 else "both"


@dataclass(frozen=True)
class NumberOfTemplates:
    """What the fewest templates change in place of the most, in every property."""

    fewest: Text  # with the word for templates
    most: Text
    changes: Mapping[str, Said]

    @property
    def answer(self) -> Text:
        """Which of `PROPERTIES` change too little to matter, and what the others do."""
        texts = {TITLES[name]: weighed(self.changes[name], name) for name in PROPERTIES}
        known = {title: text for title, text in texts.items() if not isinstance(text, Missing)}
        if not known:
            return Missing("no property was measured")
        small = [title for title, text in known.items() if text == TOO_SMALL]
        verb = TOO_SMALL if len(small) == 1 else TOO_SMALL.replace("changes", "change")
        *most, last = [
            *([f"{listed(small)} {verb}"] if small else []),
            *(f"{title} {text}" for title, text in known.items() if text != TOO_SMALL),
        ]
        return Text(f"{'; '.join(most)}; and {last}" if most else last)


def usual_set(tested: Tested, changes: pd.DataFrame) -> UsualSet:
    """Return what the CLIPs of a study are like; `changes` is as of `changes.changes`."""
    temperature = tested.values.sel(property="temperature", prompt_set=tested.base).isel(draw=0)
    of_source = changes[changes["source"] != EVERY].groupby("source", sort=False)["families"].max()
    few = [f"`{name}` ({number})" for name, number in of_source.items() if number < FEWEST_UNITS]
    return UsualSet(
        Text(tested.models.sizes["model"]),
        Text(changes["families"].max()),
        *level_of(changes, tested.base),
        Value(temperature.min().item(), scale="number"),
        Value(temperature.max().item(), scale="number"),
        listed(few),
    )


def number_of_templates(tested: Tested, confidence: float) -> NumberOfTemplates | None:
    """Return what the fewest templates change in place of the most; None where there is one number only."""
    sets = by_number(tested.prompt_sets)
    if len(sets) < 2:
        return None
    fewest, most = NUMBERS[sets[0]], NUMBERS[sets[-1]]
    names = dict.fromkeys([*PROPERTIES, *tested.properties])
    return NumberOfTemplates(
        Text(f"{fewest} template{'' if fewest == 1 else 's'}"),
        Text(most),
        {name: contrast(tested, sets[0], sets[-1], name, confidence) for name in names},
    )
