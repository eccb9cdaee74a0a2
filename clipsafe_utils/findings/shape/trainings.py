"""What trainings that differ in one thing say of shape bias: the laboratory's part of chapter 2."""

from dataclasses import dataclass

import pandas as pd
import xarray as xr

from clipsafe_utils.findings.ladder import SOURCES
from clipsafe_utils.findings.model_pairs import STRONG
from clipsafe_utils.findings.shape.laboratory import (
    BASE,
    BIAS,
    LOSS_STEPS,
    TEXTURE,
    WHOLE,
    half_way_between,
    population,
    tuning,
    widest_gap,
)
from clipsafe_utils.findings.trainings import Trainings, common_side
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
    trained = Trainings(cube, confidence)
    web = [source for source in SOURCES if source != BASE]
    images = [_images(trained, rung, source) for rung in ("a", "d") for source in web]
    language = _between(trained, WHOLE)
    return Laboratory(
        Step(*(_images(trained, "a", source) for source in SOURCES)),
        language,
        _between(trained, "c - a"),
        _between(trained, "d - c"),
        trained.mean(BIAS, ("a", BASE)),
        trained.mean(BIAS, ("a", "wit")),
        trained.mean(BIAS, ("d", "wit")),
        common_side(images),
        common_side([getattr(language, source) for source in web]),
        _doses(trained),
        _tuning(cube, models, confidence),
        population_difference,
    )


def _images(trained: Trainings, rung: str, source: str) -> Said:
    """Return what the images of a source do in place of those of `labels`, at the same loss."""
    return trained.step(BIAS, (rung, source), (rung, BASE))


def _between(trained: Trainings, name: str) -> Step:
    """Return a step between two rungs, on each source of images."""
    upper, lower = name.split(" - ")
    return Step(*(trained.step(BIAS, (upper, source), (lower, source)) for source in SOURCES))


def _doses(trained: Trainings) -> Doses:
    clip, labels = (trained.dose_response(BIAS, TEXTURE, loss) for loss in LOSSES.values())
    gap = widest_gap(trained.doses(BIAS, TEXTURE))
    none = Missing("the share of typical textures was not varied")
    return Doses(
        clip.low,
        clip.high,
        clip.change,
        labels.change,
        Value(gap[0], scale="difference") if gap else none,
        Value(gap[1]) if gap else none,
    )


def _tuning(cube: xr.Dataset | None, models: xr.Dataset | None, confidence: float) -> Tuning:
    none = Missing("no zero-shot CLIP was fine-tuned")
    if cube is None or models is None:
        return Tuning(none, none, none)
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
    trained = Trainings(cube, confidence)
    steps = {
        f"web images, not {BASE}: {loss} ({rung})": Step(*(_images(trained, rung, one) for one in SOURCES))
        for rung, loss in (("a", "cross-entropy"), ("d", "CLIP"))
    } | {f"{title} ({name.replace('-', '−')})": _between(trained, name) for name, title in LOSS_STEPS.items()}
    rows = [
        {"change": title, **{source: getattr(step, source) for source in SOURCES}}
        for title, step in steps.items()
    ]
    # A column of missing values alone would become plain text.
    return pd.DataFrame(rows, dtype=object)
