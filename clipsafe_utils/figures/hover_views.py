"""What each chapter lets its reader explore: the main scatter, every model by name."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.figures.hover import Marks, View
from clipsafe_utils.figures.style import GROUP_COLOURS, GROUP_MARKERS
from clipsafe_utils.registry.set_names import condition_name

PERCENT = 100.0

_BEYOND = 0.02
"""How far beyond the ends of the line a view of chapter 1 goes, as a share."""


def factors(
    results: Mapping[str, xr.Dataset],
    models: Mapping[str, xr.Dataset],
    lines: Mapping[str, xr.DataArray],
) -> list[View]:
    """Chapter 1: accuracy on a factor against reference accuracy, a view a study and factor.

    Parameters
    ----------
    results, models : mapping of str to xarray.Dataset
        By study, as for `clipsafe_utils.figures.factor_robustness.residuals`.
    lines : mapping of str to xarray.DataArray
        By study, as `clipsafe_utils.findings.factors.residuals.baseline_lines` returns them.

    Returns
    -------
    list of View
        Each mark also says its residual. Hollow: residuals that are not measured. Like the printed figure,
        a view ends where the line ends: far networks would squeeze the rest.

    Examples
    --------
    >>> factors({}, {}, {})
    []
    """
    return [
        _factor_view(
            f"{study}: {factor.replace('_', ' ')}",
            result.sel(factor=factor),
            models[study]["group"].values,
            lines[study].sel(factor=factor),
        )
        for study, result in results.items()
        for factor in result["factor"].values.tolist()
    ]


def _factor_view(name: str, result: xr.Dataset, group: NDArray[Any], line: xr.DataArray) -> View:
    at, reference = line["reference_accuracy"].values, result["reference_accuracy"].values
    near = (reference >= at[0] - _BEYOND) & (reference <= at[-1] + _BEYOND)
    measured = result["measured"].values
    x, y, residual = (
        PERCENT * result[column].values for column in ("reference_accuracy", "accuracy", "residual")
    )
    marks = [
        Marks(
            *_look(one),
            result["model"].values[here].tolist(),
            x[here],
            y[here],
            extra=residual[here],
            hollow=hollow,
        )
        for one in GROUPS
        for hollow in (False, True)
        for here in [near & (group == one) & (measured != hollow)]
    ]
    return View(
        name,
        "reference accuracy, %",
        "accuracy on the images of the factor, %",
        marks,
        extra="residual, points",
        lines=[(PERCENT * at, PERCENT * line.values)],
    )


def calibration(models: pd.DataFrame, fewest_images: int) -> list[View]:
    """Chapter 4: debiased calibration error against accuracy, a view a study, scaling and set of images.

    Parameters
    ----------
    models : DataFrame
        As `clipsafe_utils.findings.calibration.variants.every_model` returns it.
    fewest_images : int
        Images that a claim needs; with fewer, marks are hollow.

    Returns
    -------
    list of View
        Every model of the studies, also those that the printed figures leave out.

    Examples
    --------
    >>> calibration(pd.DataFrame(columns=["study", "scaling", "condition"]), 5_000)
    []
    """
    views = []
    for _, rows in models.groupby(["study", "scaling", "condition"], sort=False):
        study, scaling, condition, images = rows[["study", "scaling", "condition", "images"]].iloc[0]
        x, y, low, high = (PERCENT * rows[name].to_numpy() for name in ("accuracy", "error", "low", "high"))
        names, group = rows["model"].to_numpy(), rows["group"].to_numpy()
        few = images < fewest_images
        marks = [
            _marks_of_group(name, group == name, names, x, y, (low, high), hollow=few)
            for name in GROUPS
            if name in group
        ]
        what = f"{condition_name(condition)}, {scaling} scaling, {images:,.0f} images"
        views.append(View(f"{study}: {what}", "accuracy, %", "debiased error, %", marks))
    return views


def _marks_of_group(
    name: str,
    here: NDArray[Any],
    models: NDArray[Any],
    x: NDArray[Any],
    y: NDArray[Any],
    ends: tuple[NDArray[Any], NDArray[Any]],
    *,
    hollow: bool = False,
) -> Marks:
    low, high = (end[here] for end in ends)
    return Marks(*_look(name), models[here].tolist(), x[here], y[here], low, high, hollow=hollow)


def _look(group: str) -> tuple[str, str, str]:
    """Return the name, the colour and the marker of a group, those of the printed figures."""
    return GROUPS[group], GROUP_COLOURS[group], GROUP_MARKERS[group]
