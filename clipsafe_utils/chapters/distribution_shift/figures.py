"""Figures of accuracy under shift, each from the finding to a frame of marks."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from clipsafe_utils.chapters.example_images import SHIFTED, set_examples
from clipsafe_utils.chapters.model_clouds import marks_of_models
from clipsafe_utils.cubes.source_lines import source_lines
from clipsafe_utils.findings.shift.changes import PairChanges
from clipsafe_utils.findings.shift.clouds import ID
from clipsafe_utils.findings.shift.own import names_of
from clipsafe_utils.findings.shift.recipes import MEAN, START, THIRDS, Recipes
from clipsafe_utils.findings.shift.result import DistributionShift
from clipsafe_utils.findings.shift.source_shares import ENCODER, OUTCOMES, SIZE, SOURCE, SourceShares
from clipsafe_utils.findings.shift.sources import LINES, STANDARD, TOGETHER
from clipsafe_utils.findings.shift.study import UnderShift
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.registry.set_names import shift_title
from clipsafe_utils.say import points
from clipsafe_utils.show.contact_sheets import Sheet
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.encoding import group_look, source_look, yours
from clipsafe_utils.show.frame import marks
from clipsafe_utils.show.scatter_plot import Axes2D, scatter
from clipsafe_utils.show.shown import Shown

Studies = Mapping[str, UnderShift]

_PERCENT = _POINTS = 100.0
_DRAWN = "r"
_CORRELATIONS = {"rank": "rank correlation", "fixed": "at a fixed quantity"}
_LINES = dict(zip(LINES, ("above standard", "above other sources"), strict=True))
_MEASURES = {
    "difference": {"look": "ink", "label": "as it is"},
    "at_equal": {"look": "ink/equal"},
}
_LOOKS_OF_SETS = {STANDARD: group_look("standard"), TOGETHER: group_look("clip_zero_shot")}


def examples() -> Sheet:
    """Show drawn images of every shift."""
    return set_examples(SHIFTED)


def clouds(studies: Studies) -> Shown:
    """Draw accuracy under each shift against accuracy in distribution, on probit axes."""
    return scatter(
        clouds_frame(studies),
        Axes2D("accuracy in distribution, %", "accuracy under the shift, %", "probit"),
        "Scatter plots, one for each shift, of accuracy under it against accuracy in distribution.",
        lines=lines_of_standard(studies),
        what="accuracies of CLIPs under shift",
        sources=_sources(studies),
        every=clouds_frame(studies, everyone=True),
    )


def within(found: DistributionShift) -> Shown:
    """Draw the rank correlation, and that at fixed quantity, within each training source."""
    return dots(
        within_frame(found),
        "correlation",
        "Correlations of accuracy under shift with accuracy in distribution.",
        what="accuracies of CLIPs under shift",
        scale=Scale(correlations=True),
        sources=_sources(found.shifts),
    )


def offsets(found: DistributionShift) -> Shown:
    """Draw how far the CLIPs of each source are off the line of standard networks, and of each other."""
    return dots(
        offsets_frame(found),
        "points",
        "Mean heights in points by training source, above standard networks and above CLIPs of others.",
        what="CLIPs beside a line",
        sources=_sources(found.shifts),
    )


def pairs(found: DistributionShift) -> Shown:
    """Draw what fine-tuning does to accuracy, pair by pair and in the mean."""
    return dots(
        pairs_frame(found),
        "change of accuracy, points",
        "Changes of accuracy within pairs of CLIPs, as they are and at equal accuracy in distribution.",
        what="pairs of fine-tuned CLIPs",
        sources=_sources(found.shifts),
    )


def shares(found: SourceShares) -> Shown:
    """Draw what share of each spread goes with source, encoder and size, beside that of random labels."""
    return dots(
        shares_frame(found),
        {by: f"{by},\n% of the spread" for by in (SOURCE, ENCODER, SIZE)},
        "Dot plots of the share of a spread among CLIPs that goes with training source, encoder and size.",
        Scale(limits=(0.0, 100.0)),
        what="CLIPs of several sources under one set of prompts",
        sources=found.source_lines,
    )


def recipes(found: DistributionShift) -> Shown:
    """Draw accuracy under shift against accuracy in distribution of one CLIP tuned by many recipes."""
    return scatter(
        recipes_frame(found.recipes),
        Axes2D("accuracy in distribution, %", "accuracy under shift, %"),
        "Scatter plots of accuracy under shift against accuracy in distribution, one mark for each recipe.",
        lines=lines_of_recipes(found.recipes),
        what="one CLIP fine-tuned by many recipes",
        sources=found.recipes.source_lines,
    )


def clouds_frame(studies: Studies, *, everyone: bool = False) -> pd.DataFrame:
    """Give every model under every shift; `everyone` with its interval and its height above the line."""
    return marks(
        mark
        for one in studies.values()
        for shift in one.clouds
        for mark in (*_marks_of_cloud(one, shift, everyone), *_marks_of_own(one, shift))
    )


def lines_of_standard(studies: Studies) -> pd.DataFrame:
    """Give the line of the standard networks of every panel."""
    rows = [
        {"study": study, "panel": shift_title(shift), "x": x, "value": y, "low": y, "high": y}
        for study, one in studies.items()
        for shift, line in one.lines.items()
        for x, y in zip(_PERCENT * line["x"].values, _PERCENT * line.values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["study", "panel", "x", "value", "low", "high"])


def within_frame(found: DistributionShift) -> pd.DataFrame:
    """Give a row a shift, with a mark a source or set, in the order of the sources."""
    return marks(mark for one in found.shifts.values() for mark in _marks_within(one))


def offsets_frame(found: DistributionShift) -> pd.DataFrame:
    """Give a row a shift, with a mark a source; its grey bar is where a new family of the line falls."""
    return marks(
        mark for one in found.shifts.values() if one.heights.has_sources for mark in _marks_of_heights(one)
    )


def pairs_frame(found: DistributionShift) -> pd.DataFrame:
    """Give a row a shift, with the mean change and every pair's, a panel a kind of fine-tuning."""
    return marks(mark for name, changes in found.tuning.items() for mark in _marks_of_pairs(name, changes))


