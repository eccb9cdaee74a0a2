"""Chapter 1 in the laboratory: what it changes, and its one-factor sets with both kinds of texture."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import OVERALL
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.schema import ALONE
from clipsafe_utils.metrics import robustness
from clipsafe_utils.metrics.baseline import Fit
from clipsafe_utils.metrics.labelled import factor_accuracy

TEXTURES: Mapping[str, str] = dict(zip(ALONE, ("typical textures", "random textures"), strict=True))
"""Selections of the one-factor sets, and what figures call them."""

DOSES: Mapping[str, str] = {"rotation_sd": "pose", "background_correlation": "background"}
"""Knobs, and the factor that each feeds."""

STEPS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "images": (("a", "wit"), ("a", "labels")),
    "language": (("d", "wit"), ("a", "wit")),
}
"""Cells of the ladder (rung, source) that differ in the images alone, or in the language alone."""


def relative_residuals(
    panel: Panel, selection: str, baseline_group: str, fit: Fit, confidence: float
) -> dict[str, xr.Dataset]:
    """Judge relative accuracy on the one-factor sets at equal overall accuracy, by kind of texture.

    Relative accuracy is accuracy on a one-factor set over that on the plain set; overall accuracy is that on
    the natural images. Where the line is not supported in overall accuracy, a residual is not measured.

    `residual`, `half_width`, `measured` and `accuracy` (the relative one) with the dims model and factor;
    empty if the study has no one-factor sets.
    """
    kinds = [kind for kind in TEXTURES if kind in panel.cube["selection"].values]
    overall = factor_accuracy(panel.cube, selection).sel(factor=OVERALL, drop=True)
    in_baseline = (panel.models["group"] == baseline_group).values
    found = {}
    for kind in kinds:
        accuracy = factor_accuracy(panel.cube, kind)
        plain = accuracy.sel(factor=OVERALL, drop=True)
        relative = (accuracy.drop_sel(factor=OVERALL) / plain).transpose("factor", "model")
        if not np.isfinite(relative).all():
            continue
        # The fits of this chapter follow a change of scale, and take shares.
        scale = max(1.0, float(relative.max()))
        judged = robustness.effective_robustness(
            np.broadcast_to(overall.values, relative.shape),
            relative.values / scale,
            panel.models["family"].values,
            in_baseline,
            fit,
            "raw",
            confidence,
        )
        found[kind] = xr.Dataset(
            {
                "accuracy": relative,
                "residual": relative.copy(data=scale * judged.residual),
                "half_width": relative.copy(data=scale * judged.half_width),
                "measured": relative.copy(data=judged.measured),
            },
            attrs={"baseline_group": baseline_group},
        ).transpose("model", "factor")
    return found
