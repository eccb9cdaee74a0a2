"""What makes a model: every choice of its training, as one row of a group's file."""

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from clipsafe_engine.lab.training.choices import ARCHITECTURES, LOSSES
from clipsafe_engine.lab.world.sources import source_parts, with_knobs
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.knobs import SourceParts
from clipsafe_utils.registry.toml_tables import Table, checked, entry, fill, read_toml

GROUPS = Path(__file__).parent / "groups"
"""One file a group of models of the zoo."""
EXPERIMENTS = Path(__file__).parent / "experiments"
"""One file an experiment: a question, what would count against us, and models that are in no other group."""


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
    masked: bool = False
    """Whether CLIP's loss leaves out what it else counts as wrong: pairs of two images of one concept."""
    scale: float = _between(0, 100, 0.0)
    """Where CLIP's logit scale starts; 0 means open_clip's 1 / 0.07."""
    scale_held: bool = False
    """Whether the logit scale stays where it starts."""
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
        for name in ("masked", "scale", "scale_held"):
            if not row[name]:  # Weight files from before there was a choice keep their bytes.
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
        If an entry is unknown, of the wrong type or out of range, entries contradict each other, two models
        share a name, or a model starts from one that stands below it.

    Examples
    --------
    >>> [recipe.name for recipe in read_group(GROUPS / "references.toml")]
    ['reference-labels', 'reference-wit']
    """
    table = {"defaults": {}, **read_toml(path)}
    for name in table.keys() - {"defaults", "models"}:
        raise ClipsafeError(f"{path}: has no table {name!r}; expected [defaults] and [[models]].")
    defaults = entry(table, "defaults", dict, str(path))
    recipes: list[Recipe] = []
    for place, row in enumerate(entry(table, "models", list, str(path))):
        where = f"{path}, [[models]] {place + 1}"
        if not isinstance(row, dict):
            raise ClipsafeError(f"{where}: expected a table, got {row!r}.")
        cells = _grid({**defaults, **row, "training_group": path.stem}, where)
        recipes += [_recipe(cell, where) for cell in cells]
    _check_order(recipes, str(path))
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


def world_of(world: World, recipe: Recipe) -> World:
    """Return the world in which a recipe's source has the recipe's captions and knobs.

    Raises
    ------
    ClipsafeError
        If the source, its captions or a knob is unknown, or the recipe needs captions and there are none.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> recipe = Recipe(name="mine", architecture="vit_s", source="wit", loss="clip", captions="name_only")
    >>> world_of(load_world(), recipe).sources["wit"].captions
    ('name_only',)
    """
    parts = source_parts(world, recipe.source)
    if not parts.captions and (recipe.captions or recipe.loss in ("clip", "caption_labels")):
        raise ClipsafeError(f"{recipe.name}: the source {recipe.source!r} has no captions.")
    if recipe.captions:
        if recipe.captions not in world.caption_knobs:
            raise ClipsafeError(f"{recipe.name}, captions: there are none called {recipe.captions!r}.")
        spoken = SourceParts(parts.images, (recipe.captions,) * len(parts.images))
        world = replace(world, sources={**world.sources, recipe.source: spoken})
    return with_knobs(world, recipe.source, **dict(recipe.knobs)) if recipe.knobs else world


def check_description(described: Mapping[str, Any], place: str) -> None:
    """Check what a weight file says of the recipe that made it, by the rules of recipes.

    Parameters
    ----------
    described : mapping
        Entries of `Recipe.described`; others, and those that are missing, are let pass.
    place : str
        The file, for the message.

    Raises
    ------
    ClipsafeError
        If an entry is of the wrong type or out of its range, or no recipe may have such a name or loss.

    Examples
    --------
    >>> check_description({"batch": 1}, "a.safetensors")
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: a.safetensors, batch: expected a number from 2 to 65536, got 1.
    """
    for item in fields(Recipe):
        if item.name == "knobs":
            _check_knobs(described.get("knobs", {}), place)
        elif item.name in described:
            checked(described[item.name], item.type, item.metadata, f"{place}, {item.name}")
    if "loss" in described:
        _check_choice("loss", described["loss"], LOSSES, place)
    if "name" in described:
        _check_name(described["name"], place)


def _grid(row: Mapping[str, Any], place: str) -> list[Table]:
    axes = {name: value for name, value in row.items() if isinstance(value, list)}
    for name, values in axes.items():
        if not values:
            raise ClipsafeError(f"{place}, {name}: expected at least one value in the list.")
    return [{**row, **dict(zip(axes, values, strict=True))} for values in itertools.product(*axes.values())]


def _recipe(cell: Table, place: str) -> Recipe:
    row = dict(cell)
    knobs = row.pop("knobs", {})
    _check_knobs(knobs, place)
    for name in ("name", "start", "average_with"):
        if isinstance(row.get(name), str):
            row[name] = _filled(row[name], cell, f"{place}, {name}")
    recipe = fill(Recipe, row, place)
    _check(recipe, place)
    if recipe.knob and recipe.knob not in {item.name for item in fields(Recipe)} and not knobs:
        if math.isnan(recipe.level):
            raise ClipsafeError(f"{place}: expected the level of the knob {recipe.knob!r}.")
        knobs = {recipe.knob: recipe.level}
    return replace(recipe, knobs=tuple(sorted((name, float(value)) for name, value in knobs.items())))


def _filled(text: str, cell: Table, place: str) -> str:
    images = cell.get("images", Recipe.images)
    known = {**cell, "thousands": f"{images // 1024}k" if isinstance(images, int) else images}
    try:
        return text.format_map(known)
    except (KeyError, IndexError, ValueError, TypeError, AttributeError) as error:
        raise ClipsafeError(f"{place}: {text!r} cannot be filled from the table ({error}).") from error


def _check(recipe: Recipe, place: str) -> None:
    _check_choice("architecture", recipe.architecture, ARCHITECTURES, place)
    _check_choice("loss", recipe.loss, LOSSES, place)
    _check_name(recipe.name, place)
    if recipe.batch > recipe.images:
        raise ClipsafeError(
            f"{place}, batch: {recipe.batch} is more than the {recipe.images} images of {recipe.name!r}."
        )
    averages = recipe.loss == "average"
    if bool(recipe.average_with) != averages or (averages and not recipe.start):
        raise ClipsafeError(f"{place}: the loss 'average', and no other, needs start and average_with.")
    if recipe.loss != "clip" and (recipe.masked or recipe.scale or recipe.scale_held):
        raise ClipsafeError(f"{place}: masked, scale and scale_held belong to the loss 'clip'.")
    if recipe.start and recipe.loss in ("clip", "contrastive"):
        raise ClipsafeError(f"{place}, start: a model with the loss {recipe.loss!r} starts from nothing.")


def _check_choice(name: str, value: str, known: Sequence[str], place: str) -> None:
    if value not in known:
        raise ClipsafeError(f"{place}, {name}: expected one of {', '.join(known)}, got {value!r}.")


def _check_name(name: str, place: str) -> None:
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ClipsafeError(
            f"{place}, name: expected letters, digits, '_', '.' and '-', since files have it; got {name!r}."
        )


def _check_knobs(knobs: object, place: str) -> None:
    if not isinstance(knobs, dict) or any(type(value) not in (int, float) for value in knobs.values()):
        raise ClipsafeError(f"{place}, knobs: expected a table of numbers, got {knobs!r}.")


def _check_order(recipes: Sequence[Recipe], path: str) -> None:
    names = [recipe.name for recipe in recipes]
    for place, recipe in enumerate(recipes):
        if recipe.name in names[:place]:
            raise ClipsafeError(f"{path}: two models are called {recipe.name!r}.")
        for start in (recipe.start, recipe.average_with):
            if start in names[place:]:
                raise ClipsafeError(
                    f"{path}: {recipe.name!r} starts from {start!r}, which must stand above it."
                )
