"""The rules that a cube must keep; reading and writing both check them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.schema import (
    ALONE,
    EVIDENCE,
    ID_SET,
    NUMBERED,
    OVERALL,
    SCHEMAS,
    CubeSchema,
    Variable,
)
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.metrics.score_counts import detection_of_counts

MOST_MODELS = 20_000
"""In one cube. A chapter draws so many in half a minute; ten times as many take hours without a word."""

LONGEST_NAME = 200
COUNTED = 1e-4
"""How far what counts of scores say may lie from what the scores say: 0.01 points."""

_TEXT = "OTU"
"""Kinds of NumPy's types that hold text."""


class CubeError(ClipsafeError):
    """A cube that breaks rules: the message tells the first fault, `faults` all, each with the file."""

    def __init__(self, where: str, faults: Sequence[str]) -> None:
        self.faults = [f"{where}: {fault}." for fault in faults]
        super().__init__(self.faults[0])


def validate(cube: xr.Dataset, name: str, where: str = "cube") -> None:
    """Refuse a cube that breaks a rule of its schema.

    Parameters
    ----------
    cube : xarray.Dataset
        The cube.
    name : str
        Name of its schema, for example ``"factors"``.
    where : str
        How the message calls the cube: its file name.

    Raises
    ------
    CubeError
        With the name of the file, the variable and the rule, of every fault.

    Examples
    --------
    >>> validate(xr.Dataset(), "factors", "factors.nc")
    Traceback (most recent call last):
    clipsafe_utils.cubes.validation.CubeError: factors.nc: variable 'hits' is missing.
    """
    if name not in SCHEMAS:
        raise ClipsafeError(f"{where}: '{name}' is not a cube; the cubes are {', '.join(SCHEMAS)}.")
    faults = list(_faults_of(cube, SCHEMAS[name]))
    # Rules that compare counts hold of cubes that are whole.
    if not faults and name in _COUNT_RULES:
        faults = list(_COUNT_RULES[name](cube))
    if faults:
        raise CubeError(where, faults)


def _faults_of(cube: xr.Dataset, schema: CubeSchema) -> Iterator[str]:
    optional = [variable for variable in schema.optional if variable.name in cube.data_vars]
    variables = [*schema.variables, *optional]
    for variable in variables:
        if variable.name not in cube.data_vars:
            yield f"variable '{variable.name}' is missing"
            continue
        faults = _faults_of_variable(cube[variable.name], variable)
        yield from (f"variable '{variable.name}' {fault}" for fault in faults)
    named = [dim for variable in variables for dim in variable.dims]
    added = [dim for dim in schema.vocabulary if dim in cube.dims]
    for dim in dict.fromkeys([*named, *added]):
        if dim not in cube.coords:
            if dim in cube.dims:
                yield f"coordinate '{dim}' is missing"
            continue
        faults = _faults_of_labels(cube[dim].values, dim, schema.vocabulary.get(dim, ()))
        yield from (f"coordinate '{dim}' {fault}" for fault in faults)
    for key in ("study", "evidence", "licence"):
        if not _is_filled(cube.attrs.get(key)):
            yield f"attribute '{key}' of the cube is missing or no text"
    evidence = cube.attrs.get("evidence")
    if _is_filled(evidence) and evidence not in EVIDENCE:
        yield f"attribute 'evidence' must be one of {', '.join(EVIDENCE)}"


def _faults_of_variable(array: xr.DataArray, variable: Variable) -> Iterator[str]:
    missing = [dim for dim in variable.dims if dim not in array.dims]
    if missing:
        yield f"lacks the dim '{missing[0]}'; it has {array.dims}"
    if variable.kind == "text":
        if array.dtype.kind not in _TEXT:
            yield f"must hold text, not {array.dtype}"
        yield from _faults_of_text(array.astype(str).values, variable)
    elif array.dtype.kind not in "iuf":
        yield f"must hold numbers, not {array.dtype}"
    else:
        is_nan = np.isnan(np.asarray(array, dtype=float))
        if is_nan.any() and not _is_filled(array.attrs.get("not_measured")):
            yield "holds NaN without an attribute 'not_measured' that says why"
        yield from _faults_of_numbers(np.asarray(array, dtype=float)[~is_nan], variable)
    for key in ("long_name", "units", "source"):
        if not isinstance(array.attrs.get(key), str):
            yield f"has no attribute '{key}' that is text"


