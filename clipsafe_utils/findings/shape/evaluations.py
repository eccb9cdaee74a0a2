"""Chapter 2: every evaluation of real networks on conflict images, and what differs between two of them."""

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.cubes.panels import Panel
from clipsafe_utils.cubes.schema import CLASS_MEANS, SIXTEEN_NAMES
from clipsafe_utils.findings.clip_pairs import ENCODERS
from clipsafe_utils.metrics.draws import centred_interval
from clipsafe_utils.metrics.families import jackknife_over_families
from clipsafe_utils.metrics.labelled import shape_bias_table
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.registry.training_sources import LINEAGES
from clipsafe_utils.say import Missing, Said, Text, Value, count, span

TUNED, SIZE, PATCH, RESOLUTION = "fine-tuned on ImageNet", "larger", "smaller patches", "more pixels"
SOURCE, READ_OUT, PROMPTS = "another training source", "another read-out", "other prompts"
KINDS = (TUNED, SIZE, PATCH, RESOLUTION, SOURCE, READ_OUT, PROMPTS)
"""What differs between two evaluations that are compared; all else that is recorded is equal."""

USUAL_PROMPTS = "80 templates"

_SIZES = "BLHgGEe"  # of Vision Transformers, in their order
_LIKE = 1.5  # Patches of two sizes differ less: none has 14 pixels at every size.
_VIT = re.compile(r"ViT-([A-Za-z]+)-(\d{1,3})(?:-\d{1,4})?")
_RESNET = re.compile(r"RN(\d{1,3})")
_COLUMNS = ("checkpoint", "group", "training_source", "architecture", "image_size", "fine_tuning")
_NO_DRAWS = "no study of real networks has draws of decisions, or no two evaluations that differ in this"


class Comparison(NamedTuple):
    """Two evaluations that differ in one thing."""

    kind: str
    change: str  # in words
    before: str  # names of rows
    after: str
    is_alike: bool = True  # otherwise the read-out differs, too: shown, but nothing rests on it


@dataclass(frozen=True)
class Change:
    """What differs in shape bias between two evaluations, with two intervals."""

    over_images: Value  # from paired draws of images, classes and textures as they are
    over_classes: Value  # from leaving out one class of shapes at a time


@dataclass(frozen=True)
class Moves:
    """What one kind of change does to shape bias, over the pairs in which it is the only one."""

    changes: Sequence[Change]

    @property
    def number(self) -> Text:
        """How many pairs there are."""
        return Text(len(self.changes))

    @property
    def pairs(self) -> Text:
        """The same with its noun."""
        return Text(f"{len(self.changes)} pair{'' if len(self.changes) == 1 else 's'}")

    @property
    def first(self) -> Said:
        """The first of them, over images."""
        return self.changes[0].over_images if self.changes else Missing(_NO_DRAWS)

    @property
    def largest(self) -> Said:
        """The one furthest from zero, whatever its direction."""
        every = [change.over_images for change in self.changes]
        return max(every, key=lambda one: abs(one.estimate), default=Missing(_NO_DRAWS))

    @property
    def sizes(self) -> Text:
        """From the smallest to the largest, in points without a sign."""
        sizes = [100 * abs(change.over_images.estimate) for change in self.changes]
        return span(sizes, lambda size: f"{size:.1f}") if sizes else Missing(_NO_DRAWS)

    @property
    def case(self) -> str:
        """The side of zero on which the intervals over images of all lie: `up`, `down`, `neither`, `none`."""
        sides = {change.over_images.side for change in self.changes}
        if not sides:
            return "none"
        return str(sides.pop()) if len(sides) == 1 else "neither"

    @property
    def beyond(self) -> Text:
        """How many leave zero outside their interval over images."""
        return self._beyond([change.over_images for change in self.changes])

    @property
    def beyond_classes(self) -> Text:
        """How many leave zero outside their interval over classes."""
        return self._beyond([change.over_classes for change in self.changes])

    def _beyond(self, values: Sequence[Value]) -> Text:
        if not values:
            return Missing(_NO_DRAWS)
        return count(sum(value.side != "neither" for value in values), len(values))


@dataclass(frozen=True)
class Spread:
    """How far evaluations of one network differ that were asked alike."""

    gap: Said
    name: Text
    number: Text


