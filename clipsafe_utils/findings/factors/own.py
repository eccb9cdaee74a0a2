"""A reader's own models on visual factors, by the line of the study that speaks of real models."""

from collections.abc import Sequence

from clipsafe_utils.cubes import OVERALL
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.schema import LABEL_RULE
from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.findings.factors.label_rules import Judged
from clipsafe_utils.findings.factors.residuals import factors_of, judged_by_choices, with_label_rule
from clipsafe_utils.findings.own_models import Standing, beside, is_one_of, own_names, standing
from clipsafe_utils.parameters import CheckedParameters


def counted_alike(whole: Panel, host: Panel, chosen: CheckedParameters) -> Panel | None:
    """Cut a study of real models to what a study with a line counts; None where nothing is left."""
    panel = with_label_rule(whole, LABEL_RULE, chosen.selection) if is_real(whole.cube) else None
    if panel is None or chosen.selection not in panel.cube["selection"].values:
        return None
    counts = panel.cube[["hits", "images"]].sel(selection=[chosen.selection])
    known = (counts["hits"].notnull() & (counts["images"] > 0)).all(["model", "selection"])
    names = [name for name in factors_of(host) if name in counts["factor"].values[known.values]]
    overall = counts.sel(factor=OVERALL)
    at_edge = ((overall["hits"] == 0) | (overall["hits"] == overall["images"])).any()
    if not names or not known.sel(factor=OVERALL) or (chosen.axes == "probit" and at_edge):
        return None
    return Panel(panel.study, counts.sel(factor=[*names, OVERALL]), panel.models)


def judge_own(own: Panel, host: Panel, chosen: CheckedParameters) -> Judged:
    """Judge own models, of `counted_alike`, by the line and the band of a study."""
    draws = (host.models["group"] == chosen.baseline_group).values & ~is_one_of(own.models, host.models)
    of_line = host.cube[["hits", "images"]].sel(factor=own.cube["factor"], selection=own.cube["selection"])
    both = beside(Panel(host.study, of_line.isel(model=draws), host.models.isel(model=draws)), own)
    result = judged_by_choices(both, chosen)
    mine = result.isel(model=slice(int(draws.sum()), None))
    return mine.assign_coords(model=own.cube["model"].values), own.models


def standings(study: str, judged: Judged) -> Sequence[Standing]:
    """Say of each own model of a study on which factors it stands apart."""
    result, models = judged
    table = result.transpose("model", "factor")
    factors = [name.replace("_", " ") for name in result["factor"].values.tolist()]
    names = own_names(models["model"].values.tolist())
    parts = (table[name].values for name in ("residual", "p_value", "measured"))
    return [standing(name, study, factors, *of_model) for name, *of_model in zip(names, *parts, strict=True)]
