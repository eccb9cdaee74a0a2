"""The page on the format of your own predictions."""

import pandas as pd

from clipsafe_utils.importing.known_sets import CUES, HOME, OBJECTNET, KnownSet, known_sets
from clipsafe_utils.registry.data_sets import data_sets
from clipsafe_utils.registry.label_maps import index_of_wnid
from clipsafe_utils.show.shown import Shown
from clipsafe_utils.show.tables import table

_NAMES = {HOME: "ILSVRC2012_val_00000293.JPEG", CUES: "cat1-dog2.png", OBJECTNET: "alarm_clock/name.png"}
_ORDERS = {HOME: "val-index, imagefolder"}
_V2 = "imagenet-v2-"


def sets() -> Shown:
    """Tabulate the data sets that a file may be of: its name, how its images are named, known orders.

    Examples
    --------
    >>> "imagenet-val" in sets().markup
    True
    """
    titles = {HOME: data_sets()["imagenet"].title}
    titles |= {name: one.title for name, one in data_sets().items()}
    rows = [
        {
            "File": name,
            "Data set": titles[name],
            "Images": f"{one.images:,}",
            "Name of an image": _name(one),
            "Orders without names": _order(one),
        }
        for name, one in known_sets().items()
        if name in titles
    ]
    return table(pd.DataFrame(rows), "Files are named by the data set, with .csv, .parquet or .npz behind.")


def _name(known: KnownSet) -> str:
    if known.name in _NAMES:
        return _NAMES[known.name]
    if known.role == "ood":
        return "any"
    folder = "0" if known.name.startswith(_V2) else list(index_of_wnid())[known.classes[0]]
    return f"{folder}/name.jpg"


def _order(known: KnownSet) -> str:
    if known.role == "ood":
        return "any"
    if known.name == CUES:
        return "none"
    return _ORDERS.get(known.name, "imagefolder" if known.name.startswith(_V2) else "any, with labels")
