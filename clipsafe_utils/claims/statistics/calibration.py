"""Statistics of the claims on calibration. Errors are on a study's own test set."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import Case, Evidence, jackknife_error
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.statistics.calibration_errors import at_home, errors, shared_draws
from clipsafe_utils.claims.statistics.cases import of_networks
from clipsafe_utils.claims.statistics.contrasts import source_contrast
from clipsafe_utils.claims.statistics.register import statistic
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.findings.calibration.views import kinds_of, parts_of
from clipsafe_utils.findings.clip_pairs import encoders_of
from clipsafe_utils.metrics.crossing import shares_of_spread
from clipsafe_utils.metrics.robustness import effective_robustness
from clipsafe_utils.registry.training_sources import lineage_of

CONSISTENTLY = 0.9
"""CLIP is consistently better if it is so beside more than this share of the networks of like accuracy."""

ALIKE = 0.02
"""Networks whose accuracies differ by less are compared."""

MAIN_SHARE = 0.5
"""Drivers are the main ones if more than this share of the spread is theirs."""

FEWEST_LEVELS = 2
"""Of each of two things, so that they are crossed."""

_CLIP, _STANDARD = "clip_zero_shot", "standard"
_CUBE = "calibration"


@statistic
def not_consistently_better_calibrated(reader: Reader, choices: Choices) -> Evidence:
    """Error of each zero-shot CLIP less that which a tenth of standard networks of like accuracy go below.

    It is above zero where the CLIP is better than fewer than nine in ten of them: not consistently.
    """
    panel = at_home(reader)
    error, accuracy = (
        errors(panel.cube, choices).values,
        panel.cube["accuracy"].transpose("draw", "model").values,
    )
    group = panel.models["group"].values
    clips, standard = np.flatnonzero(group == _CLIP), (group == _STANDARD) & np.isfinite(error[0])
    excess = np.full((len(error), clips.size), np.nan)
    for place, clip in enumerate(clips):
        alike = standard & (np.abs(accuracy[0] - accuracy[0, clip]) < ALIKE)
        if alike.any():
            excess[:, place] = error[:, clip] - np.quantile(error[:, alike], 1 - CONSISTENTLY, axis=1)
    if not np.isfinite(excess[0]).any():
        raise NotMeasuredError(f"no CLIP and standard network within {100 * ALIKE:.0f} points of accuracy")
    models = panel.models.isel(model=clips)
    evidence = of_networks(_by_model(excess, models), models)
    return replace(evidence, floor=reader.floor(_CUBE), readings=1)


@statistic
def worst_calibrated_clip(reader: Reader, choices: Choices) -> Evidence:
    """Error of each zero-shot CLIP less that of the median standard network."""
    panel = at_home(reader)
    error, group = errors(panel.cube, choices), panel.models["group"].values
    standard = (group == _STANDARD) & np.isfinite(error.values[0])
    if not standard.any():
        raise NotMeasuredError("no calibration error of a standard network")
    excess = error - error.isel(model=standard).median("model")
    clips = panel.models.isel(model=group == _CLIP)
    evidence = of_networks(excess.sel(model=clips["model"].values), clips)
    return replace(evidence, floor=reader.floor(_CUBE), readings=1)


@statistic
def source_and_quantity_beyond_half(reader: Reader, choices: Choices) -> Evidence:  # noqa: ARG001
    """Take the share of the spread of temperature that is of training source and quantity, less half.

    Among zero-shot CLIPs that cross sources with encoders: the logarithm of the temperature that suits each
    is parted into main effects. Chance is a jackknife over encoders.
    """
    warmth, models = log_temperature(reader)
    table, sources, encoders = _crossed(warmth, models)
    if min(table.shape) < FEWEST_LEVELS:
        raise NotMeasuredError("no CLIPs that cross training sources with encoders, with a temperature")
    number = len(encoders)
    if number < 1 + FEWEST_LEVELS:
        error = np.inf
    else:
        error = jackknife_error([_share_of_rows(np.delete(table, place, axis=1)) for place in range(number)])
    units = list(dict.fromkeys(lineage_of(name) for name, _ in sources))
    case = Case(
        f"{len(sources)} sources by {number} encoders",
        _share_of_rows(table) - MAIN_SHARE,
        " and ".join(units),
        tuple(encoders),
        error,
        freedom=number - 1,
        networks=table.size,
    )
    return Evidence((case,), "crossing", "set of lineages")


@statistic
def clips_apart_after_scaling(reader: Reader, choices: Choices) -> Evidence:
    """Take how far the error of each zero-shot CLIP after scaling is off the line of standard networks.

    The line is that of error on accuracy; chance is that of a new standard family near the CLIP's accuracy.
    """
    panel = at_home(reader, "after")
    error = errors(panel.cube, choices).values[0]
    accuracy = panel.cube["accuracy"].transpose("draw", "model").values[0]
    known = np.isfinite(error) & np.isfinite(accuracy)
    models = panel.models.isel(model=known)
    standard = models["group"].values == _STANDARD
    if np.unique(models["family"].values[standard]).size < FEWEST_LEVELS:
        raise NotMeasuredError("fewer than two families of standard networks with calibration after scaling")
    judged = effective_robustness(accuracy[known], error[known], models["family"].values, standard)
    here = (models["group"].values == _CLIP) & judged.measured
    if not here.any():
        raise NotMeasuredError("no zero-shot CLIP where the line is supported")
    clips = models.isel(model=here)
    residual = _by_model(judged.residual[None, here], clips)
    evidence = of_networks(residual, clips, judged.scale[here], freedoms=judged.freedom[here])
    return replace(evidence, floor=reader.floor(_CUBE), readings=1)


@statistic
def scaling_under_shift(reader: Reader, choices: Choices) -> Evidence:  # noqa: ARG001
    """Take the NLL after less before scaling of each zero-shot CLIP, in nats, on the mean of kinds of shift.

    A CLIP whose temperature at home is below 1 was sharpened, one above 1 softened: the strata.
    """
    clips = _under_shift(reader)
    nll = clips.cube["nll"]
    change = nll.sel(scaling="after", drop=True) - nll.sel(scaling="before", drop=True)
    kinds = kinds_of(clips.cube["condition"].values.tolist()).values()
    of_kinds = [change.sel(condition=names).mean("condition") for names in kinds]
    mean = xr.concat(of_kinds, "kind").mean("kind")
    return of_networks(mean, clips.models, strata=_by_temperature(clips))


@statistic
def source_on_calibration(reader: Reader, choices: Choices) -> Evidence:  # noqa: ARG001
    """Compare log temperatures that suit CLIPs of two sources that are alike in all else."""
    return source_contrast(*log_temperature(reader))


def log_temperature(reader: Reader) -> tuple[xr.DataArray, xr.Dataset]:
    """Return the logarithm of the temperature that suits each zero-shot CLIP."""
    panel = reader.needed(_CUBE)
    here = (panel.models["group"].values == _CLIP) & panel.cube["temperature"].isel(draw=0).notnull().values
    if not here.any():
        raise NotMeasuredError("no temperature of a zero-shot CLIP")
    temperature = panel.cube["temperature"].isel(model=here)
    temperature = temperature.isel(draw=shared_draws(temperature))
    return temperature.copy(data=np.log(temperature.values)), panel.models.isel(model=here)


def _crossed(
    warmth: xr.DataArray, models: xr.Dataset
) -> tuple[NDArray[np.float64], list[tuple[str, float]], list[str]]:
    """Find sources with quantities that share encoders: a table of these, and what its rows and columns are.

    The largest that is complete: encoders that a source lacks are left out, or the source is. Of several
    CLIPs in a cell the first counts.
    """
    first = warmth.isel(draw=0).sel(model=models["model"].values).values
    cells: dict[tuple[str, float], dict[str, float]] = {}
    described = zip(
        models["training_source"].values.tolist(),
        models["training_images"].values.tolist(),
        encoders_of(models),
        first.tolist(),
        strict=True,
    )
    for source, images, encoder, value in described:
        cells.setdefault((source, images), {}).setdefault(encoder, value)
    rows: list[tuple[str, float]] = []
    shared: list[str] = []
    for encoders in _shared_by_some(cells.values()):
        having = [key for key, row in cells.items() if encoders <= set(row)]
        larger = len(having) * len(encoders) > len(rows) * len(shared)
        if larger and min(len(having), len(encoders)) >= FEWEST_LEVELS:
            rows, shared = having, sorted(encoders)
    table = np.array([[cells[key][encoder] for encoder in shared] for key in rows])
    return table.reshape(len(rows), len(shared)), rows, shared


def _shared_by_some(rows: Iterable[Iterable[str]]) -> list[frozenset[str]]:
    """Return what any number of rows have in common: the columns of the largest table are one of these."""
    shared: dict[frozenset[str], None] = {}
    for row in map(frozenset, rows):
        shared |= dict.fromkeys([row, *(row & other for other in shared)])
    return list(shared)


def _share_of_rows(table: NDArray[np.float64]) -> float:
    return float(shares_of_spread(table[None])[0, 0])


def _under_shift(reader: Reader) -> Panel:
    """Cut the panel to zero-shot CLIPs, and to the shifts under which all were measured."""
    reason = "no CLIP with calibration under shift before and after temperature scaling"
    panel = reader.needed(_CUBE)
    if not {"before", "after"} <= {*panel.cube["scaling"].values.tolist()}:
        raise NotMeasuredError(reason)
    clips = panel.models["group"].values == _CLIP
    cube = panel.cube.transpose("draw", "model", ...).isel(model=clips)
    measured = cube["nll"].isel(draw=0).notnull().all(["model", "scaling"]).values
    shifts = parts_of(cube["condition"].values[measured].tolist())
    if not shifts or not clips.any():
        raise NotMeasuredError(reason)
    return Panel(panel.study, cube.sel(condition=shifts), panel.models.isel(model=clips))


def _by_temperature(clips: Panel) -> Sequence[str]:
    temperature = clips.cube["temperature"].isel(draw=0).values
    sides = np.where(temperature < 1, "temperature below 1 at home", "temperature above 1 at home")
    return list(np.where(np.isfinite(temperature), sides, ""))


def _by_model(values: NDArray[np.float64], models: xr.Dataset) -> xr.DataArray:
    return xr.DataArray(values, {"model": models["model"].values}, ("draw", "model"))
