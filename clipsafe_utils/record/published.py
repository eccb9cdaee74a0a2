"""The study `published`: every source of the record, joined, described and written as cubes."""

import json
from collections.abc import Callable, Collection, Iterable
from functools import reduce
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import SCHEMAS, content_hash, merge_cubes, read_cube, write_cube
from clipsafe_utils.cubes.schema import LEFT_OUT
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record import shifts
from clipsafe_utils.record.conditions import FACTS
from clipsafe_utils.record.networks import describe, training_images
from clipsafe_utils.record.public_sources import PUBLIC_SOURCES, readings_of
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
_IMAGENET_X = "CC BY-NC 4.0: derived from ImageNet-X (Idrissi et al. 2023)"
_LICENCES = {
    "factors": f"{_IMAGENET_X} and Burns (2023; repository MIT)",
    "shape_bias": "CC BY 4.0: derived from texture-vs-shape (Geirhos et al. 2019), model-vs-human (Geirhos "
    "et al. 2021) and what others ran with it",
    "shape_bias.by-sa": "CC BY-SA 4.0: derived from vlm_shapebias (Gavrikov et al. 2025)",
    "sixteen_way": "CC BY 4.0: derived from model-vs-human (Geirhos et al. 2021) and its fork of Thieringer",
    "shifts": "Apache-2.0 and MIT: derived from timm, open_clip, scaling-laws-openclip, ImageNet testbed, "
    "frequency_determines_performance",
    "ood": "MIT: derived from COOD (Galil et al. 2023), NINCO (Bitterwolf et al. 2023) and SeTAR (Li et al. "
    "2024)",
    "calibration": _IMAGENET_X,
    "calibration.quoted": "no licence stated: facts quoted from Hierarchical Selective Classification (Goren "
    "et al. 2024) and CLIP_Calibration (LeVine et al. 2023)",
    "retrieval": "MIT: derived from open_clip, scaling-laws-openclip, frequency_determines_performance",
    "recipes": "MIT: derived from model-soups (Wortsman et al. 2022)",
    "models": "CC BY 4.0: facts gathered by this project",
}

CUBES = ("factors", "shape_bias", "sixteen_way", "shifts", "ood", "calibration", "retrieval", "recipes")
"""The cubes of the sources; `models` describes their rows."""

FILES = {
    name + (f".{part}" if part else ""): (name, part)
    for name in CUBES
    for part in dict.fromkeys(source.part for source in PUBLIC_SOURCES.values() if name in source.cubes)
}
"""The files of cubes by their names: the cube, and the terms of a part."""


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
    rows = [(network.checkpoint, network.samples_seen, network.image_size) for network in networks]
    by_rule = pd.DataFrame(rows, cube["model"].values, ["checkpoint", "samples_by_rule", "size_by_rule"])
    stated = by_rule.join(facts)
    of_weights = stated.groupby("checkpoint")[["parameters", "samples_seen"]].transform("first")
    cube["parameters"] = ("model", of_weights["parameters"])
    cube["samples_seen"] = ("model", of_weights["samples_seen"].fillna(stated["samples_by_rule"]))
    cube["image_size"] = ("model", stated["image_size"].fillna(stated["size_by_rule"]))
    return _label(cube, "models", "clipsafe record; rules and catalogue in clipsafe_utils/record")


def needed_paths(cube: str | None = None, without: Collection[str] = ()) -> list[str]:
    """Return the raw files that one of `CUBES` is made of, or all of them, in the order of the cubes."""
    files = [file for file, (name, _) in FILES.items() if cube in (None, name)]
    return list(dict.fromkeys(path for file in files for path in _paths(file, without)))


def write_published(
    folder: Path, advance: Callable[[str], object] = str, without: Collection[str] = ()
) -> dict[str, str]:
    """Rebuild all files of the study, write them and return their content hashes.

    Every cube is built before the first is written, so a bad raw file changes nothing. Rows of the sources
    `without` are left out, and a file that has no other rows; then an old one is removed, too.
    """
    cubes, facts = {}, [pd.DataFrame(columns=list(FACTS), dtype=float)]
    for file in FILES:
        if joined := _join_sources(file, without):
            cubes[file] = _label(joined, file, _source_line(file, without))
            facts += [joined[list(FACTS)].to_dataframe()] if set(FACTS) <= set(joined) else []
        advance(file)
    rows = dict.fromkeys(model for cube in cubes.values() for model in cube["model"].values.tolist())
    preferred = sorted(rows, key=lambda model: list(PUBLIC_SOURCES).index(model.partition(":")[0]))
    cubes["models"] = describe_models(preferred, pd.concat(facts))
    if without:
        cubes["models"].attrs[LEFT_OUT] = ", ".join(sorted(without))
    advance("models")
    for file, cube in cubes.items():
        write_cube(cube, folder / f"{file}.nc")
    for file in FILES.keys() - cubes.keys():
        (folder / f"{file}.nc").unlink(missing_ok=True)
    return {file: content_hash(cube) for file, cube in cubes.items()}


def write_one(name: str, folder: Path) -> dict[str, str]:
    """Rebuild the files of one of `CUBES` from its own raw files, and return their content hashes."""
    cubes = {}
    for file in [file for file, (cube, _) in FILES.items() if cube == name]:
        joined = _join_sources(file)
        assert joined is not None, file  # No source is left out here.
        cubes[file] = _label(joined, file, _source_line(file))
    models = folder / "models.nc"
    for cube in cubes.values():
        described = read_cube(models)["model"].values if models.exists() else cube["model"].values
        unknown = np.setdiff1d(cube["model"].values, described)
        if unknown.size:
            raise ClipsafeError(
                f"{models}: does not describe '{unknown[0]}'; rebuild all: `clipsafe record`."
            )
    for file, cube in cubes.items():
        write_cube(cube, folder / f"{file}.nc")
    return {file: content_hash(cube) for file, cube in cubes.items()}


def _join_sources(file: str, without: Collection[str] = ()) -> xr.Dataset | None:
    name, part = FILES[file]
    parts = {
        source: reading.counts()
        for source, reading in readings_of(name, part).items()
        if source not in without
    }
    if not parts:
        return None
    joined = reduce(merge_cubes, [_named_by_source(part, source) for source, part in parts.items()])
    if name == "shifts":
        joined["hits"].attrs = shifts.rounding(parts)
    return joined


def _named_by_source(part: xr.Dataset, source: str) -> xr.Dataset:
    dims = [dim for dim in ("model", "scored_model") if dim in part.dims]
    return part.assign_coords({dim: [f"{source}:{name}" for name in part[dim].values] for dim in dims})


def _label(cube: xr.Dataset, file: str, source: str) -> xr.Dataset:
    schema = SCHEMAS[file.partition(".")[0]]
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
        "licence": _LICENCES[file],
        "versions": json.dumps(versions),
    }
    return cube[[variable.name for variable in variables]]


def _source_line(file: str, without: Collection[str] = ()) -> str:
    readings = readings_of(*FILES[file])
    used = [raw_files()[path].citation for path in _paths(file, without)]
    used += [line for name, reading in readings.items() if name not in without for line in reading.quoted]
    return "; ".join(["clipsafe record", *used])


def _paths(file: str, without: Collection[str]) -> list[str]:
    readings = readings_of(*FILES[file])
    beginnings = tuple(
        start for name, reading in readings.items() if name not in without for start in reading.files
    )
    return [path for path in raw_files() if path.startswith(beginnings)]
