"""What evaluations of other sizes would say of the best and the worst calibrated network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import xarray as xr

from clipsafe_utils.findings.calibration.bins import CALIBRATED, RECORDED, SIZES, images_to_tell
from clipsafe_utils.findings.calibration.errors import FEWEST_IMAGES
from clipsafe_utils.say import Missing, Said, Text, Value, nothing


@dataclass(frozen=True)
class Size:
    """One network, and how many images tell it from a perfectly calibrated one."""

    name: Text
    tells: Text
    small: Said
    """Mean ECE on the smallest number of images."""


@dataclass(frozen=True)
class Sizes:
    """The best and the worst calibrated network of a study."""

    study: Text
    best: Size
    worst: Size
    perfect: Said
    """Mean ECE of a perfectly calibrated network on the smallest number of images."""
    told: str | Missing
    """Which of the two 5,000 images tell from a perfect one: `both`, `worst`, `best` or `neither`."""


def sizes_of(study: str, simulated: Mapping[str, xr.Dataset]) -> Sizes:
    """Gather what simulated evaluations say.

    Parameters
    ----------
    study : str
        Whose networks they are.
    simulated : mapping of str to xarray.Dataset
        `sample_sizes`: the best network, and the worst where there are several.

    Examples
    --------
    >>> sizes_of("mine", {}).perfect
    not measured
    """
    if not simulated:
        return nothing(Sizes, "no confidences are shown")
    networks = [_size(name, one) for name, one in simulated.items()]
    single = len(networks) == 1
    told = [
        role
        for role, one in zip(("best", "worst"), simulated.values(), strict=False)
        if (images_to_tell(one) or SIZES[-1] + 1) <= FEWEST_IMAGES
    ]
    smallest = next(iter(simulated.values())).isel(images=0)["mean"]
    return Sizes(
        Text(f"`{study}`"),
        networks[0],
        nothing(Size, "a single network") if single else networks[1],
        Value(smallest.sel(truth=CALIBRATED).item()),
        Missing("a single network") if single else _both(told),
    )


def _both(told: Sequence[str]) -> str:
    return "both" if len(told) > 1 else told[0] if told else "neither"


def _size(name: str, simulated: xr.Dataset) -> Size:
    images = images_to_tell(simulated)
    smallest = simulated.isel(images=0)["mean"].sel(truth=RECORDED)
    return Size(
        Text(name), Text(f"{images:,}" if images else f"more than {SIZES[-1]:,}"), Value(smallest.item())
    )
