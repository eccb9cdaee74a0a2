"""How far two evaluations of the same network differ."""

import numpy as np
import pandas as pd
import xarray as xr


def compare_evaluations(shifts: xr.Dataset, models: xr.Dataset) -> xr.Dataset:
    """Tabulate the differences between sources that evaluated the same weights.

    Dim condition, where there is a pair: `pairs`, `median_difference` and `largest_difference` (absolute,
    percentage points), `most_different` (a checkpoint). Of several rows of one source the first counts.
    """
    evaluations = _evaluations(shifts, models)
    both = evaluations.merge(evaluations, on=["checkpoint", "condition"], suffixes=("", "_other"))
    pairs = both[both["source"] < both["source_other"]].reset_index(drop=True)
    pairs["difference"] = (pairs["percent"] - pairs["percent_other"]).abs()
    by_condition = pairs.groupby("condition", sort=False)
    order = [name for name in shifts["condition"].values.tolist() if name in by_condition.groups]
    largest = pairs.loc[by_condition["difference"].idxmax()].set_index("condition").loc[order]
    return xr.Dataset(
        {
            "pairs": ("condition", by_condition.size().loc[order]),
            "median_difference": ("condition", by_condition["difference"].median().loc[order]),
            "largest_difference": ("condition", largest["difference"]),
            "most_different": ("condition", largest["checkpoint"].to_numpy(dtype=str)),
        },
        coords={"condition": order},
    )


def _evaluations(shifts: xr.Dataset, models: xr.Dataset) -> pd.DataFrame:
    """Return one row for each checkpoint, source and condition, with the accuracy in percent."""
    present = models.sel(model=np.isin(models["model"], shifts["model"]))
    percent = (100 * shifts["hits"] / shifts["images"]).sel(model=present["model"].values)
    table = percent.to_pandas().set_axis(present["checkpoint"].values.tolist())
    table["source"] = [name.split(":")[0] for name in present["model"].values.tolist()]
    evaluations = table.rename_axis("checkpoint").reset_index().melt(["checkpoint", "source"])
    evaluations.columns = pd.Index(["checkpoint", "source", "condition", "percent"])
    return evaluations.dropna().drop_duplicates(["checkpoint", "source", "condition"])
