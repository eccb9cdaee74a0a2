"""Chapter 2: shape as a skill, on images that keep little but shape, beside shape as a preference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.say import Missing, Said, Text, Value, listed, nothing

SETS = {
    "sketch": "sketches",
    "edge": "edges",
    "silhouette": "silhouettes",
    "stylized": "stylised photographs",
}
"""The sets in the order of the figure, and what they are called in a sentence."""

_HARD = "edge"  # the set with the least but shape
_LANGUAGE = ("clip_zero_shot", "clip_fine_tuned", "human", "other")


@dataclass(frozen=True)
class OnSet:
    """Accuracy on one set, of people and of groups of networks."""

    people: Said  # mean over people
    people_low: Said
    people_high: Said
    clips_low: Said
    clips_high: Said
    standard_high: Said
    stylised_high: Said
    others_high: Said  # the best network that learnt no language and no stylised images


@dataclass(frozen=True)
class Contrasted:
    """Two networks: one that prefers shape and lacks the skill, one that has it and prefers texture."""

    preferring: Text
    preference: Said
    its_accuracy: Said
    skilled: Text
    its_preference: Said
    accuracy: Said


@dataclass(frozen=True, eq=False)
class Skill:
    """Accuracy among sixteen classes of real networks and people, beside the shape bias of the same rows."""

    panel: Panel | None
    bias: Mapping[str, float]  # by row, on conflict images
    people_bias: float  # of other people, on conflict images; NaN where none was asked

    @property
    def study(self) -> str:
        """The name of the study."""
        return "" if self.panel is None else self.panel.study

    @cached_property
    def frame(self) -> pd.DataFrame:
        """A row an observer and set: set, model, name, group, bias (NaN: not measured), accuracy."""
        columns = ["set", "model", "name", "group", "bias", "accuracy"]
        if self.panel is None:
            return pd.DataFrame(columns=columns)
        models, cube = self.panel.models, self.panel.cube
        names = short_names(models["model"].values.tolist(), models["checkpoint"].values.tolist())
        accuracy = (cube["hits"] / cube["images"]).to_pandas()
        rows = [
            (name, model, called, group, self.bias.get(model, np.nan), accuracy.loc[model, name])
            for name in [*SETS, *sorted(set(accuracy) - set(SETS))]
            if name in accuracy
            for model, called, group in zip(
                models["model"].values.tolist(), names, models["group"].values.tolist(), strict=True
            )
        ]
        return pd.DataFrame(rows, columns=columns).dropna(subset=["accuracy"])

    @cached_property
    def sets(self) -> dict[str, OnSet]:
        """Accuracy on each set."""
        return {name: self._on_set(name) for name in SETS}

    @property
    def clips(self) -> Text:
        """How many zero-shot CLIPs there are."""
        number = self.frame.loc[self.frame["group"] == "clip_zero_shot", "model"].nunique()
        return Text(number) if number else Missing("no zero-shot CLIP")

    @property
    def ahead(self) -> Text:
        """The sets on which every zero-shot CLIP names more than each network with ImageNet labels."""
        return self._where(lambda one: (one.clips_low, one.standard_high))

    @property
    def like_people(self) -> Text:
        """The sets on which some CLIP is at the mean of people or above."""
        return self._where(lambda one: (one.clips_high, one.people))

    @property
    def matched(self) -> Text:
        """The sets on which a network that learnt no language is as good as the worst of the CLIPs."""
        return self._where(lambda one: (one.others_high, one.clips_low))

    @property
    def contrasted(self) -> Contrasted:
        """The network of stylised training with the strongest preference, and one with the opposite.

        The other is the network with the weakest preference that reaches the worst CLIP on edges.
        """
        edges = self.frame[(self.frame["set"] == _HARD) & self.frame["bias"].notna()]
        stylised = edges[edges["group"] == "robust_intervention"].sort_values("bias")
        worst = self.sets[_HARD].clips_low
        if isinstance(worst, Missing) or not len(stylised):
            return nothing(Contrasted, "no CLIP, or no network trained on stylised images, saw edges")
        skilled = edges[~edges["group"].isin(_LANGUAGE) & (edges["accuracy"] >= worst.estimate)]
        if not len(skilled):
            return nothing(Contrasted, "no network without language reaches the CLIPs on edges")
        one, other = stylised.iloc[-1], skilled.sort_values("bias").iloc[0]
        return Contrasted(
            Text(one["name"]),
            Value(float(one["bias"])),
            Value(float(one["accuracy"])),
            Text(other["name"]),
            Value(float(other["bias"])),
            Value(float(other["accuracy"])),
        )

    @property
    def parts(self) -> str:
        """Whether the network that prefers shape more has less of the skill: `parted`, `together`, `open`."""
        pair = self.contrasted
        numbers = [pair.preference, pair.its_preference, pair.its_accuracy, pair.accuracy]
        known = [one.estimate for one in numbers if isinstance(one, Value)]
        if len(known) < len(numbers):
            return "open"
        preference, its_preference, its_accuracy, accuracy = known
        return "parted" if preference > its_preference and its_accuracy < accuracy else "together"

    def _on_set(self, name: str) -> OnSet:
        rows = self.frame[self.frame["set"] == name]

        def of(groups: tuple[str, ...], how: str) -> Said:
            accuracy = rows.loc[rows["group"].isin(groups), "accuracy"]
            return Value(float(accuracy.agg(how))) if len(accuracy) else Missing(f"no {groups[0]} saw {name}")

        return OnSet(
            people=of(("human",), "mean"),
            people_low=of(("human",), "min"),
            people_high=of(("human",), "max"),
            clips_low=of(("clip_zero_shot",), "min"),
            clips_high=of(("clip_zero_shot",), "max"),
            standard_high=of(("standard",), "max"),
            stylised_high=of(("robust_intervention",), "max"),
            others_high=of(("more_data", "contrastive", "standard", "control"), "max"),
        )

    def _where(self, pair: Callable[[OnSet], tuple[Said, Said]]) -> Text:
        """List the sets on which the first of two values reaches the second."""
        measured = {name: pair(one) for name, one in self.sets.items()}
        known = {
            name: (first, second)
            for name, (first, second) in measured.items()
            if isinstance(first, Value) and isinstance(second, Value)
        }
        if not known:
            return Missing("no set on which both were measured")
        names = [SETS[name] for name, (first, second) in known.items() if first.estimate >= second.estimate]
        return listed(names)
