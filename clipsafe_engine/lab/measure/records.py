"""Who the models of the laboratory are, as their training tells: for the cubes `models` and `causes`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.errors import ClipsafeError

NONE = "none"


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """One model of the zoo, or of the ladder and the knobs.

    The attributes from `group` to `reference` are the variables of the cube `models`; those from `rung` to
    `source`, of the cube `causes`. A number that does not apply is NaN.

    Attributes
    ----------
    model : str
        Its name, in the store and in the cubes.
    weights : str
        Hash of the weights, as the provenance of its predictions names it.
    own_images : str
        What names the images of its own source in the draws: the same for all models that share them.
    shipped : bool
        Whether its weights are part of the repository; if not, only `models` and `causes` hold it.

    Examples
    --------
    >>> record = ModelRecord(
    ...     model="a", weights="0f", group="standard", training_source="labels", architecture="resnet_xs",
    ...     family="labels resnet_xs", checkpoint="a", reference="clipsafe train population")
    >>> record.rung, record.pretraining, record.own_images
    ('none', 'none', 'labels')
    """

    model: str
    weights: str
    group: str
    training_source: str
    architecture: str
    family: str
    checkpoint: str
    reference: str
    training_images: float = np.nan
    samples_seen: float = np.nan
    parameters: float = np.nan
    image_size: float = 32
    pretraining: str = NONE
    fine_tuning: str = NONE
    rung: str = NONE
    knob: str = NONE
    level: float = np.nan
    seed: float = np.nan
    loss: str = NONE
    source: str = ""
    own_images: str = ""
    shipped: bool = True

    def __post_init__(self) -> None:
        for name in ("source", "own_images"):
            if not getattr(self, name):
                object.__setattr__(self, name, self.training_source)


def check_records(records: Sequence[ModelRecord]) -> None:
    """Refuse records that no cube can hold.

    Raises
    ------
    ClipsafeError
        If there is none, two share a name, or a text is empty.

    Examples
    --------
    >>> check_records([])
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: There is no model to measure.
    """
    if not records:
        raise ClipsafeError("There is no model to measure.")
    names = [record.model for record in records]
    for record in records:
        if names.count(record.model) > 1:
            raise ClipsafeError(
                f"Model '{record.model}' has {names.count(record.model)} records; expected one."
            )
        for item in fields(record):
            if getattr(record, item.name) == "":
                raise ClipsafeError(f"Model '{record.model}' has an empty '{item.name}' in its record.")


def models_table(records: Sequence[ModelRecord]) -> xr.Dataset:
    """Lay records out as the variables of the cube `models`.

    Examples
    --------
    >>> record = ModelRecord(
    ...     model="a", weights="0f", group="standard", training_source="labels", architecture="resnet_xs",
    ...     family="labels resnet_xs", checkpoint="a", reference="clipsafe train population")
    >>> models_table([record])["image_size"].item()
    32.0
    """
    return _table(records, [variable.name for variable in SCHEMAS["models"].variables])


def causes_table(records: Sequence[ModelRecord]) -> xr.Dataset:
    """Lay records out as the variables of the cube `causes`, but for the value of the properties.

    Examples
    --------
    >>> record = ModelRecord(
    ...     model="a", weights="0f", group="standard", training_source="labels", architecture="resnet_xs",
    ...     family="labels resnet_xs", checkpoint="a", reference="clipsafe train population", seed=3)
    >>> causes_table([record])["seed"].item()
    3.0
    """
    names = [variable.name for variable in SCHEMAS["causes"].variables if variable.name != "value"]
    return _table(records, names)


def _table(records: Sequence[ModelRecord], names: Sequence[str]) -> xr.Dataset:
    columns = {}
    for name in names:
        values = [getattr(record, name) for record in records]
        columns[name] = ("model", values if isinstance(values[0], str) else np.array(values, float))
    return xr.Dataset(columns, coords={"model": [record.model for record in records]})
