"""What an effect of the ledger is made of, beside its label: parts that the rule does not ask for."""

from dataclasses import dataclass

import numpy as np

from clipsafe_utils.claims.choices import Choices
from clipsafe_utils.claims.populations import mean_over_units
from clipsafe_utils.claims.reading import NotMeasuredError, Reader, refuse_without
from clipsafe_utils.claims.registry import find_claim
from clipsafe_utils.claims.statistics.shifts import (
    accuracy_and_shift,
    fine_tuning_by_shift,
    fine_tuning_under_shift,
    fine_tuning_without,
    rank_correlations_across,
)
from clipsafe_utils.claims.wording import number
from clipsafe_utils.cubes import find_study
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import Text, count, listed, nothing, span

_CUBE, _FILTERED = "shifts", "a"
_NOT_ASKED = "no study to ask"


@dataclass(frozen=True)
class FineTuningCost:
    """The effect of S2, without ImageNet-A, and by shift; in the unit of the claim."""

    whole: Text
    without_filtered: Text
    by_shift: Text
    stays: Text  # Whether it is a cost that matters without ImageNet-A, too: `yes` or `no`.


@dataclass(frozen=True)
class GainWithin:
    """The effect of S1: within a training source, less across networks; and the same of standard networks."""

    whole: Text
    by_source: Text  # The range over the sources.
    of_standard: Text
    is_of_groups: Text  # Whether standard networks alone have most of it: `yes` or `no`.


@dataclass(frozen=True)
class ReadTwice:
    """The networks behind the floor of accuracy under shift, and how far two readings are apart."""

    networks: Text
    of_one_team: Text
    largest: Text  # Points, the median over what both readings have.
    furthest: Text  # The two readings that are furthest apart.


def fine_tuning_cost(study: str | None) -> FineTuningCost:
    """Split what fine-tuning costs by shift, over the pairs and lineages that S2 counts.

    Parameters
    ----------
    study : str or None
        Its name, or a path to its folder; None where a page has no study to ask.

    Examples
    --------
    >>> str(fine_tuning_cost("published").stays)
    'yes'
    """
    if study is None:
        return nothing(FineTuningCost, _NOT_ASKED)
    claim, reader = find_claim("S2"), Reader(find_study(study))
    try:
        refuse_without(reader, _CUBE, claim.groups, claim.training_sources)
        whole = mean_over_units(fine_tuning_under_shift(reader, Choices())).estimate
        shifts = {name: mean_over_units(one).estimate for name, one in fine_tuning_by_shift(reader).items()}
        if _FILTERED not in shifts:
            return nothing(FineTuningCost, f"no {shift_title(_FILTERED)} among the shifts")
        rest = mean_over_units(fine_tuning_without(reader, _FILTERED)).estimate
    except NotMeasuredError as reason:
        return nothing(FineTuningCost, str(reason))
    return FineTuningCost(
        number(claim, whole),
        number(claim, rest),
        listed(f"{number(claim, one)} on {shift_title(name)}" for name, one in shifts.items()),
        Text("yes" if rest <= -claim.smallest_effect else "no"),
    )


def gain_within(study: str | None) -> GainWithin:
    """Hold the gain of S1 beside that of standard networks, which have no source to be within.

    Parameters
    ----------
    study : str or None
        Its name, or a path to its folder; None where a page has no study to ask.

    Examples
    --------
    >>> str(gain_within("published").is_of_groups)
    'yes'
    """
    if study is None:
        return nothing(GainWithin, _NOT_ASKED)
    claim, reader = find_claim("S1"), Reader(find_study(study))
    try:
        refuse_without(reader, _CUBE, (*claim.groups, "standard"), claim.training_sources)
        evidence = accuracy_and_shift(reader, Choices())
    except NotMeasuredError as reason:
        return nothing(GainWithin, str(reason))
    standard = rank_correlations_across(reader, ["standard"])
    apart = [one - all_ for one, all_ in zip(standard, rank_correlations_across(reader), strict=True)]
    known = [one for one in apart if np.isfinite(one)]
    if not known:
        return nothing(GainWithin, "too few standard networks")
    whole, of_standard = mean_over_units(evidence).estimate, float(np.mean(known))
    return GainWithin(
        number(claim, whole),
        span(evidence.values.tolist(), lambda value: number(claim, value)),
        number(claim, of_standard),
        Text("yes" if of_standard > whole / 2 > 0 else "no"),
    )


def read_twice(study: str | None) -> ReadTwice:
    """Say what the evaluation floor of accuracy under shift counts.

    Parameters
    ----------
    study : str or None
        Its name, or a path to its folder; None where a page has no study to ask.

    Examples
    --------
    >>> read_twice("published").networks
    409
    """
    if study is None:
        return nothing(ReadTwice, _NOT_ASKED)
    found = find_study(study)
    rows = Reader(found).readings(_CUBE).to_dict("records") if found.has(_CUBE) else []
    if not rows:
        return nothing(ReadTwice, "no network was read twice")
    most = max(rows, key=lambda row: row["difference"])
    by_one = sum(_team(row["first"]) == _team(row["second"]) for row in rows)
    return ReadTwice(
        Text(len(rows)),
        count(by_one, len(rows)),
        Text(f"{100 * most['difference']:.1f}"),
        Text(f"{most['first']} and {most['second']}"),
    )


def _team(row: str) -> str:
    return row.partition(":")[0]
