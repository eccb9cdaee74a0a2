"""What the full study costs: the plans that `benchmarks/plan.py` made, in words and numbers."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.engine.datasets.catalogue import NOT_PUBLISHED, data_sets
from clipsafe_utils.figures.tables import ThemedTable, table

PLANS = REPOSITORY / "benchmarks" / "plan.json"
_DAY = 24.0


def read_plans(path: Path = PLANS) -> dict[str, Any]:
    """Read the plans and the rates behind them.

    Examples
    --------
    >>> sorted(read_plans()["plans"])
    ['64 GPUs', 'laptop', 'one GPU']
    """
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def duration(hours: float) -> str:
    """Write hours so that a person can picture them.

    Examples
    --------
    >>> duration(0.3), duration(7.25), duration(100), duration(20_000)
    ('18 minutes', '7.2 hours', '4.2 days', '2.3 years')
    """
    days = hours / _DAY
    if hours < 1:
        return f"{60 * hours:.0f} minutes"
    if days < 2:
        return f"{hours:.1f} hours"
    return f"{days:.1f} days" if days < 365 else f"{days / 365:.1f} years"


def plan_table(found: dict[str, Any]) -> ThemedTable:
    """Tabulate what `clipsafe predict --plan` says of each machine.

    Parameters
    ----------
    found : dict
        As of `read_plans`.

    Examples
    --------
    >>> "assumed" in plan_table(read_plans()).markup
    True
    """
    rows = [
        {
            "Machine": machine + ("" if machine == "laptop" else ", assumed"),
            "Reads and decodes": f"{plan['reads']:,}",
            "Passes of a network": f"{plan['passes']:,}",
            "Hours of a device": f"{plan['device_hours']:,.0f}",
            "Hours of a core": f"{plan['core_hours']:,.1f}",
            "Until done": duration(plan["hours"]),
        }
        for machine, plan in found["plans"].items()
    ]
    return table(
        pd.DataFrame(rows),
        "The whole study by clipsafe predict --plan. Laptop: rates measured on two cores of a shared "
        "machine, on four networks, the others estimated from these. GPUs: rates assumed, not measured.",
    )


def rates_table(found: dict[str, Any]) -> ThemedTable:
    """Tabulate the rates that were measured.

    Parameters
    ----------
    found : dict
        As of `read_plans`.

    Examples
    --------
    >>> "decode" in rates_table(read_plans()).markup
    True
    """
    laptop = found["laptop"]
    seconds = {"read and decode": laptop["decode"], "cut once": laptop["crop"], **laptop["forward"]}
    rows = [{"What": what, "Milliseconds an image": f"{1000 * one:.1f}"} for what, one in seconds.items()]
    return table(
        pd.DataFrame(rows),
        f"Rates as measured here: {laptop['cores']} cores, {laptop['machine']}, while the machine had a "
        f"load of {found['load']}.",
    )


def data_table() -> ThemedTable:
    """Tabulate the data sets: what each is for, how large it is, how it comes.

    Examples
    --------
    >>> "objectnet" in data_table().markup
    True
    """
    roles = {"id": "in distribution", "ood": "out of distribution", "cue_conflict": "cue conflict"}
    rows = [
        {
            "Name": name,
            "For": roles.get(one.role, one.role),
            "Images": f"{one.images:,}",
            "Gigabytes": NOT_PUBLISHED if not one.bytes else f"{one.bytes / 1e9:.1f}",
            "Comes by": "--download" if one.archive else "its page",
            "Folder": one.folders[0],
        }
        for name, one in data_sets().items()
    ]
    return table(
        pd.DataFrame(rows), "The data sets, as the command line calls them, and where each has to lie."
    )


def numbers(found: dict[str, Any]) -> dict[str, str]:
    """Return what the prose glues about costs.

    Parameters
    ----------
    found : dict
        As of `read_plans`.

    Examples
    --------
    >>> numbers(read_plans())["full-study-models"]
    '210'
    """
    plans, assumed = found["plans"], found["gpu_assumed"]
    said = {
        "models": f"{plans['laptop']['models']}",
        "images": f"{plans['laptop']['images']:,}",
        "passes": f"{plans['laptop']['passes'] / 1e6:.0f} million",
        "laptop": duration(plans["laptop"]["hours"]),
        "one-gpu": duration(plans["one GPU"]["hours"]),
        "many-gpus": duration(plans["64 GPUs"]["hours"]),
        "storage": f"{plans['laptop']['storage'] / 1e9:.0f}",
        "speed": f"{assumed['speed']:.0f}",
        "cores": f"{assumed['cores']}",
        "sets": f"{len(data_sets())}",
    }
    return {f"full-study-{key}": value for key, value in said.items()}
