"""The project's own list of 210 models: 51 zero-shot CLIPs, 32 fine-tuned ones, 127 other classifiers.

What the list says of a model holds for every row of the record that has its weights.
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class CatalogueModel:
    """One model of the list, under the name that stands for its weights throughout the project."""

    name: str
    library: str
    group: str
    architecture: str
    training_source: str
    fine_tuning: str
    input_size: int


@cache
def catalogue() -> dict[str, CatalogueModel]:
    """Return the models of the list by name.

    Examples
    --------
    >>> catalogue()["ViT-B-32.openai"].training_source
    'WIT'
    """
    table = files("clipsafe_utils.record").joinpath("catalogue.csv").read_text(encoding="utf-8")
    return {
        row["name"]: CatalogueModel(
            name=row["name"],
            library=row["library"],
            group=row["group"],
            architecture=row["architecture"],
            training_source=row["training_source"],
            fine_tuning=row["fine_tuning"],
            input_size=int(row["input_size"]),
        )
        for row in csv.DictReader(table.splitlines())
    }
