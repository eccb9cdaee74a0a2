"""Chapter 5: what of a study is shown, as one view a scaling."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.model_names import short_names

WHOLE_SETS = ("id", "id_annotated", "natural", "own_source")
"""Conditions that are neither a factor nor a shift: a model is at home there."""
MOST_MODELS = 8
"""Of a study with more models, the figures show the most accurate of each group."""
GROUP_NAMES = {group: title.split(" (", 1)[0] for group, title in GROUPS.items()}
"""Names of the groups without what stands in brackets."""
_EVERY = "all"
_LIKE = ("redrawn", "adversarial", "v2")
"""Sets whose names begin with one of these are one kind of shift: they were built alike, or share images."""


@dataclass(frozen=True)
class View:
    """One study at one scaling."""

    study: str
    scaling: str  # "before" or "after" temperature scaling
    cube: xr.Dataset  # `calibration` without the dim scaling, complete: no model lacks a condition
    models: xr.Dataset  # the cube `models` in the same order

    @property
    def title(self) -> str:
        """The view in words."""
        return f"{self.study}, {self.scaling} scaling"

    @property
    def names(self) -> list[str]:
        """Short names of the models."""
        return short_names(self.models["model"].values.tolist(), self.models["checkpoint"].values.tolist())

    @property
    def images(self) -> xr.DataArray:
        """Images of each condition."""
        return self.cube["bin_count"].sum("bin").isel(model=0)

    @property
    def whole(self) -> str:
        """The first condition that holds the others, or else the one with the most images."""
        names = self.cube["condition"].values.tolist()
        present = [name for name in WHOLE_SETS if name in names]
        return present[0] if present else str(names[int(np.argmax(self.images.values))])

    @property
    def on_whole(self) -> xr.Dataset:
        """The cube on that condition."""
        return self.cube.sel(condition=self.whole)

    @property
    def parts(self) -> list[str]:
        """Conditions that are no whole sets: factors or shifts."""
        return parts_of(self.cube["condition"].values.tolist())


def with_bins(panel: Panel) -> Panel:
    """Cut a panel to models whose images stand in bins, and to the scalings that were measured of them.

    Of others a table states an error alone, without the chance over images: they are for a comparison of
    networks, not for these figures. There may be none left.
    """
    binned = panel.cube["bin_count"].notnull()
    models = binned.any(["condition", "scaling", "bin"]).values
    scalings = binned.isel(model=models).any(["condition", "model", "bin"]).values
    return Panel(
        panel.study, panel.cube.isel(model=models, scaling=scalings), panel.models.isel(model=models)
    )


def leading(shown: Sequence[View]) -> list[View]:
    """Return the first view of each study: that before scaling, where a study has both."""
    first: dict[str, View] = {}
    for view in shown:
        first.setdefault(view.study, view)
    return list(first.values())


def views(panels: Sequence[Panel], conditions: Sequence[str], scalings: Sequence[str]) -> list[View]:
    """Return each study at each scaling, with the conditions, of those asked for, that all its models have.

    The condition `all` stands for every one that a study has. Where a study has nothing for a scaling, the
    view is left out; see `left_out_parts`.
    """
    known = dict.fromkeys(name for panel in panels for name in panel.cube["condition"].values.tolist())
    if panels and _EVERY not in conditions and not {*conditions} & {*known}:
        raise ClipsafeError(
            f"No study has the condition '{conditions[0]}'; the conditions are all, {', '.join(known)}."
        )
    cut = []
    for panel in panels:
        models = _shown_models(panel)
        for scaling in scalings:
            if scaling in panel.cube["scaling"].values:
                cube = panel.cube.sel(scaling=scaling, model=models["model"].values)
                present = _measured_conditions(cube, conditions)
                if present:
                    cut.append(View(panel.study, scaling, cube.sel(condition=present), models))
    return cut


def left_out_parts(panels: Sequence[Panel], conditions: Sequence[str], scalings: Sequence[str]) -> list[str]:
    """Return in words which scalings, conditions and models of the studies are not shown."""
    sentences = []
    for panel in panels:
        where = f"The study `{panel.study}`"
        sentences += [
            f"{where} has no bins of confidence {name} temperature scaling."
            for name in scalings
            if name not in panel.cube["scaling"].values
        ]
        known = [*panel.cube["condition"].values.tolist(), _EVERY]
        sentences += [f"{where} has no condition `{name}`." for name in conditions if name not in known]
        shown, number = _shown_models(panel).sizes["model"], panel.models.sizes["model"]
        if shown < number:
            sentences.append(
                f"{where} has {number} models; the figures show the most accurate of each group."
            )
    return sentences


def parts_of(conditions: Sequence[str]) -> list[str]:
    """Return the conditions that are no whole sets: factors or shifts."""
    return [name for name in conditions if name not in WHOLE_SETS]


def in_order(cube: xr.Dataset) -> list[str]:
    """Return the conditions as the page lists them: whole sets, then factors or shifts, the largest first."""
    counts = cube["bin_count"].sum("bin")
    images = counts.max([dim for dim in counts.dims if dim != "condition"]).to_series()
    names = cube["condition"].values.tolist()
    parts = parts_of(names)
    return [*(name for name in names if name not in parts), *sorted(parts, key=lambda name: -images[name])]


def kinds_of(conditions: Sequence[str]) -> dict[str, list[str]]:
    """Return conditions by kind, so that a mean counts sets that were built alike once."""
    kinds: dict[str, list[str]] = {}
    for name in conditions:
        beginning = name.split("_", 1)[0]
        kinds.setdefault(beginning if beginning in _LIKE else name, []).append(name)
    return kinds


def _measured_conditions(cube: xr.Dataset, conditions: Sequence[str]) -> list[str]:
    complete = cube["ece_debiased"].notnull().all(["draw", "model"])
    complete &= cube["bin_count"].notnull().all(["model", "bin"])
    names = complete["condition"].values[complete.values].tolist()
    return [name for name in names if _EVERY in conditions or name in conditions]


def _shown_models(panel: Panel) -> xr.Dataset:
    if panel.models.sizes["model"] <= MOST_MODELS:
        return panel.models
    accuracy = panel.cube["accuracy"].isel(draw=0, condition=0, scaling=0).fillna(0).values
    group = panel.models["group"].values
    best = [np.argmax(np.where(group == name, accuracy, -1)) for name in GROUPS if name in group]
    return panel.models.isel(model=[int(row) for row in best])
