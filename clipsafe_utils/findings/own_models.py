"""A reader's own models: judged by the line of a study beside theirs, and counted nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.importing.recognising import IN_RECORD
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES
from clipsafe_utils.metrics.intervals import ALPHA, holm
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.say import Text, listed

_NO_LINE = "own"
"""The group of own models while they are judged: they draw no line, whatever they are."""

ABOVE, BELOW, WITHIN = "above", "below", "within"

_PARTS = {
    ABOVE: "above the line on",
    BELOW: "below the line on",
    WITHIN: "within the range of a new family on",
    "unknown": "not measured, since no line reaches its accuracy, on",
}


@dataclass(frozen=True)
class Standing:
    """Where an own model stands by a line, after Holm's correction over all that it was judged on."""

    model: str
    study: str
    on: tuple[tuple[str, str], ...]  # what it was judged on, each with a word of `_PARTS`

    @property
    def who(self) -> Text:
        """The model and its study as a sentence names them."""
        return who_of(self.model, self.study)

    @property
    def stands(self) -> Text:
        """Where it stands, as the end of a sentence."""
        said = (f"{part} {self.named(word)}" for word, part in _PARTS.items() if self.has(word))
        return Text("; ".join(said))

    def has(self, word: str) -> bool:
        """Say whether there is anything on which it stands so."""
        return any(found == word for _, found in self.on)

    def named(self, word: str) -> Text:
        """Return on what it stands so."""
        return listed(name for name, found in self.on if found == word)


def who_of(model: str, study: str) -> Text:
    """Name an own model and its study in a sentence: neither is read as markup."""
    return Text(f"{_as_code(model)} of the study {_as_code(study)}")


def _as_code(name: str) -> str:
    return f"`{name.replace('`', '')}`"


def without_a_line(panels: Sequence[Panel]) -> list[str]:
    """Return the studies of real models that could draw no line, if another of them can."""
    real = [panel for panel in panels if is_real(panel.cube)]
    drawing = {panel.study for panel in real if draws_a_line(panel.models)}
    return [panel.study for panel in real if panel.study not in drawing] if drawing else []


def draws_a_line(models: xr.Dataset) -> bool:
    """Say whether models, with `group` and `family`, have standard networks of enough families for a line."""
    standard = (models["group"] == "standard").values
    return np.unique(models["family"].values[standard]).size > MINIMUM_FAMILIES


def own_names(rows: Sequence[str]) -> list[str]:
    """Return the names of own models by their rows; the record may have the network under another."""
    return short_names(rows, rows)


def is_one_of(own: xr.Dataset, host: xr.Dataset) -> NDArray[np.bool_]:
    """Return a mask of the models that `clipsafe import` found to be one of a cube `models`, as that says."""
    rows = own.attrs.get(IN_RECORD, "").split("\n")
    return np.asarray(host["model"].isin(rows).values)


def beside(host: Panel, own: Panel) -> Panel:
    """Put own models under those of a study, in a group that draws no line, numbered as no model is named.

    Both cubes have the same variables and labels.
    """
    numbers = [str(number) for number in range(own.cube.sizes["model"])]
    models = own.models.assign_coords(model=numbers)
    models = models.assign(group=("model", np.full(len(numbers), _NO_LINE)))
    cubes = [host.cube, own.cube.assign_coords(model=numbers)]
    who = [one[["group", "family"]] for one in (host.models, models)]
    cube, rows = (
        xr.concat(parts, "model", join="exact", coords="minimal", compat="override", combine_attrs="override")
        for parts in (cubes, who)
    )
    return Panel(host.study, cube, rows)


def verdicts(height: Array, p_value: Array, measured: NDArray[np.bool_]) -> list[str]:
    """Say how each height above a line stands, by Holm's correction over all that were measured."""
    words = np.full(len(height), "unknown")
    if measured.any():
        is_off = holm(p_value[measured]) < ALPHA
        words[measured] = np.where(is_off, np.where(height[measured] > 0, ABOVE, BELOW), WITHIN)
    return [str(word) for word in words]


def standing(
    model: str,
    study: str,
    names: Sequence[str],
    height: Array,
    p_value: Array,
    measured: NDArray[np.bool_],
) -> Standing:
    """Say where a model stands by its heights above a line."""
    words = verdicts(height, p_value, measured)
    return Standing(model, study, tuple(zip(names, words, strict=True)))
