"""What each chapter lets its reader explore: the main scatter, every model by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.selection import of_source
from clipsafe_utils.figures.hover import Marks, View
from clipsafe_utils.figures.style import GROUP_COLOURS, GROUP_MARKERS, source_look
from clipsafe_utils.registry.set_names import DETECTION, shift_title

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


def clouds(
    by_study: Mapping[str, Mapping[str, xr.Dataset]],
    sources: Mapping[str, Sequence[str]],
    lines: Mapping[str, Mapping[str, xr.DataArray]],
) -> list[View]:
    """Chapter 3: accuracy under shift, or AUROC, against accuracy in distribution.

    Parameters
    ----------
    by_study : mapping of str to mapping of str to xarray.Dataset
        Of shifts, and of detection under the name `DETECTION`.
    sources : mapping of str to sequence of str
        By study, the training sources whose zero-shot CLIPs are shown.
    lines : mapping of str to mapping of str to xarray.DataArray
        By study and shift, the line of the standard networks; detection has none.

    Returns
    -------
    list of View
        A view a study and shift; marks and line as in `clipsafe_utils.figures.ood_correlation.clouds`.

    Examples
    --------
    >>> clouds({}, {}, {})
    []
    """
    found = []
    for study, of_study in by_study.items():
        for shift, cloud in of_study.items():
            line = lines.get(study, {}).get(shift)
            found.append(
                View(
                    f"{study}: {shift_title(shift)}",
                    "accuracy in distribution, %",
                    "mean AUROC, %" if shift == DETECTION else "accuracy under the shift, %",
                    [*_of_groups(cloud), *_of_sources(cloud, sources[study])],
                    lines=[] if line is None else [(PERCENT * line["x"].values, PERCENT * line.values)],
                )
            )
    return found


def _of_groups(cloud: xr.Dataset) -> list[Marks]:
    return [
        _cloud_marks(*_look(name), cloud, here)
        for name, here in _by_group(cloud)
        if name in ("standard", "clip_fine_tuned")
    ]


def _of_sources(cloud: xr.Dataset, sources: Sequence[str]) -> list[Marks]:
    found = []
    for source in sources:
        colour, marker, label = source_look(source)
        found.append(_cloud_marks(label, colour, marker, cloud, of_source(cloud, source)))
    return found


def _cloud_marks(label: str, colour: str, marker: str, cloud: xr.Dataset, here: NDArray[Any]) -> Marks:
    x, y = (PERCENT * cloud[name].values[here] for name in ("x", "y"))
    low, high = (PERCENT * cloud[name].values[here] if name in cloud else None for name in ("low", "high"))
    return Marks(label, colour, marker, cloud["model"].values[here].tolist(), x, y, low, high)


def _by_group(models: xr.Dataset) -> list[tuple[str, NDArray[Any]]]:
    """Return the groups that are there, in the order of every legend, each with the mask of its models."""
    group = models["group"].values
    return [(name, group == name) for name in GROUPS if (group == name).any()]


def _look(group: str) -> tuple[str, str, str]:
    """Return the name, the colour and the marker of a group, those of the printed figures."""
    return GROUPS[group], GROUP_COLOURS[group], GROUP_MARKERS[group]
