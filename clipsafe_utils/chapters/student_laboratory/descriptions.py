"""What a reader who cannot see a figure of the student's laboratory should know."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.yours import is_yours, label_of
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.say import percent, points


def describe_doses(tables: Mapping[Property, pd.DataFrame], level: float) -> str:
    """Describe `clipsafe_utils.figures.causes.doses` with a level marked."""
    sentences = []
    for panel, table in tables.items():
        for loss, rows in table.groupby("loss"):
            ends = rows.sort_values("level").iloc[[0, -1]]
            low, high = (f"{panel.scale * value:.1f}" for value in ends["value"])
            sentences.append(f"{panel.title}, {loss}: {low} at the lowest level, {high} at the highest.")
    curves = " ".join(sentences) or "Nothing was trained."
    return f"Dose and response of a knob; the level {level:g} is marked. {curves}"


def describe_factors(result: xr.Dataset | None, models: xr.Dataset) -> str:
    """Describe `clipsafe_utils.figures.student_laboratory.factors`."""
    if result is None:
        return "No line of standard models can be drawn."
    sentences = [
        f"{label_of(str(model['model'].item()))}: {_residuals(model)}."
        for place in np.flatnonzero(is_yours(models))
        for model in [result.isel(model=place)]
    ]
    return " ".join(["Residuals of CLIPs on the visual factors.", *(sentences or ["None is yours."])])


def _residuals(model: xr.Dataset) -> str:
    return ", ".join(
        f"{str(factor).replace('_', ' ')} {points(value) if measured else 'not measured'}"
        for factor, value, measured in zip(
            model["factor"].values, model["residual"].values, model["measured"].values, strict=True
        )
    )


def describe_shape_bias(table: xr.Dataset | None, models: xr.Dataset) -> str:
    """Describe `clipsafe_utils.figures.student_laboratory.shape_bias`."""
    if table is None:
        return "Shape bias was not measured."
    bias, mine = table["shape_bias"].to_series(), is_yours(models)
    sentences = [f"{label_of(str(name))}: {percent(value)}." for name, value in bias[mine].items()]
    sentences = sentences or ["None is yours."]
    if not mine.all():
        lowest, highest = percent(bias[~mine].min()), percent(bias[~mine].max())
        sentences = [f"Shape bias of the others, from {lowest} to {highest}.", *sentences]
    return " ".join(sentences)


def describe_reliability(panels: xr.Dataset) -> str:
    """Describe the panels of reliability."""
    titles = panels["title"].values.tolist()
    return f"Reliability on clean images: {'; '.join(titles)}." if titles else "Reliability was not measured."
