"""Statistics of the claims on prompts: one template against as many as a study has."""

from dataclasses import replace

import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import Evidence
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.statistics.cases import of_networks
from clipsafe_utils.claims.statistics.detection_scores import mean_auroc
from clipsafe_utils.claims.statistics.register import statistic
from clipsafe_utils.cubes import HEADLINE_FACTORS
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.schema import OVERALL

_FEWEST = ("one", "1")
"""Names of the set of one template: that of the laboratory, and that of the engine."""

_MOST = ("eighty", "80", "default")
"""Names of the set with most templates, of which the first that a study has counts."""

_ERRORS = {"debiased": "ece_debiased", "plain": "ece"}


@statistic
def fewer_prompts_on_detection(reader: Reader, choices: Choices) -> Evidence:
    """AUROC of each zero-shot CLIP, over kinds of set, with one template less that with many."""
    panel = two_sets(reader)
    if "auroc" not in panel.cube:
        raise NotMeasuredError("no detection in the cube prompts")
    return fewer_less_many(mean_auroc(panel.cube[["auroc"]], choices), panel)


@statistic
def fewer_prompts_on_calibration(reader: Reader, choices: Choices) -> Evidence:
    """Calibration error of each zero-shot CLIP with one template less that with many."""
    panel = two_sets(reader)
    name = _ERRORS.get(choices.error)
    if name is None or name not in panel.cube:
        raise NotMeasuredError(f"no {choices.error.replace('_', ' ')} error in the cube prompts")
    return fewer_less_many(panel.cube[name], panel)


@statistic
def fewer_prompts_on_factors(reader: Reader, choices: Choices) -> Evidence:  # noqa: ARG001
    """Robustness of each zero-shot CLIP with one template less that with many.

    Robustness is accuracy on a factor less overall accuracy, averaged over the headline factors.
    """
    panel = two_sets(reader)
    if "images" not in panel.cube:
        raise NotMeasuredError("no number of images of each factor in the cube prompts")
    known = panel.cube["factor"].values.tolist()
    factors = [name for name in HEADLINE_FACTORS if name in known]
    if not factors or OVERALL not in known:
        raise NotMeasuredError("no factors and overall accuracy in the cube prompts")
    accuracy = panel.cube["hits"] / panel.cube["images"]
    gap = accuracy.sel(factor=factors).mean("factor") - accuracy.sel(factor=OVERALL)
    return fewer_less_many(gap, panel)


def two_sets(reader: Reader) -> Panel:
    """Cut the panel to zero-shot CLIPs and the two sets; subsets of a set, which were drawn, are averaged."""
    panel = reader.needed("prompts")
    known = panel.cube["prompt_set"].values.tolist()
    sets = [next((name for name in names if name in known), None) for names in (_FEWEST, _MOST)]
    if None in sets:
        raise NotMeasuredError("no set of one template beside one of many")
    clips = panel.models["group"].values == "clip_zero_shot"
    cube = panel.cube.isel(model=clips).sel(prompt_set=sets).mean("subset")
    return Panel(panel.study, cube, panel.models.isel(model=clips))


def fewer_less_many(values: xr.DataArray, panel: Panel) -> Evidence:
    """Take the change of each CLIP from the larger of two sets to the smaller as its effect."""
    few, many = values["prompt_set"].values.tolist()
    change = values.sel(prompt_set=few, drop=True) - values.sel(prompt_set=many, drop=True)
    return replace(of_networks(change, panel.models), which=f"{few} less {many}")
