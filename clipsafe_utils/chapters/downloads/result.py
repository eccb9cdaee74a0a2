"""What the page *Take it away* says and lists: notebooks, cubes as files, and how to cite the book."""

from dataclasses import dataclass
from pathlib import Path

from clipsafe_utils.address import Repository, read_repository
from clipsafe_utils.chapters.downloads import citation
from clipsafe_utils.cubes.overview import overview
from clipsafe_utils.cubes.studies import REPOSITORY, find_study
from clipsafe_utils.say import Text

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


@dataclass(frozen=True)
class Downloads:
    """What a reader can carry off."""

    repository: Repository
    notebooks: list[Path]  # Rendered, as ``book/02-shape-bias.ipynb``.
    cubes: list[CubeFile]
    citation: Text
    bibtex: Text  # An entry of BibTeX.
    licence: Text  # Of its code.

    @property
    def number(self) -> Text:
        """How many cubes there are."""
        return Text(len(self.cubes))

    @property
    def beside(self) -> Text:
        """How many of them come with the site."""
        return Text(sum(one.is_beside for one in self.cubes))

    @property
    def limit(self) -> Text:
        """Up to which size they do."""
        return Text(f"{SITE_LIMIT / 1e6:.0f} MB")


def downloads() -> Downloads:
    """Read what there is to carry off."""
    repository, cited = read_repository(REPOSITORY), citation.read_citation(REPOSITORY)
    sources = sorted((REPOSITORY / "notebooks").glob("[0-9]*.md"))
    return Downloads(
        repository,
        [Path("book") / f"{source.stem}.ipynb" for source in sources],
        cube_files(),
        Text(citation.in_words(cited)),
        Text(citation.as_bibtex(cited, repository.url)),
        Text(cited["license"]),
    )
