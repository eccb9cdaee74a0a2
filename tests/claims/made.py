"""Claims, evidence and entries made by hand."""

import math
from collections.abc import Sequence
from itertools import cycle
from typing import Any

import numpy as np
from scipy import stats

from clipsafe_utils.claims.evidence import BINOMIAL, Case, Evidence
from clipsafe_utils.claims.labels import Judgement, Label
from clipsafe_utils.claims.ledger import Changed, Entry
from clipsafe_utils.claims.registry import Claim

SMALLEST = 0.01


def claim(name: str = "X", **changes: Any) -> Claim:
    """A claim of an effect upwards of a point or more, unless something else is said."""
    given: dict[str, Any] = {
        "chapter": "shape-bias",
        "figure": "fig-shape-bias",
        "cube": "factors",
        "groups": ("clip_zero_shot",),
        "statistic": "made",
        "unit": "points",
        "population": "networks that were made up",
        "direction": "up",
        "smallest_effect": SMALLEST,
        "because": "a test says so",
        "against": "anything else",
        "family": "made",
        "known_before": "nothing",
    }
    return Claim(name, f"{name} is so.", "paper", **(given | changes))


def networks(
    values: Sequence[float],
    units: Sequence[str] = "abcdefghijkl",
    families: Sequence[str] = ("ViT", "ResNet"),
    error: float = 0.001,
    strata: Sequence[str] = ("",),
    **changes: Any,
) -> Evidence:
    """Evidence of networks, each of its own lineage, their encoders of two families by turns."""
    several = zip(values, units, cycle(families), cycle(strata), strict=False)
    cases = tuple(
        Case(f"network {place}", value, unit, (family,), error, stratum=stratum)
        for place, (value, unit, family, stratum) in enumerate(several)
    )
    return Evidence(cases, "network", "training lineage", **({"images_error": BINOMIAL} | changes))


def spread_out(mean: float, spread: float, units: int = 4) -> list[float]:
    """Effects with exactly this mean and standard deviation, an even number of them."""
    apart = spread * np.sqrt((units - 1) / units)
    return [mean + sign * apart for _, sign in zip(range(units), cycle((-1, 1)), strict=False)]


def unbounded(values: Sequence[float], **changes: Any) -> Evidence:
    """Evidence of which no case has a known chance: only the spread between units speaks."""
    return networks(values, error=0.0, **changes)


def with_p(p_value: float, spread: float = 0.02) -> Evidence:
    """Evidence of four units whose mean, as large as matters, has this p-value; no network speaks."""
    mean = float(stats.t.isf(p_value / 2, 3)) * spread / math.sqrt(4)
    assert mean >= SMALLEST
    return unbounded(spread_out(mean, spread))


def entry(
    of: Claim,
    label: Label = Label.REPRODUCED,
    evidence: Evidence | None = None,
    study: str = "published",
    reason: str = "",
    of_proxy: bool = False,
    p_value: float = np.nan,
) -> Entry:
    """What a study says of a claim."""
    return Entry(of, study, of_proxy, Judgement(label, reason, p_value), evidence)


def changed(before: Entry, label: Label, choice: str = "axes", value: str = "probit") -> Changed:
    """The same under another choice, with the same evidence."""
    after = Entry(before.claim, before.study, before.of_proxy, Judgement(label), before.evidence)
    return Changed(before, choice, value, after)
