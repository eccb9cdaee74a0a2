"""Chapter 1 in the laboratory: one-factor sets with both kinds of texture, the ladder, and two knobs."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import OVERALL
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.schema import ALONE
from clipsafe_utils.findings.ladder import dose, dose_difference, ladder, step
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.metrics import robustness
from clipsafe_utils.metrics.baseline import Fit
from clipsafe_utils.metrics.labelled import factor_accuracy
from clipsafe_utils.say import Value

TEXTURES: Mapping[str, str] = dict(zip(ALONE, ("typical textures", "random textures"), strict=True))
"""Selections of the one-factor sets, and what figures call them."""

_AXIS = "of plain accuracy, %"
LADDER: Mapping[str, Property] = {
    "relative_pose_typical": Property("pose, typical textures", _AXIS),
    "relative_pose_random": Property("pose, random textures", _AXIS),
    "relative_texture_typical": Property("texture: random instead of typical", _AXIS),
}
"""Properties that the figure of the ladder shows."""

DOSES: Mapping[str, str] = {"rotation_sd": "pose", "background_correlation": "background"}
"""Knobs, and the factor that each feeds."""

STEPS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "images": (("a", "wit"), ("a", "labels")),
    "language": (("d", "wit"), ("a", "wit")),
}
"""Cells of the ladder (rung, source) that differ in the images alone, or in the language alone."""


PUT_IN: Mapping[str, tuple[float, ...]] = {
    "texture_correlation": (0.965, 0.50, 0.40),
    "background_correlation": (0.80, 0.30, 0.20),
    "rare_glyphs": (0.05, 0.10, 0.15),
    "rotation_sd": (10.0, 8.0, 12.0),
}
"""Where the knobs behind the factors stand in the sources labels, wit and laion; a test reads the recipe."""


def relative_residuals(
    panel: Panel, selection: str, baseline_group: str, fit: Fit, confidence: float
) -> dict[str, xr.Dataset]:
    """Judge relative accuracy on the one-factor sets at equal overall accuracy, by kind of texture.

    Relative accuracy is accuracy on a one-factor set over that on the plain set; overall accuracy is that on
    the natural images. Where the line is not supported in overall accuracy, a residual is not measured.

    Parameters
    ----------
    panel : Panel
        A study, as `clipsafe_utils.findings.factors.residuals.with_a_line` returns it.
    selection : str
        Selection whose `overall` is the overall accuracy.
    baseline_group, fit, confidence : str, str, float
        As in `clipsafe_utils.metrics.labelled.effective_robustness`.

    Returns
    -------
    dict of str to Dataset
        By the name of the kind of texture: `residual`, `half_width`, `measured` and `accuracy` (the relative
        one) with the dims model and factor. Empty if the study has no one-factor sets.
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
        found[TEXTURES[kind]] = xr.Dataset(
            {
                "accuracy": relative,
                "residual": relative.copy(data=scale * judged.residual),
                "half_width": relative.copy(data=scale * judged.half_width),
                "measured": relative.copy(data=judged.measured),
            }
        ).transpose("model", "factor")
    return found


def ladder_tables(causes: Mapping[str, xr.Dataset], confidence: float) -> dict[Property, pd.DataFrame]:
    """Tabulate the properties of `LADDER`, as `clipsafe_utils.figures.causes.ladder` draws them.

    Examples
    --------
    >>> [table.empty for table in ladder_tables({}, 0.95).values()]
    [True, True, True]
    """
    return _of_studies(causes, LADDER, lambda cube, name: ladder(cube, name, confidence), "source")


def dose_tables(
    causes: Mapping[str, xr.Dataset], knob: str, confidence: float
) -> dict[Property, pd.DataFrame]:
    """Tabulate relative accuracy on a knob's factor, as `clipsafe_utils.figures.causes.doses` draws it.

    Examples
    --------
    >>> [table.empty for table in dose_tables({}, "rotation_sd", 0.95).values()]
    [True, True]
    """
    factor = DOSES[knob]
    shown = {_relative(factor, kind): Property(f"{factor}, {name}", _AXIS) for kind, name in TEXTURES.items()}
    return _of_studies(causes, shown, lambda cube, name: dose(cube, knob, name, confidence), "loss")


def _of_studies(
    causes: Mapping[str, xr.Dataset],
    shown: Mapping[str, Property],
    tabulate: Callable[[xr.Dataset, str], pd.DataFrame],
    curve: str,
) -> dict[Property, pd.DataFrame]:
    """Tabulate each property of each study; without a study, leave its panel empty."""
    if not causes:
        return {panel: pd.DataFrame(columns=[curve]) for panel in shown.values()}
    return {
        replace(panel, title=f"{panel.title} ({study})") if len(causes) > 1 else panel: tabulate(cube, name)
        for study, cube in causes.items()
        for name, panel in shown.items()
        if name in cube["property"].values
    }


def steps(cube: xr.Dataset, confidence: float) -> dict[tuple[str, str, str], Value | None]:
    """Return what images and language alone do to relative accuracy, by step, factor and kind of texture.

    `step` names an entry of `STEPS`. Factors are those of the cube.
    """
    names = set(cube["property"].values.tolist())
    factors = [
        name.removeprefix("relative_").removesuffix("_typical")
        for name in cube["property"].values.tolist()
        if name.startswith("relative_") and name.endswith("_typical")
    ]
    return {
        (change, factor, kind): step(cube, name, *STEPS[change], confidence)
        for factor in factors
        for change in STEPS
        for kind in TEXTURES
        if (name := _relative(factor, kind)) in names
    }


def dose_steps(cube: xr.Dataset, confidence: float) -> dict[tuple[str, str], tuple[float, float, Value]]:
    """Return the lowest and the highest level of a knob and the difference between them, by knob and kind.

    The loss is CLIP's: no other is trained at these levels.
    """
    found: dict[tuple[str, str], tuple[float, float, Value]] = {}
    for knob, factor in DOSES.items():
        for kind in TEXTURES:
            if _relative(factor, kind) in cube["property"].values:
                for one in dose_difference(cube, knob, _relative(factor, kind), confidence).values():
                    found[knob, kind] = one
    return found


def _relative(factor: str, kind: str) -> str:
    return f"relative_{factor}_{kind.removeprefix('alone_')}"
