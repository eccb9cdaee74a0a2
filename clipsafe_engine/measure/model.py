"""Everything that is measured of one model, one set of images after the other."""

from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from clipsafe_engine.measure.outputs import ModelOutputs
from clipsafe_engine.measure.prompts import prompts_table
from clipsafe_utils.cubes.schema import DECISIONS
from clipsafe_utils.measuring.cues import shape_bias_tables
from clipsafe_utils.measuring.detection import NEEDS_COSINES, Scored, detection_table, scored
from clipsafe_utils.measuring.hits import Counts, counted, hits_of, outcomes, part_rows
from clipsafe_utils.measuring.outputs import Outputs
from clipsafe_utils.measuring.plan import Condition, InDistribution, Plan
from clipsafe_utils.measuring.sureness import calibration_at_home, calibration_elsewhere
from clipsafe_utils.measuring.tables import joined_conditions, outcome_table, shift_table
from clipsafe_utils.metrics.draws import REPLICATES

Tables = dict[str, xr.Dataset]
"""By name: what is measured of one model, with a dim `model` of one."""

OUTCOMES, DECIDED = "outcomes", "decided"
"""Tables beside those of the cubes: hits of every outcome, and decisions over all cue classes, by draw."""


@dataclass
class _Found:
    """What is kept of the sets that were read: nothing of the size of logits."""

    hits: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    readable: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    counts: dict[str, tuple[Counts, Counts]] = field(default_factory=dict)
    calibration: dict[str, xr.Dataset] = field(default_factory=dict)

    def keep(self, name: str, outputs: Outputs) -> NDArray[np.bool_]:
        """Keep which images are right, and return it."""
        self.hits[name], self.readable[name] = hits_of(outputs), outputs.readable
        return self.hits[name]


def measure_model(outputs: ModelOutputs, plan: Plan, replicates: int = REPLICATES) -> Tables:
    """Measure one model.

    Parameters
    ----------
    outputs : ModelOutputs
        What it says.
    plan : Plan
        What to measure.
    replicates : int
        Draws beside the estimate.

    Returns
    -------
    dict of str to Dataset
        What the plan asks for of `factors`, `shifts`, `calibration`, `ood`, `shape_bias` and, of a CLIP whose
        embeddings are stored, `prompts`: as in the cubes of these names. `OUTCOMES` has hits and images
        over draw and outcome, `DECIDED` decisions over draw.

    Raises
    ------
    ClipsafeError
        As in `ModelOutputs.read`.
    """
    has_labels = plan.in_distribution is not None or plan.conditions
    tables = _of_labelled_sets(outputs, plan, replicates) if has_labels else {}
    if plan.cue_conflict is not None:
        said = outputs.read(plan.cue_conflict.images)
        tables["shape_bias"], decided = shape_bias_tables(plan.cue_conflict, said, replicates)
        tables[DECIDED] = xr.Dataset(
            {"count": (("draw", "decision"), decided)},
            coords={"draw": np.arange(1 + replicates), "decision": list(DECISIONS)},
        )
    return {name: table.expand_dims(model=[outputs.model]) for name, table in tables.items()}


def _of_labelled_sets(outputs: ModelOutputs, plan: Plan, replicates: int) -> Tables:
    found, home = _Found(), plan.in_distribution
    tested = None if home is None else _measure_home(outputs, home, replicates, found)
    for name, condition in plan.conditions.items():
        _measure_condition(outputs, condition, replicates, found, name)
    tables = {OUTCOMES: outcome_table(found.counts), "shifts": shift_table(found.counts, plan.shifts)}
    if home is None or tested is None:
        return tables
    tables["calibration"] = joined_conditions(found.calibration)
    if plan.factors:
        tables["factors"] = _factor_table(found, plan)
    if plan.ood:
        others = {name: scored(outputs.read(images), replicates) for name, images in plan.ood.items()}
        tables["ood"] = detection_table(tested, others)
    if plan.prompt_sets and NEEDS_COSINES in tested.scores:
        tables["prompts"] = prompts_table(outputs, plan, home, replicates)
    return tables


def _measure_home(outputs: ModelOutputs, home: InDistribution, replicates: int, found: _Found) -> Scored:
    known = outputs.read(home.images)
    found.keep("", known)
    tested = known.rows(~home.fits)
    found.counts[home.condition] = counted(hits_of(tested), tested.weights(replicates))
    found.calibration[home.condition] = calibration_at_home(known, home.fits, replicates)
    return scored(tested, replicates)


def _measure_condition(
    outputs: ModelOutputs, condition: Condition, replicates: int, found: _Found, name: str
) -> None:
    here = outputs.read(condition.images)
    found.counts |= outcomes(name, condition, here, found.keep(name, here), replicates)
    if condition.calibrated and found.calibration:
        home = next(iter(found.calibration.values()))
        found.calibration[name] = calibration_elsewhere(here, home, replicates)


def _factor_table(found: _Found, plan: Plan) -> xr.Dataset:
    selections = []
    for parts in plan.factors.values():
        of_part = [
            found.hits[part.condition][part_rows(part, found.readable[part.condition])]
            for part in parts.values()
        ]
        counts = {
            "hits": ("factor", [int(hits.sum()) for hits in of_part]),
            "images": ("factor", [hits.size for hits in of_part]),
        }
        selections.append(xr.Dataset(counts, coords={"factor": list(parts)}))
    return xr.concat(selections, "selection", join="exact").assign_coords(selection=list(plan.factors))
