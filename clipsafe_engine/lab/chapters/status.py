"""The seeds that the page *Status* names."""

from dataclasses import dataclass

from clipsafe_engine.lab.chapters.miniature_world.zoo import trained
from clipsafe_engine.lab.world.material import seed_called
from clipsafe_engine.lab.world.world import load_world
from clipsafe_utils.say import Text


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
