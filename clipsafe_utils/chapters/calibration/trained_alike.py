"""CLIPs of the drawn world beside trained ones: the tables and the figure of `length` and `regime`."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from clipsafe_utils.chapters.calibration.figures import quoted_lines
from clipsafe_utils.claims.proxy import TRAINED_LOGIT_SCALE
from clipsafe_utils.findings.calibration.result import Calibration
from clipsafe_utils.findings.experiments.cells import SEEDS
from clipsafe_utils.findings.experiments.length import (
    ACCURACY,
    GAP_HARD,
    GAP_NATURAL,
    RULE,
    SCALE,
    SHAPE,
    TEMPERATURE,
    Length,
    LengthCell,
)
from clipsafe_utils.findings.experiments.regime import AFTER, BEFORE, CLIPS, LABELS, Regime
from clipsafe_utils.say import Missing, Said, level, number, percent, points, span
from clipsafe_utils.show.dot_plot import Scale, dots
from clipsafe_utils.show.encoding import group_look
from clipsafe_utils.show.frame import ends_of, marks
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

_COLUMNS = {
    SCALE: "Logit scale",
    TEMPERATURE: "Temperature",
    GAP_NATURAL: "Gap, natural",
    GAP_HARD: "Gap, hard",
    ACCURACY: "Accuracy, hard",
    SHAPE: "Shape bias",
}
_SIDES = {
    ACCURACY: ("accuracy", "accuracy,\nhard set, %", 100.0),
    TEMPERATURE: ("temperature", "temperature", 1.0),
    GAP_HARD: ("confidence less accuracy", "confidence less\naccuracy, points", 100.0),
}
"""What the rule reads: its name, its axis, and what values are multiplied by there."""

_REAL = "real CLIPs, ImageNet"
_CLIP = "clip_zero_shot"


def cells_table(found: Calibration) -> Shown:
    """Tabulate the cells of `length`, and what real CLIPs have on ImageNet."""
    length, real = found.length, real_values(found)
    rows = [_cell(length, cell) for cell in length.cells]
    spans = {
        TEMPERATURE: span(real[TEMPERATURE], number),
        GAP_HARD: span(real[GAP_HARD], points),
        ACCURACY: span(real[ACCURACY], percent),
        SHAPE: found.real_shape.span,
    }
    theirs = {title: _blank(spans.get(name)) for name, title in _COLUMNS.items()}
    theirs[_COLUMNS[SCALE]] = number(TRAINED_LOGIT_SCALE, 0)
    rows.append({"CLIPs": _REAL, "Seeds": "–"} | theirs | {"Like a trained CLIP": "–"})
    return table(
        pd.DataFrame(rows),
        "CLIPs of the drawn world by length of training, in multiples of the zoo's, and logit scale; means "
        "over seeds. Gap: mean confidence less accuracy, points, before scaling. Last row: from lowest to "
        "highest of the real CLIPs with the number, on all of ImageNet; shape bias: those with a Vision "
        "Transformer of chapter 2. –: not measured.",
    )


def _cell(length: Length, cell: LengthCell) -> dict[str, str]:
    means = {title: _blank(_written(name, length.mean(name, cell))) for name, title in _COLUMNS.items()}
    alike = length.is_alike(cell)
    seeds = length.trained.seeds([cell.models])
    return {"CLIPs": cell.title, "Seeds": seeds} | means | {"Like a trained CLIP": _yes_or_no(alike)}


def _yes_or_no(alike: bool | Missing) -> str:
    return "–" if isinstance(alike, Missing) else "yes" if alike else "no"


def _written(name: str, mean: Said) -> Said | str:
    return mean if isinstance(mean, Missing) or name != SCALE else mean.number(0)


def _blank(text: object) -> str:
    return "–" if text is None or isinstance(text, Missing) else str(text)


def real_values(found: Calibration) -> dict[str, list[float]]:
    """Return what real zero-shot CLIPs have on ImageNet, by property."""
    rows = found.alike.rows
    clips = rows[(rows["group"] == _CLIP) & (rows["scaling"] == "before")]
    return {
        ACCURACY: clips["accuracy"].tolist(),
        TEMPERATURE: found.temperatures.rows["temperature"].tolist(),
        GAP_HARD: clips["gap"].tolist(),
    }


def cells_figure(found: Calibration) -> Shown:
    """Draw what the rule reads of every cell, with what it asks for as a grey band, and real CLIPs."""
    return dots(
        cells_frame(found),
        {side: axis for side, axis, _ in _SIDES.values()},
        "Dot plots of accuracy, temperature, and confidence less accuracy, by kind of training.",
        Scale(reference={_SIDES[TEMPERATURE][0]: 1.0, _SIDES[GAP_HARD][0]: 0.0}),
        what="CLIPs of another length and logit scale",
        sources=[*found.experiments.source_lines, *quoted_lines(found)],
    )


def cells_frame(found: Calibration) -> pd.DataFrame:
    """Give a row a cell, a panel what the rule reads; small marks: single trainings and real CLIPs."""
    return marks(mark for name in _SIDES for mark in _marks(found, name))


def _marks(found: Calibration, name: str) -> Iterator[dict[str, Any]]:
    side, _, scale = _SIDES[name]
    low, high = (scale * end for end in RULE[name])
    shared = {"side": side, "band_low": low, "band_high": high}
    for cell in found.length.cells:
        mean = found.length.mean(name, cell)
        if isinstance(mean, Missing):
            continue
        look = group_look(_CLIP)
        singles = found.experiments.draws(name, cell.models)[0].tolist()
        is_enough = len(singles) >= len(SEEDS)
        yield shared | {"row": cell.title, "look": look, "decided": is_enough} | ends_of(mean, scale)
        for value in singles:
            yield shared | {"row": cell.title, "look": look, "value": scale * value, "mark": "single"}
    for value in real_values(found)[name]:
        yield shared | {"row": _REAL, "value": scale * value, "mark": "single"}


def claims_table(regime: Regime, confidence: float) -> Shown:
    """Tabulate the errors of CLIPs by source beside cross-entropy, before scaling and after."""
    rows = []
    for source in CLIPS:
        row: dict[str, object] = {
            "Images of": source,
            "Like a trained CLIP": _yes_or_no(regime.resembles(source)),
        }
        for title, error in (("before", BEFORE), ("after", AFTER)):
            kinds = {"CLIP": CLIPS[source], "labels": LABELS.get(source, ())}
            means = {name: regime.trained.mean(error, cell) for name, cell in kinds.items()}
            row |= {f"{name}, {title}": _blank(mean) for name, mean in means.items()}
            less = regime.trained.difference(error, kinds["CLIP"], kinds["labels"])
            row[f"CLIP less labels, {title}"] = "–" if isinstance(less, Missing) else less.with_interval
        rows.append(row)
    return table(
        pd.DataFrame(rows),
        "ECE on the hard natural set before a temperature fitted on the natural set and after it, of CLIPs "
        "with a scale held at 100 and masked pairs and of cross-entropy on the same images; means over "
        f"seeds, differences in points with {level(confidence)} intervals over seeds and images.",
    )
