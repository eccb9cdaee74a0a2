"""Chapter 6: what more images do, step by step, in the laboratory and in the record."""

from collections.abc import Sequence
from typing import Literal

from clipsafe_utils.findings.causes.contrasts import CLIP_LOSS, FEWEST_RUNS
from clipsafe_utils.findings.ladder import levels
from clipsafe_utils.findings.shift.laboratory import ACCURACY, Laboratory
from clipsafe_utils.metrics.runs import difference_of_runs
from clipsafe_utils.say import Missing, Value

FEWEST_STEPS = 2


def laboratory_steps(laboratory: Laboratory | None, confidence: float) -> dict[str, Value]:
    """Return what each step to more images does to the accuracy of CLIPs, at equal samples seen."""
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


def larger_step(
    laboratory: Sequence[float], record: Sequence[float]
) -> Literal["first", "last", "differ"] | Missing:
    """Say which step from fewer to more images does more: the first or the last, or the studies differ.

    Examples
    --------
    >>> larger_step([0.03, 0.01], [0.08, 0.01]), larger_step([0.01, 0.03], [0.08, 0.01])
    ('first', 'differ')
    """
    if min(len(laboratory), len(record)) < FEWEST_STEPS:
        return Missing("one of the studies has not two steps")
    is_first = [steps[0] > steps[-1] for steps in (laboratory, record)]
    if is_first[0] != is_first[1]:
        return "differ"
    return "first" if is_first[0] else "last"
