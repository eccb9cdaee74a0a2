"""How far one can rely on one model: all that the study can say of it, beside the models of the record."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd

from clipsafe_utils.cards.card import Card, Line
from clipsafe_utils.cards.lines import Heights, heights_of
from clipsafe_utils.cards.measured import models_of
from clipsafe_utils.cards.placing import (
    EVERYONE,
    FEWEST,
    NOT_HELD,
    place_among_group,
    place_at_equal_accuracy,
    values_by_group,
)
from clipsafe_utils.cards.pool import Pool, pool_of, with_own
from clipsafe_utils.cards.properties import CardProperty, kinds_of, properties_of
from clipsafe_utils.cards.use import NO_LINE, PECULIAR, judgement_of, use_of
from clipsafe_utils.cubes.selection import is_real
from clipsafe_utils.cubes.studies import Study, find_study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.findings.calibration.errors import FEWEST_IMAGES
from clipsafe_utils.findings.own_models import verdicts
from clipsafe_utils.importing.recognising import IN_RECORD, RECORD
from clipsafe_utils.say import Missing, Value, listed

_CUBES = {
    "Accuracy": "shifts",
    "Visual factors": "factors",
    "Shape or texture": "shape_bias",
    "Distribution shift": "shifts",
    "Unknown images": "ood",
    "Calibration": "calibration",
}
_RECIPES = "recipes"
_NEAR_NAMES = 3


def card(study: str, model: str | None = None) -> Card:
    """Say of one model what the study can, beside the models of the public record.

    Parameters
    ----------
    study : str
        Name of a study of real models, or a path to its folder, such as one of `clipsafe import`.
    model : str, optional
        Checkpoint or row; may be left out where the study has one model.

    Returns
    -------
    Card
        A `Line` for each property: value with interval, place among the networks of its group with an
        interval of the rank, the same at equal accuracy, and what it means for use.

    Raises
    ------
    ClipsafeError
        If there is no such study or model, or the study is of a drawn world.

    Examples
    --------
    >>> shown = card("published", "ViT-L-14.openai")
    >>> round(shown.line("shift:a").value.estimate, 3), shown.line("shift:a").verdict, shown.among
    (0.707, 'above', 'zero-shot CLIPs')
    """
    of, record = find_study(study), find_study(RECORD)
    who = _who(of)
    checkpoint = _chosen(who, model, of)
    if of.folder.resolve() == record.folder.resolve():
        return next(_cards(of, pool_of(of), who, [checkpoint]))
    same = _same_in_record(of, record)
    pool = with_own(pool_of(record), pool_of(of), checkpoint, frozenset(same.values()))
    return next(_cards(of, pool, who, [checkpoint], tuple(same)))


def cards() -> Iterator[Card]:
    """Make the cards of all models of the record, in one pass."""
    record = find_study(RECORD)
    who = _who(record)
    return _cards(record, pool_of(record), who, who["checkpoint"].tolist())


def _who(study: Study) -> pd.DataFrame:
    study.check_models()
    if not is_real(study.read("models")):
        raise ClipsafeError(f"The study {study.name} is of a drawn world; a card places real models only.")
    return models_of(study).drop_duplicates("checkpoint")


def _chosen(who: pd.DataFrame, model: str | None, study: Study) -> str:
    """Return the checkpoint of a model by what it may be called."""
    if model is None:
        if len(who) != 1:
            names = listed(who["checkpoint"].tolist()[:_NEAR_NAMES])
            raise ClipsafeError(f"The study {study.name} has {len(who)} models, such as {names}; name one.")
        return str(who["checkpoint"].iloc[0])
    rows = models_of(study)
    for column in ("checkpoint", "row"):
        found = rows.loc[rows[column] == model, "checkpoint"]
        if len(found):
            return str(found.iloc[0])
    known = {name.lower(): name for column in ("row", "checkpoint") for name in rows[column]}
    near = [known[name] for name in get_close_matches(model.lower(), known, _NEAR_NAMES, 0.4)]
    hint = f"; near it are {listed(near)}" if near else ""
    raise ClipsafeError(f"{model!r:.80}: no such model in the study {study.name}{hint}.")


def _same_in_record(study: Study, record: Study) -> dict[str, str]:
    """Return by row of the record the checkpoint, where `clipsafe import` found it to be the same network."""
    rows = [row for row in study.read("models").attrs.get(IN_RECORD, "").split("\n") if row]
    known = models_of(record).set_index("row")["checkpoint"]
    return {row: str(known[row]) for row in rows if row in known}


def _cards(
    study: Study, pool: Pool, who: pd.DataFrame, checkpoints: Sequence[str], in_record: tuple[str, ...] = ()
) -> Iterator[Card]:
    """Make cards, all properties of all models at once."""
    properties = properties_of([key.split(":")[1] for key, _ in pool.columns if key.startswith("ood:")])
    lines = {one.key: _lines_of(one, pool, checkpoints) for one in properties}
    known = who.set_index("checkpoint")
    runs = study.read(_RECIPES)["model"].values.tolist() if study.has(_RECIPES) else []
    for checkpoint in checkpoints:
        row = str(known.at[checkpoint, "row"])
        of_model = [
            lines[one.key].get(checkpoint) or _not_measured(one, study, is_run=row in runs)
            for one in properties
        ]
        yield Card(
            row,
            checkpoint,
            str(known.at[checkpoint, "group"]),
            study.name,
            in_record,
            tuple(_with_verdicts(of_model)),
        )


def _not_measured(one: CardProperty, study: Study, *, is_run: bool) -> Line:
    cube = _CUBES[one.part]
    if not study.has(cube):
        reason = f"the study has no cube {cube}"
    elif is_run:
        reason = f"one of many runs of one network, which stand in the cube {_RECIPES} and are not placed"
    else:
        is_record, is_quoted = study.name == RECORD, one.part == "Calibration"
        where = "the sources that the record reads" if is_record else "the files given"
        terms = ", or not quoted from one that states no licence" if is_record and is_quoted else ""
        few = f", or on fewer than {FEWEST_IMAGES:,} images" if is_quoted else ""
        reason = f"not in {where}{terms}{few}"
    return Line(one.key, one.part, one.title, one.best, Missing(reason))


def _lines_of(one: CardProperty, pool: Pool, checkpoints: Sequence[str]) -> dict[str, Line]:
    """Return the line of each model by the first kind of which there are networks enough, else the first."""
    found: dict[str, Line] = {}
    kinds = [kind for kind in kinds_of(one.key) if (one.key, kind) in pool.columns]
    is_enough = {kind: len(pool.columns[one.key, kind].rows) > FEWEST for kind in kinds}
    for kind in sorted(kinds, key=lambda kind: not is_enough[kind]):
        for checkpoint, line in _lines_of_kind(one, kind, pool, checkpoints):
            found.setdefault(checkpoint, line)
    return found


def _lines_of_kind(
    one: CardProperty, kind: str, pool: Pool, checkpoints: Sequence[str]
) -> Iterator[tuple[str, Line]]:
    column = pool.columns[one.key, kind]
    targets = np.flatnonzero(column.rows["checkpoint"].isin(list(checkpoints)))
    if not targets.size:
        return
    sign = -1 if one.best == "low" else 1
    accuracy = pool.accuracy_of(column)
    heights = heights_of(column, one.axes, pool.is_own(column), targets) if one.axes else None
    among = place_among_group(column, targets, sign)
    equal = place_at_equal_accuracy(
        column, targets, sign, accuracy, None if heights is None else heights.height
    )
    others = values_by_group(column)
    for place, at in enumerate(targets.tolist()):
        row = column.rows.iloc[at]
        value = Value(float(row["value"]), float(row["low"]), float(row["high"]), one.scale)
        yield (
            str(row["checkpoint"]),
            Line(
                *(one.key, one.part, one.title, one.best, value, row["chance"], kind, row["row"]),
                place=among[place],
                equal=equal[place],
                use=str(use_of(one, value, float(row["like"]))),
                others=others[getattr(among[place], "among", EVERYONE)],
                **_judged(value, heights, at),
            ),
        )


def _judged(value: Value, heights: Heights | None, at: int) -> dict[str, Any]:
    if heights is None:
        return {}
    height = float(heights.height[at])
    if np.isnan(height):
        return {"height": Missing(NOT_HELD), "verdict": NO_LINE}
    low, high = (height + end - value.estimate for end in (value.low, value.high))
    return {"height": Value(height, low, high, "difference"), "p_value": float(heights.p_value[at])}


def _with_verdicts(lines: Sequence[Line]) -> Iterator[Line]:
    """Judge the heights of each part together, and say what they mean."""
    for part, group in groupby(lines, key=lambda line: line.part):
        of_part = list(group)
        p_value = np.array([line.p_value for line in of_part], np.float64)
        heights = [line.height.estimate if isinstance(line.height, Value) else np.nan for line in of_part]
        words = verdicts(np.array(heights), p_value, np.isfinite(p_value))
        for line, word in zip(of_part, words, strict=True):
            verdict = line.verdict if line.p_value is None else word
            said = (line.use, judgement_of(part, verdict), line.use and PECULIAR.get(line.key))
            use = " ".join(filter(None, said))
            yield replace(line, verdict=verdict, use=use)
