"""Seeds, weights and times of what the book shows, each read from the file that keeps it."""

import json

import pandas as pd

from clipsafe_utils.chapters.miniature_world.zoo import trained
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.lab.world.material import seed_called
from clipsafe_utils.lab.world.world import load_world

_HASH_LENGTH = 16


def numbers() -> dict[str, str]:
    """Return the seeds of the laboratory.

    Examples
    --------
    >>> sorted(numbers())
    ['status-development', 'status-reported', 'status-seeds']
    """
    folder = load_world().folder
    seeds = sorted({row.seed for row in trained().values()})
    return {
        "status-development": str(seed_called(folder, "development")),
        "status-reported": str(seed_called(folder, "reported")),
        "status-seeds": f"the seeds {seeds[0]} to {seeds[-1]}",
    }


def weights_table() -> ThemedTable:
    """Tabulate the models whose weights are in the repository, with the hash that their cubes rest on.

    Examples
    --------
    >>> "clip-resnet_xs-wit-64k-s0" in weights_table().markup
    True
    """
    rows = [
        {
            "Model": name,
            "Seed": str(row.seed),
            "Minutes": f"{row.seconds / 60:.1f}",
            "SHA-256": row.weights[:_HASH_LENGTH],
        }
        for name, row in sorted(trained().items())
        if row.shipped
    ]
    return table(
        pd.DataFrame(rows),
        "Models in the folder weights: the seed of weights and order, the minutes of training on one core, "
        "and the first digits of the hash of the file.",
    )


def times_table() -> ThemedTable:
    """Tabulate what was timed by the scripts in ``benchmarks``.

    Examples
    --------
    >>> "make test" in times_table().markup
    True
    """
    book = json.loads((REPOSITORY / "benchmarks" / "book.json").read_text("utf-8"))
    rows = [
        {
            "What": row["what"],
            "Seconds": f"{row['seconds']:.1f}",
            "Target": f"{row['target']:.1f}",
            "Met": "yes" if row["seconds"] <= row["target"] else "no",
        }
        for row in book
    ]
    return table(
        pd.DataFrame(rows),
        "What readers wait for, by benchmarks/book.py: the median of three runs (of make test: one).",
    )


def engine_table() -> ThemedTable:
    """Tabulate what the engine of the full study takes, as a share of what other ways of running take.

    Examples
    --------
    >>> "own loop, once a model" in engine_table().markup
    True
    """
    measured = json.loads((REPOSITORY / "benchmarks" / "engine.json").read_text("utf-8"))["rows"]
    rows = [
        {
            "What": row["what"],
            "Seconds": f"{row['seconds']:.2f}",
            "Ratio": f"{row['ratio']:.2f}",
            "Target": f"{row['target']:.1f}",
            "Met": "yes" if row["ratio"] <= row["target"] else "no",
        }
        for row in measured
    ]
    return table(
        pd.DataFrame(rows),
        "The engine of the full study, by benchmarks/engine.py: seconds, and their ratio to what is named "
        "after 'against'. Small networks with random weights, real images; the store was read from memory.",
    )
