"""NINCO: detection by 31 networks on classes that are not ImageNet's, from a pickled table."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.record.ood_sets import as_detection
from clipsafe_utils.record.sources import fetch

TABLE = "NINCO/model_outputs/df.pkl"
SCORES: Mapping[str, str] = {
    "MSP": "maximum_softmax",
    "MaxLogit": "maximum_logit",
    "Energy": "energy",
    "mcm-clip": "maximum_concept_matching",
}
"""What the methods are called here. Its `mcm` is not CLIP's: it takes means of image features for classes."""

POPULAR: Mapping[str, str] = {
    "OOD_Places_MOS_410": "ninco_places",
    "all_species_400_400": "ninco_species",
    "imagenet_o_400": "ninco_imagenet_o",
    "textures_400": "ninco_textures",
}
"""Sets of others that NINCO sampled, each in two versions."""

VERSIONS: Mapping[str, str] = {"_full": "_full", "_ood": "_cleaned"}
UNIT_TESTS = frozenset(
    {
        *("Gaussian", "Rademacher", "black", "blobs", "grey", "horizontal_stripes", "low_freq"),
        *("low_freq_channelfullscale", "low_freq_colorrange", "low_freq_pixel_perm", "monochrome"),
        *("pixel_perm", "tricolour", "tricolour_primary", "uni", "vertical_stripes", "white"),
    }
)
"""Noise and plain colours, which are no photographs."""

CLASSES = 46
_NUMBERS = ("auroc", "fpr", "acc")
_COLUMNS = ("model", "method", *_NUMBERS, "dataset")


class _Inert:
    """What stands for an object of pandas: it keeps what the file gives it, and does nothing."""

    def __init__(self, *given: object) -> None:
        self.given = given

    def __setstate__(self, state: object) -> None:
        self.state = state


def _numbers_from(*given: Any) -> np.ndarray:
    """Make an array from a buffer, as `numpy._core.numeric._frombuffer` does."""
    buffer, dtype, shape, order = given
    return np.frombuffer(buffer, dtype=dtype).reshape(shape, order=order)


_KNOWN: Mapping[tuple[str, str], Any] = {
    ("pandas.core.frame", "DataFrame"): _Inert,
    ("pandas.core.internals.managers", "BlockManager"): _Inert,
    ("pandas.core.indexes.base", "_new_Index"): _Inert,
    ("pandas.core.indexes.base", "Index"): _Inert,
    ("pandas.core.indexes.numeric", "Int64Index"): _Inert,
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy.core.numeric", "_frombuffer"): _numbers_from,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("builtins", "slice"): slice,
}
"""All that the table needs; it can make arrays, and cannot call anything else."""


class _TableUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _KNOWN:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no table needs")
        return _KNOWN[module, name]


def read_pickled(path: Path) -> pd.DataFrame:
    """Read the table from its pickle, of which nothing is run: rows of `_COLUMNS`.

    Call it for a file whose hash was checked, as `fetch` does. A file that asks for anything but what a table
    of pandas is made of is refused.
    """
    try:
        with path.open("rb") as file:
            frame = _TableUnpickler(file).load()
        table = _as_table(frame.state["_mgr"].state[3]["0.14.1"])
    except Exception as error:  # A pickle that is not whole can fail in any way.
        raise ClipsafeError(f"{path}: not the pickled table that was expected ({error}).") from error
    if missing := [name for name in _COLUMNS if name not in table]:
        raise ClipsafeError(f"{path}: column '{missing[0]}' is missing.")
    numbers = table[list(_NUMBERS)].astype(float)
    if not ((numbers >= 0) & (numbers <= 1)).all(axis=None):
        raise ClipsafeError(f"{path}: holds a share that does not lie between 0 and 1.")
    return pd.concat([table[["model", "method", "dataset"]].astype(str), numbers], axis=1)


def _as_table(content: Mapping[str, Any]) -> pd.DataFrame:
    columns = list(content["axes"][0].given[1]["data"])
    table: dict[str, np.ndarray] = {}
    for block in content["blocks"]:
        place = block["mgr_locs"]
        names = columns[place] if isinstance(place, slice) else [columns[one] for one in place]
        table |= dict(zip(names, block["values"], strict=True))
    return pd.DataFrame(table)


def read_results(path: Path) -> pd.DataFrame:
    """Read `auroc`, `fpr95_id_positive` and `accuracy` by model, score and set.

    NINCO's own classes are one set, `ninco`, with the mean over classes: hardly any has more than a hundred
    images, too few to rank networks by. Unit tests are left out.
    """
    table = read_pickled(path)
    table = table[table["method"].isin(SCORES) & ~table["dataset"].isin(UNIT_TESTS)]
    popular = {f"{name}{end}": POPULAR[name] + VERSIONS[end] for name in POPULAR for end in VERSIONS}
    named = table.assign(ood_set=table["dataset"].map(popular).fillna("ninco"))
    classes = named.loc[named["ood_set"] == "ninco", "dataset"].nunique()
    if classes != CLASSES:
        raise ClipsafeError(f"{path}: expected {CLASSES} classes of NINCO, got {classes}.")
    named = named.assign(score=table["method"].map(SCORES)).rename(
        columns={"fpr": "fpr95_id_positive", "acc": "accuracy"}
    )
    keys = ["model", "score", "ood_set"]
    return named.groupby(keys, sort=False)[["auroc", "fpr95_id_positive", "accuracy"]].mean()


def detection_scores() -> xr.Dataset:
    """Build the variables of the cube `ood`."""
    return as_detection(read_results(fetch(TABLE)).drop(columns="accuracy"))
