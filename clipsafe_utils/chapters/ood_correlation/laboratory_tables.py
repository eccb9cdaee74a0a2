"""Chapter 3 in the laboratory, in tables."""

import pandas as pd

from clipsafe_utils.findings.shift.controlled import Controlled, Step
from clipsafe_utils.say import percent
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table


def step_table(lab: Controlled) -> Shown:
    """Tabulate the steps of the ladder, and what else was changed alone."""
    changes = {
        "CLIPs of wit, not laion": lab.twins,
        "fine-tuned strongly, not gently": lab.strength,
        "more classes first (near), not fine-tuned directly": lab.near,
        "more classes first (far), not fine-tuned directly": lab.far,
        "near the unseen glyphs, not far": lab.exposure,
    }
    steps: dict[str, Step] = {f"CLIP, not labels, on {source}": step for source, step in lab.loss.items()}
    steps |= {f"images of {source}, not labels": step for source, step in lab.images.items()}
    steps |= {name: change.step for name, change in changes.items() if change}
    rows = [
        {
            "One thing changed": name,
            "In distribution": step.accuracy.with_interval,
            "Under shift": step.shifts.with_interval,
            "AUROC": step.auroc.with_interval,
        }
        for name, step in steps.items()
    ]
    return table(
        pd.DataFrame(rows),
        "What one change does, in points with intervals over seeds or pairs and over images. AUROC of the "
        "maximum softmax, the mean over all kinds of unknown images.",
    )


def kin_table(kin: pd.DataFrame) -> Shown:
    """Tabulate both versions of the sets that a network has chosen."""
    rows = [
        {
            "Set": row["set"],
            "Rung": row["rung"],
            "Trained on": row["source"],
            "Chosen by labels": percent(row["by_labels"]),
            "Chosen by wit": percent(row["by_wit"]),
            "Difference": row["gap"].with_interval,
        }
        for row in kin.to_dict("records")
    ]
    return table(
        pd.DataFrame(rows),
        "Sets that a network trained on labels, or one trained on wit, has chosen: accuracy on adversarial "
        "images, AUROC on fooling ones, for each cell of the ladder.",
    )


def comparison_table(compared: pd.DataFrame) -> Shown:
    """Tabulate where record and laboratory point."""
    names = {"what": "Accuracy under shift", "record": "Record", "laboratory": "Laboratory"}
    return table(
        compared.rename(columns=names | {"same": "Same direction"}),
        "Record and laboratory, in points. Ranges: over shifts, sources or ways. A side has a direction "
        "where all of its intervals leave zero out on one side; in the first row, where all means do.",
    )
