"""Tables of detection, and of the laboratory."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from clipsafe_utils.cubes import GROUPS
from clipsafe_utils.findings.shift.controlled import Controlled, Step
from clipsafe_utils.findings.shift.counted import Counted
from clipsafe_utils.findings.shift.detection import Detection
from clipsafe_utils.say import NOT_MEASURED, number, percent
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table


def detection_table(detection: Detection, positive: str, study: str) -> Shown:
    """Tabulate detection by training source, and by the groups beside them."""
    rows = [
        {
            "Models of": row["member"],
            "Models (families)": f"{row['models']} ({row['families']})",
            "AUROC": percent(row["auroc"]),
            "False positives": _percent(row["fpr"]),
            "Rank correlation": row["rank"].with_interval,
            "At fixed quantity": row["fixed"].with_interval,
        }
        for row in detection.by_member.to_dict("records")
    ]
    kind = "in-distribution" if positive == "id" else "OOD"
    return table(
        pd.DataFrame(rows),
        f"Detection by zero-shot CLIPs of each source and by others, study {study}: mean over families and "
        f"kinds of OOD set of AUROC and of the false-positive rate at 95 % recall of {kind} images; "
        "correlation of AUROC with accuracy in distribution, by rank, and on probit axes at fixed samples "
        "seen and images.",
    )


def set_table(detection: Detection, study: str) -> Shown:
    """Tabulate mean AUROC and its rank correlation by OOD set, a column a set of models."""
    cells = detection.by_set_and_member.assign(
        cell=lambda rows: [
            f"{percent(area)}, {number(rank)}" if np.isfinite(rank) else percent(area)
            for area, rank in zip(rows["auroc"], rows["rank"], strict=True)
        ],
        ood_set=lambda rows: rows["ood_set"].str.replace("_", " "),
    )
    by_set = cells.pivot_table("cell", "ood_set", "member", "first", sort=False).fillna(NOT_MEASURED)
    return table(
        by_set.rename_axis("OOD set").rename_axis(None, axis="columns").reset_index(),
        f"Mean AUROC over families by OOD set, and its rank correlation with accuracy in distribution, "
        f"study {study}.",
    )


def score_table(means: pd.DataFrame, study: str) -> Shown:
    """Tabulate `score_means` of one study."""
    means = means[means["study"] == study]
    rows = [
        {
            "Score": row["score"].replace("_", " "),
            "Models of": f"{GROUPS[row['group']]} ({row['models']})",
            "AUROC": percent(row["auroc"]),
            "Recall of ID": _percent(row["fpr95_id_positive"]),
            "Recall of OOD": _percent(row["fpr95_ood_positive"]),
        }
        for row in means.sort_values(["group", "auroc"], ascending=[True, False]).to_dict("records")
    ]
    return table(
        pd.DataFrame(rows),
        f"Study {study}, mean over kinds of OOD set and over the models that have every score of their "
        "group, each counted once: AUROC, and the false-positive rate at 95 % recall of in-distribution and "
        "of OOD images. Only models with prompts have maximum concept matching.",
    )


def counted_table(counted: Counted, by_hand: Mapping[tuple[str, str], Sequence[float]]) -> Shown:
    """Tabulate what was counted by hand, and in brackets what the cube says: AUROC and both rates."""
    measures = {
        "AUROC": "auroc",
        "Unknown that pass": "fpr95_id_positive",
        "Known that fail": "fpr95_ood_positive",
    }
    rows = [
        {
            "CLIP": network,
            "OOD set": ood_set.replace("_", " "),
            **{
                title: f"{percent(own, 2)} ({percent(counted.stated[network, ood_set][name], 2)})"
                for (title, name), own in zip(measures.items(), values, strict=True)
            },
        }
        for (network, ood_set), values in by_hand.items()
    ]
    return table(
        pd.DataFrame(rows),
        "Counted by hand, in brackets what the cube has of all scores: AUROC, the unknown images that pass "
        "where 95 % of the known ones do, the known images that fail where 95 % of the unknown ones do; by "
        f"{counted.score.replace('_', ' ')}.",
    )


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


def _percent(share: float) -> str:
    return percent(share) if np.isfinite(share) else NOT_MEASURED
