"""Figures of chapter 1, each from the finding to a frame of marks; factors in the order of the cubes."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd
import xarray as xr

from clipsafe_utils.chapters import training_figures
from clipsafe_utils.chapters.example_images import factor_examples
from clipsafe_utils.cubes import GROUPS, HEADLINE_FACTORS
from clipsafe_utils.cubes.selection import CLIP_GROUPS
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.findings.experiments.many_sources import ManySources
from clipsafe_utils.findings.factors.label_rules import READINGS
from clipsafe_utils.findings.factors.laboratory import TEXTURES
from clipsafe_utils.findings.factors.residuals import (
    A_CROWD,
    CHOICES,
    HEADLINE,
    choices_of_groups,
    verdicts,
)
from clipsafe_utils.findings.factors.result import FactorRobustness
from clipsafe_utils.findings.ladder import axis_of
from clipsafe_utils.findings.own_models import own_names
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.say import Missing, count
from clipsafe_utils.show.contact_sheets import Sheet
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.encoding import group_look, is_own, yours
from clipsafe_utils.show.frame import ends_of, inside, marks
from clipsafe_utils.show.scatter_plot import Axes2D, scatter
from clipsafe_utils.show.shown import Shown

_PERCENT = 100.0
_BEYOND = 2.0  # Points beyond the ends of a line: networks further off would squeeze the rest.

DRAWN = ("class", "inside", "real", "metaclass")
"""Readings that the figure of label rules shows."""

Judged = tuple[str, str, xr.Dataset, xr.Dataset]  # A study, a panel, residuals and who the models are.


def examples() -> Sheet:
    """Show drawn images with one factor moved, a row a factor."""
    return factor_examples()


def residuals(found: FactorRobustness) -> Shown:
    """Draw the residual of every CLIP on every factor; the chart shows every model that is measured."""
    return dots(
        residuals_frame(found),
        "accuracy above (+) or below (−) the line, points",
        "Dot plot of the residuals of CLIPs by factor; bars: where a new family falls.",
        what="CLIPs' accuracies by factor",
        scale=Scale(own_axes=True),
        sources=_sources(found),
        every=models_frame(found),
    )


def alone(found: FactorRobustness) -> Shown:
    """Draw the residuals of relative accuracy on the one-factor sets, a panel a kind of texture."""
    judged = [
        (
            study,
            TEXTURES[kind] + (f"\n({study})" if len(found.alone) > 1 else ""),
            result,
            found.models[study],
        )
        for study, by_kind in found.alone.items()
        for kind, result in by_kind.items()
    ]
    return dots(
        clips_frame(judged),
        "relative accuracy above (+) or below (−) the line, points",
        "Dot plot of the residuals of CLIPs on one-factor sets; bars: where a new family falls.",
        what="CLIPs on one-factor sets",
        scale=Scale(own_axes=True),
        sources=source_lines(panel.cube for panel in found.panels if panel.study in found.alone),
    )


def lines(found: FactorRobustness) -> Shown:
    """Draw accuracy on each factor against reference accuracy, with the line; the chart shows all groups."""
    every = accuracies_frame(found)
    shown = [group_look(name) for name in (found.chosen.baseline_group, *CLIP_GROUPS)]
    return scatter(
        every[every["look"].isin(shown) | every["look"].map(is_own)],
        Axes2D("reference accuracy, %", "accuracy on the images of the factor, %"),
        "Scatter plots of accuracy on each factor against reference accuracy, with a line and its band.",
        lines=lines_frame(found),
        what="accuracies by factor",
        columns=3,
        sources=_sources(found),
        every=every,
    )


def label_rules(found: FactorRobustness) -> Shown:
    """Draw the mean of each source's CLIPs, and small each of them, by what counts as right."""
    frame = readings_frame(found.readings)
    return dots(
        frame,
        "residual, points",
        "Dot plot of the residuals of zero-shot CLIPs by factor and by what counts as right.",
        what="CLIPs by other label rules",
        # One axis, so that a residual that shrinks is seen to shrink.
        scale=Scale(columns=2, limits=inside(frame, None) if len(frame) else None),
        sources=source_lines(panel.cube for panel in found.panels if panel.study in found.readings),
    )


