"""The rules that a cube must keep; reading and writing both check them."""

from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr

from clipsafe_utils.cubes.schema import ALONE, EVIDENCE, NUMBERED, OVERALL, SCHEMAS, CubeSchema, Variable
from clipsafe_utils.errors import ClipsafeError

MOST_MODELS = 20_000
"""In one cube. A chapter draws so many in half a minute; ten times as many take hours without a word."""

LONGEST_NAME = 200


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
    ClipsafeError
        With the name of the file, the variable and the rule.

    Examples
    --------
    >>> validate(xr.Dataset(), "factors", "factors.nc")
    Traceback (most recent call last):
    clipsafe_utils.errors.ClipsafeError: factors.nc: variable 'hits' is missing.
    """
    if name not in SCHEMAS:
        raise ClipsafeError(f"{where}: '{name}' is not a cube; the cubes are {', '.join(SCHEMAS)}.")
    schema = SCHEMAS[name]
    variables = (*schema.variables, *(one for one in schema.optional if one.name in cube.data_vars))
    for variable in variables:
        _check_variable(cube, variable, where)
    for dim in dict.fromkeys(dim for variable in variables for dim in variable.dims):
        _check_coordinate(cube, dim, schema, where)
    for key in ("study", "evidence", "licence"):
        if not _is_text(cube.attrs.get(key, "")) or not cube.attrs.get(key):
            raise ClipsafeError(f"{where}: attribute '{key}' of the cube is missing or no text.")
    if cube.attrs["evidence"] not in EVIDENCE:
        raise ClipsafeError(f"{where}: attribute 'evidence' must be one of {', '.join(EVIDENCE)}.")
    rule = _COUNT_RULES.get(name)
    if rule is not None and (fault := rule(cube)):
        raise ClipsafeError(f"{where}: {fault}")


def _check_variable(cube: xr.Dataset, variable: Variable, where: str) -> None:
    if variable.name not in cube.data_vars:
        raise ClipsafeError(f"{where}: variable '{variable.name}' is missing.")
    array = cube[variable.name]
    fault = (
        _fault_of_dims(array, variable)
        or _fault_of_kind(array, variable)
        or _fault_of_missing_values(array)
        or _fault_of_range(array, variable)
        or next(
            (
                f"has no attribute '{key}' that is text"
                for key in ("long_name", "units", "source")
                if not _is_text(array.attrs.get(key))
            ),
            "",
        )
    )
    if fault:
        raise ClipsafeError(f"{where}: variable '{variable.name}' {fault}.")


def _fault_of_dims(array: xr.DataArray, variable: Variable) -> str:
    missing = [dim for dim in variable.dims if dim not in array.dims]
    return f"lacks the dim '{missing[0]}'; it has {array.dims}" if missing else ""


def _fault_of_kind(array: xr.DataArray, variable: Variable) -> str:
    is_text = array.dtype.kind in "OTU"
    if variable.kind == "text":
        return "" if is_text else f"must hold text, not {array.dtype}"
    return "" if array.dtype.kind in "iuf" else f"must hold numbers, not {array.dtype}"


def _fault_of_missing_values(array: xr.DataArray) -> str:
    if array.dtype.kind in "OTU":
        return "holds an empty text" if bool((array.astype(str) == "").any()) else ""
    has_missing = array.dtype.kind == "f" and bool(np.isnan(array).any())
    reason = array.attrs.get("not_measured")
    if has_missing and not (_is_text(reason) and reason):
        return "holds NaN without an attribute 'not_measured' that says why"
    return ""


def _fault_of_range(array: xr.DataArray, variable: Variable) -> str:
    if variable.kind == "text":
        unknown = sorted(set(array.astype(str).values.ravel()) - set(variable.choices))
        return f"holds '{unknown[0]}', which is none of its choices" if variable.choices and unknown else ""
    values = np.asarray(array, dtype=float)
    values = values[~np.isnan(values)]
    if not np.isfinite(values).all():
        return "holds an infinite value"
    if values.size and (values.min() < variable.minimum or values.max() > variable.maximum):
        allowed = f"[{variable.minimum:g}, {variable.maximum:g}]"
        return f"must lie in {allowed}; it spans {values.min():g} to {values.max():g}"
    if variable.kind == "count" and (values != np.round(values)).any():
        return "must hold whole numbers"
    return ""


def _check_coordinate(cube: xr.Dataset, dim: str, schema: CubeSchema, where: str) -> None:
    if dim not in cube.coords:
        raise ClipsafeError(f"{where}: coordinate '{dim}' is missing.")
    labels = cube[dim].values
    fault = _fault_of_labels(labels, dim)
    if fault:
        raise ClipsafeError(f"{where}: coordinate '{dim}' {fault}.")
    unique, counts = np.unique(labels, return_counts=True)
    if (counts > 1).any():
        raise ClipsafeError(f"{where}: coordinate '{dim}' holds '{unique[counts > 1][0]}' more than once.")
    allowed = schema.vocabulary.get(dim, ())
    unknown = sorted(set(map(str, labels)) - set(allowed))
    if allowed and unknown:
        raise ClipsafeError(
            f"{where}: coordinate '{dim}' holds '{unknown[0]}'; it may hold {', '.join(allowed)}."
        )
    if dim == "draw" and labels[0] != 0:
        raise ClipsafeError(f"{where}: coordinate 'draw' must begin with 0, the estimate.")


def _fault_of_labels(labels: np.ndarray, dim: str) -> str:
    if len(labels) == 0:
        return "is empty"
    if dim == "model" and len(labels) > MOST_MODELS:
        return f"holds {len(labels):,} models; at most {MOST_MODELS:,} are read"
    is_whole = labels.dtype.kind in "iu" and bool((labels >= 0).all())
    if dim == "draw" and not is_whole:
        return "must hold whole numbers from 0"
    if dim in NUMBERED and is_whole:
        return ""
    if labels.dtype.kind not in "OTU":
        return f"must hold text, not {labels.dtype}"
    bad = next((label for label in map(str, labels) if not _is_name(label)), None)
    return "" if bad is None else f"holds {bad!r:.100}, which is no name of 1 to {LONGEST_NAME} characters"


def _is_name(label: str) -> bool:
    # Nothing that moves a cursor or turns text round: labels are printed, drawn and written into pages.
    return 0 < len(label) <= LONGEST_NAME and label.isprintable() and not label.isspace()


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _hits_within_images(cube: xr.Dataset) -> str:
    return "variable 'hits' exceeds 'images'." if bool((cube["hits"] > cube["images"]).any()) else ""


def _factor_counts(cube: xr.Dataset) -> str:
    if fault := _hits_within_images(cube):
        return fault
    if OVERALL not in cube["factor"].values:
        return f"coordinate 'factor' lacks '{OVERALL}'."
    parts = cube.sel(selection=~cube["selection"].isin(ALONE))
    for name in ("hits", "images"):
        if bool((parts[name] > parts[name].sel(factor=OVERALL)).any()):
            return f"variable '{name}' of a factor exceeds that of '{OVERALL}'."
    return ""


def _shift_counts(cube: xr.Dataset) -> str:
    if fault := _hits_within_images(cube):
        return fault
    if "draw_hits" not in cube:
        return ""
    if "draw_images" not in cube:
        return "variable 'draw_hits' needs 'draw_images', of which it is a part."
    if bool((cube["draw_hits"] > cube["draw_images"]).any()):
        return "variable 'draw_hits' exceeds 'draw_images'."
    differs = cube["draw_hits"].sel(draw=0) != cube["hits"]
    if bool((differs & cube["hits"].notnull()).any()):
        return "variable 'draw_hits' must equal 'hits' in draw 0, the estimate."
    return ""


def _decisions_add_up(cube: xr.Dataset) -> str:
    totals = cube["count"].sum("decision", skipna=False)
    if bool((totals == 0).any()):
        return "variable 'count' has a model and class without any image."
    if bool((totals != totals.isel(model=0)).any()):
        return "variable 'count' must add up to the same images of a class for every model."
    return ""


def _bins_add_up(cube: xr.Dataset) -> str:
    if bool((cube["bin_hits"] > cube["bin_count"]).any()):
        return "variable 'bin_hits' exceeds 'bin_count'."
    totals = cube["bin_count"].sum("bin", skipna=False)
    if bool((totals.isel(scaling=0) != totals).where(totals.notnull(), False).any()):
        return "variable 'bin_count' must add up to the same images before and after scaling."
    return ""


_COUNT_RULES: Mapping[str, Callable[[xr.Dataset], str]] = {
    "factors": _factor_counts,
    "shape_bias": _decisions_add_up,
    "shifts": _shift_counts,
    "calibration": _bins_add_up,
}
