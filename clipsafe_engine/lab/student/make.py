"""A student's study against the shipped one: what the command and the notebook both do."""

from pathlib import Path

from clipsafe_engine.lab.student.change import Change, recipe_of
from clipsafe_engine.lab.student.join import refuse_other_study
from clipsafe_engine.lab.student.own_world import read_own_world
from clipsafe_engine.lab.world.material import seed_called
from clipsafe_utils.cubes.studies import Study, find_study
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.registry.drawn_world import DATA

ZOO = "miniature"
"""The study to stand beside."""

TEST_SETS_OF = "reported"
"""Name of the seed of its test sets."""


def make_mine(change: Change, folder: Path, jobs: int = 2) -> Study:
    """Train and measure a model, and put it beside the shipped zoo; see `make_study`.

    Parameters
    ----------
    change : Change
        What to change in the world.
    folder : Path
        Of the study.
    jobs : int
        Processes of one thread each.

    Raises
    ------
    ClipsafeError
        If the extra `models` is not installed, the folder holds another study, or as in `make_study`.

    Examples
    --------
    >>> make_mine(Change({"texture_correlation": 2.0}), Path("mine"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: texture_correlation=2.0: ...; expected a number from 0 to 1.
    """
    # Mistakes are told before torch is loaded.
    refuse_other_study(folder)
    recipe_of(read_own_world(change.world), change)
    try:
        from clipsafe_engine.lab.student.study import Tests, make_study
    except ModuleNotFoundError as error:
        raise ClipsafeError(
            f"Module '{error.name}' is not installed; training needs it: pip install 'clipsafe[models]'."
        ) from error
    tests = Tests(seed_called(DATA, TEST_SETS_OF), find_study(ZOO))
    return make_study(change, folder, tests, jobs)
