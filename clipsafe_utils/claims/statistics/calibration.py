"""Statistics of the claims on calibration.

Errors are before temperature scaling and on a study's own test set unless a name says otherwise. The rules
of "consistently" and "main" were written before the laboratory's reported seed was measured.
"""

import itertools
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.effects import Effect, of_families, of_images
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.statistics.calibration_errors import (
    NOT_AT_HOME,
    at_home,
    clips_under_shift,
    errors,
    images_of,
    mean_of_shifts,
    shown_errors,
)
from clipsafe_utils.claims.statistics.contrasts import mean_of_models, source_contrast
from clipsafe_utils.claims.statistics.register import statistic
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.selection import families_between_groups
from clipsafe_utils.findings.model_pairs import families_of_pairs
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.correlation import rank_correlation_interval
from clipsafe_utils.metrics.crossing import shares_of_spread
from clipsafe_utils.metrics.families import jackknife_over_families
from clipsafe_utils.registry.model_names import short_names

NEVER, ALWAYS = 0.1, 0.9
"""CLIP is consistently better if it is so in more than `ALWAYS` of the pairs, worse below `NEVER`."""

ALIKE = 0.02
"""Models whose accuracies differ by less are compared."""

MAIN_SHARE = 0.5
"""Drivers are the main ones if more than this share of the spread is theirs."""

CROSSED: Mapping[str, tuple[object, ...]] = {
    "training_source": ("wit", "laion"),
    "training_images": (4096.0, 16384.0, 65536.0),
    "architecture": ("resnet_xs", "resnet_s", "convnext_s"),
}
"""What the laboratory's recipe crosses: a zero-shot CLIP of every combination, at equal samples seen."""

FEWEST_CLIPS = 3
"""Ranks of fewer models are not correlated."""

_CLIP, _STANDARD = "clip_zero_shot", "standard"
_FEWEST_DRAWS = 3
_NO_DRAWS = "no draws of this error over the images"


@statistic
def pairs_not_better_calibrated(reader: Reader, choices: Choices) -> Effect:
    """Say how far the share of pairs in which a CLIP is better calibrated falls short of "consistently".

    Pairs are of a zero-shot CLIP and a standard network whose accuracies differ by less than `ALIKE`. It is
    `ALWAYS` less the share; or if that is less and `consistency` lets it count, the share less `NEVER`.
    Chance is a jackknife over training sources of CLIPs and families of standard networks.
    """
    panel = at_home(reader)
    error, accuracy = errors(panel.cube, choices)[0], panel.cube["accuracy"].values[0]
    group, families = panel.models["group"].values, families_between_groups(panel.models)
    alike = np.abs(accuracy[:, None] - accuracy) < ALIKE
    alike &= (group == _CLIP)[:, None] & (group == _STANDARD) & np.isfinite(error[:, None] + error)
    better = alike & (error[:, None] < error)
    # Whoever is in no pair has nothing to say, and is not counted as a family.
    paired = np.flatnonzero(alike.any(axis=0) | alike.any(axis=1))
    if not paired.size:
        raise NotMeasuredError(f"no CLIP and standard network within {100 * ALIKE:.0f} points of accuracy")

    def short_of_consistent(keep: NDArray[np.bool_]) -> float:
        here = np.ix_(paired[keep], paired[keep])
        share = float(better[here].sum() / alike[here].sum())
        return ALWAYS - share if choices.consistency == "better" else min(ALWAYS - share, share - NEVER)

    shortfall = jackknife_over_families(short_of_consistent, families[paired], group[paired])
    sources = np.unique(families[paired][group[paired] == _CLIP]).size
    return of_families(shortfall, "training source" if sources == shortfall.families else "family")


