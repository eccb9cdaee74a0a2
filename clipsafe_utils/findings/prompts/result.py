"""Test-time prompts: everything that chapter 5 says, found once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.panels import Panel, nothing_to_show, read_panels
from clipsafe_utils.findings.prompts import panels
from clipsafe_utils.findings.prompts.changes import (
    EVERY,
    PROPERTIES,
    TITLES,
    TOO_SMALL,
    Tested,
    Weight,
    change_of,
    changes,
    contrast,
    fewest_and_most,
    read_tested,
    weigh,
    weighed,
)
from clipsafe_utils.findings.prompts.kept_images import MEASURED
from clipsafe_utils.findings.prompts.own import NONE, own_changes
from clipsafe_utils.findings.prompts.sets import NUMBERS, WORDINGS, by_wording, title_of
from clipsafe_utils.findings.prompts.subsets import pool_of, spread, subset_changes
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.say import Missing, Said, Text, Value, count, listed

Reading = Literal["gain", "loss", "no gain", "no loss", "undecided"]
"""What ECE and NLL, held against each other, make of a wording."""

_FAR = 10
"""How many times as much as the number of templates the words must change to matter "far more"."""


@dataclass(frozen=True)
class UsualSet:
    """CLIPs of a study under the usual set of prompts.

    Attributes
    ----------
    clips, families : Text
        How many.
    templates : Text
        How many the set has.
    accuracy, confidence : Value or Missing
        Means over families; a model that is nowhere over-confident is as confident as its accuracy less its
        calibration error.
    coldest, hottest : Value or Missing
        The lowest and the highest temperature that suits a CLIP.
    ece_kind : Text
        Whether the calibration error is the debiased or the plain one.
    undecided : Text
        Sources with too few families to decide anything.
    """

    clips: Text
    families: Text
    templates: Text
    accuracy: Said
    confidence: Said
    coldest: Said
    hottest: Said
    ece_kind: Text
    undecided: Text

    @property
    def off(self) -> Literal["under", "over", "both"] | Missing:
        """Whether all CLIPs are under-confident, all over-confident, or neither."""
        if isinstance(self.coldest, Missing) or isinstance(self.hottest, Missing):
            return Missing("no CLIP was tested")
        return "under" if self.hottest.estimate < 1 else "over" if self.coldest.estimate > 1 else "both"


@dataclass(frozen=True)
class NumberOfTemplates:
    """What the fewest templates change in place of the most.

    Attributes
    ----------
    fewest, most : Text
        How many these are.
    changes : mapping of str to Value or Missing
        Of every property.
    """

    fewest: Text
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


@dataclass(frozen=True)
class Wording:
    """What another wording changes from the usual set.

    Attributes
    ----------
    changes : mapping of str to Value or Missing
        Of every property, over the CLIPs of all sources.
    accuracy_on : mapping of str to Value or Missing
        Change of accuracy, by training source.
    accuracy, confidence : Value or Missing
        Under this wording; as of `UsualSet`.
    """

    changes: Mapping[str, Said]
    accuracy_on: Mapping[str, Said]
    accuracy: Said
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
class Subsets:
    """How much one choice of templates differs from another of equal number, on kept images.

    Attributes
    ----------
    pool : Text
        Templates that are drawn from.
    known, unknown : Text
        Images.
    one, ten : mapping of str to Value or Missing
        By property, the standard deviation over subsets of that size, of the source with the largest.
    mean : Value or Missing
        How far the mean over subsets of ten is at most from that over single templates.
    """

    pool: Text
    known: Text
    unknown: Text
    one: Mapping[str, Said]
    ten: Mapping[str, Said]
    mean: Said

    @property
    def narrows(self) -> Literal["yes", "no"] | Missing:
        """Whether ten templates differ less than one, in every property."""
        narrower = []
        for name, one in self.one.items():
            ten = self.ten[name]
            if isinstance(one, Missing) or isinstance(ten, Missing):
                return Missing("there are no subsets of ten")
            narrower.append(ten.estimate < one.estimate)
        return "yes" if all(narrower) else "no"


@dataclass(frozen=True, eq=False)
class OtherPrompts:
    """What chapter 5 found, for its sentences, tables and figures; the sentences speak of the first study.

    Attributes
    ----------
    tested : list of Tested
        CLIPs under other prompts, a study each.
    left_out : list of str
        In words, which studies have none.
    kept : list of Panel
        Cubes `embeddings`, a study each.
    confidence : float
        Level of the intervals.
    own : mapping of str to DataFrame
        By study, as of `own_changes`.
    n_subsets, seed : int
        Of the random subsets.
    asked : bool
        Whether a reader gave prompts.
    """

    tested: Sequence[Tested]
    left_out: Sequence[str]
    kept: Sequence[Panel]
    confidence: float
    own: Mapping[str, pd.DataFrame]
    n_subsets: int = 20
    seed: int = 0
    asked: bool = False

    @cached_property
    def changes(self) -> dict[str, pd.DataFrame]:
        """Changes from the usual set, by study."""
        return {one.study: changes(one, self.confidence) for one in self.tested}

    @cached_property
    def by_number(self) -> dict[Property, pd.DataFrame]:
        """What the figure of the number of templates is drawn from."""
        return panels.number_tables(self.changes)

    @cached_property
    def by_wording(self) -> dict[Property, pd.DataFrame]:
        """What the figure of the wordings is drawn from."""
        return panels.wording_tables(self.changes)

    @cached_property
    def subset_changes(self) -> dict[str, pd.DataFrame]:
        """Changes under random subsets of the templates, by study."""
        return {
            panel.study: subset_changes(panel.cube, panel.models, self.n_subsets, self.seed)
            for panel in self.kept
        }

    @cached_property
    def by_subset(self) -> dict[Property, pd.DataFrame]:
        """What the figure of random subsets is drawn from."""
        return panels.subset_tables(self.subset_changes)

    @property
    def evidence(self) -> Literal["proxy", "measured"]:
        """Whether the first study is one of a drawn world or of real models."""
        models = [*(one.models for one in self.tested), *(one.models for one in self.kept)][0]
        return "proxy" if models.attrs.get("evidence") == "proxy" else "measured"

    @property
    def drawn(self) -> Text:
        """The drawn world, by that name; missing where the sentences are about real models."""
        return Text("the drawn world") if self.evidence == "proxy" else Missing("the models are real")

    @property
    def own_prompts(self) -> Literal["none", "no embeddings", "shown"]:
        """Whether a reader's own prompts are shown."""
        return "none" if not self.asked else "shown" if self.own else "no embeddings"

    @cached_property
    def usual(self) -> UsualSet:
        """The usual set of prompts."""
        if not self.tested:
            return UsualSet(*[Missing("no study has CLIPs under other prompts")] * 9)
        tested = self.tested[0]
        table = self.changes[tested.study]
        temperature = tested.values.sel(property="temperature", prompt_set=tested.base).isel(draw=0)
        of_source = table[table["source"] != EVERY].groupby("source", sort=False)["families"].max()
        few = [f"`{name}` ({number})" for name, number in of_source.items() if number < MINIMUM_FAMILIES]
        return UsualSet(
            Text(tested.models.sizes["model"]),
            Text(table["families"].max()),
            Text(NUMBERS[tested.base]),
            *_levels(table, tested.base),
            Value(temperature.min().item(), scale="number"),
            Value(temperature.max().item(), scale="number"),
            Text("debiased" if tested.is_debiased else "plain"),
            listed(few) if few else Missing("every source has families enough"),
        )

    @cached_property
    def numbers(self) -> dict[str, NumberOfTemplates]:
        """The number of templates, by study; studies that have one number only are left out."""
        every = {one.study: number_of_templates(one, self.confidence) for one in self.tested}
        return {study: one for study, one in every.items() if one is not None}

    @property
    def number(self) -> NumberOfTemplates:
        """The number of templates in the first study."""
        found = self.numbers.get(self.tested[0].study) if self.tested else None
        none = Missing("no study has two sets that differ in number alone")
        return found or NumberOfTemplates(none, none, dict.fromkeys(PROPERTIES, none))

    @cached_property
    def wordings(self) -> dict[str, Wording]:
        """Other wordings, by the names of `WORDINGS`; changes of those that were not tried are missing."""
        table = self.changes[self.tested[0].study] if self.tested else _NO_CHANGES
        sources = [*dict.fromkeys(["wit", "laion", *table["source"]])]
        return {
            name: Wording(
                {one: change_of(table, name, one) for one in PROPERTIES},
                {source: change_of(table, name, "accuracy", source) for source in sources},
                *_levels(table, name),
            )
            for name in dict.fromkeys([*WORDINGS, *by_wording(table["prompt_set"].unique())])
        }

    @cached_property
    def worst(self) -> str | Missing:
        """Name of the wording with the lowest accuracy."""
        moved = {name: wording.changes["accuracy"] for name, wording in self.wordings.items()}
        known = {name: change.estimate for name, change in moved.items() if isinstance(change, Value)}
        return min(known, key=known.__getitem__) if known else Missing("no other wording was tried")

    @property
    def worst_title(self) -> Text:
        """What figures call the worst wording."""
        return self.worst if isinstance(self.worst, Missing) else Text(title_of(self.worst))

    @property
    def worst_change(self) -> Said:
        """What it does to accuracy."""
        return (
            self.worst if isinstance(self.worst, Missing) else self.wordings[self.worst].changes["accuracy"]
        )

    @property
    def words_matter(self) -> Literal["far more", "otherwise"] | Missing:
        """Whether the worst wording changes accuracy far more than the number of templates does."""
        number = self.number.changes["accuracy"]
        if isinstance(self.worst_change, Missing):
            return self.worst_change
        is_far = isinstance(number, Value) and abs(self.worst_change.estimate) > _FAR * abs(number.estimate)
        return "far more" if is_far else "otherwise"

    @property
    def drawing_is_worst(self) -> Literal["yes", "no"] | Missing:
        """Whether "a drawing of a" lowers accuracy most."""
        return self.worst if isinstance(self.worst, Missing) else "yes" if self.worst == "drawing" else "no"

    @property
    def only_the_name(self) -> Literal["yes", "no", "undecided"] | Missing:
        """Whether the name alone, and the words in the wrong order, change too little to matter."""
        weights = [self.wordings[name].weight for name in ("name_only", "scrambled")]
        missing = next((weight for weight in weights if isinstance(weight, Missing)), None)
        if missing is not None or set(weights) == {"small"}:
            return missing or "yes"
        return "no" if {"up", "down"} & set(weights) else "undecided"

    @property
    def learnt_more(self) -> Literal["yes", "no"] | Missing:
        """Whether "a drawing of a" costs more where its words are learnt better: on `laion`."""
        wit, laion = (self.wordings["drawing"].accuracy_on[source] for source in ("wit", "laion"))
        if isinstance(wit, Missing) or isinstance(laion, Missing):
            return Missing("no CLIPs of both sources were tested")
        return "yes" if laion.estimate < min(wit.estimate, 0) else "no"

    @property
    def opposite(self) -> Literal["yes", "no"] | Missing:
        """Whether a background is a gain, and a drawing lowers ECE without one."""
        readings = [self.wordings[name].reading for name in ("backgrounds", "drawing")]
        missing = next((reading for reading in readings if isinstance(reading, Missing)), None)
        return missing or ("yes" if readings == ["gain", "no gain"] else "no")

    @cached_property
    def subsets(self) -> Subsets:
        """Random subsets of the templates."""
        table = next((table for table in self.by_subset.values()), None)
        if table is None:
            none = Missing("no study has kept the embeddings of single templates")
            nothing: dict[str, Said] = dict.fromkeys(MEASURED, none)
            return Subsets(none, none, none, nothing, nothing, none)
        panel = next(one for one in self.kept if len(self.subset_changes[one.study]))
        return _subsets(panel.cube, self.subset_changes[panel.study])

    @property
    def inside(self) -> Text:
        """How many curves of the figure of numbers stay where changes are too small to matter."""
        curves = [
            rows["value"].abs().max() < panel.smallest
            for panel, table in self.by_number.items()
            for _, rows in table.groupby("source")
        ]
        return count(sum(curves), len(curves)) if curves else Missing("no study has another number")


