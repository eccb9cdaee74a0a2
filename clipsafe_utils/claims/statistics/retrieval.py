"""The statistic of the claim that accuracy predicts retrieval."""

import numpy as np
import xarray as xr

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.evidence import Case, Evidence, jackknife_error
from clipsafe_utils.claims.reading import NotMeasuredError, Reader
from clipsafe_utils.claims.statistics.cases import LINEAGE, lineages
from clipsafe_utils.claims.statistics.plain_accuracy import plain_accuracy
from clipsafe_utils.claims.statistics.register import statistic
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.fits import fit_line

_FEWEST_LINEAGES = 2
_FEWEST_ON_A_LINE = 3
_FEWEST_TO_JACKKNIFE = 2


@statistic
def accuracy_predicts_retrieval(reader: Reader, choices: Choices) -> Evidence:  # noqa: ARG001
    """Skill with which accuracy predicts recall at 1 of the CLIPs of a lineage that the line has not seen.

    A line of recall on accuracy is fitted to the zero-shot CLIPs of all other lineages. The skill is 1 less
    the root mean square error on the lineage left out, over the standard deviation of recall over all CLIPs:
    1 is perfect, 0 is no better than the mean. In the mean over sets and directions; chance is a jackknife
    over the families of the lineage left out.
    """
    recall, accuracy, models = _both(reader)
    units = np.array(lineages(models))
    names = list(dict.fromkeys(units.tolist()))
    if len(names) < _FEWEST_LINEAGES:
        raise NotMeasuredError("retrieval by CLIPs of one training lineage only")
    family = models["family"].values
    cases = []
    for name in names:
        away = units == name
        if np.unique(accuracy[~away]).size < _FEWEST_ON_A_LINE:
            continue
        missed = np.stack([_missed(accuracy, one, away) / one.std(ddof=1) for one in recall])
        cases.append(_of_lineage(name, missed, family[away]))
    if not cases:
        raise NotMeasuredError(f"fewer than {_FEWEST_ON_A_LINE} CLIPs of other lineages, for a line")
    return Evidence(tuple(cases), LINEAGE, LINEAGE)


def _both(reader: Reader) -> tuple[Array, Array, xr.Dataset]:
    """Return recall, shape (sets and directions, models), accuracy and who the zero-shot CLIPs are."""
    panel = reader.needed("retrieval")
    clips = panel.models.isel(model=panel.models["group"].values == "clip_zero_shot")
    recall = panel.cube["recall_at_1"].sel(model=clips["model"].values)
    recall = recall.stack(what=("set", "direction")).transpose("what", "model")
    recall = recall.dropna("what", how="all").dropna("model")
    models, accuracy = plain_accuracy(reader).beside(clips.sel(model=recall["model"].values))
    if not models.sizes["model"]:
        raise NotMeasuredError("no zero-shot CLIP whose retrieval and accuracy are known")
    return recall.sel(model=models["model"].values).values.astype(np.float64), accuracy[0], models


def _missed(x: Array, y: Array, away: np.ndarray) -> Array:
    """Return by how much a line that was fitted to the others misses those left out."""
    return np.asarray(y[away] - fit_line(x[~away], y[~away], "huber").predict(x[away]))


def _of_lineage(name: str, missed: Array, family: np.ndarray) -> Case:
    def skill(keep: np.ndarray) -> float:
        return float(1 - np.sqrt((missed[:, keep] ** 2).mean(axis=1)).mean())

    families = np.unique(family)
    error, number = np.inf, families.size
    if number >= _FEWEST_TO_JACKKNIFE:
        error = jackknife_error([skill(family != one) for one in families.tolist()])
    return Case(
        name,
        skill(np.ones(family.size, dtype=bool)),
        name,
        tuple(families.tolist()),
        error,
        freedom=max(1, number - 1),
        networks=family.size,
    )
