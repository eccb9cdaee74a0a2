"""Chapter 1 in tables."""

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.formats import NOT_MEASURED, points
from clipsafe_utils.cubes import GROUPS, clip_models
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.factors.residuals import A_CROWD, verdicts


def residual_table(panel: Panel, result: xr.Dataset, choices: xr.Dataset) -> ThemedTable:
    """Tabulate images, residuals under the two references and both selections, and the verdict by factor.

    Parameters
    ----------
    panel : Panel
        Counts and models of one study.
    result, choices : xarray.Dataset
        `effective_robustness` and `every_choice` of the same study.
    """
    if clip_models(panel.models).sizes["model"] > A_CROWD:
        return _table_by_group(panel, result)
    clips = clip_models(panel.models)
    images = panel.cube["images"].sel(selection=result.attrs["selection"]).isel(model=0)
    words = verdicts(result, panel.models)
    half = result["half_width"].sel(model=clips["model"].values).max("model")
    rows = []
    for factor in result["factor"].values.tolist():
        row = {"Factor": factor.replace("_", " "), "Images": f"{images.sel(factor=factor).item():,.0f}"}
        for model, name in zip(clips["model"].values, clips["checkpoint"].values.tolist(), strict=True):
            one = choices["residual"].sel(model=model, factor=factor, axes="raw", fit="huber")
            short = name.split(".")[0]
            row[f"{short}: residual"] = points(result["residual"].sel(model=model, factor=factor).item())
            row[f"{short}: without the factor"] = points(
                one.sel(selection="top", reference="without_factor").item()
            )
            row[f"{short}: multi-factor"] = points(one.sel(selection="multi", reference="overall").item())
            row[f"{short}: verdict"] = words.sel(model=model, factor=factor).item()
        row["New standard family"] = f"±{100 * half.sel(factor=factor).item():.1f}"
        rows.append(row)
    return table(
        pd.DataFrame(rows),
        f"Residuals in points by factor, study {panel.study}: under the chapter's parameters, with the "
        "accuracy on all other images as reference, and on all images that carry the factor. The verdict "
        "compares the first with what a new standard family does, after Holm's correction.",
    )


def _table_by_group(panel: Panel, result: xr.Dataset) -> ThemedTable:
    images = panel.cube["images"].sel(selection=result.attrs["selection"]).isel(model=0)
    said = verdicts(result, panel.models)
    clips = result.sel(model=said["model"].values)
    group = panel.models["group"].sel(model=said["model"].values)
    rows = []
    for factor in result["factor"].values.tolist():
        row = {"Factor": factor.replace("_", " "), "Images": f"{images.sel(factor=factor).item():,.0f}"}
        for name in CLIP_GROUPS:
            here = (group == name).values & clips["measured"].sel(factor=factor).values
            if (group == name).any():
                residual = clips["residual"].sel(factor=factor).values[here]
                words = said.sel(factor=factor).values[here].tolist()
                counts = [str(words.count(word)) for word in ("above", "below", "within")]
                row[f"{GROUPS[name]}: residuals"] = _range(residual)
                row[f"{GROUPS[name]}: above, below, within"] = ", ".join(counts)
        half = clips["half_width"].sel(factor=factor).max().item()
        row["New standard family"] = f"±{100 * half:.1f}"
        rows.append(row)
    return table(
        pd.DataFrame(rows),
        f"Residuals in points by factor, study {panel.study}, under the chapter's parameters: lowest, median "
        "and highest of the measured models of a group, and how many stand above, below or within what a new "
        "standard family does, after Holm's correction.",
    )


def _range(residual: np.ndarray) -> str:
    if not residual.size:
        return NOT_MEASURED
    return ", ".join(points(float(np.quantile(residual, place))) for place in (0, 0.5, 1))