def _faults_of_text(values: np.ndarray, variable: Variable) -> Iterator[str]:
    if (values == "").any():
        yield "holds an empty text"
    unknown = sorted(set(values.ravel().tolist()) - set(variable.choices))
    if variable.choices and unknown:
        choices = ", ".join(variable.choices)
        yield f"holds {unknown[0]!r:.100}, which is none of its choices: {choices}"


def _faults_of_numbers(values: np.ndarray, variable: Variable) -> Iterator[str]:
    if not np.isfinite(values).all():
        yield "holds an infinite value"
    if values.size and (values.min() < variable.minimum or values.max() > variable.maximum):
        allowed = f"[{variable.minimum:g}, {variable.maximum:g}]"
        yield f"must lie in {allowed}; it spans {values.min():g} to {values.max():g}"
    if variable.kind == "count" and (values != np.round(values)).any():
        yield "must hold whole numbers"


def _faults_of_labels(labels: np.ndarray, dim: str, allowed: tuple[str, ...]) -> Iterator[str]:
    if len(labels) == 0:
        yield "is empty"
        return
    if dim == "model" and len(labels) > MOST_MODELS:
        yield f"holds {len(labels):,} models; at most {MOST_MODELS:,} are read"
    is_whole = labels.dtype.kind in "iu" and bool((labels >= 0).all())
    if dim == "draw" and not is_whole:
        yield "must hold whole numbers from 0"
    if not (dim in NUMBERED and is_whole):
        if labels.dtype.kind not in _TEXT:
            yield f"must hold text, not {labels.dtype}"
            return
        bad = [label for label in map(str, labels) if not _is_name(label)]
        if bad:
            yield f"holds {bad[0]!r:.100}, which is no name of 1 to {LONGEST_NAME} characters"
    unique, counts = np.unique(labels, return_counts=True)
    if (counts > 1).any():
        yield f"holds '{unique[counts > 1][0]}' more than once"
    unknown = sorted(set(map(str, labels)) - set(allowed))
    if allowed and unknown:
        yield f"holds '{unknown[0]}'; it may hold {', '.join(allowed)}"
    if dim == "draw" and labels[0] != 0:
        yield "must begin with 0, the estimate"


def _is_name(label: str) -> bool:
    # Nothing that moves a cursor or turns text round: labels are printed, drawn and written into pages.
    return 0 < len(label) <= LONGEST_NAME and label.isprintable() and not label.isspace()


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _exceeding(cube: xr.Dataset, part: str, whole: str) -> Iterator[str]:
    if bool((cube[part] > cube[whole]).any()):
        yield f"variable '{part}' exceeds '{whole}'"


def _faults_of_factors(cube: xr.Dataset) -> Iterator[str]:
    yield from _exceeding(cube, "hits", "images")
    if OVERALL not in cube["factor"].values:
        yield f"coordinate 'factor' lacks '{OVERALL}'"
        return
    parts = cube.sel(selection=~cube["selection"].isin(ALONE))
    for name in ("hits", "images"):
        if bool((parts[name] > parts[name].sel(factor=OVERALL)).any()):
            yield f"variable '{name}' of a factor exceeds that of '{OVERALL}'"
    if "hits_inside" in cube:
        if "images_inside" not in cube:
            yield "variable 'hits_inside' needs 'images_inside', of which it is a part"
            return
        yield from _exceeding(cube, "hits_inside", "images_inside")


def _faults_of_shifts(cube: xr.Dataset) -> Iterator[str]:
    yield from _exceeding(cube, "hits", "images")
    if "draw_hits" in cube:
        if "draw_images" not in cube:
            yield "variable 'draw_hits' needs 'draw_images', of which it is a part"
            return
        yield from _exceeding(cube, "draw_hits", "draw_images")
        differs = cube["draw_hits"].sel(draw=0) != cube["hits"]
        if bool((differs & cube["hits"].notnull()).any()):
            yield "variable 'draw_hits' must equal 'hits' in draw 0, the estimate"


