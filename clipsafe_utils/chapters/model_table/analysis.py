"""All models of all studies, a row each, with the headline values that a study has of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.studies import Study, list_studies
from clipsafe_utils.findings.shift.clouds import IN_DISTRIBUTION
from clipsafe_utils.findings.shift.detection import mean_over_kinds, measured_together
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.say import Text

DESCRIBED = (
    "group",
    "training_source",
    "training_images",
    "samples_seen",
    "architecture",
    "parameters",
)
"""What a row says of who its model is, by the names of the cube `models`."""

HEADLINES = ("accuracy", "shape_bias", "auroc", "ece", "temperature", "recall")
"""How its model did: shares from 0 to 1 but for the temperature, NaN where its study has no value."""

_SCORE = "maximum_softmax"


def read_rows() -> pd.DataFrame:
    """Read every row of the cube `models` of every study, with its headline values.

    Columns study, model, name (the short one), `DESCRIBED`, `HEADLINES` and cubes, those that hold the row:
    the study with most models first, in it the zero-shot CLIPs, the most accurate first. A network that
    several sources evaluated has a row for each of them.
    """
    parts = [_rows_of(study) for study in list_studies() if study.has("models")]
    columns = ["study", "model", "name", *DESCRIBED, *HEADLINES, "cubes"]
    if not parts:
        return pd.DataFrame(columns=columns)
    parts.sort(key=len, reverse=True)
    return pd.concat([_clips_first(part) for part in parts], ignore_index=True)


@dataclass(frozen=True)
class Models:
    """All models: their rows, as `read_rows` returns them, and how many there are."""

    rows: pd.DataFrame

    @property
    def number(self) -> Text:
        """How many rows there are."""
        return Text(f"{len(self.rows):,}")

    @property
    def studies(self) -> Text:
        """Of how many studies they are."""
        return Text(self.rows["study"].nunique())


def all_models() -> Models:
    """Read all models of all studies; see `read_rows`."""
    return Models(read_rows())


def _clips_first(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(other=rows["group"] != "clip_zero_shot").sort_values(
        ["other", "accuracy"], ascending=[True, False], kind="stable"
    )[rows.columns]


def _rows_of(study: Study) -> pd.DataFrame:
    models = study.read("models")
    names = pd.Index(models["model"].values.tolist(), name="model")
    rows = pd.DataFrame({name: models[name].values for name in DESCRIBED}, index=names)
    cubes = {name: study.read(name) for name in study.cubes if name != "models"}
    for name, headline in _HEADLINE_OF.items():
        rows[name] = np.nan
        for cube in filter(cubes.__contains__, headline):
            values = headline[cube](cubes[cube])
            if values is not None:
                rows[name] = rows[name].fillna(values.to_series().reindex(names))
    held = pd.DataFrame({name: names.isin(cube.indexes["model"]) for name, cube in cubes.items()}, names)
    names_in_words = np.array([name.replace("_", " ") for name in cubes], object)
    rows["cubes"] = [", ".join(names_in_words[row]) for row in held.to_numpy(bool)]
    rows.insert(0, "study", study.name)
    rows.insert(1, "name", short_names(names.tolist(), models["checkpoint"].values.tolist()))
    return rows.reset_index()[["study", "model", "name", *DESCRIBED, *HEADLINES, "cubes"]]


def _share_of_hits(cube: xr.Dataset) -> xr.DataArray | None:
    one = _in_distribution(cube)
    return None if one is None else one["hits"] / one["images"]


def _shape_bias(decisions: xr.Dataset) -> xr.DataArray:
    count = decisions["count"].sum("cue_class", skipna=False)
    shape, texture = (count.sel(decision=name, drop=True) for name in ("shape", "texture"))
    return (shape / (shape + texture)).where(shape + texture > 0)


def _auroc(detection: xr.Dataset) -> xr.DataArray | None:
    if _SCORE not in detection["score"].values:
        return None
    area = detection["auroc"].isel(draw=0, drop=True).sel(score=_SCORE, drop=True)
    together = measured_together(area)
    return mean_over_kinds(area.sel(ood_set=together[0]).to_dataset())["auroc"] if together else None


def _before_scaling(calibration: xr.Dataset, name: str) -> xr.DataArray | None:
    one = _in_distribution(calibration)
    if one is None or "before" not in one["scaling"].values:
        return None
    return one[name].isel(draw=0, drop=True).sel(scaling="before", drop=True)


def _temperature(calibration: xr.Dataset) -> xr.DataArray:
    return calibration["temperature"].isel(draw=0, drop=True)


def _recall(retrieval: xr.Dataset) -> xr.DataArray:
    return retrieval["recall_at_1"].mean(["set", "direction"], skipna=False)


def _in_distribution(cube: xr.Dataset) -> xr.Dataset | None:
    known = [name for name in IN_DISTRIBUTION if name in cube["condition"].values]
    return cube.sel(condition=known[0], drop=True) if known else None


_HEADLINE_OF: Mapping[str, Mapping[str, Callable[[xr.Dataset], xr.DataArray | None]]] = {
    "accuracy": {
        "shifts": _share_of_hits,
        "recipes": _share_of_hits,
        "calibration": partial(_before_scaling, name="accuracy"),
    },
    "shape_bias": {"shape_bias": _shape_bias},
    "auroc": {"ood": _auroc},
    "ece": {"calibration": partial(_before_scaling, name="ece")},
    "temperature": {"calibration": _temperature},
    "recall": {"retrieval": _recall},
}
"""By headline, the cubes that it is read from, the first that has a value, and how."""
