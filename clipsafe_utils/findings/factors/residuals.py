"""Chapter 1: what is computed from the residuals of CLIP models on visual factors."""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import GROUPS, HEADLINE_FACTORS, OVERALL, clip_models
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.schema import LABEL_RULE
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.metrics import labelled
from clipsafe_utils.metrics.baseline import Spread, predict_baseline, prediction_interval, support
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES
from clipsafe_utils.metrics.groups import group_means
from clipsafe_utils.metrics.intervals import ALPHA, holm, student_p_value, student_quantile
from clipsafe_utils.metrics.labelled import factor_accuracy, reference_accuracy
from clipsafe_utils.metrics.robustness import effective_robustness
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.say import Text

CHOICES: Mapping[str, tuple[str, ...]] = {
    "selection": ("top", "multi"),
    "axes": ("raw", "probit"),
    "reference": ("overall", "without_factor"),
    "fit": ("huber", "least_squares", "local"),
}
"""What an analyst has to choose; the figure of every choice crosses all of them."""

HEADLINE: Mapping[str, str] = {name: labels[0] for name, labels in CHOICES.items()}
"""What the book chooses."""

COMPARED_GROUPS = ("standard", "contrastive", "more_data", "robust_intervention", *CLIP_GROUPS)
"""Groups that are compared with the one that draws the line."""

GRID = 50
"""Points at which a line is drawn."""

A_CROWD = 6
"""More CLIPs than this are shown by group: a name for each would crowd figures and tables out."""


def with_label_rule(panel: Panel, label_rule: str, selection: str) -> Panel | None:
    """Cut a panel to what counts as right by one of `LABEL_RULES`; None where nothing was counted by it.

    A cube without the dim counts the class alone. Networks without any count by the rule and the selection
    are left out.
    """
    cube, models = panel.cube, panel.models
    if "label_rule" not in cube.dims:
        return panel if label_rule == LABEL_RULE else None
    if label_rule not in cube["label_rule"].values:
        return None
    cube = cube.sel(label_rule=label_rule, drop=True)
    if selection in cube["selection"].values:
        counted = cube["hits"].sel(selection=selection).notnull().any("factor")
        names = counted["model"].values[counted.values]
        cube, models = cube.sel(model=names), models.sel(model=names)
    return Panel(panel.study, cube, models)


def with_a_line(
    panels: Sequence[Panel],
    factor_names: Sequence[str],
    selection: str,
    baseline_group: str,
    axes: str,
    label_rule: str = LABEL_RULE,
) -> tuple[list[Panel], list[str]]:
    """Part the studies for which a line can be drawn from those for which it cannot.

    Returns the panels cut to one label rule, the factors that were asked for and `overall`, and in words what
    the others lack and which factors a study has no images of.
    """
    kept, sentences = [], []
    for whole in panels:
        panel = with_label_rule(whole, label_rule, selection)
        if panel is None:
            lacks = f"has no answers counted by the label rule `{label_rule}`"
            sentences.append(f"The study `{whole.study}` {lacks}: its panel is left out.")
            continue
        known = [name for name in factor_names if name in panel.cube["factor"].values]
        unknown = [name.replace("_", " ") for name in factor_names if name not in known]
        if unknown:
            sentences.append(f"The study `{panel.study}` has no images for: {', '.join(unknown)}.")
        cut = Panel(panel.study, panel.cube.sel(factor=[*known, OVERALL]), panel.models)
        lacking = _lacking(cut, selection, baseline_group, axes)
        if lacking:
            sentences.append(f"The study `{panel.study}` {lacking}: its panel is left out.")
        else:
            kept.append(cut)
    return kept, sentences


def line_of(baseline_group: str) -> Text:
    """Say whose line it is."""
    return Text(
        "standard models" if baseline_group == "standard" else f"the group “{GROUPS[baseline_group]}”"
    )


def factors_of(panel: Panel) -> list[str]:
    """Return the factors of a study, without `overall`."""
    return [name for name in panel.cube["factor"].values.tolist() if name != OVERALL]


