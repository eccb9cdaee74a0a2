"""Chapter 3 in the laboratory, in numbers: what the prose glues."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.chapters.causes.words import moved
from clipsafe_utils.chapters.formats import complete
from clipsafe_utils.chapters.ood_correlation.words import listed, three_digits
from clipsafe_utils.findings.model_pairs import GENTLE, HALF_WAY, STRONG
from clipsafe_utils.findings.shift import laboratory as lab
from clipsafe_utils.findings.shift.laboratory import READ, STEPS, Changes, Found
from clipsafe_utils.findings.shift.sources import FINE_TUNED, STANDARD

_SETS = {"wit": "wit", "laion": "laion", "standard": STANDARD, "tuned": FINE_TUNED}
_PROCEDURES = {"gentle": GENTLE, "strong": STRONG, "half": HALF_WAY}
_CHANGED = {"shifts-at-equal": "shifts_at_equal", "auroc-at-equal": "auroc_at_equal", **READ}
_EXPOSED = {"glyphs": "auroc_unseen_glyphs", "textures": "auroc_textures", "scenes": "auroc_scenes_unseen"}
_KIN = {"adversarial": "adversarial images", "fooling": "fooling images"}

KEYS = (
    *(f"ood-lab-{what}-{key}" for what in ("rank", "fixed", "models") for key in _SETS),
    *(f"ood-lab-{what}-above" for what in ("rank", "fixed")),
    *(f"ood-lab-{step}-{key}" for step in STEPS for key in READ),
    *(f"ood-lab-twins-{key}" for key in ("pairs", *_CHANGED)),
    *(f"ood-lab-{name}-{key}" for name in _PROCEDURES for key in ("pairs", *_CHANGED)),
    *(f"ood-lab-{between}-{key}" for between in ("strength", "near", "far") for key in ("pairs", *READ)),
    *(f"ood-lab-exposure-{key}" for key in ("pairs", *_EXPOSED, *READ)),
    *(f"ood-lab-kin-{kind}-{source}" for kind in _KIN for source in ("labels", "wit")),
    "ood-lab-same",
    "ood-lab-opposite",
    "ood-lab-open",
)
"""Every number of the laboratory that the prose of the chapter glues."""


def numbers(
    found: Found, detected: Mapping[str, xr.Dataset], compared: pd.DataFrame, confidence: float
) -> dict[str, str]:
    """Return the numbers of the prose.

    Parameters
    ----------
    found : Found
        Of the first study with a laboratory.
    detected : mapping of str to xarray.Dataset
        By study, `within_sources` of the cloud of detection.
    compared : DataFrame
        As `clipsafe_utils.chapters.ood_correlation.against_record.compare` returns it.
    confidence : float
        Level of the intervals.

    Returns
    -------
    dict of str to str
        Every key of `KEYS`; "not measured" where there is no laboratory.

    Examples
    --------
    >>> numbers(lab.find(None, 0.95), {}, pd.DataFrame(), 0.95)["ood-lab-rank-wit"]
    'not measured'
    """
    said: dict[str, str] = {}
    for within in list(detected.values())[:1]:
        said |= _of_detection(within)
    if found.laboratory is not None:
        for step, ends in STEPS.items():
            for key, name in READ.items():
                said[f"ood-lab-{step}-{key}"] = moved(lab.step_of(found.laboratory, name, *ends, confidence))
    said |= _of_changes(found.twins, "twins", _CHANGED)
    for short, procedure in _PROCEDURES.items():
        said |= _of_changes(found.by_procedure.get(procedure, {}), short, _CHANGED)
    for way, one in (("strength", found.strength), ("near", found.near), ("far", found.far)):
        said |= _of_changes(one, way, READ)
    said |= _of_changes(found.exposure, "exposure", _EXPOSED | READ)
    for row in found.kin[found.kin["rung"] == "a"].to_dict("records"):
        kind = next(short for short, name in _KIN.items() if name == row["set"])
        said[f"ood-lab-kin-{kind}-{row['source']}"] = moved(row["gap"])
    if len(compared):
        for key, answer in (("same", "yes"), ("opposite", "no"), ("open", "undecided")):
            said[f"ood-lab-{key}"] = listed(compared["what"][compared["same"] == answer].tolist())
    return complete(KEYS, {key: value for key, value in said.items() if key in KEYS})


def _of_detection(within: xr.Dataset) -> dict[str, str]:
    said = {}
    present = {key: name for key, name in _SETS.items() if name in within["set"].values}
    for key, name in present.items():
        one = within.sel(set=name).isel(shift=0)
        said[f"ood-lab-models-{key}"] = str(int(one["clips"]))
        for what in ("rank", "fixed"):
            value, low, high = (one[f"{what}{end}"].item() for end in ("", "_low", "_high"))
            if np.isfinite(value):
                said[f"ood-lab-{what}-{key}"] = (
                    f"{three_digits(value)} ({three_digits(low)} to {three_digits(high)})"
                )
    for what in ("rank", "fixed"):
        sources = [name for key, name in present.items() if key in ("wit", "laion")]
        above = [name for name in sources if _leaves_zero_out(within.sel(set=name).isel(shift=0), what)]
        if sources:
            said[f"ood-lab-{what}-above"] = listed(above) if above else "no source"
    return said


def _leaves_zero_out(one: xr.Dataset, what: str) -> bool:
    return bool(one[f"{what}_decided"]) and bool(one[f"{what}_low"] > 0)


def _of_changes(changes: Changes, name: str, measures: Mapping[str, str]) -> dict[str, str]:
    said = {}
    for key, measure in measures.items():
        if measure in changes:
            said[f"ood-lab-{name}-{key}"] = moved(changes[measure][0])
    if changes:
        said[f"ood-lab-{name}-pairs"] = str(max(len(each) for _, each in changes.values()))
    return said
