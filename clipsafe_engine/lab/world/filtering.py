"""Sets that a reference chooses: what it gets wrong (ImageNet-A), what it takes for a class (ImageNet-O).

A reference gives probabilities of the candidates; the rows chosen are kept as data, so that nobody needs the
reference again. A set filtered by one network is hard on its kin, so each set is made twice, by two of them.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clipsafe_engine.lab.world.material import TestSet, counts
from clipsafe_engine.lab.world.ood_sets import fooling_candidates
from clipsafe_engine.lab.world.shifts import adversarial_candidates
from clipsafe_engine.lab.world.world import World
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.files import read_plain, replacing

REFERENCES = ("labels", "wit")
"""Sources of the two references; neither stands in the zoo."""

FILTERED = tuple(f"{kind}_{reference}" for kind in ("adversarial", "fooling") for reference in REFERENCES)

HIGHEST_TRUE_PROBABILITY = 0.15
"""An adversarial image gets at most this for its true class, as in ImageNet-A (Hendrycks et al. 2021)."""


def choose_adversarial(labels: ArrayLike, probabilities: ArrayLike, wanted: int) -> NDArray[np.int64]:
    """Choose the candidates that a reference gets wrong.

    Parameters
    ----------
    labels : array_like of int, shape (candidates,)
        True classes.
    probabilities : array_like of float, shape (candidates, classes)
        What the reference thinks.
    wanted : int
        Images in all; each class gives as many.

    Returns
    -------
    ndarray of int64, shape (wanted,)
        Rows, ascending: of each class the first ones that qualify.

    Raises
    ------
    ValueError
        If the shapes do not agree, or some class has too few images that qualify.

    Examples
    --------
    >>> choose_adversarial([0, 0, 1, 1], [[0.9, 0.1], [0.1, 0.9], [0.95, 0.05], [0.2, 0.8]], wanted=2)
    array([1, 2])
    """
    truth, given = np.asarray(labels), np.asarray(probabilities)
    if given.ndim != 2 or truth.shape != given.shape[:1]:
        raise ValueError(
            f"probabilities: expected one row for each of {len(truth)} labels, got {given.shape}."
        )
    of_truth = given[np.arange(len(truth)), truth]
    qualifies = (given.argmax(axis=1) != truth) & (of_truth <= HIGHEST_TRUE_PROBABILITY)
    each = wanted // given.shape[1]
    chosen = [np.flatnonzero(qualifies & (truth == place))[:each] for place in range(given.shape[1])]
    for place, rows in enumerate(chosen):
        if len(rows) < each:
            raise ValueError(
                f"probabilities: class {place} has {len(rows)} images that qualify; expected {each}."
            )
    return np.sort(np.concatenate(chosen))


def choose_fooling(probabilities: ArrayLike, wanted: int) -> NDArray[np.int64]:
    """Choose the candidates of which a reference is surest.

    Parameters
    ----------
    probabilities : array_like of float, shape (candidates, classes)
        What the reference thinks of images that belong to no class.
    wanted : int
        Images in all.

    Returns
    -------
    ndarray of int64, shape (wanted,)
        Rows, ascending.

    Raises
    ------
    ValueError
        If there are fewer candidates than images wanted.

    Examples
    --------
    >>> choose_fooling([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]], wanted=2)
    array([0, 2])
    """
    surest = np.asarray(probabilities).max(axis=1)
    if len(surest) < wanted:
        raise ValueError(f"probabilities: expected at least {wanted} rows, got {len(surest)}.")
    return np.sort(np.argsort(-surest, kind="stable")[:wanted])


def candidates(world: World, name: str, seed: int) -> TestSet:
    """Return the candidates of a filtered set.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> candidates(load_world(), "fooling_wit", seed=71).name
    'fooling'
    """
    return (adversarial_candidates if name.startswith("adversarial") else fooling_candidates)(world, seed)


def rows_path(world: World, name: str, seed: int) -> Path:
    """Return where the chosen rows of a filtered set are kept.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> rows_path(load_world(), "fooling_wit", seed=71).name
    'fooling_wit-71.json'
    """
    return world.folder / "filtered" / f"{name}-{seed}.json"


def keep_rows(world: World, name: str, seed: int, rows: NDArray[np.int64]) -> Path:
    r"""Write the chosen rows of a filtered set and return the file.

    Raises
    ------
    ClipsafeError
        If the file cannot be written.

    Examples
    --------
    >>> import dataclasses, tempfile
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     world = dataclasses.replace(load_world(), folder=Path(folder))
    ...     keep_rows(world, "fooling_wit", 71, np.arange(3)).read_text()
    '{"rows": [0, 1, 2]}\n'
    """
    path = rows_path(world, name, seed)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps({"rows": rows.tolist()}) + "\n", encoding="utf-8")
    return path


def filtered(world: World, name: str, seed: int) -> TestSet:
    """Make a filtered set from the rows that were kept.

    Raises
    ------
    ClipsafeError
        If no rows were chosen for this seed, or they do not fit the candidates.

    Examples
    --------
    >>> from clipsafe_engine.lab.world.world import load_world
    >>> filtered(load_world(), "fooling_wit", seed=0)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: ...fooling_wit-0.json: no rows were chosen for this seed.
    """
    path = rows_path(world, name, seed)
    if not path.exists():
        raise ClipsafeError(f"{path}: no rows were chosen for this seed.")
    wanted = getattr(counts(world.folder), name.partition("_")[0])
    pool = candidates(world, name, seed)
    try:
        rows = np.array(json.loads(read_plain(path).decode("utf-8"))["rows"], np.int64)
    except (OSError, ValueError, OverflowError, RecursionError, TypeError, KeyError) as error:
        raise ClipsafeError(f"{path}: expected a list 'rows' of whole numbers.") from error
    if (
        rows.shape != (wanted,)
        or (np.diff(rows) <= 0).any()
        or rows.min() < 0
        or rows.max() >= len(pool.labels)
    ):
        raise ClipsafeError(f"{path}: expected {wanted} ascending rows below {len(pool.labels)}.")
    columns = {key: values[rows] for key, values in pool.columns.items()}
    return TestSet(name, pool.parameters.rows(rows), pool.labels[rows], pool.namespace, rows, columns)
