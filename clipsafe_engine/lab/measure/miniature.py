"""The study `miniature`: all of its cubes from the store of predictions."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import xarray as xr

from clipsafe_engine.lab.measure.causes import MEANINGS, properties
from clipsafe_engine.lab.measure.records import ModelRecord, causes_table, check_records, models_table
from clipsafe_engine.lab.measure.sets import plan_of_model, plan_of_world
from clipsafe_engine.lab.world.world import World
from clipsafe_engine.measure.joining import join_cubes
from clipsafe_engine.measure.provenance import WEIGHTS, digest
from clipsafe_engine.measure.work import Measured, Task, measure_models
from clipsafe_utils.measuring.cubes import Facts, describe, write_cubes
from clipsafe_utils.measuring.plan import SPLIT_SEED
from clipsafe_utils.metrics.draws import REPLICATES

STUDY = "miniature"
LICENCE = "CC BY 4.0: made by this project"

FOR_CAUSES = ("outcomes", "decided", "calibration", "ood")
"""Tables of a model that its properties are taken from."""
REASONS = {
    ("causes", "level"): "a model that turns no knob has no level",
    ("causes", "seed"): "an average of the weights of several models has no seed of its own",
    ("causes", "value"): "no image of the plain set is right, or none is decided by shape or texture",
}
"""Why a value is missing, by cube and variable."""


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
    facts = Facts(STUDY, "proxy", LICENCE, source_of(measured, seed, replicates), REASONS)
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
    values = [properties(one.read(*FOR_CAUSES)) for one in measured]
    cubes["causes"] = causes_cube(records, values, facts, MEANINGS)
    return cubes


def causes_cube(
    records: Sequence[ModelRecord], values: Sequence[xr.Dataset], facts: Facts, meanings: str
) -> xr.Dataset:
    """Make the cube `causes` from the properties of each model, as `properties` gives them."""
    joined = xr.concat(values, "model", join="exact").merge(causes_table(records))
    described = describe(joined, "causes", facts)
    described["property"].attrs["comment"] = meanings
    return described


def source_of(measured: Sequence[Measured], seed: int, replicates: int) -> str:
    """Say which command, seeds and predictions stand behind the numbers of a study."""
    predictions = digest([one.predictions for one in measured])
    return (
        f"clipsafe measure; test sets of seed {seed}; {replicates} draws; temperatures fitted on a half of "
        f"seed {SPLIT_SEED}; predictions {predictions[:16]}"
    )
