"""Three folders of predictions without names, for a class to judge; which is which stands apart.

The record holds counts, not the answers to single images, so these are drawn by chance: as often right as the
network was, and by shape or texture as often as it decided so. Which image is hard is not in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clipsafe_utils.cubes import find_study
from clipsafe_utils.cubes.schema import CLASS_MEANS, CUE_CLASSES, DECISIONS
from clipsafe_utils.importing.known_sets import CUES, HOME, known_sets
from clipsafe_utils.importing.own_model import FILE
from clipsafe_utils.importing.recognising import RECORD
from clipsafe_utils.metrics.cue_decisions import shape_bias
from clipsafe_utils.registry.label_maps import index_of_wnid
from clipsafe_utils.registry.validation_set import validation_labels, validation_name

_T = TypeVar("_T")

KINDS = ("a zero-shot CLIP", "a CLIP fine-tuned on ImageNet", "trained on stylised images")
CLIP, TUNED, STYLISED = KINDS

SETS: Mapping[str, int] = {HOME: 4000, "imagenet-a": 1500, "imagenet-r": 3000, "imagenet-sketch": 4000}
"""Images of each set that a folder answers."""


@dataclass(frozen=True)
class Suspect:
    """A network of the record: what it is, and its rows of the cubes `shape_bias` and `shifts`."""

    kind: str
    cues: str
    shifts: str

    @property
    def name(self) -> str:
        """What the source of its accuracies calls it."""
        return self.shifts.partition(":")[2]


_TUNED = (
    "vit_large_patch14_clip_224.openai_ft_in1k",
    "vit_large_patch14_clip_224.openai_ft_in12k_in1k",
    "vit_large_patch14_clip_336.openai_ft_in12k_in1k",
)
_STYLISED = ("on_SIN", "on_SIN_and_IN", "on_SIN_and_IN_then_finetuned_on_IN")

SUSPECTS = (
    Suspect(CLIP, "thieringer:clip", "open_clip:ViT-B-32-quickgelu.openai"),
    Suspect(CLIP, "thieringer:clip-16", "open_clip:ViT-B-16.openai"),
    Suspect(CLIP, "thieringer:clip-14", "open_clip:ViT-L-14.openai"),
    Suspect(CLIP, "beyond-inet:vit-clip", "open_clip:ViT-B-16.laion400m_e31"),
    *(
        Suspect(TUNED, f"vlm-shapebias:{name}", f"timm:{name}@{name.split('_')[4].split('.')[0]}")
        for name in _TUNED
    ),
    *(
        Suspect(
            STYLISED,
            f"thieringer:resnet50-trained-{name.replace('_', '-')}",
            f"imagenet-testbed:resnet50_trained_{name}",
        )
        for name in _STYLISED
    ),
)
"""Networks with decisions on cue-conflict images, read out alike, and accuracies under shift."""


def lineup(seed: int) -> list[Suspect]:
    """Draw a network of each kind, in an order that says nothing.

    Examples
    --------
    >>> sorted(one.kind for one in lineup(3)) == sorted((CLIP, TUNED, STYLISED))
    True
    """
    random = np.random.default_rng(seed)
    kinds = [[one for one in SUSPECTS if one.kind == kind] for kind in KINDS]
    drawn = [_one_of(kind, random) for kind in kinds]
    return [drawn[place] for place in random.permutation(len(drawn))]


def write_lineup(seed: int, folder: Path) -> list[Suspect]:
    """Write the answers of a line-up as `clipsafe import` reads them: folders `model-1` to `model-3`."""
    random = np.random.default_rng([seed, 1])
    suspects = lineup(seed)
    for number, suspect in enumerate(suspects, 1):
        place = folder / f"model-{number}"
        place.mkdir(parents=True, exist_ok=True)
        said = f'name = "model {number}"\n\n[{CUES}]\nread_out = "{CLASS_MEANS}"\n'
        (place / FILE).write_text(said, encoding="utf-8")
        _cue_answers(suspect, random).to_csv(place / f"{CUES}.csv", index=False)
        for name, images in SETS.items():
            _answers(suspect, name, images, random).to_csv(place / f"{name}.csv", index=False)
    return suspects


def is_known(suspect: Suspect) -> bool:
    """Say whether the record has both readings of a network; a record of few models may not."""
    record = find_study(RECORD)
    cubes = {"shifts": suspect.shifts, "shape_bias": suspect.cues}
    return all(record.has(cube) and row in record.read(cube)["model"] for cube, row in cubes.items())


def known_of(suspect: Suspect) -> dict[str, float]:
    """Return what the record says of a network: accuracy by set, and shape bias."""
    record = find_study(RECORD)
    shifts = record.read("shifts").sel(model=suspect.shifts)
    share = shifts["hits"] / shifts["images"]
    decided = record.read("shape_bias")["count"].sel(model=suspect.cues).sum("cue_class")
    by_shape = shape_bias(decided.sel(decision="shape").item(), decided.sel(decision="texture").item())
    accuracies = {name: float(share.sel(condition=known_sets()[name].condition)) for name in SETS}
    return {**accuracies, "shape bias": by_shape.item()}


def terms() -> list[str]:
    """Return the terms of the numbers by which answers are drawn."""
    record = find_study(RECORD)
    return list(dict.fromkeys(record.read(cube).attrs["licence"] for cube in ("shape_bias", "shifts")))


def _cue_answers(suspect: Suspect, random: np.random.Generator) -> pd.DataFrame:
    """Draw an answer to 75 images of each shape whose texture is of another class, five of each pair."""
    counts = find_study(RECORD).read("shape_bias")["count"].sel(model=suspect.cues)
    rows = []
    for shape in CUE_CLASSES:
        others = [name for name in CUE_CLASSES if name != shape]
        chances = counts.sel(cue_class=shape, decision=list(DECISIONS)).values.astype(float)
        for number in range(1, 6):
            for texture in others:
                decided = random.choice(DECISIONS, p=chances / chances.sum())
                neither = [name for name in others if name != texture]
                answer = {"shape": shape, "texture": texture, "other": _one_of(neither, random)}[decided]
                rows.append((f"{shape}{number}-{texture}1.png", answer))
    return _shuffled(pd.DataFrame(rows, columns=["image", "prediction"]), random)


def _answers(suspect: Suspect, name: str, images: int, random: np.random.Generator) -> pd.DataFrame:
    """Draw answers to images of a set: right by the network's accuracy, else another class of the set."""
    known = known_sets()[name]
    shifts = find_study(RECORD).read("shifts").sel(model=suspect.shifts, condition=known.condition)
    truth, names = _images(name, images, random)
    right = random.random(images) < float(shifts["hits"] / shifts["images"])
    place = np.searchsorted(known.classes, truth)
    other = known.classes[(place + random.integers(1, len(known.classes), images)) % len(known.classes)]
    said = np.where(right, truth, other)
    return _shuffled(pd.DataFrame({"image": names, "prediction": _WNIDS[said]}), random)


_WNIDS = np.array(list(index_of_wnid()))


def _images(name: str, images: int, random: np.random.Generator) -> tuple[NDArray[np.int64], list[str]]:
    """Choose images of ImageNet by number; of other sets the class is known, and a number is made up."""
    if name == HOME:
        chosen = random.choice(len(validation_labels()), images, replace=False)
        return validation_labels()[chosen], [validation_name(number + 1) for number in chosen.tolist()]
    classes = known_sets()[name].classes
    truth = classes[np.arange(images) % len(classes)]
    return truth, [f"{_WNIDS[at]}/{number:05d}.JPEG" for number, at in enumerate(truth.tolist())]


def _one_of(choices: Sequence[_T], random: np.random.Generator) -> _T:
    return choices[int(random.integers(len(choices)))]


def _shuffled(table: pd.DataFrame, random: np.random.Generator) -> pd.DataFrame:
    return table.iloc[random.permutation(len(table))]