_NO_CHANGES = pd.DataFrame(columns=["source", "prompt_set", "property", "level", "value", "families"])


def number_of_templates(tested: Tested, confidence: float) -> NumberOfTemplates | None:
    """Return what the fewest templates change in place of the most; None where there is one number only."""
    ends = fewest_and_most(tested)
    if ends is None:
        return None
    fewest, most = (NUMBERS[name] for name in ends)
    names = dict.fromkeys([*PROPERTIES, *tested.properties])
    return NumberOfTemplates(
        Text(f"{fewest} template{'' if fewest == 1 else 's'}"),
        Text(most),
        {name: contrast(tested, *ends, name, confidence) for name in names},
    )


def _levels(table: pd.DataFrame, prompt_set: str) -> tuple[Said, Said]:
    """Return accuracy under a set, and mean confidence: where no model is over-confident, less its error."""
    rows = table[(table["source"] == EVERY) & (table["prompt_set"] == prompt_set)]
    level = rows.set_index("property")["level"]
    if not {"accuracy", "ece"} <= set(level.index):
        none = Missing("the set was not tried")
        return none, none
    return Value(float(level["accuracy"])), Value(float(level["accuracy"] - level["ece"]))


def _subsets(cube: xr.Dataset, table: pd.DataFrame) -> Subsets:
    widest = spread(table).groupby(["property", "templates"])["spread"].max()
    means = table.groupby(["property", "source", "templates"])["value"].mean().unstack()

    def of_size(size: int) -> dict[str, Said]:
        none = Missing(f"there are no subsets of {size}")
        return {
            name: Value(float(widest[name, size]), scale="difference") if (name, size) in widest else none
            for name in MEASURED
        }

    none = Missing("there are no subsets of ten")
    moved = (means[10] - means[1]).abs().max() if {1, 10} <= set(means) else np.nan
    known = int((cube["label"].values >= 0).sum())
    return Subsets(
        Text(len(pool_of(cube))),
        Text(f"{known:,}"),
        Text(f"{cube.sizes['image'] - known:,}"),
        of_size(1),
        of_size(10),
        Value(float(moved), scale="difference") if np.isfinite(moved) else none,
    )


def other_prompts(chosen: CheckedParameters) -> OtherPrompts:
    """Find what other prompts change in zero-shot CLIPs.

    Parameters
    ----------
    chosen : CheckedParameters
        Parameters of chapter 5.

    Raises
    ------
    ClipsafeError
        If a study or one of its cubes is at fault, none has CLIPs under other prompts, or a reader's own
        prompts cannot be measured.

    Examples
    --------
    >>> from clipsafe_utils import parameters_of
    >>> found = other_prompts(parameters_of("prompts", {"studies": ["miniature"]}))
    >>> found.usual.clips, found.worst_title
    (22, a drawing of a …)
    """
    tested, sentences = read_tested(chosen.studies, chosen.groups)
    kept = read_panels(chosen.studies, "embeddings", chosen.groups)
    if not tested and not kept:
        raise nothing_to_show(chosen.studies, "prompts", "embeddings")
    asked = tuple(chosen.prompts) != NONE
    return OtherPrompts(
        tested,
        sentences,
        kept,
        chosen.confidence,
        {panel.study: own_changes(panel.cube, chosen.prompts, chosen.confidence) for panel in kept}
        if asked
        else {},
        chosen.n_subsets,
        chosen.seed,
        asked,
    )
