"""A made-up record whose lines are worked out by hand, and a study of one model beside it."""

from pathlib import Path

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import write_cube
from clipsafe_utils.cubes.schema import FACTORS, OVERALL
from tests.conftest import labelled

FAMILIES = tuple("abcdefgh")
ACROSS = np.array([0.5, 0.6, 0.7, 0.8])
OFF = np.array([0.01, -0.01, -0.01, 0.01])
"""Neither tilts nor lifts the line 0.1 + 0.8 x through a family."""
IMAGES = 1000


def on_line(across: np.ndarray) -> np.ndarray:
    """Return accuracy on the line of the made-up record."""
    return 0.1 + 0.8 * across


def models_cube(names: list[str], groups: list[str], families: list[str]) -> xr.Dataset:
    """Describe models; each is a network of its own."""
    texts = {"group": groups, "family": families, "checkpoint": names}
    shared = {"training_source": "WIT", "architecture": "ViT", "pretraining": "none", "fine_tuning": "none"}
    texts |= {name: [value] * len(names) for name, value in {**shared, "reference": "test"}.items()}
    numbers = ("training_images", "samples_seen", "parameters", "image_size")
    values = texts | {name: [1.0] * len(names) for name in numbers}
    cube = xr.Dataset({name: ("model", value) for name, value in values.items()}, {"model": names})
    return labelled(cube, "models")


def factors_cube(names: list[str], across: np.ndarray, up: np.ndarray) -> xr.Dataset:
    """Give every factor one accuracy by model, and all images another."""
    is_all = np.array([name == OVERALL for name in FACTORS])
    images = np.where(is_all, 100 * IMAGES, IMAGES)
    hits = np.round(np.where(is_all, across[:, None], up[:, None]) * images)
    dims = ("selection", "model", "factor")
    cube = xr.Dataset(
        {
            "hits": (dims, hits[None].astype(np.int64)),
            "images": (dims, np.broadcast_to(images, (1, *hits.shape)).copy()),
        },
        {"selection": ["top"], "model": names, "factor": list(FACTORS)},
    )
    return labelled(cube, "factors")


def write_record(root: Path) -> None:
    """Write a study `published` of four standard networks a family, and two CLIPs above their line."""
    names = [f"{family}{number}" for family in FAMILIES for number in range(ACROSS.size)]
    across = np.concatenate([np.tile(ACROSS, len(FAMILIES)), [0.6, 0.7]])
    up = on_line(across) + np.concatenate([np.tile(OFF, len(FAMILIES)), [0.05, 0.05]])
    every = [*names, "clip0", "clip1"]
    groups = ["standard"] * len(names) + ["clip_zero_shot"] * 2
    families = [name[0] for name in names] + ["CLIP"] * 2
    write_cube(models_cube(every, groups, families), root / "published" / "models.nc")
    write_cube(factors_cube(every, across, up), root / "published" / "factors.nc")


def write_own(folder: Path, group: str, family: str, across: float, up: float) -> Path:
    """Write a study of one model."""
    write_cube(models_cube(["mine:one"], [group], [family]), folder / "models.nc")
    write_cube(factors_cube(["mine:one"], np.array([across]), np.array([up])), folder / "factors.nc")
    return folder
