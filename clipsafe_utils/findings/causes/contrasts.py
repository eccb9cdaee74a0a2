"""Chapter 7 in the laboratory: the causes, each as two kinds of training that differ in one thing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.findings.ladder import LOSS_OF_RUNG, levels, members
from clipsafe_utils.findings.model_pairs import GENTLE, HALF_WAY, STRONG, laboratory_pairs
from clipsafe_utils.findings.shift.laboratory import Laboratory
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.runs import difference_of_runs, mean_of_runs
from clipsafe_utils.say import Value

FEWEST_RUNS = 3  # with fewer trainings on a side, or fewer pairs, an interval says nothing of other trainings

KINDS = ("Images", "Language", "Quantity, batch", "Encoder", "Fine-tuning")
IMAGES, LANGUAGE, QUANTITY, ENCODER, TUNING = KINDS
"""What the causes are grouped by, in the order of the figure."""

STEPS: Mapping[str, tuple[str, tuple[str, str], tuple[str, str]]] = {
    "curated to web, classifier": (IMAGES, ("a", "labels"), ("a", "wit")),
    "curated to web, CLIP": (IMAGES, ("d", "labels"), ("d", "wit")),
    "wit to laion, CLIP": (IMAGES, ("d", "wit"), ("d", "laion")),
    "classifier to CLIP": (LANGUAGE, ("a", "wit"), ("d", "wit")),
    "names to captions": (LANGUAGE, ("c", "wit"), ("d", "wit")),
}
"""Steps of the ladder: the kind of cause, the cell (rung, source) before and the one after."""

KNOB_STEPS: Mapping[str, tuple[str, str, str, float]] = {
    "texture_correlation": (IMAGES, "typical textures", "{:.0f} to {:.0f} %", 100.0),
    "background_correlation": (IMAGES, "backgrounds", "{:.0f} to {:.0f} %", 100.0),
    "rotation_sd": (IMAGES, "rotation", "{:.0f} to {:.0f}°", 1.0),
    "wrong": (LANGUAGE, "wrong captions", "{:.0f} to {:.0f} %", 100.0),
    "images": (QUANTITY, "images", "{:.0f}k to {:.0f}k", 1 / 1024),
    "batch": (QUANTITY, "batch", "{:.0f} to {:.0f}", 1.0),
}
"""Knobs: the kind of cause, its name, how its ends are written, and what levels are multiplied by."""

ENCODERS: Mapping[str, tuple[str, str]] = {
    "ResNet-xs to ResNet-s": ("resnet_xs", "resnet_s"),
    "ResNet-s to ConvNeXt-s": ("resnet_s", "convnext_s"),
    "ResNet-s to ViT-s": ("resnet_s", "vit_s"),
}
"""Encoders that are compared at the same source, images and samples seen."""

PROCEDURES: Mapping[str, str] = {
    "gentle, on labels": GENTLE,
    "strong, on labels": STRONG,
    "half-way average": HALF_WAY,
}
"""What is made of zero-shot CLIPs, by its name in the figure."""

CLIP_LOSS = LOSS_OF_RUNG["d"]

_SAME = ("training_source", "training_images", "samples_seen")


@dataclass(frozen=True)
class Contrast:
    """Two kinds of training that differ in one thing."""

    kind: str
    title: str
    before: tuple[str, ...]  # models
    after: tuple[str, ...]
    paired: bool  # whether models at the same place belong to each other

    @property
    def runs(self) -> int:
        """Trainings of the side that has fewer."""
        return min(len(self.before), len(self.after))

    def sides(self, laboratory: Laboratory, parts: tuple[str, ...]) -> tuple[Array, Array]:
        """Return the mean of some properties before and after, each of shape (draws, runs)."""
        return laboratory.mean(parts, self.before), laboratory.mean(parts, self.after)

    def difference(self, before: Array, after: Array, confidence: float) -> Value:
        """Return what the step does to the two `sides`, after less before."""
        if self.paired:
            return mean_of_runs(after - before, confidence, "difference")
        return difference_of_runs(after, before, confidence)


def contrasts(laboratory: Laboratory) -> list[Contrast]:
    """List the causes that a laboratory can speak of, however few their trainings, by kind."""
    finders = (_of_steps, _of_knobs, _of_encoders, _of_procedures)
    causes = (cause for find in finders for cause in find(laboratory) if cause.runs)
    return sorted(causes, key=lambda cause: KINDS.index(cause.kind))


def absent(laboratory: Laboratory) -> list[str]:
    """Say which causes a laboratory has too few trainings for."""
    known = {cause.title: cause for cause in contrasts(laboratory)}
    few = [
        f"{title} ({cause.runs} {'pairs' if cause.paired else 'a side'})"
        for title, cause in known.items()
        if cause.runs < FEWEST_RUNS
    ]
    begins = {*(name for _, name, _, _ in KNOB_STEPS.values()), *STEPS, *ENCODERS, *PROCEDURES}
    return few + sorted(
        f"{name} (none)" for name in begins if not any(title.startswith(name) for title in known)
    )


def _of_steps(laboratory: Laboratory) -> Iterator[Contrast]:
    for title, (kind, before, after) in STEPS.items():
        one, other = (_names(laboratory, members(laboratory.causes, *place)) for place in (before, after))
        yield Contrast(kind, title, one, other, paired=False)


def _of_knobs(laboratory: Laboratory) -> Iterator[Contrast]:
    for knob, (kind, name, written, unit) in KNOB_STEPS.items():
        by_level = levels(laboratory.causes, knob).get(CLIP_LOSS, {})
        if len(by_level) > 1:
            ends = min(by_level), max(by_level)
            title = f"{name} {written.format(*(unit * end for end in ends))}"
            one, other = (_names(laboratory, by_level[end]) for end in ends)
            yield Contrast(kind, title, one, other, paired=False)


def _of_encoders(laboratory: Laboratory) -> Iterator[Contrast]:
    columns = ["group", "architecture", *_SAME]
    rows = laboratory.models[columns].to_dataframe().reset_index()
    # Repeated seeds stand in the group of controls.
    clips = rows[rows["group"] == "clip_zero_shot"]
    for title, ends in ENCODERS.items():
        before, after = (clips[clips["architecture"] == encoder] for encoder in ends)
        both = before.merge(after, on=list(_SAME), suffixes=("_before", "_after"))
        one, other = (tuple(both[f"model_{end}"].tolist()) for end in ("before", "after"))
        yield Contrast(ENCODER, title, one, other, paired=True)


def _of_procedures(laboratory: Laboratory) -> Iterator[Contrast]:
    by_procedure = laboratory_pairs(laboratory.models)
    for title, procedure in PROCEDURES.items():
        pairs = by_procedure.get(procedure, [])
        one, other = (tuple(pair[end] for pair in pairs) for end in (0, 1))
        yield Contrast(TUNING, title, one, other, paired=True)


def _names(laboratory: Laboratory, chosen: NDArray[np.bool_]) -> tuple[str, ...]:
    return tuple(str(name) for name in laboratory.causes["model"].values[chosen])