def shares_frame(found: SourceShares) -> pd.DataFrame:
    """Give a row an outcome, with a side for what parts it; a grey bar for the middle of chance and above."""
    return marks(
        {
            "panel": f"{found.number('checkpoint', row['clips'])} CLIPs {row['clips']}",
            "row": OUTCOMES[row["outcome"]],
            "side": row["by"],
            "value": _PERCENT * row["share"],
            "band_low": _PERCENT * row["median"],
            "band_high": _PERCENT * row["high"],
        }
        for row in found.table.to_dict("records")
    )


def recipes_frame(found: Recipes) -> pd.DataFrame:
    """Give a mark a recipe, the linear probe and the CLIP before; a panel for the mean and for ImageNet-R."""
    return marks(
        {"study": found.study, "panel": title, "look": look, "name": name}
        | {"x": _PERCENT * values[ID], "value": _PERCENT * values[what]}
        for what, title in _panels_of(found).items()
        for look, name, values in _runs(found)
    )


def lines_of_recipes(found: Recipes) -> pd.DataFrame:
    """Give the line of the standard networks in each of these panels."""
    rows = [
        {"study": found.study, "panel": title, "x": x, "value": y, "low": y, "high": y}
        for what, title in _panels_of(found).items()
        for x, y in zip(_PERCENT * found.line["x"], _PERCENT * found.line[what], strict=True)
    ]
    return pd.DataFrame(rows, columns=["study", "panel", "x", "value", "low", "high"])


def _panels_of(found: Recipes) -> dict[str, str]:
    titles = {MEAN: f"mean of {found.number_of_shifts} shifts", _DRAWN: shift_title(_DRAWN)}
    return {name: title for name, title in titles.items() if name in found.table}


def _runs(found: Recipes) -> Iterator[tuple[str, str, Mapping[Any, float]]]:
    values = found.table[[ID, *_panels_of(found)]].to_dict("index")
    for run, third in sorted(found.third.items(), key=lambda pair: THIRDS.index(pair[1])):
        yield f"rate/{third}", found.names.get(str(run), str(run)), values[run]
    if found.probe:
        yield "rate/none", "linear probe", found.probe
    if found.start:
        yield group_look("clip_zero_shot"), f"{START} (before fine-tuning)", found.start


