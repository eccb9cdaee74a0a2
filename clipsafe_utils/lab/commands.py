"""What `clipsafe miniature` does."""

from pathlib import Path

from clipsafe_utils.lab.predict.references import choose_filtered
from clipsafe_utils.lab.world.material import seed_called
from clipsafe_utils.lab.world.world import load_world


def choose(seed: str, weights: Path) -> list[Path]:
    """Choose the filtered sets of a named seed; see `choose_filtered`."""
    world = load_world()
    return choose_filtered(world, weights, seed_called(world.folder, seed))
