"""What each chapter lets its reader explore: the main scatter, every model by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.cubes.selection import of_source
from clipsafe_utils.figures.hover import Marks, View
from clipsafe_utils.figures.style import GROUP_COLOURS, GROUP_MARKERS, source_look
from clipsafe_utils.registry.set_names import DETECTION, condition_name, shift_title

PERCENT = 100.0


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


def _by_group(models: xr.Dataset) -> list[tuple[str, NDArray[Any]]]:
    """Return the groups that are there, in the order of every legend, each with the mask of its models."""
    group = models["group"].values
    return [(name, group == name) for name in GROUPS if (group == name).any()]


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
