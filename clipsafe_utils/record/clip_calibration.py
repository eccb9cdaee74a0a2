"""CLIP_Calibration: the temperature that suits each of thirteen zero-shot CLIPs on ImageNet."""

# The repository states no licence, and the numbers stand in the outputs of a notebook: there is no table that
# could be fetched. Thirteen of them are quoted as facts in `clip_temperatures.csv` beside this module, so a
# run needs no mirror; a test compares them with the mirror's table, which was taken from that notebook.

from importlib.resources import as_file, files

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.record.calibration_tables import lay_out
from clipsafe_utils.record.sources import RawFile
from clipsafe_utils.record.tables import read_numbers

NOTEBOOK = RawFile(
    path="CLIP_Calibration/imagenet_tune.ipynb",
    repository="Pikus16/CLIP_Calibration",
    commit="a60bbc985b6368baba2809cf9f3ad1798427c935",
    source_path="imagenet_tune.ipynb",
    bytes=67_323,
    sha256="02000ba4405342bb174529e411189020cc2325a4b7b72c3735a60a208c912a4a",
    licence="none stated",
)
"""Where the numbers stand."""

QUOTED = "clip_temperatures.csv"
FITTED_ON = (
    "by NLL on 50 training images of ImageNet a class, one template; 100 times the cosine divided by it"
)
_EPOCHS = {"laion400m_e31": 31}
_LAION_400M = 407_332_084  # images of an epoch, `training_sources.csv`


def temperatures() -> pd.Series:
    """Return the temperature of each CLIP by its name in open_clip, ``model.pretrained``."""
    with as_file(files("clipsafe_utils.record").joinpath(QUOTED)) as path:
        table = read_numbers(path, ["architecture", "pretrained"], ["temperature"])
    return table.set_index(table["architecture"] + "." + table["pretrained"])["temperature"]


def calibration_rows() -> xr.Dataset:
    """Build the rows: the temperature alone; the errors of the source are on other tasks, in other bins.

    A checkpoint that is named by its epoch has seen as many images as the epochs have.
    """
    fitted = temperatures()
    cube = lay_out({}, fitted)
    cube["temperature"].attrs["fitted_on"] = FITTED_ON
    epochs = [_EPOCHS.get(name.partition(".")[2], np.nan) for name in fitted.index]
    return cube.assign(samples_seen=("model", np.array(epochs) * _LAION_400M))
