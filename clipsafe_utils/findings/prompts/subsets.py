"""Random subsets of the templates: how much one choice of sentences differs from another of equal number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from clipsafe_utils.findings.prompts.embedded import MEASURED, KeptImages
from clipsafe_utils.findings.prompts.sets import NUMBERS
from clipsafe_utils.say import Missing, Said, Text, Value

SIZES = (1, 2, 5, 10)
"""Templates in a subset; the last number of a figure is all of them."""

COLUMNS = ["source", "templates", "subset", "property", "value"]
_NO_TENS = "there are no subsets of ten"


@dataclass(frozen=True)
class Subsets:
    """How much one choice of templates differs from another of equal number, on kept images."""

    pool: Text  # templates that are drawn from
    known: Text  # images
    unknown: Text
    one: Mapping[str, Said]  # by property, the largest standard deviation of a source over single templates
    ten: Mapping[str, Said]  # the same over subsets of ten
    mean: Said  # how far the mean over subsets of ten is at most from that over single templates

    @property
    def narrows(self) -> Literal["yes", "no"] | Missing:
        """Whether ten templates differ less than one, in every property."""
        narrower = []
        for name, one in self.one.items():
            ten = self.ten[name]
            if isinstance(one, Missing) or isinstance(ten, Missing):
                return Missing(_NO_TENS)
            narrower.append(ten.estimate < one.estimate)
        return "yes" if all(narrower) else "no"


def pool_of(embeddings: xr.Dataset) -> list[str]:
    """Return the kept templates of sets that differ in number alone."""
    if "template_set" not in embeddings:
        return []
    sets = embeddings["template_set"].values.astype(str)
    kept = embeddings["template"].values[np.isin(sets, list(NUMBERS))]
    return [str(template) for template in kept]


def draw_subsets(
    pool: Sequence[str], templates: int, n_subsets: int, rng: np.random.Generator
) -> list[tuple[str, ...]]:
    """Return different subsets of some templates; all of them where there are no more."""
    if comb(len(pool), templates) <= n_subsets:
        return list(combinations(pool, templates))
    drawn: dict[tuple[int, ...], None] = {}
    while len(drawn) < n_subsets:
        chosen = rng.choice(len(pool), templates, replace=False)
        drawn[tuple(np.sort(chosen).tolist())] = None
    return [tuple(pool[place] for place in places) for places in drawn]


def subset_changes(embeddings: xr.Dataset, models: xr.Dataset, n_subsets: int, seed: int) -> pd.DataFrame:
    """Return how random subsets of the pool, the same for every model, differ from the usual set.

    Columns source, templates (in a subset), subset, property and value: the change, averaged over the models
    of a source. Empty where single templates were not kept.
    """
    pool = pool_of(embeddings)
    if not pool:
        return pd.DataFrame(columns=COLUMNS)
    rng = np.random.default_rng(seed)
    sizes = [*(size for size in SIZES if size < len(pool)), len(pool)]
    subsets = [one for size in sizes for one in enumerate(draw_subsets(pool, size, n_subsets, rng))]
    source_of = models["training_source"].to_series()
    rows = []
    for model in embeddings["model"].values.astype(str).tolist():
        kept = KeptImages(embeddings, model)
        usual = kept.measure(kept.usual)
        for number, subset in subsets:
            measures = kept.measure_templates(subset)
            place = (source_of[model], len(subset), number)
            rows += [(*place, name, (measures[name] - usual[name]).item()) for name in MEASURED]
    changes = pd.DataFrame(rows, columns=COLUMNS)
    return changes.groupby(COLUMNS[:-1], sort=False)["value"].mean().reset_index()


def spread(changes: pd.DataFrame) -> pd.DataFrame:
    """Return how far subsets of equal number lie apart: source, property, templates and spread."""
    by_size = changes.groupby(["source", "property", "templates"], sort=False)["value"]
    return by_size.std(ddof=1).dropna().rename("spread").reset_index()


def summarise_subsets(cube: xr.Dataset, table: pd.DataFrame) -> Subsets:
    """Return how far subsets lie apart; `table` is as of `subset_changes`."""
    widest = spread(table).groupby(["property", "templates"])["spread"].max()
    means = table.groupby(["property", "source", "templates"])["value"].mean().unstack()

    def of_size(size: int) -> dict[str, Said]:
        none = Missing(f"there are no subsets of {size}")
        return {
            name: Value(float(widest[name, size]), scale="difference") if (name, size) in widest else none
            for name in MEASURED
        }

    moved = (means[10] - means[1]).abs().max() if {1, 10} <= set(means) else np.nan
    known = int((cube["label"].values >= 0).sum())
    return Subsets(
        Text(len(pool_of(cube))),
        Text(f"{known:,}"),
        Text(f"{cube.sizes['image'] - known:,}"),
        of_size(1),
        of_size(10),
        Value(float(moved), scale="difference") if np.isfinite(moved) else Missing(_NO_TENS),
    )
