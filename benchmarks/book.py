"""Time what the project promises, and keep the figures for the status page.

Command: make bench
Run time: about twenty minutes on two cores, most of it `make test`.
Expected: every row below its target; rows are medians of three runs.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from clipsafe_utils.publishing.freshness import NOTE

REPOSITORY = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
RUNS = 3

TARGETS = {
    "clipsafe book: render all chapters and compile": (["clipsafe", "book"], 90.0),
    "clipsafe book: again, nothing has changed": (["clipsafe", "book"], 60.0),
    "clipsafe compile: the site alone": (["clipsafe", "compile"], 5.0),
    "clipsafe render shape-bias: one chapter with its page": (
        ["clipsafe", "render", "shape-bias", "-y", "{confidence: 0.9}", "-o", "{scratch}"],
        10.0,
    ),
    "papermill: one chapter": (
        ["papermill", "book/01-factor-robustness.ipynb", "{scratch}/out.ipynb", "--no-progress-bar"],
        10.0,
    ),
    "clipsafe --help, beyond Python's own start": (["clipsafe", "--help"], 0.3),
    "make test": (["make", "test"], 300.0),
}
FROM_NOTHING = {"clipsafe book: render all chapters and compile"}
BEYOND_START = {"clipsafe --help, beyond Python's own start"}
ONCE = {"make test"}


def main() -> None:
    """Time every command, print a table, and write `benchmarks/book.json`."""
    start = median_seconds(["python", "-c", "pass"])
    rows = []
    for what, (command, target) in TARGETS.items():
        seconds = median_seconds(command, 1 if what in ONCE else RUNS, from_nothing=what in FROM_NOTHING)
        seconds -= start if what in BEYOND_START else 0.0
        rows.append({"what": what, "seconds": round(seconds, 2), "target": target})
        print(f"{what:<55} {seconds:8.2f} s   target {target:6.1f} s")
    (REPOSITORY / "benchmarks" / "book.json").write_text(json.dumps(rows, indent=2) + "\n")


def median_seconds(command: list[str], runs: int = RUNS, *, from_nothing: bool = False) -> float:
    """Run a command of this environment several times and return the median of its seconds."""
    program = command[0] if command[0] == "make" else str(BIN / command[0])
    seconds = []
    with tempfile.TemporaryDirectory() as scratch:
        arguments = [argument.replace("{scratch}", scratch) for argument in command[1:]]
        environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
        for _ in range(runs):
            if from_nothing:
                (REPOSITORY / NOTE).unlink(missing_ok=True)
            begun = time.perf_counter()
            subprocess.run(
                [program, *arguments], check=True, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL
            )
            seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


if __name__ == "__main__":
    main()
