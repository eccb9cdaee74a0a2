"""Who may be among the three models to judge, with the evidence that tells them apart."""

import pandas as pd

from clipsafe_utils.chapters.teaching.judge import SUSPECTS, known_of
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
    for suspect in SUSPECTS:
        known = known_of(suspect)
        numbers = {title: percent(known[name]) for name, title in _TITLES.items()}
        rows.append({"What": suspect.kind, "Network": suspect.name} | numbers)
    caption = "The networks of which three are drawn: accuracy by set, and shape bias, by the record."
    return table(pd.DataFrame(rows), caption)
