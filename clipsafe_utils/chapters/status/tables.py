"""Cubes, raw files, versions and times, each read from the file that keeps it."""

import json
from importlib.metadata import version
from typing import Any

import pandas as pd

from clipsafe_utils import __version__
from clipsafe_utils.cubes.overview import overview
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.record.sources import raw_files
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

_COMMIT_LENGTH = 8
_PACKAGES = (
    *("numpy", "xarray", "pandas", "scipy", "matplotlib", "seaborn"),
    *("jupyter-book", "papermill", "jupytext"),
)


def cubes_table() -> Shown:
    """Tabulate every cube of every study, each checked."""
    return table(
        pd.DataFrame(overview(check=True)).rename(columns=str.capitalize),
        "Every cube of every study: its dims, the command that made it with its seeds and input, its licence,"
        " and a hash of what it holds.",
    )


def sources_table() -> Shown:
    """Tabulate the repositories that the raw files are from."""
    files = pd.DataFrame(map(vars, raw_files().values()))
    sources = files.groupby(["repository", "commit", "licence"], sort=True).agg(
        Files=("path", "size"), Bytes=("bytes", "sum")
    )
    shown = sources.reset_index().rename(columns=str.capitalize)
    shown["Repository"] = shown["Repository"].str.replace("/", " / ")  # Long names break there.
    shown["Commit"] = shown["Commit"].str[:_COMMIT_LENGTH]
    shown["Licence"] = shown["Licence"].str.partition(";")[0]
    shown["Bytes"] = shown["Bytes"].map("{:,}".format)
    return table(shown, "Repositories of the public record, and their terms in short.")


def versions_table() -> Shown:
    """Tabulate the versions of what renders the pages."""
    rows = [("clipsafe", __version__), *((name, version(name)) for name in _PACKAGES)]
    return table(
        pd.DataFrame(rows, columns=["Package", "Version"]),
        "Versions with which the published pages were rendered.",
    )


def times_table() -> Shown:
    """Tabulate what was timed by the scripts in ``benchmarks``."""
    rows = [
        (row["what"], f"{row['seconds']:.1f}", f"{row['target']:.1f}", _met(row, "seconds"))
        for row in _measured("book.json")
    ]
    return table(
        pd.DataFrame(rows, columns=["What", "Seconds", "Target", "Met"]),
        "What readers wait for, by benchmarks/book.py: the median of three runs (of make test: one).",
    )


def engine_table() -> Shown:
    """Tabulate what the engine of the full study takes, as a share of what other ways of running take."""
    rows = [
        (
            *(row["what"], f"{row['seconds']:.2f}", f"{row['ratio']:.2f}"),
            *(f"{row['target']:.1f}", _met(row, "ratio")),
        )
        for row in _measured("engine.json")["rows"]
    ]
    return table(
        pd.DataFrame(rows, columns=["What", "Seconds", "Ratio", "Target", "Met"]),
        "The engine of the full study, by benchmarks/engine.py: seconds, and their ratio to what is named "
        "after 'against'. Small networks with random weights, real images; the store was read from memory.",
    )


def _measured(name: str) -> Any:
    return json.loads((REPOSITORY / "benchmarks" / name).read_text("utf-8"))


def _met(row: dict[str, Any], what: str) -> str:
    return "yes" if row[what] <= row["target"] else "no"
