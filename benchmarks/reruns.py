"""Time what a class runs, and count what a lecturer reads aloud of the plans for teaching.

Command: python benchmarks/reruns.py
Run time: about five minutes on two cores, half of it for the packages of the fresh clone.
Expected: the build under three minutes, a rerun under fifteen seconds; reruns are medians of three.

Writes benchmarks/reruns.json, which the page "Teaching this book" and the boxes of chapters read.
"""

import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from clipsafe_utils.chapters.rerun_times import TIMES
from clipsafe_utils.chapters.teaching.costs import FIRST_BUILD
from clipsafe_utils.chapters.teaching.plans import reruns

REPOSITORY = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PAGE = REPOSITORY / "notebooks" / "teaching.md"
RUNS = 3


def main() -> None:
    """Time every command, print a table, and write `benchmarks/reruns.json`."""
    with tempfile.TemporaryDirectory() as scratch:
        clone = Path(scratch, "clone")
        subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(clone)], check=True)
        seconds = {FIRST_BUILD: seconds_of(["make", "book"], clone)}
        for one in reruns():
            runs = [seconds_of(shlex.split(one.command), Path(scratch)) for _ in range(RUNS)]
            seconds[one.command] = statistics.median(runs)
    for what, taken in seconds.items():
        print(f"{what:<95} {taken:6.1f} s")
    said = {
        "machine": f"a shared {platform.machine()} machine without a GPU",
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "date": time.strftime("%Y-%m-%d"),
        "seconds": {what: round(taken, 1) for what, taken in seconds.items()},
        "words": words_of_plans(PAGE.read_text(encoding="utf-8")),
    }
    TIMES.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def seconds_of(command: list[str], folder: Path) -> float:
    """Run a command of this environment in a folder and return its seconds."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    begun = time.perf_counter()
    subprocess.run(command, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def words_of_plans(page: str) -> dict[str, int]:
    """Count the words that a lecturer reads aloud; the plan for half a day also says what the hour says."""
    hour, half_day = (
        len(page.partition(f"## The plan for {name}\n")[2].partition("\n## ")[0].split())
        for name in ("one hour", "half a day")
    )
    return {"hour": hour, "half_day": hour + half_day}


if __name__ == "__main__":
    main()
