"""Putting a student's models beside the zoo: one study of both, with the same draws of the same images."""

from pathlib import Path

import xarray as xr

from clipsafe_utils.cubes import merge_cubes, read_cube
from clipsafe_utils.cubes.studies import Study
from clipsafe_utils.cubes.yours import PREFIX
from clipsafe_utils.errors import ClipsafeError
from clipsafe_utils.measuring.cubes import write_cubes

CUBES = ("models", "factors", "shape_bias", "shifts", "ood", "calibration", "causes")
"""The cubes of a student's study: those of the zoo but prompts and embeddings."""

_MEASURED = "measured"


def join_study(kept: Study, folder: Path) -> Study:
    """Write the cubes of the zoo with all measured models of a folder.

    Draws are paired: the weights of the images depend on the set and the draw alone, so a model that is
    measured later has the same ones.

    Parameters
    ----------
    kept : Study
        The zoo.
    folder : Path
        Holds `measured`, one folder a model; gets the cubes.

    Raises
    ------
    ClipsafeError
        If the zoo lacks a cube, a model was measured on other sets or with other draws, or a file cannot be
        written. Every cube is made before the first is written.

    Examples
    --------
    >>> from clipsafe_utils.cubes import find_study
    >>> join_study(find_study("published"), Path("nowhere"))
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: nowhere: no model of yours was measured here.
    """
    measured = [path for path in sorted((folder / _MEASURED).glob("*")) if _is_whole(path)]
    if not measured:
        raise ClipsafeError(f"{folder}: no model of yours was measured here.")
    cubes = {}
    for name in CUBES:
        joined = kept.read(name)
        for one in measured:
            joined = _with(joined, read_cube(one / f"{name}.nc"), one)
        cubes[name] = joined.assign_attrs(study=folder.resolve().name)
    write_cubes(cubes, folder)
    return Study(folder.resolve().name, folder)


def refuse_other_study(folder: Path) -> None:
    """Refuse to write over cubes that were not made here, such as the shipped ones.

    Raises
    ------
    ClipsafeError
        If the folder holds cubes but no measured model of a reader's.

    Examples
    --------
    >>> from clipsafe_utils.cubes import find_study
    >>> refuse_other_study(find_study("published").folder)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    clipsafe_utils.errors.ClipsafeError: ...published: holds another study; name a folder of your own.
    """
    if (folder / "models.nc").exists() and not (folder / _MEASURED).exists():
        raise ClipsafeError(f"{folder}: holds another study; name a folder of your own.")


def _is_whole(folder: Path) -> bool:
    return all((folder / f"{name}.nc").is_file() for name in CUBES)


def _with(zoo: xr.Dataset, mine: xr.Dataset, folder: Path) -> xr.Dataset:
    named = [PREFIX + str(model).partition(":")[2] for model in mine["model"].values]
    try:
        joined = merge_cubes(zoo, mine.assign_coords(model=named))
    except ClipsafeError as error:
        raise ClipsafeError(
            f"{folder}: was not measured as the zoo was; delete {folder.parent.parent} and begin again "
            f"({error})"
        ) from error
    for name, values in mine.data_vars.items():
        said = f"{zoo[name].attrs['source']}; and {named[0]}: {values.attrs['source']}"
        joined[name].attrs = {**values.attrs, **joined[name].attrs, "source": said}
    return joined
