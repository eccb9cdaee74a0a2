"""Chapter 3: how well models tell unfamiliar images apart, for studies that measured it.

A set in two versions, `fooling_labels` and `fooling_wit`, is one kind of set: each kind counts once.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.panels import Panel, read_panels
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.shift.clouds import Clouds, in_distribution, make_cloud
from clipsafe_utils.metrics.draws import centred_interval
from clipsafe_utils.registry.set_names import DETECTION

_VERSIONS = ("fooling",)
"""Kinds of set that were made several times, by several references."""

_EVERY = "all"
_FEWEST_DRAWS = 3
_SHOWN = ("auroc", "fpr95_id_positive", "fpr95_ood_positive")


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
        names = _chosen(cube, ood_sets)
        missing = _what_is_missing(cube, names, score, study.has("shifts"))
        if missing:
            sentences.append(f"The study `{study.name}` has {missing}: its detection panel is left out.")
            continue
        shifts = study.read("shifts")
        cloud = make_cloud(shifts, study.read("models"), groups, in_distribution(shifts))
        of_sets = mean_over_kinds(cube.sel(score=score, ood_set=names))
        clouds[study.name] = _with_detection(cloud, of_sets, f"fpr95_{positive}_positive", confidence)
    return clouds, sentences


def mean_over_kinds(detection: xr.Dataset) -> xr.Dataset:
    """Average over OOD sets, the versions of one kind first.

    Examples
    --------
    >>> names = ["scenes", "fooling_labels", "fooling_wit"]
    >>> one = xr.Dataset({"auroc": ("ood_set", [0.9, 0.5, 0.7])}, coords={"ood_set": names})
    >>> round(mean_over_kinds(one)["auroc"].item(), 3)
    0.75
    """
    names = detection["ood_set"].values.tolist()
    kinds = [next((kind for kind in _VERSIONS if name.startswith(f"{kind}_")), name) for name in names]
    of_kinds = [
        detection.isel(ood_set=[place for place, one in enumerate(kinds) if one == kind]).mean(
            "ood_set", skipna=False
        )
        for kind in dict.fromkeys(kinds)
    ]
    return xr.concat(of_kinds, "kind").mean("kind", skipna=False)


def score_means(studies: Sequence[str], groups: Sequence[str], ood_sets: Sequence[str]) -> pd.DataFrame:
    """Average every score over the models of each group and over kinds of set.

    Parameters
    ----------
    studies, groups : sequence of str
        As in `read_panels`.
    ood_sets : sequence of str
        As in `read_detection`.

    Returns
    -------
    DataFrame
        Columns study, group, score, models, auroc, fpr95_id_positive and fpr95_ood_positive; without the
        scores that no model of a group has.

    Examples
    --------
    >>> score_means(["published"], ["clip_zero_shot"], ["all"]).empty
    True
    """
    rows = []
    for panel in read_panels(studies, "ood", groups):
        names = _chosen(panel.cube, ood_sets)
        if not names:
            continue
        estimate = mean_over_kinds(panel.cube[list(_SHOWN)].isel(draw=0).sel(ood_set=names))
        for group in dict.fromkeys(panel.models["group"].values.tolist()):
            of_group = estimate.isel(model=(panel.models["group"] == group).values)
            measured = of_group["auroc"].notnull().all("model")
            for score in of_group["score"].values[measured.values].tolist():
                means = of_group.sel(score=score).mean("model")
                row = {"study": panel.study, "group": group, "score": score}
                row |= {"models": of_group.sizes["model"]}
                rows.append(row | {name: means[name].item() for name in _SHOWN})
    return pd.DataFrame(rows, columns=["study", "group", "score", "models", *_SHOWN])


def by_set(
    studies: Sequence[str], groups: Sequence[str], *, score: str, ood_sets: Sequence[str], positive: str
) -> dict[str, dict[str, xr.Dataset]]:
    """Make a cloud of each OOD set, by study: `read_detection`, one set at a time, without intervals.

    Examples
    --------
    >>> by_set(["published"], ["standard"], score="energy", ood_sets=["all"], positive="id")
    {}
    """
    panels = {panel.study: panel for panel in read_panels(studies, "ood", groups)}
    found: dict[str, dict[str, xr.Dataset]] = {}
    for study in map(find_study, studies):
        if study.name not in panels:
            continue
        cube = panels[study.name].cube
        names = _chosen(cube, ood_sets)
        if not _what_is_missing(cube, names, score, study.has("shifts")):
            shifts = study.read("shifts")
            cloud = make_cloud(shifts, study.read("models"), groups, in_distribution(shifts))
            # Draw 0 alone: nobody looks at an interval of each model here.
            estimate = cube.isel(draw=[0]).sel(score=score)
            rate = f"fpr95_{positive}_positive"
            found[study.name] = {
                name: _with_detection(cloud, estimate.sel(ood_set=name), rate, 0.95) for name in names
            }
    return found


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


def _chosen(cube: xr.Dataset, ood_sets: Sequence[str]) -> list[str]:
    return [name for name in cube["ood_set"].values.tolist() if name in ood_sets or _EVERY in ood_sets]


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
