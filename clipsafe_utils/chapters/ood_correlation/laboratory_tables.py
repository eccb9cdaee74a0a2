"""Chapter 3 in the laboratory: tables, and words for readers who cannot see the figures."""

from collections.abc import Mapping

import pandas as pd

from clipsafe_utils.chapters.causes.words import cell_of
from clipsafe_utils.chapters.formats import percent
from clipsafe_utils.figures.tables import ThemedTable, table
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.shift import laboratory as lab
from clipsafe_utils.findings.shift.laboratory import READ, STEPS, Changes, Found


def step_table(found: Found, confidence: float) -> ThemedTable:
    """Tabulate the steps of the ladder, and what else was changed alone."""
    rows = []
    if found.laboratory is not None:
        for step, (upper, lower) in STEPS.items():
            source = upper[1]
            name = (
                f"CLIP, not labels, on {source}"
                if step.startswith("loss")
                else f"images of {source}, not labels"
            )
            cells = [lab.step_of(found.laboratory, one, upper, lower, confidence) for one in READ.values()]
            rows.append((name, *map(cell_of, cells)))
    for name, changes in (
        ("CLIPs of wit, not laion", found.twins),
        ("fine-tuned strongly, not gently", found.strength),
        ("more classes first (near), not fine-tuned directly", found.near),
        ("more classes first (far), not fine-tuned directly", found.far),
        ("near the unseen glyphs, not far", found.exposure),
    ):
        if changes:
            cells = [changes[one][0] if one in changes else None for one in READ.values()]
            rows.append((name, *map(cell_of, cells)))
    columns = ["One thing changed", "In distribution", "Under shift", "AUROC"]
    return table(
        pd.DataFrame(rows, columns=columns),
        "What one change does, in points with intervals over seeds or pairs and over images.",
    )


def kin_table(kin: pd.DataFrame) -> ThemedTable:
    """Tabulate both versions of the sets that a network has chosen."""
    rows = [
        {
            "Set": row["set"],
            "Rung": row["rung"],
            "Trained on": row["source"],
            "Chosen by labels": percent(row["by_labels"]),
            "Chosen by wit": percent(row["by_wit"]),
            "Difference": cell_of(row["gap"]),
        }
        for row in kin.to_dict("records")
    ]
    return table(
        pd.DataFrame(rows),
        "Sets that a network trained on labels, or one trained on wit, has chosen: accuracy on adversarial "
        "images, AUROC on fooling ones, for each cell of the ladder.",
    )


def describe_procedures(by_procedure: Mapping[str, Changes]) -> str:
    """Say what the figure of procedures shows.

    Examples
    --------
    >>> describe_procedures({})
    'Dot plot of changes in points from the zero-shot CLIP, one row a procedure.'
    """
    sentences = []
    for name, changes in by_procedure.items():
        parts = [
            f"{said} {cell_of(changes[measure][0])}"
            for measure, said in lab.MEASURES.items()
            if measure in changes
        ]
        sentences.append(f"{name}: {', '.join(parts)}.")
    return " ".join(
        ["Dot plot of changes in points from the zero-shot CLIP, one row a procedure.", *sentences]
    )


def describe_ladder(tables: Mapping[Property, pd.DataFrame]) -> str:
    """Say what the figure of the ladder shows.

    Examples
    --------
    >>> describe_ladder({})
    'Means over seeds along the ladder, by rung and source.'
    """
    sentences = []
    for panel, shown in tables.items():
        parts = [
            f"{row['rung']} on {row['source']} {percent(row['value'])}" for row in shown.to_dict("records")
        ]
        sentences.append(f"{panel.title}: {', '.join(parts)}.")
    return " ".join(["Means over seeds along the ladder, by rung and source.", *sentences])
