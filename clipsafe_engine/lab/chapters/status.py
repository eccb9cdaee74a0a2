"""What the page *Status* says of the laboratory: its seeds, and the models whose weights are shipped."""

from dataclasses import dataclass

import pandas as pd

from clipsafe_engine.lab.chapters.miniature_world.zoo import trained
from clipsafe_engine.lab.world.material import seed_called
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.say import Text
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

_HASH_LENGTH = 16


@dataclass(frozen=True)
class Seeds:
    """Seeds of the laboratory."""

    development: Text  # Of the images on which it was tuned.
    reported: Text  # Of the images that are reported.
    lowest: Text  # Of the models' weights and order.
    highest: Text


def laboratory_seeds() -> Seeds:
    """Read the seeds of the laboratory."""
    folder = load_world().folder
    seeds = [row.seed for row in trained().values()]
    return Seeds(
        Text(seed_called(folder, "development")),
        Text(seed_called(folder, "reported")),
        Text(min(seeds)),
        Text(max(seeds)),
    )


def weights_table() -> Shown:
    """Tabulate the models whose weights are in the repository, with the hash that their cubes rest on."""
    rows = [
        (name, str(row.seed), f"{row.seconds / 60:.1f}", row.weights[:_HASH_LENGTH])
        for name, row in sorted(trained().items())
        if row.shipped
    ]
    return table(
        pd.DataFrame(rows, columns=["Model", "Seed", "Minutes", "SHA-256"]),
        "Models in the folder weights: the seed of weights and order, the minutes of training on one core, "
        "and the first digits of the hash of the file.",
    )
