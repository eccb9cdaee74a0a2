"""What trainings that differ in one thing say of shape bias: the laboratory's part of chapter 2."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import xarray as xr

from clipsafe_utils.findings.ladder import SOURCES, dose, dose_difference, ladder
from clipsafe_utils.findings.model_pairs import STRONG
from clipsafe_utils.findings.shape.laboratory import (
    BASE,
    BIAS,
    LOSS_STEPS,
    TEXTURE,
    WHOLE,
    directions,
    half_way_between,
    image_steps,
    loss_steps,
    population,
    tuning,
    widest_gap,
)
from clipsafe_utils.say import Missing, Said, Text, Value, count

LOSSES = {"clip": "CLIP's contrastive loss", "labels": "cross-entropy on true labels"}


@dataclass(frozen=True)
class Step:
    """What one change of the training does to shape bias, on each source of images."""

    labels: Said
    wit: Said
    laion: Said


@dataclass(frozen=True)
class Doses:
    """What the share of typical textures does."""

    low: Said
    high: Said
    clip: Said
    labels: Said
    gap: Said
    gap_at: Said


@dataclass(frozen=True)
class Tuning:
    """What strong fine-tuning on `labels` does to the same CLIPs."""

    change: Said
    lower: Text
    half_way: Text


@dataclass(frozen=True)
class Laboratory:
    """The study whose trainings differ in one thing.

    Attributes
    ----------
    images, language, names, captions : Step
        Other images at the same loss; CLIP with whole captions, CLIP's loss with names, and whole captions in
        place of names, on the same images.
    on_labels, on_wit, clip_on_wit : Value or Missing
        One network's shape bias: cross-entropy on `labels` and on `wit`, and CLIP on `wit`.
    images_move, language_moves : str or Missing
        The side of zero on which all of those steps lie: up, down or neither.
    doses, tuning
        Dose and response; fine-tuning.
    population : Value or Missing
        Zero-shot CLIPs less standard networks, sources counted once.
    """

    images: Step
    language: Step
    names: Step
    captions: Step
    on_labels: Said
    on_wit: Said
    clip_on_wit: Said
    images_move: str | Missing
    language_moves: str | Missing
    doses: Doses
    tuning: Tuning
    population: Said

    @property
    def raised_by(self) -> str | Missing:
        """What raises shape bias on all web sources: `images`, `language`, `both` or `neither`."""
        if isinstance(self.images_move, Missing) or isinstance(self.language_moves, Missing):
            return Missing("a step of the ladder is missing")
        images, language = self.images_move == "up", self.language_moves == "up"
        if images and language:
            return "both"
        return "images" if images else "language" if language else "neither"


def laboratory_of(
    cube: xr.Dataset | None, models: xr.Dataset | None, population_difference: Said, confidence: float
) -> Laboratory:
    """Gather what a study of trainings says of shape bias.

    Parameters
    ----------
    cube, models : xarray.Dataset or None
        Its cubes `causes` and `models`; None where there is no such study.
    population_difference : Value or Missing
        As in `difference_of_populations`.
    confidence : float
        Level of the intervals.

    Examples
    --------
    >>> none = Missing("nothing was trained")
    >>> laboratory_of(None, None, none, 0.95).images.wit.moved
    not measured
    """
    none = Missing("no study has trainings that differ in one thing")
    if cube is None or models is None:
        step, doses = Step(none, none, none), Doses(none, none, none, none, none, none)
        tuned = Tuning(none, none, none)
        return Laboratory(step, step, step, step, none, none, none, none, none, doses, tuned, none)
    images, losses = image_steps(cube, confidence), loss_steps(cube, confidence)
    cells = ladder(cube, BIAS, confidence).set_index(["rung", "source"])["value"]

    def cell(rung: str, source: str) -> Said:
        return Value(float(cells[rung, source])) if (rung, source) in cells else none

    moves = directions(cube, confidence)
    return Laboratory(
        _step(images, "a"),
        _step(losses, WHOLE),
        _step(losses, "c - a"),
        _step(losses, "d - c"),
        cell("a", BASE),
        cell("a", "wit"),
        cell("d", "wit"),
        moves[0] if moves else none,
        moves[1] if moves else none,
        _doses(cube, confidence),
        _tuning(cube, models, confidence),
        population_difference,
    )


def _step(steps: Mapping[tuple[str, str], Value], name: str) -> Step:
    none = Missing("the same training, or none")
    return Step(*(steps.get((name, source), none) for source in SOURCES))


def _doses(cube: xr.Dataset, confidence: float) -> Doses:
    none = Missing("the share of typical textures was not varied")
    differences = dose_difference(cube, TEXTURE, BIAS, confidence)
    ends = next(iter(differences.values()), None)
    moved = {name: differences[loss][2] if loss in differences else none for name, loss in LOSSES.items()}
    gap = widest_gap(dose(cube, TEXTURE, BIAS, confidence))
    return Doses(
        Value(ends[0]) if ends else none,
        Value(ends[1]) if ends else none,
        moved["clip"],
        moved["labels"],
        Value(gap[0], scale="difference") if gap else none,
        Value(gap[1]) if gap else none,
    )


def _tuning(cube: xr.Dataset, models: xr.Dataset, confidence: float) -> Tuning:
    none = Missing("no zero-shot CLIP was fine-tuned")
    rows = tuning(cube, models, confidence)
    strong = rows[rows["kind"] == STRONG].to_dict("records") if len(rows) else []
    between, averages = half_way_between(cube, models)
    return Tuning(
        strong[0]["change"] if strong else none,
        count(strong[0]["lower"], strong[0]["runs"]) if strong else none,
        count(between, averages) if averages else none,
    )


def difference_of_populations(result: xr.Dataset, models: xr.Dataset, confidence: float) -> Said:
    """Compare zero-shot CLIPs with standard networks; see `population`."""
    difference = population(result, models, confidence)
    if difference is None:
        return Missing("no zero-shot CLIP or no standard network")
    return Value(
        float(difference.estimate),
        float(difference.low),
        float(difference.high),
        "difference",
        units=difference.families,
        unit="source",
    )


def steps_frame(cube: xr.Dataset, confidence: float) -> pd.DataFrame:
    """Tabulate what each change of a training does to shape bias.

    Returns
    -------
    DataFrame
        Columns change, and a `Value` or `Missing` for each source of images.
    """
    images = image_steps(cube, confidence)
    losses = loss_steps(cube, confidence)
    steps = {
        f"web images, not {BASE}: cross-entropy (a)": _step(images, "a"),
        f"web images, not {BASE}: CLIP (d)": _step(images, "d"),
        **{f"{title} ({name.replace('-', '−')})": _step(losses, name) for name, title in LOSS_STEPS.items()},
    }
    rows = [
        {"change": title, **{source: getattr(step, source) for source in SOURCES}}
        for title, step in steps.items()
    ]
    return pd.DataFrame(rows)
