"""How far a model of one's own is from the unchanged recipe."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.yours import label_of
from clipsafe_utils.findings.ladder import draws_of
from clipsafe_utils.findings.trainings import Trainings
from clipsafe_utils.metrics.runs import difference_of_runs, mean_of_runs
from clipsafe_utils.say import Missing, Said

COMPARED: Mapping[str, str] = {
    "accuracy": "accuracy, natural images",
    "accuracy_shifts": "accuracy, mean of shifts",
    "relative_pose_random": "accuracy on turned objects, over plain",
    "relative_texture_typical": "accuracy with random textures, over plain",
    "shape_bias": "shape bias",
    "auroc": "AUROC, unknown images",
    "ece_debiased_before_natural": "debiased error, natural images",
}
"""Properties, all of them shares, of which a model of one's own is compared with the unchanged recipe."""

_COLUMNS = ["yours", "unchanged", "difference"]
UNCHANGED_RUNG = "d"
USUAL_SOURCE = "wit"  # what a model of one's own is compared with where the ladder has no rung for its source


@dataclass(frozen=True, eq=False)
class Comparison:
    """A model of one's own, held against the CLIPs of the unchanged recipe on the same source."""

    model: str
    source: str
    others: int  # how many CLIPs it is compared with
    confidence: float  # of intervals over images; on the side of the unchanged recipe over seeds too
    table: pd.DataFrame  # values by property of the study; columns yours, unchanged and difference

    @property
    def label(self) -> str:
        """What figures call the model."""
        return label_of(self.model)

    @property
    def shape_bias(self) -> Said:
        """How far its shape bias is from that of the unchanged recipe."""
        none = Missing("no CLIP of the unchanged recipe, or no shape bias")
        return cast("Said", self.table["difference"].get("shape_bias", none))


def compare(cube: xr.Dataset, model: str, confidence: float) -> Comparison:
    """Hold a model of one's own against the unchanged recipe."""
    trainings = Trainings(cube, confidence)
    source = unchanged_source(trainings, model)
    place = (UNCHANGED_RUNG, source)
    none = Missing("no CLIP of the unchanged recipe")
    rows = {}
    for name in COMPARED:
        if name in trainings.properties:
            mine, others = draws_of(cube, name, [model]), trainings.draws(name, place)
            apart = difference_of_runs(mine, others, confidence) if others.shape[1] else none
            rows[name] = (mean_of_runs(mine, confidence), trainings.mean(name, place), apart)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=_COLUMNS, dtype=object)
    return Comparison(model, source, trainings.draws("accuracy", place).shape[1], confidence, table)


def unchanged_source(trainings: Trainings, model: str) -> str:
    """Return the source of the ladder that a model of one's own is compared with.

    It is the model's own, or that of its images, with which the names of mixed sources begin, or the usual.
    """
    if trainings.cube is not None:
        own = str(trainings.cube["source"].sel(model=model).item()).split(",")[0]
        for source in (own, own.split("_")[0]):
            if trainings.draws("accuracy", (UNCHANGED_RUNG, source)).shape[1]:
                return source
    return USUAL_SOURCE
