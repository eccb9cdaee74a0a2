"""Who the networks of the record are: group, family, training source and weights, by rules.

The rules stand in ``networks.csv``, one a line: a source, a pattern that must match the whole name that the
source uses, and what holds for every row that it matches; family and checkpoint may refer to parts of the match.
The first matching rule decides.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from clipsafe_utils.errors import ClipsafeError


@dataclass(frozen=True)
class Network:
    """One row of the record: what is known of the network behind it."""

    model: str
    group: str
    family: str
    architecture: str
    training_source: str
    pretraining: str
    checkpoint: str
    reference: str


_IMAGENET_X = "ImageNet-X (Idrissi et al. 2023)"
_TEXTURE_VS_SHAPE = "texture-vs-shape (Geirhos et al. 2019)"
REFERENCES = {
    "imagenet-x-images": f"{_IMAGENET_X}, per-image predictions",
    "imagenet-x-testbed": f"{_IMAGENET_X}, table of the ImageNet testbed (Taori et al. 2020)",
    "imagenet-x-toolbox": f"{_IMAGENET_X}, table of model-vs-human (Geirhos et al. 2021)",
    "texture-vs-shape": f"{_TEXTURE_VS_SHAPE}, cue-conflict experiment",
    "texture-vs-shape-trained": f"{_TEXTURE_VS_SHAPE}, cue-conflict experiment, further networks",
}
"""The sources of the record. Their order is the order of preference among rows of one checkpoint."""


def describe(source: str, name: str) -> Network:
    """Look a network up by the rules.

    Parameters
    ----------
    source : str
        A key of `REFERENCES`.
    name : str
        The name that the source uses.

    Returns
    -------
    Network
        Its `model` is ``source:name``; its `checkpoint` joins rows that hold the same weights. The
        testbed's own names are checkpoint names; others are joined to them where a rule says so.

    Raises
    ------
    ClipsafeError
        If no rule matches, so that a new row is never filed by accident.

    Examples
    --------
    >>> describe("imagenet-x-toolbox", "clip").checkpoint
    'ViT-B-32.openai'
    """
    for rule in _rules():
        match = re.fullmatch(rule["pattern"], name) if rule["source"] == source else None
        if match:
            own_name = name if source == "imagenet-x-testbed" else f"{source}:{name}"
            return Network(
                model=f"{source}:{name}",
                group=rule["group"],
                family=match.expand(rule["family"]),
                architecture=rule["architecture"],
                training_source=rule["training_source"],
                pretraining=rule["pretraining"],
                checkpoint=match.expand(rule["checkpoint"]) or own_name,
                reference=REFERENCES[source] + (f"; {rule['note']}" if rule["note"] else ""),
            )
    raise ClipsafeError(f"networks.csv: no rule matches '{name}' of the source {source}.")


def training_images(training_sources: Iterable[str]) -> list[float]:
    """Return the number of images of each training source; NaN where no source states it.

    Examples
    --------
    >>> training_images(["WIT", "not stated"])
    [400000000.0, nan]
    """
    counts = {row["training_source"]: float(row["images"]) for row in _table("training_sources.csv")}
    return [counts.get(name, float("nan")) for name in training_sources]


@cache
def _rules() -> list[dict[str, str]]:
    return _table("networks.csv")


def _table(name: str) -> list[dict[str, str]]:
    text = files("clipsafe_utils.record").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
