"""What the figures of chapter 5 are drawn from: the changes of each property, a panel each."""

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from clipsafe_utils.findings.prompts.changes import EVERY, PROPERTIES
from clipsafe_utils.findings.prompts.sets import NUMBERS, by_wording, title_of
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES


def number_tables(changes: Mapping[str, pd.DataFrame]) -> dict[Property, pd.DataFrame]:
    """Return the changes, by study, that `figures.prompts.by_number` draws: sets that differ in number."""
    kept = {study: table[table["prompt_set"].isin(list(NUMBERS))] for study, table in changes.items()}
    return _panels(
        {study: table.assign(templates=table["prompt_set"].map(NUMBERS)) for study, table in kept.items()}
    )


def wording_tables(changes: Mapping[str, pd.DataFrame]) -> dict[Property, pd.DataFrame]:
    """Return the changes, by study, that `figures.prompts.by_wording` draws: sets of another wording."""
    kept = {}
    for study, table in changes.items():
        order = by_wording(dict.fromkeys(table["prompt_set"]))
        rows = table[table["prompt_set"].isin(order)]
        rows = rows.sort_values("prompt_set", key=lambda names: names.map(order.index), kind="stable")
        kept[study] = rows.assign(wording=[title_of(name) for name in rows["prompt_set"]])
    return _panels(kept)


def subset_tables(changes: Mapping[str, pd.DataFrame]) -> dict[Property, pd.DataFrame]:
    """Return the changes, by study, that `figures.prompts.by_subset` draws: random subsets."""
    return _by_property({study: table for study, table in changes.items() if len(table)})


def _panels(changes: Mapping[str, pd.DataFrame]) -> dict[Property, pd.DataFrame]:
    """Leave out the mean over all sources, and say which means rest on enough families."""
    kept = {study: table[table["source"] != EVERY] for study, table in changes.items()}
    return _by_property(
        {
            study: table.assign(decided=table["families"] >= MINIMUM_FAMILIES)
            for study, table in kept.items()
            if len(table)
        }
    )


def _by_property(changes: Mapping[str, pd.DataFrame]) -> dict[Property, pd.DataFrame]:
    return {
        replace(panel, title=f"{panel.title} ({study})") if len(changes) > 1 else panel: table[
            table["property"] == name
        ]
        for study, table in changes.items()
        for name, panel in PROPERTIES.items()
        if name in set(table["property"])
    }
