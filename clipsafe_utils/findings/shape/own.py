"""A reader's own models beside the observers of the record: they are counted nowhere."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import xarray as xr

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.own_models import own_names, who_of
from clipsafe_utils.findings.shape.observers import is_suspect
from clipsafe_utils.metrics.labelled import shape_bias_table
from clipsafe_utils.say import Missing, Text, Value, count


@dataclass(frozen=True)
class OwnObserver:
    """The shape bias of an own model, and how many of the record's networks have less."""

    name: str
    study: str
    bias: Value
    decided: Value
    more_than: Mapping[str, Text]  # by group, how many of how many

    @property
    def who(self) -> Text:
        """The model and its study as a sentence names them."""
        return who_of(self.name, self.study)


def own_observers(own: Panel, host: Panel, confidence: float) -> Iterator[OwnObserver]:
    """Set each model of a study beside the networks of another, without its suspect runs."""
    record = shape_bias_table(host.cube)["shape_bias"].isel(model=~is_suspect(host.models))
    groups = host.models["group"].sel(model=record["model"])
    table = shape_bias_table(own.cube, confidence=confidence)
    for at, name in enumerate(own_names(table["model"].values.tolist())):
        one = table.isel(model=at)
        bias = Value(*(one[end].item() for end in ("shape_bias", "low", "high")))
        more = {
            group: _more_than(bias.estimate, record.isel(model=(groups == group).values))
            for group in ("standard", "clip_zero_shot")
        }
        yield OwnObserver(name, own.study, bias, Value(one["share_decided"].item()), more)


def _more_than(bias: float, others: xr.DataArray) -> Text:
    if not others.size:
        return Missing("no such network is shown")
    return count(int((others < bias).sum()), others.size)
