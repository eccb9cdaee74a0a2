"""What is killed, where it needs no torch: functions of a module, so that another process finds them."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import xarray as xr

from clipsafe_engine.datasets.downloading import download
from clipsafe_engine.lab.student.own_world import copy_world
from clipsafe_engine.lab.training.ledger import Row, add_curves, add_to_ledger
from clipsafe_engine.lab.training.recipe import Recipe
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record import published, sources
from clipsafe_utils.registry.data_sets import DataSet
from tests.record.raw_server import pinned


def record(cubes: Mapping[str, xr.Dataset], folder: Path) -> None:
    """Write the cubes of the record, which were built before: that takes most of the time."""

    def built(name: str, _: object) -> xr.Dataset:
        nothing = xr.full_like(cubes[name]["model"], 0, float)
        return cubes[name].assign(dict.fromkeys(published.FACTS, nothing))

    published._join_sources = built
    published.describe_models = lambda *_: cubes["models"].copy()
    published.write_published(folder)


def fetch_raw_files(contents: Mapping[str, bytes], address: str, cache: Path) -> None:
    """Fetch raw files of given contents from a server."""
    os.environ.pop(sources.MIRROR_VARIABLE, None)
    os.environ |= {"XDG_CACHE_HOME": str(cache), "NO_PROXY": "127.0.0.1"}
    raws = pinned(contents)
    sources.SERVER, sources.raw_files = address, lambda: raws
    sources.fetch_all(list(raws))


def fetch(item: DataSet, root: Path) -> None:
    """Download a data set."""
    download(item, root)


def copy(folder: Path) -> None:
    """Copy the book's world, unless that was done."""
    with suppress(ClipsafeError):
        copy_world(folder)


def row(name: str) -> Row:
    return Row.of(replace(Recipe("a", "resnet_xs", "wit", "clip"), name=name), "ab12", 0.9, 60.0)


def add_rows(folder: Path, prefix: str, count: int) -> None:
    """Put rows and curves into the list of trained models, one after the other."""
    for number in range(count):
        name = f"{prefix}{number}"
        add_to_ledger(folder, [row(name)])
        add_curves(folder, {name: [(256, 3.0)]})


def _import_what_writes_cubes() -> None:
    """Write one, so that not every process imports what xarray asks for on the way."""
    with tempfile.TemporaryDirectory() as folder:
        xr.Dataset({"x": ("model", [1])}).to_netcdf(Path(folder, "a.nc"), engine="h5netcdf")


_import_what_writes_cubes()
