"""The page on one hour of a GPU: which claims wait for training lineages, and what measuring a few costs."""

import json
import math
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from clipsafe_utils.chapters.full_study.result import PLANS
from clipsafe_utils.claims.gaps import needed
from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.ledger import Entry, ledger
from clipsafe_utils.claims.settling import more_units, what_would_settle
from clipsafe_utils.claims.statistics.cases import NETWORK
from clipsafe_utils.cubes.studies import find_study
from clipsafe_utils.importing.recognising import RECORD
from clipsafe_utils.metrics.families import FEWEST_UNITS
from clipsafe_utils.registry.catalogue import ModelEntry, read_models
from clipsafe_utils.registry.data_sets import data_set
from clipsafe_utils.registry.training_sources import lineage_of
from clipsafe_utils.say import Text, listed
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

_DATA = {
    "factors": ("imagenet",),
    "shape_bias": ("cue-conflict",),
    "shifts": ("imagenet", "a shifted set"),
    "ood": ("imagenet", "an OOD set"),
    "calibration": ("imagenet",),
    "prompts": ("imagenet",),
}
"""The data sets that fill a cube; the protocol has none for the others."""


@cache
def waiting() -> tuple[Entry, ...]:
    """Return the claims that the record has too few lineages for, those that lack fewest first."""
    return tuple(sorted(filter(takes, ledger([find_study(RECORD)])), key=lacking))


def takes(entry: Entry) -> str:
    """Say what more lineages would let a claim be decided; empty where it lacks none."""
    if entry.evidence is not None:
        return what_would_settle(entry) if "lineage" in entry.evidence.unit else ""
    is_of_several = entry.label is Label.NO_DATA and entry.claim.is_asked and entry.claim.training_sources > 1
    return needed(entry.claim) if is_of_several else ""


def lacking(entry: Entry) -> float:
    """Return how many units a claim lacks at least, as the ledger says; infinite where none would do."""
    if entry.units < 2:
        return FEWEST_UNITS - entry.units
    more = more_units(entry)
    return math.inf if more is None else more


@cache
def clips() -> tuple[ModelEntry, ...]:
    """Return the CLIPs of the hour: `--own` takes the same table."""
    return tuple(read_models(Path(str(files("clipsafe_utils.registry").joinpath("gpu_hour.csv")))))


def is_served(entry: Entry) -> bool:
    """Say whether a zero-shot CLIP of a new lineage is a case by itself, not a pair or a crossing."""
    return entry.evidence is not None and entry.evidence.case == NETWORK


def needs(entry: Entry) -> str:
    """Say what a unit of a claim is made of, as the frozen population says."""
    population = entry.claim.population.partition(";")[0]
    return "one zero-shot CLIP" if is_served(entry) else population


def number_waiting() -> Text:
    """Say how many claims wait."""
    return Text(len(waiting()))


def number_within_reach() -> Text:
    """Say of how many the CLIPs of the hour, each of a lineage, could be enough."""
    return Text(len(_within_reach()))


def within_reach() -> Text:
    """Say which these are."""
    return listed(entry.claim.id for entry in _within_reach())


def need_else() -> Text:
    """Say what the claims need of which a single CLIP is no case."""
    return listed(dict.fromkeys(needs(entry) for entry in waiting() if not is_served(entry)))


def number_of_clips() -> Text:
    """Say how many CLIPs the hour measures."""
    return Text(len(clips()))


def speed() -> Text:
    """Say how many times as fast as two cores a GPU is taken to be."""
    return Text(f"{_plans()['gpu_assumed']['speed']:.0f}")


def minutes() -> Text:
    """Say how many minutes all data sets take together."""
    return Text(f"{sum(_minutes(cost) for cost in _plans()['hour'].values()):.0f}")


def claims_table() -> Shown:
    """Tabulate the claims that wait: what there is, what it would take, and the data sets."""
    rows = [
        {
            "Claim": f"{entry.claim.id}. {entry.claim.sentence}",
            "Label": str(entry.label),
            "Now": f"{entry.units}",
            "Needs": needs(entry),
            "Lacks": "–" if math.isinf(lacking(entry)) else f"{lacking(entry):.0f}",
            "Data": " and ".join(_DATA.get(entry.claim.cube, ("none of these",))),
        }
        for entry in waiting()
    ]
    return table(
        pd.DataFrame(rows),
        "Claims that the record has too few training lineages for, those that lack the fewest first. Now: "
        "how many lineages, or sets of lineages, it has. Lacks: how many more at least, if estimates and "
        "spread stay as they are; of one lineage the spread is not known. Needs: what a lineage must have to "
        "count.",
    )


def clips_table() -> Shown:
    """Tabulate the CLIPs of the hour, and on what the record has zero-shot CLIPs of their lineage."""
    rows = [
        {
            "CLIP": entry.name,
            "Training source": entry.training_source,
            "Lineage": lineage_of(entry.training_source),
            "Lineage is in the record's": listed(_cubes_with(lineage_of(entry.training_source))) or "–",
        }
        for entry in clips()
    ]
    return table(pd.DataFrame(rows), "The CLIPs of the hour, and the cubes of the record with their lineage.")


def cost_table() -> Shown:
    """Tabulate what `clipsafe predict --plan` says of each data set."""
    rows = [
        {
            "Data set": data_set(name).title,
            "Comes by": "download" if data_set(name).archive else "its page",
            "Images": f"{cost['images']:,}",
            "Passes": f"{cost['passes']:,}",
            "Minutes of the GPU": f"{60 * cost['device_hours']:.1f}",
            "Minutes until done": f"{_minutes(cost):.1f}",
        }
        for name, cost in _plans()["hour"].items()
    ]
    return table(
        pd.DataFrame(rows),
        f"All {number_of_clips()} CLIPs by clipsafe predict --plan, at rates that are assumed, not measured.",
    )


def _within_reach() -> list[Entry]:
    return [entry for entry in waiting() if is_served(entry) and lacking(entry) <= len(clips())]


def _minutes(cost: dict[str, Any]) -> float:
    return 60 * float(cost["hours"])


@cache
def _plans() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PLANS.read_text(encoding="utf-8"))
    return found


def _cubes_with(lineage: str) -> list[str]:
    """Return the cubes of claims in which the record has a zero-shot CLIP of a lineage."""
    record = find_study(RECORD)
    models = record.read("models")
    is_one = (models["group"] == "clip_zero_shot").values & [
        lineage_of(source) == lineage for source in models["training_source"].values.tolist()
    ]
    names = {*models["model"].values[is_one].tolist()}
    return [
        cube for cube in _DATA if record.has(cube) and names & {*record.read(cube)["model"].values.tolist()}
    ]
