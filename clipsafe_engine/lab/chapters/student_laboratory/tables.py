"""Tables of the student's laboratory."""

import pandas as pd

from clipsafe_engine.lab.findings.student.comparison import COMPARED, Comparison
from clipsafe_engine.lab.findings.student.result import SOURCES
from clipsafe_engine.lab.findings.world.put_in import stands_at
from clipsafe_engine.lab.student.knobs import MEANINGS, limits
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.say import level
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table


def knobs_table(world: World) -> Shown:
    """Tabulate every knob: what it is, how far it goes, and where it stands in the sources."""
    rows = []
    for knob, meaning in MEANINGS.items():
        low, high = limits(knob)
        stands = {source: stands_at(world, source, knob) for source in SOURCES}
        rows.append({"Knob": knob, "What it is": meaning, "Range": f"{low:,} to {high:,}", **stands})
    return table(pd.DataFrame(rows), "Every knob that --set takes, and where it stands in the sources.")


def comparison_rows(comparison: Comparison) -> list[dict[str, str]]:
    """Write a comparison as rows of a table, in percent and points."""
    return [
        {
            "property": COMPARED[name],
            "yours": yours.with_interval,
            f"unchanged {comparison.source}": unchanged.with_interval,
            "difference, points": difference.with_interval,
        }
        for name, yours, unchanged, difference in comparison.table.itertuples()
    ]


def comparison_table(comparison: Comparison) -> Shown:
    """Tabulate a model of one's own beside the unchanged recipe."""
    return table(
        pd.DataFrame(comparison_rows(comparison)),
        f"{comparison.label}: one training, beside the mean of the trainings of the unchanged recipe "
        f"({comparison.others}), in %, with {level(comparison.confidence)} intervals over test images, and "
        "over seeds where there are several.",
    )