def _lacking(panel: Panel, selection: str, baseline_group: str, axes: str) -> str | None:
    if panel.cube.sizes["factor"] == 1:
        return "has none of these factors"
    if selection not in panel.cube["selection"].values:
        return f"has no selection `{selection}`"
    in_baseline = (panel.models["group"] == baseline_group).values
    families = np.unique(panel.models["family"].values[in_baseline]).size
    # A model of the baseline is judged without its own family, and five have to remain.
    if families <= MINIMUM_FAMILIES:
        noun = "family" if families == 1 else "families"
        return (
            f"has {families} {noun} in the group “{GROUPS[baseline_group]}”, "
            f"and a line needs {MINIMUM_FAMILIES + 1}"
        )
    if axes == "probit" and _reaches_an_edge(panel, (selection,), in_baseline):
        return "has accuracies of 0 or 1, for which probit axes have no value"
    return None


def _reaches_an_edge(panel: Panel, selections: Sequence[str], in_baseline: np.ndarray) -> bool:
    counts = panel.cube.sel(selection=list(selections))
    at_edge = (counts["hits"] == 0) | (counts["hits"] == counts["images"])
    of_all = at_edge.sel(factor=OVERALL).any()
    return bool(of_all or at_edge.isel(model=in_baseline).any())


def judged_by_choices(panel: Panel, chosen: CheckedParameters, spread: Spread = "near") -> xr.Dataset:
    """Judge all models of a panel on all of its factors, as the parameters of the page have it."""
    return labelled.effective_robustness(
        panel.cube,
        panel.models,
        factor_names=factors_of(panel),
        selection=chosen.selection,
        baseline_group=chosen.baseline_group,
        axes=chosen.axes,
        reference=chosen.reference_accuracy,
        fit=chosen.fit,
        spread=spread,
        confidence=chosen.confidence,
    )


def verdicts(result: xr.Dataset, models: xr.Dataset, group: str = "clip_zero_shot") -> xr.Dataset:
    """Say of each training source on which factors its CLIPs stand above or below what new families do.

    CLIPs of one source share their data, so it is their mean that is judged, by the mean of their scales with
    the fewest degrees of freedom: as if they were off together. Dims source and factor: `residual`,
    `half_width` and `verdict`, which is above, below, within or not measured. P-values are Holm's over all
    sources and factors; residuals without support take no part.
    """
    here = (models["group"] == group).values
    of_model = models["training_source"].values[here]
    names = np.unique(of_model)
    of_source = xr.DataArray(of_model == names[:, None], {"source": names}, ("source", "model"))
    clips = result[["residual", "scale", "freedom", "measured"]].isel(model=here)
    clips = clips.where(of_source & clips["measured"]).transpose("source", "model", "factor")
    residual, scale = clips["residual"].mean("model"), clips["scale"].mean("model")
    freedom = clips["freedom"].min("model")
    measured = residual.notnull().values
    words = np.full(measured.shape, "not measured")
    if measured.any():
        estimate = residual.values[measured]
        p_value = student_p_value(estimate, scale.values[measured], freedom.values[measured])
        words[measured] = np.where(holm(p_value) >= ALPHA, "within", np.where(estimate > 0, "above", "below"))
    half_width = scale * student_quantile(result.attrs["confidence"], freedom)
    return xr.Dataset({"residual": residual, "half_width": half_width, "verdict": residual.copy(data=words)})


def baseline_lines(result: xr.Dataset, models: xr.Dataset, baseline_group: str) -> xr.Dataset:
    """Read the baseline's fit of each factor on a grid, for drawing.

    Dims factor and at: `predicted` accuracy, and `half_width`, how far a model of a new family may be off
    there, NaN where too few families are near. The coordinate `reference_accuracy` spans the group.
    """
    here = (models["group"] == baseline_group).values
    baseline = result.isel(model=here).transpose("factor", "model")
    x, y, families = (
        baseline["reference_accuracy"].values,
        baseline["accuracy"].values,
        models["family"].values[here],
    )
    grid = np.linspace(x.min(axis=1), x.max(axis=1), GRID, axis=1)
    predicted = predict_baseline(x, y, grid, result.attrs["fit"], result.attrs["axes"])
    half_width, *_ = prediction_interval(
        x, baseline["residual"].values, families, grid, result.attrs["spread"], result.attrs["confidence"]
    )
    is_held = support(x, families, grid) >= MINIMUM_FAMILIES
    dims = ("factor", "at")
    return xr.Dataset(
        {"predicted": (dims, predicted), "half_width": (dims, np.where(is_held, half_width, np.nan))},
        {"factor": baseline["factor"].values, "reference_accuracy": (dims, grid)},
    )


