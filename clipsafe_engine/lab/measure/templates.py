"""Templates that differ in what they say beside those that say the same: single ones and averages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xarray as xr

from clipsafe_engine.lab.text_towers import read_templates
from clipsafe_engine.lab.world.prompts import read_prompt_sets
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.findings.prompts.embedded import MEASURED, KeptImages
from clipsafe_utils.findings.prompts.subsets import draw_subsets
from clipsafe_utils.measuring.cubes import Facts, describe
from clipsafe_utils.metrics.draws import REPLICATES
from clipsafe_utils.registry.toml_tables import fill, read_toml

FROZEN = Path(__file__).parent / "content.toml"
"""The question, what counts against us, and the templates that differ in what they say."""

SAME, CONTENT = "same words", "other content"
"""The eighty templates of the world that differ in number and order of words alone, and those of `FROZEN`."""

REASONS = {("templates", "subset_value"): "fewer subsets of this size were drawn"}
"""Why a value is missing."""


@dataclass(frozen=True)
class Frozen:
    """What was settled before a text tower read any of the templates.

    Examples
    --------
    >>> frozen = Frozen.read()
    >>> len(frozen.templates), frozen.sizes
    (80, (1, 5, 20, 80))
    """

    seed: int
    sizes: tuple[int, ...]
    subsets: int = field(metadata={"low": 1})
    templates: tuple[str, ...]

    @classmethod
    def read(cls) -> "Frozen":
        """Read `FROZEN`."""
        return fill(cls, read_toml(FROZEN), str(FROZEN))

    def subsets_of(self, pool: Sequence[str]) -> dict[int, list[tuple[str, ...]]]:
        """Return, by size, random subsets of some templates: each template once as the subsets of one."""
        rng = np.random.default_rng(self.seed)
        number = {size: len(pool) if size == 1 else self.subsets for size in self.sizes}
        return {size: draw_subsets(pool, size, number[size], rng) for size in self.sizes}


def measure_templates(
    embeddings: xr.Dataset, world: World, weights: Path, facts: Facts, replicates: int = REPLICATES
) -> xr.Dataset:
    """Measure every CLIP whose embeddings are kept under subsets of both pools of templates.

    Parameters
    ----------
    embeddings : Dataset
        The cube `embeddings`.
    world : World
        The world whose words the templates are made of.
    weights : Path
        Folder of the weights, for the text towers.
    facts : Facts
        What the cube says of itself.
    replicates : int
        Draws of the kept images.

    Returns
    -------
    Dataset
        The cube `templates`.

    Raises
    ------
    ClipsafeError
        As in `read_templates`.
    """
    frozen = Frozen.read()
    pools = {SAME: read_prompt_sets(world)["eighty"], CONTENT: frozen.templates}
    subsets = {pool: frozen.subsets_of(templates) for pool, templates in pools.items()}
    models = embeddings["model"].values.astype(str).tolist()
    measured = [_of_model(embeddings, model, weights, subsets, replicates) for model in models]
    cube = xr.concat(measured, "model").assign_coords(model=models)
    cube["template"] = ("pool", "subset"), [list(templates) for templates in pools.values()]
    return describe(cube, "templates", facts)


def _of_model(
    embeddings: xr.Dataset,
    model: str,
    weights: Path,
    subsets: Mapping[str, Mapping[int, Sequence[tuple[str, ...]]]],
    replicates: int,
) -> xr.Dataset:
    kept = KeptImages(embeddings, model, replicates)
    wanted = list(dict.fromkeys(template for by_size in subsets.values() for (template,) in by_size[1]))
    kept.singles = read_templates(model, wanted, weights)
    most = max(len(each) for by_size in subsets.values() for each in by_size.values())
    by_pool = []
    for by_size in subsets.values():
        columns = []
        for each in by_size.values():
            values = np.full((most, len(MEASURED), 1 + replicates), np.nan)
            for place, subset in enumerate(each):
                values[place] = list(kept.measure_templates(subset).values())
            columns.append(values)
        by_pool.append(columns)
    table = np.array(by_pool)  # pool, size, subset, property, draw
    usual = np.array(list(kept.measure(kept.usual).values()))
    return xr.Dataset(
        {
            "mean": (("pool", "size", "property", "draw"), np.nanmean(table, axis=2)),
            "subset_value": (("pool", "size", "subset", "property"), table[..., 0]),
            "usual": (("property", "draw"), usual),
        },
        {
            "pool": list(subsets),
            "size": [str(size) for size in subsets[SAME]],
            "property": list(MEASURED),
            "draw": range(1 + replicates),
            "subset": range(most),
        },
    )
