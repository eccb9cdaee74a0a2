"""What is killed, where it needs no torch: functions of a module, so that another process finds them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import xarray as xr

from clipsafe_utils.engine.datasets import DataSet
from clipsafe_utils.engine.datasets.downloading import download
from clipsafe_utils.lab.training.ledger import Row, add_curves, add_to_ledger
from clipsafe_utils.lab.training.recipe import Recipe
from clipsafe_utils.record import published


def record(cubes: Mapping[str, xr.Dataset], folder: Path) -> None:
    """Write the cubes of the record, which were built before: that takes most of the time."""
    published._join_sources = lambda name: cubes[name].assign(
        {fact: ("model", cubes["models"]["parameters"].values[: cubes[name].sizes["model"]]) for fact in published.FACTS}
    )
    published.describe_models = lambda *_: cubes["models"].copy()
    published.write_published(folder)


def fetch(item: DataSet, root: Path) -> None:
    """Download a data set."""
    download(item, root)


def row(name: str) -> Row:
    return Row.of(replace(Recipe("a", "resnet_xs", "wit", "clip"), name=name), "ab12", 0.9, 60.0)


def add_rows(folder: Path, prefix: str, count: int) -> None:
    """Put rows and curves into the list of trained models, one after the other."""
    for number in range(count):
        name = f"{prefix}{number}"
        add_to_ledger(folder, [row(name)])
        add_curves(folder, {name: [(256, 3.0)]})