def groups(found: FactorRobustness) -> Shown:
    """Draw the mean residual of each group on each factor, each family counted once."""
    return dots(
        groups_frame(found.means),
        "mean residual of the group's families, points",
        "Dot plot of the mean residual of each group by factor.",
        what="other groups where the line is supported",
        scale=Scale(own_axes=True),
        sources=_sources(found),
    )


def every_choice(found: FactorRobustness) -> Shown:
    """Draw the residual of each CLIP on each factor under every combination of choices."""
    return dots(
        choices_frame(found.choices),
        "residual under every combination of choices, points",
        "Dot plot of residuals by factor under every choice, with the range from lowest to highest.",
        what="CLIPs under every choice",
        scale=Scale(own_axes=True),
        sources=source_lines(panel.cube for panel in found.panels if panel.study in found.choices),
    )


def ladder(found: FactorRobustness) -> Shown:
    """Draw relative accuracy along the ladder from labels to captions."""
    return training_figures.ladder(found.ladder, _sources_of_trainings(found))


def doses(found: FactorRobustness, knob: str) -> Shown:
    """Draw relative accuracy against the level of a knob."""
    axis, unit = axis_of(knob)
    return training_figures.doses(found.doses[knob], axis, _sources_of_trainings(found), unit)


def over_sources(found: FactorRobustness) -> Shown:
    """Draw the residual of CLIPs over sources drawn at random, a row a factor."""
    return dots(
        over_sources_frame(found.many),
        "accuracy above (+) or below (−) the line, points",
        "Dot plot of the residuals of CLIPs of drawn sources by factor.",
        what="CLIPs of drawn sources",
        sources=found.many.trained.source_lines,
    )


def over_sources_frame(many: ManySources) -> pd.DataFrame:
    """Give each factor the mean over sources with its interval, and a small mark a source."""
    rows: list[dict[str, Any]] = []
    for factor in HEADLINE_FACTORS:
        mean = many.on_factor(factor)
        if isinstance(mean, Missing):
            continue
        row = {"row": factor.replace("_", " "), "look": group_look("clip_zero_shot")}
        rows.append(row | ends_of(mean, _PERCENT))
        rows += [
            {**row, "name": f"source {source}", "value": _PERCENT * one, "mark": "single"}
            for source, one in many.residuals[factor].items()
        ]
    return marks(rows)


def clips_frame(judged: Iterable[Judged]) -> pd.DataFrame:
    """Give a panel a CLIP; where they are many, or have no intervals, one panel with those measured."""
    return marks(mark for one in judged for mark in _marks_of_clips(*one))


def residuals_frame(found: FactorRobustness) -> pd.DataFrame:
    """Give the panels of `clips_frame`, and one of the reader's models, by the line that judges them."""
    clips = (mark for study in found.judged for mark in _marks_of_clips(study, study, *found.judged[study]))
    panel = f"{found.host}: yours"
    own = (_residual(row) | {"panel": panel, "row": row["factor"]} for row in _own(found))
    return marks([*clips, *own])


def models_frame(found: FactorRobustness) -> pd.DataFrame:
    """Give every model where its residual is measured, and every CLIP: a panel a factor, a row a group."""
    every = (
        {**row, **_shared(study, row)}
        for study, (result, models) in found.judged.items()
        for row in _tabulated(result, models).to_dict("records")
        if row["measured"] or row["group"] in CLIP_GROUPS
    )
    of_groups = [_residual(row) | {"panel": row["factor"], "row": GROUPS[row["group"]]} for row in every]
    own = [_residual(row) | {"panel": row["factor"], "row": "your models"} for row in _own(found)]
    return marks([*of_groups, *own])


def accuracies_frame(found: FactorRobustness) -> pd.DataFrame:
    """Give every model near the line: a panel a factor."""
    every = (
        {**row, **_shared(study, row)}
        for study, (result, models) in found.judged.items()
        for row in _near(_tabulated(result, models), found.lines[study]).to_dict("records")
    )
    return marks(
        {name: row[name] for name in _SHARED}
        | {"panel": row["factor"], "x": row["reference_accuracy"], "value": row["accuracy"]}
        for row in [*every, *_own(found, near=True)]
    )


