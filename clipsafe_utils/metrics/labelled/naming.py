"""What the labelled metrics share: how a result is described, and how an unknown name is refused."""

from collections.abc import Iterable

import xarray as xr


def described(array: xr.DataArray, long_name: str) -> xr.DataArray:
    """Return the array with no attributes but a long name and the unit 1: shares, counts and truth values.

    Examples
    --------
    >>> described(xr.DataArray(0.5, attrs={"source": "x"}), "Accuracy").attrs
    {'long_name': 'Accuracy', 'units': '1'}
    """
    return array.drop_attrs().assign_attrs(long_name=long_name, units="1")


def refuse_unknown(name: str, wanted: Iterable[str], known: Iterable[str]) -> None:
    """Refuse labels that a dim does not have.

    Raises
    ------
    ValueError
        If one of `wanted` is not in `known`; the message names the argument and the first such label.

    Examples
    --------
    >>> refuse_unknown("factor_names", ["pose"], ["pose", "texture"])
    """
    options = dict.fromkeys(known)
    for label in wanted:
        if label not in options:
            raise ValueError(f"{name}: expected some of {', '.join(options)}, got {label!r}.")
