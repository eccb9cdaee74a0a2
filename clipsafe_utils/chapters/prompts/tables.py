"""The tables of chapter 5."""

import pandas as pd

from clipsafe_utils.chapters.formats import level, percent, points
from clipsafe_utils.chapters.prompts.words import TITLES, change, estimate, weigh
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.prompts.changes import EVERY, PROPERTIES, Tested, contrast, fewest_and_most
from clipsafe_utils.findings.prompts.sets import NUMBERS, by_wording, title_of

_SCORES, _GAP = "auroc", "factors"


def usual_table(tested: Tested, changes: pd.DataFrame) -> ThemedTable:
    """Tabulate where the CLIPs of each source stand under the usual set.

    Parameters
    ----------
    tested : Tested
        A study.
    changes : DataFrame
        Its `clipsafe_utils.findings.prompts.changes.changes`.
    """
    usual = changes[changes["prompt_set"] == tested.base]
    rows = []
    for source in dict.fromkeys(usual["source"]):
        here = usual[usual["source"] == source]
        found = dict(zip(here["property"], here["level"], strict=True))
        cells = {TITLES[name]: _level(name, found[name]) for name in PROPERTIES if name in found}
        title = "all sources" if source == EVERY else source
        rows.append({"Source": title, "Families": here["families"].max(), **cells})
    return table(
        pd.DataFrame(rows),
        f"Zero-shot CLIPs under the usual set of prompts, means over families; study {tested.study}.",
    )


def number_table(tested: Tested, confidence: float) -> ThemedTable | None:
    """Tabulate what fewer templates change; None where a study has one number of them."""
    ends = fewest_and_most(tested)
    if ends is None:
        return None
    fewest, most = (NUMBERS[name] for name in ends)
    rows = []
    for name, panel in PROPERTIES.items():
        found = contrast(tested, *ends, name, confidence)
        if found is not None:
            rows.append(
                {
                    "Property": panel.title,
                    f"{fewest} less {most} ({level(confidence)} interval)": change(found, name),
                    "With fewer templates it": weigh(found, name),
                }
            )
    return table(
        pd.DataFrame(rows),
        f"What fewer templates change: {fewest} in place of {most}, paired by model and draw; study "
        f"{tested.study}, {tested.models.sizes['model']} zero-shot CLIPs.",
    )


def scores_table(tested: Tested, changes: pd.DataFrame, confidence: float) -> ThemedTable:
    """Tabulate mean AUROC by every score: with the fewest templates, and under each other wording."""
    ends = fewest_and_most(tested)
    rows = []
    for name in tested.properties:
        if name.startswith(_SCORES):
            row = {"Score": _score(name)}
            if ends is not None:
                found = contrast(tested, *ends, name, confidence)
                row[f"{NUMBERS[ends[0]]} less {NUMBERS[ends[1]]}"] = change(found, _SCORES)
            for kind in by_wording(tested.prompt_sets):
                row[title_of(kind)] = change(estimate(changes, kind, name), _SCORES)
            rows.append(row)
    return table(
        pd.DataFrame(rows),
        f"Change of the mean AUROC by each score, with {level(confidence)} intervals, in points; study "
        f"{tested.study}.",
    )


def own_table(found: pd.DataFrame, study: str, confidence: float) -> ThemedTable:
    """Tabulate what a reader's own prompts change.

    Parameters
    ----------
    found : DataFrame
        As of `clipsafe_utils.findings.prompts.own.own_changes`.
    study : str
        Named in the caption.
    confidence : float
        Level of the intervals.
    """
    rows = []
    for prompt in dict.fromkeys(found["prompt"]):
        here = found[found["prompt"] == prompt].assign(
            prompt_set=prompt, source=EVERY, families=found["models"]
        )
        cells = {TITLES[name]: change(estimate(here, prompt, name), name) for name in here["property"]}
        rows.append({"Prompt": prompt, **cells})
    return table(
        pd.DataFrame(rows),
        f"Your own prompts against the usual set: change and {level(confidence)} interval, means over "
        f"{found['models'].max()} CLIPs, on the images whose embeddings are kept; study {study}.",
    )


def _level(name: str, value: float) -> str:
    if name == _GAP:
        return f"{points(value)} points"
    return percent(value) if PROPERTIES[name].scale > 1 else f"{value:.2f}"


def _score(name: str) -> str:
    return name.removeprefix(f"{_SCORES}_").replace("_", " ") if "_" in name else "maximum softmax"
