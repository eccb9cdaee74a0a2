"""Small studies whose models are described in a line each, and what is asked of them."""

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import Evidence
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.cubes import find_study, write_cube
from tests.conftest import labelled

TEXT = {
    "group": "clip_zero_shot",
    "training_source": "WIT",
    "architecture": "ViT",
    "pretraining": "none",
    "fine_tuning": "none",
    "reference": "test",
}
NUMBERS = {"training_images": 4e8, "samples_seen": 1.28e10, "parameters": 1.5e8, "image_size": 224.0}


def described(rows: Iterable[dict[str, object]]) -> xr.Dataset:
    """Make a cube `models`; of each row the checkpoint is needed, all else is that of a CLIP of WIT.

    Two rows of one checkpoint need a `name` each.
    """
    full = [TEXT | NUMBERS | {"family": row["checkpoint"]} | row for row in rows]
    columns = {name: [row[name] for row in full] for name in (*TEXT, *NUMBERS, "family", "checkpoint")}
    names = [row.get("name", f"test:{row['checkpoint']}") for row in full]
    cube = xr.Dataset({name: ("model", values) for name, values in columns.items()}, {"model": names})
    made = labelled(cube, "models")
    for name in NUMBERS:
        made[name].attrs["not_measured"] = "not stated"
    return made


def reader_of(folder: Path, **cubes: xr.Dataset) -> Reader:
    """Write the cubes of a study, by name, and open it."""
    for name, cube in cubes.items():
        write_cube(cube, folder / "mine" / f"{name}.nc")
    return Reader(find_study(str(folder / "mine")))


def effects(evidence: Evidence) -> dict[str, float]:
    """Return the effect of each case by its name."""
    return {case.name: case.value for case in evidence.cases}


def units(evidence: Evidence) -> dict[str, str]:
    """Return the unit of each case by its name."""
    return {case.name: case.unit for case in evidence.cases}


def reason(
    statistic: Callable[[Reader, Choices], Evidence], reader: Reader, choices: Choices | None = None
) -> str:
    """Return why a statistic has nothing to say of a study; fail where it has."""
    with pytest.raises(NotMeasuredError) as raised:
        statistic(reader, choices or Choices())
    return str(raised.value)
