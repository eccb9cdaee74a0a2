"""Chapter 6: tables for its curves, and what its figures show for a reader who cannot see them."""

from collections.abc import Mapping

import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.causes.words import cell_of
from clipsafe_utils.chapters.formats import points
from clipsafe_utils.findings.causes.effects import estimate_of
from clipsafe_utils.findings.ladder import dose, ladder
from clipsafe_utils.findings.properties import Property

PANELS: Mapping[str, Property] = {
    "accuracy": Property("accuracy, natural images", "right, %", is_share=True),
    "accuracy_shifts": Property("accuracy under shift", "right, %", is_share=True),
    "shape_bias": Property("shape bias", "by shape, %", is_share=True),
    "auroc": Property("detection", "AUROC, %", is_share=True),
    "ece_debiased_before_natural": Property("calibration error, clean", "debiased, %"),
    "temperature": Property("temperature", "temperature", 1.0),
}
"""What the curves show, and the choices of the parameter `property`."""

RATIOS = ("images", "batch")
"""Knobs whose levels are multiples of each other."""


def dose_tables(cube: xr.Dataset | None, knob: str, confidence: float) -> dict[Property, pd.DataFrame]:
    """Tabulate `PANELS` against the level of a knob, for `clipsafe_utils.figures.causes.doses`.

    Examples
    --------
    >>> dose_tables(None, "batch", 0.95)
    {}
    """
    if cube is None:
        return {}
    known = set(cube["property"].values.tolist())
    return {panel: dose(cube, knob, name, confidence) for name, panel in PANELS.items() if name in known}


def ladder_tables(cube: xr.Dataset | None, property_: str, confidence: float) -> dict[Property, pd.DataFrame]:
    """Tabulate a property along the ladder, for `clipsafe_utils.figures.causes.ladder`.

    Examples
    --------
    >>> ladder_tables(None, "accuracy", 0.95)
    {}
    """
    if cube is None or property_ not in cube["property"].values:
        return {}
    found = ladder(cube, property_, confidence)
    return {PANELS[property_]: found} if len(found) else {}


def describe_rows(tables: Mapping[Property, pd.DataFrame], place: str, curve: str, unit: float = 1.0) -> str:
    """Say what curves show: each curve from its first place to its last.

    Parameters
    ----------
    tables : mapping of Property to DataFrame
        As `dose_tables` or `ladder_tables` returns them.
    place, curve : str
        The columns that a curve runs along, and that tell curves apart.
    unit : float
        What a place is multiplied by, where it is a number.

    Examples
    --------
    >>> describe_rows({}, "level", "loss")
    'Nothing is measured.'
    """
    sentences = []
    for panel, table in tables.items():
        for name, rows in table.groupby(curve, sort=False):
            ends = [rows.iloc[0], rows.iloc[-1]]
            said = [f"{panel.scale * row['value']:.3g} at {_written(row[place], unit)}" for row in ends]
            sentences.append(f"{panel.title}, {name}: {', '.join(dict.fromkeys(said))}.")
    return " ".join(sentences) or "Nothing is measured."


def describe_effects(table: pd.DataFrame, titles: Mapping[str, str]) -> str:
    """Say what the figures of causes and properties show: every mean, with its interval, in points.

    Examples
    --------
    >>> describe_effects(pd.DataFrame(columns=["property"]), {"accuracy": "accuracy"})
    'Nothing is measured.'
    """
    sentences = []
    for key, title in titles.items():
        rows = table[table["property"] == key]
        if len(rows):
            name = title.replace("\n", " ")
            said = [f"{row['cause']} {_cell(row)}" for _, row in rows.iterrows()]
            sentences.append(f"Change of {name} in points: {'; '.join(said)}.")
    return " ".join(sentences) or "Nothing is measured."


def _cell(row: pd.Series) -> str:
    return cell_of(estimate_of(row)) if row.get("decided", True) else f"{points(row['value'])} (undecided)"


def _written(place: object, unit: float) -> str:
    return f"{unit * place:g}" if isinstance(place, float) else str(place)
