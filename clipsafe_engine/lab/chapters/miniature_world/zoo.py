"""The zoo as its recipes and its list of trained models tell it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from clipsafe_engine.lab.training.ledger import Row, read_ledger
from clipsafe_engine.lab.training.recipe import Recipe, read_groups
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.say import percent
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

WEIGHTS = REPOSITORY / "weights"  # where the repository keeps the list of trained models

PURPOSES = {
    "ladder": "one step at a time from labels to captions, three sources, three seeds",
    "clips": "CLIPs of both web sources, four image encoders, 4k to 64k images",
    "classifiers": "networks without language, on a few hundred to 64k images",
    "fine_tuned": "CLIPs fine-tuned on labels, gently and strongly, and half-way averages",
    "knobs": "one thing varied at a time, three seeds each",
    "references": "the two networks that chose the filtered sets: trained, not shipped and not in the list",
}
"""What each training group is for, in the order of the table."""

NOT_LISTED = "not in the list"


def trained(folder: Path = WEIGHTS) -> dict[str, Row]:
    """Read the list of trained models; empty where there is none."""
    return read_ledger(folder)


def zoo_table(ledger: Mapping[str, Row]) -> Shown:
    """Tabulate the training groups: what each is for, and what came of it."""
    groups = read_groups()
    rows = [_row(name, groups[name], ledger) for name in PURPOSES]
    return table(
        pd.DataFrame(rows),
        "The training groups. Shipped: the weights are in the repository. Accuracy: on the development "
        "images. Minutes: on one core, over all models of the group. Both are read from the list of the zoo, "
        "weights/zoo.csv.",
    )


def _row(name: str, recipes: Sequence[Recipe], ledger: Mapping[str, Row]) -> dict[str, str]:
    done = [ledger[recipe.name] for recipe in recipes if recipe.name in ledger]
    # An encoder without a classifier has no accuracy.
    scores = [row.accuracy for row in done if row.accuracy == row.accuracy]
    minutes = sum(row.seconds for row in done) / 60
    return {
        "Group": name,
        "What for": PURPOSES[name],
        "Models": str(len(recipes)),
        "Shipped": str(sum(recipe.shipped for recipe in recipes)),
        "Accuracy": f"{100 * min(scores):.1f} to {percent(max(scores))}" if scores else NOT_LISTED,
        "Minutes": f"{minutes:.0f}" if done else NOT_LISTED,
    }
