"""The study `miniature`: all of its cubes from the store of predictions."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import xarray as xr

from clipsafe_engine.lab.measure.causes import MEANINGS, properties
from clipsafe_engine.lab.measure.records import ModelRecord, causes_table, check_records, models_table
from clipsafe_engine.lab.measure.sets import plan_of_model, plan_of_world
from clipsafe_engine.lab.world.world import World
from clipsafe_engine.measure.cubes import Facts, describe, join_cubes, write_cubes
from clipsafe_engine.measure.plan import SPLIT_SEED
from clipsafe_engine.measure.provenance import WEIGHTS, digest
from clipsafe_engine.measure.work import Measured, Task, measure_models
from clipsafe_utils.metrics.draws import REPLICATES

STUDY = "miniature"
LICENCE = "CC BY 4.0: made by this project"

_FOR_CAUSES = ("outcomes", "decided", "calibration", "ood")
_REASONS = {
    ("causes", "level"): "a model that turns no knob has no level",
    ("causes", "seed"): "an average of the weights of several models has no seed of its own",
    ("causes", "value"): "no image of the plain set is right, or none is decided by shape or texture",
}


def measure_miniature(
    store: Path,
    records: Sequence[ModelRecord],
    folder: Path,
    work: Path,
    *,
    world: World,
    seed: int,
    prompt_sets: Mapping[str, Sequence[str]] | None = None,
    expected: Mapping[str, str] | None = None,
    replicates: int = REPLICATES,
    jobs: int = 2,
    advance: Callable[[str], object] = str,
) -> dict[str, str]:
    """Measure all models and write the cubes of the study.

    Every cube is made and checked before the first is written, so a fault changes nothing.

    Parameters
    ----------
    store : Path
        Folder of the predictions: of each model, every test set and `own_source`; of each CLIP, the
        classifiers `default` and those of the prompt sets.
    records : sequence of ModelRecord
        The models, in the order of the cubes.
    folder : Path
        Of the study.
    work : Path
        For one file a model; kept, it saves measuring what did not change.
    world : World
        The world.
    seed : int
        Of the test sets.
    prompt_sets : mapping of str to sequence of str, optional
        By name, the classifiers of its subsets.
    expected : mapping of str to str, optional
        What the provenance of every prediction must hold beside the weights, such as the seed of the sets.
    replicates : int
        Draws beside the estimate.
    jobs : int
        Processes.
    advance : callable
        Called with the name of each model once it is measured.

    Returns
    -------
    dict of str to str
        Content hash of each cube.

    Raises
    ------
    ClipsafeError
        As in `measure_models`, or if two records share a name.
    """
    check_records(records)
    sets = {name: tuple(classifiers) for name, classifiers in (prompt_sets or {}).items()}
    plan = plan_of_world(world, seed, sets)
    tasks = [
        Task(record.model, plan_of_model(plan, record), {WEIGHTS: record.weights, **(expected or {})})
        for record in records
    ]
    measured = measure_models(store, tasks, work, replicates=replicates, jobs=jobs, advance=advance)
    facts = Facts(STUDY, "proxy", LICENCE, _source(measured, seed, replicates), _REASONS)
    cubes = miniature_cubes(records, measured, facts)
    return write_cubes(cubes, folder)


def miniature_cubes(
    records: Sequence[ModelRecord], measured: Sequence[Measured], facts: Facts
) -> dict[str, xr.Dataset]:
    """Make every cube; those of single sets hold the shipped models, `models` and `causes` all.

    Parameters
    ----------
    records : sequence of ModelRecord
        The models.
    measured : sequence of Measured
        Their tables, in the same order.
    facts : Facts
        What the cubes say of themselves.
    """
    cubes = {"models": describe(models_table(records), "models", facts)}
    shipped = [one for one, record in zip(measured, records, strict=True) if record.shipped]
    cubes |= join_cubes(shipped, facts)
    cubes["causes"] = _causes(records, measured, facts)
    return cubes


def _causes(records: Sequence[ModelRecord], measured: Sequence[Measured], facts: Facts) -> xr.Dataset:
    values = [properties(one.read(*_FOR_CAUSES)) for one in measured]
    joined = xr.concat(values, "model", join="exact").merge(causes_table(records))
    described = describe(joined, "causes", facts)
    described["property"].attrs["comment"] = MEANINGS
    return described


def _source(measured: Sequence[Measured], seed: int, replicates: int) -> str:
    predictions = digest([one.predictions for one in measured])
    return (
        f"clipsafe measure; test sets of seed {seed}; {replicates} draws; temperatures fitted on a half of "
        f"seed {SPLIT_SEED}; predictions {predictions[:16]}"
    )
