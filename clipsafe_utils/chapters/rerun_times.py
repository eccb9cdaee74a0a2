"""How long reruns took when `benchmarks/reruns.py` timed them: for the boxes of chapters and for a class."""

import json
from pathlib import Path
from typing import Any

from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.say import Missing, Text

TIMES = REPOSITORY / "benchmarks" / "reruns.json"


def read_times(path: Path = TIMES) -> dict[str, Any]:
    """Read what was timed and counted: `seconds` by command, `words` of the plans, and the machine."""
    return dict(json.loads(path.read_text(encoding="utf-8")))


def rerun_time(chapter: str, path: Path = TIMES) -> Text:
    """Say how long the timed reruns of a chapter took, each with its page: in seconds, from the quickest.

    Examples
    --------
    >>> rerun_time("glossary")
    not measured
    """
    command = f"clipsafe render {chapter} "
    seconds = [taken for what, taken in read_times(path)["seconds"].items() if what.startswith(command)]
    if not seconds:
        return Missing("no rerun of this chapter was timed")
    ends = list(dict.fromkeys(f"{end:.0f}" for end in (min(seconds), max(seconds))))
    return Text(f"{' to '.join(ends)} seconds")
