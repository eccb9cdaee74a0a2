"""Whether the record has a model already: by the name of its weights, or because it answers alike."""

import xarray as xr

from clipsafe_utils.cubes.schema import LABEL_RULE
from clipsafe_utils.cubes.studies import Study, find_study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.importing.own_model import OwnModel

RECORD = "published"
IN_RECORD = "in_record"
"""Attribute of the cube `models`: the rows of the record that are the same network."""

_RULES = {"factors": ("hits", {"label_rule": LABEL_RULE, "selection": "top"}), "shape_bias": ("count", {})}
"""What is compared, by cube: many counts of the same images, which two networks do not share by chance."""


def same_in_record(model: OwnModel, cubes: dict[str, xr.Dataset]) -> tuple[str, list[str]]:
    """Return the weights that the record calls a model's by, and its rows; both empty where it has none.

    Parameters
    ----------
    model : OwnModel
        Its checkpoint, else its name, is looked up among the checkpoints of the record.
    cubes : dict of str to Dataset
        What was measured, without a dim `model`.
    """
    try:
        record = find_study(RECORD)
        known = record.read("models")
    except ClipsafeError:
        return "", []
    checkpoints = known["checkpoint"].values.astype(str)
    names = known["model"].values.astype(str)
    asked = model.checkpoint or model.name
    rows = names[checkpoints == asked].tolist()
    if rows:
        return asked, rows
    alike = [name for cube, table in cubes.items() if cube in _RULES for name in _alike(record, cube, table)]
    if not alike:
        return "", []
    checkpoint = str(known["checkpoint"].sel(model=alike[0]).item())
    return checkpoint, names[checkpoints == checkpoint].tolist()


def _alike(record: Study, cube: str, table: xr.Dataset) -> list[str]:
    if not record.has(cube):
        return []
    variable, labels = _RULES[cube]
    own = table[variable].sel(labels)
    theirs = record.read(cube)[variable].sel(labels).reindex_like(own)
    same = (theirs == own).all([dim for dim in theirs.dims if dim != "model"])
    return [str(name) for name in theirs["model"].values[same.values]]
