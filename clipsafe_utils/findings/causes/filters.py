"""CLIPs of one pool, filtered and not, that are equal in all that is stated; and who has no such twin."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.findings.clip_pairs import Pairs, compare_pairs, encoders_of
from clipsafe_utils.findings.model_pairs import curated_pairs
from clipsafe_utils.findings.shift.clouds import ID, Clouds
from clipsafe_utils.say import Missing, Text, count, listed, points, span

CLIP_LINE = ("clip_zero_shot",)
"""Draws the line for these pairs: that of networks trained on labels ends above the small pools' CLIPs."""

POOLS: Mapping[str, str] = {
    "DataComp-1B": "CommonPool-XL",
    "DataComp-L": "CommonPool-L",
    "DataComp-M": "CommonPool-M",
    "DataComp-S": "CommonPool-S",
    "DFN-2B": "CommonPool-XL",
}
"""Sources that are a pool filtered, beside those that say so by their name."""

SHIFTS = ("r", "sketch")
"""Those for which most pairs have a line."""

LIKE_IMAGENET = ("image", "DataComp")
"""Filters that keep images which look like those of ImageNet (Gadre et al. 2023)."""

_POOL = re.compile(r"(CommonPool-\w+?)(?: \(filter (\w+)\))?")
_BATCH = re.compile(r"_bs?(\d+)k")
_LIKE = 0.05
_NONE = Missing("no study has CLIPs of a pool, filtered and not")


@dataclass(frozen=True, eq=False)
class Filters:
    """Pairs of a CLIP of an unfiltered pool and one of a filter of it."""

    # A row a pair: pool, filter, before, after, encoder, samples_seen, batch, the change of accuracy by set
    # of images, and at equal accuracy with the ending `_at_equal`.
    table: pd.DataFrame
    left_out: pd.DataFrame = field(default_factory=pd.DataFrame)  # checkpoint, and why it has no twin
    of_claim: pd.DataFrame = field(default_factory=pd.DataFrame)  # F20a's pairs: before, after, their batches

    def __bool__(self) -> bool:
        return bool(len(self.table))

    @property
    def pairs(self) -> Text:
        """How many pairs there are."""
        return Text(len(self.table)) if self else _NONE

    @property
    def pools(self) -> Text:
        """The pools, the smallest first."""
        return listed(dict.fromkeys(self.table["pool"])) if self else _NONE

    @property
    def more_accurate(self) -> Text:
        """In how many pairs the filtered one is the more accurate."""
        return count(int((self.table[ID] > 0).sum()), len(self.table)) if self else _NONE

    @property
    def all_more_accurate(self) -> Literal["yes", "no"] | Missing:
        """Whether it is in every pair."""
        return ("yes" if (self.table[ID] > 0).all() else "no") if self else _NONE

    @property
    def rise_at_equal(self) -> Text:
        """In how many pairs accuracy under each of `SHIFTS` rises at equal accuracy."""
        up = self._up_at_equal
        return count(int(up.sum()), len(up)) if len(up) else _NONE

    @property
    def most_rise(self) -> Literal["yes", "no"] | Missing:
        """Whether it does in more than half of them."""
        up = self._up_at_equal
        return ("yes" if up.mean() > 0.5 else "no") if len(up) else _NONE

    def change(self, pool: str = "") -> Text:
        """Return the range of changes of accuracy in distribution, of all pools or of one."""
        return span(self.table[ID][self.table["pool"].str.startswith(pool)], points) if self else _NONE

    def at_equal(self, condition: str, *, like_imagenet: bool) -> Text:
        """Return the range of changes at equal accuracy, of filters that look for ImageNet or of others."""
        return span(self._at_equal(condition, like_imagenet), points)

    @property
    def with_a_line(self) -> Text:
        """The pools for which such changes are known."""
        name = f"{SHIFTS[0]}_at_equal"
        if name not in self.table:
            return _NONE
        return listed(dict.fromkeys(self.table["pool"][self.table[name].notna()]))

    @cached_property
    def unlike(self) -> pd.DataFrame:
        """F20a's pairs whose names state batch sizes that differ."""
        batch = self.of_claim.get(["batch_before", "batch_after"], pd.DataFrame(columns=["batch_before"]))
        differs = (batch.iloc[:, 0] / batch.iloc[:, -1] - 1).abs() > _LIKE
        return self.of_claim[differs]

    @property
    def claim_differs(self) -> Text:
        """How many of F20a's pairs these are."""
        return count(len(self.unlike), len(self.of_claim)) if len(self.of_claim) else _NONE

    @property
    def claim_pairs(self) -> Text:
        """Those pairs in words, with the batch sizes in thousands."""
        return listed(
            f"{row['after']} (batch {row['batch_after']:.0f},000 against {row['batch_before']:.0f},000)"
            for row in self.unlike.to_dict("records")
        )

    @property
    def _up_at_equal(self) -> pd.Series:
        names = [f"{shift}_at_equal" for shift in SHIFTS]
        known = self.table.reindex(columns=names).dropna()
        return (known > 0).all(axis=1)

    def _at_equal(self, condition: str, like_imagenet: bool) -> pd.Series:
        name = f"{condition}_at_equal"
        if name not in self.table:
            return pd.Series(dtype=float)
        return self.table[name][self.table["filter"].isin(LIKE_IMAGENET) == like_imagenet].dropna()


