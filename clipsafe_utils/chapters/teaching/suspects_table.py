"""Who may be among the three models to judge, with the evidence that tells them apart."""

from dataclasses import dataclass
from itertools import product

import pandas as pd

from clipsafe_utils.chapters.teaching.judge import CLIP, STYLISED, SUSPECTS, TUNED, is_known, known_of
from clipsafe_utils.say import Text, count, listed, nothing, percent, span
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

_TITLES = {
    "imagenet-val": "ImageNet",
    "imagenet-r": "ImageNet-R",
    "imagenet-a": "ImageNet-A",
    "imagenet-sketch": "Sketch",
    "shape bias": "Shape bias",
}


def judge_table() -> Shown:
    """Tabulate what the record says of every network that a line-up may hold."""
    rows = []
    for suspect in filter(is_known, SUSPECTS):
        known = known_of(suspect)
        numbers = {title: percent(known[name]) for name, title in _TITLES.items()}
        rows.append({"What": suspect.kind, "Network": suspect.name} | numbers)
    if not rows:
        return Shown("<p>The record here has none of the networks that a line-up may hold.</p>")
    caption = "The networks of which three are drawn: accuracy by set, and shape bias, by the record."
    return table(pd.DataFrame(rows), caption)


@dataclass(frozen=True)
class SortingByShape:
    """How far shape bias alone tells the kinds apart."""

    right: Text  # Variants that the rule of chapter 2 sorts: stylised above zero-shot above fine-tuned.
    clips: Text
    tuned: Text
    stylised: Text


def sorting_by_shape() -> SortingByShape:
    """Say what shape bias each kind of network has, and how many variants the rule of chapter 2 sorts."""
    stylised, clips, tuned = (
        [known_of(one)["shape bias"] for one in SUSPECTS if one.kind == kind and is_known(one)]
        for kind in (STYLISED, CLIP, TUNED)
    )
    if not (stylised and clips and tuned):
        return nothing(SortingByShape, "the record here lacks a kind of network that a line-up holds")
    variants = list(product(stylised, clips, tuned))
    right = sum(first > second > third for first, second, third in variants)
    return SortingByShape(
        count(right, len(variants)),
        span(clips, percent),
        span(tuned, percent),
        listed(percent(share) for share in sorted(stylised)),
    )
