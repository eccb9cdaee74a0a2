"""Tables of the appendix on how far to trust the ledger."""

import pandas as pd

from clipsafe_utils.claims.simulation import FEW, MANY, SOME, Simulation, name_of
from clipsafe_utils.say import NO_BREAK, percent
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import folded, stacked, table


def false_verdicts(simulation: Simulation) -> Shown:
    """Tabulate the false verdicts by statistic and number of families."""
    rows: dict[str, dict[str, str]] = {}
    for cell in simulation.cells:
        both = f"{percent(cell['false_at_none'])}, {percent(cell['false_at_smallest'])}"
        column = f"{cell['families']} families" if cell["families"] else "no families"
        rows.setdefault(name_of(cell), {})[column] = both
    frame = pd.DataFrame.from_dict(rows, orient="index").fillna("").rename_axis("Statistic").reset_index()
    return table(
        frame,
        "False verdicts. First number: no effect, and yet the verdict that there is one. Second: the "
        "smallest effect that matters, and yet the verdict that it is ruled out.",
    )


def power(simulation: Simulation) -> Shown:
    """Tabulate what is seen of effects of a known size: for eight families, and folded for fewer and more."""
    folds = [folded(_of_families(simulation, size), f"With {size} families") for size in (FEW, MANY)]
    return stacked([_of_families(simulation, SOME), *folds])


def _of_families(simulation: Simulation, families: int) -> Shown:
    rows = [
        {"Statistic": name_of(cell)}
        | {
            f"{times} ×": f"{NO_BREAK}/{NO_BREAK}".join(f"{100 * share:.0f}" for share in shares.values())
            for times, shares in cell["verdicts"].items()
            if float(times)
        }
        for cell in simulation.cells
        if cell["families"] == families and cell["verdicts"]
    ]
    return table(
        pd.DataFrame(rows).fillna(""),
        f"What is seen with {families} families: percent of repetitions supported / undecided / "
        "contradicted, by the true effect in smallest effects that matter; correlations 0.5, 0.8 and 0.95.",
    )
