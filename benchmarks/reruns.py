"""Time what a class runs, and count what a lecturer reads aloud of the plans for teaching.

Command: python benchmarks/reruns.py, where the book is built
Run time: about fifteen minutes on two cores, a third of it for the packages of the fresh clone and the room.
Expected: the build under four minutes, a rerun under half a minute, a card of one's own under ten seconds;
reruns and cards are medians of three.

Writes benchmarks/reruns.json, which the page "Teaching this book" and the boxes of chapters read.
"""

import json
import os
import platform
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from clipsafe_utils.chapters.rerun_times import TIMES
from clipsafe_utils.chapters.teaching.costs import FIRST_BUILD
from clipsafe_utils.chapters.teaching.plans import CARD, GROUP, ROOM, reruns

REPOSITORY = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PAGE = REPOSITORY / "notebooks" / "teaching.md"
RUNS = 3


def main() -> None:
    """Time every command, print a table, and write `benchmarks/reruns.json`."""
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        seconds = {one.command: median_seconds_of(one.command, here) for one in reruns()}
        seconds |= {command: seconds_of(shlex.split(command), here) for command in (ROOM, GROUP)}
        seconds |= {command: median_seconds_of(command, here / "group-b/students/judge") for command in CARD}
        # The page in the clone reads what was timed just now, and something for the build itself.
        write_times({FIRST_BUILD: 0.0, **seconds})
        clone = here / "clone"
        subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(clone)], check=True)
        shutil.copy(TIMES, clone / TIMES.relative_to(REPOSITORY))
        seconds = {FIRST_BUILD: seconds_of(["make", "book"], clone), **seconds}
    for what, taken in seconds.items():
        print(f"{what:<95} {taken:6.1f} s")
    write_times(seconds)


def write_times(seconds: dict[str, float]) -> None:
    """Write what commands took, beside the machine and the words of the plans."""
    said = {
        "machine": f"a shared {platform.machine()} machine without a GPU",
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "date": time.strftime("%Y-%m-%d"),
        "seconds": {what: round(taken, 1) for what, taken in seconds.items()},
        "words": words_of_plans(PAGE.read_text(encoding="utf-8")),
    }
    TIMES.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def median_seconds_of(command: str, folder: Path) -> float:
    """Run a command of this environment in a folder `RUNS` times and return the median of its seconds."""
    return statistics.median(seconds_of(shlex.split(command), folder) for _ in range(RUNS))


def seconds_of(command: list[str], folder: Path) -> float:
    """Run a command of this environment in a folder and return its seconds."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    begun = time.perf_counter()
    subprocess.run(command, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def words_of_plans(page: str) -> dict[str, int]:
    """Count the words that a lecturer reads aloud; the plan for half a day also says what the hour says."""
    hour, half_day, judge = (
        len(page.partition(f"## {title}\n")[2].partition("\n## ")[0].split())
        for title in ("The plan for one hour", "The plan for half a day", "Judge a model")
    )
    return {"hour": hour, "half_day": hour + half_day, "judge": judge}


if __name__ == "__main__":
    main()
