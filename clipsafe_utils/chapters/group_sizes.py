"""How many models and families the chapters compare."""

import numpy as np
import pandas as pd

from clipsafe_utils.cubes import GROUPS, families_between_groups
from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table


def group_sizes(panel: Panel) -> Shown:
    """Tabulate how many models and families of each group a panel has."""
    rows = []
    for group, title in GROUPS.items():
        family = families_between_groups(panel.models)[panel.models["group"].values == group]
        if family.size:
            rows.append((title, family.size, np.unique(family).size))
    return table(
        pd.DataFrame(rows, columns=["Group", "Models", "Families"]),
        f"Models of the study {panel.study}, each network counted once.",
    )
