"""What makes a model: every choice of its training, as one row of a group's file."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.lab.training.choices import ARCHITECTURES, LOSSES
from clipsafe_utils.lab.world.tables import Table, entry, fill, read_toml

GROUPS = Path(__file__).parent / "groups"
"""One file a group of models."""


def _between(low: float, high: float, default: Any) -> Any:
    return field(metadata={"low": low, "high": high}, default=default)


@dataclass(frozen=True)
class Recipe:
    """One model of the zoo.

    Examples
    --------
    >>> recipe = Recipe(name="mine", architecture="resnet_xs", source="wit", loss="clip")
    >>> recipe.epochs, recipe.rate
    (4, 0.003)
    """

    name: str
    architecture: str
    source: str
    """Training source; see `sources.toml`."""
    loss: str
    """One of `LOSSES`."""
    images: int = _between(256, 1_000_000, 65_536)
    """Images of the source."""
    samples: int = _between(256, 100_000_000, 262_144)
    """Images seen in training, repeats counted."""
    seed: int = _between(0, 1_000_000, 0)
    """Of the initial weights and of the order of the images; the images are the same for all seeds."""
    batch: int = _between(2, 65_536, 256)
    learning_rate: float = _between(0, 1, 0.0)
    """Largest learning rate; 0 means the usual one of loss and architecture."""
    captions: str = ""
    """Captions of another name than the source's own; see `[captions.*]` of `sources.toml`."""
    start: str = ""
    """Model to begin from."""
    average_with: str = ""
    """For the loss `average`: the second of the two models whose weights are averaged."""
    knobs: tuple[tuple[str, float], ...] = ()
    """Knobs of the source that stand elsewhere."""
    training_group: str = ""
    """The file that the recipe stands in."""
    group: str = ""
    """Group of models in the cubes; empty for what is in none of their populations."""
    rung: str = ""
    """Rung of the ladder."""
    knob: str = ""
    """What is varied, where one thing is."""
    level: float = _between(-math.inf, math.inf, math.nan)
    """Where it stands."""
    shipped: bool = False
    """Whether the weights are part of the repository."""

    @property
    def epochs(self) -> int:
        """Passes through the images."""
        return max(1, self.samples // self.images)

    @property
    def rate(self) -> float:
        """Largest learning rate."""
        if self.learning_rate:
            return self.learning_rate
        if self.loss in ("clip", "contrastive"):
            return 3e-3 if self.architecture.startswith("resnet") else 2e-3
        return 2e-3

    @property
    def decay(self) -> float:
        """Weight decay."""
        return 0.05 if self.loss in ("labels", "caption_labels") and not self.start else 0.1

    def described(self) -> dict[str, Any]:
        """Return the recipe as JSON can hold it, without what has no bearing on the weights."""
        row = asdict(self)
        for name in ("training_group", "group", "rung", "knob", "level", "shipped"):
            del row[name]
        row["knobs"] = dict(self.knobs)
        return row


def read_group(path: Path) -> tuple[Recipe, ...]:
    """Read the models of a group, in the order of their training.

    Each table `[[models]]` stands for one model, or for a grid of them: an entry that is a list is an axis of
    the grid. The table `[defaults]` holds for all, and `{entry}` in a name is replaced.

    Raises
    ------
    ClipsafeError
        If an entry is unknown, of the wrong type or out of range, two models share a name, or a model starts
        from one that does not stand before it or in another group.

    Examples
    --------
    >>> [recipe.name for recipe in read_group(GROUPS / "references.toml")]
    ['reference-labels', 'reference-wit']
    """
    table = read_toml(path)
    defaults = table.get("defaults", {})
    recipes = []
    for place, row in enumerate(entry(table, "models", list, str(path))):
        where = f"{path}, [[models]] {place + 1}"
        if not isinstance(row, dict):
            raise ClipsafeError(f"{where}: expected a table, got {row!r}.")
        recipes += [_recipe(cell, where) for cell in _grid({"training_group": path.stem, **defaults, **row})]
    names = [recipe.name for recipe in recipes]
    for name in names:
        if names.count(name) > 1:
            raise ClipsafeError(f"{path}: {names.count(name)} models are called {name!r}.")
    return tuple(recipes)


def read_groups(folder: Path = GROUPS) -> dict[str, tuple[Recipe, ...]]:
    """Read all groups of a folder, by name.

    Raises
    ------
    ClipsafeError
        If a group is malformed, two models of different groups share a name, or a start is unknown.

    Examples
    --------
    >>> "references" in read_groups()
    True
    """
    groups = {path.stem: read_group(path) for path in sorted(folder.glob("*.toml"))}
    owner: dict[str, str] = {}
    for group, recipes in groups.items():
        for recipe in recipes:
            if recipe.name in owner:
                raise ClipsafeError(
                    f"{folder}: {owner[recipe.name]} and {group} both have a model {recipe.name!r}."
                )
            owner[recipe.name] = group
    for recipe in itertools.chain(*groups.values()):
        for start in filter(None, (recipe.start, recipe.average_with)):
            if start not in owner:
                raise ClipsafeError(f"{folder}: {recipe.name!r} starts from {start!r}, which no group has.")
    return groups


def _grid(row: Mapping[str, Any]) -> list[Table]:
    axes = {name: value for name, value in row.items() if isinstance(value, list)}
    return [{**row, **dict(zip(axes, values, strict=True))} for values in itertools.product(*axes.values())]


def _recipe(cell: Table, place: str) -> Recipe:
    row = dict(cell)
    knobs = row.pop("knobs", {})
    if not isinstance(knobs, dict) or not all(isinstance(value, int | float) for value in knobs.values()):
        raise ClipsafeError(f"{place}, knobs: expected a table of numbers, got {knobs!r}.")
    for name in ("name", "start", "average_with"):
        if isinstance(row.get(name), str):
            row[name] = _filled(row[name], cell, f"{place}, {name}")
    if row.get("knob") and row["knob"] not in {item.name for item in fields(Recipe)} and not knobs:
        knobs = {row["knob"]: row.get("level")}
    recipe = fill(Recipe, row, place)
    for name, value, known in (
        ("architecture", recipe.architecture, ARCHITECTURES),
        ("loss", recipe.loss, LOSSES),
    ):
        if value not in known:
            raise ClipsafeError(f"{place}, {name}: expected one of {', '.join(known)}, got {value!r}.")
    return _with_knobs(recipe, knobs)


def _filled(text: str, cell: Table, place: str) -> str:
    try:
        return text.format(**cell, thousands=f"{cell.get('images', 65_536) // 1024}k")
    except (KeyError, IndexError, ValueError) as error:
        raise ClipsafeError(f"{place}: {text!r} names {error}, which the table lacks.") from error


def _with_knobs(recipe: Recipe, knobs: Mapping[str, float]) -> Recipe:
    row = {item.name: getattr(recipe, item.name) for item in fields(Recipe)}
    row["knobs"] = tuple(sorted((name, float(value)) for name, value in knobs.items()))
    return Recipe(**row)
