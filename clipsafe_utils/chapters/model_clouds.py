"""Marks of models in a scatter, for the chapters on what happens out of distribution."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import xarray as xr

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.show.encoding import group_look, source_look

PRINTED_GROUPS = ("clip_fine_tuned", "standard")
"""Groups that are drawn beside the training sources shown; the chart has everyone."""

_PERCENT = 100.0


def marks_of_models(
    cloud: xr.Dataset, sources: Sequence[str], *, everyone: bool
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give the place of each model in a cloud and its mark: the sources shown first, then group by group."""
    groups, crawls = (cloud[name].values.tolist() for name in ("group", "training_source"))
    names = short_names(cloud["model"].values.tolist(), cloud["checkpoint"].values.tolist())
    across, up = (_PERCENT * cloud[name].values for name in "xy")
    # Of zero-shot CLIPs the source is what is compared, of others the group.
    kinds = [
        crawl if group == "clip_zero_shot" and crawl in sources else group
        for group, crawl in zip(groups, crawls, strict=True)
    ]
    order = [*sources, *PRINTED_GROUPS, *GROUPS]
    for at in np.argsort([order.index(kind) for kind in kinds], kind="stable").tolist():
        if everyone or kinds[at] in (*sources, *PRINTED_GROUPS):
            is_clip = groups[at] == "clip_zero_shot"
            look = source_look(crawls[at]) if is_clip else group_look(groups[at])
            yield at, {"look": look, "name": names[at], "x": across[at], "value": up[at]}
