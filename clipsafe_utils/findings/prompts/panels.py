"""What the figures of chapter 5 are drawn from: the changes of each property, a panel each."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from clipsafe_utils.findings.prompts.changes import EVERY, PROPERTIES
from clipsafe_utils.findings.prompts.sets import NUMBERS, by_wording, title_of
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.metrics.families import MINIMUM_FAMILIES


def number_tables(changes: Mapping[str, pd.DataFrame]) -> dict[Property, pd.DataFrame]:
    """Cut changes, by study, to sets that differ in number, as `figures.prompts.by_number` draws them."""
    kept = {study: table[table["prompt_set"].isin(list(NUMBERS))] for study, table in changes.items()}
    return _panels(
        {study: table.assign(templates=table["prompt_set"].map(NUMBERS)) for study, table in kept.items()}
    )


def wording_tables(changes: Mapping[str, pd.DataFrame]) -> dict[Property, pd.DataFrame]:
    """Cut changes, by study, to sets of another wording, as `figures.prompts.by_wording` draws them."""
    kept = {}
    for study, table in changes.items():
        order = by_wording(dict.fromkeys(table["prompt_set"]))
        rows = table[table["prompt_set"].isin(order)]
        rows = rows.sort_values("prompt_set", key=lambda names: names.map(order.index), kind="stable")
        kept[study] = rows.assign(wording=[title_of(name) for name in rows["prompt_set"]])
    return _panels(kept)


def subset_tables(changes: Mapping[str, pd.DataFrame]) -> dict[Property, pd.DataFrame]:
    """Part changes of random subsets by property, as `figures.prompts.by_subset` draws them."""
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
    found = {}
    for study, table in changes.items():
        for name in _in_order(table["property"]):
            panel = PROPERTIES[name]
            title = f"{panel.title} ({study})" if len(changes) > 1 else panel.title
            found[replace(panel, title=title)] = table[table["property"] == name]
    return found


def _in_order(names: Iterable[str]) -> list[str]:
    there = set(names)
    return [name for name in PROPERTIES if name in there]
