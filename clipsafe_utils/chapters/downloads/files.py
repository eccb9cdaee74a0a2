"""The cubes as files: which come with the site, and where the others are."""

from dataclasses import dataclass
from pathlib import Path

from clipsafe_utils.address import Repository
from clipsafe_utils.cubes.overview import overview
from clipsafe_utils.cubes.studies import find_study

SITE_LIMIT = 1_000_000
"""Bytes up to which a cube is part of the site, so that the site stays light."""


@dataclass(frozen=True)
class CubeFile:
    """A cube as a file to take away.

    Attributes
    ----------
    study, cube : str
        Which one it is.
    dims : str
        Its dims with their sizes.
    licence : str
        Its terms.
    bytes : int
        Its size.
    """

    study: str
    cube: str
    dims: str
    licence: str
    bytes: int

    @property
    def name(self) -> str:
        """The file, as a path inside the folder of cubes.

        Examples
        --------
        >>> CubeFile("published", "factors", "model 2", "CC0", 10).name
        'published/factors.nc'
        """
        return f"{self.study}/{self.cube}.nc"

    @property
    def is_beside(self) -> bool:
        """Whether it is part of the site."""
        return self.bytes <= SITE_LIMIT

    def address(self, repository: Repository) -> str:
        """Return where a page of the book finds the file: beside it on the site, or in the repository.

        Examples
        --------
        >>> CubeFile("published", "factors", "", "", 10).address(Repository("https://x.org/r", "main"))
        '../cubes/published/factors.nc'
        >>> CubeFile("mine", "ood", "", "", 10**8).address(Repository("https://x.org/r", "main"))
        'https://x.org/r/raw/main/cubes/mine/ood.nc'
        """
        if self.is_beside:
            return f"../cubes/{self.name}"
        return repository.raw(f"cubes/{self.name}")


def cube_files() -> list[CubeFile]:
    """Return the cubes of every study.

    Raises
    ------
    ClipsafeError
        If a cube breaks a rule.

    Examples
    --------
    >>> any(file.name == "published/factors.nc" for file in cube_files())
    True
    """
    return [
        CubeFile(
            row["study"],
            row["cube"],
            row["dims"],
            row["licence"],
            find_study(row["study"]).path(row["cube"]).stat().st_size,
        )
        for row in overview()
    ]


def files_of_the_site(root: Path) -> list[Path]:
    """Return the cubes of a repository that are small enough for its site.

    Parameters
    ----------
    root : Path
        The repository.

    Returns
    -------
    list of Path
        Inside ``root``, sorted; empty where it has no cubes.

    Examples
    --------
    >>> files_of_the_site(Path("nowhere"))
    []
    """
    return [file for file in sorted((root / "cubes").glob("*/*.nc")) if file.stat().st_size <= SITE_LIMIT]
