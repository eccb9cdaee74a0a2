"""Models as variables of the cube `models`, as `model.toml`, and from rows of the catalogue."""

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.schema import SCHEMAS
from clipsafe_utils.importing.own_model import OwnModel
from clipsafe_utils.measuring.cubes import NOT_STATED
from clipsafe_utils.registry.catalogue import ModelEntry

NUMBERS = ("training_images", "samples_seen", "parameters", "image_size")
_TEXTS = tuple(
    one.name for one in SCHEMAS["models"].variables if one.name not in NUMBERS and hasattr(OwnModel, one.name)
)


def model_of_entry(entry: ModelEntry, prompt_set: str = NOT_STATED) -> OwnModel:
    """Say of a model of the catalogue, asked with some prompts, what `model.toml` says of any.

    Examples
    --------
    >>> from clipsafe_utils.registry.catalogue import catalogue
    >>> model_of_entry(catalogue()["RN50.openai"]).reference
    'open_clip RN50-quickgelu, open_clip.list_pretrained'
    """
    same = ("group", "training_source", "architecture", "family", "pretraining", "fine_tuning")
    known: dict[str, Any] = {name: getattr(entry, name) for name in same}
    for name in ("training_images", "samples_seen", "parameters"):
        if getattr(entry, name) is not None:
            known[name] = float(getattr(entry, name))
    return OwnModel(
        name=entry.name,
        checkpoint=entry.name,
        image_size=float(entry.input_size),
        prompt_set=prompt_set,
        # A file of one's own lies at a path, which is nobody's business.
        reference=f"{entry.library} {entry.model}, {'own file' if entry.own_file else entry.resolves_via}",
        **known,
    )


def models_table(models: Sequence[OwnModel], names: Sequence[str]) -> xr.Dataset:
    """Lay models out as the variables of the cube, under the names of its rows.

    Examples
    --------
    >>> models_table([OwnModel("m")], ["mine:m"])["family"].sel(model="mine:m").item()
    'm'
    """
    texts = {name: [getattr(model, name) for model in models] for name in _TEXTS}
    texts["family"] = [model.family or model.name for model in models]
    texts["checkpoint"] = [model.checkpoint or name for model, name in zip(models, names, strict=True)]
    numbers = {name: np.array([getattr(model, name) for model in models], np.float64) for name in NUMBERS}
    return xr.Dataset(
        {name: ("model", column) for name, column in (texts | numbers).items()}, {"model": list(names)}
    )


def table_of_entries(entries: Sequence[ModelEntry]) -> xr.Dataset:
    """Lay models of the catalogue out, under their own names."""
    return models_table([model_of_entry(entry) for entry in entries], [entry.name for entry in entries])


def toml_of(model: OwnModel, **reading: str | float) -> str:
    """Write `model.toml`: the model, and how its files are to be read.

    Examples
    --------
    >>> print(toml_of(OwnModel("m", parameters=3e6), scores="logits"), end="")
    name = "m"
    group = "other"
    parameters = 3000000.0
    reference = "predictions of your own"
    scores = "logits"
    """
    said = {item.name: getattr(model, item.name) for item in fields(model)}
    stated = {name: value for name, value in said.items() if value == value and value not in ("", NOT_STATED)}
    # A text in JSON is one in TOML, and so is a number.
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in (stated | reading).items())
