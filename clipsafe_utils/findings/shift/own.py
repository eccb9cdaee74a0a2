"""A reader's own models under shift, by the line of the study that speaks of real models."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.findings.own_models import Standing, is_one_of, own_names, standing
from clipsafe_utils.findings.shift.clouds import Clouds, clouds_of
from clipsafe_utils.findings.shift.sources import judge
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import listed, points


def own_clouds(studies: Sequence[Study], host: Clouds, groups: Sequence[str]) -> dict[str, Clouds]:
    """Read the accuracies of real models under the shifts of a study; as a cloud each, with their heights.

    Of `studies` those are read that have no panel of their own.
    """
    own: dict[str, Mapping[str, xr.Dataset]] = {}
    for study in studies:
        if study.has("shifts") and is_real(study.read("shifts")):
            clouds = clouds_of(study, groups, host)
            found = {
                shift: judge_own_cloud(cloud, host[shift], is_one_of(study.read("models"), host[shift]))
                for shift, cloud in clouds.items()
                if cloud.sizes["model"]
            }
            if found:
                own[study.name] = found
    return own


def judge_own_cloud(own: xr.Dataset, host: xr.Dataset, same: NDArray[np.bool_]) -> xr.Dataset:
    """Add `height` above the line of standard networks, `p_value`, and whether it is `measured`."""
    line = host.isel(model=(host["group"] == "standard").values & ~same)
    both = xr.Dataset(
        {name: ("model", np.concatenate([line[name], own[name]])) for name in ("x", "y", "family")}
    )
    is_own = np.arange(both.sizes["model"]) >= line.sizes["model"]
    found = judge(both, ~is_own, is_own)
    empty = np.full(own.sizes["model"], np.nan)
    values = (found.residual, found.p_value, found.measured) if found else (empty, empty, empty > 0)
    names = ("height", "p_value", "measured")
    return own.assign({name: ("model", value) for name, value in zip(names, values, strict=True)})


def standings(own: Mapping[str, Clouds]) -> Iterator[tuple[Standing, str]]:
    """Say of each own model under which shifts it stands apart, and how high it stands."""
    for study, clouds in own.items():
        for row, name in names_of(clouds).items():
            here = {
                shift: cloud.sel(model=row) for shift, cloud in clouds.items() if row in cloud["model"].values
            }
            titles = [shift_title(shift) for shift in here]
            height, p_value, measured = (
                np.array([one[value].item() for one in here.values()])
                for value in ("height", "p_value", "measured")
            )
            heights = [
                f"{points(one)} points on {title}"
                for one, title, known in zip(height, titles, measured, strict=True)
                if known
            ]
            yield standing(name, study, titles, height, p_value, measured), listed(heights)


def names_of(clouds: Clouds) -> dict[str, str]:
    """Return the names of own models by row, in the order in which they first stand in a cloud."""
    rows = list(dict.fromkeys(row for cloud in clouds.values() for row in cloud["model"].values.tolist()))
    return dict(zip(rows, own_names(rows), strict=True))
