"""What the page *Take it away* says and lists."""

from dataclasses import dataclass
from pathlib import Path

from clipsafe_utils.address import Repository, read_repository
from clipsafe_utils.chapters.downloads import citation
from clipsafe_utils.chapters.downloads.files import SITE_LIMIT, CubeFile, cube_files
from clipsafe_utils.cubes.studies import REPOSITORY
from clipsafe_utils.say import Text


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
