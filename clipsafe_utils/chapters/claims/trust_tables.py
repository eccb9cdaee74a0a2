"""Tables of the appendix on how far to trust the ledger."""

import pandas as pd

from clipsafe_utils.claims.labels import Label
from clipsafe_utils.claims.simulation import LINEAGE, MEASURED, NEXT, Simulation, size_of
from clipsafe_utils.say import Said, percent
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import folded, stacked, table

_AGAINST = (Label.NOT_REPRODUCED, Label.DISAGREES)
_LARGER = ("1", "2", "4")


def false_labels(r: Simulation) -> Shown:
    """Tabulate the false labels of worlds with a promise, by number of lineages and of networks."""
    by_part = [
        table(
            _by_size(r.promised[r.promised["part"] == part]),
            f"False labels of {of}. First number: how often the label says that there is an effect where "
            "there is none. Second: how often it says that there is none where the effect is the smallest "
            "that matters. For a claim of no effect the two change places.",
        )
        for part, of in ((LINEAGE, "another lineage"), (MEASURED, "the networks measured"))
    ]
    return stacked(by_part)


def lopsided(r: Simulation) -> Shown:
    """Tabulate the false labels of lopsided worlds."""
    rates = r.rates[~r.rates["promised"]]
    rates = rates.assign(name=rates["world"])
    return table(
        _by_size(rates).rename(columns={"Setting": "World"}),
        "False labels in lopsided worlds, for which the rule promises nothing. First number: supported "
        "without an effect. Second: contradicted with the smallest that matters.",
    )


def power(r: Simulation) -> Shown:
    """Tabulate how often an effect of a known size is supported, by number of lineages and spread."""
    lineages = _sizes(r, LINEAGE, "units")
    rows = [
        {"Measured": _lineages(units)}
        | {
            f"{times} ×, spread {spread}": _whole(r.supported(units, times, spread))
            for spread in (1, 3)
            for times in _LARGER
        }
        for units in lineages
    ]
    return table(
        pd.DataFrame(rows),
        "Supported, percent of repetitions, by the true effect and the spread between networks, both in "
        "smallest effects that matter; lineages of several networks.",
    )


def networks(r: Simulation) -> Shown:
    """Tabulate what is said of the networks measured, where there is nothing and of effects of known size."""
    shown = [_of_error(r, error) for error in (1.0, 0.25)]
    return stacked([shown[0], folded(shown[1], "With images that move a network by a quarter of it")])


def next_lineage(r: Simulation) -> Shown:
    """Tabulate what is said of networks of one to three lineages that scatter about the true mean."""
    said = {
        "reproduced": (Label.REPRODUCED,),
        "not reproduced": (Label.NOT_REPRODUCED,),
        "mixed": (Label.MIXED,),
        "unclear": (Label.UNCLEAR,),
    }
    rows = [
        {"Measured": _lineages(lineages)}
        | {f"0: {name}": _whole(r.of_lineages(lineages, "0", *labels)) for name, labels in said.items()}
        | {f"{times} ×: reproduced": _whole(r.reproduced_of_lineages(lineages, times)) for times in _LARGER}
        for lineages in _sizes(r, NEXT, "units")
    ]
    return table(
        pd.DataFrame(rows),
        "What is said of three networks of each lineage where lineages differ by three smallest effects that "
        "matter, by the true mean over all lineages.",
    )


def _of_error(r: Simulation, error: float) -> Shown:
    rows = [
        {
            "Measured": f"{number} network{'s' if number > 1 else ''}",
            "0: as claimed": _tenths(r.reproduced(number, "0", error)),
            "0: mixed": _tenths(r.of_networks(number, "0", error, Label.MIXED)),
            "0: the other way or small": _tenths(r.of_networks(number, "0", error, *_AGAINST)),
        }
        | {f"{times} ×: as claimed": _whole(r.reproduced(number, times, error)) for times in _LARGER}
        for number in _sizes(r, MEASURED, "networks")
    ]
    return table(
        pd.DataFrame(rows),
        "What is said of the networks measured, by the true effect in smallest effects that matter. As "
        "claimed: agrees so far with one or two networks, reproduced with three or more. The error of one "
        f"network over images is {error:g} times the smallest effect.",
    )


def _by_size(rates: pd.DataFrame) -> pd.DataFrame:
    """Give a row a setting and a column a number of lineages or networks, with both false shares."""
    rows: dict[str, dict[str, str]] = {}
    for (name, size), of_cell in rates.assign(size=rates.apply(size_of, axis=1)).groupby(
        ["name", "size"], sort=False
    ):
        rows.setdefault(str(name), {})[str(size)] = ", ".join(percent(rate) for rate in of_cell["rate"])
    return pd.DataFrame.from_dict(rows, orient="index").fillna("").rename_axis("Setting").reset_index()


def _sizes(r: Simulation, part: str, of: str) -> list[int]:
    return sorted({cell[of] for cell in r.cells if cell["part"] == part})


def _lineages(number: int) -> str:
    return f"{number} lineage{'s' if number > 1 else ''}"


def _whole(share: Said) -> str:
    return str(share.percent(0))


def _tenths(share: Said) -> str:
    return str(share.percent(1))
