"""Tables of the page of the rule: what is fixed about the claims, whatever a study says of them."""

import json
from functools import cache
from typing import Any

import pandas as pd

from clipsafe_utils.claims.registry import Claim, claims
from clipsafe_utils.claims.statistics import STATISTICS
from clipsafe_utils.claims.wording import number
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

_DIRECTIONS = {"up": "above 0", "down": "below 0", "either": "either sign", "none": "no effect"}


def families() -> Shown:
    """Tabulate the families of claims that are corrected together."""
    members: dict[str, list[str]] = {}
    for claim in _asked():
        members.setdefault(claim.family, []).append(claim.id)
    rows = [(family, len(ids), ", ".join(ids)) for family, ids in members.items()]
    return table(
        pd.DataFrame(rows, columns=["Family", "Claims", "Which"]),
        "Families of claims that share data: Holm's correction is made within each, study by study.",
    )


def asked() -> Shown:
    """Tabulate what each claim is asked of, by which statistic and in which direction."""
    rows = [
        (
            claim.id,
            _in_one_sentence(claim),
            _DIRECTIONS[claim.direction] + (", of some network" if claim.quantifier == "some" else ""),
            claim.population,
        )
        for claim in _asked()
    ]
    return table(
        pd.DataFrame(rows, columns=["Claim", "Effect of a case", "Claimed", "Population"]),
        "What is measured of a case, what is claimed of it, and of whom.",
    )


def smallest_effects() -> Shown:
    """Tabulate the smallest effects that matter, where each comes from, and the claims that it is of."""
    same: dict[tuple[str, str], list[str]] = {}
    for claim in _asked():
        size = number(claim, claim.smallest_effect).lstrip("+")
        same.setdefault((f"{size} {claim.unit}", claim.because), []).append(claim.id)
    rows = [(size, because, ", ".join(ids)) for (size, because), ids in same.items()]
    return table(
        pd.DataFrame(rows, columns=["Smallest effect", "Where it comes from", "Claims"]),
        "The smallest effects that matter. In quotes: a formula, described below.",
    )


def known_before() -> Shown:
    """Tabulate what was known of each claim when it was frozen, and what would speak against it."""
    rows = [(claim.id, claim.known_before, claim.against) for claim in _asked()]
    return table(
        pd.DataFrame(rows, columns=["Claim", "Known before", "What would speak against it"]),
        "What was known of the outcome in real models when each claim was frozen, and what would speak "
        "against the claim.",
    )


def units_to_come() -> Shown:
    """Tabulate how many networks and lineages the new sources have for each claim, by names alone."""
    rows = [
        (
            ", ".join(row["claims"]),
            f"{row['units']} {row['unit']}" if row["units"] else "none",
            ", ".join(f"{name} {size}" for name, size in row["lineages"].items()) or "none",
            row["note"],
        )
        for row in _units_per_claim()
    ]
    return table(
        pd.DataFrame(rows, columns=["Claims", "CLIPs or pairs", "By lineage", "Note"]),
        "What the new sources will bring, counted from names of models and columns alone.",
    )


def outside() -> Shown:
    """Tabulate the claims that are not asked, with the reason."""
    rows = [
        (claim.id, "outside" if claim.outside else "no data", claim.outside or claim.no_data)
        for claim in claims()
        if claim.outside or claim.no_data
    ]
    return table(pd.DataFrame(rows, columns=["Claim", "Label", "Why"]), "Claims that no study is asked.")


def wholes() -> Shown:
    """Tabulate the findings that are made of parts."""
    rows = [(claim.id, claim.sentence, ", ".join(claim.all_of)) for claim in claims() if claim.all_of]
    return table(
        pd.DataFrame(rows, columns=["Finding", "Sentence", "Parts"]), "Findings that are made of parts."
    )


def _in_one_sentence(claim: Claim) -> str:
    """Return what a statistic does: the first sentence of its docstring."""
    return " ".join((STATISTICS[claim.statistic].__doc__ or "").partition("\n\n")[0].split())


def _asked() -> list[Claim]:
    return [claim for claim in claims() if claim.is_asked]


@cache
def _units_per_claim() -> list[dict[str, Any]]:
    path = REPOSITORY / "benchmarks" / "units_per_claim.json"
    try:
        report: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ClipsafeError(f"{path}: run `python benchmarks/units_per_claim.py` first.") from error
    return report
