"""Hierarchical Selective Classification: calibration of ImageNet classifiers, before and after scaling."""

# The repository states no licence. What is quoted are facts: six numbers of those networks that the catalogue
# of this project names. They stand in a part file of their own, and no row of the table in this repository.

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.record.calibration_tables import SCALINGS, lay_out
from clipsafe_utils.record.sources import fetch
from clipsafe_utils.record.tables import read_numbers
from clipsafe_utils.registry.catalogue import catalogue

TABLE = "Hierarchical-Selective-Classification/results/models_comparison/models_comparison_full.csv"
COLUMNS = {"accuracy": "Accuracy", "ece": "ECE_15", "mean_confidence": "Confidence Mean"}
"""The column of each variable; that after scaling ends in `_TS`. `A-ECE` is no column of ours: 14 bins."""

GROUPS = ("clip_zero_shot", "clip_fine_tuned", "standard")
"""Whose numbers a claim needs."""

IMAGES = (
    "before scaling 50,000 validation images; the temperature by NLL on 5,000 of them, stratified; after "
    "scaling the other 45,000. The split has no seed of its own"
)
NOT_CONVERGED = 0.06
"""An error after scaling above this is that of a fit which failed."""

_CLIP, _ON_WHICH = "CLIP_", "images"
_CHANGE = 0.01


def calibration_rows() -> xr.Dataset:
    """Build the rows of the networks of the catalogue, ``checkpoint@size``.

    A network has one row, that under timm's name: torchvision's copies of the same weights are left out, as
    are those of its networks that were tested at a size which is not theirs. The size is the catalogue's;
    the table's is the same but for three networks, of which it states the size before cropping.
    """
    path = fetch(TABLE)
    ends = dict(zip(SCALINGS, ("", "_TS"), strict=True))
    numbers = [column + end for column in COLUMNS.values() for end in ends.values()]
    table = read_numbers(path, ["Architecture"], [*numbers, "Temperature"])
    table["checkpoint"] = [_checkpoint(name) for name in table["Architecture"]]
    sizes = {name: model.input_size for name, model in catalogue().items() if model.group in GROUPS}
    table = table[table["checkpoint"].isin(list(sizes))]
    table.index = pd.Index([f"{name}@{sizes[name]}" for name in table["checkpoint"]])
    stated = {
        name: pd.DataFrame({scaling: table[column + end] for scaling, end in ends.items()})
        for name, column in COLUMNS.items()
    }
    stated["accuracy"] /= 100
    temperature = without_failed_fits(stated, table["Temperature"])
    cube = lay_out(stated, temperature, table["checkpoint"].map(sizes))
    for name in (*COLUMNS, "temperature"):
        cube[name].attrs[_ON_WHICH] = IMAGES
    return cube


def without_failed_fits(stated: dict[str, pd.DataFrame], temperature: pd.Series) -> pd.Series:
    """Return temperatures, NaN where the cell cannot be that of the columns after scaling.

    A temperature above 1 lowers confidence. Where the table says the reverse, the cell was left by an earlier
    fit. Where the error after scaling is beyond `NOT_CONVERGED`, what is stated after it becomes NaN, too.
    """
    failed = stated["ece"]["after"] > NOT_CONVERGED
    for table in stated.values():
        table.loc[failed, "after"] = np.nan
    rise = stated["mean_confidence"]["after"] - stated["mean_confidence"]["before"]
    left_over = ((temperature > 1) & (rise > _CHANGE)) | ((temperature < 1) & (rise < -_CHANGE))
    return temperature.mask(failed | left_over)


def _checkpoint(name: str) -> str:
    if not name.startswith(_CLIP):
        return name
    network = name.removeprefix(_CLIP).replace("/", "-").replace("@", "-").removesuffix("px")
    return f"{network}.openai"
