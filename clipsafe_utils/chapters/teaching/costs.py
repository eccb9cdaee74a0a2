"""What teaching costs: minutes of the plans, seconds of the reruns as `benchmarks/reruns.py` timed them."""

import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

import pandas as pd

from clipsafe_utils.chapters.teaching.plans import HALF_DAY, ONE_HOUR, Step, reruns
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.figures.tables import ThemedTable, table

TIMES = REPOSITORY / "benchmarks" / "reruns.json"
FIRST_BUILD = "make book, in a fresh clone"
WORDS_A_MINUTE = 120
"""Pace of a lecturer who reads aloud to people who take notes; slower than conversation."""


def read_times(path: Path = TIMES) -> dict[str, Any]:
    """Read what was timed: `seconds` by command, and the machine.

    Examples
    --------
    >>> sorted(read_times())
    ['cores', 'date', 'load', 'machine', 'seconds']
    """
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def plan_table(plan: Sequence[Step], caption: str) -> ThemedTable:
    """Tabulate a plan.

    Parameters
    ----------
    plan : sequence of Step
        In the order of the class.
    caption : str
        A sentence that can be read alone.

    Returns
    -------
    ThemedTable
        A row a step: from which minute to which, its title, the page, and the parameters to vary.

    Examples
    --------
    >>> "Build and ask" in plan_table(ONE_HOUR, "One hour.").markup
    True
    """
    ends = list(accumulate(step.minutes for step in plan))
    rows = [
        {
            "From": _clock(end - step.minutes),
            "To": _clock(end),
            "What": step.title,
            "Page": step.page or "none",
            "Parameters to vary": "; ".join(one.parameters for one in step.reruns) or "none",
        }
        for step, end in zip(plan, ends, strict=True)
    ]
    return table(pd.DataFrame(rows), caption)


def times_table(found: Mapping[str, Any]) -> ThemedTable:
    """Tabulate what the commands of both plans cost.

    Parameters
    ----------
    found : mapping
        As of `read_times`.

    Examples
    --------
    >>> FIRST_BUILD in times_table(read_times()).markup
    True
    """
    rows = [(what, f"{seconds:.0f}") for what, seconds in found["seconds"].items()]
    return table(
        pd.DataFrame(rows, columns=["Command", "Seconds"]),
        f"What the commands of both plans cost on {found['cores']} cores of {found['machine']}, "
        f"which had a load of {found['load']} meanwhile; {found['date']}. A rerun: median of three.",
    )


def numbers(found: Mapping[str, Any]) -> dict[str, str]:
    """Return what the prose glues about times.

    Parameters
    ----------
    found : mapping
        As of `read_times`.

    Examples
    --------
    >>> numbers(read_times())["teaching-hour"]
    '60'
    """
    seconds = [found["seconds"][one.command] for one in reruns()]
    return {
        "teaching-hour": str(sum(step.minutes for step in ONE_HOUR)),
        "teaching-half-day": str(sum(step.minutes for step in HALF_DAY)),
        "teaching-first-build": f"{found['seconds'][FIRST_BUILD] / 60:.1f}",
        "teaching-quickest": f"{min(seconds):.0f}",
        "teaching-slowest": f"{max(seconds):.0f}",
    }


def busy_minutes(page: str, found: Mapping[str, Any]) -> dict[str, str]:
    r"""Return what the prose glues about minutes in which a lecturer reads aloud or a command runs.

    Parameters
    ----------
    page : str
        Source of the page of plans. The plan for half a day also says what the hour says.
    found : mapping
        As of `read_times`.

    Examples
    --------
    >>> times = read_times()
    >>> busy_minutes("## The plan for one hour\n## The plan for half a day\n", times)["teaching-pace"]
    '120'
    """
    hour, half_day = (
        len(page.partition(f"## The plan for {name}\n")[2].partition("\n## ")[0].split())
        for name in ("one hour", "half a day")
    )
    read = {"hour": (ONE_HOUR, hour), "half-day": (HALF_DAY, hour + half_day)}
    busy = {"teaching-pace": str(WORDS_A_MINUTE)}
    for name, (plan, words) in read.items():
        commands = [FIRST_BUILD, *(one.command for step in plan for one in step.reruns)]
        seconds = sum(found["seconds"][command] for command in commands)
        busy[f"teaching-{name}-busy"] = f"{words / WORDS_A_MINUTE + seconds / 60:.0f}"
    return busy


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
