"""What a study has measured of its models: a column a property, each network once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike
from scipy.special import ndtri

from clipsafe_utils.cards.properties import (
    ACCURACY,
    GAP,
    OF_ALL,
    PART_OF_NINCO,
    SHAPE,
    SHIFTS,
    TEMPERATURE,
    error_key,
    factor_key,
    ood_key,
)
from clipsafe_utils.cubes.schema import CLASS_MEANS, HEADLINE_FACTORS, LABEL_RULE, OVERALL
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.findings.calibration.bins import mean_gap, stored_bins
from clipsafe_utils.findings.calibration.errors import FEWEST_IMAGES
from clipsafe_utils.findings.shift.clouds import SAME_CLASSES
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.draws import centred_interval, reflected_interval
from clipsafe_utils.metrics.intervals import wilson_interval
from clipsafe_utils.metrics.ood import auroc_error
from clipsafe_utils.metrics.places import FEWEST_DRAWS

CONFIDENCE = 0.95
NOBODY = ("human", "control")
"""Groups that have no card, and that no model is placed among: people, and networks made to be worse."""

ID = "id"
WILSON, DRAWN, AREA, UNKNOWN = "Wilson's interval", "draws of images", "Hanley and McNeil's error", ""
STATED = "error over draws of images"
_Z = float(ndtri((1 + CONFIDENCE) / 2))
_RATE = "fpr95_id_positive"


@dataclass(frozen=True, eq=False)
class Column:
    """One property of networks, each once.

    Attributes
    ----------
    rows : DataFrame
        A row a network: `row` of the cube, `checkpoint`, `group`, `family`; `value`, `low`, `high` and
        `error`, NaN where its chance is not known, and by what it is, `chance`; `reference`, the accuracy
        that the value is held against by a line, and `like`, the accuracy on the same classes of ImageNet;
        both NaN where there is none.
    draws : ndarray, shape (draws, networks)
        Of the value; no draw, or NaN, where there are none.
    """

    rows: pd.DataFrame
    draws: Array


Columns = dict[tuple[str, str], Column]
"""By key of the property and by kind, how it was measured: kinds are not compared."""


def models_of(study: Study) -> pd.DataFrame:
    """Return who the models of a study are, in its order of preference, without `NOBODY`."""
    models = study.read("models")
    table = pd.DataFrame(
        {name: models[name].values.astype(str) for name in ("checkpoint", "group", "family")}
    )
    table.insert(0, "row", models["model"].values.astype(str))
    return table[~table["group"].isin(NOBODY)].reset_index(drop=True)


def evaluations(study: Study) -> Iterator[tuple[str, str, Column]]:
    """Read every property of a card from the cubes that a study has: key, kind, and a row an evaluation."""
    readers = {
        "shifts": _of_shifts,
        "factors": _of_factors,
        "shape_bias": _of_shape,
        "ood": _of_detection,
        "calibration": _of_calibration,
    }
    for cube, read in readers.items():
        if study.has(cube):
            yield from read(study.read(cube))


def measured(study: Study) -> Columns:
    """Return every property of a card that a study has, each network once."""
    who = models_of(study)
    kept = {(key, kind): _each_once(column, who) for key, kind, column in evaluations(study)}
    return {which: column for which, column in kept.items() if len(column.rows)}


def accuracies(study: Study, columns: Columns) -> pd.Series:
    """Return accuracy on ImageNet by checkpoint: of the cube `shifts`, else of another that has it."""
    parts = [columns[ACCURACY, ""].rows.set_index("checkpoint")["value"]] if (ACCURACY, "") in columns else []
    parts += [
        column.rows.set_index("checkpoint")["reference"].dropna()
        for (key, _), column in columns.items()
        if key.startswith("factor:")
    ][:1]
    if study.has("calibration"):
        cube, who = study.read("calibration"), models_of(study)
        if ID in cube["condition"].values:
            home = cube["accuracy"].sel(condition=ID, scaling="before").isel(draw=0)
            values = who["row"].map(home.to_series()).set_axis(who["checkpoint"])
            parts.append(values.dropna())
    if not parts:
        return pd.Series(dtype=float)
    every: pd.Series = pd.concat(parts)
    return every[~every.index.duplicated()]


def _column(
    names: Sequence[str] | Array,
    value: Array,
    ends: tuple[Array, Array],
    error: Array,
    chance: str,
    draws: ArrayLike | None = None,
    reference: Array | float = np.nan,
) -> Column:
    rows = pd.DataFrame({"row": np.asarray(names, dtype=str), "value": np.asarray(value, np.float64)})
    rows = rows.assign(low=ends[0], high=ends[1], error=error, chance=chance)
    rows["reference"], rows["like"] = reference, np.nan
    rows.loc[rows["error"].isna(), "chance"] = UNKNOWN
    return Column(rows, np.empty((0, len(rows))) if draws is None else np.asarray(draws, np.float64))


def _each_once(column: Column, who: pd.DataFrame) -> Column:
    """Keep of the rows of one checkpoint the first that has a value, and a reference if any has."""
    known = column.rows.assign(place=np.arange(len(column.rows))).dropna(subset="value")
    joined = who.reset_index(names="order").merge(known, on="row")
    joined["lacks"] = joined["reference"].isna()
    first = joined.sort_values(["lacks", "order"], kind="stable").drop_duplicates("checkpoint")
    first = first.sort_values("order").reset_index(drop=True)
    return Column(first.drop(columns=["order", "lacks", "place"]), column.draws[:, first["place"].to_numpy()])


_Found = Iterator[tuple[str, str, Column]]


def _shares(names: Array, hits: Array, images: Array, reference: Array | float = np.nan) -> Column:
    known = np.isfinite(hits) & (images > 0)
    part, whole = np.where(known, hits, 0), np.where(known, images, 1)
    low, high = (np.where(known, end, np.nan) for end in wilson_interval(part, whole, CONFIDENCE))
    value = np.where(known, part / whole, np.nan)
    return _column(names, value, (low, high), (high - low) / (2 * _Z), WILSON, reference=reference)


def _of_shifts(cube: xr.Dataset) -> _Found:
    names, known = cube["model"].values, cube["condition"].values.tolist()

    def shares(condition: str, reference: Array | float = np.nan) -> Column:
        chosen = cube[["hits", "images"]].sel(condition=condition)
        hits, images = (chosen[name].values.astype(float) for name in ("hits", "images"))
        return _shares(names, hits, images, reference)

    home: Array | float = np.nan
    if ID in known:
        yield ACCURACY, "", (column := shares(ID))
        home = column.rows["value"].to_numpy()
    for key, conditions in SHIFTS.items():
        for condition in conditions:
            if condition in known:
                column = shares(condition, home)
                same = SAME_CLASSES.get(condition.removesuffix(OF_ALL))
                if same is None:
                    column.rows["like"] = home
                elif same in known and not condition.endswith(OF_ALL):
                    column.rows["like"] = shares(same).rows["value"]
                yield key, condition, column


def _of_factors(cube: xr.Dataset) -> _Found:
    if "label_rule" in cube.dims:
        if LABEL_RULE not in cube["label_rule"].values:
            return
        cube = cube.sel(label_rule=LABEL_RULE, drop=True)
    if "top" not in cube["selection"].values or OVERALL not in cube["factor"].values:
        return
    top = cube[["hits", "images"]].sel(selection="top").transpose("factor", "model", ...)
    hits, images = (
        {name: top[which].sel(factor=name).values.astype(float) for name in top["factor"].values.tolist()}
        for which in ("hits", "images")
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        reference = hits[OVERALL] / images[OVERALL]
    for factor in HEADLINE_FACTORS:
        if factor in hits:
            yield (
                factor_key(factor),
                "",
                _shares(cube["model"].values, hits[factor], images[factor], reference),
            )


def _of_shape(cube: xr.Dataset) -> _Found:
    shape, texture = (cube["count"].sel(decision=cue).sum("cue_class").values for cue in ("shape", "texture"))
    whole = _shares(cube["model"].values, shape.astype(float), (shape + texture).astype(float))
    draws = np.empty((0, len(whole.rows)))
    if "draw_count" in cube:
        counts = cube["draw_count"].transpose("draw", "model", "decision")
        one, other = (counts.sel(decision=cue).values.astype(float) for cue in ("shape", "texture"))
        with np.errstate(invalid="ignore", divide="ignore"):
            draws = one / (one + other)
    column = _with_draws(whole, draws)
    read_outs = (
        cube["read_out"].values.astype(str) if "read_out" in cube else np.full(len(shape), CLASS_MEANS)
    )
    for read_out in dict.fromkeys(read_outs.tolist()):
        here = read_outs == read_out
        yield SHAPE, read_out, Column(column.rows[here].reset_index(drop=True), column.draws[:, here])


def _of_detection(cube: xr.Dataset) -> _Found:
    names = cube["model"].values
    for ood_set in cube["ood_set"].values.tolist():
        if ood_set.startswith(PART_OF_NINCO):
            continue
        of_set = cube.sel(ood_set=ood_set)
        # Where a study does not state the numbers of images, its draws alone tell the chance.
        known, other = (
            float(of_set[name].values) if name in of_set else np.nan for name in ("id_images", "ood_images")
        )
        for score in cube["score"].values.tolist():
            one = of_set.sel(score=score)
            area = one["auroc"].transpose("draw", "model").values
            error = auroc_error(np.clip(area[0], 0, 1), known, other)
            ends = area[0] - _Z * error, np.minimum(area[0] + _Z * error, 1.0)
            column = _with_error(_column(names, area[0], ends, error, AREA), one, "auroc")
            yield ood_key(ood_set, "auroc"), score, _with_draws(column, area)
            rate = one[_RATE].transpose("draw", "model").values
            whole = _shares(names, np.round(rate[0] * other), np.full(len(names), other))
            whole.rows["value"] = rate[0]
            yield ood_key(ood_set, "fpr"), score, _with_draws(_with_error(whole, one, _RATE), rate)


def _with_error(column: Column, cube: xr.Dataset, name: str) -> Column:
    """Take the chance of the networks whose standard error the study states from this."""
    if f"{name}_error" not in cube:
        return column
    error = cube[f"{name}_error"].values
    has, rows = np.isfinite(error), column.rows.copy()
    low, high = (np.clip(rows["value"] + side * error, 0, 1) for side in (-_Z, _Z))
    for known, values in {"low": low, "high": high, "error": error, "chance": STATED}.items():
        rows[known] = np.where(has, values, rows[known])
    return Column(rows, column.draws)


def _of_calibration(cube: xr.Dataset) -> _Found:
    if ID not in cube["condition"].values:
        return
    names, home = cube["model"].values, cube.sel(condition=ID)
    counted = home["bin_count"].sum("bin").transpose("scaling", "model").values[0]
    few = (counted > 0) & (counted < FEWEST_IMAGES)
    for scaling in ("before", "after"):
        if scaling in home["scaling"].values:
            error = home["ece"].sel(scaling=scaling).transpose("draw", "model").values
            yield error_key(scaling), "", _drawn(names, np.where(few, np.nan, error), biased=True)
    yield GAP, "", _drawn(names, np.where(few, np.nan, _gap(home.sel(scaling="before"))))
    yield TEMPERATURE, "", _drawn(names, cube["temperature"].transpose("draw", "model").values)


def _gap(before: xr.Dataset) -> Array:
    """Return mean confidence less accuracy by draw and model; the estimate of bins where these alone tell."""
    gap = np.full(before["accuracy"].transpose("draw", "model").shape, np.nan)
    if "mean_confidence" in before:
        gap = (before["mean_confidence"] - before["accuracy"]).transpose("draw", "model").values.copy()
    with np.errstate(invalid="ignore"):
        gap[0] = np.where(np.isnan(gap[0]), mean_gap(stored_bins(before.transpose("model", ...))), gap[0])
    return gap


def _drawn(names: Array, draws: Array, *, biased: bool = False) -> Column:
    nothing = np.full(len(names), np.nan)
    column = _column(names, draws[0], (nothing, nothing), nothing, UNKNOWN)
    return _with_draws(column, draws, biased=biased)


def _with_draws(column: Column, draws: Array, *, biased: bool = False) -> Column:
    """Take the chance of the networks that have draws enough from these."""
    if len(draws) <= FEWEST_DRAWS:
        return column
    has = np.isfinite(draws).all(axis=0)
    rows, replicates = column.rows.copy(), np.where(has, draws[1:], np.nan)
    low, high = (reflected_interval if biased else centred_interval)(np.where(has, draws, 0.0), CONFIDENCE)
    if biased:
        low = np.maximum(low, 0.0)
    rows.loc[has, "low"], rows.loc[has, "high"] = low[has], high[has]
    rows.loc[has, "error"] = replicates[:, has].std(axis=0, ddof=1)
    rows.loc[has, "chance"] = DRAWN
    return Column(rows, replicates)