def lines_frame(found: FactorRobustness) -> pd.DataFrame:
    """Give the line of every factor with the band into which a new family falls, where enough are near."""
    parts = []
    for study, line in found.lines.items():
        of_line = (_PERCENT * line).reset_coords().to_dataframe().reset_index()
        value, half = of_line["predicted"], of_line["half_width"]
        columns = {
            "x": _PERCENT * of_line["reference_accuracy"],
            "value": value,
            "low": value - half,
            "high": value + half,
        }
        parts.append(pd.DataFrame({"study": study, "panel": of_line["factor"].map(_words), **columns}))
    return pd.concat(parts) if parts else pd.DataFrame()


def groups_frame(means: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Give a row a factor, a mark a group; the legend counts the families of every study."""
    families = {
        study: dict(zip(one["group"].values.tolist(), one["families"].values.tolist(), strict=True))
        for study, one in means.items()
    }
    return marks(
        {
            "study": study,
            "panel": study,
            "row": _words(factor),
            "look": group_look(group),
            "label": f"{GROUPS[group]} ({', '.join(str(of.get(group, 0)) for of in families.values())})",
            "value": _PERCENT * mean["mean"].item(),
            "low": _PERCENT * mean["low"].item(),
            "high": _PERCENT * mean["high"].item(),
            "decided": bool(mean["decided"]),
        }
        for study, one in means.items()
        for factor in one["factor"].values.tolist()
        for group in one["group"].values.tolist()
        for mean in [one.sel(factor=factor, group=group)]
    )


def readings_frame(readings: Mapping[str, Mapping[str, tuple[xr.Dataset, xr.Dataset]]]) -> pd.DataFrame:
    """Give a side a reading and a row a factor: means of sources over their bar, and small each CLIP."""
    return marks(
        mark
        for study, by_reading in readings.items()
        for name in DRAWN
        if name in by_reading
        for mark in _marks_of_reading(study, READINGS[name].words, *by_reading[name])
    )


def choices_frame(choices: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Give a panel a CLIP, or a group of many: the book's choice with the range, and small every other."""
    return marks(
        mark for study, one in choices.items() for mark in _marks_of_choices(study, choices_of_groups(one))
    )


def _marks_of_clips(
    study: str, panel: str, result: xr.Dataset, models: xr.Dataset
) -> Iterator[dict[str, Any]]:
    table = _tabulated(result, models)
    clips = table[table["group"].isin(CLIP_GROUPS)]
    number = clips["model"].nunique()
    crowded = number > A_CROWD or "image_low" not in result
    if crowded:
        clips = clips.assign(half_width=clips.groupby("factor")["half_width"].transform("max"))
    else:
        clips = clips.sort_values("place", kind="stable")
    measured = int(clips.groupby("model")["measured"].all().sum())
    for row in clips.to_dict("records"):
        if crowded and not row["measured"]:
            continue
        interval = {"low": float("nan"), "high": float("nan")} if crowded else {}
        yield {
            **_residual({**row, **_shared(study, row)}),
            "panel": f"{panel}: " + (f"{count(measured, number)} CLIPs measured" if crowded else row["name"]),
            "row": row["factor"],
            **interval,
        }


def _marks_of_reading(
    study: str, side: str, result: xr.Dataset, models: xr.Dataset
) -> Iterator[dict[str, Any]]:
    clips = models.isel(model=(models["group"] == "clip_zero_shot").values)
    names = short_names(clips["model"].values.tolist(), clips["checkpoint"].values.tolist())
    if not names:
        return
    of_sources = verdicts(result, models)
    for factor in result["factor"].values.tolist():
        shared = {"study": study, "panel": study, "side": side, "row": _words(factor)}
        shared["look"] = group_look("clip_zero_shot")
        for source in of_sources["source"].values.tolist():
            mean = of_sources.sel(source=source, factor=factor)
            half = _PERCENT * mean["half_width"].item()
            yield {
                **shared,
                "name": f"{source}, mean",
                "value": _PERCENT * mean["residual"].item(),
                "band_low": -half,
                "band_high": half,
                "note": mean["verdict"].item(),
            }
        for model, name in zip(clips["model"].values.tolist(), names, strict=True):
            one = result.sel(model=model, factor=factor)
            if one["measured"].item():
                yield {**shared, "name": name, "value": _PERCENT * one["residual"].item(), "mark": "single"}


def _marks_of_choices(study: str, choices: xr.Dataset) -> Iterator[dict[str, Any]]:
    names = short_names(choices["model"].values.tolist(), choices["checkpoint"].values.tolist())
    residual = _PERCENT * choices["residual"].transpose("model", "factor", *CHOICES)
    for at, name in enumerate(names):
        for factor in choices["factor"].values.tolist():
            of_choices = residual.isel(model=at).sel(factor=factor).to_series()
            notes = [", ".join(map(_words, choice)) for choice in of_choices.index.tolist()]
            shared = {
                "study": study,
                "panel": f"{study}: {name}",
                "row": _words(factor),
                "look": group_look(choices["group"].values[at]),
                "name": name,
            }
            ends = {"low": of_choices.min(), "high": of_choices.max(), "is_range": True}
            yield {**shared, "value": of_choices[tuple(HEADLINE.values())], **ends}
            for note, value in zip(notes, of_choices, strict=True):
                yield {**shared, "value": value, "mark": "single", "note": note}


def _tabulated(result: xr.Dataset, models: xr.Dataset) -> pd.DataFrame:
    """Tabulate every model on every factor, shares in percent, factors in their order and CLIPs first.

    A half width stands only where the residual is measured.
    """
    names = result["model"].values.tolist()
    group = models["group"].values.tolist()
    who = pd.DataFrame(
        {
            "name": short_names(names, models["checkpoint"].values.tolist()),
            "group": group,
            "place": range(len(names)),
            "rank": [list(GROUPS).index(name) for name in group],
        },
        index=pd.Index(names, name="model"),
    )
    shares = [name for name in result.data_vars if result[name].dtype.kind == "f" and name != "p_value"]
    table = result.assign({name: _PERCENT * result[name] for name in shares})
    rows = table.to_dataframe(["factor", "model"]).reset_index().join(who, on="model")
    order = {factor: place for place, factor in enumerate(result["factor"].values.tolist())}
    rows = rows.assign(
        of_factor=rows["factor"].map(order),
        factor=rows["factor"].map(_words),
        half_width=rows["half_width"].where(rows["measured"]),
    )
    return rows.sort_values(["of_factor", "rank", "place"])


def _near(table: pd.DataFrame, line: xr.Dataset) -> pd.DataFrame:
    at = (_PERCENT * line["reference_accuracy"]).assign_coords(
        factor=list(map(_words, line["factor"].values))
    )
    first, last = (table["factor"].map(end.to_series()) for end in (at.min("at"), at.max("at")))
    return table[table["reference_accuracy"].between(first - _BEYOND, last + _BEYOND)]


def _own(found: FactorRobustness, *, near: bool = False) -> Iterator[dict[str, Any]]:
    """Tabulate the reader's models with their looks, as marks of the study whose line judges them."""
    number = 0
    for result, models in found.own.values():
        names = own_names(models["model"].values.tolist())
        table = _tabulated(result, models)
        for row in (_near(table, found.lines[found.host]) if near else table).to_dict("records"):
            who = yours(names[row["place"]], number + row["place"])
            yield {str(key): value for key, value in row.items()} | _shared(found.host, row) | who
        number += len(names)


_SHARED = ("study", "name", "look", "label", "decided")


def _shared(study: str, row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "study": study,
        "name": row["name"],
        "look": group_look(row["group"]),
        "label": "",
        "decided": bool(row["measured"]),
    }


def _residual(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Give a mark of a model on a factor, with its interval over images and the bar of a new family."""
    ends = {"value": "residual", "low": "image_low", "high": "image_high", "band_high": "half_width"}
    mark = {name: row[name] for name in _SHARED}
    mark |= {end: row.get(name, float("nan")) for end, name in ends.items()}
    return mark | {"band_low": -row["half_width"]}


def _words(name: Any) -> str:
    return str(name).replace("_", " ")


def _sources(found: FactorRobustness) -> list[str]:
    return source_lines(panel.cube for panel in found.panels)


def _sources_of_trainings(found: FactorRobustness) -> list[str]:
    return source_lines(trained.cube for trained in found.trainings.values() if trained.cube is not None)
