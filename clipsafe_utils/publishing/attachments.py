"""What the site carries beside its pages: small cubes, and notebooks with the numbers in their sentences."""

import shutil
from pathlib import Path

import nbformat

from clipsafe_utils.chapters.downloads.result import files_of_the_site
from clipsafe_utils.expressions import for_readers


def attach_cubes(root: Path, site: Path) -> None:
    """Copy the cubes that are small enough into a compiled site.

    Parameters
    ----------
    root : Path
        The repository.
    site : Path
        Folder that holds ``index.html``.
    """
    for cube in files_of_the_site(root):
        place = site / cube.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(cube, place)


def fill_notebooks(site: Path) -> None:
    """Write the numbers into the sentences of the notebooks that a reader can take along.

    Parameters
    ----------
    site : Path
        Folder that holds ``index.html``.
    """
    for path in site.rglob("*.ipynb"):
        notebook = for_readers(nbformat.read(path, as_version=4))
        path.write_text(nbformat.writes(notebook), encoding="utf-8")
