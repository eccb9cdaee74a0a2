"""The study `published`: every source of the record, joined, described and written as cubes."""

import json
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import SCHEMAS, content_hash, merge_cubes, write_cube
from clipsafe_utils.record import imagenet_x, texture_vs_shape
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
    "reference",
)
_NOT_STATED = "not stated by the sources of these rows"
_LICENCES = {
    "factors": "CC BY-NC 4.0: derived from ImageNet-X (Idrissi et al. 2023)",
    "shape_bias": "CC BY 4.0: derived from texture-vs-shape (Geirhos et al. 2019)",
    "models": "CC BY 4.0: facts gathered by this project",
}

CUBES: Mapping[str, tuple[Callable[[], Mapping[str, xr.Dataset]], tuple[str, ...]]] = {
    "factors": (imagenet_x.factor_counts, ("imagenetx/",)),
    "shape_bias": (texture_vs_shape.decision_counts, ("texture-vs-shape/",)),
}
"""For each cube: what builds its sources, and the folders of the raw files behind it."""


def build_cube(name: str) -> xr.Dataset:
    """Build one cube of results from its raw files.

    Parameters
    ----------
    name : str
        A key of `CUBES`.

    Returns
    -------
    xarray.Dataset
        Models are named ``source:name``; sources follow one another in the order of preference.
    """
    build, folders = CUBES[name]
    parts = []
    for source, counts in build().items():
        names = [f"{source}:{model}" for model in counts["model"].values]
        parts.append(counts.assign_coords(model=names))
    cube = parts[0]
    for part in parts[1:]:
        cube = merge_cubes(cube, part)
    return _label(cube, name, _source_line(folders))


def describe_models(names: Iterable[str]) -> xr.Dataset:
    """Build the cube `models` for rows named ``source:name``.

    Examples
    --------
    >>> describe_models(["imagenet-x-testbed:vgg16"])["family"].item()
    'VGG'
    """
    networks = [describe(*name.split(":", 1)) for name in names]
    number = len(networks)
    cube = xr.Dataset(
        {name: ("model", [getattr(network, name) for network in networks]) for name in _TEXT_VARIABLES},
        coords={"model": [network.model for network in networks]},
    )
    cube["fine_tuning"] = ("model", ["none"] * number)
    cube["training_images"] = ("model", training_images(cube["training_source"].values))
    for name in ("samples_seen", "parameters", "image_size"):
        cube[name] = ("model", np.full(number, np.nan))
    return _label(cube, "models", "clipsafe record; rules in clipsafe_utils/record/networks.csv")


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
    """
    cubes = {}
    for name in CUBES:
        cubes[name] = build_cube(name)
        advance(name)
    rows = dict.fromkeys(model for cube in cubes.values() for model in cube["model"].values)
    cubes["models"] = describe_models(rows)
    advance("models")
    for name, cube in cubes.items():
        write_cube(cube, folder / f"{name}.nc")
    return {name: content_hash(cube) for name, cube in cubes.items()}


def _label(cube: xr.Dataset, name: str, source: str) -> xr.Dataset:
    schema = SCHEMAS[name]
    for variable in schema.variables:
        attributes = {"long_name": variable.long_name, "units": variable.units, "source": source}
        values = cube[variable.name]
        if values.dtype.kind == "f" and bool(np.isnan(values).any()):
            attributes["not_measured"] = _NOT_STATED
        values.attrs = attributes
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


def _source_line(folders: tuple[str, ...]) -> str:
    used = [raw.citation for path, raw in raw_files().items() if path.startswith(folders)]
    return "clipsafe record; " + "; ".join(used)
