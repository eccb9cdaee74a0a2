"""The study `published`: every source of the record, joined, described and written as cubes."""

import json
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import SCHEMAS, content_hash, merge_cubes, write_cube
from clipsafe_utils.record import confidences, imagenet_x, shifts, texture_vs_shape
from clipsafe_utils.record.conditions import FACTS
from clipsafe_utils.record.networks import describe, training_images
from clipsafe_utils.record.sources import raw_files

STUDY = "published"
_TEXT_VARIABLES = (
    "group",
    "training_source",
    "architecture",
    "family",
    "checkpoint",
    "pretraining",
    "fine_tuning",
    "reference",
)
_FAMILIES = (
    "CLIPs: training source and line of image encoders, so that families remain within one training source; "
    "families of one training source still share their data. Other networks: line of designs, with the "
    "source of the pre-training in brackets, or the training run."
)
_NOT_STATED = "not stated by the sources of these rows"
_LICENCES = {
    "factors": "CC BY-NC 4.0: derived from ImageNet-X (Idrissi et al. 2023)",
    "shape_bias": "CC BY 4.0: derived from texture-vs-shape (Geirhos et al. 2019)",
    "shifts": "Apache-2.0 and MIT: derived from timm, open_clip, scaling-laws-openclip, ImageNet testbed",
    "calibration": "CC BY-NC 4.0: derived from ImageNet-X (Idrissi et al. 2023)",
    "models": "CC BY 4.0: facts gathered by this project",
}

CUBES: Mapping[str, tuple[Callable[[], Mapping[str, xr.Dataset]], tuple[str, ...]]] = {
    "factors": (imagenet_x.factor_counts, ("imagenetx/",)),
    "shape_bias": (texture_vs_shape.decision_counts, ("texture-vs-shape/",)),
    "shifts": (shifts.shift_counts, shifts.FOLDERS),
    "calibration": (
        confidences.calibration_counts,
        ("imagenetx/annotations/", "imagenetx/model_predictions/"),
    ),
}
"""For each cube: what builds its sources, and how the paths of the raw files behind it begin."""


def describe_models(names: Iterable[str], facts: pd.DataFrame) -> xr.Dataset:
    """Build the cube `models` for rows named ``source:name``.

    Parameters
    ----------
    names : iterable of str
        The rows.
    facts : pandas.DataFrame
        What sources state of some of the rows: the columns `FACTS`, NaN where not stated. Parameters and
        samples seen belong to the weights and hold for every row of the same checkpoint; the image size
        belongs to the row.

    Returns
    -------
    xarray.Dataset
        One model a row.

    Raises
    ------
    ClipsafeError
        If a row is filed by no rule.

    Examples
    --------
    >>> facts = pd.DataFrame(columns=list(FACTS), dtype=float)
    >>> describe_models(["imagenet-x-testbed:vgg16"], facts)["family"].item()
    'VGG'
    """
    networks = [describe(*name.split(":", 1)) for name in names]
    cube = xr.Dataset(
        {name: ("model", [getattr(network, name) for network in networks]) for name in _TEXT_VARIABLES},
        coords={"model": [network.model for network in networks]},
    )
    cube["family"].attrs["comment"] = _FAMILIES
    cube["training_images"] = ("model", training_images(cube["training_source"].values))
    by_rule = pd.DataFrame(
        {
            "checkpoint": [network.checkpoint for network in networks],
            "by_rule": [network.samples_seen for network in networks],
        },
        index=cube["model"].values,
    )
    stated = by_rule.join(facts)
    of_weights = stated.groupby("checkpoint")[["parameters", "samples_seen"]].transform("first")
    cube["parameters"] = ("model", of_weights["parameters"])
    cube["samples_seen"] = ("model", of_weights["samples_seen"].fillna(stated["by_rule"]))
    cube["image_size"] = ("model", stated["image_size"])
    return _label(cube, "models", "clipsafe record; rules and catalogue in clipsafe_utils/record")


def write_published(folder: Path, advance: Callable[[str], object] = str) -> dict[str, str]:
    """Rebuild all cubes of the study and write them.

    Every cube is built before the first is written, so a bad raw file changes nothing.

    Parameters
    ----------
    folder : Path
        Folder of the study.
    advance : callable, optional
        Called with the name of each cube once it is built.

    Returns
    -------
    dict of str to str
        Content hash of each cube.

    Raises
    ------
    ClipsafeError
        If a raw file is missing, was altered or has a fault.
    """
    joined, cubes = {}, {}
    for name, (_, beginnings) in CUBES.items():
        joined[name] = _join_sources(name)
        cubes[name] = _label(joined[name], name, _source_line(beginnings))
        advance(name)
    rows = dict.fromkeys(model for cube in cubes.values() for model in cube["model"].values)
    cubes["models"] = describe_models(rows, joined["shifts"][list(FACTS)].to_dataframe())
    advance("models")
    for name, cube in cubes.items():
        write_cube(cube, folder / f"{name}.nc")
    return {name: content_hash(cube) for name, cube in cubes.items()}


def _join_sources(name: str) -> xr.Dataset:
    build, _ = CUBES[name]
    parts = []
    for source, counts in build().items():
        names = [f"{source}:{model}" for model in counts["model"].values]
        parts.append(counts.assign_coords(model=names))
    joined = parts[0]
    for part in parts[1:]:
        joined = merge_cubes(joined, part)
    return joined


def _label(cube: xr.Dataset, name: str, source: str) -> xr.Dataset:
    schema = SCHEMAS[name]
    for variable in schema.variables:
        attributes = {"long_name": variable.long_name, "units": variable.units, "source": source}
        values = cube[variable.name]
        if values.dtype.kind == "f" and bool(np.isnan(values).any()):
            attributes["not_measured"] = _NOT_STATED
        values.attrs = attributes | values.attrs
    cube.attrs = {
        "title": schema.title,
        "study": STUDY,
        "evidence": "measured",
        "licence": _LICENCES[name],
        "versions": json.dumps(
            {package: version(package) for package in ("h5netcdf", "h5py", "numpy", "xarray")}
        ),
    }
    return cube[[variable.name for variable in schema.variables]]


def _source_line(beginnings: tuple[str, ...]) -> str:
    used = [raw.citation for path, raw in raw_files().items() if path.startswith(beginnings)]
    return "clipsafe record; " + "; ".join(used)
