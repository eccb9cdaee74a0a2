"""From numbers of models to the evidence on a claim: a case a network or a pair of networks."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import xarray as xr

from clipsafe_utils.claims.evidence import JOINT, Case, Evidence, standard_error
from clipsafe_utils.claims.reading import NotMeasuredError
from clipsafe_utils.findings.clip_pairs import Pairs
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.registry.training_sources import lineage_of

NETWORK, PAIR = "network", "pair of networks"
LINEAGE, COUPLE = "training lineage", "pair of lineages"

_FEWEST_DRAWS = 3

Unit = Callable[[str, str], str]
"""From the lineages of the first and the second of a pair to its unit."""


def lineages(models: xr.Dataset) -> list[str]:
    """Return the training lineage of each model."""
    return [lineage_of(source) for source in models["training_source"].values.tolist()]


def of_networks(
    values: xr.DataArray,
    models: xr.Dataset,
    errors: Array | None = None,
    strata: Sequence[str] = (),
    freedoms: Array | None = None,
) -> Evidence:
    """Take a number of each network as its effect: dims draw and model, one draw where there are no others.

    `errors` are standard errors over images, where they are known otherwise than by draws, and `freedoms`
    their degrees of freedom, where these are few. A network with a NaN is left out.
    """
    table = _table(values)
    known = np.flatnonzero(np.isfinite(table).all(axis=0))
    if not known.size:
        raise NotMeasuredError("no network that was measured")
    rows = models.sel(model=values["model"].values[known])
    names, units = short_names_of(rows), lineages(rows)
    families = rows["family"].values.tolist()
    own = _errors(table[:, known]) if errors is None else errors[known]
    free = np.full(known.size, np.inf) if freedoms is None else np.asarray(freedoms, np.float64)[known]
    cases = tuple(
        Case(name, value, unit, (family,), error, freedom)
        for name, value, unit, family, error, freedom in zip(
            names, table[0, known].tolist(), units, families, own.tolist(), free.tolist(), strict=True
        )
    )
    if strata:
        cases = tuple(
            replace(case, stratum=strata[place]) for case, place in zip(cases, known.tolist(), strict=True)
        )
    evidence = Evidence(cases, NETWORK, LINEAGE)
    return _with_draws(evidence, table[:, known])


def of_pairs(
    values: xr.DataArray,
    models: xr.Dataset,
    pairs: Pairs,
    unit: Unit,
    unit_is: str = LINEAGE,
    errors: xr.DataArray | None = None,
) -> Evidence:
    """Take how much the second of each pair has more than the first as its effect.

    `values` has the dims draw and model; `errors`, by model, are standard errors over images, where these are
    known otherwise than by draws. A pair with a NaN is left out.
    """
    first, second = (values.sel(model=[pair[end] for pair in pairs]) for end in (0, 1))
    table = _table(second) - _table(first)
    known = np.flatnonzero(np.isfinite(table).all(axis=0))
    if not known.size:
        raise NotMeasuredError("no pair of which both networks were measured")
    kept = [pairs[place] for place in known]
    before, after = (models.sel(model=[pair[end] for pair in kept]) for end in (0, 1))
    if errors is None:
        own = _errors(table[:, known])
    else:
        both = (errors.sel(model=[pair[end] for pair in kept]).values for end in (0, 1))
        own = np.hypot(*both)
    named = zip(
        short_names_of(after),
        table[0, known].tolist(),
        map(unit, lineages(before), lineages(after)),
        before["family"].values.tolist(),
        own.tolist(),
        strict=True,
    )
    cases = tuple(
        Case(name, value, of_unit, (family,), error, networks=1)
        for name, value, of_unit, family, error in named
    )
    return _with_draws(Evidence(cases, PAIR, unit_is), table[:, known])


def of_first(before: str, after: str) -> str:  # noqa: ARG001
    """Count a pair by the lineage of its first."""
    return before


def of_second(before: str, after: str) -> str:  # noqa: ARG001
    """Count a pair by the lineage of its second."""
    return after


def of_both(before: str, after: str) -> str:
    """Count a pair by both lineages."""
    return f"{after} less {before}"


def short_names_of(models: xr.Dataset) -> list[str]:
    """Return the names that print and tables give to models."""
    return short_names(*(models[name].values.tolist() for name in ("model", "checkpoint")))


def unit_means(table: Array, units: Sequence[str]) -> Array:
    """Average a table of draws and cases over cases within units, then over units: one number a draw."""
    names, place = np.unique(list(units), return_inverse=True)
    share = (place[:, None] == np.arange(names.size)) / np.bincount(place)
    return np.asarray((table @ share).mean(axis=1))


def _with_draws(evidence: Evidence, table: Array) -> Evidence:
    if len(table) < _FEWEST_DRAWS:
        return evidence
    of_mean = unit_means(table, [case.unit for case in evidence.cases])
    return replace(evidence, images_error=JOINT, error_of_images=standard_error(of_mean))


def _errors(table: Array) -> Array:
    if len(table) < _FEWEST_DRAWS:
        return np.zeros(table.shape[1])
    return np.asarray(table[1:].std(axis=0, ddof=1))


def _table(values: xr.DataArray) -> Array:
    if "draw" not in values.dims:
        values = values.expand_dims("draw")
    return np.asarray(values.transpose("draw", "model").values, np.float64)
