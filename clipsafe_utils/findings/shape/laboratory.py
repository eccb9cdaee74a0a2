"""Chapter 2 in the laboratory: images or language, dose and response, and what fine-tuning does."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.selection import families_between_groups
from clipsafe_utils.findings.clip_pairs import Pairs
from clipsafe_utils.findings.ladder import LOSS_OF_RUNG, SOURCES, draws_of
from clipsafe_utils.findings.model_pairs import FAR, GENTLE, HALF_WAY, NEAR, STRONG, laboratory_pairs
from clipsafe_utils.findings.properties import Property
from clipsafe_utils.findings.trainings import Trainings, common_side
from clipsafe_utils.metrics.families import Estimate, difference_of_groups
from clipsafe_utils.metrics.runs import mean_of_runs
from clipsafe_utils.say import Missing, Said, Text, Value, count, nothing

BIAS = "shape_bias"
TEXTURE = "texture_correlation"
BASE = "labels"  # the source that the others are compared with

PROPERTIES = {
    "shape_bias": Property("Shape bias", "by shape, %", is_share=True),
    "cue_decided": Property("Share decided", "of images, %", is_share=True),
    "accuracy_plain_random": Property("Accuracy, textures at random", "right, %", is_share=True),
    "accuracy": Property("Accuracy, natural images", "right, %", is_share=True),
}
"""What the figures show of each training."""

WHOLE = "d - a"
LOSS_STEPS = {
    "b - a": "labels read off captions, not true ones",
    "c - a": "CLIP's loss and names, not labels",
    "d - c": "whole captions, not names",
    WHOLE: "CLIP with whole captions, not labels",
}
"""Steps between rungs of the ladder, on the same images."""

KINDS = (HALF_WAY, GENTLE, STRONG, NEAR, FAR)  # what was made of a zero-shot CLIP, in the order of the table


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
    """The study whose trainings differ in one thing."""

    images: Step  # other images at the same loss
    language: Step  # on the same images, CLIP with whole captions instead of labels
    names: Step  # CLIP's loss with names instead of labels
    captions: Step  # whole captions in place of names
    on_labels: Said  # of a network that learns `labels` by cross-entropy
    on_wit: Said  # the same on `wit`
    clip_on_wit: Said
    images_move: str | Missing  # the side of zero on which all of those steps lie: up, down or neither
    language_moves: str | Missing
    doses: Doses
    tuning: Tuning
    population: Said  # zero-shot CLIPs less standard networks, sources counted once

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
    """Gather what the cubes `causes` and `models` of a study say; None where there is no such study."""
    trained = Trainings(cube, confidence)
    web = [source for source in SOURCES if source != BASE]
    language = _between(trained, WHOLE)
    return Laboratory(
        _of_images(trained, "a"),
        language,
        _between(trained, "c - a"),
        _between(trained, "d - c"),
        trained.mean(BIAS, ("a", BASE)),
        trained.mean(BIAS, ("a", "wit")),
        trained.mean(BIAS, ("d", "wit")),
        common_side([getattr(_of_images(trained, rung), source) for rung in ("a", "d") for source in web]),
        common_side([getattr(language, source) for source in web]),
        _doses(trained),
        _tuning(cube, models, confidence),
        population_difference,
    )


def _of_images(trained: Trainings, rung: str) -> Step:
    """Return what the images of each source do in place of those of `labels`, at the same loss."""
    return Step(*(trained.step(BIAS, (rung, source), (rung, BASE)) for source in SOURCES))


def _between(trained: Trainings, name: str) -> Step:
    upper, lower = name.split(" - ")
    return Step(*(trained.step(BIAS, (upper, source), (lower, source)) for source in SOURCES))


def steps_frame(cube: xr.Dataset, confidence: float) -> pd.DataFrame:
    """Tabulate what each change of a training does to shape bias.

    Columns change, and a `Value` or `Missing` for each source of images.
    """
    trained = Trainings(cube, confidence)
    steps = {
        f"web images, not {BASE}: {loss} ({rung})": _of_images(trained, rung)
        for rung, loss in (("a", "cross-entropy"), ("d", "CLIP"))
    } | {f"{title} ({name.replace('-', '−')})": _between(trained, name) for name, title in LOSS_STEPS.items()}
    rows = [{"change": title, **vars(step)} for title, step in steps.items()]
    # A column of missing values alone would become plain text.
    return pd.DataFrame(rows, dtype=object)


def _doses(trained: Trainings) -> Doses:
    clip, labels = (trained.dose_response(BIAS, TEXTURE, LOSS_OF_RUNG[rung]) for rung in ("d", "a"))
    return Doses(clip.low, clip.high, clip.change, labels.change, *widest_gap(trained.doses(BIAS, TEXTURE)))


def widest_gap(doses: pd.DataFrame) -> tuple[Said, Said]:
    """Return the largest distance between the curves of two losses at one dose, and that dose."""
    by_level = doses.groupby("level")["value"]
    gap = (by_level.max() - by_level.min())[by_level.count() > 1]
    if gap.empty:
        none = Missing("the share of typical textures was not varied")
        return none, none
    widest = int(gap.to_numpy().argmax())
    return Value(float(gap.iloc[widest]), scale="difference"), Value(float(gap.index.to_numpy(float)[widest]))


def _tuning(cube: xr.Dataset | None, models: xr.Dataset | None, confidence: float) -> Tuning:
    none = Missing("no zero-shot CLIP was fine-tuned")
    if cube is None or models is None:
        return nothing(Tuning, none.reason)
    rows = tuning(cube, models, confidence)
    strong = rows[rows["kind"] == STRONG].to_dict("records") if len(rows) else []
    between, averages = half_way_between(cube, models)
    return Tuning(
        strong[0]["change"] if strong else none,
        count(strong[0]["lower"], strong[0]["runs"]) if strong else none,
        count(between, averages) if averages else none,
    )


def tuning(cube: xr.Dataset, models: xr.Dataset, confidence: float) -> pd.DataFrame:
    """Tabulate what was made of zero-shot CLIPs against the CLIPs themselves, paired by run.

    A row for each of `KINDS`: kind, runs, before, after, change (a `Value`), lower (the runs whose shape bias
    fell), decided, accuracy_before and accuracy_after.
    """

    def mean(property_: str, names: list[str]) -> float:
        return float(draws_of(cube, property_, names)[0].mean())

    rows = []
    for kind, pairs in _pairs(cube, models).items():
        before, after = ([pair[end] for pair in pairs] for end in (0, 1))
        draws = draws_of(cube, BIAS, after) - draws_of(cube, BIAS, before)
        rows.append(
            {
                "kind": kind,
                "runs": len(after),
                "before": mean(BIAS, before),
                "after": mean(BIAS, after),
                "change": mean_of_runs(draws, confidence, "difference"),
                "lower": int((draws[0] < 0).sum()),
                "decided": mean("cue_decided", after),
                "accuracy_before": mean("accuracy", before),
                "accuracy_after": mean("accuracy", after),
            }
        )
    return pd.DataFrame(rows)


def half_way_between(cube: xr.Dataset, models: xr.Dataset) -> tuple[int, int]:
    """Count the half-way averages whose shape bias lies between those of the two, and all of them."""
    pairs = _pairs(cube, models)
    tuned = dict(pairs.get(STRONG, []))
    triples = [(start, half, tuned[start]) for start, half in pairs.get(HALF_WAY, []) if start in tuned]
    biases = [draws_of(cube, BIAS, triple)[0].tolist() for triple in triples]
    return sum(sorted(bias)[1] == bias[1] for bias in biases), len(triples)


def _pairs(cube: xr.Dataset, models: xr.Dataset) -> dict[str, Pairs]:
    made = laboratory_pairs(models.sel(model=models["model"].isin(cube["model"]).values))
    return {kind: made[kind] for kind in KINDS if kind in made}


def population(result: xr.Dataset, models: xr.Dataset, confidence: float) -> Estimate | None:
    """Return the shape bias of zero-shot CLIPs less that of standard networks, sources counted once.

    `result` is `shape_bias_table` of the cube `models`, in the same order. None where a group is absent.
    """
    group = models["group"].values
    kept = np.isin(group, ["clip_zero_shot", "standard"])
    if len(np.unique(group[kept])) < 2:
        return None
    families, is_clip = families_between_groups(models)[kept], group[kept] == "clip_zero_shot"
    return difference_of_groups(result["shape_bias"].values[kept], families, is_clip, confidence)


def with_families(difference: Estimate, unit: str) -> Value:
    """Give a difference between groups as a value that counts families, each of which is a `unit`."""
    mean, low, high = (float(number) for number in (difference.estimate, difference.low, difference.high))
    return Value(mean, low, high, "difference", units=difference.families, unit=unit)