def _sources(studies: Studies) -> list[str]:
    return source_lines(one.largest for one in studies.values())


def _marks_of_cloud(one: UnderShift, shift: str, everyone: bool) -> Iterator[dict[str, Any]]:
    shared = {"study": one.study, "panel": shift_title(shift)}
    low, high = one.intervals(shift)
    height = one.above_standard(shift)
    for at, mark in marks_of_models(one.clouds[shift], one.sources, everyone=everyone):
        if everyone:
            mark |= {"low": _PERCENT * low[at], "high": _PERCENT * high[at]}
            if np.isfinite(height[at]):
                mark["note"] = f"effective robustness {points(height[at])} points"
        yield shared | mark


def _marks_of_own(one: UnderShift, shift: str) -> Iterator[dict[str, Any]]:
    """Give the reader's models, each with its look, in the panel of the study whose line judges them."""
    number = 0
    for clouds in one.own.values():
        for row, name in names_of(clouds).items():
            if shift in clouds and row in clouds[shift]["model"].values:
                model = clouds[shift].sel(model=row)
                yield {
                    "study": one.study,
                    "panel": shift_title(shift),
                    **yours(name, number),
                    "x": _PERCENT * model["x"].item(),
                    "value": _PERCENT * model["y"].item(),
                    "decided": bool(model["measured"]),
                }
            number += 1


def _marks_within(one: UnderShift) -> Iterator[dict[str, Any]]:
    table = one.correlations.table
    for shift in table["shift"].values.tolist():
        for member in table["set"].values.tolist():
            here = table.sel(shift=shift, set=member)
            families = int(here["families"])
            for kind, side in _CORRELATIONS.items():
                if np.isfinite(here[kind].item()):
                    yield {
                        "study": one.study,
                        "panel": one.study,
                        "side": side,
                        "row": shift_title(shift),
                        "name": f"{member}, {families} {'family' if families == 1 else 'families'}",
                        "look": _LOOKS_OF_SETS.get(member, source_look(member)),
                        "label": member if member == TOGETHER else "",
                        **{end: here[f"{kind}{_of(end)}"].item() for end in ("value", "low", "high")},
                        "decided": bool(here[f"{kind}_decided"]),
                    }


def _of(end: str) -> str:
    return "" if end == "value" else f"_{end}"


def _marks_of_heights(one: UnderShift) -> Iterator[dict[str, Any]]:
    table = one.heights.table
    for shift in table["shift"].values.tolist():
        for source in table["source"].values.tolist():
            for line, side in _LINES.items():
                here = table.sel(shift=shift, source=source, line=line)
                half = _POINTS * here["half_width"].item()
                if np.isfinite(here["mean"].item()):
                    yield {
                        "study": one.study,
                        "panel": one.study,
                        "side": side,
                        "row": shift_title(shift),
                        "name": source,
                        "look": source_look(source),
                        **_mean(here),
                        "band_low": -half,
                        "band_high": half,
                    }


def _marks_of_pairs(panel: str, changes: PairChanges) -> Iterator[dict[str, Any]]:
    after = changes.table["pair"].values.tolist()
    names = short_names(after, after)
    for shift in changes.table["shift"].values.tolist():
        for measure, look in _MEASURES.items():
            here = changes.table.sel(shift=shift, measure=measure)
            if not np.isfinite(here["mean"].item()):
                continue
            shared = {"panel": panel, "row": shift_title(shift), **look}
            yield {**shared, **_mean(here)}
            for name, value in zip(names, _POINTS * here[measure].values, strict=True):
                if np.isfinite(value):
                    yield {**shared, "name": name, "value": value, "mark": "single"}


def _mean(here: Any) -> dict[str, Any]:
    ends = {"value": "mean", "low": "low", "high": "high"}
    return {
        **{end: _POINTS * here[name].item() for end, name in ends.items()},
        "decided": bool(here["decided"]),
    }
