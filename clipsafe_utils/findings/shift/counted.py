"""Scores of every image, counted by bins: what detection is made of, for the CLIPs of which it is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from clipsafe_utils.cubes import Study
from clipsafe_utils.cubes.schema import ID_SET
from clipsafe_utils.findings.shift.detection import sets_chosen
from clipsafe_utils.metrics.arguments import Array
from clipsafe_utils.metrics.ood import RECALL
from clipsafe_utils.parameters import CheckedParameters
from clipsafe_utils.registry.model_names import short_names
from clipsafe_utils.say import Missing, Text, percent, span

Counts = NDArray[np.int64]
_NOBODY = Missing("the scores of single images were not counted")
_TOGETHER = 10
"""Bins of the cube in one of a figure."""
_ROUNDING = 1e-6
_RATES = ("fpr95_id_positive", "fpr95_ood_positive")


@dataclass(frozen=True, eq=False)
class Counted:
    """How many images have which score, network by network and set by set."""

    score: str = ""
    known: Mapping[str, Counts] = field(default_factory=dict)  # by network, from low scores to high
    unknown: Mapping[tuple[str, str], Counts] = field(default_factory=dict)  # by network and set
    ends: Mapping[str, Array] = field(default_factory=dict)  # the lower ends of a network's bins
    # AUROC and both rates of all scores, as the cube has them, by network and set.
    stated: Mapping[tuple[str, str], Mapping[str, float]] = field(default_factory=dict)

    @property
    def pairs(self) -> dict[tuple[str, str], tuple[Counts, Counts]]:
        """The counts of known and of unknown images, by network and set."""
        return {(name, ood_set): (self.known[name], own) for (name, ood_set), own in self.unknown.items()}

    @property
    def networks(self) -> Sequence[str]:
        """Whose scores are counted."""
        return list(self.known)

    @cached_property
    def hardest(self) -> str | Missing:
        """The set with the lowest AUROC on the mean over networks."""
        if not self.stated:
            return _NOBODY
        areas: dict[str, list[float]] = {}
        for (_, ood_set), values in self.stated.items():
            areas.setdefault(ood_set, []).append(values["auroc"])
        return min(areas, key=lambda ood_set: float(np.mean(areas[ood_set])))

    def thresholds(self, network: str, ood_set: str) -> tuple[float, float]:
        """Return the score from which images pass as 95 % of the known ones do, and below which they fail.

        Below the second lie 95 % of the unknown ones.
        """
        known, unknown = self.pairs[network, ood_set]
        ends = self.ends[network]
        kept = known[::-1].cumsum()[::-1] / known.sum()
        caught = unknown.cumsum() / unknown.sum()
        first_above = int(np.argmax(caught >= RECALL)) + 1
        return float(ends[np.count_nonzero(kept >= RECALL) - 1]), float(ends[min(first_above, ends.size - 1)])

    def heap(self, network: str, image_set: str) -> tuple[Array, Array]:
        """Return the middles of bins wide enough to be drawn, and the share of a set's images in each."""
        counts = self.known[network] if image_set == ID_SET else self.unknown[network, image_set]
        ends = self.ends[network]
        width = _TOGETHER * np.median(np.diff(ends))  # A few bins are narrower: those cut at a threshold.
        place = np.floor((ends - ends[0]) / width + _ROUNDING).astype(int)
        middles = ends[0] + width * (np.arange(place[-1] + 1) + 0.5)
        return middles, np.bincount(place, weights=counts) / counts.sum()

    @property
    def recall(self) -> Text:
        """The share of images at which both rates are read."""
        return percent(RECALL, 0)

    @property
    def accepted(self) -> Text:
        """The share of the hardest set that passes where 95 % of the known images do, over networks."""
        shares = [values[_RATES[0]] for (_, one), values in self.stated.items() if one == self.hardest]
        return span(shares, percent)

    @property
    def most_apart(self) -> Text:
        """Both rates of the network and set where they are furthest apart, and which it is."""
        if not self.stated:
            return _NOBODY
        rates = {pair: [values[name] for name in _RATES] for pair, values in self.stated.items()}
        network, ood_set = max(rates, key=lambda pair: float(np.ptp(rates[pair])))
        said = " and ".join(map(percent, rates[network, ood_set]))
        return Text(f"{said} ({network} on {ood_set.replace('_', ' ')})")


def count_scores_of(study: Study, chosen: CheckedParameters) -> Counted:
    """Read the counts of a study's zero-shot networks, where it has them, on the sets that were asked for."""
    cube, models = study.read("ood"), study.read("models")
    if "score_count" not in cube:
        return Counted()
    shown = models["model"].values[np.isin(models["group"].values, list(chosen.groups))]
    rows = [name for name in cube["scored_model"].values.tolist() if name in shown and name in cube["model"]]
    sets = [name for name in sets_chosen(cube, chosen.ood_sets) if name in cube["image_set"]]
    if not (rows and sets):
        return Counted()
    # Networks of one figure are counted by one score, which is that of the first.
    score = str(cube["counted_score"].sel(scored_model=rows[0]).values)
    rows = [name for name in rows if cube["counted_score"].sel(scored_model=name) == score]
    names = short_names(rows, models["checkpoint"].sel(model=rows).values.tolist())
    called = dict(zip(names, rows, strict=True))

    def counts(row: str, image_set: str) -> Counts:
        return cube["score_count"].sel(scored_model=row, image_set=image_set).values.astype(np.int64)

    unknown = {(name, one): counts(row, one) for name, row in called.items() for one in sets}
    stated = {
        (name, one): {
            measure: float(cube[measure].isel(draw=0).sel(model=called[name], score=score, ood_set=one))
            for measure in ("auroc", *_RATES)
        }
        for name, one in unknown
    }
    ends = {name: cube["score_from"].sel(scored_model=row).values for name, row in called.items()}
    return Counted(score, {name: counts(row, ID_SET) for name, row in called.items()}, unknown, ends, stated)
