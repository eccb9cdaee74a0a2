"""Who may be among the three models to judge, with the evidence that tells them apart."""

import pandas as pd

from clipsafe_utils.chapters.teaching.judge import SUSPECTS, is_known, known_of
from clipsafe_utils.say import percent
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
