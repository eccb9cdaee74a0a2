"""What a knob does in the shipped zoo, and how far a model of one's own is from the unchanged recipe."""

from collections.abc import Mapping, Sequence

import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.yours import PREFIX, is_yours, label_of
from clipsafe_utils.findings.causes.effects import estimate_of
from clipsafe_utils.findings.ladder import LOSS_OF_RUNG, cell, dose, draws_of
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.lab.student.knobs import written
from clipsafe_utils.metrics.runs import difference_of_runs, mean_of_runs
from clipsafe_utils.say import Value

DRAWN: Mapping[str, Property] = {
    "shape_bias": Property("Shape bias", "by shape, %", is_share=True),
    "accuracy": Property("Accuracy, natural images", "right, %", is_share=True),
    "accuracy_shifts": Property("Accuracy under shift", "right, %", is_share=True),
    "ece_debiased_before_natural": Property("Debiased error", "before scaling, %"),
}
"""Properties that the figure of dose and response shows."""

COMPARED: Mapping[str, str] = {
    "accuracy": "accuracy, natural images",
    "accuracy_shifts": "accuracy, mean of shifts",
    "relative_pose_random": "accuracy on turned objects, over plain",
    "relative_texture_typical": "accuracy with random textures, over plain",
    "shape_bias": "shape bias",
    "auroc": "AUROC, foreign images",
    "ece_debiased_before_natural": "debiased error, natural images",
}
"""Properties, all of them shares, of which a model of one's own is compared with the unchanged recipe."""

UNCHANGED_RUNG = "d"
USUAL_SOURCE = "wit"
"""What a model of one's own is compared with where the ladder has no rung for its source."""


def dose_tables(
    causes: Mapping[str, xr.Dataset], knob: str, confidence: float
) -> dict[Property, pd.DataFrame]:
    """Tabulate `DRAWN` by the level of a knob, from the first study that turns it.

    Parameters
    ----------
    causes : mapping of str to xarray.Dataset
        By study, the cube `causes`.
    knob : str
        One of `clipsafe_utils.findings.ladder.KNOBS`.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of Property to DataFrame
        As of `clipsafe_utils.findings.ladder.dose`; empty where no study turns the knob.

    Examples
    --------
    >>> [table.empty for table in dose_tables({}, "batch", 0.95).values()]
    [True, True, True, True]
    """
    turned = [cube for cube in causes.values() if knob in cube["knob"].values]
    columns = ["loss", "level", "value", "low", "high", "runs", "seeds"]
    return {
        panel: dose(turned[0], knob, name, confidence) if turned else pd.DataFrame(columns=columns)
        for name, panel in DRAWN.items()
    }


def yours_in(cube: xr.Dataset, models: xr.Dataset) -> list[str]:
    """Return the reader's models in a cube, in its order.

    Examples
    --------
    >>> models = xr.Dataset({"training_source": ("model", ["wit", "yours"])}, {"model": ["a", "mine:b"]})
    >>> yours_in(models, models)
    ['mine:b']
    """
    names = models["model"].values[is_yours(models)]
    return [str(name) for name in cube["model"].values if name in names]


def compare(cube: xr.Dataset, model: str, confidence: float) -> pd.DataFrame:
    """Hold a model of one's own against the CLIPs of the unchanged recipe on the same source.

    Parameters
    ----------
    cube : xarray.Dataset
        A cube `causes` with both.
    model : str
        The reader's model.
    confidence : float
        Level of the intervals, over images; on the side of the unchanged recipe over seeds too.

    Returns
    -------
    DataFrame
        Columns property, yours, unchanged and difference: the last two are `Value`, or None where the
        study has no trainings of the unchanged recipe. What the cube lacks is left out.
    """
    source = unchanged_source(cube, model)
    rows = []
    for name in COMPARED:
        if name in cube["property"].values:
            mine = draws_of(cube, name, [model])
            others = cell(cube, name, UNCHANGED_RUNG, source)
            has = others.shape[1] > 0
            rows.append(
                {
                    "property": name,
                    "yours": mean_of_runs(mine, confidence),
                    "unchanged": mean_of_runs(others, confidence) if has else None,
                    "difference": difference_of_runs(mine, others, confidence) if has else None,
                }
            )
    return pd.DataFrame(rows, columns=["property", "yours", "unchanged", "difference"])


def points_at(
    causes: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset], knob: str, level: float
) -> dict[str, list[tuple[str, float]]]:
    """Return the reader's models whose knob stands at a level, for the figure of dose and response.

    Returns
    -------
    dict of str to list of (str, float)
        By title of a panel of `DRAWN`: label and value in the panel's unit.

    Examples
    --------
    >>> points_at({}, {}, "batch", 64)["Shape bias"]
    []
    """
    found: dict[str, list[tuple[str, float]]] = {panel.title: [] for panel in DRAWN.values()}
    for study, cube in causes.items():
        for model in yours_in(cube, models[study]):
            if f"{knob}_{written(level)}" in model.removeprefix(PREFIX).split("-"):
                for name, panel in DRAWN.items():
                    value = float(draws_of(cube, name, [model])[0, 0])
                    found[panel.title].append((label_of(model), panel.scale * value))
    return found


def unchanged_source(cube: xr.Dataset, model: str) -> str:
    """Return the source of the ladder that a model of one's own is compared with.

    It is the model's own, or that of its images, with which the names of mixed sources begin, or the usual.
    """
    said = str(cube["source"].sel(model=model).item()).split(",")[0]
    for source in (said, said.split("_")[0]):
        if cell(cube, "accuracy", UNCHANGED_RUNG, source).shape[1]:
            return source
    return USUAL_SOURCE


def response(
    causes: Mapping[str, xr.Dataset], knob: str, property_: str, confidence: float
) -> tuple[float, float, Value, Value] | None:
    """Return the ends of a knob and a property of CLIPs there; None where it is not turned."""
    for cube in causes.values():
        table = dose(cube, knob, property_, confidence)
        rows = table[table["loss"] == LOSS_OF_RUNG[UNCHANGED_RUNG]]
        if len(rows) > 1:
            first, last = (estimate_of(rows.iloc[place]) for place in (0, -1))
            return float(rows["level"].iloc[0]), float(rows["level"].iloc[-1]), first, last
    return None


def levels(sources: Sequence[str], values: Sequence[str]) -> str:
    """Say where a knob stands in some sources.

    Examples
    --------
    >>> levels(["wit", "laion"], ["0.5", "0.4"])
    '0.5 in wit, 0.4 in laion'
    """
    return ", ".join(f"{value} in {source}" for source, value in zip(sources, values, strict=True))