def _faults_of_decisions(cube: xr.Dataset) -> Iterator[str]:
    totals = cube["count"].sum("decision", skipna=False)
    if bool((totals == 0).any()):
        yield "variable 'count' has a model and class without any image"
    if bool((totals != totals.isel(model=0)).any()):
        yield "variable 'count' must add up to the same images of a class for every model"
    if "draw_count" in cube and bool(
        (cube["draw_count"].sel(draw=0) != cube["count"].sum("cue_class")).any()
    ):
        yield "variable 'draw_count' must equal 'count' in draw 0, the estimate"


def _faults_of_hits(cube: xr.Dataset) -> Iterator[str]:
    yield from _exceeding(cube, "hits", "images")


def _faults_of_bins(cube: xr.Dataset) -> Iterator[str]:
    yield from _exceeding(cube, "bin_hits", "bin_count")
    totals = cube["bin_count"].sum("bin", skipna=False)
    if bool((totals.isel(scaling=0) != totals).where(totals.notnull(), False).any()):
        yield "variable 'bin_count' must add up to the same images before and after scaling"


def _faults_of_recall(cube: xr.Dataset) -> Iterator[str]:
    yield from _exceeding(cube, "recall_at_1", "recall_at_5")


def _faults_of_scores(cube: xr.Dataset) -> Iterator[str]:
    if "score_count" not in cube:
        return
    needed = [name for name in ("score_from", "counted_score") if name not in cube]
    yield from (f"variable 'score_count' needs '{name}'" for name in needed)
    if ID_SET not in cube["image_set"].values:
        yield f"coordinate 'image_set' lacks '{ID_SET}'"
        return
    if needed:
        return
    others = [name for name in cube["image_set"].values.tolist() if name != ID_SET]
    models, scores = (cube[name].values.ravel().tolist() for name in ("scored_model", "counted_score"))
    for dim, names in (("score", scores), ("ood_set", others)):
        if unknown := sorted({*names} - {*cube[dim].values.tolist()}):
            yield f"variable 'score_count' is of '{unknown[0]}', which the dim '{dim}' lacks"
            return
    if bool((cube["score_from"].diff("score_bin") < 0).any()):
        yield "variable 'score_from' must not fall from bin to bin"
    counts = cube["score_count"]
    if bool((counts.isnull().any("score_bin") | (counts.sum("score_bin") == 0)).any()):
        yield "variable 'score_count' has a model and set that was not counted"
        return
    here = [row for row in zip(models, scores, strict=True) if row[0] in cube["model"]]
    for (model, score), ood_set in product(here, others):
        both = counts.sel(scored_model=model, image_set=[ID_SET, ood_set])
        stated = cube.isel(draw=0).sel(model=model, score=score, ood_set=ood_set)
        faults = _faults_of_counted(both.transpose("image_set", "score_bin"), stated)
        yield from (f"variable 'score_count' of '{model}' and '{ood_set}' {fault}" for fault in faults)


def _faults_of_counted(both: xr.DataArray, stated: xr.Dataset) -> Iterator[str]:
    known, other = both.values.astype(np.int64)
    for name, counts in (("id_images", known), ("ood_images", other)):
        if name in stated and counts.sum() != stated[name]:
            yield f"does not add up to '{name}'"
    found = detection_of_counts(known, other)
    for name in ("auroc", "fpr95_id_positive", "fpr95_ood_positive"):
        if not abs(float(getattr(found, name)) - float(stated[name])) <= COUNTED:
            yield f"does not say the same as '{name}', within {COUNTED:g}"


_COUNT_RULES: Mapping[str, Callable[[xr.Dataset], Iterator[str]]] = {
    "factors": _faults_of_factors,
    "shape_bias": _faults_of_decisions,
    "sixteen_way": _faults_of_hits,
    "recipes": _faults_of_hits,
    "shifts": _faults_of_shifts,
    "calibration": _faults_of_bins,
    "retrieval": _faults_of_recall,
    "ood": _faults_of_scores,
}
