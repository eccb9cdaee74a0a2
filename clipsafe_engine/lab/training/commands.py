"""What `clipsafe train` does."""

from collections.abc import Sequence
from pathlib import Path

from clipsafe_engine.lab.training.ledger import Row
from clipsafe_engine.lab.training.recipe import EXPERIMENTS, Recipe, read_group, read_groups
from clipsafe_engine.lab.training.run import ship, train_group
from clipsafe_utils.errors import ClipsafeError


def train_named_group(
    name: str, only: Sequence[str], folder: Path, jobs: int, weights: Path | None
) -> list[Row]:
    """Train a group, by its name or by its file.

    Parameters
    ----------
    name : str
        A group of the zoo or an experiment, or the path of a file like those in `lab/training/groups`.
    only : sequence of str
        Models to train; none means all. What they start from is trained too.
    folder : Path
        Where to work.
    jobs : int
        Processes of one thread each.
    weights : Path, optional
        Where the repository keeps its weights, if the group is to be put there.

    Raises
    ------
    ClipsafeError
        If there is no such group or model, or its training fails.

    Examples
    --------
    >>> train_named_group("nothing", [], Path("nowhere"), 1, None)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nothing: expected a file or one of the groups ...
    """
    groups = read_groups() | read_groups(EXPERIMENTS)
    if name in groups:
        recipes = groups[name]
    elif Path(name).is_file():
        recipes = read_group(Path(name))
    else:
        raise ClipsafeError(f"{name}: expected a file or one of the groups {', '.join(groups)}.")
    known = {recipe.name: recipe for group in groups.values() for recipe in group}
    known.update((recipe.name, recipe) for recipe in recipes)
    wanted = _wanted(recipes, only, known)
    rows = train_group(wanted, folder, jobs)
    if weights is not None:
        ship(wanted, rows, folder, weights)
    return rows


def _wanted(recipes: Sequence[Recipe], only: Sequence[str], known: dict[str, Recipe]) -> tuple[Recipe, ...]:
    names = {recipe.name for recipe in recipes}
    for name in only:
        if name not in names:
            raise ClipsafeError(f"--only {name}: the group has the models {', '.join(sorted(names))}.")
    ordered: dict[str, Recipe] = {}

    def add(recipe: Recipe) -> None:
        for start in filter(None, (recipe.start, recipe.average_with)):
            if start not in known:
                raise ClipsafeError(f"{recipe.name}: starts from {start!r}, which no group has.")
            add(known[start])
        ordered[recipe.name] = recipe

    for recipe in recipes:
        if not only or recipe.name in only:
            add(recipe)
    return tuple(ordered.values())