@dataclass(frozen=True, eq=False)
class Evaluations:
    """All rows of a study of real networks; of one network there may be several.

    Differences between two rows are paired: each draw weighs an image alike for both, and a class is left out
    of both.
    """

    panel: Panel | None
    confidence: float = 0.95

    @property
    def study(self) -> str:
        """The name of the study."""
        return "" if self.panel is None else self.panel.study

    @cached_property
    def rows(self) -> pd.DataFrame:
        """A row an evaluation, in the order of preference; of equal ones the first alone is compared."""
        if self.panel is None or not {"read_out", "prompt_set"} <= set(self.panel.cube):
            return pd.DataFrame(columns=["model", "name", "encoder", *_COLUMNS, "read_out", "prompt_set"])
        models = self.panel.models
        rows = pd.DataFrame({name: models[name].values for name in _COLUMNS}, dtype=object)
        rows.insert(0, "model", models["model"].values)
        rows["name"] = short_names(rows["model"].tolist(), rows["checkpoint"].tolist())
        rows["encoder"] = [encoder_of(name) for name in rows["checkpoint"]]
        for name in ("read_out", "prompt_set"):
            rows[name] = self.panel.cube[name].values
        return rows

    @cached_property
    def bias(self) -> dict[str, float]:
        """Shape bias of every row, over all classes."""
        if self.panel is None:
            return {}
        table = shape_bias_table(self.panel.cube)
        return dict(zip(table["model"].values.tolist(), table["shape_bias"].values.tolist(), strict=True))

    @cached_property
    def comparisons(self) -> list[tuple[Comparison, Change]]:
        """Compare every two evaluations that differ in one of `KINDS`, in their order."""
        if self.panel is None or "draw_count" not in self.panel.cube or not len(self.rows):
            return []
        draws, counts = _bias_by_draw(self.panel.cube), self.panel.cube["count"]
        return [
            (
                one,
                Change(
                    _over_images(draws, one, self.confidence), _over_classes(counts, one, self.confidence)
                ),
            )
            for one in comparisons_of(self.rows)
        ]

    def moves(self, kind: str, change: str | None = None) -> Moves:
        """Return what a kind of change does, or one change of that kind, in pairs that are alike."""
        return Moves(
            [
                value
                for one, value in self.comparisons
                if one.kind == kind and one.is_alike and change in (None, one.change)
            ]
        )

    @property
    def tuned(self) -> Moves:
        """What fine-tuning does to each network once: with an equal read-out wherever there is one."""
        of_tuned: dict[str, tuple[bool, Change]] = {}
        for one, value in self.comparisons:
            if one.kind == TUNED and (one.after not in of_tuned or one.is_alike):
                of_tuned[one.after] = (one.is_alike, value)
        return Moves([value for _, value in of_tuned.values()])

    @property
    def spread(self) -> Spread:
        """Return the network whose evaluations, asked alike, differ most."""
        rows = self.rows.assign(bias=self.rows["model"].map(self.bias))
        kinds = [part for _, part in rows.groupby(["checkpoint", "read_out", "prompt_set"]) if len(part) > 1]
        if not kinds:
            none = Missing("no network was evaluated twice and asked alike")
            return Spread(none, none, none)
        widest = max(kinds, key=lambda part: float(part["bias"].max() - part["bias"].min()))
        gap = Value(float(widest["bias"].max() - widest["bias"].min()), scale="difference")
        name = short_names(widest["model"].tolist()[:1], widest["checkpoint"].tolist()[:1])[0]
        return Spread(gap, Text(name), Text(len(widest)))


def encoder_of(checkpoint: str) -> str:
    """Name the image encoder of a checkpoint as open_clip does.

    Examples
    --------
    >>> encoder_of("ViT-L-14-336.openai"), encoder_of("vit_large_patch14_clip_336.openai_ft_in12k_in1k")
    ('ViT-L-14-336', 'ViT-L-14-336')
    """
    encoder = checkpoint.partition(".")[0]
    return ENCODERS.get(encoder, encoder)


def called_clip(checkpoint: str, fine_tuning: str) -> str:
    """Name a CLIP in a row of a figure: its encoder, and what it was fine-tuned on.

    Examples
    --------
    >>> called_clip("ViT-B-32.openai", "none")
    'ViT-B-32'
    >>> called_clip("vit_large_patch14_clip_336.openai_ft_in12k_in1k", "in12k_in1k")
    'ViT-L-14-336, in12k+in1k'
    """
    encoder = encoder_of(checkpoint)
    return encoder if fine_tuning == "none" else f"{encoder}, {fine_tuning.replace('_', '+')}"


def patch_of(encoder: str) -> int | None:
    """Return the pixels along a side of a patch, where the name of the encoder says it.

    Examples
    --------
    >>> patch_of("ViT-L-14-336"), patch_of("EVA02-E-14-plus"), patch_of("RN50")
    (14, 14, None)
    """
    found = re.match(r"(?:ViT|EVA\d\d)-[A-Za-z]+-(\d{1,3})(?:-|$)", encoder)
    return int(found[1]) if found else None


def comparisons_of(rows: pd.DataFrame) -> list[Comparison]:
    """Find every two rows that differ in one of `KINDS`.

    Parameters
    ----------
    rows : DataFrame
        As `Evaluations.rows`; of rows that are alike in all that is recorded, the first counts.
    """
    asked = rows.drop_duplicates(["checkpoint", "read_out", "prompt_set"])
    usual = asked[(asked["group"] == "clip_zero_shot") & (asked["prompt_set"] == USUAL_PROMPTS)]
    return [
        *_of_fine_tuning(usual, asked[asked["group"] == "clip_fine_tuned"]),
        *_of_networks(usual),
        *_of_read_outs(usual),
        *_of_prompts(asked[asked["group"] == "clip_zero_shot"], usual),
    ]


