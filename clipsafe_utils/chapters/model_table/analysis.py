"""All models of all studies, a row each, with the headline values that a study has of them."""

from dataclasses import dataclass

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
    "image_size",
)
"""What a row says of who its model is, by the names of the cube `models`."""

HEADLINES = ("accuracy", "shape_bias", "auroc", "ece_debiased")
"""What a row says of how its model did: shares from 0 to 1, NaN where its study has no value."""

_SCORE = "maximum_softmax"


def read_rows() -> pd.DataFrame:
    """Read every row of the cube `models` of every study, with its headline values.

    Columns study, model, name (the short one), `DESCRIBED` and `HEADLINES`: the study with most models first,
    in it the zero-shot CLIPs, the most accurate first. A network that several sources evaluated has a row for
    each of them.
    """
    parts = [_rows_of(study) for study in list_studies() if study.has("models")]
    columns = ["study", "model", "name", *DESCRIBED, *HEADLINES]
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
    for name, (cube, headline) in _HEADLINE_OF.items():
        values = headline(study.read(cube)) if study.has(cube) else None
        rows[name] = np.nan if values is None else values.to_series().reindex(names)
    rows.insert(0, "study", study.name)
    rows.insert(1, "name", short_names(names.tolist(), models["checkpoint"].values.tolist()))
    return rows.reset_index()[["study", "model", "name", *DESCRIBED, *HEADLINES]]


def _accuracy(shifts: xr.Dataset) -> xr.DataArray | None:
    one = _in_distribution(shifts)
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


def _ece_debiased(calibration: xr.Dataset) -> xr.DataArray | None:
    one = _in_distribution(calibration)
    if one is None or "before" not in one["scaling"].values:
        return None
    error = one["ece_debiased"].isel(draw=0, drop=True).sel(scaling="before", drop=True)
    return error.clip(min=0)


def _in_distribution(cube: xr.Dataset) -> xr.Dataset | None:
    known = [name for name in IN_DISTRIBUTION if name in cube["condition"].values]
    return cube.sel(condition=known[0], drop=True) if known else None


_HEADLINE_OF = {
    "accuracy": ("shifts", _accuracy),
    "shape_bias": ("shape_bias", _shape_bias),
    "auroc": ("ood", _auroc),
    "ece_debiased": ("calibration", _ece_debiased),
}
"""By headline, the cube that it is read from and how."""
