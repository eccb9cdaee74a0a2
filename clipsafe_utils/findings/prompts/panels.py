"""What the figures of chapter 6 are drawn from: changes in every study, source by source."""

from collections.abc import Mapping

import pandas as pd

from clipsafe_utils.findings.prompts.changes import COLUMNS, EVERY, PROPERTIES
from clipsafe_utils.findings.prompts.sets import NUMBERS, by_wording, title_of
from clipsafe_utils.metrics.families import FEWEST_UNITS


def number_changes(changes: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the changes, by study, under sets that differ in number alone, with the column templates."""
    table = _of_sources(changes)
    kept = table[table["prompt_set"].isin(list(NUMBERS))]
    return kept.assign(templates=kept["prompt_set"].map(NUMBERS)).sort_values("templates", kind="stable")


def wording_changes(changes: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the changes, by study, under sets of another wording, with the column wording: its title."""
    table = _of_sources(changes)
    order = by_wording(dict.fromkeys(table["prompt_set"]))
    kept = table[table["prompt_set"].isin(order)]
    kept = kept.sort_values("prompt_set", key=lambda names: names.map(order.index), kind="stable")
    return kept.assign(wording=[title_of(name) for name in kept["prompt_set"]])


def of_studies(tables: Mapping[str, pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Put the tables of all studies below each other, with the column study."""
    empty = pd.DataFrame(columns=["study", *columns])
    every = [table.assign(study=study) for study, table in tables.items() if len(table)]
    return pd.concat(every, ignore_index=True) if every else empty


def _of_sources(changes: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Leave out the mean over all sources and the other scores; say which means rest on enough families."""
    table = of_studies(changes, COLUMNS)
    kept = table[(table["source"] != EVERY) & table["property"].isin(list(PROPERTIES))]
    return kept.assign(decided=kept["families"] >= FEWEST_UNITS)