def _of_fine_tuning(usual: pd.DataFrame, tuned: pd.DataFrame) -> Iterator[Comparison]:
    keys = ["encoder", "training_source", "image_size"]
    for row in tuned.merge(usual, on=keys, suffixes=("", "_before")).to_dict("records"):
        alike = row["read_out"] == row["read_out_before"]
        words = called_clip(row["encoder"], row["fine_tuning"])
        words += "" if alike else f" (before: {row['read_out_before']})"
        yield Comparison(TUNED, words, row["model_before"], row["model"], alike)


def _of_networks(usual: pd.DataFrame) -> list[Comparison]:
    """Compare zero-shot CLIPs of one read-out that differ in size, patch, resolution or source."""
    found = []
    for _, alike in usual.groupby("read_out", sort=False):
        for before, after in permutations(alike.to_dict("records"), 2):
            if kind := _difference(before, after):
                words = f"{before['encoder']} to {after['encoder']}"
                if kind == SOURCE:
                    words = (
                        f"{before['encoder']}: {after['training_source']}, not {before['training_source']}"
                    )
                found.append(Comparison(kind, words, before["model"], after["model"]))
    return sorted(found, key=lambda one: KINDS.index(one.kind))


def _difference(before: dict[Hashable, Any], after: dict[Hashable, Any]) -> str | None:
    """Say what `after` has more of than `before`, where that is one thing."""
    if before["training_source"] != after["training_source"]:
        is_later = _place(before["training_source"]) < _place(after["training_source"])
        return SOURCE if is_later and before["encoder"] == after["encoder"] else None
    one, other = (_VIT.fullmatch(row["encoder"]) for row in (before, after))
    if one and other:
        patch, finer = int(one[2]), int(other[2])
        if before["image_size"] != after["image_size"]:
            is_same = one.groups() == other.groups()
            return RESOLUTION if is_same and before["image_size"] < after["image_size"] else None
        if one[1] == other[1]:
            return PATCH if patch > finer else None
        is_larger = _SIZES.find(one[1]) < _SIZES.find(other[1])
        return SIZE if is_larger and patch < _LIKE * finer else None
    shallow, deep = (_RESNET.fullmatch(row["encoder"]) for row in (before, after))
    return SIZE if shallow and deep and int(shallow[1]) < int(deep[1]) else None


def _place(source: str) -> int:
    return list(LINEAGES).index(source) if source in LINEAGES else len(LINEAGES)


def _of_read_outs(usual: pd.DataFrame) -> Iterator[Comparison]:
    by_names = usual[usual["read_out"] == SIXTEEN_NAMES]
    for row in usual[usual["read_out"] == CLASS_MEANS].merge(by_names, on="checkpoint").to_dict("records"):
        yield Comparison(READ_OUT, f"{row['encoder_x']}: 16 names", row["model_x"], row["model_y"])


def _of_prompts(asked: pd.DataFrame, usual: pd.DataFrame) -> Iterator[Comparison]:
    others = asked[asked["prompt_set"] != USUAL_PROMPTS]
    keys = ["checkpoint", "read_out"]
    both = usual.merge(others, on=keys, suffixes=("", "_after"))
    for row in both.sort_values("prompt_set_after", kind="stable", ascending=False).to_dict("records"):
        yield Comparison(PROMPTS, str(row["prompt_set_after"]), row["model"], row["model_after"])


def _bias_by_draw(cube: xr.Dataset) -> pd.DataFrame:
    counts = cube["draw_count"].transpose("draw", "model", "decision")
    shape, texture = (counts.sel(decision=cue).values.astype(float) for cue in ("shape", "texture"))
    return pd.DataFrame(shape / (shape + texture), columns=cube["model"].values)


def _over_images(draws: pd.DataFrame, pair: Comparison, confidence: float) -> Value:
    moved = (draws[pair.after] - draws[pair.before]).to_numpy()
    low, high = centred_interval(moved, confidence)
    return Value(float(moved[0]), float(low), float(high), scale="difference")


def _over_classes(counts: xr.DataArray, pair: Comparison, confidence: float) -> Value:
    """Leave out one class of shapes at a time, of both evaluations at once."""
    both = counts.sel(model=[pair.before, pair.after], decision=["shape", "texture"])
    table = both.transpose("cue_class", "model", "decision").values.astype(float)

    def moved(keep: np.ndarray) -> float:
        hits = table[keep].sum(axis=0)
        before, after = hits[:, 0] / hits.sum(axis=1)
        return float(after - before)

    found = jackknife_over_families(moved, counts["cue_class"].values, confidence=confidence)
    return Value(float(found.estimate), float(found.low), float(found.high), scale="difference")
