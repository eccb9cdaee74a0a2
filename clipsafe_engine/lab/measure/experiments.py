"""The study `experiments`: what the models of the frozen recipes are like."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from clipsafe_engine.lab.measure.causes import MEANINGS, SCALINGS, properties
from clipsafe_engine.lab.measure.miniature import FOR_CAUSES, LICENCE, REASONS, causes_cube, source_of
from clipsafe_engine.lab.measure.records import ModelRecord, check_records, models_table
from clipsafe_engine.lab.measure.sets import NATURAL, plan_of_model, plan_of_world
from clipsafe_engine.lab.world.sets import HARD
from clipsafe_engine.lab.world.world import World
from clipsafe_engine.measure.model import Tables
from clipsafe_engine.measure.provenance import WEIGHTS
from clipsafe_engine.measure.work import Task, measure_models
from clipsafe_utils.findings.calibration.bins import mean_gap, stored_bins
from clipsafe_utils.measuring.cubes import Facts, describe, join_models, write_cubes
from clipsafe_utils.metrics.draws import REPLICATES

STUDY = "experiments"
JOINED = ("factors", "shape_bias")
"""Cubes beside `models` and `causes`: pure counts, small enough for every model."""

CALIBRATION = ("accuracy", "ece", "ece_debiased", "nll")
MORE_MEANINGS = (
    f"; of a CLIP, logit_scale; <quantity>_<scaling>_{HARD}: on the hard natural set; "
    "confidence_gap_<scaling>_<set>: mean confidence less accuracy, in the estimate only"
)


def measure_experiments(
    store: Path,
    records: Sequence[ModelRecord],
    scales: Mapping[str, float],
    folder: Path,
    work: Path,
    *,
    world: World,
    seed: int,
    expected: Mapping[str, str] | None = None,
    replicates: int = REPLICATES,
    jobs: int = 2,
    advance: Callable[[str], object] = str,
) -> dict[str, str]:
    """Measure the models of experiments and write the cubes of the study.

    Parameters
    ----------
    scales : mapping of str to float
        Logit scale of each CLIP, by model.
    store, records, folder, work, world, seed, expected, replicates, jobs, advance
        As of `measure_miniature`; the store has predictions on `HARD`, too.

    Returns
    -------
    dict of str to str
        Content hash of each cube.

    Raises
    ------
    ClipsafeError
        As in `measure_miniature`.
    """
    check_records(records)
    plan = plan_of_world(world, seed, more=(HARD,))
    tasks = [
        Task(record.model, plan_of_model(plan, record), {WEIGHTS: record.weights, **(expected or {})})
        for record in records
    ]
    measured = measure_models(store, tasks, work, replicates=replicates, jobs=jobs, advance=advance)
    facts = Facts(STUDY, "proxy", LICENCE, source_of(measured, seed, replicates), REASONS)
    values = [experiment_properties(one.read(*FOR_CAUSES), scales.get(one.model, np.nan)) for one in measured]
    cubes = {name: join_models([one.read(name)[name] for one in measured], name, facts) for name in JOINED}
    cubes["models"] = describe(models_table(records), "models", facts)
    cubes["causes"] = causes_cube(records, values, facts, MEANINGS + MORE_MEANINGS)
    return write_cubes(cubes, folder)


def experiment_properties(tables: Tables, scale: float) -> xr.Dataset:
    """Take the properties of one model, those of the hard natural set and of its confidence among them.

    Parameters
    ----------
    tables : dict of str to Dataset
        As of `causes.properties`, `HARD` among the conditions of `calibration`.
    scale : float
        Its logit scale; NaN for a classifier.

    Returns
    -------
    Dataset, dims (draw, model, property)
        As of `causes.properties`.
    """
    known = properties(tables)
    calibration = tables["calibration"].isel(model=0, drop=True).transpose("draw", ...)
    more = {"logit_scale": np.full(known.sizes["draw"], scale)}
    for scaling in SCALINGS:
        for condition in (NATURAL, HARD):
            here = calibration.sel(scaling=scaling, condition=condition)
            gap = np.full(here.sizes["draw"], np.nan)
            gap[0] = mean_gap(stored_bins(here))  # Only the estimate has bins.
            more[f"confidence_gap_{scaling}_{condition}"] = gap
        more |= {f"{name}_{scaling}_{HARD}": here[name].values for name in CALIBRATION}
    values = np.stack(list(more.values()), axis=-1)[:, None]
    added = xr.Dataset(
        {"value": (("draw", "model", "property"), values)},
        coords={"draw": known["draw"], "model": known["model"], "property": list(more)},
    )
    return xr.concat([known, added], "property", join="exact")
