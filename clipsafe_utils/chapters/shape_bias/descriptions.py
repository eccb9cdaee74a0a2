"""Chapter 2: what its figures show, for a reader who cannot see them."""

from collections.abc import Mapping

import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.say import percent

_NO_DECISIONS = "No study has decisions on cue-conflict images."
_NO_CAUSES = "No study has the cube of causes."


def describe_observers(tables: Mapping[str, xr.Dataset], models: Mapping[str, xr.Dataset]) -> str:
    """Say what the headline figure shows."""
    sentences = []
    for study, result in tables.items():
        group = models[study]["group"].values
        spans = []
        for name, title in GROUPS.items():
            bias = result["shape_bias"].values[group == name]
            if bias.size:
                span = f"{percent(bias.min(), 0)} to {percent(bias.max(), 0)}"
                spans.append(f"{title}: {bias.size} observers, shape bias {span}.")
        sentences += _of_study(study, spans, len(tables))
    return " ".join(["Dot plot of shape bias.", *sentences]) if sentences else _NO_DECISIONS


def describe_classes(classes: Mapping[str, xr.Dataset]) -> str:
    """Say what the figure by class shows."""
    sentences = []
    for study, means in classes.items():
        spans = []
        for name in means["group"].values.tolist():
            bias = means["mean"].sel(group=name)
            low, high = (bias.isel(cue_class=pick("cue_class")) for pick in (bias.argmin, bias.argmax))
            spans.append(
                f"{GROUPS[name]}: from {percent(low.item(), 0)} for {low['cue_class'].item()} "
                f"to {percent(high.item(), 0)} for {high['cue_class'].item()}."
            )
        sentences += _of_study(study, spans, len(classes))
    return " ".join(["Dot plot of shape bias by class.", *sentences]) if sentences else _NO_DECISIONS


def describe_doses(tables: Mapping[Property, pd.DataFrame]) -> str:
    """Say what the figure of dose and response shows."""
    sentences = []
    for panel, table in tables.items():
        for loss, rows in table.groupby("loss"):
            ends = [
                f"{percent(rows['value'].iloc[place], 0)} at {percent(rows['level'].iloc[place], 0)}"
                for place in (0, -1)
            ]
            sentences.append(f"{panel.title}, {loss}: {' and '.join(ends)}.")
    head = "Line plots against the share of training images with the typical texture."
    return " ".join([head, *sentences]) if sentences else _NO_CAUSES


def _of_study(study: str, spans: list[str], studies: int) -> list[str]:
    return [f"Study {study}:", *spans] if spans and studies > 1 else spans