def group_residuals(
    results: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset], confidence: float
) -> dict[str, xr.Dataset]:
    """Average the supported residuals over the families of each group but the baseline, by study."""
    means = {}
    for study, result in results.items():
        compared = [name for name in COMPARED_GROUPS if name != result.attrs["baseline_group"]]
        supported = result["measured"].all("factor").values & models[study]["group"].isin(compared).values
        if supported.any():
            means[study] = group_means(
                result["residual"].isel(model=supported),
                models[study].isel(model=supported),
                compared,
                confidence,
            )
    return means


def every_choice(panel: Panel, baseline_group: str) -> xr.Dataset:
    """Judge every CLIP of a study under every combination of `CHOICES`; without probit where it has no place.

    `residual` and `measured` with the dims model, factor and one a choice; `group`, `checkpoint` and
    `architecture` by model.
    """
    clips = clip_models(panel.models)
    models = panel.models.sel(model=panel.cube["model"].values)
    in_baseline = (models["group"] == baseline_group).values
    labels: dict[str, list[Any]] = {name: sorted(known) for name, known in CHOICES.items()}
    if _reaches_an_edge(panel, labels["selection"], in_baseline):
        labels["axes"] = ["raw"]
    pairs = list(product(labels["selection"], labels["reference"]))
    across = [_of_factors(panel, reference_accuracy(panel.cube, *pair)) for pair in pairs]
    up = [_of_factors(panel, factor_accuracy(panel.cube, selection)) for selection, _ in pairs]
    # One call judges all selections and references: a batch of lines takes hardly longer than one.
    judged = [
        effective_robustness(
            across,
            up,
            models["family"].values,
            in_baseline,
            fit,
            axes,
            judged=np.isin(models["group"].values, CLIP_GROUPS),
        )
        for axes, fit in product(labels["axes"], labels["fit"])
    ]
    dims = ("axes", "fit", "selection", "reference", "factor", "model")
    coords = {**labels, "factor": factors_of(panel), "model": models["model"].values.tolist()}
    sizes = [len(coords[dim]) for dim in dims]
    found = {
        name: (dims, np.reshape([getattr(one, name) for one in judged], sizes))
        for name in ("residual", "measured")
    }
    combined = xr.Dataset(found, coords).sel(model=clips["model"].values)
    return combined.assign({name: clips[name] for name in ("group", "checkpoint", "architecture")})


def _of_factors(panel: Panel, accuracy: xr.DataArray) -> np.ndarray:
    return accuracy.sel(factor=factors_of(panel)).transpose("factor", "model").values


def has_choices(panel: Panel) -> bool:
    """Say whether a study has a CLIP and both selections that `every_choice` crosses."""
    clips = np.isin(panel.models["group"].values, CLIP_GROUPS).any()
    return bool(clips) and set(CHOICES["selection"]) <= set(panel.cube["selection"].values)


def choices_of_groups(choices: xr.Dataset) -> xr.Dataset:
    """Average `every_choice` over the CLIPs of each group, if they are too many to be drawn one by one.

    Beyond `A_CROWD`, one row a group: the mean of the CLIPs that are measured under every choice, so that all
    choices judge the same ones.
    """
    if choices.sizes["model"] <= A_CROWD:
        return choices
    measured = choices["measured"].all([dim for dim in choices["measured"].dims if dim != "model"])
    parts = []
    for group in CLIP_GROUPS:
        rows = choices[["residual"]].isel(model=(measured & (choices["group"] == group)).values)
        if not rows.sizes["model"]:
            continue
        mean = rows.mean("model").expand_dims(model=[group])
        label = f"{GROUPS[group]}, mean of {rows.sizes['model']}"
        text = {"group": group, "checkpoint": label, "architecture": "several"}
        parts.append(mean.assign({name: ("model", [value]) for name, value in text.items()}))
    return xr.concat(parts, "model") if parts else choices.isel(model=[])


def shares_of_images(panel: Panel) -> xr.DataArray:
    """Return each top factor's share of all images of the first model's evaluation."""
    images = panel.cube["images"].sel(selection="top").isel(model=0)
    return images.sel(factor=list(HEADLINE_FACTORS)) / images.sel(factor=OVERALL)


def contributions(panel: Panel, result: xr.Dataset) -> xr.DataArray:
    """Weigh the CLIPs' residuals by the images of each factor; by arithmetic they add up to about zero."""
    names = clip_models(panel.models)["model"].values
    return result["residual"].sel(model=names, factor=list(HEADLINE_FACTORS)) * shares_of_images(panel)
