"""Chapter 3: how well models tell unfamiliar images apart, for studies that measured it."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from clipsafe_utils.chapters.ood_correlation.clouds import ID, Clouds, make_cloud
from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.panels import Panel, read_panels
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.metrics.draws import centred_interval

DETECTION = "detection"
"""Name under which the cloud of a study goes through the analyses of the shifts."""

_EVERY = "all"
_FEWEST_DRAWS = 3


def read_detection(
    studies: Sequence[str],
    groups: Sequence[str],
    *,
    score: str,
    ood_sets: Sequence[str],
    positive: str,
    confidence: float,
) -> tuple[dict[str, xr.Dataset], list[str]]:
    """Put the mean AUROC over sets beside accuracy in distribution.

    Parameters
    ----------
    studies, groups : sequence of str
        As in `read_panels`.
    score : str
        A score of the cube `ood`.
    ood_sets : sequence of str
        Sets of the cube; `all` stands for every one that a study has.
    positive : {"id", "ood"}
        Which images the 95 % recall of the false-positive rate is of.
    confidence : float
        Level of the intervals, from the draws over images.

    Returns
    -------
    clouds, sentences : tuple of dict of str to xarray.Dataset and list of str
        By study, a cloud as of `make_cloud` in which `y` is the mean AUROC, with `low` and `high`, NaN
        where the study has no draws, and `fpr`, the mean false-positive rate. The sentences say which
        studies with detection scores have no cloud, and why.

    Raises
    ------
    ClipsafeError
        If studies have detection scores, but none has one of the sets.

    Examples
    --------
    >>> asked = {"score": "energy", "ood_sets": ["all"], "positive": "id", "confidence": 0.95}
    >>> read_detection(["published"], ["clip_zero_shot"], **asked)
    ({}, [])
    """
    panels = {panel.study: panel for panel in read_panels(studies, "ood", groups)}
    _refuse_unknown_sets(list(panels.values()), ood_sets)
    clouds, sentences = {}, []
    for study in map(find_study, studies):
        if study.name not in panels:
            continue
        cube = panels[study.name].cube
        names = [name for name in cube["ood_set"].values if name in ood_sets or _EVERY in ood_sets]
        missing = _what_is_missing(cube, names, score, study.has("shifts"))
        if missing:
            sentences.append(f"The study `{study.name}` has {missing}: its detection panel is left out.")
            continue
        cloud = make_cloud(study.read("shifts"), study.read("models"), groups, ID)
        of_sets = cube.sel(score=score, ood_set=names).mean("ood_set", skipna=False)
        clouds[study.name] = _with_detection(cloud, of_sets, f"fpr95_{positive}_positive", confidence)
    return clouds, sentences


def with_detection(
    clouds: Mapping[str, Clouds], detected: Mapping[str, xr.Dataset]
) -> dict[str, dict[str, xr.Dataset]]:
    """Put the clouds of detection beside those of the shifts, so that sources are chosen from both.

    Examples
    --------
    >>> {study: list(shifts) for study, shifts in with_detection({}, {"mine": xr.Dataset()}).items()}
    {'mine': ['detection']}
    """
    both = {study: dict(shifts) for study, shifts in clouds.items()}
    for study, cloud in detected.items():
        both[study] = both.get(study, {}) | {DETECTION: cloud}
    return both


def _refuse_unknown_sets(panels: Sequence[Panel], ood_sets: Sequence[str]) -> None:
    known = dict.fromkeys(str(name) for panel in panels for name in panel.cube["ood_set"].values)
    unknown = [name for name in ood_sets if name not in (_EVERY, *known)]
    if known and unknown:
        raise ClipsafeError(
            f"No study has the OOD set '{unknown[0]}'; the choices are {_EVERY}, {', '.join(known)}."
        )


def _what_is_missing(cube: xr.Dataset, names: Sequence[str], score: str, has_shifts: bool) -> str:
    if score not in cube["score"].values:
        return f"no detection by the score `{score}`"
    if not names:
        return "none of the OOD sets"
    return "" if has_shifts else "no accuracy in distribution beside its detection scores"


def _with_detection(cloud: xr.Dataset, detection: xr.Dataset, rate: str, confidence: float) -> xr.Dataset:
    # A study may score some of its models only, or know the checkpoint from another row.
    measured = detection.isel(model=detection["auroc"].notnull().all("draw").values)
    both = [name for name in cloud["model"].values if name in measured["model"].values]
    cloud, measured = cloud.sel(model=both), measured.sel(model=both).transpose("draw", ...)
    area = measured["auroc"].values
    low = high = np.full(len(both), np.nan)
    if both and len(area) >= _FEWEST_DRAWS:
        low, high = centred_interval(area, confidence)
    detected = cloud.drop_vars("images").assign(
        y=("model", area[0]),
        low=("model", low),
        high=("model", high),
        fpr=("model", measured[rate].isel(draw=0).values),
    )
    return detected.isel(model=(area[0] > 0) & (area[0] < 1))
