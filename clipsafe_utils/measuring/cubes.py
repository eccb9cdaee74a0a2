"""From the tables of single models to the cubes of a study."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import content_hash, validate, write_cube
from clipsafe_utils.cubes.schema import SCHEMAS, CubeSchema, Variable
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.measuring.detection import NEEDS_COSINES
from clipsafe_utils.measuring.rounding import compact
from clipsafe_utils.metrics.labelled.calibration import ESTIMATE_ONLY

FEWER_SUBSETS = "prompt sets differ in their number of subsets"
NOT_STATED = "not stated"
_PACKAGES = ("h5netcdf", "h5py", "numpy", "scipy", "xarray")
_REASONS = {
    ("calibration", "ece_floor"): ESTIMATE_ONLY,
    **{
        ("ood", variable.name): f"{NEEDS_COSINES} is of CLIPs with prompts only: other logits are no cosines"
        for variable in SCHEMAS["ood"].variables
    },
    **{
        ("prompts", variable.name): FEWER_SUBSETS
        for variable in (*SCHEMAS["prompts"].variables, *SCHEMAS["prompts"].optional)
    },
}
"""Why a value is missing, by cube and variable, where some always are."""


@dataclass(frozen=True)
class Facts:
    """What all cubes of a study say of themselves.

    Attributes
    ----------
    study : str
        Its name.
    evidence : {"measured", "proxy"}
        Whether it speaks of real models on real data.
    licence : str
        Of the cubes.
    source : str
        Command, seeds and hashes behind every number.
    reasons : dict of tuple of str to str
        Why a value is missing, by cube and variable, beside the reasons that hold for every study.
    """

    study: str
    evidence: str
    licence: str
    source: str
    reasons: dict[tuple[str, str], str] = field(default_factory=dict)


def join_models(tables: Sequence[xr.Dataset], name: str, facts: Facts) -> xr.Dataset:
    """Put the tables of several models together as a cube.

    Parameters
    ----------
    tables : sequence of Dataset
        One a model, as of `measure_model`.
    name : str
        Name of the cube.
    facts : Facts
        What it says of itself.

    Returns
    -------
    Dataset
        A cube that keeps the rules of its schema.

    Raises
    ------
    ClipsafeError
        If models were measured under other conditions, or shown other images.
    """
    schema = SCHEMAS[name]
    variables = [*schema.variables, *(one for one in schema.optional if one.name in tables[0])]
    shared = [variable.name for variable in variables if "model" not in variable.dims]
    apart = [table.drop_vars(shared) for table in tables]
    try:
        joined = xr.concat(apart, "model", join="exact", combine_attrs="drop_conflicts")
    except ValueError as error:
        raise ClipsafeError(f"cube '{name}': its models were not measured alike ({error}).") from error
    for variable in shared:
        values = [table[variable].isel(model=0, drop=True) for table in tables]
        for value, table in zip(values, tables, strict=True):
            if not value.equals(values[0]):
                raise ClipsafeError(
                    f"cube '{name}': model '{table['model'].item()}' was shown other images than "
                    f"'{tables[0]['model'].item()}'."
                )
        joined[variable] = values[0]
    return describe(joined, name, facts)


def describe(cube: xr.Dataset, name: str, facts: Facts) -> xr.Dataset:
    """Give a cube the order, the types and the attributes of its schema.

    Parameters
    ----------
    cube : Dataset
        With all variables of the schema.
    name : str
        Name of the schema.
    facts : Facts
        What it says of itself.
    """
    schema = SCHEMAS[name]
    described = xr.Dataset(coords=cube.coords)
    for variable in (*schema.variables, *schema.optional):
        if variable.name in cube:
            described[variable.name] = _described(cube[variable.name], variable, schema, facts)
    versions = json.dumps({package: version(package) for package in _PACKAGES})
    return described.assign_attrs(
        title=schema.title,
        study=facts.study,
        evidence=facts.evidence,
        licence=facts.licence,
        versions=versions,
    )


def write_cubes(cubes: Mapping[str, xr.Dataset], folder: Path) -> dict[str, str]:
    """Write the cubes of a study once all of them keep the rules; return the content hash of each.

    Raises
    ------
    ClipsafeError
        If a cube breaks a rule, and then none is written; or if a file cannot be written.
    """
    for name, cube in cubes.items():
        validate(cube, name, str(folder / f"{name}.nc"))
    for name, cube in cubes.items():
        write_cube(cube, folder / f"{name}.nc")
    return {name: content_hash(cube) for name, cube in cubes.items()}


def _described(array: xr.DataArray, variable: Variable, schema: CubeSchema, facts: Facts) -> xr.DataArray:
    attributes = {key: value for key, value in array.attrs.items() if key != "not_measured"}
    attributes |= {"long_name": variable.long_name, "units": variable.units, "source": facts.source}
    ordered = array.transpose(*variable.dims, ...)
    if variable.kind == "text":
        return ordered.astype(str).drop_attrs().assign_attrs(attributes)
    if ordered.dtype.kind == "f" and bool(np.isnan(ordered).any()):
        known = _REASONS | facts.reasons
        attributes["not_measured"] = known.get((schema.name, variable.name), NOT_STATED)
    elif variable.kind == "count":
        ordered = ordered.astype(np.int32)
    kept = compact(ordered) if variable.kind == "number" else ordered
    return kept.drop_attrs().assign_attrs(attributes)