@statistic
def worst_calibrated_clip(reader: Reader, choices: Choices) -> Effect:
    """Compare the error of the worst calibrated zero-shot CLIP with that of the median standard network.

    Chance is in the images, corrected for the choice among CLIPs.
    """
    panel = at_home(reader)
    error, group = shown_errors(panel.cube, choices), panel.models["group"].values
    clips, standard = (np.isfinite(error).all(axis=0) & (group == name) for name in (_CLIP, _STANDARD))
    if not clips.any() or not standard.any():
        raise NotMeasuredError("no calibration error of a CLIP or of a standard network")
    if len(error) < _FEWEST_DRAWS:
        raise NotMeasuredError(_NO_DRAWS)
    excess = error[:, clips] - np.median(error[:, standard], axis=1, keepdims=True)
    worst = int(np.argmax(excess[0]))
    names = short_names(*(panel.models[name].values.tolist() for name in ("model", "checkpoint")))
    which = np.array(names)[clips][worst].item()
    return replace(of_images(excess[:, worst], images_of(panel)), choices=int(clips.sum()), which=which)


@statistic
def source_and_quantity_beyond_half(reader: Reader, choices: Choices) -> Effect:
    """Take the share of the spread of error among CLIPs that is of training source and quantity, less half.

    Of the two main effects together; chance is in the images, since each combination was trained once.
    """
    panel = at_home(reader)
    error = errors(panel.cube, choices)[:, _crossed(panel.models)]
    if not np.isfinite(error).all():
        raise NotMeasuredError(NOT_AT_HOME)
    if len(error) < _FEWEST_DRAWS:
        raise NotMeasuredError(_NO_DRAWS)
    shares = dict(zip([*CROSSED, "rest"], shares_of_spread(error).T, strict=True))
    return of_images(shares["training_source"] + shares["training_images"] - MAIN_SHARE, images_of(panel))


@statistic
def trend_after_scaling(reader: Reader, choices: Choices) -> Effect:
    """Correlate the ranks of NLL and error over zero-shot CLIPs after scaling, on the mean of shifts.

    Chance is a jackknife over families of CLIPs.
    """
    clips = clips_under_shift(reader)
    names = clips.models["model"].values.tolist()
    if len(names) < FEWEST_CLIPS:
        raise NotMeasuredError(f"fewer than {FEWEST_CLIPS} CLIPs with calibration under shift")
    error = mean_of_shifts(clips.cube, lambda cube: errors(cube.sel(scaling="after"), choices)[0])
    nll = mean_of_shifts(clips.cube, lambda cube: cube["nll"].sel(scaling="after").values[0])
    families, unit = families_of_pairs(clips.models, [(name, name) for name in names])
    return of_families(rank_correlation_interval(nll, error, families), unit, ranked=len(names))


@statistic
def scaling_under_shift(reader: Reader, choices: Choices) -> Effect:  # noqa: ARG001
    """Average over zero-shot CLIPs the NLL after less before scaling, in nats, on the mean of shifts."""
    clips = clips_under_shift(reader)

    def change(cube: xr.Dataset) -> Array:
        after, before = (cube["nll"].sel(scaling=name).values for name in ("after", "before"))
        return np.asarray(after - before, np.float64)

    return mean_of_models(_by_model(mean_of_shifts(clips.cube, change), clips), clips.models)


@statistic
def source_on_calibration(reader: Reader, choices: Choices) -> Effect:
    """Compare the errors of CLIPs of two training sources that are alike in all else."""
    panel = at_home(reader)
    return source_contrast(_by_model(shown_errors(panel.cube, choices), panel), panel.models)


def _by_model(values: Array, panel: Panel) -> xr.DataArray:
    return xr.DataArray(values, {"model": panel.models["model"].values}, ("draw", "model"))


def _crossed(models: xr.Dataset) -> NDArray[np.int64]:
    """Find the CLIP of every combination; the shape is that of the crossing."""
    described = zip(*(models[name].values.tolist() for name in CROSSED), strict=True)
    places: dict[tuple[object, ...], int] = {}
    for row, (key, group) in enumerate(zip(described, models["group"].values, strict=True)):
        if group == _CLIP:
            places.setdefault(key, row)
    cells = [places.get(key, -1) for key in itertools.product(*CROSSED.values())]
    if -1 in cells:
        raise NotMeasuredError("no CLIPs that cross training source, quantity and architecture")
    return np.array(cells).reshape([len(levels) for levels in CROSSED.values()])
