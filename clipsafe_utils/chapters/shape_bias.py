"""Chapter 2 in words and numbers."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.formats import complete, interval, level, percent, points
from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.metrics.families import difference_of_groups
from clipsafe_utils.metrics.groups import group_means
from clipsafe_utils.metrics.labelled import shape_bias_by_class

KEYS = (
    "shape-bias-people",
    "shape-bias-people-lowest",
    "shape-bias-standard-lowest",
    "shape-bias-standard-highest",
    "shape-bias-stylised-gain",
    "shape-bias-stylised-interval",
    "shape-bias-stylised-decided",
    "shape-bias-standard-decided",
    "shape-bias-people-worst-class",
    "shape-bias-standard-worst-class",
    "shape-bias-standard-best-class",
    "shape-bias-alexnet-caffe",
    "shape-bias-alexnet",
    "shape-bias-vgg16-caffe",
    "shape-bias-vgg16",
    "shape-bias-implementation-gap",
)
"""Every number that the prose of the chapter glues."""

_IMPLEMENTATIONS = ("alexnet-caffe", "alexnet", "vgg16-caffe", "vgg16")


def numbers(
    tables: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset], classes: Mapping[str, xr.Dataset]
) -> dict[str, str]:
    """Return the numbers of the prose, those of the first study that has the cube.

    Parameters
    ----------
    tables, models : mapping of str to xarray.Dataset
        By study: `shape_bias_table` and the cube `models` in the same order.
    classes : mapping of str to xarray.Dataset
        By study: `class_means`.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`; "not measured" where the observers for it are absent.

    Examples
    --------
    >>> numbers({}, {}, {})["shape-bias-people"]
    'not measured'
    """
    found: dict[str, str] = {}
    for study, result in list(tables.items())[:1]:
        group = models[study]["group"].values
        people, standard = result.isel(model=group == "human"), result.isel(model=group == "standard")
        found |= _of_people(people) | _of_standard(standard) | _of_implementations(result, models[study])
        found |= _of_stylised(result, models[study]) | _of_classes(classes[study])
    return complete(KEYS, found)


def _of_people(people: xr.Dataset) -> dict[str, str]:
    if not people.sizes["model"]:
        return {}
    shape, texture = people["shape_hits"].sum().item(), people["texture_hits"].sum().item()
    return {
        "shape-bias-people": percent(shape / (shape + texture)),
        "shape-bias-people-lowest": percent(people["shape_bias"].min().item()),
    }


def _of_standard(standard: xr.Dataset) -> dict[str, str]:
    if not standard.sizes["model"]:
        return {}
    return {
        "shape-bias-standard-lowest": percent(standard["shape_bias"].min().item()),
        "shape-bias-standard-highest": percent(standard["shape_bias"].max().item()),
        "shape-bias-standard-decided": percent(standard["share_decided"].median().item(), 0),
    }


def _of_implementations(result: xr.Dataset, models: xr.Dataset) -> dict[str, str]:
    bias = dict(zip(models["checkpoint"].values.tolist(), result["shape_bias"].values.tolist(), strict=True))
    if not set(_IMPLEMENTATIONS) <= set(bias):
        return {}
    gap = max(bias["alexnet-caffe"] - bias["alexnet"], bias["vgg16-caffe"] - bias["vgg16"])
    return {f"shape-bias-{name}": percent(bias[name]) for name in _IMPLEMENTATIONS} | {
        "shape-bias-implementation-gap": f"{100 * gap:.0f}"
    }


def _of_stylised(result: xr.Dataset, models: xr.Dataset) -> dict[str, str]:
    pairs = stylised_pairs(result, models)
    if pairs.sizes["model"] == 0:
        return {}
    gain = difference_of_groups(pairs["shape_bias"].values, pairs["family"].values, pairs["stylised"].values)
    decided = pairs["share_decided"].values[pairs["stylised"].values]
    return {
        "shape-bias-stylised-gain": points(float(gain.estimate), 0),
        "shape-bias-stylised-interval": interval(float(gain.low), float(gain.high)),
        "shape-bias-stylised-decided": percent(float(np.median(decided)), 0),
    }


def with_decision_rule(panels: Sequence[Panel], rule: str) -> tuple[list[Panel], list[str]]:
    """Keep the panels whose decisions were made by a rule, and say in words which were not.

    Parameters
    ----------
    panels : sequence of Panel
        Panels of the cube `shape_bias`.
    rule : str
        How the scores of a class's ImageNet indices become one: mean, max or sum.

    Returns
    -------
    panels, sentences : tuple of list
        A cube with the dim `decision_rule` gives the rule's part; one without states its rule in the
        attribute of that name.

    Examples
    --------
    >>> with_decision_rule([], "mean")
    ([], [])
    """
    kept, sentences = [], []
    for panel in panels:
        if "decision_rule" in panel.cube.dims and rule in panel.cube["decision_rule"].values:
            kept.append(Panel(panel.study, panel.cube.sel(decision_rule=rule, drop=True), panel.models))
        elif panel.cube["count"].attrs.get("decision_rule") == rule:
            kept.append(panel)
        else:
            sentences.append(
                f"The study `{panel.study}` has no decisions by the rule `{rule}`: its panel is left out."
            )
    return kept, sentences


def stylised_pairs(result: xr.Dataset, models: xr.Dataset) -> xr.Dataset:
    """Keep the networks that were evaluated both with ordinary and with stylised training.

    Parameters
    ----------
    result : xarray.Dataset
        `shape_bias_table` of one study.
    models : xarray.Dataset
        The cube `models` in the same order.

    Returns
    -------
    xarray.Dataset
        With `family` and `stylised`. Of a family with several ordinary networks, only that of the
        same architecture and implementation counts: the pairs of texture-vs-shape's second folder.
    """
    stylised = (models["training_source"] == "Stylized-IN-1k").values
    source = np.array([name.split(":")[0] for name in models["model"].values.tolist()])
    partner = (models["training_source"] == "IN-1k").values & np.isin(source, source[stylised])
    partner &= np.isin(_plain_names(models), _plain_names(models)[stylised])
    kept = stylised | partner
    pairs = result.isel(model=kept)
    return pairs.assign(family=("model", models["family"].values[kept]), stylised=("model", stylised[kept]))


def _plain_names(models: xr.Dataset) -> np.ndarray:
    return np.array([name.split(":")[-1].split("-train-")[0] for name in models["model"].values.tolist()])


def class_means(
    panels: Sequence[Panel], cue_classes: Sequence[str], confidence: float
) -> dict[str, xr.Dataset]:
    """Average the shape bias of each class over the families of each group, by study.

    Examples
    --------
    >>> class_means([], ["cat"], 0.95)
    {}
    """
    means = {}
    for panel in panels:
        bias = shape_bias_by_class(panel.cube)["shape_bias"]
        bias = bias.sel(cue_class=[name for name in panel.cube["cue_class"].values if name in cue_classes])
        complete_rows = bias.notnull().all("cue_class").values
        means[panel.study] = group_means(
            bias.isel(model=complete_rows), panel.models.isel(model=complete_rows), list(GROUPS), confidence
        )
    return means


def _of_classes(classes: xr.Dataset) -> dict[str, str]:
    found = {}
    names = classes["group"].values.tolist()
    if "human" in names:
        found["shape-bias-people-worst-class"] = percent(classes["mean"].sel(group="human").min().item(), 0)
    if "standard" in names:
        standard = classes["mean"].sel(group="standard")
        found["shape-bias-standard-worst-class"] = percent(standard.min().item(), 0)
        found["shape-bias-standard-best-class"] = percent(standard.max().item(), 0)
    return found


def groups_table(result: xr.Dataset, models: xr.Dataset, study: str, confidence: float) -> ThemedTable:
    """Tabulate the mean shape bias of each group with its interval over families.

    Parameters
    ----------
    result, models : xarray.Dataset
        `shape_bias_table` and the cube `models` of one study, in the same order.
    study : str
        Named in the caption.
    confidence : float
        Level of the intervals.
    """
    means = group_means(result["shape_bias"], models, list(GROUPS), confidence)
    decided = group_means(result["share_decided"], models, list(GROUPS), confidence)["mean"]
    sizes = models["group"].to_series().value_counts()
    rows = []
    for name in means["group"].values.tolist():
        one = means.sel(group=name)
        bounded = np.isfinite(one["low"].item())
        limits = (max(one["low"].item(), 0.0), min(one["high"].item(), 1.0))
        rows.append(
            {
                "Observers": GROUPS[name],
                "Number": sizes[name],
                "Families": one["families"].item(),
                "Shape bias": percent(one["mean"].item()),
                f"{level(confidence)} interval": f"{percent(limits[0])} to {percent(limits[1])}"
                if bounded
                else "none",
                "Decided": percent(decided.sel(group=name).item()),
            }
        )
    return table(
        pd.DataFrame(rows),
        f"Mean shape bias by kind of observer, each family counted once; study {study}. "
        "An interval over families needs two; fewer than five decide nothing.",
    )


def describe_observers(tables: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset]) -> str:
    """Say what the headline figure shows, for a reader who cannot see it.

    Examples
    --------
    >>> describe_observers({}, {})
    'No study has decisions on cue-conflict images.'
    """
    sentences = []
    for study, result in tables.items():
        group = models[study]["group"].values
        for name, title in GROUPS.items():
            bias = result["shape_bias"].values[group == name]
            if bias.size:
                span = f"{percent(bias.min(), 0)} to {percent(bias.max(), 0)}"
                sentences.append(f"{title}: {bias.size} observers, shape bias {span}.")
    return (
        " ".join(["Dot plot of shape bias.", *sentences])
        if sentences
        else "No study has decisions on cue-conflict images."
    )


def describe_classes(classes: Mapping[str, xr.Dataset]) -> str:
    """Say what the figure by class shows.

    Examples
    --------
    >>> describe_classes({})
    'No study has decisions on cue-conflict images.'
    """
    sentences = []
    for means in classes.values():
        for name in means["group"].values.tolist():
            bias = means["mean"].sel(group=name)
            low, high = (bias.isel(cue_class=pick("cue_class")) for pick in (bias.argmin, bias.argmax))
            sentences.append(
                f"{GROUPS[name]}: from {percent(low.item(), 0)} for {low['cue_class'].item()} "
                f"to {percent(high.item(), 0)} for {high['cue_class'].item()}."
            )
    return (
        " ".join(["Dot plot of shape bias by class.", *sentences])
        if sentences
        else describe_observers({}, {})
    )
