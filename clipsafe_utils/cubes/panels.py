"""What a chapter reads: one cube of each study that has it, and a sentence for each study that has not."""

from collections.abc import Sequence
from dataclasses import dataclass

import xarray as xr

from clipsafe_utils.cubes.schema import LEFT_OUT, SCHEMAS
from clipsafe_utils.cubes.selection import select_models
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.say import listed


@dataclass(frozen=True)
class Panel:
    """One study's share of a figure."""

    study: str
    cube: xr.Dataset  # each network once, only the groups that were asked for
    models: xr.Dataset  # in the same order


def read_panels(studies: Sequence[str], cube: str, groups: Sequence[str]) -> list[Panel]:
    """Return the panels of the studies that have the cube and a model of the groups, in their order."""
    panels = []
    for study in map(find_study, studies):
        if study.has(cube):
            kept, models = select_models(study.read(cube), study.read("models"), groups)
            if kept.sizes["model"]:
                panels.append(Panel(study.name, kept, models))
    return panels


def left_out(studies: Sequence[str], cube: str, groups: Sequence[str]) -> list[str]:
    """Say in words which studies have no panel."""
    present = {panel.study for panel in read_panels(studies, cube, groups)}
    what = f"`{cube}` ({SCHEMAS[cube].title.lower()})"
    sentences = []
    for study in map(find_study, studies):
        if study.name not in present:
            sentences.append(
                f"The study `{study.name}` has no cube {what} for these groups: its panel is left out."
            )
        if study.has("models") and (sources := study.read("models").attrs.get(LEFT_OUT)):
            sentences.append(f"The study `{study.name}` was built without these sources: {sources}.")
    return sentences


def nothing_to_show(studies: Sequence[str], *cubes: str, why: Sequence[str] = ()) -> ClipsafeError:
    """Give the error of a page that has no data at all."""
    which, has = ("study", "has") if len(studies) == 1 else ("studies", "have")
    names = listed(find_study(study).name for study in studies)
    missing = f"the {which} {names} {has} no model of these groups in {listed(cubes, last='or')}."
    return ClipsafeError(f"Nothing to show: {' '.join(why) or missing}")
