"""Where the numbers of a figure come from, in one line under it."""

from collections.abc import Iterable

import xarray as xr


def source_lines(cubes: Iterable[xr.Dataset]) -> list[str]:
    """Say of each cube where its numbers come from and under which licence they may be used.

    Examples
    --------
    >>> cube = xr.Dataset(attrs={"study": "mine", "licence": "CC BY 4.0: made by me"})
    >>> source_lines([cube, cube])
    ['study mine, made by me, CC BY 4.0']
    """
    lines = []
    for cube in cubes:
        for terms in cube.attrs["licence"].split("\n"):
            licence, _, origin = terms.partition(": ")
            lines.append(f"study {cube.attrs['study']}, {origin or 'origin not stated'}, {licence}")
    return list(dict.fromkeys(lines))
