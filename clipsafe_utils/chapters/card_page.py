"""The page on cards: an example, and what each data set tells of a model."""

from itertools import groupby

import pandas as pd

from clipsafe_utils.cards.making import card
from clipsafe_utils.cards.wording import HEADINGS, cells_of
from clipsafe_utils.importing.recognising import RECORD
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

_EXAMPLE = "ViT-B-32.openai"
_TOLD = (
    ("imagenet-val, decisions", "accuracy, and accuracy on ten visual factors", "Factor robustness"),
    ("imagenet-val, scores", "also calibration and temperature", "Calibration and temperature scaling"),
    ("imagenet-v2, -a, -r, -sketch, objectnet", "accuracy under shift", "Distribution shift"),
    ("cue-conflict", "shape bias", "Shape bias"),
    ("ninco, inaturalist, sun, places, textures", "detection, with imagenet-val", "OOD correlation"),
)
"""What a file tells, and the chapter on it. At equal accuracy needs imagenet-val, too."""


def example() -> Shown:
    """Tabulate the first line of each part of a card.

    Examples
    --------
    >>> "ImageNet" in example().markup
    True
    """
    parts = groupby((cells for _, cells in cells_of(card(RECORD, _EXAMPLE))), key=lambda cells: cells.part)
    rows = [
        dict(zip(HEADINGS, (one.title, one.value, one.place, one.equal, one.use), strict=True))
        for one in (next(cells) for _, cells in parts)
    ]
    return table(pd.DataFrame(rows), f"From the card of {_EXAMPLE}.")


def sets() -> Shown:
    """Tabulate what each file tells, and the chapter that shows the same of many models.

    Examples
    --------
    >>> "cue-conflict" in sets().markup
    True
    """
    columns = ["File", "Lines of the card", "Chapter"]
    return table(pd.DataFrame(_TOLD, columns=columns), "What the files of a folder tell.")
