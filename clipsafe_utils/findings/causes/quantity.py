"""Chapter 6: what more images do, step by step, in the laboratory and in the record."""

import pandas as pd

from clipsafe_utils.chapters.causes.words import cell_of
from clipsafe_utils.chapters.formats import complete
from clipsafe_utils.chapters.ood_correlation.words import listed
from clipsafe_utils.findings.causes.contrasts import CLIP_LOSS, FEWEST_RUNS
from clipsafe_utils.findings.causes.record import QUANTITY
from clipsafe_utils.findings.ladder import levels
from clipsafe_utils.findings.shift.laboratory import ACCURACY, Laboratory
from clipsafe_utils.metrics.runs import difference_of_runs
from clipsafe_utils.say import Value

KEYS = ("causes-quantity-lab", "causes-quantity-verdict")
"""What the prose glues."""


def laboratory_steps(laboratory: Laboratory | None, confidence: float) -> dict[str, Value]:
    """Return what each step from fewer to more images does to the accuracy of CLIPs, at equal samples seen.

    Parameters
    ----------
    laboratory : Laboratory or None
        None where there is none.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of str to Value
        By the ends of the step, in order; numbers of images with too few trainings are passed over.

    Examples
    --------
    >>> laboratory_steps(None, 0.95)
    {}
    """
    if laboratory is None or not laboratory.has(ACCURACY):
        return {}
    by_level = levels(laboratory.causes, "images").get(CLIP_LOSS, {})
    names = laboratory.causes["model"].values
    draws = {
        level: laboratory.draws(ACCURACY, names[chosen].tolist())
        for level, chosen in sorted(by_level.items())
        if chosen.sum() >= FEWEST_RUNS
    }
    ends = list(zip(draws, list(draws)[1:], strict=False))
    return {
        f"{low / 1024:.0f}k to {high / 1024:.0f}k": difference_of_runs(draws[high], draws[low], confidence)
        for low, high in ends
    }


def verdict(laboratory: list[float], record: list[float]) -> str:
    """Say in which studies the first step from fewer to more images does more than the last.

    Examples
    --------
    >>> verdict([0.03, 0.01], [0.08, 0.01]), verdict([0.01, 0.03], [0.08, 0.01])
    ('in both studies the first step does more than the last', 'the studies differ in which step does more')
    >>> verdict([], [0.08, 0.01])
    'only one of the studies has two steps'
    """
    falls = [steps[0] > steps[-1] for steps in (laboratory, record) if len(steps) > 1]
    if len(falls) < 2:
        return "only one of the studies has two steps" if falls else "neither study has two steps"
    if falls[0] != falls[1]:
        return "the studies differ in which step does more"
    return f"in both studies the {'first step does more than the last' if falls[0] else 'last does more'}"


def numbers(laboratory: Laboratory | None, found: pd.DataFrame, confidence: float) -> dict[str, str]:
    """Return what the prose says of more images.

    Parameters
    ----------
    laboratory : Laboratory or None
        None where there is none.
    found : DataFrame
        `record.record_effects`.
    confidence : float
        Level of the intervals.
    """
    steps = laboratory_steps(laboratory, confidence)
    of_record = found[(found["kind"] == QUANTITY) & (found["property"] == "id")]["value"]
    said = {"causes-quantity-verdict": verdict([one.estimate for one in steps.values()], of_record.tolist())}
    if steps:
        written = [f"{cell_of(one)} from {ends}" for ends, one in steps.items()]
        said["causes-quantity-lab"] = listed(written)
    return complete(KEYS, said)
