"""The study `published`: every source of the record, joined, described and written as cubes."""

import json
from collections.abc import Callable, Iterable
from functools import reduce
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import SCHEMAS, content_hash, merge_cubes, read_cube, write_cube
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record import shifts
from clipsafe_utils.record.conditions import FACTS
from clipsafe_utils.record.networks import describe, training_images
from clipsafe_utils.record.public_sources import readings_of
from clipsafe_utils.record.sources import raw_files

STUDY = "published"
_TEXT_VARIABLES = (
    *("group", "training_source", "architecture", "family"),
    *("checkpoint", "pretraining", "fine_tuning", "reference"),
)
_FAMILIES = (
    "CLIPs: training source and line of image encoders, so that families remain within one training source; "
    "families of one training source still share their data. Other networks: line of designs, with the "
    "source of the pre-training in brackets, or the training run."
)
_NOT_STATED = "not stated by the sources of these rows"
_LICENCES = {
    "factors": "CC BY-NC 4.0: derived from ImageNet-X (Idrissi et al. 2023) and Burns (2023; repository MIT)",
    "shape_bias": "CC BY 4.0: derived from texture-vs-shape (Geirhos et al. 2019)",
    "shifts": "Apache-2.0 and MIT: derived from timm, open_clip, scaling-laws-openclip, ImageNet testbed",
    "calibration": "CC BY-NC 4.0: derived from ImageNet-X (Idrissi et al. 2023)",
    "models": "CC BY 4.0: facts gathered by this project",
}

CUBES = ("factors", "shape_bias", "shifts", "calibration")
"""The cubes of the sources; `models` describes their rows."""


def describe_models(names: Iterable[str], facts: pd.DataFrame) -> xr.Dataset:
    """Build the cube `models` for rows named ``source:name``.

    Of `facts` (columns `FACTS`, NaN where not stated) parameters and samples seen belong to the weights and
    hold for every row of the checkpoint; the image size belongs to the row.
    """
    networks = [describe(*name.split(":", 1)) for name in names]
    cube = xr.Dataset(
        {name: ("model", [getattr(network, name) for network in networks]) for name in _TEXT_VARIABLES},
        coords={"model": [network.model for network in networks]},
    )
    cube["family"].attrs["comment"] = _FAMILIES
    cube["training_images"] = ("model", training_images(cube["training_source"].values))
    rows = [(network.checkpoint, network.samples_seen) for network in networks]
    stated = pd.DataFrame(rows, index=cube["model"].values, columns=["checkpoint", "by_rule"]).join(facts)
    of_weights = stated.groupby("checkpoint")[["parameters", "samples_seen"]].transform("first")
    cube["parameters"] = ("model", of_weights["parameters"])
    cube["samples_seen"] = ("model", of_weights["samples_seen"].fillna(stated["by_rule"]))
    cube["image_size"] = ("model", stated["image_size"])
    return _label(cube, "models", "clipsafe record; rules and catalogue in clipsafe_utils/record")


def write_published(folder: Path, advance: Callable[[str], object] = str) -> dict[str, str]:
    """Rebuild all cubes of the study, write them and return their content hashes.

    Every cube is built before the first is written, so a bad raw file changes nothing.
    """
    joined, cubes = {}, {}
    for name in CUBES:
        joined[name] = _join_sources(name)
        cubes[name] = _label(joined[name], name, _source_line(name))
        advance(name)
    rows = dict.fromkeys(model for cube in cubes.values() for model in cube["model"].values)
    cubes["models"] = describe_models(rows, joined["shifts"][list(FACTS)].to_dataframe())
    advance("models")
    for name, cube in cubes.items():
        write_cube(cube, folder / f"{name}.nc")
    return {name: content_hash(cube) for name, cube in cubes.items()}


def write_one(name: str, folder: Path) -> dict[str, str]:
    """Rebuild one of `CUBES` from its own raw files, write it and return its content hash."""
    cube = _label(_join_sources(name), name, _source_line(name))
    models = folder / "models.nc"
    described = read_cube(models)["model"].values if models.exists() else cube["model"].values
    unknown = np.setdiff1d(cube["model"].values, described)
    if unknown.size:
        raise ClipsafeError(f"{models}: does not describe '{unknown[0]}'; rebuild all: `clipsafe record`.")
    write_cube(cube, folder / f"{name}.nc")
    return {name: content_hash(cube)}


def _join_sources(name: str) -> xr.Dataset:
    parts = {source: reading.counts() for source, reading in readings_of(name).items()}
    rows = [
        part.assign_coords(model=[f"{source}:{model}" for model in part["model"].values])
        for source, part in parts.items()
    ]
    joined = reduce(merge_cubes, rows)
    if name == "shifts":
        joined["hits"].attrs = shifts.rounding(parts)
    return joined


def _label(cube: xr.Dataset, name: str, source: str) -> xr.Dataset:
    schema = SCHEMAS[name]
    variables = [variable for variable in (*schema.variables, *schema.optional) if variable.name in cube]
    for variable in variables:
        attributes = {"long_name": variable.long_name, "units": variable.units, "source": source}
        values = cube[variable.name]
        if values.dtype.kind == "f" and bool(np.isnan(values).any()):
            attributes["not_measured"] = _NOT_STATED
        values.attrs = attributes | values.attrs
    versions = {package: version(package) for package in ("h5netcdf", "h5py", "numpy", "xarray")}
    cube.attrs = {
        "title": schema.title,
        "study": STUDY,
        "evidence": "measured",
        "licence": _LICENCES[name],
        "versions": json.dumps(versions),
    }
    return cube[[variable.name for variable in variables]]


def _source_line(name: str) -> str:
    beginnings = tuple(start for reading in readings_of(name).values() for start in reading.files)
    used = [raw.citation for path, raw in raw_files().items() if path.startswith(beginnings)]
    return "clipsafe record; " + "; ".join(used)
