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
    """A cube as a file to take away."""

    study: str
    cube: str
    dims: str  # With their sizes.
    licence: str
    bytes: int

    @property
    def name(self) -> str:
        """The file, as a path inside the folder of cubes."""
        return f"{self.study}/{self.cube}.nc"

    @property
    def is_beside(self) -> bool:
        """Whether it is part of the site."""
        return self.bytes <= SITE_LIMIT

    def address(self, repository: Repository) -> str:
        """Return where a page of the book finds the file: beside it on the site, or in the repository."""
        if self.is_beside:
            return f"../cubes/{self.name}"
        return repository.raw(f"cubes/{self.name}")


def cube_files() -> list[CubeFile]:
    """Return the cubes of every study."""
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
    """Return the cubes of a repository that are small enough for its site, sorted."""
    return [file for file in sorted((root / "cubes").glob("*/*.nc")) if file.stat().st_size <= SITE_LIMIT]