NO_FILTERS = Filters(pd.DataFrame())
"""What there is without such CLIPs."""


def batch_of(checkpoint: str) -> float:
    """Return the batch size that a checkpoint's name states, in thousands; NaN where it states none."""
    stated = _BATCH.search(checkpoint)
    return float(stated[1]) if stated else float("nan")


def filter_pairs(cloud: xr.Dataset) -> Pairs:
    """Pair a CLIP of an unfiltered pool with those of its filters, equal in all that is stated.

    That is encoder, image size, samples seen and batch size, within 5 %. Rows that a source prints twice
    under two names (the same accuracies, digit for digit) are one.
    """
    both = _beside(cloud)
    equal = both[both["why"] == ""].drop_duplicates(["pool", "x", "y"], keep="last")
    return list(zip(equal["model_before"].tolist(), equal["model"].tolist(), strict=True))


def read_filters(clouds: Clouds, confidence: float) -> Filters:
    """Compare filtered pools with the same pools as they are, in a study's clouds."""
    compared = compare_pairs(clouds, filter_pairs, confidence, CLIP_LINE)
    if not compared.sizes["pair"]:
        return NO_FILTERS
    cloud = max(clouds.values(), key=lambda one: one.sizes["model"])
    both = _beside(cloud)
    changes = {
        f"{shift}{ending}": compared[measure].sel(shift=shift).to_series()
        for shift in compared["shift"].values.tolist()
        for measure, ending in (("difference", ""), ("at_equal", "_at_equal"))
    }
    who = both.set_index("checkpoint").loc[compared["pair"].values.tolist()]
    table = who.join(pd.DataFrame(changes)).rename_axis("after").reset_index()
    table = table.rename(columns={"checkpoint_before": "before"})
    order = table[["samples_seen", "filter"]].apply(tuple, axis=1).sort_values().index
    twins = {*table["after"], *_twice(both)}
    return Filters(
        table.loc[order].reset_index(drop=True),
        both[~both["checkpoint"].isin(twins)][["checkpoint", "why"]].drop_duplicates("checkpoint"),
        _of_claim(cloud),
    )


def _twice(both: pd.DataFrame) -> list[str]:
    equal = both[both["why"] == ""]
    return [str(name) for name in equal["checkpoint"][equal.duplicated(["pool", "x", "y"], keep="last")]]


def _beside(cloud: xr.Dataset) -> pd.DataFrame:
    """Set each filtered CLIP beside the unfiltered one of its pool, and say in what the two differ."""
    rows = _of_pools(cloud)
    pool = rows["filter"] == ""
    both = rows[~pool].merge(rows[pool], on="pool", how="left", suffixes=("", "_before"))
    both["why"] = [_why(row) for row in both.to_dict("records")]
    return both


def _why(row: Mapping[Any, Any]) -> str:
    if row["encoder"] != row["encoder_before"] or row["image_size"] != row["image_size_before"]:
        return "no CLIP of the unfiltered pool has its encoder and image size"
    for name, title in (("samples_seen", "samples seen"), ("batch", "batch size")):
        ratio = row[name] / row[f"{name}_before"]
        if np.isnan(ratio):
            return f"{title}: not stated"
        if abs(ratio - 1) > _LIKE:
            return f"{title}: unlike"
    return ""


def _of_pools(cloud: xr.Dataset) -> pd.DataFrame:
    clips = cloud.isel(model=(cloud["group"] == "clip_zero_shot").values)
    columns = ["checkpoint", "training_source", "image_size", "samples_seen", "x", "y"]
    rows = clips[columns].to_dataframe().rename_axis("model").reset_index()
    rows = rows.assign(encoder=encoders_of(clips), batch=rows["checkpoint"].map(batch_of))
    parts = [_parts(source) for source in rows["training_source"]]
    rows["pool"], rows["filter"] = ([part[place] for part in parts] for place in (0, 1))
    return rows[rows["pool"] != ""].sort_values("checkpoint")


def _parts(source: str) -> tuple[str, str]:
    """Return the pool of a training source and its filter, empty where there is none."""
    if source in POOLS:
        return POOLS[source], source.split("-")[0]
    named = _POOL.fullmatch(source)
    return (named[1], named[2] or "") if named else ("", "")


def _of_claim(cloud: xr.Dataset) -> pd.DataFrame:
    checkpoint = dict(zip(cloud["model"].values.tolist(), cloud["checkpoint"].values.tolist(), strict=True))
    pairs = [(checkpoint[before], checkpoint[after]) for before, after in curated_pairs(cloud)]
    rows = [(*pair, *map(batch_of, pair)) for pair in pairs]
    return pd.DataFrame(rows, columns=["before", "after", "batch_before", "batch_after"])
